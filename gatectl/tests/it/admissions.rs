//! `gatectl admissions` on logs in the forms of the policy server and of the API server: filters, views, forms, and what is no event.

mod audit_log;
mod forms;
mod lines;
mod views;

use gatectl::ExitCode;
use serde_json::{Value, json};

use crate::world::{Ended, gatectl};

/// An alert (docs/alerts.md) in a record of the policy server's JSON log.
fn record(second: u32, verdict: &str, more: &Value) -> String {
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
