//! [`Report`] + the digest it is about → findings document.
//!
//! One vulnerability for each id, aliases folded; findings distinct by package, installed version and path; the worst severity where
//! rows disagree. The order of rows never changes the document. Source: the findings document, schema version 1.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use policy::findings::check;
use policy::findings::{Document, Field, Finding, FixState, Image, Os, SCHEMA_VERSION, Scanner, Severity, Vulnerability};
use policy::image::Digest;
use policy::time::Timestamp;

use crate::fold::Names;
use crate::report::{Notes, Report, Row};
use crate::{ReportError, merge, report};

/// What a findings document is to be about.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// Digest of the image manifest or image index.
    pub subject: Digest,
    /// One entry for a single image, whose digest is the subject; one for every platform of an index.
    pub images: Vec<TargetImage<'a>>,
}

/// An image of a [`Target`].
#[derive(Clone, Debug)]
pub struct TargetImage<'a> {
    /// Digest of the image manifest.
    pub digest: Digest,
    /// `os/architecture[/variant]`, where known.
    pub platform: Option<String>,
    /// The report about it; without one it is stated as not scanned.
    pub report: Option<&'a Report>,
}

impl<'a> Target<'a> {
    /// A single image.
    #[must_use]
    pub fn image(digest: Digest, platform: Option<String>, report: &'a Report) -> Self {
        Self { subject: digest.clone(), images: vec![TargetImage { digest, platform, report: Some(report) }] }
    }
}

/// Makes the findings document of the target's reports and says what was folded on the way. `scanned_at` stands in where a report
/// does not say. Of several reports the document has the earliest times, and provides what all of them do.
///
/// # Errors
/// There is no report; neither a report nor the caller knows when the scan was finished; or the
/// document would break a law of findings documents.
pub fn make(target: &Target<'_>, scanned_at: Option<Timestamp>) -> Result<(Document<'static>, Notes), ReportError> {
    let reports: Vec<&Report> = target.images.iter().filter_map(|image| image.report).collect();
    let provides = merge::provided_by_all(&reports);
    let mut notes = Notes::default();
    let mut images = Vec::new();
    for image in &target.images {
        let vulnerabilities = image.report.map(|report| vulnerabilities(&report.rows, &provides, &mut notes));
        images.push(Image {
            digest: image.digest.as_str().to_owned().into(),
            platform: image.platform.clone().map(Cow::Owned),
            os: image.report.and_then(|report| report.os.as_ref()).map(os),
            vulnerabilities,
        });
    }
    let document = Document {
        schema_version: SCHEMA_VERSION,
        subject: target.subject.as_str().to_owned().into(),
        scanner: scanner(&reports)?,
        scanned_at: earliest(&reports, scanned_at)?,
        provides,
        images,
    };
    check::check(&document)
        .map_err(|e| ReportError::new(format!("no findings document can be made of the report: {e}"), None))?;
    Ok((document, notes))
}

/// The scanners of all reports; of what they do not agree on, nothing is said.
fn scanner(reports: &[&Report]) -> Result<Scanner<'static>, ReportError> {
    let together = report::Scanner::together(reports.iter().map(|report| &report.scanner));
    let scanner = together.ok_or_else(|| ReportError::new("a findings document needs a report of at least one image", None))?;
    Ok(Scanner {
        name: scanner.name.into(),
        version: scanner.version.map(Cow::Owned),
        database_updated_at: scanner.database_updated_at,
    })
}

fn earliest(reports: &[&Report], fallback: Option<Timestamp>) -> Result<Timestamp, ReportError> {
    let times: Option<Vec<Timestamp>> = reports.iter().map(|report| report.scanned_at.or(fallback)).collect();
    times.and_then(|times| times.into_iter().min()).ok_or_else(|| {
        let hint = "state it with `--scanned-at`, such as 2026-11-21T10:00:00Z";
        ReportError::new("the report does not say when the scan was finished", Some(hint))
    })
}

fn os(os: &report::Os) -> Os<'static> {
    Os { family: os.family.clone().into(), version: os.version.clone().map(Cow::Owned), end_of_life: os.end_of_life }
}

fn vulnerabilities(rows: &[Row], provides: &[Field], notes: &mut Notes) -> Vec<Vulnerability<'static>> {
    let names = Names::of(rows);
    let mut by_id: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_id.entry(names.id(&row.id)).or_default().push(row);
    }
    let mut vulnerabilities: Vec<Vulnerability<'static>> =
        by_id.into_iter().map(|(id, rows)| only(vulnerability(id, &rows, &names, notes), provides)).collect();
    vulnerabilities.sort_by(|a, b| (Reverse(a.severity), a.id.as_bytes()).cmp(&(Reverse(b.severity), b.id.as_bytes())));
    vulnerabilities
}

/// Without the fields that some other report of the document does not speak about.
pub(crate) fn only(mut v: Vulnerability<'static>, provides: &[Field]) -> Vulnerability<'static> {
    let has = |field| provides.contains(&field);
    v.aliases.retain(|_| has(Field::Aliases));
    v.cvss = v.cvss.filter(|_| has(Field::Cvss));
    v.epss = v.epss.filter(|_| has(Field::Epss));
    v.known_exploited = v.known_exploited.filter(|_| has(Field::KnownExploited));
    v.published_at = v.published_at.filter(|_| has(Field::PublishedAt));
    for finding in &mut v.findings {
        finding.fix_available_at = finding.fix_available_at.filter(|_| has(Field::FixAvailableAt));
        finding.path = finding.path.take().filter(|_| has(Field::Path));
        finding.vex = finding.vex.filter(|_| has(Field::Vex));
        finding.vex_source = finding.vex_source.take().filter(|_| has(Field::Vex));
    }
    v
}

fn vulnerability(id: &str, rows: &[&Row], names: &Names, notes: &mut Notes) -> Vulnerability<'static> {
    let severity = rows.iter().map(|row| row.severity).reduce(Severity::worse).unwrap_or(Severity::Unknown);
    if rows.iter().any(|row| row.severity != severity) {
        notes.add(format!("severities of `{id}` differ between its rows: the worst counts, `{}`", severity.word()));
    }
    if rows.iter().any(|row| !row.id.eq_ignore_ascii_case(id)) {
        notes.add(format!("rows under other names were folded into `{id}`"));
    }
    let all_names = || rows.iter().flat_map(|row| std::iter::once(&row.id).chain(&row.aliases));
    let (mut aliases, mut advisories): (Vec<&String>, Vec<&String>) =
        all_names().filter(|name| !name.eq_ignore_ascii_case(id)).partition(|name| names.is_alias(name, id));
    advisories.extend(rows.iter().flat_map(|row| &row.advisories));
    for list in [&mut aliases, &mut advisories] {
        list.sort_unstable();
        list.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    }
    let owned = |list: Vec<&String>| list.into_iter().map(|text| Cow::Owned(text.clone())).collect();
    Vulnerability {
        id: id.to_owned().into(),
        severity,
        findings: findings(rows, notes),
        aliases: owned(aliases),
        advisories: owned(advisories),
        cvss: rows.iter().filter_map(|row| row.cvss).max(),
        epss: rows.iter().filter_map(|row| row.epss).max(),
        known_exploited: rows.iter().filter_map(|row| row.known_exploited).max(),
        published_at: rows.iter().filter_map(|row| row.published_at).min(),
    }
}

/// The distinct findings of one vulnerability, sorted by package, installed version and path.
fn findings(rows: &[&Row], notes: &mut Notes) -> Vec<Finding<'static>> {
    let mut places: BTreeMap<(&str, Option<&str>, Option<&str>), Finding<'static>> = BTreeMap::new();
    for row in rows {
        let package = &row.package;
        let key = (package.purl.as_str(), package.installed.as_deref(), package.path.as_deref());
        let next = finding(row);
        match places.get_mut(&key) {
            Some(finding) => {
                notes.add("duplicate row");
                merge(finding, next);
            }
            None => {
                places.insert(key, next);
            }
        }
    }
    places.into_values().collect()
}

fn finding(row: &Row) -> Finding<'static> {
    Finding {
        purl: row.package.purl.clone().into(),
        installed: row.package.installed.clone().map(Cow::Owned),
        fixed: row.fixed.iter().cloned().map(Cow::Owned).collect(),
        fix_state: row.fix_state,
        fix_available_at: row.fix_available_at,
        path: row.package.path.clone().map(Cow::Owned),
        vex: row.vex.as_ref().map(|statement| statement.status),
        vex_source: row.vex.as_ref().map(|statement| statement.source.clone().into()),
    }
}

/// One finding of two rows for the same place. Where they disagree, what is known of a fix is kept, and a VEX status is not.
fn merge(finding: &mut Finding<'static>, other: Finding<'static>) {
    if finding.fixed != other.fixed {
        finding.fixed.extend(other.fixed);
        finding.fixed.sort_unstable();
        finding.fixed.dedup();
    }
    let weight = |state| match state {
        FixState::Unknown => 0,
        FixState::NotFixed => 1,
        FixState::WontFix => 2,
        FixState::Fixed => 3,
    };
    finding.fix_state = if weight(other.fix_state) > weight(finding.fix_state) { other.fix_state } else { finding.fix_state };
    finding.fix_available_at = match (finding.fix_available_at, other.fix_available_at) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if finding.vex != other.vex {
        (finding.vex, finding.vex_source) = (None, None);
    } else {
        finding.vex_source = finding.vex_source.take().min(other.vex_source);
    }
}
