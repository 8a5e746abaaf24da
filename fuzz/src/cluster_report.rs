//! Bytes → the API server's answer about reports: one by its name, and a list, of either scanner.

use policy::lookup::host::Host;
use policy::review;
use serde_json::{Value, json};

/// What the image is judged by: the digest of the cases' image `web`.
const DIGEST: &str = "sha256:4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2";

/// Answers everything that is asked of the cluster with the same bytes; the image is no index.
#[derive(Debug)]
struct ApiServer<'a>(&'a [u8]);

impl Host for ApiServer<'_> {
    fn call(&self, namespace: &str, operation: &str, _payload: &[u8]) -> Result<Vec<u8>, String> {
        match (namespace, operation) {
            ("kubernetes", _) => Ok(self.0.to_vec()),
            ("oci", _) => Ok(br#"{"schemaVersion":2,"layers":[]}"#.to_vec()),
            _ => Ok(Vec::new()),
        }
    }
}

/// What admits under a rule against every vulnerability and every lack of evidence is JSON that names the digest, and no vulnerability.
pub fn run(data: &[u8]) {
    let registries = json!({ "ghcr.io/acme": "acme" });
    for source in [
        json!({ "sbomScanner": { "namespace": "scans", "registries": registries } }),
        json!({ "sbomScanner": { "namespace": "scans" } }),
        json!({ "trivyOperator": {} }),
    ] {
        let evidence =
            ["missing", "unavailable", "unreadable", "stale", "incomplete"].map(|state| (state.to_owned(), "deny".into()));
        let payload = json!({
            "settings": {
                "vex": "ignore", "findings": { "sources": [source] },
                "rules": [{ "name": "strict", "action": "deny", "conditions": [{ "moreThan": 0 }], "evidence": Value::Object(evidence.into_iter().collect()) }],
            },
            "request": {
                "kind": { "group": "", "version": "v1", "kind": "Pod" }, "operation": "CREATE", "namespace": "prod",
                "object": { "spec": { "containers": [{ "name": "c", "image": format!("ghcr.io/acme/web:v1@{DIGEST}") }] } },
            },
        });
        let answer = review::validate(payload.to_string().as_bytes(), crate::now(), &ApiServer(data));
        let answer: Value = serde_json::from_slice(&answer).expect("the answer is JSON");
        if answer.get("accepted") == Some(&Value::Bool(true)) {
            let text = std::str::from_utf8(data).expect("what was read is text");
            let report: Value = serde_json::from_str(text).expect("what was read is JSON");
            assert!(names(&report, &|text| text == DIGEST), "no report about the digest admitted: {text}");
        }
    }
}

/// Whether a text is anywhere in a value.
fn names(value: &Value, is_it: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_it(text),
        Value::Array(items) => items.iter().any(|item| names(item, is_it)),
        Value::Object(members) => members.values().any(|member| names(member, is_it)),
        _ => false,
    }
}
