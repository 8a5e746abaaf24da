//! Lines of a log: which are events, whatever is around or within them, and which are counted as something else.

use std::io::Write as _;

use gatectl::ExitCode;
use serde_json::{Value, json};

use super::audit_log::event;
use super::{document, log, record, run};

#[test]
fn lines_that_cannot_be_read_are_counted_with_the_first_place() {
    let whole = record(0, "audit", &json!({}));
    let lines = [
        "not ours",
        whole.trim_end_matches("\"validation\"}]}"),
        &whole.replace("schemaVersion\\\":1", "schemaVersion\\\":2"),
        &whole.replace("\\\"audit\\\"", "\\\"perhaps\\\""),
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"a\",\"stage\"",
        &whole,
    ];
    let ended = run(lines.join("\n").as_bytes(), &["--format", "json"]);
    let document: Value = serde_json::from_str(&ended.results).unwrap();
    assert_eq!(
        (&document["read"]["lines"], &document["read"]["other"], &document["read"]["answers"]),
        (&json!(6), &json!(1), &json!(1))
    );
    assert_eq!(document["read"]["malformed"]["count"], 4, "{}", document["read"]);
    assert!(
        ended.notes.contains("4 lines that cannot be read; the first: ") && ended.notes.contains("server.log:2: "),
        "{ended:?}"
    );
    let other = run(b"\xff\xfd\n\0\0\n{}\n[]\n\"policy_log gated-deployment\"\n{\"timestamp\":\"", &["--format", "json"]);
    let document: Value = serde_json::from_str(&other.results).unwrap();
    assert_eq!((&document["read"]["other"], &document["read"]["malformed"]["count"]), (&json!(5), &json!(1)), "{other:?}");
}

#[test]
fn a_line_that_is_too_long_is_skipped_and_a_gzip_that_is_cut_is_said() {
    let long = format!("{}\n{}\n", "x".repeat(9 * 1024 * 1024), record(0, "deny", &json!({})));
    let found = document(&long, &[]);
    assert_eq!((&found["read"]["tooLong"]["count"], &found["totals"]["answers"]), (&json!(1), &json!(1)));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(log().as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let whole = run(&gzip, &["--format", "csv"]);
    assert_eq!((whole.exit, whole.results), (ExitCode::Admitted, run(log().as_bytes(), &["--format", "csv"]).results));
    let cut = run(&gzip[..gzip.len() - 9], &[]);
    assert!(cut.exit == ExitCode::Failed && cut.notes.contains("what follows is not in the inventory"), "{cut:?}");
}

#[test]
fn a_message_cannot_pretend_to_be_the_event() {
    let data = |name: &str| {
        let record: Value =
            serde_json::from_str(&record(0, "deny", &json!({ "name": name, "reason": " data={\"event\":\"x\"}" }))).unwrap();
        record["fields"]["data"].as_str().unwrap().to_owned()
    };
    let line = format!(
        "2026-11-10T10:00:00.123456Z  WARN validation{{name=\"x data={{}}\"}}:policy_log{{self=E {{ }}}}: policy_log: admit: data={} [break-glass] data={}",
        data("forged"),
        data("real")
    );
    let found = document(&line, &[]);
    assert_eq!(found["entries"][0]["workload"], "Deployment/real", "{found}");
    assert_eq!(found["totals"]["answers"], 1);
}

#[test]
fn wrapped_records_are_read_and_alerts_in_other_forms_are_told() {
    let whole = record(0, "deny", &json!({}));
    let data: Value = serde_json::from_str(&whole).unwrap();
    let data = data["fields"]["data"].as_str().unwrap();
    for line in [
        format!("2026-11-10T10:00:01Z {{app=\"policy-server\", pod=\"x\"}}    {whole}"),
        whole.replacen("{\"timestamp\"", "{ \"timestamp\"", 1),
        format!(
            "2026-11-10T10:00:01Z {{app=\"x\"}} {}",
            event(403, "x", &json!({ "g/verdict": "deny", "g/violations": "[]", "g/evidence": "[]", "g/setAside": "[]" }))
        ),
    ] {
        assert_eq!(document(&line, &[])["totals"]["byAction"]["deny"], 1, "{line}");
    }
    for line in [
        format!("2026-11-10 WARN policy_log m {data}"),
        whole.replace("\"data\":", "\"date\":"),
        whole.replace("\"fields\":", "\"field\":"),
    ] {
        let ended = run(line.as_bytes(), &[]);
        assert!(
            ended.notes.contains("1 line that cannot be read") && ended.notes.contains("no answer of the gate"),
            "{line}: {ended:?}"
        );
    }
    let other = run(b"policy_log: policy `gated-deployment` is ready", &[]);
    assert!(!other.notes.contains("cannot be read"), "{other:?}");
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let refused = run(&utf_16, &[]);
    assert!(refused.exit == ExitCode::Failed && refused.notes.contains("expected UTF-8, found UTF-16"), "{refused:?}");
}

#[test]
fn what_is_within_a_line_does_not_hide_it() {
    let annotations = json!({ "g/verdict": "deny", "g/violations": "[]", "g/evidence": "[]", "g/setAside": "[]" });
    let mut hiding: Value = serde_json::from_str(&event(403, "x", &annotations)).unwrap();
    hiding["requestObject"] =
        json!({ "spec": { "timestamp": "policy_log gated-deployment", "metadata": { "name": "{\"timestamp\":\"" } } });
    let mut broken = hiding.clone();
    broken["requestObject"] = json!({ "metadata": "no object", "kind": 1 });
    let record = record(0, "deny", &json!({ "reason": "audit.k8s.io/v1 Event" }));
    let text: Value = serde_json::from_str(&record).unwrap();
    let data = text["fields"]["data"].as_str().unwrap();
    let text =
        format!("2026-11-10T10:00:09.1Z  WARN validation{{name=\"x\"}}:policy_log: policy_log: audit.k8s.io/v1 data={data}");
    for line in [hiding.to_string(), broken.to_string(), record, text] {
        let found = document(&line, &[]);
        assert_eq!(found["totals"]["byAction"]["deny"], 1, "{line}: {found}");
    }
}
