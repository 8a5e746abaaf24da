//! A payload with scripted answers: what the policy says, unchanged.

use policy::image::Digest;
use policy::lookup::host::Host;
use policy::time::Timestamp;
use serde_json::{Value, json};

const NOW: i64 = 1_795_348_800;

/// Knows the digest of every image and no findings.
#[derive(Debug)]
struct Empty;

impl Host for Empty {
    fn call(&self, _: &str, operation: &str, _: &[u8]) -> Result<Vec<u8>, String> {
        match operation {
            "v1/manifest_digest" => Ok(json!({ "digest": Digest::of(b"").as_str() }).to_string().into_bytes()),
            _ => Err("Registry error: url https://x/manifests/y, envelope: OCI API errors: [OCI API error: manifest unknown]"
                .to_owned()),
        }
    }
}

fn payload() -> String {
    json!({ "settings": { "findings": { "lookupBudget": "100ms" }, "rules": [{ "name": "a", "action": "deny", "conditions": [{ "severity": "high" }] }] },
        "request": { "uid": "1", "kind": { "group": "", "kind": "Pod" }, "operation": "CREATE", "namespace": "a",
            "object": { "metadata": { "name": "a" }, "spec": { "containers": [{ "name": "c", "image": "nginx" }] } } } })
    .to_string()
}

fn call(took: i64, error: &str) -> Value {
    json!({ "namespace": "oci", "operation": "v1/manifest_digest", "request": "\"docker.io/library/nginx:latest\"", "error": error, "took": took })
}

fn reviewed(calls: &[Value]) -> String {
    playground::review(&json!({ "payload": payload(), "now": NOW, "calls": calls }).to_string())
}

#[test]
fn the_answer_is_the_policys_own() {
    let digest = json!({ "digest": Digest::of(b"").as_str() }).to_string();
    let repository = "docker.io/library/nginx";
    let absent = "Registry error: url https://x/manifests/y, envelope: OCI API errors: [OCI API error: manifest unknown]";
    let image = json!(format!("{repository}@{}", Digest::of(b""))).to_string();
    let artifact = json!(format!("{repository}:{}", policy::findings::tag(Digest::of(b"").hex()))).to_string();
    let calls = [
        json!({ "namespace": "oci", "operation": "v1/manifest_digest", "request": "\"docker.io/library/nginx:latest\"", "ok": digest }),
        json!({ "namespace": "oci", "operation": "v1/oci_manifest", "request": artifact, "error": absent }),
        json!({ "namespace": "oci", "operation": "v1/oci_manifest", "request": image, "error": absent }),
    ];
    let native = policy::review::validate(payload().as_bytes(), Timestamp::from_unix(NOW).unwrap(), &Empty);
    assert_eq!(reviewed(&calls), String::from_utf8(native).unwrap());
    assert_ne!(reviewed(&calls[..2]), reviewed(&calls), "a call that is not expected is not answered");
}

#[test]
fn answers_take_the_time_that_they_say() {
    let answer = |took| reviewed(&[call(took, "Connection refused")]);
    assert!(answer(0).contains("Connection refused"), "{}", answer(0));
    let two =
        payload().replace(r#"{"image":"nginx","name":"c"}"#, r#"{"image":"nginx","name":"c"},{"image":"redis","name":"d"}"#);
    let late = json!({ "payload": two, "now": NOW, "calls": [call(200, "Connection refused")] });
    let answer = playground::review(&late.to_string());
    assert!(answer.contains("100ms is spent"), "{answer}");
}

#[test]
fn an_instant_that_nobody_lives_in_is_a_problem() {
    let answer = playground::review(&json!({ "payload": "{}", "now": i64::MAX }).to_string());
    assert!(serde_json::from_str::<Value>(&answer).unwrap()["problem"].as_str().unwrap().starts_with("`now`"));
    assert_eq!(serde_json::from_str::<Value>(&playground::version()).unwrap()["version"], env!("CARGO_PKG_VERSION"));
}
