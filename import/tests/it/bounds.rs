//! Ignore files of any content, and what multiplies.

use serde_json::{Value, json};

use crate::given;

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
    let values = |text: &str| names.iter().take(50).map(|name| format!("{name}{text}")).collect::<Vec<_>>().join(",");
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
    // Exemptions for each of many rules, and rules for each of many scopes.
    let deny =
        |i: usize| json!({ "action": "deny", "criteria": [{ "name": "cveHighCount", "op": ">=", "value": i.to_string() }] });
    let allow = |i: usize| json!({ "action": "allow", "criteria": [criterion("namespace", format!("n{i}"))] });
    let rules: Vec<Value> = (1..=900).map(deny).chain((0..900).map(allow)).collect();
    let refusal = given::documents(&[json!({ "rules": rules })]).unwrap_err().to_string();
    assert!(refusal.contains("bytes of settings"), "{refusal}");
    let scopes: Vec<Value> =
        names.iter().map(|name| json!({ "namespace": name, "label": { "key": "a", "value": "b" } })).collect();
    let section =
        |i: usize| json!({ "policyGroups": [{ "fieldName": "Image Scan Age", "values": [{ "value": i.to_string() }] }] });
    let policy = json!({ "name": "p", "lifecycleStages": ["DEPLOY"], "scope": scopes, "policySections": (1..=1_000).map(section).collect::<Vec<_>>() });
    assert!(given::documents(&[json!({ "policies": vec![policy; 3] })]).unwrap_err().to_string().contains("found 1001"));
}
