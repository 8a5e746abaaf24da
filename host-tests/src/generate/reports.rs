//! Reports of scanners in the cluster.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Draws, documents};
use crate::model::{Evidence, reports};

/// The kinds of sources in the cluster, as the settings name them.
pub(super) const SOURCES: [&str; 2] = ["sbomScanner", "trivyOperator"];
const FIELDS: [&str; 4] = ["cvss", "publishedAt", "path", "vex"];

/// What there is in the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    /// By source and digest.
    reports: BTreeMap<(&'static str, String), Vec<Value>>,
    /// Of sources that cannot be asked.
    refused: BTreeMap<&'static str, Evidence>,
}

impl Cluster {
    /// Reports about some of the digests.
    pub(super) fn drawn<'d>(draws: &mut Draws, digests: impl Iterator<Item = &'d str> + Clone) -> Self {
        let mut cluster = Self::default();
        for source in SOURCES {
            if draws.chance(12) {
                let state = draws.pick(&[&Evidence::Unavailable, &Evidence::NotGranted]).clone();
                cluster.refused.insert(source, state);
            }
            for digest in digests.clone() {
                // SBOMscanner's by name is one.
                let many = if source == "sbomScanner" { draws.below(2) } else { draws.below(3) };
                let drawn = (0..many).map(|place| report(draws, source, digest, place)).collect();
                cluster.reports.insert((source, digest.to_owned()), drawn);
            }
        }
        cluster
    }

    /// As the model sees a digest.
    pub(super) fn evidence(&self, source: &'static str, digest: &str) -> Evidence {
        match self.refused.get(source) {
            Some(state) => state.clone(),
            None => reports::chosen(&self.about(source, digest), source, digest, false),
        }
    }

    /// The reports about a digest, or why they cannot be asked for.
    pub(super) fn answer(&self, source: &'static str, digest: Option<&str>) -> Result<Vec<Value>, &Evidence> {
        match (self.refused.get(source), digest) {
            (Some(state), _) => Err(state),
            (None, Some(digest)) => Ok(self.about(source, digest)),
            (None, None) => {
                let of_source = self.reports.iter().filter(|((of, _), _)| *of == source);
                Ok(of_source.flat_map(|(_, reports)| reports.clone()).collect())
            }
        }
    }

    /// Every digest that there may be a report about.
    pub(super) fn digests(&self) -> impl Iterator<Item = &str> {
        self.reports.keys().map(|(_, digest)| digest.as_str())
    }

    fn about(&self, source: &'static str, digest: &str) -> Vec<Value> {
        self.reports.get(&(source, digest.to_owned())).cloned().unwrap_or_default()
    }
}

fn report(draws: &mut Draws, source: &str, digest: &str, place: usize) -> Value {
    let many = draws.below(4);
    let drawn: Vec<Value> =
        (0..many).map(|n| documents::vulnerability(draws, &format!("CVE-2024-000{}", n + 1), &FIELDS)).collect();
    let rows: Vec<Value> = drawn.iter().flat_map(|vulnerability| rows(draws, source, vulnerability)).collect();
    let mut report = json!({ "metadata": { "namespace": "sbomscanner", "name": format!("r{place}") } });
    let lost = u64::from(draws.chance(4));
    if source == "sbomScanner" {
        report["imageMetadata"] = json!({ "digest": digest });
        report["report"] =
            json!({ "summary": { "high": rows.len() as u64 + lost, "suppressed": 0 }, "results": [{ "vulnerabilities": rows }] });
        return report;
    }
    let at = draws.pick(&["2026-11-22T11:00:00Z", "2026-11-22T10:59:59Z", "2026-11-01T00:00:00Z", documents::FUTURE]);
    let os =
        draws.pick(&[json!(null), json!({ "family": "debian" }), json!({ "family": "debian", "eosl": true })].each_ref()).clone();
    report["report"] = json!({
        "artifact": { "digest": digest }, "updateTimestamp": at, "os": os,
        "summary": { "highCount": rows.len() as u64 + lost, "noneCount": 3 }, "vulnerabilities": rows,
    });
    report
}

fn rows(draws: &mut Draws, source: &str, vulnerability: &Value) -> Vec<Value> {
    let severity = vulnerability["severity"].as_str().filter(|word| *word != "unknown").map(str::to_uppercase);
    let findings = vulnerability["findings"].as_array().into_iter().flatten();
    let row = |finding: &Value| {
        let fixed = finding["fixed"].clone();
        let common = json!({ "severity": severity, "installedVersion": finding["installed"], "packagePath": finding["path"] });
        let own = if source == "sbomScanner" {
            let score = vulnerability["cvss"].as_f64().map(|score| json!({ "nvd": { "v3score": score.to_string() } }));
            json!({
                "cve": vulnerability["id"], "purl": finding["purl"], "fixedVersions": fixed, "cvss": score,
                "suppressed": draws.chance(70),
                "vexStatus": { "status": finding["vex"], "repository": "https://vex.example" },
            })
        } else {
            json!({
                "vulnerabilityID": vulnerability["id"], "packagePURL": finding["purl"], "score": vulnerability["cvss"],
                "fixedVersion": if fixed.is_null() { "" } else { "2" }, "publishedDate": vulnerability["publishedAt"],
            })
        };
        let members = [common, own].into_iter().filter_map(|members| members.as_object().cloned()).flatten();
        members.filter(|(_, value)| !value.is_null()).collect()
    };
    findings.map(row).collect()
}
