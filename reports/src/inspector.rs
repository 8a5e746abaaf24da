//! Amazon Inspector's findings of one image (`aws inspector2 list-findings`) → [`Report`].
//!
//! Source: Amazon Inspector API version 2020-06-08, "ListFindings". It provides `cvss` (Inspector's own score), `epss`, `publishedAt`
//! (`vendorCreatedAt`), `path` and `vex` (a finding that Inspector closed is one that it no longer sees). Related vulnerabilities are
//! not aliases: they are kept as advisories, except the CVEs of a bulletin, which are what it is about. The answer does not say which
//! filter it was asked with: what a filter kept back is not in the report.

pub(crate) mod about;
pub(crate) mod finding;

use crate::json::{self, members};
use crate::report::{Claim, Notes, Report, Scanner};
use crate::{Format, Outline, Reader, ReportError, scalar};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.amazon.inspector2.findings+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let first = outline.member("findings").and_then(|findings| findings.first())?;
    first.has("findingArn").then(|| "`findings` whose items have a `findingArn`: Amazon Inspector's findings".to_owned())
}

members! {
    struct Raw {
        findings: Vec<finding::Finding>,
        next_token: String = "nextToken",
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "list of Amazon Inspector's findings")?;
    if scalar::filled(raw.next_token).is_some() {
        return Err(ReportError::new(
            "the answer of Amazon Inspector is one page of several (`nextToken`), so that findings are missing",
            Some("let the AWS CLI fetch all pages: leave out `--no-paginate` and `--max-items`"),
        ));
    }
    let findings = raw.findings.unwrap_or_default();
    let mut notes = Notes::default();
    let about = about::about(&findings, &mut notes);
    let rows = finding::rows(findings, &mut notes);
    Ok(Report {
        format: Format::Inspector,
        scanner: Scanner { name: "inspector".to_owned(), version: None, database_updated_at: None },
        scanned_at: about.observed_at,
        os: about.os,
        subject: about.subject,
        claim: Claim::Vulnerabilities,
        provides: finding::provides(&rows),
        rows,
        notes,
    })
}
