//! Another gate's configuration becomes settings that judge.

use serde_json::{Value, json};

use crate::typed::{WEB, entry, judged, pod, question, trivy, verdict};

fn imported(files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect();
    serde_json::from_str(&playground::import(&json!({ "files": files }).to_string())).unwrap()
}

const DEFENDER: &str = "apiVersion: defender.microsoft.com/v1\nkind: SecurityArtifactPolicy\nmetadata: { name: a }\nspec:\n  vulnerabilityAssessmentGatedDeployment: []\n";

#[test]
fn what_is_imported_is_settings_or_one_refusal() {
    let azure = r#"{ "parameters": { "effect": { "value": "Deny" }, "severity": { "value": { "High": 0, "Medium": 100, "Low": 100 } } } }"#;
    for text in [DEFENDER, azure] {
        let answer = imported(&[("a.yaml", text)]);
        match answer["settings"].as_str() {
            Some(settings) => {
                let judged = judged(&question(settings, &pod("web", &[WEB]), &[entry(&trivy(WEB, &["CRITICAL"]))]));
                assert_eq!(judged["settings"]["problems"], json!([]), "{settings}");
                assert!(["admit", "audit", "deny"].contains(&verdict(&judged)));
                assert!(answer["recognised"]["reason"].is_string() && answer["losses"].is_array() && answer["notes"].is_array());
            }
            None => assert!(answer["refusal"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}"),
        }
    }
}

#[test]
fn what_is_no_configuration_is_refused() {
    for files in [&[][..], &[("a", "")], &[("a", "a: [")], &[("a", "{}"), ("b", "kind: Pod")]] {
        let answer = imported(files);
        for key in ["place", "expected", "found", "message"] {
            assert!(answer["refusal"][key].is_string(), "{key}: {answer}");
        }
    }
}
