//! Whose configuration a document is.

use import::{Format, import};
use serde_json::{Value, json};

pub(crate) fn policy(rules: Value) -> Value {
    json!({ "apiVersion": "defender.microsoft.com/v1alpha3", "kind": "SecurityArtifactPolicy",
        "metadata": { "name": "mdc-vulnerability-assessment-policy" },
        "spec": { "policyLastEditTime": "2026-11-01T00:00:00Z", "vulnerabilityAssessmentGatedDeployment": rules } })
}

fn sound() -> Value {
    policy(json!([{ "name": "a", "action": "deny", "configuration": { "maxAllowedSeverities": { "high": 0 } } }]))
}

#[test]
fn a_format_is_recognised_by_what_can_be_printed() {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": [sound()] });
    let assignment = json!({ "properties": { "policyDefinitionId":
        "/providers/Microsoft.Authorization/policyDefinitions/13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759", "parameters": {} } });
    for (document, format, reason) in [
        (sound(), Format::SecurityArtifactPolicy, "apiVersion: defender.microsoft.com/v1alpha3, kind: SecurityArtifactPolicy"),
        (list, Format::SecurityArtifactPolicy, "apiVersion: defender.microsoft.com/v1alpha3, kind: SecurityArtifactPolicy"),
        (assignment, Format::AzurePolicy, "policyDefinitionId: …/13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759"),
        (
            json!({ "parameters": { "excludeFindingIDs": { "value": [] } } }),
            Format::AzurePolicy,
            "a parameter `excludeFindingIDs`",
        ),
        (
            json!({ "severityThresholdForExcludingNotPatchableFindings": "None" }),
            Format::AzurePolicy,
            "a parameter `severityThresholdForExcludingNotPatchableFindings`",
        ),
    ] {
        let imported = import(&[document]).unwrap();
        assert_eq!((imported.recognised.format, imported.recognised.reason.as_str()), (format, reason));
        assert!(!imported.notes.is_empty());
    }
}

#[test]
fn a_document_that_is_none_is_lost_beside_one_that_is() {
    let imported = import(&[json!({ "apiVersion": "v1", "kind": "ConfigMap" }), sound(), Value::Null]).unwrap();
    assert_eq!(
        imported.losses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["`documents[0]`: apiVersion: `v1`, kind: `ConfigMap`: this document is of no format that is known"]
    );
}

#[test]
fn what_is_not_one_configuration_of_a_known_shape_is_refused() {
    let of = |pointer: &str, value: Value| {
        let mut document = sound();
        *document.pointer_mut(pointer).unwrap() = value;
        vec![document]
    };
    let rule = "/spec/vulnerabilityAssessmentGatedDeployment/0";
    let configuration = format!("{rule}/configuration");
    for (documents, wanted) in [
        (vec![], "expected a SecurityArtifactPolicy of defender.microsoft.com"),
        (vec![json!({ "kind": "Pod" })], "found kind: `Pod`"),
        (vec![json!(7)], "found 7"),
        (vec![sound(), sound()], "`documents[1]`: expected one SecurityArtifactPolicy: a cluster has one, found 2 of them"),
        (
            vec![sound(), json!({ "excludeFindingIDs": [] })],
            "`documents[1]`: expected Microsoft Defender's SecurityArtifactPolicy as before",
        ),
        (
            of("/apiVersion", json!("defender.microsoft.com/v2")),
            "`apiVersion`: expected defender.microsoft.com/ and a version of",
        ),
        (of("/spec", Value::Null), "expected a member `spec`, found none"),
        (of("/spec/vulnerabilityAssessmentGatedDeployment", json!([])), "there is nothing to take over"),
        (of(rule, json!([])), "`spec.vulnerabilityAssessmentGatedDeployment[0]`: expected a member `action`, found none"),
        (of(&format!("{rule}/action"), json!("warn")), "[0].action`: expected one of deny, audit, found `warn`"),
        (
            of(&configuration, json!({ "maxAllowedSeverities": { "high": -1 } })),
            "maxAllowedSeverities.high`: expected a whole number from 0",
        ),
        (
            of(&configuration, json!({ "maximumVaFileAge": "365 days", "forbiddenCves": ["CVE-1"] })),
            "maximumVaFileAge`: expected a whole number and a unit",
        ),
        (of(&configuration, json!({ "forbiddenCves": "CVE-1" })), "forbiddenCves`: expected a list, found `CVE-1`"),
    ] {
        let refusal = import(&documents).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
}
