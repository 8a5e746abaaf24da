//! OSV-Scanner's JSON (`osv-scanner scan image IMAGE --format json`, version 2; `--docker`, version 1) → [`Report`].
//!
//! Source: OSV-Scanner, "Output", and the OSV schema 1.7. It provides `aliases`, `publishedAt` and `path` (the source of a package), and
//! `cvss` where groups have a `max_severity`; no EPSS, no KEV, no dates of fixes. It states neither a digest, the time of the scan nor its own
//! version.
//!
//! Many records have no severity word. Their severity is then the band of the score that OSV-Scanner computed (CVSS v3.1, "Qualitative
//! Severity Rating Scale"), which is noted: a score of 9.8 must not pass as unknown.

mod raw;
mod rows;

use policy::findings::Field;

use crate::json;
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::{Format, Outline, Reader, ReportError, distro, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.google.osv-scanner+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    if !outline.has_list("results") {
        return None;
    }
    let key = ["experimental_config", "image_metadata"].into_iter().find(|key| outline.has(key));
    let by_item = || {
        let first = outline.member("results").and_then(|results| results.first())?;
        (first.has("packages") && first.has("source")).then_some("items with `source` and `packages`")
    };
    let what = key.or_else(by_item)?;
    Some(format!("`results` and {what}: OSV-Scanner's JSON"))
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: raw::Report = json::parse(text, "OSV-Scanner report")?;
    let results = raw.results.unwrap_or_default();
    let mut notes = Notes::default();
    let of_kind = |kind: &str| results.iter().any(|r| r.source.as_ref().and_then(|s| s.kind.as_deref()) == Some(kind));
    let is_image = raw.image_metadata.is_some() || of_kind("docker");
    let kind = match is_image {
        true => SubjectKind::Image,
        false => SubjectKind::Other("set of source files (no `image_metadata`)".to_owned()),
    };
    // Packages without vulnerabilities are listed only on demand.
    let claim = match results.iter().all(|result| result.packages.as_ref().is_none_or(Vec::is_empty)) {
        true => Claim::Unclear(
            "the OSV-Scanner report has no package at all, so that it does not show whether anything was looked at".to_owned(),
        ),
        false => Claim::Vulnerabilities,
    };
    let os: Option<Os> = raw.image_metadata.and_then(|metadata| metadata.os).as_deref().and_then(distro::of);
    let rows: Vec<Row> = results.into_iter().flat_map(|result| rows::rows(result, &mut notes)).collect();
    Ok(Report {
        format: Format::OsvScanner,
        scanner: Scanner { name: "osv-scanner".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os,
        subject: Subject { kind, name: None, digests: Vec::new(), image_id: None, platform: None },
        claim,
        provides: stated::provided(&[Field::Aliases, Field::PublishedAt, Field::Path], &[Field::Cvss], &rows),
        rows,
        notes,
    })
}
