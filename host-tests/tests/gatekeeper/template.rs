//! The template denies unless it was told "allowed", whatever a provider returns.

use std::sync::{Arc, Mutex};

use host_tests::reference;
use host_tests::template::TEMPLATES;
use serde_json::{Value, json};

use crate::engine::{Data, answered, evaluate, violations};
use crate::opa::{self, Asked};

fn review() -> Value {
    json!({ "uid": "1", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "operation": "CREATE", "namespace": "prod", "name": "web",
        "userInfo": { "username": "alice", "groups": ["dev"], "uid": "7" },
        "object": { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web", "uid": "8", "labels": { "app": "web" },
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b" } },
            "spec": { "nodeName": "n", "serviceAccount": "robot", "containers": [{ "name": "web", "image": "nginx", "env": [{ "name": "PASSWORD", "value": "secret" }] }],
                "volumes": [{ "name": "kube-api-access-x7f2q", "projected": {} }, { "name": "data", "image": { "reference": "data:1" } }] } } })
}

#[test]
fn the_key_has_what_rules_look_at_and_nothing_else() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&seen);
    let data: Data = Arc::new(move |keys| {
        kept.lock().unwrap().extend(keys.iter().cloned());
        answered(&keys[0], &json!({ "allowed": true }))
    });
    for template in &TEMPLATES {
        assert_eq!(violations(template, &json!({ "rules": [] }), &review(), &data), Ok(vec![]), "{}", template.kind);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1], "both templates share a key, and with it Gatekeeper's cache");
    let key: Value = serde_json::from_str(&seen[0]).unwrap();
    assert_eq!(
        key,
        json!({ "settings": { "rules": [] }, "namespaceLabels": null, "request": {
            "kind": { "group": "", "kind": "Pod" }, "name": "web", "namespace": "prod", "operation": "CREATE",
            "userInfo": { "username": "alice", "groups": ["dev"] },
            "object": { "apiVersion": "v1", "kind": "Pod",
                "metadata": { "name": "web", "labels": { "app": "web" }, "annotations": { "a": "b" } },
                "spec": { "serviceAccount": "robot", "containers": [{ "name": "web", "image": "nginx" }],
                    "volumes": [{}, { "name": "data", "image": { "reference": "data:1" } }] } } } })
    );
}

/// The key that is asked for about a review.
fn key(review: &Value) -> String {
    let seen: Arc<Mutex<String>> = Arc::default();
    let kept = Arc::clone(&seen);
    let data: Data = Arc::new(move |keys| {
        kept.lock().unwrap().clone_from(&keys[0]);
        Value::Null
    });
    violations(&TEMPLATES[0], &json!({ "rules": [] }), review, &data).unwrap();
    seen.lock().unwrap().clone()
}

/// Everything that a provider, or what is between it and the template, may return.
fn malformed(key: &str) -> Vec<(&'static str, Value)> {
    let value = |value: Value| answered(key, &value);
    let allowed = json!({ "allowed": true });
    vec![
        ("nothing", json!({})),
        ("null", Value::Null),
        ("lists that are null", json!({ "responses": null, "errors": null, "status_code": 0, "system_error": "dial tcp" })),
        ("no answer", json!({ "responses": [], "errors": [], "status_code": 200, "system_error": "" })),
        ("another key", answered("nginx", &allowed)),
        ("twice", json!({ "responses": [[key, allowed], [key, allowed]], "errors": [], "system_error": "" })),
        (
            "once each way",
            json!({ "responses": [[key, allowed], [key, { "allowed": false }]], "errors": [], "system_error": "" }),
        ),
        ("value and error", json!({ "responses": [[key, allowed]], "errors": [[key, "no"]], "system_error": "" })),
        ("value and system error", json!({ "responses": [[key, allowed]], "errors": [], "system_error": "down" })),
        ("an error", json!({ "responses": [], "errors": [[key, "the key cannot be read"]], "system_error": "" })),
        ("an error that is no text", json!({ "responses": [], "errors": [[key, { "a": 1 }]], "system_error": "" })),
        ("a triple", json!({ "responses": [[key, allowed, ""]], "errors": [], "system_error": "" })),
        ("text", value(json!("str"))),
        ("an empty object", value(json!({}))),
        ("null value", value(Value::Null)),
        ("a list", value(json!([true]))),
        ("a text that says true", value(json!({ "allowed": "true" }))),
        ("a number", value(json!({ "allowed": 1 }))),
        ("denied without words", value(json!({ "allowed": false }))),
        ("denied by a number", value(json!({ "allowed": false, "message": 1 }))),
        ("denied by an empty text", value(json!({ "allowed": false, "message": "" }))),
        ("denied", value(json!({ "allowed": false, "message": "2 critical vulnerabilities" }))),
    ]
}

#[test]
fn whatever_is_not_allowed_in_so_many_words_is_denied() {
    let [deny, _] = &TEMPLATES;
    let mut others = Vec::new();
    let n = malformed("").len();
    for i in 0..n {
        let data: Data = Arc::new(move |keys| malformed(&keys[0])[i].1.clone());
        let name = malformed("")[i].0;
        let messages = violations(deny, &json!({ "rules": [] }), &review(), &data).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(matches!(messages.as_slice(), [message] if !message.is_empty()), "{name}: {messages:?}");
        let input = json!({ "parameters": { "rules": [] }, "review": review() });
        others.push(Asked::new(name, deny, &input, &malformed("KEY")[i].1, &key(&review()), &messages));
    }
    let deviations = opa::deviations(&others);
    assert!(deviations.is_empty(), "{} differ in OPA:\n{}", deviations.len(), deviations.join("\n"));
    let cached: Data = Arc::new(
        |keys| json!({ "responses": [[keys[0], { "allowed": true }]], "errors": [], "status_code": 0, "system_error": "" }),
    );
    assert_eq!(violations(deny, &json!({ "rules": [] }), &review(), &cached), Ok(vec![]), "an answer out of Gatekeeper's cache");
}

#[test]
fn whatever_the_input_is_it_has_a_key() {
    let [deny, audit] = &TEMPLATES;
    let denying: Data = Arc::new(|keys| answered(&keys[0], &json!({ "allowed": false, "verdict": "deny", "message": "denied" })));
    for input in [
        json!({}),
        json!({ "review": {} }),
        json!({ "review": { "object": null, "userInfo": null } }),
        json!({ "review": { "object": [] } }),
        json!({ "review": { "object": { "kind": "Pod", "spec": "x", "metadata": [] } } }),
        json!({ "review": { "object": { "kind": "Pod", "spec": { "containers": "x", "volumes": { "a": 1 } } } } }),
        json!({ "review": { "object": { "kind": "Deployment", "spec": { "template": 7 } } } }),
        json!({ "review": { "object": { "kind": "CronJob", "spec": { "jobTemplate": [] } } } }),
        json!({ "parameters": null, "review": { "kind": "Pod", "namespaceObject": 3 } }),
        json!({ "parameters": [], "review": [] }),
        json!({ "review": { "kind": { "kind": 7 }, "operation": ["CREATE"], "userInfo": "alice", "object": { "metadata": 1, "spec": [] } } }),
        json!({ "review": { "kind": { "kind": "Pod" }, "object": { "spec": { "volumes": [7, { "image": 7 }], "containers": [[], null] } } } }),
    ] {
        assert_eq!(evaluate(deny, &input, &denying), Ok(vec!["denied".to_owned()]), "{input}");
        assert_eq!(evaluate(audit, &input, &denying), Ok(vec![]), "{input}");
    }
}

#[test]
fn audits_are_what_the_second_template_shows() {
    let [deny, audit] = &TEMPLATES;
    let value = json!({ "allowed": true, "verdict": "audit", "audit": ["one", "", 7, "two"] });
    let data: Data = Arc::new(move |keys| answered(&keys[0], &value));
    assert_eq!(violations(deny, &json!({}), &review(), &data), Ok(vec![]));
    assert_eq!(violations(audit, &json!({}), &review(), &data), Ok(vec!["one".to_owned(), "two".to_owned()]));
    for silent in [Value::Null, json!([]), json!("one"), json!([7, ""])] {
        let value = json!({ "allowed": true, "verdict": "audit", "audit": silent });
        let data: Data = Arc::new(move |keys| answered(&keys[0], &value));
        let messages = violations(audit, &json!({}), &review(), &data).unwrap();
        assert!(matches!(messages.as_slice(), [message] if message.contains("does not say why")), "{messages:?}");
    }
    let down: Data = Arc::new(|_| json!({ "responses": null, "errors": null, "status_code": 0, "system_error": "refused" }));
    assert_eq!(violations(audit, &json!({}), &review(), &down), Ok(vec!["no verdict: refused".to_owned()]));
}

/// What a part of the namespace says is not all that there is to know.
#[test]
fn labels_are_those_of_the_whole_namespace_or_unknown() {
    for (namespace, wanted) in [
        (json!({ "metadata": { "labels": { "tier": "prod" } } }), json!({ "tier": "prod" })),
        (json!({ "metadata": { "labels": null } }), Value::Null),
        (json!({ "metadata": {} }), Value::Null),
        (json!({}), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let mut review = review();
        review["namespaceObject"] = namespace;
        let key: Value = serde_json::from_str(&key(&review)).unwrap();
        assert_eq!(key["namespaceLabels"], wanted);
    }
}

/// What the settings' schema names, the template's names; nothing else is pruned.
#[test]
fn the_parameters_have_the_schema_of_the_settings() {
    fn compare(place: &str, settings: &Value, template: &Value) {
        assert!(template["type"] == settings["type"] || !settings["type"].is_string(), "{place}");
        for (key, member) in settings["properties"].as_object().into_iter().flatten() {
            compare(&format!("{place}.{key}"), member, &template["properties"][key]);
        }
        if settings["properties"].is_object() {
            assert_eq!(template["x-kubernetes-preserve-unknown-fields"], true, "{place}");
        }
        if settings["items"].is_object() {
            compare(&format!("{place}[]"), &settings["items"], &template["items"]);
        }
    }
    for template in &TEMPLATES {
        let manifest = documents::yaml::read(&template.yaml()).unwrap().remove(0).value;
        compare("", &reference::schema(), &manifest["spec"]["crd"]["spec"]["validation"]["openAPIV3Schema"]);
    }
}
