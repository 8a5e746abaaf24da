//! `gatectl admissions` on logs in the forms of the policy server and of the API server: filters, views, forms, and what is no event.

use std::io::Write as _;

use gatectl::ExitCode;
use serde_json::{Value, json};

use crate::world::{Ended, gatectl};

/// An alert (docs/alerts.md) in a record of the policy server's JSON log.
pub(crate) fn record(second: u32, verdict: &str, more: &Value) -> String {
    let time = format!("2026-11-10T10:{:02}:{:02}Z", second / 60, second % 60);
    let image = more["image"].as_str().unwrap_or("ghcr.io/acme/web:1");
    let code = more["code"].as_str().unwrap_or("findings-over-limit");
    let mut data = json!({
        "event": "gated-deployment", "schemaVersion": 1, "time": time, "code": code, "fault": "rule", "verdict": verdict, "cluster": null,
        "namespace": "shop", "kind": "Deployment", "name": "web", "operation": "CREATE", "user": "alice", "rule": "block", "description": null,
        "images": [{ "container": "c", "image": image, "digest": null, "verdict": verdict, "rule": "block", "code": code,
            "why": "rule `block`: 1 critical vulnerability, more than 0: CVE-2026-1 (musl 1, fixed in 2)", "evidence": {} }],
    });
    for (key, value) in more.as_object().into_iter().flatten().filter(|(key, _)| !["image", "code"].contains(&key.as_str())) {
        data[key] = value.clone();
    }
    // tracing writes the span's own field `name` and then its name.
    let span = format!(
        "{{\"kind\":\"Pod\",\"name\":\"of-span\",\"namespace\":\"span\",\"request_uid\":\"uid-{second}\",\"name\":\"validation\"}}"
    );
    let data = Value::String(data.to_string());
    format!(
        "{{\"timestamp\":\"{}\",\"level\":\"WARN\",\"fields\":{{\"message\":\"m\",\"data\":{data}}},\"target\":\"policy_log\",\"spans\":[{span}]}}",
        time.replace('Z', ".123456Z")
    )
}

fn run(content: &[u8], arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.log");
    std::fs::write(&path, content).unwrap();
    gatectl(&[&["admissions", &path.display().to_string()], arguments].concat())
}

fn document(content: &str, arguments: &[&str]) -> Value {
    let ended = run(content.as_bytes(), &[&["--format", "json"], arguments].concat());
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    serde_json::from_str(&ended.results).unwrap()
}

fn log() -> String {
    [
        record(0, "audit", &json!({})),
        record(1, "audit", &json!({})),
        record(2, "deny", &json!({ "image": "docker.io/library/api:2", "name": "api", "namespace": "prod" })),
        record(3, "audit", &json!({ "code": "evidence-missing", "kind": "CronJob", "name": "nightly" })),
        record(4, "audit", &json!({ "operation": null, "name": "old" })),
        "{\"timestamp\":\"2026-11-10T10:00:05Z\",\"level\":\"INFO\",\"fields\":{\"message\":\"ready\"},\"target\":\"policy_server\"}".to_owned(),
    ]
    .join("\n")
}

#[test]
fn rows_are_what_is_told_apart() {
    let ended = run(log().as_bytes(), &[]);
    let lines: Vec<Vec<&str>> = ended.results.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["LAST", "NAMESPACE", "WORKLOAD", "IMAGE", "ACTION", "RULE", "CODE", "COUNT"]);
    assert_eq!(lines[1][1..], ["prod", "Deployment/api", "docker.io/library/api:2", "deny", "block", "findings-over-limit", "1"]);
    assert_eq!(
        lines[2],
        ["2026-11-10T10:00:01Z", "shop", "Deployment/web", "ghcr.io/acme/web:1", "audit", "block", "findings-over-limit", "2"]
    );
    assert_eq!(lines.len(), 5, "{}", ended.results);
    assert!(
        ended.notes.contains("6 lines of 1 file: 5 answers of the gate, 0 of them not asked for; 1 line of something else"),
        "{ended:?}"
    );
    let cut = run(log().as_bytes(), &["--limit", "1"]);
    assert!(cut.results.ends_with("and 3 more, which `--limit` shows\n"), "{cut:?}");
}

#[test]
fn filters_are_held_together() {
    let count = |arguments: &[&str]| document(&log(), arguments)["totals"]["entries"].as_u64().unwrap();
    for (arguments, wanted) in [
        (&["--namespace", "shop"][..], 4),
        (&["--namespace", "shop", "--namespace", "prod"], 5),
        (&["--namespace", "sh"], 0),
        (&["--namespace", "sh*"], 4),
        (&["--kind", "cronjob"], 1),
        (&["--image", "ghcr.io/"], 4),
        (&["--image", "*:2"], 1),
        (&["--action", "deny"], 1),
        (&["--rule", "block"], 5),
        (&["--rule", "other"], 0),
        (&["--code", "evidence-missing"], 1),
        (&["--code", "evidence-missing", "--action", "deny"], 0),
        (&["--since", "2026-11-10T10:00:02Z"], 3),
        (&["--until", "2026-11-10T10:00:02Z"], 3),
        (&["--since", "2026-11-10", "--until", "2026-11-10"], 5),
        (&["--since", "2026-11-11"], 0),
    ] {
        assert_eq!(count(arguments), wanted, "{arguments:?}");
    }
    let none = run(log().as_bytes(), &["--rule", "other"]);
    assert!(none.results == "no entries\n" && none.notes.contains("5 of them not asked for"), "{none:?}");
}

#[test]
fn what_would_be_denied_is_counted_by_workload() {
    let would = document(&log(), &["--would-deny"]);
    let row = |row: &Value| format!("{} {} {} {} {}", row["namespace"], row["workload"], row["count"], row["audit"], row["deny"]);
    let rows: Vec<String> = would["workloads"].as_array().unwrap().iter().map(row).collect();
    assert_eq!(
        rows,
        ["\"shop\" \"Deployment/web\" 2 2 0", "\"prod\" \"Deployment/api\" 1 0 1", "\"shop\" \"CronJob/nightly\" 1 1 0"],
        "what was scanned is not deployed"
    );
    let ended = run(log().as_bytes(), &["--would-deny"]);
    assert!(
        ended.notes.contains("3 audited admissions would have been denied, beside 1 that the rules deny as they are"),
        "{ended:?}"
    );
}

#[test]
fn mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display().to_string();
    for (arguments, says) in [
        (&["--since", "2026-11-11", "--until", "2026-11-10"][..], "expected --since before --until"),
        (&["--since", "yesterday"], "expected an instant such as"),
        (&["--code", "evidence-mising"], "evidence-missing"),
        (&["--format", "jsonl", "--top", "rules"], "expected --format jsonl without --top"),
        (&["--top", "rules", "--would-deny"], "cannot be used with"),
        (&["/no/such.log"], "/no/such.log: No such file"),
        (&[&folder], "expected a log, found a folder"),
        (&["-", "-"], "expected `-` once"),
    ] {
        let ended = run(b"", arguments);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(says), "{arguments:?}: {ended:?}");
    }
}

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
fn what_others_wrote_is_text_everywhere() {
    let evil = "=cmd|'/c calc'!A1</td><script>alert(1)</script>\u{1b}[2J\u{202e}\",x";
    let log = record(0, "deny", &json!({ "image": evil, "namespace": "@SUM(1)", "name": "<img src=x>" }));
    let page = run(log.as_bytes(), &["--format", "html"]).results;
    assert!(page.matches("<script").count() == 1 && !page.contains("<img") && page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src=\"") && !page.contains("href="));
    assert!(page.contains("default-src 'none'") && page.ends_with("</html>\n"));
    let csv = run(log.as_bytes(), &["--format", "csv"]).results;
    assert!(csv.contains(",'@SUM(1),") && csv.contains(",\"'=cmd|"), "{csv}");
    for format in ["table", "csv", "html", "json", "jsonl"] {
        let ended = run(log.as_bytes(), &["--format", format]);
        assert!(!ended.results.contains('\u{1b}') && !ended.results.contains('\u{202e}'), "{format}: {}", ended.results);
    }
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
fn what_is_named_for_an_image_is_shown_for_it_alone() {
    let image = |image: &str, verdict: &str, why: &str| json!({ "container": "c", "image": image, "verdict": verdict, "rule": verdict, "code": "findings-over-limit", "why": why });
    let images = json!([
        image("a:1", "deny", "2 critical vulnerabilities, more than 0: CVE-1 (x 1, no fix), CVE-2 (y 1, no fix)"),
        image("b:1", "audit", "1 high vulnerability, more than 0: CVE-3 (z 1, no fix)"),
    ]);
    let one = json!([image("a:1", "deny", "1 critical vulnerability, more than 0: CVE-1 (x 1, no fix)")]);
    let log = [record(0, "deny", &json!({ "images": images })), record(1, "deny", &json!({ "images": one }))].join("\n");
    let ids = |arguments: &[&str]| -> Vec<String> {
        let found = document(&log, &[&["--top", "vulnerabilities"], arguments].concat());
        let rows = found["vulnerabilities"].as_array().unwrap();
        rows.iter().map(|row| format!("{} {} {} {}", row["vulnerability"], row["count"], row["deny"], row["images"])).collect()
    };
    assert_eq!(ids(&[]), ["\"CVE-1\" 2 2 1", "\"CVE-2\" 1 1 1", "\"CVE-3\" 1 0 1"]);
    assert_eq!(ids(&["--image", "b:"]), ["\"CVE-3\" 1 0 1"]);
    let found = document(&log, &["--action", "audit"]);
    assert_eq!(found["entries"][0]["vulnerabilities"], json!(["CVE-3"]), "{found}");
    // What is left of the first answer was audited; the answer was a denial all the same.
    assert_eq!(found["totals"]["byAction"], json!({ "deny": 1, "audit": 0, "notice": 0, "admit": 0 }));
    for (view, rows) in [(&["--would-deny"][..], "workloads"), (&["--top", "namespaces"], "namespaces")] {
        let found = document(&log, &[view, &["--action", "audit"]].concat());
        assert_eq!((&found[rows][0]["deny"], &found[rows][0]["audit"]), (&json!(1), &json!(0)), "{found}");
    }
    let lines = run(log.as_bytes(), &["--format", "jsonl", "--image", "b:"]).results;
    assert!(lines.contains("\"vulnerabilities\":[\"CVE-3\"]") && !lines.contains("CVE-1"), "{lines}");
    let page = run(log.as_bytes(), &["--format", "html"]).results;
    assert!(page.contains("2026-11-10T10:00:00Z: 2 deny") && !page.contains(" audit</title>"), "{page}");
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
fn a_broken_event_in_a_list_hides_no_other() {
    let whole = event(403, "x", &json!({ "g/verdict": "deny", "g/violations": "[]", "g/evidence": "[]", "g/setAside": "[]" }));
    let broken = whole.replace("\"code\":403", "\"code\":\"403\"");
    let list = |items: &str| format!("{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":{items}}}");
    let found = document(&list(&format!("[{broken},{whole}]")), &[]);
    assert_eq!((&found["totals"]["answers"], &found["read"]["malformed"]["count"]), (&json!(1), &json!(1)), "{found}");
    let found = document(&list("7"), &[]);
    assert_eq!(found["read"]["malformed"]["count"], 1, "{found}");
}

/// A pipe whose reader has gone away.
struct Gone;

impl std::io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), log()).unwrap();
    for format in ["table", "jsonl", "csv"] {
        let mut notes = Vec::new();
        let mut output =
            gatectl::output::Output { results: &mut Gone, notes: &mut notes, is_coloured: false, is_interactive: false };
        let path = file.path().display().to_string();
        let exit = gatectl::run(["gatectl", "admissions", &path, "--format", format].map(Into::into), &mut output);
        assert_eq!((exit, String::from_utf8(notes).unwrap()), (ExitCode::Admitted, String::new()), "{format}");
    }
}

#[test]
fn images_that_are_not_named_are_counted_before_filters() {
    let images = json!([{ "image": "a:1", "verdict": "deny", "code": "evidence-missing" }, { "more": 7 }]);
    let found = document(&record(0, "deny", &json!({ "images": images })), &["--image", "z:"]);
    assert_eq!((&found["read"]["unlistedImages"], &found["totals"]["answers"]), (&json!(7), &json!(0)));
}

fn event(code: u16, message: &str, annotations: &Value) -> String {
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": format!("{code}{message}"), "stage": "ResponseComplete",
        "verb": "create", "user": { "username": "alice" }, "objectRef": { "resource": "deployments", "namespace": "shop", "name": "web" },
        "responseStatus": { "metadata": {}, "message": message, "code": code }, "requestReceivedTimestamp": "2026-11-10T10:00:00.000001Z",
        "annotations": annotations,
    })
    .to_string()
}

#[test]
fn the_audit_log_says_what_never_reached_the_gate() {
    let denied =
        "container `c` image `ghcr.io/acme/web:1`: rule `block`: no findings for this image [evidence-missing]; hint: scan";
    let custom = json!({ "metadata": {}, "message": "ask the platform team", "code": 403, "details": { "causes": [{ "message": denied }] } });
    let mut with_cause: Value = serde_json::from_str(&event(403, "x", &json!({}))).unwrap();
    with_cause["responseStatus"] = custom;
    let lines = [
        event(500, "Internal error occurred: failed calling webhook \"clusterwide-gate.kubewarden.admission\": context deadline exceeded", &json!({})),
        event(201, "", &json!({ "failed-open.validating.webhook.admission.k8s.io/round_0_index_0": "clusterwide-gate.kubewarden.admission" })),
        event(201, "", &json!({ "failed-open.validating.webhook.admission.k8s.io/round_0_index_0": "other.example" })),
        event(
            500,
            "admission webhook \"clusterwide-gate.kubewarden.admission\" denied the request: Policy execution interrupted because it exceeded the allowed execution time",
            &json!({}),
        ),
        event(403, &format!("admission webhook \"clusterwide-group.kubewarden.admission\" denied the request: {denied}"), &json!({})),
        with_cause.to_string(),
        event(403, "admission webhook \"x.example\" denied the request: privileged", &json!({})),
        event(201, "", &json!({ "g/verdict": "deny", "g/violations": "[]", "g/evidence": "[]", "g/setAside": "[]" })),
        event(200, "", &json!({ "g/verdict": "admit", "g/violations": "[]", "g/evidence": "[]", "g/setAside": "[]" })),
        json!({ "kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [serde_json::from_str::<Value>(&event(404, "y", &json!({}))).unwrap()] }).to_string(),
    ];
    let found = document(&lines.join("\n"), &[]);
    let around = &found["read"]["around"];
    for key in ["unreached", "failedOpen", "interrupted", "monitored"] {
        assert_eq!(around[key]["count"], 1, "{key}: {found}");
        assert!(around[key]["first"].as_str().unwrap().contains("server.log:"));
    }
    assert_eq!(found["totals"]["byAction"], json!({ "deny": 3, "audit": 0, "notice": 0, "admit": 0 }), "{found}");
    let denials: Vec<&Value> =
        found["entries"].as_array().unwrap().iter().filter(|row| row["code"] == "evidence-missing").collect();
    assert_eq!((denials.len(), &denials[0]["count"], &denials[0]["rule"]), (1, &json!(2), &json!("block")));
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
