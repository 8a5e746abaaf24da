//! Whose the documents of scanners, registries and other gates are.

use import::{File, Format};
use serde_json::json;

use crate::{given, whole};

#[test]
fn each_is_recognised_by_what_can_be_printed() {
    let found: Vec<(&str, String)> = whole::documents()
        .into_iter()
        .map(|document| given::documents(&[document]).unwrap().recognised)
        .map(|recognised| (recognised.format.word(), recognised.reason))
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(word, reason)| (*word, reason.as_str())).collect();
    assert_eq!(
        found,
        [
            ("trivyIgnore", "`vulnerabilities` with an `id`, as in .trivyignore.yaml"),
            ("grype", "a member `fail-on-severity`"),
            ("harborAllowlist", "`items` with a `cve_id`, as Harbor's allow-list"),
            ("harborProject", "`metadata.prevent_vul`"),
            ("neuVector", "apiVersion: neuvector.com/v1, kind: NvAdmissionControlSecurityRule"),
            ("stackRox", "a policy with `policySections`"),
            ("securityException", "apiVersion: kubescape.io/v1beta1, kind: ClusterSecurityException"),
            ("stackRoxExceptions", "exceptions with a `targetState`, as in RHACS' API"),
        ]
    );
    for (document, format) in [
        (json!({ "only-fixed": true }), Format::GrypeIgnore),
        (json!({ "fail-on-severity": "", "ignore": [{ "fix-state": "fixed" }] }), Format::GrypeIgnore),
        (
            json!({ "name": "a", "lifecycleStages": ["DEPLOY"], "policySections": [{ "policyGroups": [{ "fieldName": "Unscanned Image",
            "values": [{ "value": "true" }] }] }] }),
            Format::StackRox,
        ),
        (
            json!({ "rule": { "rule_type": "deny", "criteria": [{ "name": "cveScore", "op": ">=", "value": "9" }] } }),
            Format::NeuVector,
        ),
    ] {
        assert_eq!(given::documents(std::slice::from_ref(&document)).unwrap().recognised.format, format, "{document}");
    }
}

#[test]
fn what_only_looks_like_one_is_none() {
    for document in [
        json!({ "vulnerabilities": [{ "id": "CVE-1" }], "matches": [] }),
        json!({ "vulnerabilities": [{ "vulnerabilityId": "CVE-1" }] }),
        json!({ "ignore": ["node_modules"] }),
        json!({ "items": [{ "name": "a" }] }),
        json!({ "rules": [{ "name": "a", "action": "deny", "conditions": [] }] }),
        json!({ "policies": [{ "name": "a" }] }),
        json!({ "apiVersion": "kubescape.io/v1", "kind": "OperatorCommand" }),
        json!({ "state": { "mode": "protect" } }),
        json!("CVE-2024-1 and a sentence"),
    ] {
        let refusal = given::documents(std::slice::from_ref(&document)).unwrap_err().to_string();
        assert!(refusal.contains("expected one of"), "{document}: {refusal}");
    }
}

#[test]
fn two_gates_are_refused_and_any_number_of_lists_is_not() {
    let mut documents = whole::documents();
    let stackrox = documents.remove(5);
    let refusal = given::documents(&[documents.remove(4), stackrox]).unwrap_err().to_string();
    let wanted =
        "`documents[1]`: expected NeuVector's admission rules as before, found policies of Red Hat Advanced Cluster Security";
    assert!(refusal.starts_with(wanted), "{refusal}");
    let texts: Vec<String> = documents.iter().map(ToString::to_string).collect();
    let mut files: Vec<File<'_>> = texts.iter().map(|text| File { name: "a.json", text }).collect();
    files.push(File { name: ".trivyignore", text: "CVE-2024-1" });
    // Grype and a project of Harbor are gates.
    files.remove(3);
    let imported = import::import(&files).unwrap();
    let words: Vec<&str> = std::iter::once(&imported.recognised).chain(&imported.beside).map(|one| one.format.word()).collect();
    assert_eq!(words, ["grype", "trivyIgnore", "harborAllowlist", "securityException", "stackRoxExceptions"]);
    assert!(given::is_usable(&imported));
}
