//! Whatever stands in a document, the outcome is settings that can be used or one refusal with its place.

use serde_json::{Value, json};

use crate::given;
use crate::recognise::policy;

/// Every place of a document.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| pointers(value, &format!("{here}/{key}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{here}/{i}"), found)),
        _ => {}
    }
}

fn documents() -> [Value; 2] {
    let defender = policy(json!([
        { "name": "first", "action": "audit", "scope": [{ "matcherType": "pod", "anyOf": ["*a*", "b"] }, { "matcherType": "namespace", "anyOf": ["c*"] }],
            "configuration": { "maximumVaFileAge": "365d", "maxAllowedSeverities": { "critical": 0, "low": 3 }, "forbiddenCves": ["CVE-2021-1"],
                "ignoredCves": ["CVE-2021-2"], "blockUnscannedImages": true, "unsupportedRegistries": ["docker.io"],
                "excludedRegistries": [{ "sourceType": "image", "value": "a.io/b:c" }, { "sourceType": "repository", "value": "a.io/b" }],
                "exemptions": [{ "type": "timeBased", "value": "CVE-2021-3",
                    "timeBound": { "startDate": "2026-01-01T00:00:00Z", "endDate": "2026-02-01T00:00:00Z" } }] } },
        { "name": "second", "action": "deny", "configuration": { "maxAllowedSeverities": { "high": 0 } } },
    ]));
    let azure = json!({ "properties": { "displayName": "a", "enforcementMode": "Default",
        "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759",
        "parameters": { "effect": { "value": "Deny" }, "namespaces": { "value": ["a"] }, "excludedNamespaces": { "value": ["b"] },
            "labelSelector": { "value": { "matchLabels": { "c": "d" }, "matchExpressions": [{ "key": "e", "operator": "In", "values": ["f"] }] } },
            "excludedImages": { "value": ["^a.io/b"] }, "excludeFindingIDs": { "value": ["CVE-2021-1"] }, "severity": { "value": { "High": 1 } },
            "severityThresholdForExcludingNotPatchableFindings": { "value": "Low" } } } });
    [defender, azure]
}

#[test]
fn whatever_stands_somewhere_the_outcome_can_be_used_or_is_a_refusal() {
    let long = "x".repeat(100_000);
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("*"),
        json!("**"),
        json!("***"),
        json!("."),
        json!("^"),
        json!("^$"),
        json!(".*"),
        json!("/"),
        json!("a.io/"),
        json!("@"),
        json!(":"),
        json!("é\u{202e}\n"),
        json!("0d"),
        json!(long),
        json!([]),
        json!([[]]),
        json!([null]),
        json!([""]),
        json!({}),
        json!({ "value": null }),
        json!({ "value": [] }),
    ];
    for document in documents() {
        assert!(given::documents(std::slice::from_ref(&document)).unwrap().losses.is_empty());
        let mut places = Vec::new();
        pointers(&document, "", &mut places);
        assert!(places.len() > 25);
        for place in places {
            for value in &values {
                let mut document = document.clone();
                *document.pointer_mut(&place).unwrap() = value.clone();
                match given::documents(&[document]) {
                    Ok(imported) => assert!(given::is_usable(&imported), "{place}: {value}"),
                    Err(refusal) => {
                        let text = refusal.to_string();
                        assert!(
                            !refusal.expected.is_empty() && !refusal.found.is_empty() && !text.contains('\n'),
                            "{place}: {value}: {text}"
                        );
                        assert!(text.len() < 2_000, "{place}: {text}");
                    }
                }
            }
        }
    }
}

#[test]
fn more_than_settings_can_hold_is_refused() {
    let rule = |i: usize| {
        json!({ "name": format!("r{i}"), "action": "deny", "configuration": { "forbiddenCves": ["CVE-2021-1"] },
        "scope": [{ "matcherType": "namespace", "anyOf": ["a", "b*"] }] })
    };
    let of = |count: usize| given::documents(&[policy((0..count).map(rule).collect())]);
    assert!(of(500).is_ok());
    assert!(of(501).unwrap_err().to_string().contains("expected at most 1000 elements, found 1002"));
    assert!(of(1001).unwrap_err().to_string().contains("expected 1 to 1000 rules"));
    let mut wide = policy(json!([rule(0)]));
    wide["spec"]["vulnerabilityAssessmentGatedDeployment"][0]["scope"] =
        vec![json!({ "matcherType": "namespace", "anyOf": ["a"] }); 65].into();
    assert!(given::documents(&[wide]).unwrap_err().to_string().contains("scope`: expected at most 64 matchers"));
}
