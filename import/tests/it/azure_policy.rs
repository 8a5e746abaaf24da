//! The deprecated Azure Policy: what each parameter becomes.

use serde_json::{Value, json};

use crate::given;

/// An assignment of the definition with some parameters, each as `value`, besides the one whose absence is a loss.
fn assigned(parameters: Value) -> Value {
    let mut wrapped = json!({ "excludedNamespaces": { "value": [] } });
    for (key, value) in parameters.as_object().unwrap() {
        wrapped[key] = json!({ "value": value });
    }
    json!({ "properties": { "displayName": "Block them", "policyDefinitionId":
        "/providers/Microsoft.Authorization/policyDefinitions/13CD7AE3-5BC0-4AC4-A62D-4F7C120B9759", "parameters": wrapped } })
}

/// The settings and the losses, of which each is a place and why.
fn imported(document: Value) -> (Value, Vec<String>) {
    let imported = given::documents(&[document]).unwrap();
    let losses = given::losses(&imported);
    (imported.settings, losses)
}

#[test]
fn the_defaults_of_the_definition_hold_for_what_is_absent() {
    let (settings, losses) = imported(assigned(json!({})));
    assert_eq!(losses, Vec::<String>::new());
    assert_eq!(
        settings,
        json!({ "evaluation": "strictest", "rules": [{ "name": "block-them", "description": "Block them", "action": "audit", "enabled": true,
            "conditions": [{ "severity": "high", "count": "findings", "moreThan": 0 },
                { "severity": "medium", "counting": "exactly", "count": "findings", "moreThan": 0 },
                { "severity": "low", "counting": "exactly", "count": "findings", "moreThan": 0 }] }] })
    );
    let (_, losses) = imported(json!({ "parameters": { "excludeFindingIDs": [] } }));
    assert!(matches!(&losses[..], [loss] if loss.starts_with("parameters: the definition's default is taken")), "{losses:?}");
}

#[test]
fn each_parameter_has_its_counterpart() {
    let label = |key: &str, operator: &str, values: Value| json!({ "field": "label", "key": key, "operator": operator, "values": values });
    let namespace = |operator: &str, values: Value| json!([{ "field": "namespace", "operator": operator, "values": values }]);
    let image = |operator: &str, value: &str| json!([{ "field": "image", "operator": operator, "values": [value] }]);
    for (parameters, pointer, wanted) in [
        (json!({ "effect": "Deny" }), "/rules/0/action", json!("deny")),
        (json!({ "effect": "disabled" }), "/rules/0/enabled", json!(false)),
        (json!({ "severity": { "High": 0, "Medium": 3, "Low": 10 } }), "/rules/0/conditions/1/moreThan", json!(3)),
        (json!({ "severity": { "High": 0, "Medium": 3, "Low": 10 } }), "/rules/0/conditions/2/moreThan", json!(10)),
        (json!({ "namespaces": ["a", "b"] }), "/rules/0/scope", namespace("equals", json!(["a", "b"]))),
        (json!({ "namespaces": ["prod-*"] }), "/rules/0/scope", namespace("startsWith", json!(["prod-"]))),
        (json!({ "excludedNamespaces": ["kube-system"] }), "/rules/0/scope", namespace("notEquals", json!(["kube-system"]))),
        (
            json!({ "labelSelector": { "matchLabels": { "app": "web" }, "matchExpressions": [
                { "key": "tier", "operator": "In", "values": ["a", "b"] }, { "key": "env", "operator": "NotIn", "values": ["test"] }] } }),
            "/rules/0/scope",
            json!([
                label("app", "equals", json!(["web"])),
                label("tier", "equals", json!(["a", "b"])),
                label("env", "notEquals", json!(["test"]))
            ]),
        ),
        (
            json!({ "severityThresholdForExcludingNotPatchableFindings": "Medium" }),
            "/exemptions",
            json!([{ "name": "not-patchable", "reason": "excluded by the Azure Policy: no patch", "fixable": false, "severityAtMost": "medium",
                "rules": ["block-them"] }]),
        ),
        (json!({ "excludeFindingIDs": ["CVE-2024-0001"] }), "/exemptions/0/ids", json!(["CVE-2024-0001"])),
        (
            json!({ "excludedImages": ["^acme\\.azurecr\\.io/base/.*$"] }),
            "/exemptions/0/scope",
            image("startsWith", "acme.azurecr.io/base/"),
        ),
        (
            json!({ "excludedImages": ["^acme.azurecr.io/web:v1$"] }),
            "/exemptions/0/scope",
            image("equals", "acme.azurecr.io/web:v1"),
        ),
        (json!({ "excludedImages": ["acme.azurecr.io/web"] }), "/exemptions/0/scope", image("contains", "acme.azurecr.io/web")),
        (
            json!({ "excludedImages": ["acme.azurecr.io/web:v1$"] }),
            "/exemptions/0/scope",
            image("endsWith", "acme.azurecr.io/web:v1"),
        ),
    ] {
        let (settings, losses) = imported(assigned(parameters));
        assert_eq!(settings.pointer(pointer), Some(&wanted));
        assert_eq!(losses, Vec::<String>::new());
    }
}

#[test]
fn an_assignment_that_does_not_enforce_audits() {
    let mut document = assigned(json!({ "effect": "Deny" }));
    document["properties"]["enforcementMode"] = json!("DoNotEnforce");
    assert_eq!(imported(document).0["rules"][0]["action"], json!("audit"));
}

#[test]
fn what_has_no_counterpart_is_said_and_makes_nothing_looser() {
    let expression = |operator: &str, values: Value| json!({ "labelSelector": { "matchExpressions": [{ "key": "a", "operator": operator, "values": values }] } });
    for (parameters, place, why) in [
        (
            expression("Exists", Value::Null),
            "labelSelector.value.matchExpressions[0]",
            "a scope cannot ask whether a label is there",
        ),
        (
            expression("DoesNotExist", Value::Null),
            "labelSelector.value.matchExpressions[0]",
            "a scope cannot ask whether a label is there",
        ),
        (expression("In", json!(["", "b"])), "labelSelector.value.matchExpressions[0]", "a scope has no empty value"),
        (
            json!({ "labelSelector": { "matchLabels": { "a": "" } } }),
            "labelSelector.value.matchLabels",
            "a scope has no empty value",
        ),
        (json!({ "namespaces": ["a", "b-*"] }), "namespaces.value", "one entry of a scope has one operator"),
        (
            json!({ "excludedNamespaces": ["kube-*"] }),
            "excludedNamespaces.value[0]",
            "a scope leaves out namespaces by their whole names",
        ),
        (json!({ "excludedImages": ["web"] }), "excludedImages.value[0]", "images are compared in their full form"),
        (json!({ "excludedImages": [".*"] }), "excludedImages.value[0]", "images are compared in their full form"),
        (json!({ "excludedImages": ["^docker.io/"] }), "excludedImages.value[0]", "images are compared in their full form"),
        (json!({ "excludedImages": ["cker.io/library/"] }), "excludedImages.value[0]", "images are compared in their full form"),
        (json!({ "excludedImages": ["^(a|b).azurecr.io/"] }), "excludedImages.value[0]", "more of a regular expression"),
        (json!({ "severity": { "Critical": 1 } }), "severity.value.Critical", "this member is not known"),
        (json!({ "newParameter": 1 }), "newParameter", "this member is not known"),
    ] {
        let (settings, losses) = imported(assigned(parameters));
        let wanted = format!("properties.parameters.{place}: {why}");
        assert!(matches!(&losses[..], [loss] if loss.starts_with(&wanted)), "{wanted}: {losses:?}");
        assert_eq!((settings["rules"][0].get("scope"), settings.get("exemptions")), (None, None), "{wanted}");
    }
    let (settings, losses) = imported(assigned(json!({ "excludeFindingIDs": ["105599"] })));
    assert_eq!(settings["exemptions"][0]["ids"], json!(["105599"]));
    assert!(
        matches!(&losses[..], [loss] if loss.starts_with("properties.parameters.excludeFindingIDs.value[0]: no CVE")),
        "{losses:?}"
    );
}

#[test]
fn several_assignments_are_rules_of_which_the_strictest_decides() {
    let settings = given::documents(&[assigned(json!({})), assigned(json!({ "effect": "Deny" }))]).unwrap().settings;
    let names: Vec<&Value> = settings["rules"].as_array().unwrap().iter().map(|rule| &rule["name"]).collect();
    assert_eq!((names, &settings["evaluation"]), (vec![&json!("block-them"), &json!("block-them-2")], &json!("strictest")));
}

#[test]
fn a_parameter_of_another_shape_is_refused() {
    for (parameters, wanted) in [
        (
            json!({ "effect": "Warn" }),
            "`properties.parameters.effect.value`: expected one of Audit, Deny, Disabled, found `Warn`",
        ),
        (json!({ "severity": { "High": 1.5 } }), "severity.value.High`: expected a whole number from 0, found 1.5"),
        (json!({ "excludedImages": "a" }), "excludedImages.value`: expected a list, found `a`"),
    ] {
        let refusal = given::documents(&[assigned(parameters)]).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
}
