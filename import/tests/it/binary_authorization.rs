//! Google's continuous validation as documented, judged by the evaluator on imported settings. What does not conform is audited.
//!
//! Sources: the API `binaryauthorization.googleapis.com/v1` (`PlatformPolicy`, `CheckSet`, `VulnerabilityCheck`), and Google's pages on
//! continuous validation. The numbers are those of the conformance cases.

use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "gcr.io/acme/web:v1";

fn check(fixable: &str, unfixable: &str) -> Value {
    json!({ "maximumFixableSeverity": fixable, "maximumUnfixableSeverity": unfixable })
}

fn policy(sets: Value) -> Value {
    json!({ "name": "projects/p/platforms/gke/policies/cv", "gkePolicy": { "checkSets": sets } })
}

fn one(check: Value) -> Value {
    policy(json!([{ "displayName": "Default", "checks": [{ "displayName": "CVEs", "vulnerabilityCheck": check }] }]))
}

/// The settings of a policy that loses nothing.
fn whole(document: Value) -> Value {
    let imported = given::documents(&[document]).unwrap();
    assert_eq!(imported.losses, []);
    imported.settings
}

fn verdict(settings: &Value, line: &str) -> &'static str {
    Judge::by(settings).found(IMAGE, &[line]).verdict()
}

#[test]
fn a_check_tolerates_up_to_its_maximum() {
    for (number, check, line, wanted) in [
        (33, check("MEDIUM", "ALLOW_ALL"), "CVE-1 high", "admit"),
        (34, check("MEDIUM", "ALLOW_ALL"), "CVE-1 high fixable", "audit"),
        (34, check("MEDIUM", "ALLOW_ALL"), "CVE-1 medium fixable", "admit"),
        (34, check("MEDIUM", "ALLOW_ALL"), "CVE-1 critical fixable", "audit"),
        (34, check("HIGH", "HIGH"), "CVE-1 critical", "audit"),
        (34, check("HIGH", "HIGH"), "CVE-1 high fixable", "admit"),
        (34, check("MINIMAL", "LOW"), "CVE-1 negligible fixable", "admit"),
        (34, check("MINIMAL", "LOW"), "CVE-1 low fixable", "audit"),
        (34, check("MINIMAL", "LOW"), "CVE-1 low", "admit"),
        (34, check("BLOCK_ALL", "ALLOW_ALL"), "CVE-1 negligible fixable", "audit"),
        (34, check("BLOCK_ALL", "ALLOW_ALL"), "CVE-1 critical", "admit"),
        (38, check("CRITICAL", "CRITICAL"), "CVE-1 unknown", "audit"),
        (38, check("CRITICAL", "CRITICAL"), "CVE-1 critical fixable", "admit"),
        (38, check("CRITICAL", "HIGH"), "CVE-1 critical", "audit"),
        (38, check("CRITICAL", "HIGH"), "CVE-1 high", "admit"),
        (38, check("CRITICAL", "HIGH"), "CVE-1 unknown", "audit"),
        (38, check("HIGH", "ALLOW_ALL"), "CVE-1 unknown fixable", "audit"),
        (38, check("ALLOW_ALL", "ALLOW_ALL"), "CVE-1 unknown", "admit"),
        (38, check("ALLOW_ALL", "ALLOW_ALL"), "CVE-1 critical fixable", "admit"),
        (38, check("BLOCK_ALL", "BLOCK_ALL"), "CVE-1 unknown", "audit"),
    ] {
        assert_eq!(verdict(&whole(one(check.clone())), line), wanted, "vector {number}: {check}: {line}");
    }
    // Vector 37: no scan is an error, whatever is tolerated.
    for check in [check("MEDIUM", "ALLOW_ALL"), check("ALLOW_ALL", "ALLOW_ALL"), check("CRITICAL", "CRITICAL")] {
        assert_eq!(Judge::by(&whole(one(check))).unscanned(IMAGE).verdict(), "audit", "vector 37");
    }
}

#[test]
fn ids_are_allowed_or_blocked_and_blocked_overrides() {
    let with = |allowed: &[&str], blocked: &[&str]| {
        let mut check = check("BLOCK_ALL", "BLOCK_ALL");
        check["allowedCves"] = json!(allowed);
        check["blockedCves"] = json!(blocked);
        whole(one(check))
    };
    for (number, allowed, blocked, line, wanted) in [
        (35, "CVE-2024-0001", "", "CVE-2024-0001 high", "admit"),
        (35, "projects/goog-vulnz/notes/CVE-2024-0001", "", "CVE-2024-0001 high", "admit"),
        (35, "CVE-2024-0001", "", "CVE-2024-0002 low", "audit"),
        (36, "CVE-2024-0001", "CVE-2024-0001", "CVE-2024-0001 low", "audit"),
    ] {
        let blocked: &[&str] = if blocked.is_empty() { &[] } else { &[blocked] };
        assert_eq!(verdict(&with(&[allowed], blocked), line), wanted, "vector {number}: {line}");
    }
    let mut lenient = check("ALLOW_ALL", "ALLOW_ALL");
    lenient["blockedCves"] = json!(["CVE-2024-0009"]);
    let settings = whole(one(lenient));
    assert_eq!((verdict(&settings, "CVE-2024-0009 low"), verdict(&settings, "CVE-1 critical")), ("audit", "admit"));
}

#[test]
fn the_first_check_set_that_has_the_pod_is_evaluated_alone() {
    let set = |name: &str, scope: Value, severity: &str| {
        json!({ "displayName": name, "scope": scope,
        "checks": [{ "vulnerabilityCheck": check(severity, severity) }] })
    };
    let settings = whole(policy(json!([
        set("payments", json!({ "kubernetesServiceAccount": "prod:payments" }), "HIGH"),
        set("robot", json!({ "kubernetesServiceAccount": "dev:robot" }), "MEDIUM"),
        set("prod", json!({ "kubernetesNamespace": "prod" }), "LOW"),
        set("default", Value::Null, "BLOCK_ALL"),
    ])));
    for (namespace, account, tolerated, not) in [
        ("prod", "payments", "high", "critical"),
        ("prod", "other", "low", "medium"),
        ("dev", "robot", "medium", "high"),
        ("dev", "payments", "", "negligible"),
        ("test", "payments", "", "negligible"),
    ] {
        let judge = |severity: &str| {
            Judge::by(&settings).found(IMAGE, &[&format!("CVE-1 {severity}")]).namespace(namespace).account(account).verdict()
        };
        assert_eq!(judge(not), "audit", "vector 39: {namespace}:{account}: {not}");
        if !tolerated.is_empty() {
            assert_eq!(judge(tolerated), "admit", "vector 39: {namespace}:{account}: {tolerated}");
        }
    }
    // The account that a pod has without one.
    assert_eq!(Judge::by(&settings).found(IMAGE, &["CVE-1 low"]).namespace("dev").verdict(), "audit");
}

#[test]
fn every_check_of_a_set_must_pass() {
    let settings = whole(policy(json!([{ "checks": [
        { "displayName": "a", "vulnerabilityCheck": check("HIGH", "ALLOW_ALL") },
        { "displayName": "b", "vulnerabilityCheck": check("ALLOW_ALL", "HIGH") }] }])));
    assert_eq!((verdict(&settings, "CVE-1 critical"), verdict(&settings, "CVE-1 critical fixable")), ("audit", "audit"));
    assert_eq!(verdict(&settings, "CVE-1 high"), "admit");
}

#[test]
fn always_deny_denies_images_without_findings_too() {
    let settings = whole(policy(json!([{ "displayName": "none", "checks": [{ "alwaysDeny": true }] }])));
    let judge = || Judge::by(&settings);
    for judge in [judge().found(IMAGE, &[]), judge().found(IMAGE, &["CVE-1 low"]), judge().unscanned(IMAGE)] {
        assert_eq!(judge.verdict(), "audit");
    }
}

#[test]
fn allowed_images_are_exempt_at_their_level() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let allow = |pattern: &str| json!({ "allowPattern": [pattern] });
    let mut document = policy(json!([
        { "displayName": "prod", "scope": { "kubernetesNamespace": "prod" }, "imageAllowlist": allow("gcr.io/set/**"),
            "checks": [{ "displayName": "a", "imageAllowlist": allow("gcr.io/check/web:v1"), "vulnerabilityCheck": check("LOW", "LOW") },
                { "displayName": "b", "vulnerabilityCheck": check("HIGH", "HIGH") }] },
        { "displayName": "rest", "checks": [{ "vulnerabilityCheck": check("LOW", "LOW") }] }]));
    document["gkePolicy"]["imageAllowlist"] = allow(&format!("gcr.io/all/web@{digest}"));
    let settings = whole(document);
    let pinned = format!("gcr.io/all/web@{digest}");
    for (image, namespace, line, wanted) in [
        (pinned.as_str(), "prod", "CVE-1 critical", "admit"),
        (pinned.as_str(), "dev", "CVE-1 critical", "admit"),
        ("gcr.io/all/web:v1", "dev", "CVE-1 critical", "audit"),
        ("gcr.io/set/team/web:v1", "prod", "CVE-1 critical", "admit"),
        ("gcr.io/set/team/web:v1", "dev", "CVE-1 critical", "audit"),
        ("gcr.io/check/web:v1", "prod", "CVE-1 high", "admit"),
        ("gcr.io/check/web:v1", "prod", "CVE-1 critical", "audit"),
        ("gcr.io/check/web:v2", "prod", "CVE-1 high", "audit"),
    ] {
        assert_eq!(
            Judge::by(&settings).found(image, &[line]).namespace(namespace).verdict(),
            wanted,
            "{image} in {namespace}: {line}"
        );
    }
}

#[test]
fn what_has_no_counterpart_is_said_and_makes_nothing_looser() {
    let set = "gkePolicy.checkSets[0]";
    let base = || json!({ "displayName": "s", "checks": [{ "vulnerabilityCheck": check("LOW", "LOW") }] });
    let with = |pointer: &str, value: Value| {
        let mut set = base();
        *set.pointer_mut(pointer).unwrap() = value;
        set
    };
    let checks = |check: Value| {
        with(
            "/checks",
            json!([check, { "vulnerabilityCheck": { "maximumFixableSeverity": "LOW", "maximumUnfixableSeverity": "LOW" } }]),
        )
    };
    let allowed = |pattern: &str| {
        let mut set = base();
        set["imageAllowlist"] = json!({ "allowPattern": [pattern] });
        set
    };
    let mut projects = base();
    projects["checks"][0]["vulnerabilityCheck"]["containerAnalysisVulnerabilityProjects"] = json!(["projects/scans"]);
    let mut unknown_scope = base();
    unknown_scope["scope"] = json!({ "kubernetesCluster": "a" });
    let mut narrower_scope = base();
    narrower_scope["scope"] = json!({ "kubernetesNamespace": "dev", "cluster": "a" });
    let mut narrower_list = allowed("gcr.io/acme/**");
    narrower_list["imageAllowlist"]["until"] = json!("2020-01-01");
    for (sets, place, why) in [
        (json!([narrower_scope]), format!("{set}.scope.cluster"), "this member is not known"),
        (
            json!([narrower_list]),
            format!("{set}.imageAllowlist.until"),
            "this member is not known, and may narrow what is exempt",
        ),
        (
            json!([checks(json!({ "trustedDirectoryCheck": { "trustedDirPatterns": ["gcr.io/acme"] } }))]),
            format!("{set}.checks[0].trustedDirectoryCheck"),
            "where images may come from",
        ),
        (
            json!([checks(json!({ "imageFreshnessCheck": { "maxUploadAgeDays": 30 } }))]),
            format!("{set}.checks[0].imageFreshnessCheck"),
            "when an image was uploaded",
        ),
        (
            json!([checks(json!({ "slsaCheck": { "rules": [] } }))]),
            format!("{set}.checks[0].slsaCheck"),
            "how an image was built",
        ),
        (
            json!([checks(json!({ "sigstoreSignatureCheck": {} }))]),
            format!("{set}.checks[0].sigstoreSignatureCheck"),
            "who signed an image",
        ),
        (
            json!([checks(json!({ "simpleSigningAttestationCheck": {} }))]),
            format!("{set}.checks[0].simpleSigningAttestationCheck"),
            "attestations of an image",
        ),
        (json!([checks(json!({ "newCheck": {} }))]), format!("{set}.checks[0].newCheck"), "this member is not known"),
        (
            json!([projects]),
            format!("{set}.checks[0].vulnerabilityCheck.containerAnalysisVulnerabilityProjects"),
            "whose scan counts",
        ),
        (json!([unknown_scope]), format!("{set}.scope.kubernetesCluster"), "this member is not known"),
        (
            json!([allowed("gcr.io/acme/*")]),
            format!("{set}.imageAllowlist.allowPattern[0]"),
            "an entry cannot stop at the next `/`",
        ),
        (
            json!([allowed("docker.io/**")]),
            format!("{set}.imageAllowlist.allowPattern[0]"),
            "images are compared in their full form",
        ),
        (json!([allowed("**")]), format!("{set}.imageAllowlist.allowPattern[0]"), "images are compared in their full form"),
        (json!([allowed("nginx")]), format!("{set}.imageAllowlist.allowPattern[0]"), "it does not say of which registry"),
        (json!([base(), base()]), "gkePolicy.checkSets[1]".to_owned(), "an earlier check set has all its pods"),
    ] {
        let imported = given::documents(&[policy(sets)]).unwrap();
        let losses = given::losses(&imported);
        assert!(matches!(&losses[..], [loss] if loss.starts_with(&format!("{place}: {why}"))), "{losses:?}");
        for image in [IMAGE, "gcr.io/acme/web:v1", "docker.io/library/nginx:latest"] {
            assert_eq!(Judge::by(&imported.settings).found(image, &["CVE-1 medium"]).verdict(), "audit", "{place}");
        }
    }
}

#[test]
fn a_policy_without_vulnerabilities_is_refused_with_the_reason() {
    let classic = json!({ "defaultAdmissionRule": { "evaluationMode": "REQUIRE_ATTESTATION", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
        "requireAttestationsBy": ["projects/p/attestors/a"] }, "globalPolicyEvaluationMode": "ENABLE" });
    let refusal = given::documents(std::slice::from_ref(&classic)).unwrap_err().to_string();
    assert!(refusal.contains("the classic policy asks for attestations and never looks at vulnerabilities"), "{refusal}");
    let beside = given::documents(&[classic, one(check("LOW", "LOW"))]).unwrap();
    assert!(matches!(&given::losses(&beside)[..], [loss] if loss.starts_with("documents[0]: the classic policy")));
    let refusal = given::documents(&[policy(json!([{ "displayName": "s", "checks": [] }]))]).unwrap_err().to_string();
    assert!(refusal.contains("it has no check of vulnerabilities"), "{refusal}");
    for (check, wanted) in [
        (
            json!({ "maximumFixableSeverity": "LOW" }),
            "vulnerabilityCheck`: expected a member `maximumUnfixableSeverity`, found none",
        ),
        (check("SEVERE", "LOW"), "maximumFixableSeverity`: expected one of BLOCK_ALL, MINIMAL, LOW"),
    ] {
        let refusal = given::documents(&[one(check)]).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
}

#[test]
fn yaml_as_gcloud_writes_it_says_the_same() {
    let text = "gkePolicy:
  checkSets:
  - checks:
    - displayName: vulnerabilities
      vulnerabilityCheck:
        maximumFixableSeverity: MEDIUM
        maximumUnfixableSeverity: ALLOW_ALL
    displayName: default
name: projects/p/platforms/gke/policies/cv
";
    let of_yaml = given::text(text).unwrap();
    let of_json = given::documents(&[policy(json!([{ "displayName": "default", "checks": [
        { "displayName": "vulnerabilities", "vulnerabilityCheck": check("MEDIUM", "ALLOW_ALL") }] }]))])
    .unwrap();
    assert_eq!(of_yaml, of_json);
    assert_eq!(
        of_yaml.settings,
        json!({ "evaluation": "strictest", "unknownSeverity": "critical", "rules": [{ "name": "default-vulnerabilities",
            "description": "default: vulnerabilities", "action": "audit", "conditions": [{ "severity": "high", "fixable": true }] }] })
    );
}
