//! Reports in the cluster → what they say about a digest, as a findings document in JSON.
//!
//! Source: docs/findings.md, "Reports in the cluster".

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Evidence, list, text};

/// What the reports of a source say about a digest. One that was asked for by its name must be about it.
pub fn chosen(reports: &[Value], source: &str, digest: &str, is_named: bool) -> Evidence {
    let place = if source == "sbomScanner" { "/imageMetadata/digest" } else { "/report/artifact/digest" };
    let names_it = |report: &&Value| report.pointer(place) == Some(&json!(digest));
    if is_named && !reports.iter().all(|report| names_it(&report)) {
        return Evidence::Unreadable;
    }
    // A list of SBOMscanner's may hold what other namespaces have.
    let is_there = |report: &&Value| is_named || source != "sbomScanner" || report["metadata"]["namespace"] == "sbomscanner";
    let is_about = |report: &&Value| names_it(report) && is_there(report);
    let found: Option<Vec<Value>> = reports.iter().filter(is_about).map(|report| document(report, source, digest)).collect();
    let Some(found) = found else { return Evidence::Unreadable };
    found.into_iter().max_by_key(order).map_or(Evidence::Missing, Evidence::Scanned)
}

/// The newest, then the one with more of the worst, then the one with less set aside, then the first by name.
fn order(document: &Value) -> (Option<String>, Vec<usize>, Reverse<usize>, Reverse<String>) {
    let all = list(&document["images"][0]["vulnerabilities"]);
    let count = |severity: &str| all.iter().filter(|v| v["severity"] == severity).count();
    let findings = || all.iter().flat_map(|v| list(&v["findings"]));
    (
        document["scannedAt"].as_str().map(str::to_owned),
        ["critical", "high", "medium", "low", "negligible", "unknown"].map(count).to_vec(),
        Reverse(findings().filter(|finding| !finding["vex"].is_null()).count()),
        Reverse(text(&document["name"]).to_owned()),
    )
}

/// `None`: it cannot be read.
fn document(report: &Value, source: &str, digest: &str) -> Option<Value> {
    let body = &report["report"];
    let of_sbom = source == "sbomScanner";
    let rows: Vec<&Value> = if of_sbom {
        let results = rows(body, "results")?;
        results.into_iter().map(|result| rows(result, "vulnerabilities")).collect::<Option<Vec<_>>>()?.concat()
    } else {
        rows(body, "vulnerabilities")?
    };
    let counts: u64 =
        body["summary"].as_object()?.iter().filter(|(key, _)| *key != "noneCount").filter_map(|(_, n)| n.as_u64()).sum();
    if usize::try_from(counts).ok()? > rows.len() {
        return None;
    }
    let mut by_id: BTreeMap<String, Value> = BTreeMap::new();
    for row in &rows {
        let finding = if of_sbom { sbom_finding(row) } else { trivy_finding(row) };
        let id = text(&row[if of_sbom { "cve" } else { "vulnerabilityID" }]);
        if id.is_empty() {
            return None;
        }
        let severity = match text(&row["severity"]).to_lowercase().as_str() {
            "" => "unknown",
            word => *["critical", "high", "medium", "low", "negligible", "unknown"].iter().find(|known| **known == word)?,
        };
        let of_row = json!({ "id": id, "severity": severity, "cvss": score(row, of_sbom), "publishedAt": row["publishedDate"], "findings": [] });
        let known = by_id.entry(id.to_lowercase()).or_insert_with(|| of_row.clone());
        if worse(&known["severity"]) < worse(&of_row["severity"]) {
            known["severity"] = of_row["severity"].clone();
        }
        if known["cvss"].as_f64() < of_row["cvss"].as_f64() {
            known["cvss"] = of_row["cvss"].clone();
        }
        let is_earlier =
            of_row["publishedAt"].as_str().is_some_and(|date| known["publishedAt"].as_str().is_none_or(|known| date < known));
        if is_earlier {
            known["publishedAt"] = of_row["publishedAt"].clone();
        }
        let findings = known["findings"].as_array_mut()?;
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    let vulnerabilities: Vec<Value> = by_id.into_values().collect();
    let speaks = |has: &dyn Fn(&Value) -> bool| rows.is_empty() || vulnerabilities.iter().any(has);
    let provides: Vec<&str> = if of_sbom {
        vec!["cvss", "path", "vex"]
    } else {
        let has_path = |v: &Value| list(&v["findings"]).iter().any(|finding| !finding["path"].is_null());
        let fields = [
            ("cvss", speaks(&|v| !v["cvss"].is_null())),
            ("publishedAt", speaks(&|v| !v["publishedAt"].is_null())),
            ("path", speaks(&has_path)),
        ];
        fields.into_iter().filter(|(_, speaks)| *speaks).map(|(field, _)| field).collect()
    };
    let end_of_life = if of_sbom || body["os"]["family"].is_null() || body["os"]["family"] == "none" {
        Value::Null
    } else {
        json!(body["os"]["eosl"] == true)
    };
    Some(json!({
        "name": format!("{}/{}", text(&report["metadata"]["namespace"]), text(&report["metadata"]["name"])),
        "subject": digest, "scanner": {}, "scannedAt": body["updateTimestamp"], "provides": provides,
        "images": [{ "digest": digest, "os": { "endOfLife": end_of_life }, "vulnerabilities": vulnerabilities }],
    }))
}

/// A list, which is null where it is empty.
fn rows<'v>(value: &'v Value, key: &str) -> Option<Vec<&'v Value>> {
    match value.get(key)? {
        Value::Null => Some(Vec::new()),
        rows => Some(rows.as_array()?.iter().collect()),
    }
}

fn worse(severity: &Value) -> Option<usize> {
    ["negligible", "low", "unknown", "medium", "high", "critical"].iter().position(|known| severity == known)
}

fn score(row: &Value, of_sbom: bool) -> Value {
    let scores: Vec<f64> = if of_sbom {
        let scores = row["cvss"].as_object().into_iter().flatten();
        scores.filter_map(|(_, cvss)| cvss["v3score"].as_str()?.parse().ok()).collect()
    } else {
        row["score"].as_f64().into_iter().collect()
    };
    let sound = scores.into_iter().filter(|score| (0.0..=10.0).contains(score));
    sound.fold(Value::Null, |worst, score| if worst.as_f64().is_none_or(|worst| worst < score) { json!(score) } else { worst })
}

fn sbom_finding(row: &Value) -> Value {
    let fixed: Vec<&str> = list(&row["fixedVersions"]).iter().map(text).filter(|version| !version.is_empty()).collect();
    let is_suppressed = row["suppressed"] == true;
    let stated = |key: &str| if is_suppressed { row["vexStatus"][key].clone() } else { Value::Null };
    finding(row, &row["purl"], &row["packageName"], &fixed, &stated("status"), &stated("repository"))
}

fn trivy_finding(row: &Value) -> Value {
    let fixed: Vec<&str> = text(&row["fixedVersion"]).split(',').map(str::trim).filter(|version| !version.is_empty()).collect();
    finding(row, &row["packagePURL"], &row["resource"], &fixed, &Value::Null, &Value::Null)
}

fn finding(row: &Value, purl: &Value, name: &Value, fixed: &[&str], vex: &Value, vex_source: &Value) -> Value {
    let installed = &row["installedVersion"];
    let purl = match text(purl) {
        "" => format!("pkg:generic/{}@{}", name.as_str().unwrap_or("unknown"), text(installed)),
        purl => purl.to_owned(),
    };
    let is_known = ["under_investigation", "affected", "not_affected", "fixed"].iter().any(|known| vex == known);
    json!({
        "purl": purl, "installed": installed, "fixed": fixed, "fixState": if fixed.is_empty() { "unknown" } else { "fixed" },
        "path": row["packagePath"].as_str().map(|path| path.trim_start_matches('/')),
        "vex": if is_known { vex.clone() } else { Value::Null }, "vexSource": vex_source,
    })
}
