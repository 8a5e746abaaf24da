//! Anchore's vulnerabilities of an image: the engine's and the enterprise API's answer (`imageDigest` or `image_digest` beside
//! `vulnerabilities`), `anchorectl`'s list, and the export of the user interface (`securityEvaluation`) → [`Report`].
//!
//! Source: Anchore Enterprise API 2, "VulnerabilityResponse"; Anchore Engine API 1; `anchorectl image vulnerabilities -o json`. Members
//! are written in snake case or in camel case. It provides `aliases` (`nvd_data`, `cves`), and `cvss`, `path` and
//! `knownExploited` where a row has one. `fixObservedAt` is when Anchore saw a fix, not since when there has been one: it is not taken.

mod raw;
mod rows;

use policy::findings::Field;

use self::rows::{Listed, Vulnerabilities};
use crate::json::{self, members};
use crate::report::{Claim, Notes, Report, Scanner, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::{Format, Outline, Reader, ReportError, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.anchore.vulnerabilities+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    if outline.has_list("securityEvaluation") && outline.has("metadata") {
        return Some("`securityEvaluation` beside `metadata`: an export of Anchore's".to_owned());
    }
    let inner = outline.member("vulnerabilities");
    let is_nested = inner.as_ref().is_some_and(|inner| inner.has_list("vulnerabilities"));
    let list = inner.as_ref().filter(|_| is_nested).and_then(|inner| inner.member("vulnerabilities")).or(inner);
    let mark = ["imageDigest", "image_digest", "vulnerability_type", "vulnerabilityType", "sbom_id"]
        .into_iter()
        .find(|key| outline.has(key));
    if let Some(mark) = mark.filter(|_| outline.has_list("vulnerabilities") || is_nested) {
        return Some(format!("`vulnerabilities` beside `{mark}`: Anchore's"));
    }
    let first = list.and_then(|list| list.first()).or_else(|| outline.first())?;
    is_item(&first).then(|| "a list of vulnerabilities with `vuln` or its id, and a package: Anchore's".to_owned())
}

fn is_item(item: &Outline<'_>) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| item.has(key));
    has(&["packageName", "package_name"])
        && (item.has("vuln") || has(&["vulnerability_id", "vulnerabilityId"]) && has(&["fixState", "fix_state", "kev"]))
}

members! {
    struct Raw<'a> {
        image_digest: String = "imageDigest" | "image_digest",
        /// `all`, `os` or `non-os`: what was asked for.
        vulnerability_type: String = "vulnerability_type" | "vulnerabilityType",
        vulnerabilities: Vulnerabilities<'a>,
        security_evaluation: Listed<'a> = "securityEvaluation",
        metadata: raw::Metadata,
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let mut subject = Subject { kind: SubjectKind::Image, name: None, digests: Vec::new(), image_id: None, platform: None };
    let mut notes = Notes::default();
    let (mut scanned_at, mut kind) = (None, None);
    let listed = if text.trim_start().starts_with('[') {
        json::parse(text, "list of Anchore's")?
    } else {
        let raw: Raw<'_> = json::parse(text, "Anchore report")?;
        subject.digests.extend(filled(raw.image_digest));
        kind = filled(raw.vulnerability_type).filter(|kind| kind != "all");
        if let Some(metadata) = raw.metadata {
            scanned_at = scalar::time(metadata.timestamp.as_ref(), "date of the report", &mut notes);
            subject.name = metadata.name();
            subject.digests.extend(filled(metadata.image_digest));
        }
        match (raw.vulnerabilities, raw.security_evaluation) {
            (Some(Vulnerabilities(listed)), _) | (None, Some(listed)) => listed,
            (None, None) => Listed::default(),
        }
    };
    // Anchore answers for images that it has analysed; a list that names none may be of anything.
    let claim = match kind {
        Some(kind) => Claim::Unclear(format!(
            "the Anchore report is about packages of the type `{kind}` only (`vulnerability_type`), and does not show the others"
        )),
        None if listed.is_empty() && subject.digests.is_empty() => Claim::Unclear(
            "the Anchore report is empty and names no image, so that it does not show whether one was looked at".to_owned(),
        ),
        None => Claim::Vulnerabilities,
    };
    let (rows, os) = listed.read(&mut notes);
    Ok(Report {
        format: Format::Anchore,
        scanner: Scanner { name: "anchore".to_owned(), version: None, database_updated_at: None },
        scanned_at,
        os,
        subject,
        claim,
        provides: stated::provided(&[Field::Aliases], &[Field::Cvss, Field::Path, Field::KnownExploited], &rows),
        rows,
        notes,
    })
}
