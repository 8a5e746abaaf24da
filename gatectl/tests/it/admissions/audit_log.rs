//! The audit log of the API server: what it says of the gate's answers, and of what never reached the gate.

use serde_json::{Value, json};

use super::document;

pub(super) fn event(code: u16, message: &str, annotations: &Value) -> String {
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
fn a_broken_event_in_a_list_hides_no_other() {
    let whole = event(403, "x", &json!({ "g/verdict": "deny", "g/violations": "[]", "g/evidence": "[]", "g/setAside": "[]" }));
    let broken = whole.replace("\"code\":403", "\"code\":\"403\"");
    let list = |items: &str| format!("{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":{items}}}");
    let found = document(&list(&format!("[{broken},{whole}]")), &[]);
    assert_eq!((&found["totals"]["answers"], &found["read"]["malformed"]["count"]), (&json!(1), &json!(1)), "{found}");
    let found = document(&list("7"), &[]);
    assert_eq!(found["read"]["malformed"]["count"], 1, "{found}");
}
