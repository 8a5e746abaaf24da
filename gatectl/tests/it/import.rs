//! `gatectl import`: another gate's configuration becomes settings that `gatectl settings check` accepts.

use gatectl::ExitCode;
use serde_json::{Value, json};

use crate::world::gatectl;

const DEFENDER: &str = "apiVersion: defender.microsoft.com/v1alpha3
kind: SecurityArtifactPolicy
spec:
  vulnerabilityAssessmentGatedDeployment:
  - name: \"Gate\\u202e\"
    action: deny
    configuration: { maxAllowedSeverities: { high: 0 }, \"new\\u001b[2J\": 1 }
";

#[test]
fn settings_losses_and_notes_each_go_their_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("defender.yaml"), DEFENDER).unwrap();
    let ended = gatectl(&["import", &path("defender.yaml")]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.results.starts_with("# Made from Microsoft Defender's SecurityArtifactPolicy ("), "{}", ended.results);
    assert!(!ended.results.contains(['\u{202e}', '\u{1b}']) && !ended.notes.contains(['\u{202e}', '\u{1b}']), "{ended:?}");
    let lost = "note: lost: `spec.vulnerabilityAssessmentGatedDeployment[0].configuration.new [2J`: 1: this member is not known";
    assert!(ended.notes.contains(lost), "{}", ended.notes);
    assert!(ended.notes.contains("note: Defender believes signed findings only"), "{}", ended.notes);

    let silent = gatectl(&["import", &path("defender.yaml"), "--output", &path("settings.yaml")]);
    assert_eq!((silent.exit, silent.results.as_str()), (ExitCode::Admitted, ""));
    assert_eq!(std::fs::read_to_string(path("settings.yaml")).unwrap(), ended.results);
    assert_eq!(gatectl(&["settings", "check", &path("settings.yaml")]).exit, ExitCode::Admitted);

    let ended = gatectl(&["import", &path("defender.yaml"), "--format", "json"]);
    let value: Value = serde_json::from_str(&ended.results).unwrap();
    assert_eq!((&value["schemaVersion"], &value["hasRules"], &value["beside"]), (&json!(1), &json!(true), &json!([])));
    assert_eq!(value["recognised"]["format"], json!("securityArtifactPolicy"));
    assert_eq!(value["settings"]["rules"][0]["name"], json!("gate"));
    assert_eq!(value["losses"].as_array().unwrap().len(), 1);
    assert_eq!(value["notes"].as_array().unwrap().len(), 4);
}

#[test]
fn what_is_refused_says_where_and_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("wrong.yaml"), DEFENDER.replace("deny", "warn")).unwrap();
    std::fs::write(path("azure.json"), "{\"excludeFindingIDs\": []}").unwrap();
    std::fs::write(path("defender.yaml"), DEFENDER).unwrap();
    let action = "spec.vulnerabilityAssessmentGatedDeployment[0].action";
    let ended = gatectl(&["import", &path("wrong.yaml")]);
    assert_eq!(ended.exit, ExitCode::Failed);
    assert!(ended.notes.contains(&format!("wrong.yaml: `{action}`: expected one of deny, audit, found `warn`")), "{ended:?}");
    let ended = gatectl(&["import", &path("wrong.yaml"), "--format", "json"]);
    let value: Value = serde_json::from_str(&ended.results).unwrap();
    assert_eq!((ended.exit, &value["refusal"]["place"]), (ExitCode::Failed, &json!(action)));
    let ended = gatectl(&["import", &path("defender.yaml"), &path("azure.json")]);
    let both =
        "expected Microsoft Defender's SecurityArtifactPolicy as before, found the Azure Policy that blocks vulnerable images";
    assert!(ended.notes.contains(both), "{}", ended.notes);
    assert_eq!(gatectl(&["import", &path("none.yaml")]).exit, ExitCode::Failed);
    assert_eq!(gatectl(&["import"]).exit, ExitCode::Failed);
}
