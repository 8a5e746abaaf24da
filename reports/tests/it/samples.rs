//! The readers against real reports. The `TRUTH.json` beside them says, independently, what each file states.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use policy::findings::Severity;
use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::Row;
use reports::{Format, Outline, Report};
use serde_json::Value;

use crate::argued;
use crate::folders::{FOLDERS, Folder, files, samples};

/// Whether a VEX status stands on a row of the list itself, not on one that the scanner took out of it.
fn is_counted(row: &Row) -> bool {
    let source = row.vex.as_ref().map_or("", |vex| &vex.source);
    source.is_empty()
        || source.starts_with("CycloneDX analysis")
        || source.contains(" report") && !source.starts_with("grype report")
}

type Key<'a> = (&'a str, &'a str, Option<&'a str>);

/// The worst severity of each distinct (id, package, version), of the rows that the scan itself counts.
fn distinct<'a>(report: &'a Report, listed: fn(&Row) -> &str) -> BTreeMap<Key<'a>, Severity> {
    let mut distinct = BTreeMap::new();
    for row in report.rows.iter().filter(|row| is_counted(row)) {
        let worst = distinct.entry(key(row, listed)).or_insert(row.severity);
        *worst = row.severity.max(*worst);
    }
    distinct
}

fn key(row: &Row, listed: fn(&Row) -> &str) -> Key<'_> {
    (listed(row), row.package.name.as_str(), row.package.installed.as_deref())
}

fn compare(report: &Report, truth: &Value, folder: &Folder) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, ours: usize, theirs: &Value| {
        if theirs.as_u64() != u64::try_from(ours).ok() {
            wrong.push(format!("{what}: {ours} here, {theirs} there"));
        }
    };
    let distinct = distinct(report, folder.listed);
    same("distinct", distinct.len(), &truth["distinct"]);
    let by_severity = truth.get("by_severity_source").unwrap_or(&truth["by_severity"]);
    for severity in Severity::ALL {
        let n = distinct.values().filter(|s| *s == severity).count();
        same(severity.word(), n, &by_severity[severity.word()]);
    }
    same("ids", distinct.keys().map(|(id, ..)| id).collect::<BTreeSet<_>>().len(), &truth["distinct_ids"]);
    if folder.has_fixes {
        let fixed: BTreeSet<_> = report
            .rows
            .iter()
            .filter(|row| !row.fixed.is_empty())
            .map(|row| key(row, folder.listed))
            .filter(|key| distinct.contains_key(key))
            .collect();
        same("with a fix", fixed.len(), &truth["with_fix"]);
    }
    wrong
}

/// What differs between a file's reading and its truth, its claim and its subject apart: what they are is another question.
fn differences(folder: &Folder, bytes: Vec<u8>, truth: &Value) -> Vec<String> {
    let bytes = (folder.whole)(bytes);
    let read = reports::outline::text(&bytes).and_then(|text| {
        let is_recognised = (folder.format.reader().recognise)(&Outline::read(text)?).is_some();
        is_recognised.then(|| (folder.format.reader().read)(text)).transpose()
    });
    let report = match read {
        Ok(Some(report)) => report,
        Ok(None) => return vec![format!("not recognised as {}", folder.format.name())],
        Err(error) => return vec![error.to_string()],
    };
    assert_eq!(report.format, folder.format);
    let target = Target::image(Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap(), None, &report);
    let (document, _) = document::make(&target, Timestamp::from_unix(0)).unwrap();
    let n = document.images[0].vulnerabilities.iter().flatten().map(|v| v.findings.len()).sum::<usize>();
    assert!(n > 0 || report.rows.is_empty());
    policy::findings::packed::pack(&document).unwrap();
    compare(&report, truth, folder)
}

#[test]
fn every_sample_counts_as_its_truth() {
    let Some(root) = samples() else { return };
    let truth: Value = serde_json::from_slice(&std::fs::read(root.join("TRUTH.json")).unwrap()).unwrap();
    let (mut wrong, mut seen) = (String::new(), BTreeSet::new());
    for folder in FOLDERS {
        let n_before = seen.len();
        for (name, bytes) in files(&root.join(folder.name)) {
            let name = format!("{}/{name}", folder.name);
            let differences = differences(folder, bytes, &truth[&name]);
            match (differences.as_slice(), argued::reason(&name)) {
                ([], None) => {}
                ([], Some(reason)) => writeln!(wrong, "{name} agrees, so this is stale: {reason}").unwrap(),
                (_, None) => writeln!(wrong, "{name}: {}", differences.join("; ")).unwrap(),
                (_, Some(_)) => {}
            }
            seen.insert(name);
        }
        assert!(seen.len() > n_before, "{}", folder.name);
    }
    for name in argued::names().filter(|name| !seen.contains(*name)) {
        writeln!(wrong, "{name} is no sample").unwrap();
    }
    assert_eq!(wrong, "");
}

/// Folders of no format that is read, or of another, in which documents lie that a reader claims.
const ELSEWHERE: &[(&str, Format)] =
    &[("_negative", Format::Trivy), ("_negative", Format::Sarif), ("_negative", Format::CycloneDx), ("stackrox", Format::Sarif)];

/// Over all folders: no two formats claim one document, and each is what its folder says.
#[test]
fn no_two_formats_claim_a_sample() {
    let Some(root) = samples() else { return };
    let kinds: Vec<_> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    let (mut wrong, mut recognised) = (String::new(), BTreeSet::new());
    for path in kinds {
        let kind = path.file_name().unwrap().to_string_lossy().into_owned();
        let folder = FOLDERS.iter().find(|folder| folder.name == kind);
        for (name, bytes) in files(&path) {
            let bytes = folder.map_or_else(|| bytes.clone(), |folder| (folder.whole)(bytes.clone()));
            let Ok(outline) = reports::outline::text(&bytes).and_then(Outline::read) else { continue };
            let claims: Vec<Format> =
                Format::ALL.iter().copied().filter(|format| (format.reader().recognise)(&outline).is_some()).collect();
            recognised.extend(claims.iter().copied());
            let is_expected = |claim: Format| {
                folder.is_some_and(|folder| folder.format == claim) || ELSEWHERE.contains(&(kind.as_str(), claim))
            };
            match claims.as_slice() {
                [] => {}
                [claim] if is_expected(*claim) => {}
                claims => writeln!(wrong, "{kind}/{name}: {claims:?}").unwrap(),
            }
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(recognised.len(), Format::ALL.len(), "{recognised:?}");
}

#[test]
fn other_documents_are_refused_with_a_sentence() {
    let Some(root) = samples() else { return };
    for kind in ["_malformed", "_negative"] {
        for (name, bytes) in files(&root.join(kind)) {
            let error = reports::read(&bytes, None).expect_err(&name).to_string();
            assert!(error.len() > 30 && !error.contains('\n'), "{name}: {error}");
        }
    }
}

#[test]
fn documents_of_no_format_are_refused_by_name() {
    let Some(root) = samples() else { return };
    for (kind, part) in [("openvex", "OpenVEX"), ("csaf-vex", "CSAF"), ("aws-asff", "Security Hub"), ("sysdig", "unknown kind")] {
        let mut n_named = 0;
        for (name, bytes) in files(&root.join(kind)) {
            let error = reports::read(&bytes, None).expect_err(&name).to_string();
            n_named += usize::from(error.contains(part));
        }
        assert!(n_named > 0, "{kind}");
    }
}
