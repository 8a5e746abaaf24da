//! The reader against real reports, where a folder of them is at hand: `shared/samples` beside the repository. Its `TRUTH.json`
//! says, independently, what each file states. Without the folder there is nothing to compare and the tests pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use policy::findings::Severity;
use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::{Format, Leniency, Report};
use serde_json::Value;

const ALL: Leniency = Leniency { any_subject: true, unclear_claim: true };

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

/// The worst severity of each distinct (id, package, version), of the rows that the scan itself counts.
fn distinct(report: &Report) -> BTreeMap<(&str, &str, Option<&str>), Severity> {
    let mut distinct = BTreeMap::new();
    for row in report.rows.iter().filter(|row| row.vex.as_ref().is_none_or(|v| v.source.starts_with("trivy report"))) {
        let worst = distinct
            .entry((row.id.as_str(), row.package.name.as_str(), row.package.installed.as_deref()))
            .or_insert(row.severity);
        *worst = row.severity.max(*worst);
    }
    distinct
}

fn compare(report: &Report, truth: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, ours: usize, theirs: &Value| {
        if theirs.as_u64() != u64::try_from(ours).ok() {
            wrong.push(format!("{what}: {ours} here, {theirs} there"));
        }
    };
    let distinct = distinct(report);
    same("distinct", distinct.len(), &truth["distinct"]);
    for severity in Severity::ALL {
        let n = distinct.values().filter(|s| *s == severity).count();
        same(severity.word(), n, &truth["by_severity"][severity.word()]);
    }
    same("ids", distinct.keys().map(|(id, ..)| id).collect::<BTreeSet<_>>().len(), &truth["distinct_ids"]);
    let fixed: BTreeSet<_> = report
        .rows
        .iter()
        .filter(|row| !row.fixed.is_empty())
        .map(|row| (row.id.as_str(), row.package.name.as_str(), row.package.installed.as_deref()))
        .filter(|key| distinct.contains_key(key))
        .collect();
    same("with a fix", fixed.len(), &truth["with_fix"]);
    wrong
}

#[test]
fn every_trivy_sample_counts_as_its_truth() {
    let Some(folder) = samples() else { return };
    let truth: Value = serde_json::from_slice(&std::fs::read(folder.join("TRUTH.json")).unwrap()).unwrap();
    let (mut n_read, mut disagreements) = (0, String::new());
    for (name, truth) in truth.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("trivy-json/")) {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        match reports::read_with(&bytes, Some(Format::Trivy), ALL) {
            Err(error) => writeln!(disagreements, "{name}: {error}").unwrap(),
            Ok(report) => {
                n_read += 1;
                for wrong in compare(&report, truth) {
                    writeln!(disagreements, "{name}: {wrong}").unwrap();
                }
                let target = Target::image(Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap(), None, &report);
                let (document, _) = document::make(&target, Timestamp::from_unix(0)).unwrap();
                let n = document.images[0].vulnerabilities.iter().flatten().map(|v| v.findings.len()).sum::<usize>();
                assert!(n >= distinct(&report).len(), "{name}: {n} findings in the document");
                policy::findings::packed::pack(&document).unwrap();
            }
        }
    }
    assert!(n_read > 0);
    assert_eq!(disagreements, "", "of {n_read} reports");
}

#[test]
fn other_documents_are_refused_with_a_sentence() {
    let Some(folder) = samples() else { return };
    for kind in ["_malformed", "_negative"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let error = reports::read(&std::fs::read(&path).unwrap(), None).expect_err(&path.display().to_string()).to_string();
            assert!(error.len() > 30 && !error.contains('\n'), "{}: {error}", path.display());
        }
    }
}

#[test]
fn reports_of_other_formats_are_refused_by_name() {
    let Some(folder) = samples() else { return };
    for (kind, part) in [
        ("grype-json", "Grype"),
        ("trivy-cyclonedx", "CycloneDX"),
        ("trivy-sarif", "SARIF"),
        ("trivy-operator-cr", "Kubernetes object"),
        ("openvex", ""),
        ("trivy-legacy-json", ""),
        ("trivy-k8s-json", ""),
        ("trivy-cosign-vuln", ""),
        ("harbor", ""),
        ("snyk-json", ""),
    ] {
        let mut n_named = 0;
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let error = reports::read(&std::fs::read(&path).unwrap(), None).expect_err(&path.display().to_string()).to_string();
            n_named += usize::from(error.contains(part));
        }
        assert!(n_named > 0, "{kind}");
    }
}
