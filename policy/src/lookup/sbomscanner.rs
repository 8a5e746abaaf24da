//! SBOMscanner's reports: one object by its computed name, or those about a digest.
//!
//! Source: `VulnerabilityReport` of `storage.sbomscanner.kubewarden.io/v1alpha1` and the names that SBOMscanner's catalogue gives its
//! images; the findings document, "Sources inside the cluster".

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::evidence::{Kept, Scan};
use super::fault::{Asked, Failure, classify};
use super::host::{self, Host, Resource};
use super::report::{self, Budget, Report, Row};
use super::{Subject, Tag};
use crate::findings::{CvssScore, Field, VexStatus};
use crate::image::{DOCKER_HUB, Digest};
use crate::limits;
use crate::settings::SbomScanner;

const REPORT: Resource = Resource {
    api_version: "storage.sbomscanner.kubewarden.io/v1alpha1",
    kind: "VulnerabilityReport",
    fields: &[
        "imageMetadata.digest",
        "report.results.vulnerabilities.cve",
        "report.results.vulnerabilities.cvss",
        "report.results.vulnerabilities.fixedVersions",
        "report.results.vulnerabilities.installedVersion",
        "report.results.vulnerabilities.packageName",
        "report.results.vulnerabilities.packagePath",
        "report.results.vulnerabilities.purl",
        "report.results.vulnerabilities.severity",
        "report.results.vulnerabilities.suppressed",
        "report.results.vulnerabilities.vexStatus",
        "report.summary",
    ],
};
/// The counts of a report's summary; together they are its rows.
const COUNTS: [&str; 6] = ["critical", "high", "medium", "low", "unknown", "suppressed"];

/// The report about an image.
pub(super) fn look_up<'a>(
    host: &dyn Host,
    scanner: &SbomScanner,
    subject: Subject<'_>,
    budget: &mut Budget,
) -> Result<Scan<'a>, Failure> {
    let namespace = scanner.namespace.as_str();
    if let Some(name) = name(scanner, subject) {
        match host::get_resource(host, &REPORT, Some(namespace), &name).map_err(|text| classify(&text, Asked::Report)) {
            Ok(answer) => {
                let text = report::answer(&answer, limits::HOST_ANSWER_BYTES)?;
                budget.take(text)?;
                let object = report::object(text)?;
                return report::read(&object, || read(&object, subject.digest));
            }
            // A tag that is only a comment makes no name that must exist.
            Err(Failure::Absent) if matches!(subject.tag, Tag::Comment(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    let selector = format!("imageMetadata.digest={}", subject.digest);
    let answer =
        host::list_resources(host, &REPORT, namespace, Some(&selector)).map_err(|text| classify(&text, Asked::Report))?;
    let mut scans = Vec::new();
    // SBOMscanner's API server selects what is there at first; to the watch that the host keeps, it sends what any namespace gets later.
    let items = report::items(report::answer(&answer, limits::NAMESPACE_REPORTS_BYTES)?)?;
    for item in items.into_iter().filter(|item| item.contains(subject.digest.hex())) {
        budget.take(item)?;
        let object = report::object(item)?;
        let is_asked_for = report::text(&object, "/metadata/namespace") == Some(namespace)
            && report::text(&object, "/imageMetadata/digest") == Some(subject.digest.as_str());
        if is_asked_for {
            scans.push(report::read(&object, || read(&object, subject.digest))?);
        }
    }
    report::choose(scans)
}

/// The name of a report, where the settings tell under which `Registry` object the image is scanned and the reference has a tag.
fn name(scanner: &SbomScanner, subject: Subject<'_>) -> Option<String> {
    let (Tag::Resolved(tag) | Tag::Comment(Some(tag))) = subject.tag else { return None };
    let Subject { repository, digest, .. } = subject;
    let object = scanner.registry_object(repository)?;
    // SBOMscanner calls Docker Hub by the name of its index.
    let host = if repository.starts_with(&format!("{DOCKER_HUB}/")) { "index." } else { "" };
    let hash = Sha256::digest(format!("{object}/{host}{repository}:{tag}@{digest}"));
    Some(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn read<'a>(object: &Value, subject: &Digest) -> Result<Scan<'a>, Failure> {
    let about = report::text(object, "/imageMetadata/digest").unwrap_or_default();
    if about != subject.as_str() {
        return report::unreadable("report: `/imageMetadata/digest`", subject.as_str(), about);
    }
    let body = object.get("report").unwrap_or(&Value::Null);
    let mut rows = Vec::new();
    for result in report::list(body, "results", "/report")? {
        for row in report::list(result, "vulnerabilities", "/report/results")? {
            rows.push(read_row(row)?);
        }
    }
    let report = Report {
        kept: Kept::SbomScanner,
        object,
        scanner: ("sbomscanner".to_owned(), None),
        // It states none; that of the object's creation is not that of the last scan.
        scanned_at: None,
        os: None,
        provides: vec![Field::Cvss, Field::Path, Field::Vex],
        counted: report::counted(body, &COUNTS)?,
        rows,
    };
    report.into_scan(subject)
}

fn read_row(row: &Value) -> Result<Row, Failure> {
    let fixed = row.get("fixedVersions").and_then(Value::as_array).into_iter().flatten();
    let fixed = fixed.filter_map(Value::as_str).filter(|version| !version.is_empty()).map(str::to_owned).collect();
    let mut finding = report::finding(row, "/purl", "/packageName", "/packagePath", fixed);
    // Only what SBOMscanner itself sets aside: a statement that it did not act on sets nothing aside here either.
    if row.get("suppressed") == Some(&Value::Bool(true)) {
        finding.vex = report::text(row, "/vexStatus/status").and_then(VexStatus::from_word);
        finding.vex_source = report::text(row, "/vexStatus/repository").map(|source| source.to_owned().into());
    }
    let scores = row.get("cvss").and_then(Value::as_object).into_iter().flatten();
    let score = |(_, cvss): (&String, &Value)| number(cvss.get("v3score")?.as_str()?).and_then(CvssScore::from_decimal);
    Ok(Row {
        id: report::id(row, "cve")?,
        severity: report::severity(row)?,
        cvss: scores.filter_map(score).max(),
        published_at: None,
        finding,
    })
}

/// As JSON writes it: what reads JSON is there, and the module has to be small.
fn number(text: &str) -> Option<f64> {
    serde_json::from_str::<Value>(text).ok()?.as_f64()
}
