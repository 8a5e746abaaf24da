//! Every reader against real reports, where a folder of them lies beside the repository. Its `TRUTH.json` says, independently, what each
//! file states. Without the folder there is nothing to compare and the tests pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use policy::findings::Severity;
use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::Row;
use reports::{Format, Leniency, Outline, Report};
use serde_json::Value;

use crate::argued;

const ALL: Leniency = Leniency { any_subject: true, unclear_claim: true };

/// A folder of samples, the format of its files, and how a row's id is written in them.
struct Folder {
    name: &'static str,
    format: Format,
    listed: fn(&Row) -> &str,
    /// What is made of a file before it is read, where the folder keeps only a part of each document.
    whole: fn(Vec<u8>) -> Vec<u8>,
}

const fn folder(name: &'static str, format: Format) -> Folder {
    Folder { name, format, listed: own, whole: std::convert::identity }
}

const FOLDERS: &[Folder] = &[
    folder("trivy-json", Format::Trivy),
    // In the order of the table of formats.
    folder("aws-ecr-scan-findings", Format::Ecr),
    folder("aws-inspector2-findings", Format::Inspector),
    folder("gcp-artifact-analysis", Format::ArtifactAnalysis),
    folder("harbor", Format::Harbor),
    Folder { listed: bulletin, ..folder("clair-v4", Format::Clair) },
    Folder { listed: bulletin, ..folder("quay-secscan", Format::Quay) },
    Folder { listed: bulletin, ..folder("snyk-json", Format::Snyk) },
    Folder { listed: bulletin, ..folder("osv-scanner", Format::OsvScanner) },
    folder("gitlab-container-scanning", Format::Gitlab),
    Folder { listed: bulletin, ..folder("anchore-engine", Format::Anchore) },
    folder("stackrox", Format::Stackrox),
    folder("prisma-twistlock", Format::Prisma),
    folder("jfrog-xray", Format::Xray),
    Folder { whole: vulnerability_report, ..folder("sbomscanner-cr", Format::Sbomscanner) },
    folder("trivy-operator-cr", Format::TrivyOperator),
    Folder { whole: vulnerability_manifest, ..folder("kubescape-cr", Format::Kubescape) },
];

/// The id as the reader gives it; a finding without one has none in the file.
fn own(row: &Row) -> &str {
    if row.id.starts_with("unidentified in ") { "" } else { &row.id }
}

/// The bulletin, or the scanner's own id, that the file names instead of the CVEs, which the reader gives a row each.
fn bulletin(row: &Row) -> &str {
    row.advisories.first().filter(|_| row.id.starts_with("CVE-")).map_or(&row.id, String::as_str)
}

/// The object around a bare `report` of SBOMscanner.
fn vulnerability_report(report: Vec<u8>) -> Vec<u8> {
    let before = r#"{"apiVersion":"storage.sbomscanner.kubewarden.io/v1alpha1","kind":"VulnerabilityReport","report":"#;
    [before.as_bytes(), &report, b"}"].concat()
}

/// The object around a bare payload of Kubescape.
fn vulnerability_manifest(payload: Vec<u8>) -> Vec<u8> {
    let before =
        r#"{"apiVersion":"spdx.softwarecomposition.kubescape.io/v1beta1","kind":"VulnerabilityManifest","spec":{"payload":"#;
    [before.as_bytes(), &payload, b"}}"].concat()
}

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

type Key<'a> = (&'a str, &'a str, Option<&'a str>);

/// The worst severity of each distinct (id, package, version), of the rows that the scan itself counts.
fn distinct<'a>(report: &'a Report, listed: fn(&Row) -> &str) -> BTreeMap<Key<'a>, Severity> {
    let mut distinct = BTreeMap::new();
    for row in report.rows.iter().filter(|row| row.vex.as_ref().is_none_or(|v| v.source.contains(" report"))) {
        let worst = distinct.entry(key(row, listed)).or_insert(row.severity);
        *worst = row.severity.max(*worst);
    }
    distinct
}

fn key(row: &Row, listed: fn(&Row) -> &str) -> Key<'_> {
    (listed(row), row.package.name.as_str(), row.package.installed.as_deref())
}

fn compare(report: &Report, truth: &Value, listed: fn(&Row) -> &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, ours: usize, theirs: &Value| {
        if theirs.as_u64() != u64::try_from(ours).ok() {
            wrong.push(format!("{what}: {ours} here, {theirs} there"));
        }
    };
    let distinct = distinct(report, listed);
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
        .map(|row| key(row, listed))
        .filter(|key| distinct.contains_key(key))
        .collect();
    same("with a fix", fixed.len(), &truth["with_fix"]);
    wrong
}

/// What differs between a file's reading and its truth.
fn differences(folder: &Folder, bytes: Vec<u8>, truth: &Value) -> Vec<String> {
    let report = match reports::read_with(&(folder.whole)(bytes), Some(folder.format), ALL) {
        Err(error) => return vec![error.to_string()],
        Ok(report) => report,
    };
    assert_eq!(report.format, folder.format);
    let target = Target::image(Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap(), None, &report);
    let (document, _) = document::make(&target, Timestamp::from_unix(0)).unwrap();
    let n = document.images[0].vulnerabilities.iter().flatten().map(|v| v.findings.len()).sum::<usize>();
    assert!(n > 0 || report.rows.is_empty());
    policy::findings::packed::pack(&document).unwrap();
    compare(&report, truth, folder.listed)
}

#[test]
fn every_sample_counts_as_its_truth() {
    let Some(root) = samples() else { return };
    let truth: Value = serde_json::from_slice(&std::fs::read(root.join("TRUTH.json")).unwrap()).unwrap();
    let mut wrong = String::new();
    for folder in FOLDERS {
        let of_folder = |name: &str| name.strip_prefix(folder.name).is_some_and(|rest| rest.starts_with('/'));
        let mut n_agree = 0;
        for (name, truth) in truth.as_object().unwrap().iter().filter(|(name, _)| of_folder(name)) {
            let differences = differences(folder, std::fs::read(root.join(name)).unwrap(), truth);
            match (differences.as_slice(), argued::reason(name)) {
                ([], None) => n_agree += 1,
                ([], Some(reason)) => writeln!(wrong, "{name} agrees, so this is stale: {reason}").unwrap(),
                (_, None) => writeln!(wrong, "{name}: {}", differences.join("; ")).unwrap(),
                (_, Some(_)) => {}
            }
        }
        assert!(n_agree > 0, "{}", folder.name);
    }
    for name in argued::names().filter(|name| truth.get(*name).is_none()) {
        writeln!(wrong, "{name} is no sample").unwrap();
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_two_formats_claim_a_sample() {
    let Some(root) = samples() else { return };
    for folder in FOLDERS {
        for path in files(&root.join(folder.name)) {
            let bytes = (folder.whole)(std::fs::read(&path).unwrap());
            let Ok(outline) = reports::outline::text(&bytes).and_then(Outline::read) else { continue };
            let claims: Vec<(Format, String)> = Format::ALL
                .iter()
                .filter_map(|format| (format.reader().recognise)(&outline).map(|reason| (*format, reason)))
                .collect();
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            match claims.as_slice() {
                [] => {}
                [(format, reason)] => {
                    assert!(*format == folder.format || argued::is_of_another_format(&name), "{name}: {format:?}, {reason}");
                }
                claims => panic!("{name}: {claims:?}"),
            }
        }
    }
}

#[test]
fn other_documents_are_refused_with_a_sentence() {
    let Some(folder) = samples() else { return };
    for kind in ["_malformed", "_negative"] {
        for path in files(&folder.join(kind)) {
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
        ("openvex", ""),
        ("trivy-legacy-json", ""),
        ("trivy-k8s-json", ""),
        ("trivy-cosign-vuln", ""),
    ] {
        let mut n_named = 0;
        for path in files(&folder.join(kind)) {
            let error = reports::read(&std::fs::read(&path).unwrap(), None).expect_err(&path.display().to_string()).to_string();
            n_named += usize::from(error.contains(part));
        }
        assert!(n_named > 0, "{kind}");
    }
}
