//! RHACS' policies, judged as they are matched: the policy criteria of its documentation, `pkg/booleanpolicy` and `pkg/detection`.

use import::Imported;
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "quay.io/acme/web:v1";

fn group(field: &str, values: &[&str]) -> Value {
    let values: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
    json!({ "fieldName": field, "booleanOperator": "OR", "negate": false, "values": values })
}

fn negated(field: &str, value: &str) -> Value {
    let mut group = group(field, &[value]);
    group["negate"] = json!(true);
    group
}

fn sections(sections: &[&[Value]]) -> Value {
    sections.iter().map(|groups| json!({ "sectionName": "a section", "policyGroups": groups })).collect()
}

fn policy(sections: Value, more: Value) -> Value {
    let mut policy = json!({ "id": "f09f8da1", "name": "Fixable CVSS >= 7", "lifecycleStages": ["BUILD", "DEPLOY"], "severity": "HIGH_SEVERITY",
        "enforcementActions": ["SCALE_TO_ZERO_ENFORCEMENT"], "eventSource": "NOT_APPLICABLE", "policyVersion": "1.1", "policySections": sections });
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy
}

fn imported(policies: &[Value]) -> Imported {
    let imported = given::documents(&[json!({ "policies": policies })]).unwrap();
    assert!(given::is_usable(&imported));
    imported
}

fn judge(groups: &[Value]) -> Judge {
    Judge::by(&imported(&[policy(sections(&[groups]), json!({}))]).settings)
}

#[test]
fn a_section_is_about_one_vulnerability_that_fulfils_all_of_its_criteria() {
    let fixable = || group("Fixed By", &[".*"]);
    for (groups, findings, wanted) in [
        (vec![fixable(), group("CVSS", &[">= 7.000000"])], &["CVE-1 high fixable cvss=7.0"][..], "deny"),
        (vec![fixable(), group("CVSS", &[">= 7.000000"])], &["CVE-1 high fixable cvss=6.9"], "admit"),
        // Not one that is fixable and another that is severe.
        (vec![fixable(), group("CVSS", &[">= 7.000000"])], &["CVE-1 high cvss=9.0", "CVE-2 low fixable cvss=3.0"], "admit"),
        (vec![fixable(), group("Severity", &[">=IMPORTANT"])], &["CVE-1 high fixable"], "deny"),
        (vec![fixable(), group("Severity", &[">=IMPORTANT"])], &["CVE-1 medium fixable"], "admit"),
        (vec![group("Severity", &["> IMPORTANT"])], &["CVE-1 high"], "admit"),
        (vec![group("Severity", &["> IMPORTANT"])], &["CVE-1 critical"], "deny"),
        (vec![group("Severity", &["MODERATE"])], &["CVE-1 high"], "admit"),
        (vec![group("Severity", &["MODERATE", "CRITICAL"])], &["CVE-1 critical"], "deny"),
        (vec![group("Severity", &["MODERATE", "CRITICAL"])], &["CVE-1 high"], "admit"),
        (vec![group("Severity", &[">= LOW"])], &["CVE-1 unknown"], "admit"),
        (vec![group("Severity", &[">= LOW"])], &["CVE-1 low"], "deny"),
        (vec![group("CVE", &["CVE-2021-44228", "CVE-2021-45046"])], &["CVE-2021-45046 low"], "deny"),
        (vec![group("CVE", &["CVE-2021-44228"])], &["CVE-2021-45046 low"], "admit"),
        (vec![group("CVE", &["CVE-2023-44487"]), group("Severity", &[">=IMPORTANT"])], &["CVE-2023-44487 medium"], "admit"),
        (vec![negated("CVE", "CVE-1"), group("Severity", &[">=IMPORTANT"])], &["CVE-1 high"], "admit"),
        (vec![negated("CVE", "CVE-1"), group("Severity", &[">=IMPORTANT"])], &["CVE-1 high", "CVE-2 high"], "deny"),
        (vec![negated("Fixed By", ".*")], &["CVE-1 high fixable"], "admit"),
        (vec![negated("Fixed By", ".*")], &["CVE-1 high"], "deny"),
        (vec![group("Fixable", &["true"])], &["CVE-1 low fixable"], "deny"),
        (vec![group("CVSS", &["> 7.0"])], &["CVE-1 low cvss=7.0"], "admit"),
        (vec![group("Days Since CVE Was Published", &["30"])], &["CVE-1 low published=2026-11-01T00:00:00Z"], "admit"),
        (vec![group("Days Since CVE Was Published", &["30"])], &["CVE-1 low published=2026-10-01T00:00:00Z"], "deny"),
        // Without a counterpart a section holds for more.
        (vec![group("Severity", &["<= MODERATE"])], &["CVE-1 high"], "deny"),
        (vec![group("CVE", &["CVE-2021-.*"])], &["CVE-2022-1 low"], "deny"),
        (vec![group("CVSS", &["7.0"])], &["CVE-1 low cvss=9.0"], "deny"),
        (vec![group("Severity", &[">=IMPORTANT"]), group("Privileged Container", &["true"])], &["CVE-1 high"], "deny"),
        (vec![fixable(), group("Days Since CVE Was First Discovered In Image", &["7"])], &["CVE-1 low fixable"], "deny"),
    ] {
        let text = Value::from(groups.clone());
        assert_eq!(judge(&groups).found(IMAGE, findings).verdict(), wanted, "{text} {findings:?}");
    }
}

#[test]
fn any_section_is_enough() {
    let two = sections(&[&[group("Severity", &["CRITICAL"])], &[group("CVE", &["CVE-1"])]]);
    let settings = imported(&[policy(two, json!({}))]).settings;
    let verdict = |line| Judge::by(&settings).found(IMAGE, &[line]).verdict();
    assert_eq!((verdict("CVE-2 critical"), verdict("CVE-1 low"), verdict("CVE-2 high")), ("deny", "deny", "admit"));
}

#[test]
fn scans_that_are_missing_or_old_are_matters_of_their_own() {
    assert_eq!(judge(&[group("Unscanned Image", &["true"])]).unscanned(IMAGE).verdict(), "deny");
    assert_eq!(judge(&[group("Unscanned Image", &["true"])]).found(IMAGE, &["CVE-1 critical"]).verdict(), "admit");
    assert_eq!(judge(&[group("Severity", &["CRITICAL"])]).unscanned(IMAGE).verdict(), "audit");
    let aged = |at| judge(&[group("Image Scan Age", &["30"])]).found_at(IMAGE, &["CVE-1 critical"], at).verdict();
    assert_eq!((aged("2026-10-22T00:00:00Z"), aged("2026-10-24T00:00:00Z")), ("deny", "admit"));
}

#[test]
fn a_policy_is_enforced_where_it_says_so_and_audited_elsewhere() {
    let critical = || sections(&[&[group("Severity", &["CRITICAL"])]]);
    let verdict = |more: Value| {
        let settings = imported(&[policy(critical(), more)]).settings;
        Judge::by(&settings).found(IMAGE, &["CVE-1 critical"]).verdict()
    };
    for (more, wanted) in [
        (json!({}), "deny"),
        (json!({ "enforcementActions": ["FAIL_BUILD_ENFORCEMENT"] }), "audit"),
        (json!({ "enforcementActions": [] }), "audit"),
        (json!({ "enforcementActions": ["UNSATISFIABLE_NODE_CONSTRAINT_ENFORCEMENT"] }), "deny"),
        (json!({ "scope": [{ "namespace": "prod" }] }), "deny"),
        (json!({ "scope": [{ "namespace": "dev" }] }), "admit"),
        (json!({ "scope": [{ "namespace": "dev" }, { "namespace": "pro.*" }] }), "deny"),
        (json!({ "scope": [{ "namespace": "dev|prod" }] }), "deny"),
        (json!({ "scope": [{ "namespace": "dev", "label": { "key": "a", "value": "b" } }] }), "admit"),
        (json!({ "scope": [{ "label": { "key": "a", "value": "b" } }] }), "deny"),
        (json!({ "scope": [{ "namespace": "p.+" }] }), "deny"),
        (json!({ "exclusions": [{ "name": "a", "deployment": { "scope": { "namespace": "prod" } } }] }), "admit"),
        (json!({ "exclusions": [{ "name": "a", "deployment": { "scope": { "namespace": "kube-.*" } } }] }), "deny"),
        (json!({ "exclusions": [{ "name": "a", "deployment": { "name": "web" } }] }), "admit"),
        (json!({ "exclusions": [{ "name": "a", "deployment": { "name": "w.*", "scope": { "namespace": "dev" } } }] }), "deny"),
        (json!({ "exclusions": [{ "deployment": { "name": "web", "scope": { "cluster": "1" } } }] }), "deny"),
        (json!({ "exclusions": [{ "image": { "name": "quay.io" } }] }), "deny"),
        (json!({ "exclusions": [{ "deployment": { "name": "web" }, "expiration": "2026-11-22T11:59:59Z" }] }), "deny"),
        (json!({ "exclusions": [{ "deployment": { "name": "web" }, "expiration": "2026-11-22T12:00:00Z" }] }), "admit"),
    ] {
        assert_eq!(verdict(more.clone()), wanted, "{more}");
    }
    let disabled = policy(critical(), json!({ "disabled": true }));
    assert_eq!(imported(&[disabled]).settings["rules"][0]["enabled"], false);
}

#[test]
fn the_custom_resource_is_read_alike() {
    let spec = json!({ "policyName": "No critical", "categories": ["Vulnerability Management"], "lifecycleStages": ["DEPLOY"],
        "severity": "HIGH_SEVERITY", "policySections": sections(&[&[group("Severity", &["CRITICAL"])]]) });
    let document = json!({ "apiVersion": "config.stackrox.io/v1alpha1", "kind": "SecurityPolicy", "metadata": { "name": "a" }, "spec": spec });
    let imported = given::documents(&[document]).unwrap();
    assert_eq!((given::losses(&imported), &imported.settings["rules"][0]["name"]), (Vec::new(), &json!("no-critical")));
    assert_eq!(Judge::by(&imported.settings).found(IMAGE, &["CVE-1 critical"]).verdict(), "audit");
}

#[test]
fn what_is_not_taken_over_is_said() {
    let kept = || policy(sections(&[&[group("CVE", &["CVE-1"])]]), json!({}));
    let of = |groups: &[Value]| policy(sections(&[groups]), json!({}));
    let critical = || group("Severity", &["CRITICAL"]);
    for (policy, wanted) in [
        (
            of(&[group("Image Age", &["90"])]),
            vec!["policySections[0].policyGroups[0]: nothing stands for this criterion", "name: none of its sections"],
        ),
        (policy(sections(&[&[critical()]]), json!({ "lifecycleStages": ["BUILD"] })), vec!["name: it is not about deploying"]),
        (policy(sections(&[&[critical()]]), json!({ "eventSource": "DEPLOYMENT_EVENT" })), vec!["name: it is about events"]),
        (
            of(&[critical(), group("Privileged Container", &["true"])]),
            vec!["policySections[0].policyGroups[1]: nothing stands for this criterion"],
        ),
        (
            of(&[group("Fixed By", &["1\\..*"])]),
            vec!["policySections[0].policyGroups[0]: a condition does not compare the versions"],
        ),
        (of(&[group("CVSS", &[">= 11"])]), vec!["policySections[0]: no vulnerability ever fulfils it", "name: none of its"]),
        (
            of(&[group("NVD CVSS", &[">= 9"])]),
            vec!["policySections[0].policyGroups[0]: the NVD's score is not told from the others"],
        ),
        (
            policy(sections(&[&[critical()]]), json!({ "scope": [{ "cluster": "1" }] })),
            vec!["scope[0].cluster: a policy knows its cluster"],
        ),
        (
            policy(sections(&[&[critical()]]), json!({ "exclusions": [{ "name": "a" }] })),
            vec!["exclusions[0]: it says neither a deployment nor an image"],
        ),
        (
            policy(sections(&[&[critical()]]), json!({ "evaluationFilter": { "skipContainerTypes": ["INIT"] } })),
            vec!["evaluationFilter: a rule is about every container"],
        ),
        (policy(sections(&[&[critical()]]), json!({ "new": 1 })), vec!["new: this member is not known"]),
    ] {
        let losses = given::losses(&imported(&[kept(), policy]));
        assert_eq!(losses.len(), wanted.len(), "{losses:?}");
        assert!(
            losses.iter().zip(&wanted).all(|(loss, wanted)| loss.starts_with(&format!("policies[1].{wanted}"))),
            "{losses:?}"
        );
    }
    let refusal = given::documents(&[of(&[group("Severity", &["HIGH"])])]).unwrap_err().to_string();
    assert!(refusal.contains("expected severities of UNKNOWN, LOW, MODERATE, IMPORTANT, CRITICAL"), "{refusal}");
}

fn deferred(cves: &[&str], more: Value) -> Value {
    let mut exception = json!({ "id": "1", "name": "24.01", "targetState": "DEFERRED", "status": "APPROVED", "expired": false, "cves": cves,
        "comments": [{ "id": "2", "message": "not reachable" }], "scope": { "imageScope": { "registry": ".*", "remote": ".*", "tag": ".*" } },
        "deferralRequest": { "expiry": { "expiryType": "TIME" } } });
    exception.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    exception
}

#[test]
fn what_is_deferred_is_exempt_from_every_rule_as_far_as_its_scope_and_end() {
    let scope = |registry: &str, remote: &str, tag: &str| json!({ "scope": { "imageScope": { "registry": registry, "remote": remote, "tag": tag } } });
    let expiry = |kind: &str| json!({ "deferralRequest": { "expiry": { "expiryType": kind } } });
    let until = |end: &str| json!({ "deferralRequest": { "expiry": { "expiryType": "TIME", "expiresOn": end } } });
    for (exception, line, wanted) in [
        (deferred(&["CVE-1"], json!({})), "CVE-1 critical", "admit"),
        (deferred(&["CVE-2"], json!({})), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], json!({ "status": "PENDING" })), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], json!({ "status": "DENIED" })), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], json!({ "status": "APPROVED_PENDING_UPDATE" })), "CVE-1 critical", "admit"),
        (deferred(&["CVE-1"], json!({ "expired": true })), "CVE-1 critical", "deny"),
        (
            deferred(&["CVE-1"], json!({ "targetState": "FALSE_POSITIVE", "falsePositiveRequest": {}, "deferralRequest": null })),
            "CVE-1 critical",
            "admit",
        ),
        (deferred(&["CVE-1"], json!({ "targetState": "OBSERVED" })), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], scope("quay.io", "acme/web", ".*")), "CVE-1 critical", "admit"),
        (deferred(&["CVE-1"], scope("quay.io", "acme/db", ".*")), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], scope("quay.io", "acme/web", "v1")), "CVE-1 critical", "admit"),
        (deferred(&["CVE-1"], scope("quay.io", "acme/web", "v2")), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], scope("quay.io", ".*", ".*")), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], until("2026-11-22T12:00:00Z")), "CVE-1 critical", "admit"),
        (deferred(&["CVE-1"], until("2026-11-22T11:59:59Z")), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], expiry("ANY_CVE_FIXABLE")), "CVE-1 critical", "admit"),
        (deferred(&["CVE-1"], expiry("ANY_CVE_FIXABLE")), "CVE-1 critical fixable", "deny"),
        (deferred(&["CVE-1", "CVE-2"], expiry("ALL_CVE_FIXABLE")), "CVE-1 critical", "admit"),
        // One that ends for all at once is more than an exemption can say.
        (deferred(&["CVE-1", "CVE-2"], expiry("ANY_CVE_FIXABLE")), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], json!({ "deferralRequest": {} })), "CVE-1 critical", "deny"),
        (deferred(&["CVE-1"], json!({ "clusterScope": {} })), "CVE-1 critical", "deny"),
    ] {
        let critical = policy(sections(&[&[group("Severity", &["CRITICAL"])]]), json!({}));
        let imported = given::documents(&[json!({ "exceptions": [exception] }), json!({ "policies": [critical] })]).unwrap();
        assert!(given::is_usable(&imported));
        assert_eq!(Judge::by(&imported.settings).found(IMAGE, &[line]).verdict(), wanted, "{exception} {line}");
    }
}
