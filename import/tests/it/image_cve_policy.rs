//! Kubewarden's image-cve-policy as documented, judged by the evaluator on imported settings.
//!
//! Source: the policy's documentation, and its settings up to 0.6.

use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "ghcr.io/acme/web:v1";

/// The settings of some that lose nothing.
fn whole(settings: Value) -> Value {
    let imported = given::documents(&[with_namespace(settings)]).unwrap();
    assert_eq!(imported.losses, []);
    in_registry(imported.settings)
}

fn with_namespace(mut settings: Value) -> Value {
    settings["vulnerabilityReportNamespace"] = json!("sbomscanner");
    settings
}

/// Findings come from the registry in these tests: what is judged is what the rules say about them.
fn in_registry(mut settings: Value) -> Value {
    settings.as_object_mut().unwrap().remove("findings");
    settings
}

fn found(count: usize, line: &str) -> Vec<String> {
    (0..count).map(|i| format!("CVE-2024-{}-{i} {line}", line.replace([' ', '='], "-"))).collect()
}

fn verdict(settings: &Value, findings: &[Vec<String>]) -> &'static str {
    let lines: Vec<&str> = findings.iter().flatten().map(String::as_str).collect();
    Judge::by(settings).found(IMAGE, &lines).verdict()
}

#[test]
fn each_severity_has_a_limit_of_its_own() {
    let limits = json!({ "maxSeverity": { "critical": { "total": 0 }, "high": { "total": 1 }, "medium": { "totalWithoutFixes": 2 }, "low": { "total": 3 } } });
    let settings = whole(limits);
    for (findings, wanted) in [
        (vec![found(1, "high"), found(2, "medium"), found(3, "low")], "admit"),
        (vec![found(1, "critical fixable")], "deny"),
        (vec![found(2, "high")], "deny"),
        (vec![found(3, "medium")], "deny"),
        (vec![found(3, "medium fixable"), found(2, "medium")], "admit"),
        (vec![found(4, "low")], "deny"),
        // Nothing counts what has no severity, but a limit of its own.
        (vec![found(9, "unknown"), found(9, "negligible")], "admit"),
    ] {
        assert_eq!(verdict(&settings, &findings), wanted, "{findings:?}");
    }
    // Findings are counted: one vulnerability in two packages is two.
    let twice = ["CVE-1 high", "CVE-1 high package=pkg:npm/a@1"];
    assert_eq!(Judge::by(&settings).found(IMAGE, &twice).verdict(), "deny");
}

#[test]
fn a_limit_on_unknown_severities_counts_as_it_is_documented() {
    let settings = whole(json!({ "maxSeverity": { "unknown": { "total": 1 }, "critical": { "total": 5 } } }));
    for (findings, wanted) in [
        (vec![found(1, "unknown"), found(5, "critical"), found(9, "low")], "admit"),
        (vec![found(2, "unknown")], "deny"),
        (vec![found(6, "critical")], "deny"),
    ] {
        assert_eq!(verdict(&settings, &findings), wanted, "{findings:?}");
    }
    let without_fix = whole(json!({ "maxSeverity": { "unknown": { "totalWithoutFixes": 0 } } }));
    assert_eq!(verdict(&without_fix, &[found(2, "unknown fixable")]), "admit");
    assert_eq!(verdict(&without_fix, &[found(1, "unknown")]), "deny");
}

#[test]
fn scores_are_counted_from_the_threshold_on() {
    let settings = whole(json!({ "cvssScore": { "threshold": 7.0, "maxCount": 1 } }));
    for (lines, wanted) in [
        (&["CVE-1 low cvss=7.0"][..], "admit"),
        (&["CVE-1 low cvss=7.0", "CVE-2 low cvss=9.8"], "deny"),
        (&["CVE-1 low cvss=7.0", "CVE-2 low cvss=6.9"], "admit"),
        (&["CVE-1 low cvss=7.0", "CVE-2 low"], "admit"),
    ] {
        assert_eq!(Judge::by(&settings).found(IMAGE, lines).verdict(), wanted, "{lines:?}");
    }
}

#[test]
fn ids_are_always_allowed_or_always_denied() {
    let settings = whole(json!({ "maxSeverity": { "high": { "total": 0 } }, "allowAlways": ["CVE-2024-0001"] }));
    for (line, wanted) in [("CVE-2024-0001 high", "admit"), ("CVE-2024-0002 high", "deny")] {
        assert_eq!(Judge::by(&settings).found(IMAGE, &[line]).verdict(), wanted, "{line}");
    }
    let denied = json!({ "denyAlways": ["CVE-2024-0003"], "cveName": { "criteria": "doesNotContainAnyOf", "values": ["CVE-2024-0004"] }, "ignoreVexStatus": true });
    let settings = whole(denied);
    for (line, wanted) in [("CVE-2024-0003 low", "deny"), ("CVE-2024-0004 low", "deny"), ("CVE-2024-0005 critical", "admit")] {
        assert_eq!(Judge::by(&settings).found(IMAGE, &[line]).verdict(), wanted, "{line}");
    }
}

#[test]
fn statements_of_vex_count_unless_they_are_ignored_and_never_for_a_denied_id() {
    let line = "CVE-2024-0001 high vex=not_affected";
    let limits = json!({ "maxSeverity": { "high": { "total": 0 } } });
    assert_eq!(Judge::by(&whole(limits.clone())).found(IMAGE, &[line]).verdict(), "admit");
    let mut ignoring = limits;
    ignoring["ignoreVexStatus"] = json!(true);
    assert_eq!(Judge::by(&whole(ignoring)).found(IMAGE, &[line]).verdict(), "deny");
    let imported = given::documents(&[with_namespace(json!({ "denyAlways": ["CVE-2024-0001"] }))]).unwrap();
    assert!(
        matches!(&given::losses(&imported)[..], [loss] if loss.starts_with(": a statement of VEX sets a finding aside for every rule"))
    );
    assert_eq!(Judge::by(&in_registry(imported.settings)).found(IMAGE, &[line]).verdict(), "deny");
}

#[test]
fn an_image_without_a_report_is_denied_unless_that_is_ignored() {
    for (settings, missing, unreachable) in [
        (json!({ "maxSeverity": { "high": { "total": 0 } } }), "deny", "deny"),
        (json!({}), "deny", "deny"),
        (json!({ "ignoreMissingVulnerabilityReport": true, "cvssScore": { "threshold": 7, "maxCount": 0 } }), "admit", "deny"),
    ] {
        let settings = whole(settings);
        assert_eq!(Judge::by(&settings).unscanned(IMAGE).verdict(), missing);
        assert_eq!(Judge::by(&settings).unreachable(IMAGE).verdict(), unreachable);
        assert_eq!(Judge::by(&settings).found(IMAGE, &[]).verdict(), "admit");
    }
}

#[test]
fn the_policy_that_carries_the_settings_says_where_and_what_then() {
    let policy = |kind: &str, mode: &str| {
        json!({ "apiVersion": "policies.kubewarden.io/v1", "kind": kind, "metadata": { "name": "cves", "namespace": "prod" },
            "spec": { "module": "ghcr.io/kubewarden/policies/image-cve-policy:v0.6.3", "mode": mode, "mutating": false,
                "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"] }],
                "settings": with_namespace(json!({ "maxSeverity": { "high": { "total": 0 } }, "platform": { "os": "linux", "arch": "arm", "variant": "v7" } })) } })
    };
    for (kind, mode, namespace, wanted) in [
        ("ClusterAdmissionPolicy", "protect", "dev", "deny"),
        ("ClusterAdmissionPolicy", "monitor", "dev", "audit"),
        ("AdmissionPolicy", "protect", "prod", "deny"),
        ("AdmissionPolicy", "protect", "dev", "admit"),
    ] {
        let imported = given::documents(&[policy(kind, mode)]).unwrap();
        assert_eq!(imported.losses, []);
        assert_eq!(imported.settings["rules"][0]["name"], json!("cves"));
        assert_eq!(
            imported.settings["findings"],
            json!({ "sources": [{ "sbomScanner": { "namespace": "sbomscanner" } }], "platforms": ["linux/arm/v7"] })
        );
        let judge = Judge::by(&in_registry(imported.settings)).found(IMAGE, &["CVE-1 high"]).namespace(namespace);
        assert_eq!(judge.verdict(), wanted, "{kind} {mode} in {namespace}");
    }
}

#[test]
fn what_has_no_counterpart_is_said_and_makes_nothing_looser() {
    let bare = |key: &str, value: Value| {
        let mut settings = with_namespace(json!({ "maxSeverity": { "high": { "total": 0 } } }));
        settings[key] = value;
        settings
    };
    let carried = |key: &str, value: Value| {
        json!({ "apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy", "spec": { "module": "registry://x/image-cve-policy:v0.6.3",
            key: value, "settings": bare("ignoreVexStatus", json!(false)) } })
    };
    for (document, place, why) in [
        (bare("maxSevrity", json!({})), "maxSevrity", "this member is not known"),
        (bare("cveName", json!({ "criteria": "containsAllOf", "values": ["CVE-1"] })), "cveName", "of these criteria a rule has"),
        (bare("imageLookupStrategy", json!("tag")), "imageLookupStrategy", "a report is believed only if it is about the digest"),
        (
            bare("platform", json!({ "os": "linux", "arch": "amd64", "osVersion": "1" })),
            "platform.osVersion",
            "this member is not known",
        ),
        (bare("vulnerabilityReportNamespace", Value::Null), "", "reports are then looked for in the workload's own namespace"),
        (carried("namespaceSelector", json!({})), "spec.namespaceSelector", "not a part of the settings"),
        (carried("matchConditions", json!([])), "spec.matchConditions", "not a part of the settings"),
        (carried("newMember", json!(1)), "spec.newMember", "this member is not known"),
    ] {
        let imported = given::documents(&[document]).unwrap();
        let losses = given::losses(&imported);
        assert!(matches!(&losses[..], [loss] if loss.starts_with(&format!("{place}: {why}"))), "{losses:?}");
        assert_eq!(Judge::by(&in_registry(imported.settings)).found(IMAGE, &["CVE-1 high"]).verdict(), "deny", "{place}");
    }
}

#[test]
fn settings_of_another_shape_are_refused() {
    for (settings, wanted) in [
        (json!({ "maxSeverity": { "high": 3 } }), "`maxSeverity.high`: expected an object, found 3"),
        (json!({ "maxSeverity": { "high": {} } }), "`maxSeverity.high`: expected a `total` or a `totalWithoutFixes`"),
        (
            json!({ "cvssScore": { "threshold": 11, "maxCount": 0 } }),
            "`cvssScore.threshold`: expected a score from 0 to 10, found 11",
        ),
        (json!({ "cvssScore": { "threshold": 7 } }), "`cvssScore`: expected a member `maxCount`"),
        (json!({ "platform": "linux/amd64" }), "`platform`: expected an object"),
    ] {
        let refusal = given::documents(&[with_namespace(settings)]).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
    let one = with_namespace(json!({}));
    let refusal = given::documents(&[one.clone(), one]).unwrap_err().to_string();
    assert!(refusal.contains("`documents[1]`: expected one image-cve-policy"), "{refusal}");
}
