//! What a person types into the page, piece by piece.

use serde_json::{Value, json};

pub(crate) const NOW: &str = "2026-11-22T12:00:00Z";
/// Denies from the third critical vulnerability on.
pub(crate) const RULES: &str =
    "rules:\n- name: block-critical\n  action: deny\n  conditions: [{ severity: critical, moreThan: 2 }]\n";
pub(crate) const WEB: &str = "ghcr.io/acme/web:v1";

/// A pod that runs these images.
pub(crate) fn pod(name: &str, images: &[&str]) -> String {
    let containers: Vec<Value> =
        images.iter().enumerate().map(|(i, image)| json!({ "name": format!("c{i}"), "image": image })).collect();
    format!(
        "---\n{}\n",
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": "prod" }, "spec": { "containers": containers } })
    )
}

/// Trivy's report on an image, with a vulnerability for each severity; every other one has a fix.
pub(crate) fn trivy(image: &str, severities: &[&str]) -> String {
    let rows: Vec<Value> = severities
        .iter()
        .enumerate()
        .map(|(i, severity)| {
            let fixed = if i % 2 == 0 { json!("2.0") } else { Value::Null };
            json!({ "VulnerabilityID": format!("CVE-2026-{:04}", i + 1), "PkgName": format!("package-{i}"),
                "PkgIdentifier": { "PURL": format!("pkg:deb/debian/package-{i}@1.0") },
                "InstalledVersion": "1.0", "FixedVersion": fixed, "Severity": severity })
        })
        .collect();
    json!({ "SchemaVersion": 2, "CreatedAt": "2026-11-22T10:00:00Z", "ArtifactName": image, "ArtifactType": "container_image",
        "Metadata": { "OS": { "Family": "debian", "Name": "12.5" } },
        "Results": [{ "Target": image, "Class": "os-pkgs", "Type": "debian", "Packages": [{ "Name": "base-files" }], "Vulnerabilities": rows }] })
    .to_string()
}

/// An entry that names no image.
pub(crate) fn entry(text: &str) -> Value {
    json!({ "name": "report.json", "text": text })
}

/// The question.
pub(crate) fn question(settings: &str, workload: &str, findings: &[Value]) -> Value {
    json!({ "settings": settings, "workload": workload, "findings": findings, "now": NOW })
}

/// The answer.
pub(crate) fn judged(question: &Value) -> Value {
    let text = question.to_string();
    let answer = playground::judge(&text);
    assert_eq!(answer, playground::judge(&text), "the same question has the same answer");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["schemaVersion"], 1);
    answer
}

/// What became of the only object, by the rules above, with these findings.
pub(crate) fn verdict(answer: &Value) -> &str {
    let verdicts = answer["verdicts"].as_array().unwrap();
    assert_eq!(verdicts.len(), 1, "{answer}");
    verdicts[0]["verdict"].as_str().unwrap()
}
