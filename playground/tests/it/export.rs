//! Settings as a cluster takes them: what is written is what `deploy/` has, around the same settings.

use std::path::Path;

use serde_json::{Value, json};

use crate::typed::{NOW, RULES};

fn exported(settings: &str, target: &str, name: Option<&str>) -> Value {
    let question = json!({ "settings": settings, "target": target, "name": name, "now": NOW });
    serde_json::from_str(&playground::export(&question.to_string())).unwrap()
}

fn objects(settings: &str, target: &str) -> Vec<Value> {
    let answer = exported(settings, target, None);
    let text = answer["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    documents::yaml::read(text).unwrap().into_iter().map(|document| document.value).collect()
}

fn deployed(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    documents::yaml::read(&text).unwrap().into_iter().map(|document| document.value).collect()
}

/// The same but for the name and what people say about it.
fn without_names(mut object: Value) -> Value {
    object["metadata"].take();
    object
}

#[test]
fn a_policy_is_the_one_that_is_deployed() {
    for file in ["kubewarden/strict.yaml", "kubewarden/audit.yaml"] {
        let deployed = deployed(file).remove(0);
        let ours = objects(&deployed["spec"]["settings"].to_string(), "kubewarden").remove(0);
        assert_eq!(without_names(ours), without_names(deployed), "{file}");
    }
}

#[test]
fn constraints_are_those_that_are_deployed() {
    let deployed = deployed("gatekeeper/constraints-strict.yaml");
    let ours = objects(&deployed[0]["spec"]["parameters"].to_string(), "gatekeeper");
    let of = |objects: Vec<Value>| objects.into_iter().map(without_names).collect::<Vec<_>>();
    assert_eq!(of(ours), of(deployed));
}

#[test]
fn what_the_policy_asks_for_is_granted() {
    let rules = "rules: [{ name: a, action: deny, conditions: [{ severity: high }], scope: [{ field: namespaceLabel, key: a, operator: equals, values: [b] }] }]";
    let sources =
        "findings: { sources: [{ trivyOperator: {} }, { sbomScanner: { namespace: a } }, { registry: {} }] }\npinDigests: pods\n";
    let policy = objects(&format!("{sources}{rules}"), "kubewarden").remove(0);
    let asked: Vec<&str> = policy["spec"]["contextAwareResources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asked| asked["apiVersion"].as_str().unwrap())
        .collect();
    assert_eq!(asked, ["v1", "aquasecurity.github.io/v1alpha1", "storage.sbomscanner.kubewarden.io/v1alpha1"]);
    assert_eq!((&policy["spec"]["mutating"], &policy["spec"]["backgroundAudit"]), (&json!(true), &json!(false)));
    assert_eq!(objects(RULES, "kubewarden")[0]["spec"].get("contextAwareResources"), None);
}

#[test]
fn the_settings_are_kept_value_by_value() {
    let settings = "rules:\n- name: a\n  description: \"no: [🦀] # 'x'\\n- y\"\n  action: deny\n  conditions: [{ ids: [CVE-2021-44228], moreThan: 0 }]\n";
    let value = documents::yaml::read(settings).unwrap().remove(0).value;
    assert_eq!(objects(settings, "kubewarden")[0]["spec"]["settings"], value);
    assert_eq!(objects(settings, "gatekeeper")[1]["spec"]["parameters"], value);
    let answer = exported(settings, "command", None);
    let text = answer["text"].as_str().unwrap();
    let (_, rest) = text.split_once("<<'SETTINGS'\n").unwrap();
    let (written, commands) = rest.split_once("\nSETTINGS\n").unwrap();
    assert_eq!(documents::yaml::read(written).unwrap().remove(0).value, value);
    assert!(
        commands.contains("gatectl check deploy/ --settings settings.yaml --explain --now 2026-11-22T12:00:00Z"),
        "{commands}"
    );
}

#[test]
fn what_is_wrong_is_not_exported() {
    for target in ["kubewarden", "gatekeeper", "command"] {
        let answer = exported("rules: 7", target, None);
        assert_eq!((&answer["text"], &answer["problems"][0]["path"]), (&Value::Null, &json!("rules")), "{answer}");
        assert_eq!(exported("", target, None)["problems"], json!([]));
        for name in ["A", "a_b", "-a", "a: b", &"a".repeat(64)] {
            assert!(exported(RULES, target, Some(name))["problem"].as_str().unwrap().starts_with("`name`"), "{name}");
        }
    }
    assert_eq!(
        documents::yaml::read(exported(RULES, "gatekeeper", Some("mine"))["text"].as_str().unwrap()).unwrap()[1].value["metadata"],
        json!({ "name": "mine" })
    );
    assert!(exported(RULES, "other", None)["problem"].is_string());
}
