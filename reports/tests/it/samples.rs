//! The readers against real reports, where a folder of them is at hand: `shared/samples` beside the repository. Its `TRUTH.json`
//! says, independently, what each file states. Without the folder there is nothing to compare and the tests pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use policy::findings::Severity;
use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::Row;
use reports::{Format, Outline, Report};
use serde_json::Value;

/// The folders whose files are reports of a format that is read.
const FOLDERS: &[(&str, Format)] = &[
    ("trivy-json", Format::Trivy),
    ("trivy-legacy-json", Format::TrivyLegacy),
    ("trivy-k8s-json", Format::TrivyKubernetes),
    ("grype-json", Format::Grype),
    ("trivy-sarif", Format::Sarif),
    ("grype-sarif", Format::Sarif),
    ("snyk-sarif", Format::Sarif),
    ("sarif-other", Format::Sarif),
    ("trivy-cyclonedx", Format::CycloneDx),
    ("grype-cyclonedx", Format::CycloneDx),
    ("cyclonedx-other", Format::CycloneDx),
    ("cyclonedx-vex", Format::CycloneDx),
    ("intoto-vuln", Format::InToto),
    ("trivy-cosign-vuln", Format::CosignVuln),
    ("cosign-vuln-spec", Format::CosignVuln),
];

/// Where a reader and the independent count disagree, and why the reader is right. An entry that no longer disagrees fails the test.
const DISAGREEMENTS: &[(&str, &str)] = &[
    (
        "trivy-legacy-json/django-DefectDojo__legacy_trivy_mix.json",
        "a row that has nothing but `PkgName` names no vulnerability: dropped and noted here, counted there",
    ),
    (
        "grype-json/django-DefectDojo__anchore_grype_epss_problem.json",
        "cut by hand to `matches` alone: nothing says that Grype wrote it, nor about what, so it is not recognised",
    ),
    (
        "grype-sarif/trivy-sarif-demo__results.sarif",
        "every result is suppressed from outside (429, counted apart there): a suppression is not a VEX statement, so they count here",
    ),
    ("sarif-other/trivy-sarif-demo__demo-results.sarif", "as above: all 429 results are suppressed"),
    (
        "sarif-other/django-DefectDojo__dependency_check.sarif",
        "an unknown tool whose results name neither severities nor packages nor always ids: refused",
    ),
    (
        "intoto-vuln/trivy__centos-7-cyclonedx.intoto.jsonl",
        "a statement about a bill of materials (predicate type `https://cyclonedx.org/bom`): refused, where an empty list is counted there",
    ),
    ("grype-cyclonedx/django-DefectDojo__grype.xml", "XML, of which only the JSON form is read: refused by name"),
    ("grype-cyclonedx/django-DefectDojo__grype_dd_1_14_1.xml", "as above"),
    ("cyclonedx-other/django-DefectDojo__jake.xml", "as above"),
];

pub(crate) fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

/// The files of a folder with their names, sorted.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().filter(|path| path.is_file()).map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

/// Sources of VEX statuses that stand on rows of the list itself, not on rows that were taken out of it.
const COUNTED: [&str; 2] = ["trivy report", "CycloneDX analysis"];

/// The worst severity of each distinct (id, package, version), of the rows that the scan itself counts.
fn distinct(report: &Report) -> BTreeMap<(&str, &str, Option<&str>), Severity> {
    let mut distinct = BTreeMap::new();
    let is_counted = |row: &&Row| row.vex.as_ref().is_none_or(|v| COUNTED.iter().any(|own| v.source.starts_with(own)));
    for row in report.rows.iter().filter(is_counted) {
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
    let by_severity = truth.get("by_severity_source").unwrap_or(&truth["by_severity"]);
    for severity in Severity::ALL {
        let n = distinct.values().filter(|s| *s == severity).count();
        same(severity.word(), n, &by_severity[severity.word()]);
    }
    same("ids", distinct.keys().map(|(id, ..)| id).collect::<BTreeSet<_>>().len(), &truth["distinct_ids"]);
    if matches!(report.format, Format::Trivy | Format::TrivyLegacy | Format::TrivyKubernetes | Format::Grype) {
        let fixed: BTreeSet<_> = report
            .rows
            .iter()
            .filter(|row| !row.fixed.is_empty())
            .map(|row| (row.id.as_str(), row.package.name.as_str(), row.package.installed.as_deref()))
            .filter(|key| distinct.contains_key(key))
            .collect();
        same("with a fix", fixed.len(), &truth["with_fix"]);
    }
    wrong
}

/// What is wrong with the reading of one file, its claim and its subject apart: what they are is another question.
fn disagreement(format: Format, bytes: &[u8], truth: &Value) -> Vec<String> {
    let text = match reports::outline::text(bytes) {
        Ok(text) => text,
        Err(error) => return vec![error.to_string()],
    };
    let is_recognised = Outline::read(text).is_ok_and(|outline| (format.reader().recognise)(&outline).is_some());
    if !is_recognised {
        return vec![format!("not recognised as {}", format.name())];
    }
    let report = match (format.reader().read)(text) {
        Ok(report) => report,
        Err(error) => return vec![error.to_string()],
    };
    assert_eq!(report.format, format);
    let target = Target::image(Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap(), None, &report);
    let (document, _) = document::make(&target, Timestamp::from_unix(0)).unwrap();
    policy::findings::packed::pack(&document).unwrap();
    compare(&report, truth)
}

#[test]
fn every_sample_counts_as_its_truth() {
    let Some(folder) = samples() else { return };
    let truth: Value = serde_json::from_slice(&std::fs::read(folder.join("TRUTH.json")).unwrap()).unwrap();
    let (mut n_read, mut wrong, mut argued) = (0, Vec::new(), BTreeSet::new());
    for (kind, format) in FOLDERS {
        for (name, bytes) in files(&folder.join(kind)) {
            let name = format!("{kind}/{name}");
            n_read += 1;
            let found = disagreement(*format, &bytes, &truth[&name]);
            match DISAGREEMENTS.iter().find(|(file, _)| *file == name) {
                Some((file, _)) if !found.is_empty() => drop(argued.insert(*file)),
                Some(_) => wrong.push(format!("{name}: argued to disagree, and agrees")),
                None => wrong.extend(found.into_iter().map(|what| format!("{name}: {what}"))),
            }
        }
    }
    assert!(n_read > 20);
    assert_eq!(wrong.join("\n"), "", "of {n_read} reports");
    assert_eq!(argued.len(), DISAGREEMENTS.len(), "each argued disagreement is about a file");
}

/// No two formats claim one document, and each is what its folder says.
#[test]
fn every_sample_is_recognised_as_what_its_folder_says_or_not_at_all() {
    let Some(folder) = samples() else { return };
    let kinds: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    let (mut n_recognised, mut wrong) = (0, Vec::new());
    for path in kinds {
        let kind = path.file_name().unwrap().to_string_lossy().into_owned();
        let expected = FOLDERS.iter().find(|(folder, _)| *folder == kind).map(|(_, format)| *format);
        for (name, bytes) in files(&path) {
            let Ok(text) = reports::outline::text(&bytes) else { continue };
            let Ok(outline) = Outline::read(text) else { continue };
            let claims: Vec<Format> =
                Format::ALL.iter().copied().filter(|format| (format.reader().recognise)(&outline).is_some()).collect();
            n_recognised += usize::from(!claims.is_empty());
            let is_shared = SHARED.iter().any(|(folder, format)| *folder == kind && claims == [*format]);
            if claims.len() > 1 || claims.first().is_some_and(|claim| Some(*claim) != expected && !is_shared) {
                wrong.push(format!("{kind}/{name}: {claims:?}"));
            }
        }
    }
    assert!(n_recognised > 20);
    assert_eq!(wrong.join("\n"), "");
}

/// Folders that hold documents of a format of another name.
const SHARED: &[(&str, Format)] =
    &[("_negative", Format::Trivy), ("_negative", Format::Sarif), ("_negative", Format::CycloneDx), ("stackrox", Format::Sarif)];

#[test]
fn other_documents_are_refused_with_a_sentence() {
    let Some(folder) = samples() else { return };
    for kind in ["_malformed", "_negative"] {
        for (name, bytes) in files(&folder.join(kind)) {
            let error = reports::read(&bytes, None).expect_err(&name).to_string();
            assert!(error.len() > 30 && !error.contains('\n'), "{name}: {error}");
        }
    }
}

#[test]
fn reports_of_other_formats_are_refused_by_name() {
    let Some(folder) = samples() else { return };
    for (kind, part) in [("trivy-operator-cr", "Kubernetes object"), ("openvex", ""), ("harbor", ""), ("snyk-json", "")] {
        let mut n_named = 0;
        for (name, bytes) in files(&folder.join(kind)) {
            let error = reports::read(&bytes, None).expect_err(&name).to_string();
            n_named += usize::from(error.contains(part));
        }
        assert!(n_named > 0, "{kind}");
    }
}
