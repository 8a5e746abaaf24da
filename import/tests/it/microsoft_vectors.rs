//! Microsoft's gated deployment as documented: a table of vectors, judged by the evaluator on imported settings.
//!
//! Sources: Microsoft Learn, "Gated deployment" (preview and general availability); the CRD and chart of Defender's admission controller;
//! the definition `13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759` with its Rego. The numbers are those of the conformance cases. Not here: 22 and
//! 30, which are about where and how the policy is deployed; 26, 27 and 29, readings of the order of rules that the object, whose order
//! is the priority, does not say.

use serde_json::{Value, json};

use crate::given;
use crate::judge::{Judge, NOW};
use crate::recognise::policy;

const IMAGE: &str = "acme.azurecr.io/web:v1";

fn rule(action: &str, configuration: Value) -> Value {
    json!({ "name": "gate", "action": action, "configuration": configuration })
}

/// The object of these rules, imported without a loss.
fn defender(rules: Value) -> Value {
    let imported = given::documents(&[policy(rules)]).unwrap();
    assert_eq!(imported.losses, []);
    imported.settings
}

fn found(count: usize, severity: &str) -> Vec<String> {
    (0..count).map(|i| format!("CVE-2024-{severity}{i} {severity}")).collect()
}

fn verdict(settings: &Value, findings: &[Vec<String>]) -> &'static str {
    let lines: Vec<&str> = findings.iter().flatten().map(String::as_str).collect();
    Judge::by(settings).found(IMAGE, &lines).verdict()
}

#[test]
fn counts_are_cumulative_and_more_than() {
    let limits = |limits: Value| json!({ "maxAllowedSeverities": limits });
    for (number, configuration, findings, wanted) in [
        (1, limits(json!({ "critical": 2 })), vec![found(3, "critical")], "deny"),
        (2, limits(json!({ "critical": 2 })), vec![found(2, "critical")], "admit"),
        (3, limits(json!({ "high": 0 })), vec![found(1, "critical")], "deny"),
        (4, limits(json!({ "high": 0 })), vec![found(5, "medium")], "admit"),
        (5, limits(json!({ "critical": 0, "high": 5 })), vec![found(6, "high")], "deny"),
        (5, limits(json!({ "critical": 0, "high": 5 })), vec![found(5, "high")], "admit"),
        (9, json!({ "forbiddenCves": ["CVE-2024-low0"] }), vec![found(1, "low")], "deny"),
        (9, json!({ "forbiddenCves": ["CVE-2024-low1"] }), vec![found(1, "low")], "admit"),
        (
            10,
            json!({ "maxAllowedSeverities": { "high": 0 }, "ignoredCves": ["CVE-2024-high0"] }),
            vec![found(1, "high")],
            "admit",
        ),
        (10, json!({ "maxAllowedSeverities": { "high": 0 }, "ignoredCves": ["CVE-2024-high0"] }), vec![found(2, "high")], "deny"),
    ] {
        let settings = defender(json!([rule("deny", configuration)]));
        assert_eq!(verdict(&settings, &findings), wanted, "vector {number}");
    }
    // A finding in two packages counts twice: never fewer than Defender, whose unit is not published.
    let settings = defender(json!([rule("deny", limits(json!({ "high": 1 })))]));
    let twice = ["CVE-2024-0001 high", "CVE-2024-0001 high package=pkg:deb/debian/xz@5.6"];
    assert_eq!(Judge::by(&settings).found(IMAGE, &twice).verdict(), "deny");
}

#[test]
fn exemptions_begin_and_end() {
    let with = |start: Option<&str>, end: &str| {
        let exemption =
            json!({ "type": "timeBased", "value": "CVE-2024-high0", "timeBound": { "startDate": start, "endDate": end } });
        defender(json!([rule("deny", json!({ "maxAllowedSeverities": { "high": 0 }, "exemptions": [exemption] }))]))
    };
    for (number, start, end, wanted) in [
        (11, None, "2026-11-21T23:59:59Z", "deny"),
        (12, None, "2026-11-22T23:59:00Z", "admit"),
        (13, Some("2026-11-23T00:00:00Z"), "2026-12-31T23:59:59Z", "deny"),
        (13, Some("2026-11-22T00:00:00Z"), "2026-12-31T23:59:59Z", "admit"),
    ] {
        assert_eq!(verdict(&with(start, end), &[found(1, "high")]), wanted, "vector {number}");
    }
    let ends_today = with(None, "2026-11-22T23:59:00Z");
    let judge = |now| Judge::by(&ends_today).found(IMAGE, &["CVE-2024-high0 high"]).at(now).verdict();
    assert_eq!((judge("2026-11-22T23:59:00Z"), judge("2026-11-23T00:00:00Z")), ("admit", "deny"), "vector 12");
}

#[test]
fn images_without_findings_that_count_are_the_switch_s() {
    let settings = |action: &str, is_on: bool| {
        let configuration = json!({ "maxAllowedSeverities": { "high": 0 }, "blockUnscannedImages": is_on, "maximumVaFileAge": "365d",
            "unsupportedRegistries": ["docker.io", "mcr.microsoft.com"] });
        defender(json!([rule(action, configuration)]))
    };
    let (strict, open) = (settings("deny", true), settings("deny", false));
    for (number, judge, wanted) in [
        (14, Judge::by(&open).unscanned(IMAGE), "audit"),
        (15, Judge::by(&strict).unscanned(IMAGE), "deny"),
        (16, Judge::by(&settings("audit", true)).unscanned(IMAGE), "audit"),
        (17, Judge::by(&strict).unscanned("nginx"), "admit"),
        (18, Judge::by(&strict).unscanned("quay.io/acme/web:v1"), "deny"),
        (19, Judge::by(&strict).found_at(IMAGE, &[], "2025-11-21T12:00:00Z"), "deny"),
        (19, Judge::by(&strict).found_at(IMAGE, &[], "2025-11-22T12:00:00Z"), "admit"),
        (19, Judge::by(&open).found_at(IMAGE, &["CVE-1 critical"], "2025-11-21T12:00:00Z"), "audit"),
        (20, Judge::by(&strict).found(IMAGE, &[]).unsigned(), "deny"),
        (20, Judge::by(&open).found(IMAGE, &["CVE-1 critical"]).unsigned(), "audit"),
        (31, Judge::by(&strict).found(IMAGE, &["CVE-1 high"]).found("acme.azurecr.io/clean:v1", &[]), "deny"),
        (31, Judge::by(&strict).found("acme.azurecr.io/clean:v1", &[]).found(IMAGE, &["CVE-1 high"]), "deny"),
        (32, Judge::by(&strict).found(IMAGE, &["CVE-1 high"]).unscanned("mcr.microsoft.com/dotnet/aspnet:9.0"), "deny"),
        (32, Judge::by(&strict).unscanned("mcr.microsoft.com/dotnet/aspnet:9.0").found(IMAGE, &["CVE-1 high"]), "deny"),
    ] {
        assert_eq!(judge.verdict(), wanted, "vector {number}");
    }
}

#[test]
fn a_scope_takes_in_what_its_patterns_match() {
    let scoped = |kind: &str, pattern: &str| {
        let mut rule = rule("deny", json!({ "maxAllowedSeverities": { "high": 0 } }));
        rule["scope"] = json!([{ "matcherType": kind, "anyOf": [pattern] }]);
        defender(json!([rule]))
    };
    let bad = |settings: &Value| Judge::by(settings).found(IMAGE, &["CVE-1 high"]);
    let pods = scoped("pod", "*gate*");
    for (number, judge, wanted) in [
        (21, bad(&pods).named("x-gate-y"), "deny"),
        (21, bad(&pods).named("gate"), "deny"),
        (21, bad(&pods).named("web"), "admit"),
        (21, bad(&pods).named("gate").kind("Deployment"), "admit"),
        (23, bad(&scoped("namespace", "mdc")).namespace("mdc"), "deny"),
        (23, bad(&scoped("namespace", "mdc")).namespace("mdc-2"), "admit"),
        (23, bad(&scoped("namespace", "mdc*")).namespace("mdc-2"), "deny"),
    ] {
        assert_eq!(judge.verdict(), wanted, "vector {number}");
    }
    let everywhere = defender(json!([rule("deny", json!({ "maxAllowedSeverities": { "high": 0 } }))]));
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"] {
        assert_eq!(bad(&everywhere).kind(kind).verdict(), "deny", "vector 24: {kind}");
    }
    // Defender waits for its pods; here it is judged itself.
    assert_eq!(bad(&everywhere).kind("ReplicationController").verdict(), "deny", "vector 25");
}

#[test]
fn the_first_fulfilled_rule_decides() {
    let [deny, audit] = [("deny", "high"), ("audit", "critical")]
        .map(|(action, severity)| rule(action, json!({ "maxAllowedSeverities": { severity: 0 } })));
    let findings = [found(1, "critical"), found(1, "high")];
    assert_eq!(verdict(&defender(json!([deny, audit])), &findings), "deny", "vector 28");
    assert_eq!(verdict(&defender(json!([audit, deny])), &findings), "audit", "vector 28, the other way");
    assert_eq!(verdict(&defender(json!([audit, deny])), &[found(1, "high")]), "deny", "the audit rule is not fulfilled");
}

#[test]
fn what_is_lost_never_admits_what_defender_denies() {
    // A label matcher is lost: the audit rule may then be fulfilled where it was not meant, and must not shield the deny rule.
    let mut audit = rule("audit", json!({ "maxAllowedSeverities": { "high": 0 } }));
    audit["scope"] = json!([{ "matcherType": "label", "anyOf": ["tier=web"] }]);
    let deny = rule("deny", json!({ "maxAllowedSeverities": { "high": 0 } }));
    let imported = given::documents(&[policy(json!([audit, deny]))]).unwrap();
    assert!(!imported.losses.is_empty());
    assert_eq!(verdict(&imported.settings, &[found(1, "high")]), "deny");
}

/// An assignment of the deprecated definition with these parameters, imported without a loss.
fn azure(mut parameters: Value) -> Value {
    parameters["excludedNamespaces"] = json!(["kube-system"]);
    parameters["effect"] = json!("Deny");
    if parameters.get("excludeFindingIDs").is_none() {
        parameters["excludeFindingIDs"] = json!([]);
    }
    let imported = given::documents(&[json!({ "parameters": parameters })]).unwrap();
    assert_eq!(imported.losses, []);
    imported.settings
}

#[test]
fn the_deprecated_definition_counts_exactly() {
    let limits = json!({ "excludeFindingIDs": ["CVE-2024-0009"], "severity": { "High": 0, "Medium": 3, "Low": 10 } });
    for (findings, wanted) in [
        (vec![found(3, "medium"), found(10, "low")], "admit"),
        (vec![found(4, "medium"), found(10, "low")], "deny"),
        (vec![found(3, "medium"), found(11, "low")], "deny"),
        (vec![found(1, "high")], "deny"),
        (vec![vec!["CVE-2024-0009 high".to_owned()]], "admit"),
        // The definition counts it nowhere, which a note says.
        (vec![found(1, "critical")], "deny"),
    ] {
        assert_eq!(verdict(&azure(limits.clone()), &findings), wanted, "vector 40: {findings:?}");
    }
    let threshold = azure(json!({ "severityThresholdForExcludingNotPatchableFindings": "Medium" }));
    for (line, wanted) in
        [("CVE-1 medium", "admit"), ("CVE-1 low", "admit"), ("CVE-1 high", "deny"), ("CVE-1 medium fixable", "deny")]
    {
        assert_eq!(Judge::by(&threshold).found(IMAGE, &[line]).verdict(), wanted, "vector 41: {line}");
    }
}

#[test]
fn the_deprecated_definition_s_scopes_and_images() {
    let settings = azure(json!({ "excludedImages": ["^acme\\.azurecr\\.io/base/.*$"], "labelSelector": {
        "matchExpressions": [{ "key": "tier", "operator": "In", "values": ["a", "b"] }, { "key": "env", "operator": "NotIn", "values": ["test"] }] } }));
    let bad = || Judge::by(&settings).found(IMAGE, &["CVE-1 high"]).label("tier", "a");
    for (judge, wanted) in [
        (bad(), "deny"),
        (bad().label("tier", "c"), "admit"),
        (bad().label("env", "test"), "admit"),
        (bad().label("env", "prod"), "deny"),
        (bad().namespace("kube-system"), "admit"),
        (Judge::by(&settings).unscanned(IMAGE).label("tier", "b"), "deny"),
        (Judge::by(&settings).unscanned("acme.azurecr.io/base/web:v1").label("tier", "a"), "admit"),
        // The definition's Rego admitted these pods, which a note says.
        (bad().found("acme.azurecr.io/clean:v1", &[]), "deny"),
        (bad().unscanned("acme.azurecr.io/base/web:v1"), "deny"),
    ] {
        assert_eq!(judge.at(NOW).verdict(), wanted);
    }
}
