//! The inventory by rows, by workload and by vulnerability: what is told apart, filtered and counted.

use serde_json::{Value, json};

use super::{document, log, record, run};

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
fn images_that_are_not_named_are_counted_before_filters() {
    let images = json!([{ "image": "a:1", "verdict": "deny", "code": "evidence-missing" }, { "more": 7 }]);
    let found = document(&record(0, "deny", &json!({ "images": images })), &["--image", "z:"]);
    assert_eq!((&found["read"]["unlistedImages"], &found["totals"]["answers"]), (&json!(7), &json!(0)));
}
