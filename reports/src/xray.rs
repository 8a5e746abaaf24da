//! JFrog Xray, in the shapes in which it hands findings out → [`Report`]:
//!
//! - `summary`: the artifact summary of the API, `artifacts[]` with `general` and `issues`;
//! - `scan`: an on-demand or graph scan, an object or a list with `scan_id` and `vulnerabilities`;
//! - `listing`: a vulnerabilities report, `rows[]` beside `total_rows`, and components or violations, `data[]` beside `total_count`;
//! - `docker`: `jf docker scan --format simple-json`, `vulnerabilities` with an `impactedPackageName`.
//!
//! Source: Xray REST API 2, "Artifact Summary", "Scan Graph", "Get Vulnerabilities Report Content"; JFrog CLI, simple JSON. It provides
//! `cvss`, and `path` where a row has one; no aliases, EPSS, KEV or dates. An issue about several CVEs is a row for each,
//! with Xray's id as an advisory; one without a CVE keeps Xray's id, or its summary where it has none.

mod component;
mod docker;
mod listing;
mod scan;
mod summary;

use policy::findings::{CvssScore, Field};

use crate::json::members;
use crate::report::{Claim, Notes, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::{Format, Outline, Reader, ReportError, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.jfrog.xray+json", recognise, read };

type Read = fn(&str) -> Result<Report, ReportError>;

fn recognise(outline: &Outline<'_>) -> Option<String> {
    shape(outline).map(|(what, _)| format!("{what}: JFrog Xray"))
}

fn shape(outline: &Outline<'_>) -> Option<(&'static str, Read)> {
    let first_of = |key: &str| outline.member(key).and_then(|list| list.first());
    let is_scan = |o: &Outline<'_>| o.has("scan_id") && (o.has("vulnerabilities") || o.has("component_id") || o.has("status"));
    Some(if first_of("artifacts").is_some_and(|a| a.has("general") || a.has("issues")) {
        ("`artifacts` with `issues`", summary::read)
    } else if is_scan(outline) || outline.first().is_some_and(|first| is_scan(&first)) {
        ("`scan_id` beside `vulnerabilities`", scan::read)
    } else if outline.has_list("rows") && outline.has("total_rows") {
        ("`rows` beside `total_rows`", listing::rows)
    } else if outline.has("total_count") && first_of("data").is_some_and(|d| d.has("component_versions")) {
        ("`data` with `component_versions`", listing::data)
    } else if outline.has_list("vulnerabilities")
        && (outline.has("scansStatus") || first_of("vulnerabilities").is_some_and(|v| v.has("impactedPackageName")))
    {
        ("`vulnerabilities` with an `impactedPackageName`, or beside `scansStatus`", docker::read)
    } else {
        return None;
    })
}

fn read(text: &str) -> Result<Report, ReportError> {
    let by_head = shape(&Outline::head(text));
    let by_whole = || Outline::read(text).map(|outline| shape(&outline));
    match by_head.map_or_else(by_whole, |shape| Ok(Some(shape)))? {
        Some((_, read)) => read(text),
        None => Err(ReportError::new("the JFrog Xray report has none of its known shapes", None)),
    }
}

members! {
    /// A CVE of an issue, with its scores: `7.2/CVSS:3.1/…`, `5.9`, or the score on its own.
    struct Cve {
        cve: String = "cve" | "id",
        cvss_v2: Scalar = "cvss_v2" | "cvssV2",
        cvss_v2_score: Scalar,
        cvss_v3: Scalar = "cvss_v3" | "cvssV3",
        cvss_v3_score: Scalar,
    }
}

/// The ids of an issue's CVEs, and its score: the highest of version 3, else of version 2.
fn cves(cves: Option<Vec<Cve>>, notes: &mut Notes) -> (Vec<String>, Option<CvssScore>) {
    let cves = cves.unwrap_or_default();
    let mut highest = |of: fn(&Cve) -> Option<&Scalar>| {
        let head = |score: &Scalar| match score {
            Scalar::Text(text) => Scalar::Text(text.split('/').next().unwrap_or_default().to_owned()),
            other => other.clone(),
        };
        cves.iter().filter_map(of).filter_map(|score| scalar::score(Some(&head(score)), notes)).max()
    };
    let score = highest(|cve| cve.cvss_v3.as_ref().or(cve.cvss_v3_score.as_ref()))
        .or_else(|| highest(|cve| cve.cvss_v2.as_ref().or(cve.cvss_v2_score.as_ref())));
    (cves.into_iter().filter_map(|cve| filled(cve.cve)).collect(), score)
}

/// `[3.1.1-r3]` and `≥ 2:1.6.4-3` are versions in Xray's notation of ranges.
fn fixed(versions: Option<Vec<String>>) -> Vec<String> {
    let bare = |version: String| {
        let version = version.trim().trim_start_matches(['≥', '>', '=']).trim();
        version
            .strip_prefix('[')
            .and_then(|v| v.strip_suffix(']'))
            .filter(|v| !v.contains(','))
            .unwrap_or(version)
            .trim()
            .to_owned()
    };
    versions.unwrap_or_default().into_iter().map(bare).filter(|version| !version.is_empty()).collect()
}

/// Under a watch or a project Xray answers with what breaks a policy of its own, and not with what it found.
fn only_violations() -> ReportError {
    ReportError::new(
        "the JFrog Xray report lists only violations of its own policies, and not the vulnerabilities",
        Some("scan without watches and projects, or with `--vuln`"),
    )
}

/// What is the same in every shape.
fn report(subject: Subject, claim: Claim, rows: Vec<Row>, notes: Notes) -> Report {
    Report {
        format: Format::Xray,
        scanner: Scanner { name: "xray".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os: None,
        subject,
        claim,
        provides: stated::provided(&[Field::Cvss], &[Field::Path], &rows),
        rows,
        notes,
    }
}

/// What was scanned, from Xray's word for its kind.
fn subject(kind: Option<&str>, name: Option<String>) -> Subject {
    let of_name = name.as_deref().and_then(|name| name.split_once("://")).map(|(kind, _)| kind);
    let kind = match filled(kind.map(str::to_ascii_lowercase)).as_deref().or(of_name) {
        Some("docker" | "oci") => SubjectKind::Image,
        Some(other) => SubjectKind::Other(format!("package of the kind {other}")),
        None => SubjectKind::Other("thing that it does not name".to_owned()),
    };
    Subject { kind, name, digests: Vec::new(), image_id: None, platform: None }
}
