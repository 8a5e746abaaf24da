//! Whatever stands in a document, the outcome is settings that can be used or one refusal with its place.

use serde_json::{Value, json};

use crate::given;
use crate::recognise::policy;
use crate::whole;

/// Every place of a document.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| pointers(value, &format!("{here}/{key}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{here}/{i}"), found)),
        _ => {}
    }
}

/// One of each format, with everything in it that can be said.
fn documents() -> Vec<Value> {
    [of_microsoft(), of_google(), of_others(), whole::documents()].concat()
}

fn of_google() -> Vec<Value> {
    let check = json!({ "displayName": "b", "imageAllowlist": { "allowPattern": ["gcr.io/b/web:v1"] }, "alwaysDeny": false, "vulnerabilityCheck": {
        "maximumFixableSeverity": "CRITICAL", "maximumUnfixableSeverity": "HIGH", "allowedCves": ["CVE-2021-1"], "blockedCves": ["CVE-2021-2"],
        "containerAnalysisVulnerabilityProjects": [] } });
    let platform = json!({ "name": "projects/p/platforms/gke/policies/cv", "gkePolicy": { "imageAllowlist": { "allowPattern": ["gcr.io/a/**"] }, "checkSets": [
        { "displayName": "a", "scope": { "kubernetesServiceAccount": "c:d" }, "imageAllowlist": { "allowPattern": ["gcr.io/c/**"] }, "checks": [check] },
        { "displayName": "e", "scope": { "kubernetesNamespace": "c" }, "checks": [{ "alwaysDeny": true }] },
        { "displayName": "f", "checks": [{ "vulnerabilityCheck": { "maximumFixableSeverity": "LOW", "maximumUnfixableSeverity": "ALLOW_ALL" } }] }] } });
    let kritis = |kind: &str| {
        json!({ "apiVersion": "kritis.grafeas.io/v1beta1", "kind": kind, "metadata": { "name": "a", "namespace": "b" }, "spec": {
        "imageAllowlist": ["gcr.io/a/web:v1"], "packageVulnerabilityRequirements": {
            "maximumSeverity": "HIGH", "maximumFixUnavailableSeverity": "CRITICAL", "allowlistCVEs": ["projects/goog-vulnz/notes/CVE-2021-1"] } } })
    };
    vec![platform, kritis("ImageSecurityPolicy"), kritis("VulnzSigningPolicy")]
}

fn of_others() -> Vec<Value> {
    let cves = json!({ "apiVersion": "policies.kubewarden.io/v1", "kind": "AdmissionPolicy", "metadata": { "name": "a", "namespace": "b" }, "spec": {
        "module": "ghcr.io/kubewarden/policies/image-cve-policy:v0.6.3", "mode": "monitor", "settings": {
            "maxSeverity": { "critical": { "total": 0 }, "unknown": { "totalWithoutFixes": 1 } }, "cvssScore": { "threshold": 7.5, "maxCount": 2 },
            "allowAlways": ["CVE-2021-1"], "denyAlways": ["CVE-2021-2"], "cveName": { "criteria": "doesNotContainAnyOf", "values": ["CVE-2021-3"] },
            "ignoreMissingVulnerabilityReport": true, "ignoreVexStatus": true, "vulnerabilityReportNamespace": "c", "imageLookupStrategy": "digest",
            "platform": { "os": "linux", "arch": "arm", "variant": "v7" } } } });
    let workflow = json!({ "on": ["push"], "jobs": { "a": { "steps": [{ "uses": "actions/checkout@v4" },
        { "name": "b", "uses": "aws-actions/vulnerability-scan-github-action-for-amazon-inspector@v1", "with": { "artifact_type": "container",
            "critical_threshold": 1, "high_threshold": "2", "other_threshold": 3, "threshold_fixable_only": true, "skip_files": "''" } }] } } });
    let equals = |value: &str| json!([{ "comparison": "EQUALS", "value": value }]);
    let filters = json!({ "filters": [{ "name": "a", "action": "SUPPRESS", "reason": "b", "description": "c", "criteria": {
        "vulnerabilityId": equals("CVE-2021-1"), "severity": equals("INFORMATIONAL"), "fixAvailable": equals("NO"), "ecrImageRegistry": equals("123456789012"),
        "ecrImageRepositoryName": equals("d/e"), "ecrImageTags": equals("f"), "resourceType": equals("AWS_ECR_CONTAINER_IMAGE") } }] });
    vec![cves, workflow, filters]
}

fn of_microsoft() -> Vec<Value> {
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
    vec![defender, azure]
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
        json!("\\"),
        json!("|"),
        json!(">= "),
        json!("pkg:"),
        json!("x x"),
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
        // A project of Harbor never says its host.
        let losses = given::documents(std::slice::from_ref(&document)).unwrap().losses;
        assert!(losses.iter().all(|loss| loss.why.contains("host of its Harbor")), "{losses:?}");
        let mut places = Vec::new();
        pointers(&document, "", &mut places);
        assert!(places.len() > 6);
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

#[test]
fn check_sets_that_are_more_rules_than_settings_can_hold_are_refused() {
    let check = json!({ "vulnerabilityCheck": { "maximumFixableSeverity": "LOW", "maximumUnfixableSeverity": "LOW" } });
    let account =
        |i: usize| json!({ "displayName": "a", "scope": { "kubernetesServiceAccount": format!("n{i}:a") }, "checks": [check] });
    // The last set has all that the others leave: a rule for each of their namespaces, and for each of its checks.
    let of = |accounts: usize, checks: usize| {
        let mut sets: Vec<Value> = (0..accounts).map(account).collect();
        sets.push(json!({ "displayName": "rest", "checks": vec![check.clone(); checks] }));
        given::documents(&[json!({ "gkePolicy": { "checkSets": sets } })])
    };
    assert_eq!(of(400, 1).unwrap().settings["rules"].as_array().unwrap().len(), 801);
    for (accounts, checks) in [(400, 2), (900, 1), (1, 2_000), (500, 100_000)] {
        let refusal = of(accounts, checks).unwrap_err().to_string();
        assert!(refusal.contains("expected check sets that are at most 1000 rules"), "{refusal}");
    }
    assert!(of(1_000, 1).unwrap_err().to_string().contains("expected at most 1000 check sets"));
}

#[test]
fn what_is_lost_and_what_is_made_is_bounded() {
    let of = |configuration: Value, count: usize| {
        given::documents(&[policy(json!([{ "name": "a", "action": "deny", "configuration": configuration },
            { "name": "b".repeat(count), "action": "deny", "configuration": { "forbiddenCves": ["CVE-1"] } }]))])
    };
    let lost = |count: usize| of(json!({ "forbiddenCves": vec!["a"; count] }), 1);
    assert_eq!(lost(10_000).unwrap().losses.len(), 10_000);
    let refusal = lost(10_001).unwrap_err().to_string();
    assert!(refusal.contains("at most 10000 things have no counterpart, found 10001 of them"), "{refusal}");
    assert!(lost(100_001).unwrap_err().to_string().contains("forbiddenCves`: expected at most 100000 elements, found 100001"));
    // A long text is written for each rule that it belongs to.
    assert!(of(json!({ "forbiddenCves": ["CVE-1"] }), 1_000_000).is_ok());
    let refusal = of(json!({ "forbiddenCves": ["CVE-1"] }), 40_000_000).unwrap_err().to_string();
    assert!(refusal.contains("bytes of settings are made of, found more"), "{refusal}");
    let sets = |patterns: usize| {
        let check = json!({ "vulnerabilityCheck": { "maximumFixableSeverity": "LOW", "maximumUnfixableSeverity": "LOW" } });
        let set = |i: usize| json!({ "scope": { "kubernetesNamespace": format!("n{i}") }, "checks": [check] });
        let allowed: Vec<String> = (0..patterns).map(|i| format!("gcr.io/a{i}/**")).collect();
        given::documents(&[
            json!({ "gkePolicy": { "imageAllowlist": { "allowPattern": allowed }, "checkSets": (0..900).map(set).collect::<Vec<_>>() } }),
        ])
    };
    assert!(sets(100).is_ok());
    assert!(sets(10_000).unwrap_err().to_string().contains("bytes of settings are made of, found more"));
}
