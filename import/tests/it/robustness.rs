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

/// Documents of every format with nearly every member that it knows, without a loss where `bool` says so.
fn documents() -> Vec<(bool, Value)> {
    let [defender, azure] = microsoft();
    let mut documents = vec![(true, defender), (true, azure)];
    let trivy = json!({ "vulnerabilities": [{ "id": "CVE-2021-1", "paths": ["usr/**"], "purls": ["pkg:deb/debian/a"], "expired_at": "2027-01-01",
        "statement": "s" }], "secrets": [] });
    let ignore = json!([{ "vulnerability": "CVE-2021-1", "include-aliases": true, "reason": "r", "fix-state": "fixed",
            "package": { "name": "a", "version": "1", "type": "npm", "location": "/usr/**", "language": "", "upstream-name": "" } },
        { "fix-state": "unknown" }, { "fix-state": "not-fixed" }, { "fix-state": "wont-fix" }]);
    let grype = json!({ "fail-on-severity": "high", "only-fixed": true, "only-notfixed": true, "ignore-wontfix": "fixed", "ignore": ignore });
    let list = json!({ "id": 1, "project_id": 0, "expires_at": 1_796_083_200, "items": [{ "cve_id": "CVE-2021-1" }] });
    let project = json!({ "name": "a", "metadata": { "prevent_vul": "true", "severity": "high", "reuse_sys_cve_allowlist": "false",
        "enable_content_trust": "false" }, "cve_allowlist": list });
    let criterion = |name: &str, op: &str, value: &str| json!({ "name": name, "op": op, "value": value });
    let mut aged = criterion("cveHighWithFixCount", ">=", "2");
    aged["sub_criteria"] = json!([criterion("publishDays", ">=", "30")]);
    let mut scored = criterion("cveScoreCount", ">=", "7.0");
    scored["sub_criteria"] = json!([criterion("count", ">=", "2")]);
    let scopes = [
        criterion("namespace", "containsAny", "a,b*"),
        criterion("user", "notContainsAny", "c"),
        criterion("userGroups", "containsAll", "d,e"),
        criterion("imageRegistry", "containsAny", "https://f.io/"),
        criterion("image", "containsAny", "f.io/g:h,f.io/i*"),
    ];
    let with = |criteria: Value| [vec![criteria], scopes.to_vec()].concat();
    let rules = json!([
        { "id": 1, "action": "deny", "rule_mode": "", "comment": "c", "disabled": false, "containers": ["containers"], "criteria": with(aged) },
        { "action": "deny", "criteria": [scored] }, { "action": "deny", "criteria": [criterion("cveNames", "containsOtherThan", "CVE-1")] },
        { "action": "deny", "criteria": [criterion("imageScanned", "=", "false")] }, { "action": "allow", "criteria": scopes } ]);
    let neuvector = json!({ "apiVersion": "neuvector.com/v1", "kind": "NvAdmissionControlSecurityRule", "metadata": {},
        "spec": { "config": { "enable": true, "mode": "protect", "client_mode": "service" }, "rules": rules } });
    let group = |field: &str, value: &str| json!({ "fieldName": field, "booleanOperator": "OR", "negate": false, "values": [{ "value": value }] });
    let sections = json!([{ "sectionName": "s", "policyGroups": [group("CVE", "CVE-1"), group("CVSS", ">= 7.0"), group("Severity", ">= LOW"),
            group("Fixed By", ".*"), group("Days Since CVE Was Published", "30"), group("Namespace", "a|b.*")] },
        { "policyGroups": [group("Unscanned Image", "true")] }, { "policyGroups": [group("Image Scan Age", "30")] }]);
    let stackrox = json!({ "policies": [{ "name": "p", "disabled": false, "lifecycleStages": ["DEPLOY"], "eventSource": "NOT_APPLICABLE",
        "enforcementActions": ["SCALE_TO_ZERO_ENFORCEMENT"], "policySections": sections, "scope": [{ "namespace": "a" }],
        "exclusions": [{ "name": "n", "expiration": "2027-01-01T00:00:00Z",
            "deployment": { "name": "x.*", "scope": { "namespace": "b", "label": { "key": "k", "value": "v" } } } }] }] });
    let selector =
        json!({ "matchLabels": { "a": "b" }, "matchExpressions": [{ "key": "c", "operator": "NotIn", "values": ["d"] }] });
    let kubescape = json!({ "apiVersion": "kubescape.io/v1beta1", "kind": "ClusterSecurityException", "metadata": { "name": "a" },
        "spec": { "author": "a", "reason": "r", "expiresAt": "2027-01-01T00:00:00Z",
            "match": { "namespaceSelector": selector, "objectSelector": selector, "resources": [{ "apiGroup": "apps", "kind": "Deployment", "name": "n" }],
                "images": ["a.io/b", "a.io/b:c", "a.io/b:c*"] },
            "vulnerabilities": [{ "vulnerability": { "id": "CVE-1", "aliases": ["CVE-2"] }, "status": "affected", "actionStatement": "a",
                "response": ["can_not_fix"], "expiredOnFix": true, "expiresAt": "2027-01-01T00:00:00Z", "subcomponents": ["pkg:npm/a"] }] } });
    // A project never says its host.
    let theirs =
        [(true, trivy), (true, grype), (true, list), (false, project), (true, neuvector), (true, stackrox), (true, kubescape)];
    documents.extend(theirs);
    documents
}

fn microsoft() -> [Value; 2] {
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
    for (is_whole, document) in documents() {
        let whole = given::documents(std::slice::from_ref(&document)).unwrap();
        assert_eq!((given::losses(&whole).is_empty(), given::is_usable(&whole)), (is_whole, true), "{:?}", whole.losses);
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
fn whatever_stands_in_an_ignore_file_the_outcome_can_be_used_or_is_a_refusal() {
    let long = "x".repeat(100_000);
    let lines = [
        "",
        "#",
        "CVE-1 exp:",
        "CVE-1 exp:2026-02-30",
        "CVE-1 exp:9999-12-31 exp:1970-01-01",
        "exp:2026-01-01",
        "é\u{202e}",
        "\u{0}",
        "\t\t",
        &long,
    ];
    for (i, first) in lines.iter().enumerate() {
        for second in &lines[i..] {
            let text = format!("{first}\r\n{second}\nCVE-2 exp:2027-01-01");
            let imported = import::import(&[import::File { name: ".trivyignore", text: &text }]).unwrap();
            assert!(given::is_usable(&imported), "{text:?}");
            assert!(
                imported.losses.iter().all(|loss| loss.to_string().len() < 2_000 && !loss.to_string().contains('\n')),
                "{text:?}"
            );
        }
    }
    let of = |count: usize| (0..count).map(|i| format!("CVE-2026-{i}\n")).collect::<String>();
    let import = |text: String| import::import(&[import::File { name: ".trivyignore", text: &text }]);
    assert!(import(of(10_000)).is_ok());
    assert!(import(of(10_001)).unwrap_err().to_string().contains("at most 10000"));
}

#[test]
fn what_multiplies_is_bounded() {
    let names: Vec<String> = (0..1_000).map(|i| format!("n{i}")).collect();
    let values = |text: &str| names.iter().map(|name| format!("{name}{text}")).collect::<Vec<_>>().join(",");
    let criterion = |name: &str, value: String| json!({ "name": name, "op": "containsAny", "value": value });
    let both = format!("{},{}", values("*"), values(""));
    let scopes = ["namespace", "user", "userGroups"].map(|name| criterion(name, both.clone()));
    let mut criteria = scopes.to_vec();
    criteria.push(json!({ "name": "cveHighCount", "op": ">=", "value": "1" }));
    let rules: Vec<Value> = (0..100).map(|_| json!({ "action": "deny", "rule_mode": "protect", "criteria": criteria })).collect();
    let imported = given::documents(&[json!({ "rules": rules })]).unwrap();
    assert_eq!(imported.settings["rules"].as_array().unwrap().len(), 800);
    let severities: Vec<Value> = (0..200).map(|_| json!({ "value": "LOW" })).collect();
    let groups =
        json!([{ "fieldName": "Severity", "values": severities }, { "fieldName": "CVE", "values": [{ "value": "CVE-1" }] }]);
    let policy = json!({ "name": "p", "lifecycleStages": ["DEPLOY"], "policySections": [{ "policyGroups": groups }] });
    let imported = given::documents(&[policy]).unwrap();
    assert_eq!(imported.settings["rules"][0]["conditions"], json!([{ "ids": ["CVE-1"] }]));
    let resources: Vec<Value> = names.iter().map(|name| json!({ "kind": "Pod", "name": name })).collect();
    let entry = json!({ "vulnerability": { "id": "CVE-1" }, "status": "fixed" });
    let exception = json!({ "apiVersion": "kubescape.io/v1beta1", "kind": "ClusterSecurityException",
        "spec": { "match": { "resources": resources }, "vulnerabilities": [entry] } });
    let losses = given::losses(&given::documents(&[exception]).unwrap());
    assert!(matches!(&losses[..], [loss] if loss.contains("too many exemptions")), "{losses:?}");
}
