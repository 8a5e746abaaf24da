//! Kritis as documented, judged by the evaluator on imported settings.
//!
//! Sources: the documentation of `ImageSecurityPolicy` and of the signer's `VulnzSigningPolicy` in grafeas/kritis, and the table of its
//! tests: eight findings against pairs of maxima.

use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "gcr.io/acme/web:v1";

fn policy(kind: &str, requirements: Value) -> Value {
    let member =
        if kind == "ImageSecurityPolicy" { "packageVulnerabilityRequirements" } else { "imageVulnerabilityRequirements" };
    json!({ "apiVersion": "kritis.grafeas.io/v1beta1", "kind": kind, "metadata": { "name": "my-policy", "namespace": "prod" },
        "spec": { member: requirements } })
}

fn whole(document: Value) -> Value {
    let imported = given::documents(&[document]).unwrap();
    assert_eq!(imported.losses, []);
    imported.settings
}

/// Which of the eight findings are violations: fixable ones in capitals.
fn violations(settings: &Value) -> String {
    let mut found = String::new();
    for (letter, severity) in [("l", "low"), ("m", "medium"), ("h", "high"), ("c", "critical")] {
        for (letter, fixable) in [(letter.to_uppercase(), "fixable"), (letter.to_owned(), "")] {
            let verdict = Judge::by(settings).found(IMAGE, &[&format!("CVE-1 {severity} {fixable}")]).verdict();
            found.push_str(if verdict == "deny" { &letter } else { "" });
        }
    }
    found
}

#[test]
fn the_severity_table() {
    for (maximum, without_fix, wanted) in [
        (json!(null), json!(null), ""),
        (json!("CRITICAL"), json!("CRITICAL"), ""),
        (json!("HIGH"), json!(null), "C"),
        (json!("MEDIUM"), json!(null), "HC"),
        (json!("LOW"), json!(null), "MHC"),
        (json!("BLOCK_ALL"), json!(null), "LMHC"),
        (json!("BLOCK_ALL"), json!("ALLOW_ALL"), "LMHC"),
        (json!("ALLOW_ALL"), json!("BLOCK_ALL"), "lmhc"),
        (json!("MEDIUM"), json!("HIGH"), "HCc"),
        (json!("HIGH"), json!("MEDIUM"), "hCc"),
        (json!("BLOCK_ALL"), json!("BLOCK_ALL"), "LlMmHhCc"),
    ] {
        for (kind, fixable, unfixable) in [
            ("ImageSecurityPolicy", "maximumSeverity", "maximumFixUnavailableSeverity"),
            ("ImageSecurityPolicy", "maximumSeverity", "maximumFixNotAvailableSeverity"),
            ("VulnzSigningPolicy", "maximumFixableSeverity", "maximumUnfixableSeverity"),
        ] {
            let settings = whole(policy(kind, json!({ fixable: maximum, unfixable: without_fix })));
            assert_eq!(violations(&settings), wanted, "{kind}: {maximum}, {without_fix}");
        }
    }
}

#[test]
fn the_first_version_s_switch_holds_what_has_no_fix_against_the_policy() {
    let of = |switch: bool| {
        violations(&whole(policy("ImageSecurityPolicy", json!({ "maximumSeverity": "HIGH", "onlyFixesNotAvailable": switch }))))
    };
    assert_eq!((of(true).as_str(), of(false).as_str()), ("lmhCc", "Cc"));
    let mut old = policy(
        "ImageSecurityPolicy",
        json!({ "maximumSeverity": "HIGH", "whitelistCVEs": ["providers/goog-vulnz/notes/CVE-1"] }),
    );
    old["apiVersion"] = json!("kritis.github.com/v1beta1");
    assert_eq!(violations(&whole(old)), "");
}

#[test]
fn a_severity_that_is_not_specified_is_above_every_maximum() {
    for (requirements, line, wanted) in [
        (json!({}), "CVE-1 unknown fixable", "deny"),
        (json!({}), "CVE-1 unknown", "admit"),
        (json!({ "maximumFixableSeverity": "ALLOW_ALL", "maximumUnfixableSeverity": "LOW" }), "CVE-1 unknown fixable", "admit"),
        (json!({ "maximumFixableSeverity": "MEDIUM" }), "CVE-1 unknown fixable", "deny"),
    ] {
        let settings = whole(policy("VulnzSigningPolicy", requirements));
        assert_eq!(Judge::by(&settings).found(IMAGE, &[line]).verdict(), wanted, "{line}");
    }
}

#[test]
fn allowed_ids_and_images_are_exempt_in_the_namespace_of_the_policy() {
    let digest = format!("gcr.io/acme/base@sha256:{}", "0".repeat(64));
    let mut document = policy(
        "ImageSecurityPolicy",
        json!({ "maximumSeverity": "LOW", "allowlistCVEs": ["projects/goog-vulnz/notes/CVE-2020-10543"] }),
    );
    document["spec"]["imageAllowlist"] = json!([digest, "gcr.io/acme/old:v1"]);
    let settings = whole(document);
    for (image, namespace, line, wanted) in [
        (IMAGE, "prod", "CVE-2020-10543 critical fixable", "admit"),
        (IMAGE, "prod", "CVE-2020-10544 critical fixable", "deny"),
        (IMAGE, "dev", "CVE-2020-10544 critical fixable", "admit"),
        (digest.as_str(), "prod", "CVE-2020-10544 critical fixable", "admit"),
        ("gcr.io/acme/old:v1", "prod", "CVE-2020-10544 critical fixable", "admit"),
        ("gcr.io/acme/old:v2", "prod", "CVE-2020-10544 critical fixable", "deny"),
    ] {
        assert_eq!(
            Judge::by(&settings).found(image, &[line]).namespace(namespace).verdict(),
            wanted,
            "{image} in {namespace}: {line}"
        );
    }
    // Kritis admits it, which a note says.
    assert_eq!(Judge::by(&settings).unscanned(IMAGE).verdict(), "deny");
    let signer = whole(policy("VulnzSigningPolicy", json!({ "maximumFixableSeverity": "LOW" })));
    assert_eq!(
        Judge::by(&signer).found(IMAGE, &["CVE-1 high fixable"]).namespace("dev").verdict(),
        "deny",
        "a signer knows no namespaces"
    );
}

#[test]
fn what_has_no_counterpart_is_said_and_makes_nothing_looser() {
    let base = || policy("ImageSecurityPolicy", json!({ "maximumSeverity": "LOW" }));
    let with = |key: &str, value: Value| {
        let mut document = base();
        document["spec"][key] = value;
        document
    };
    let mut nowhere = base();
    nowhere["metadata"] = json!({ "name": "a" });
    for (document, place, why) in [
        (with("attestationAuthorityNames", json!(["a"])), "spec.attestationAuthorityNames", "nothing is attested here"),
        (with("privateKeySecretName", json!("a")), "spec.privateKeySecretName", "nothing is attested here"),
        (with("builtProjectIDs", json!(["p"])), "spec.builtProjectIDs", "how an image was built"),
        (with("newMember", json!(1)), "spec.newMember", "this member is not known"),
        (with("imageWhitelist", json!(["gcr.io/acme/web"])), "spec.imageWhitelist[0]", "without a tag or digest"),
        (with("imageWhitelist", json!(["web:v1"])), "spec.imageWhitelist[0]", "it does not say of which registry"),
        (nowhere, "", "a policy is for the namespace that it is in"),
    ] {
        let imported = given::documents(&[document]).unwrap();
        let losses = given::losses(&imported);
        assert!(matches!(&losses[..], [loss] if loss.starts_with(&format!("{place}: {why}"))), "{losses:?}");
        assert_eq!(Judge::by(&imported.settings).found(IMAGE, &["CVE-1 medium fixable"]).verdict(), "deny", "{place}");
    }
}

#[test]
fn a_policy_of_another_shape_is_refused() {
    let of = |requirements: Value| given::documents(&[policy("ImageSecurityPolicy", requirements)]).unwrap_err().to_string();
    for (requirements, wanted) in [
        (json!({ "maximumSeverity": "SEVERE" }), "maximumSeverity`: expected one of BLOCK_ALL"),
        (
            json!({ "maximumSeverity": "LOW", "maximumFixableSeverity": "LOW" }),
            "expected one of maximumFixableSeverity, maximumSeverity",
        ),
        (json!({ "onlyFixesNotAvailable": true, "maximumUnfixableSeverity": "LOW" }), "expected no `onlyFixesNotAvailable`"),
        (json!({ "whitelistCVEs": [], "allowlistCVEs": [] }), "expected one of allowlistCVEs, whitelistCVEs"),
        (json!({ "maximumSeverity": "ALLOW_ALL" }), "it tolerates every vulnerability"),
    ] {
        let refusal = of(requirements);
        assert!(refusal.contains(wanted), "{refusal}");
    }
}
