//! Whose configuration a document is.

use import::{File, Format};
use serde_json::{Value, json};

use crate::given;

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
        let imported = given::documents(&[document]).unwrap();
        assert_eq!((imported.recognised.format, imported.recognised.reason.as_str()), (format, reason));
        assert!(!imported.notes.is_empty());
    }
}

#[test]
fn a_document_that_is_none_is_lost_beside_one_that_is() {
    let imported = given::documents(&[json!({ "apiVersion": "v1", "kind": "ConfigMap" }), sound(), Value::Null]).unwrap();
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
        (vec![], "expected one of Microsoft Defender's SecurityArtifactPolicy, the Azure Policy"),
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
        let refusal = given::documents(&documents).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
}

#[test]
fn places_begin_with_the_file_where_there_are_several() {
    let (lost, sound) = (json!({ "kind": "Pod" }).to_string(), sound().to_string());
    let imported = import::import(&[File { name: "a\n.yaml", text: &lost }, File { name: "b.json", text: &sound }]).unwrap();
    assert_eq!(given::losses(&imported), ["a .yaml: : this document is of no format that is known"]);
    let wrong = sound.replace("\"deny\"", "7");
    let refusal = import::import(&[File { name: "a.yaml", text: &lost }, File { name: "b.json", text: &wrong }]).unwrap_err();
    assert_eq!(refusal.place, "b.json: spec.vulnerabilityAssessmentGatedDeployment[0].action");
}

#[test]
fn what_is_no_yaml_is_refused_where_it_ends() {
    let refusal = given::text("a: [").unwrap_err();
    assert_eq!(refusal.place, "line 2, column 1");
    assert!(given::text("a: 1\na: 2").unwrap_err().to_string().contains("duplicate key `a`"));
}

#[test]
fn the_yaml_says_what_it_was_made_of_and_is_the_settings() {
    let imported = given::documents(&[json!({ "kind": "Po\u{2028}d: #\n- x" }), sound()]).unwrap();
    let yaml = imported.to_yaml(&["a\nb.yaml"]);
    let (comment, rest): (Vec<&str>, Vec<&str>) = yaml.lines().partition(|line| line.starts_with('#'));
    assert_eq!(
        comment,
        [
            "# Made from Microsoft Defender's SecurityArtifactPolicy (a b.yaml).",
            "# Without a counterpart:",
            "# - `documents[0]`: kind: `Po d: # - x`: this document is of no format that is known",
        ]
    );
    assert_eq!(documents::yaml::read(&rest.join("\n")).unwrap()[0].value, imported.settings);
    assert_eq!(documents::yaml::read(&yaml).unwrap()[0].value, imported.settings);
    let whole = given::documents(&[sound()]).unwrap().to_yaml(&[]);
    assert!(
        whole.starts_with("# Made from Microsoft Defender's SecurityArtifactPolicy.\n# Nothing of it was lost.\n"),
        "{whole}"
    );
}
