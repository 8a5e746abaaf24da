//! Kubescape's exceptions, judged as kubevuln applies them: `shouldSuppress`, `matchExceptionTarget` and their tests.

use import::Imported;
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "docker.io/library/nginx:1.25";

fn exception(spec: Value) -> Value {
    json!({ "apiVersion": "kubescape.io/v1beta1", "kind": "SecurityException", "metadata": { "name": "a", "namespace": "prod" }, "spec": spec })
}

fn cluster(spec: Value) -> Value {
    json!({ "apiVersion": "kubescape.io/v1beta1", "kind": "ClusterSecurityException", "metadata": { "name": "a" }, "spec": spec })
}

fn entry(more: Value) -> Value {
    let mut entry = json!({ "vulnerability": { "id": "CVE-1" }, "status": "not_affected" });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

fn imported(document: Value) -> Imported {
    let imported = given::documents(&[document]).unwrap();
    assert!(given::is_usable(&imported) && !imported.has_rules());
    imported
}

/// A rule on any vulnerability, with the exemptions.
fn judge(document: Value) -> Judge {
    let rule = json!({ "name": "any", "action": "deny", "conditions": [{ "severity": "low" }] });
    Judge::by(&json!({ "rules": [rule], "exemptions": imported(document).settings["exemptions"] }))
}

#[test]
fn an_entry_hides_by_its_status_until_its_end() {
    for (more, now, wanted) in [
        (json!({}), "2026-11-22T12:00:00Z", "admit"),
        (json!({ "status": "fixed" }), "2026-11-22T12:00:00Z", "admit"),
        (json!({ "status": "under_investigation" }), "2026-11-22T12:00:00Z", "deny"),
        (json!({ "status": "" }), "2026-11-22T12:00:00Z", "deny"),
        (json!({ "status": "affected" }), "2026-11-22T12:00:00Z", "deny"),
        (
            json!({ "status": "affected", "actionStatement": "none", "response": ["will_not_fix"] }),
            "2026-11-22T12:00:00Z",
            "admit",
        ),
        (
            json!({ "status": "affected", "actionStatement": "none", "response": ["will_not_fix", "update"] }),
            "2026-11-22T12:00:00Z",
            "deny",
        ),
        (json!({ "status": "affected", "response": ["will_not_fix"] }), "2026-11-22T12:00:00Z", "deny"),
        // The end is the last instant.
        (json!({ "expiresAt": "2026-12-01T00:00:00Z" }), "2026-12-01T00:00:00Z", "admit"),
        (json!({ "expiresAt": "2026-12-01T00:00:00Z" }), "2026-12-01T00:00:01Z", "deny"),
        (json!({ "vulnerability": { "id": "CVE-9", "aliases": ["CVE-1"] } }), "2026-11-22T12:00:00Z", "admit"),
        (json!({ "vulnerability": { "id": "CVE-9" } }), "2026-11-22T12:00:00Z", "deny"),
        (json!({ "subcomponents": ["pkg:deb/debian/openssl"] }), "2026-11-22T12:00:00Z", "admit"),
        (json!({ "subcomponents": ["pkg:deb/debian/openssl@3.0.2"] }), "2026-11-22T12:00:00Z", "deny"),
        (json!({ "subcomponents": ["pkg:deb/debian/openssl?arch=amd64"] }), "2026-11-22T12:00:00Z", "deny"),
        (json!({ "note": "later" }), "2026-11-22T12:00:00Z", "deny"),
    ] {
        let judge = judge(exception(json!({ "vulnerabilities": [entry(more.clone())] }))).at(now);
        assert_eq!(judge.found_at(IMAGE, &["CVE-1 high"], "2026-11-22T11:00:00Z").verdict(), wanted, "{more} {now}");
    }
    // The entry's own end goes before that of the whole.
    let whole = |more| exception(json!({ "expiresAt": "2026-11-01T00:00:00Z", "vulnerabilities": [entry(more)] }));
    assert_eq!(judge(whole(json!({}))).found(IMAGE, &["CVE-1 high"]).verdict(), "deny");
    assert_eq!(judge(whole(json!({ "expiresAt": "2027-01-01T00:00:00Z" }))).found(IMAGE, &["CVE-1 high"]).verdict(), "admit");
    let on_fix = || exception(json!({ "vulnerabilities": [entry(json!({ "expiredOnFix": true }))] }));
    assert_eq!(judge(on_fix()).found(IMAGE, &["CVE-1 high"]).verdict(), "admit");
    assert_eq!(judge(on_fix()).found(IMAGE, &["CVE-1 high fixable"]).verdict(), "deny");
}

#[test]
fn an_exception_is_for_what_it_matches() {
    let same: fn(Judge) -> Judge = |judge| judge;
    let of = |r#match: Value| json!({ "match": r#match, "vulnerabilities": [entry(json!({}))] });
    let resources = |value: Value| of(json!({ "resources": value }));
    let images = |value: &str| of(json!({ "images": [value] }));
    let object = |value: Value| of(json!({ "objectSelector": value }));
    for (document, workload, wanted) in [
        (exception(of(json!({}))), same, "admit"),
        (exception(of(json!({}))), (|judge| judge.namespace("dev")) as fn(Judge) -> Judge, "deny"),
        (cluster(of(json!({}))), |judge| judge.namespace("dev"), "admit"),
        (cluster(resources(json!([{ "kind": "Pod" }]))), same, "admit"),
        (cluster(resources(json!([{ "kind": "Deployment" }, { "kind": "pod", "name": "web" }]))), same, "admit"),
        (cluster(resources(json!([{ "kind": "Pod", "name": "db" }]))), same, "deny"),
        (cluster(resources(json!([{ "kind": "Deployment", "apiGroup": "apps" }]))), |judge| judge.kind("Deployment"), "admit"),
        (
            cluster(resources(json!([{ "kind": "Deployment", "apiGroup": "extensions" }]))),
            |judge| judge.kind("Deployment"),
            "deny",
        ),
        (cluster(resources(json!([{ "kind": "Rollout" }]))), same, "deny"),
        (cluster(images("docker.io/library/nginx")), same, "admit"),
        (cluster(images("docker.io/library/nginx:1.25")), same, "admit"),
        (cluster(images("docker.io/library/nginx:1.2*")), same, "admit"),
        (cluster(images("docker.io/library/nginx:1.26")), same, "deny"),
        (cluster(images("docker.io/library/*")), same, "deny"),
        (cluster(images("nginx")), same, "deny"),
        (cluster(object(json!({ "matchLabels": { "tier": "a" } }))), |judge| judge.label("tier", "a"), "admit"),
        (cluster(object(json!({ "matchLabels": { "tier": "a" } }))), same, "deny"),
        (
            cluster(object(json!({ "matchExpressions": [{ "key": "tier", "operator": "NotIn", "values": ["b"] }] }))),
            same,
            "admit",
        ),
        (
            cluster(object(json!({ "matchExpressions": [{ "key": "tier", "operator": "Exists" }] }))),
            |judge| judge.label("tier", "a"),
            "deny",
        ),
        (
            cluster(of(json!({ "namespaceSelector": { "matchLabels": { "env": "test" } } }))),
            |judge| judge.namespace_labels(json!({ "env": "test" })),
            "admit",
        ),
        (cluster(of(json!({ "namespaceSelector": { "matchLabels": { "env": "test" } } }))), same, "deny"),
        // All selectors must match.
        (cluster(of(json!({ "resources": [{ "kind": "Pod" }], "images": ["docker.io/library/redis"] }))), same, "deny"),
        (cluster(of(json!({ "newSelector": {} }))), same, "deny"),
    ] {
        let judge = workload(judge(document.clone())).found(IMAGE, &["CVE-1 high"]);
        assert_eq!(judge.verdict(), wanted, "{document}");
    }
}

#[test]
fn who_and_why_are_taken_over_and_what_is_not_is_said() {
    let document = exception(
        json!({ "author": "sec@example.com", "reason": "not reachable", "vulnerabilities": [entry(json!({ "justification": "a" }))] }),
    );
    let imported = imported(document);
    assert_eq!(given::losses(&imported), Vec::<String>::new());
    assert_eq!(
        imported.settings,
        json!({ "exemptions": [{ "name": "kubescape", "reason": "not reachable", "owner": "sec@example.com", "ids": ["CVE-1"],
            "scope": [{ "field": "namespace", "operator": "equals", "values": ["prod"] }] }] })
    );
    for (document, wanted) in [
        (
            cluster(json!({ "posture": [{ "controlID": "C-1", "action": "ignore" }] })),
            "spec.posture: the gate judges vulnerabilities alone",
        ),
        (
            cluster(json!({ "vulnerabilities": [entry(json!({ "status": "affected" }))] })),
            "spec.vulnerabilities[0]: Kubescape keeps what has this status visible",
        ),
        (
            exception(json!({ "match": { "namespaceSelector": {} }, "vulnerabilities": [entry(json!({}))] })),
            "spec.match.namespaceSelector: Kubescape does not read it",
        ),
        (
            cluster(json!({ "match": { "images": ["a/*"] }, "vulnerabilities": [entry(json!({}))] })),
            "spec.match.images[0]: a `*` in an image is at the end of its tag",
        ),
        (cluster(json!({ "new": 1, "vulnerabilities": [entry(json!({}))] })), "spec.new: this member is not known"),
        (
            json!({ "apiVersion": "kubescape.io/v1beta1", "kind": "SecurityException", "spec": { "vulnerabilities": [entry(json!({}))] } }),
            "kind: it does not say its namespace",
        ),
    ] {
        let losses = given::losses(&given::documents(&[document]).unwrap());
        assert!(matches!(&losses[..], [loss] if loss.starts_with(wanted)), "{wanted}: {losses:?}");
    }
    let old = json!({ "apiVersion": "kubescape.io/v1", "kind": "SecurityException", "spec": {} });
    assert!(given::documents(&[old]).unwrap_err().to_string().contains("`apiVersion`: expected kubescape.io/v1beta1"));
}
