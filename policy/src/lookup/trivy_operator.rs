//! trivy-operator's reports: those of the workload's namespace, of which the ones about the digest are read.
//!
//! Source: `VulnerabilityReport` of `aquasecurity.github.io/v1alpha1`; the findings document, "Sources inside the cluster".

use serde_json::Value;

use super::buffers::Buffers;
use super::evidence::{Kept, Scan};
use super::fault::{Asked, Failure, classify};
use super::host::{self, Host, Resource};
use super::report::{self, Budget, Report, Row};
use crate::findings::{CvssScore, Field, Os};
use crate::image::Digest;
use crate::limits;
use crate::time::Timestamp;

const REPORT: Resource = Resource {
    api_version: "aquasecurity.github.io/v1alpha1",
    kind: "VulnerabilityReport",
    fields: &[
        "report.artifact.digest",
        "report.os",
        "report.scanner",
        "report.summary",
        "report.updateTimestamp",
        "report.vulnerabilities.fixedVersion",
        "report.vulnerabilities.installedVersion",
        "report.vulnerabilities.packagePURL",
        "report.vulnerabilities.packagePath",
        "report.vulnerabilities.publishedDate",
        "report.vulnerabilities.resource",
        "report.vulnerabilities.score",
        "report.vulnerabilities.severity",
        "report.vulnerabilities.vulnerabilityID",
    ],
};
/// The counts of a report's summary that are of rows.
const COUNTS: [&str; 5] = ["criticalCount", "highCount", "mediumCount", "lowCount", "unknownCount"];

/// The reports of a namespace, each as its text. Its objects cannot be selected by digest.
pub(super) fn reports<'a>(host: &dyn Host, namespace: Option<&str>, buffers: &'a Buffers) -> Result<Vec<&'a str>, Failure> {
    let namespace = namespace.filter(|name| !name.is_empty());
    let namespace = namespace.ok_or_else(|| Failure::Unavailable("the request names no namespace".to_owned()))?;
    let answer = host::list_resources(host, &REPORT, namespace, None).map_err(|text| classify(&text, Asked::Report))?;
    report::answer(&answer, limits::NAMESPACE_REPORTS_BYTES)?;
    report::items(report::answer(buffers.keep(answer), limits::NAMESPACE_REPORTS_BYTES)?)
}

/// The report about an image among those of its namespace.
pub(super) fn look_up<'a>(reports: &[&str], subject: &Digest, budget: &mut Budget) -> Result<Scan<'a>, Failure> {
    let mut scans = Vec::new();
    // A report about the digest has its hex digits in it; most have not, and are not read.
    for text in reports.iter().filter(|text| text.contains(subject.hex())) {
        budget.take(text)?;
        let object = report::object(text)?;
        if report::text(&object, "/report/artifact/digest") == Some(subject.as_str()) {
            scans.push(report::read(&object, || read(&object, subject))?);
        }
    }
    report::choose(scans)
}

fn read<'a>(object: &Value, subject: &Digest) -> Result<Scan<'a>, Failure> {
    let body = object.get("report").unwrap_or(&Value::Null);
    let rows: Vec<Row> =
        report::list(body, "vulnerabilities", "/report")?.iter().map(read_row).collect::<Result<_, Failure>>()?;
    // Which fields it has depends on its version and configuration.
    let speaks = |has: fn(&Row) -> bool| rows.is_empty() || rows.iter().any(has);
    let fields = [
        (Field::Cvss, speaks(|row| row.cvss.is_some())),
        (Field::PublishedAt, speaks(|row| row.published_at.is_some())),
        (Field::Path, speaks(|row| row.finding.path.is_some())),
    ];
    let owned = |pointer: &str| report::text(body, pointer).map(str::to_owned);
    let report = Report {
        kept: Kept::TrivyOperator,
        object,
        scanner: (owned("/scanner/name").unwrap_or_else(|| "trivy-operator".to_owned()), owned("/scanner/version")),
        scanned_at: report::text(body, "/updateTimestamp").and_then(Timestamp::parse),
        // `none` is Trivy's word for none that it knows.
        os: owned("/os/family").filter(|family| family != "none").map(|family| Os {
            family: family.into(),
            version: owned("/os/name").map(Into::into),
            // Only said where it is so.
            end_of_life: Some(body.pointer("/os/eosl") == Some(&Value::Bool(true))),
        }),
        provides: fields.into_iter().filter_map(|(field, speaks)| speaks.then_some(field)).collect(),
        counted: report::counted(body, &COUNTS)?,
        rows,
    };
    report.into_scan(subject)
}

fn read_row(row: &Value) -> Result<Row, Failure> {
    let fixed = report::text(row, "/fixedVersion").unwrap_or_default().split(',').map(str::trim);
    let fixed = fixed.filter(|version| !version.is_empty()).map(str::to_owned).collect();
    Ok(Row {
        id: report::id(row, "vulnerabilityID")?,
        severity: report::severity(row)?,
        cvss: row.get("score").and_then(Value::as_f64).and_then(CvssScore::from_decimal),
        published_at: report::text(row, "/publishedDate").and_then(Timestamp::parse),
        finding: report::finding(row, "/packagePURL", "/resource", "/packagePath", fixed),
    })
}
