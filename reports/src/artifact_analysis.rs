//! Google Artifact Analysis: occurrences of an image, as the API lists them (`occurrences`), as `gcloud artifacts docker images
//! list-vulnerabilities --format=json` prints them (a list), and as `gcloud artifacts docker images describe
//! --show-package-vulnerability --format=json` groups them → [`Report`].
//!
//! Source: Grafeas API version 1, "Occurrence", "VulnerabilityOccurrence", "DiscoveryOccurrence" and "Risk". It provides `cvss`, `path`
//! (`fileLocation`) and `vex` (`vexAssessment`), and `epss` and `knownExploited` where an occurrence carries a `risk`; no dates of
//! publication or of fixes, and no aliases.

mod occurrence;
mod rows;

use std::collections::BTreeSet;

use policy::findings::Field;

use self::occurrence::Occurrence;
use crate::json::{self, Table, members};
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::{Format, Outline, Reader, ReportError, distro, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.google.artifact-analysis+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let what = if outline.has_list("occurrences") {
        "a list `occurrences`"
    } else if outline.has("image_summary") && (outline.has("package_vulnerability_summary") || outline.has("discovery_summary")) {
        "`image_summary` beside a summary of findings"
    } else if is_occurrence(&outline.first()?) {
        "a list of occurrences"
    } else {
        return None;
    };
    Some(format!("{what}: Google Artifact Analysis"))
}

fn is_occurrence(item: &Outline<'_>) -> bool {
    item.has("noteName") && (item.has("vulnerability") || item.has("discovery"))
}

members! {
    struct Document {
        occurrences: Vec<Occurrence>,
        next_page_token: String = "nextPageToken",
        image_summary: ImageSummary,
        package_vulnerability_summary: PackageSummary,
        discovery_summary: DiscoverySummary,
    }

    struct ImageSummary {
        digest: String,
        fully_qualified_digest: String,
    }

    struct PackageSummary {
        /// By severity.
        vulnerabilities: Table<String, Vec<Occurrence>>,
    }

    struct DiscoverySummary {
        discovery: Vec<Occurrence>,
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    // Told apart by the first byte, so that an error names the place in the right shape.
    let document = if text.trim_start().starts_with('[') {
        Document { occurrences: Some(json::parse(text, "Google Artifact Analysis listing")?), ..Document::default() }
    } else {
        json::parse(text, "Google Artifact Analysis result")?
    };
    if filled(document.next_page_token).is_some() {
        return Err(ReportError::new(
            "the answer of Google Artifact Analysis is one page of several (`nextPageToken`), so that findings are missing",
            Some("list the occurrences with `gcloud artifacts docker images list-vulnerabilities`, which fetches all pages"),
        ));
    }
    let mut occurrences = document.occurrences.unwrap_or_default();
    occurrences.extend(
        document
            .package_vulnerability_summary
            .and_then(|s| s.vulnerabilities)
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(_, listed)| listed),
    );
    let (discoveries, findings): (Vec<Occurrence>, Vec<Occurrence>) =
        occurrences.into_iter().partition(|occurrence| occurrence.discovery.is_some());
    let discoveries: Vec<Occurrence> =
        discoveries.into_iter().chain(document.discovery_summary.and_then(|s| s.discovery).unwrap_or_default()).collect();
    let mut notes = Notes::default();
    let resources: BTreeSet<String> =
        findings.iter().chain(&discoveries).filter_map(|occurrence| occurrence.resource()).collect();
    let subject = subject(&resources, document.image_summary.unwrap_or_default());
    let scans = discoveries.iter().filter_map(|o| o.discovery.as_ref().and_then(|d| d.last_scan_time.as_ref()));
    let scanned_at = scans.filter_map(|at| scalar::time(Some(at), "date of the scan", &mut notes)).max();
    let has_risk = findings.iter().any(|occurrence| occurrence.vulnerability.as_ref().is_some_and(|v| v.risk.is_some()));
    let os = os(&findings);
    let rows: Vec<Row> = findings.into_iter().flat_map(|occurrence| rows::rows(occurrence, has_risk, &mut notes)).collect();
    let claim = claim(&discoveries, rows.is_empty(), &mut notes)?;
    Ok(Report {
        format: Format::ArtifactAnalysis,
        scanner: Scanner { name: "artifact-analysis".to_owned(), version: None, database_updated_at: None },
        scanned_at,
        os,
        subject,
        claim,
        provides: stated::provided(&[Field::Cvss, Field::Path, Field::Vex], &[Field::Epss, Field::KnownExploited], &rows),
        rows,
        notes,
    })
}

/// The analysis must have ended well. Without a word about it, findings show that it ran, and their absence shows nothing.
fn claim(discoveries: &[Occurrence], is_empty: bool, notes: &mut Notes) -> Result<Claim, ReportError> {
    let states: Vec<&str> = discoveries
        .iter()
        .filter_map(|occurrence| occurrence.discovery.as_ref())
        .map(|discovery| discovery.analysis_status.as_deref().unwrap_or("ANALYSIS_STATUS_UNSPECIFIED"))
        .collect();
    if let Some(state) = states.iter().find(|state| !matches!(**state, "FINISHED_SUCCESS" | "COMPLETE")) {
        return Err(ReportError::new(
            format!("the analysis by Google Artifact Analysis is not complete: its status is `{state}`"),
            Some("wait until `analysisStatus` is `FINISHED_SUCCESS`"),
        ));
    }
    if !states.is_empty() {
        return Ok(Claim::Vulnerabilities);
    }
    if is_empty {
        return Ok(Claim::Unclear(
            "the Google Artifact Analysis result names no vulnerability and has no occurrence of the kind `DISCOVERY`, so that it does not show whether the image was analysed"
                .to_owned(),
        ));
    }
    notes.add("no occurrence of the kind `DISCOVERY`: the report does not say whether the analysis was finished");
    Ok(Claim::Vulnerabilities)
}

/// The one image that all occurrences are about.
fn subject(resources: &BTreeSet<String>, summary: ImageSummary) -> Subject {
    let mut resources = resources.clone();
    if resources.is_empty() {
        resources.extend(filled(summary.fully_qualified_digest));
    }
    let digest_of = |name: &String| name.split_once('@').map(|(_, digest)| digest.to_owned());
    let kind = match resources.iter().collect::<Vec<_>>().as_slice() {
        [] => SubjectKind::Image,
        [only] if only.contains('@') => SubjectKind::Image,
        [only] => SubjectKind::Other(format!("resource without an image digest (`{only}`)")),
        several => SubjectKind::Other(format!("set of {} resources", several.len())),
    };
    let mut digests: BTreeSet<String> = resources.iter().filter_map(digest_of).collect();
    digests.extend(filled(summary.digest));
    Subject {
        kind,
        name: resources.into_iter().next().map(|name| name.trim_start_matches("https://").to_owned()),
        digests: digests.into_iter().collect(),
        image_id: None,
        platform: None,
    }
}

/// The distribution by which the packages of the operating system were judged (`cpe:/o:debian:debian_linux:12`), where it is one.
fn os(findings: &[Occurrence]) -> Option<Os> {
    let issues = findings.iter().flat_map(|o| o.vulnerability.iter()).flat_map(|v| v.package_issue.iter().flatten());
    let cpes: BTreeSet<&str> =
        issues.filter(|issue| issue.is_of_os()).filter_map(|issue| issue.affected_cpe_uri.as_deref()).collect();
    match cpes.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => distro::of(&only.replace("_linux", "")),
        _ => None,
    }
}
