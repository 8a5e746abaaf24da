//! One document of each format, with nearly everything in it that can be said.

use serde_json::{Value, json};

/// Those of scanners, of registries, of NeuVector, RHACS and Kubescape.
pub(crate) fn documents() -> Vec<Value> {
    [of_lists(), vec![of_neuvector(), of_stackrox(), of_kubescape(), of_deferrals()]].concat()
}

fn of_lists() -> Vec<Value> {
    let trivy = json!({ "vulnerabilities": [{ "id": "CVE-2021-1", "paths": ["usr/**"], "purls": ["pkg:deb/debian/a"], "expired_at": "2027-01-01",
        "statement": "s" }], "secrets": [] });
    let ignore = json!([{ "vulnerability": "CVE-2021-1", "include-aliases": true, "reason": "r", "fix-state": "fixed",
            "package": { "name": "a", "version": "1", "type": "npm", "location": "/usr/**", "language": "", "upstream-name": "" } },
        { "fix-state": "unknown" }, { "fix-state": "not-fixed" }, { "fix-state": "wont-fix" }]);
    let grype = json!({ "fail-on-severity": "high", "only-fixed": true, "only-notfixed": true, "ignore-wontfix": "fixed", "ignore": ignore });
    let list = json!({ "id": 1, "project_id": 0, "expires_at": 1_796_083_200, "items": [{ "cve_id": "CVE-2021-1" }] });
    let project = json!({ "name": "a", "metadata": { "prevent_vul": "true", "severity": "high", "reuse_sys_cve_allowlist": "false",
        "enable_content_trust": "false" }, "cve_allowlist": list });
    vec![trivy, grype, list, project]
}

fn of_neuvector() -> Value {
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
    json!({ "apiVersion": "neuvector.com/v1", "kind": "NvAdmissionControlSecurityRule", "metadata": {},
        "spec": { "config": { "enable": true, "mode": "protect", "client_mode": "service" }, "rules": rules } })
}

fn of_stackrox() -> Value {
    let group = |field: &str, value: &str| json!({ "fieldName": field, "booleanOperator": "OR", "negate": false, "values": [{ "value": value }] });
    let sections = json!([{ "sectionName": "s", "policyGroups": [group("CVE", "CVE-1"), group("CVSS", ">= 7.0"), group("Severity", ">= LOW"),
            group("Fixed By", ".*"), group("Days Since CVE Was Published", "30"), group("Namespace", "a|b.*")] },
        { "policyGroups": [group("Unscanned Image", "true")] }, { "policyGroups": [group("Image Scan Age", "30")] }]);
    json!({ "policies": [{ "name": "p", "disabled": false, "lifecycleStages": ["DEPLOY"], "eventSource": "NOT_APPLICABLE",
        "enforcementActions": ["SCALE_TO_ZERO_ENFORCEMENT"], "policySections": sections, "scope": [{ "namespace": "a" }],
        "exclusions": [{ "name": "n", "expiration": "2027-01-01T00:00:00Z",
            "deployment": { "name": "x.*", "scope": { "namespace": "b", "label": { "key": "k", "value": "v" } } } }] }] })
}

fn of_kubescape() -> Value {
    let selector =
        json!({ "matchLabels": { "a": "b" }, "matchExpressions": [{ "key": "c", "operator": "NotIn", "values": ["d"] }] });
    json!({ "apiVersion": "kubescape.io/v1beta1", "kind": "ClusterSecurityException", "metadata": { "name": "a" },
        "spec": { "author": "a", "reason": "r", "expiresAt": "2027-01-01T00:00:00Z",
            "match": { "namespaceSelector": selector, "objectSelector": selector, "resources": [{ "apiGroup": "apps", "kind": "Deployment", "name": "n" }],
                "images": ["a.io/b", "a.io/b:c", "a.io/b:c*"] },
            "vulnerabilities": [{ "vulnerability": { "id": "CVE-1", "aliases": ["CVE-2"] }, "status": "affected", "actionStatement": "a",
                "response": ["can_not_fix"], "expiredOnFix": true, "expiresAt": "2027-01-01T00:00:00Z", "subcomponents": ["pkg:npm/a"] }] } })
}

fn of_deferrals() -> Value {
    json!({ "exceptions": [{ "id": "1", "name": "n", "targetState": "DEFERRED", "status": "APPROVED", "expired": false, "cves": ["CVE-1"],
        "comments": [{ "message": "m" }], "scope": { "imageScope": { "registry": "a.io", "remote": "b", "tag": ".*" } },
        "deferralRequest": { "expiry": { "expiryType": "TIME", "expiresOn": "2027-01-01T00:00:00Z" } } }] })
}
