//! Trivy's JSON of before 0.20 (`trivy image --format json`, schema version 1): a bare list of results → [`Report`].
//!
//! Source: Trivy 0.19, `pkg/report/writer.go`. The list names neither image, kind of thing scanned, time nor version, so it is taken for
//! a report of an image only on the user's word, and the time of the scan has to be stated. Of the operating system it has what stands
//! in the target's parentheses; whether that is still maintained it does not say. It provides what the rows of schema version 2 of that
//! age have: `aliases`, `cvss`, `publishedAt` and `path`.

use policy::findings::Field;

use super::{Listed, listed, packages, raw};
use crate::json;
use crate::report::{Claim, Notes, Os, Report, Scanner, Subject};
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.aquasec.trivy.report.v1+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let first = outline.first()?;
    let key = ["Vulnerabilities", "Type", "Class"].into_iter().find(|key| first.has(key))?;
    first.text("Target")?;
    Some(format!("a list whose first item has `Target` and `{key}`: Trivy's JSON of before 0.20"))
}

fn read(text: &str) -> Result<Report, ReportError> {
    let results: Vec<raw::ResultOf<'_>> = json::parse(text, "Trivy report")?;
    let os = results.iter().find_map(os);
    let mut notes = Notes::default();
    let Listed { rows, shown } = listed(results, &mut notes);
    let is_of_packages =
        !rows.is_empty() || shown.iter().any(|s| s.kind.as_deref().is_some_and(|kind| packages::purl_type(kind).is_some()));
    let claim = match is_of_packages {
        true => Claim::Vulnerabilities,
        false => Claim::Unclear(
            "the Trivy report has no result of packages, so that it does not show whether they were scanned".to_owned(),
        ),
    };
    Ok(Report {
        format: Format::TrivyLegacy,
        scanner: Scanner { name: "trivy".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os,
        subject: Subject::unnamed(),
        claim,
        provides: vec![Field::Aliases, Field::Cvss, Field::PublishedAt, Field::Path],
        rows,
        notes,
    })
}

/// The operating system of a result's target, such as `debian:12 (debian 12.5)` of the type `debian`.
fn os(result: &raw::ResultOf<'_>) -> Option<Os> {
    let (family, target) = (result.kind.as_deref()?, result.target.as_deref()?);
    let (_, inside) = target.strip_suffix(')')?.rsplit_once('(')?;
    let version = inside.strip_prefix(family)?.trim();
    Some(Os { family: family.to_owned(), version: Some(version.to_owned()).filter(|v| !v.is_empty()), end_of_life: None })
}
