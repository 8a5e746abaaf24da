//! CISA's catalogue of known exploited vulnerabilities, as JSON → which vulnerabilities of reports are in it.
//!
//! Source: CISA, "Known Exploited Vulnerabilities Catalog", `known_exploited_vulnerabilities.json` and its schema: `catalogVersion`,
//! `dateReleased`, `count`, `vulnerabilities[].cveID`.

use std::collections::BTreeSet;

use policy::findings::Field;
use policy::time::Timestamp;

use super::{cves, note_without_cve};
use crate::json::{self, members};
use crate::report::{Notes, Report};
use crate::{Outline, ReportError, foreign, outline, scalar, words};

/// The catalogue of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// `2026.11.20`, where it says so.
    pub version: Option<String>,
    /// When it was released, where it says so.
    pub released_at: Option<Timestamp>,
    cves: BTreeSet<String>,
}

members! {
    struct Raw {
        catalog_version: String = "catalogVersion",
        date_released: String = "dateReleased",
        count: u64,
        vulnerabilities: Vec<Listed> = "vulnerabilities" required,
    }

    struct Listed {
        cve: String = "cveID" required,
    }
}

const HINT: &str = "the catalogue is published as known_exploited_vulnerabilities.json";

/// Reads a catalogue.
///
/// # Errors
/// What was expected and what was found, where it is not CISA's catalogue or not all of it.
pub fn read(bytes: &[u8]) -> Result<Catalogue, ReportError> {
    let text = outline::text(bytes)?;
    let outline = Outline::read(text)?;
    if !outline.has_list("vulnerabilities") || !outline.has("catalogVersion") {
        let what = foreign::describe(&outline);
        return Err(ReportError::new(format!("expected CISA's KEV catalogue, found {what}"), Some(HINT)));
    }
    let raw: Raw = json::parse(text, "KEV catalogue")?;
    let n_listed = raw.vulnerabilities.len();
    // What is cut off would count as never exploited.
    if n_listed == 0 || raw.count.is_some_and(|count| usize::try_from(count) != Ok(n_listed)) {
        let counted = raw.count.map_or_else(|| "some".to_owned(), |count| count.to_string());
        let message = format!("expected a KEV catalogue with {counted} vulnerabilities as it counts itself, found {n_listed}");
        return Err(ReportError::new(message, Some(HINT)));
    }
    if let Some(wrong) = raw.vulnerabilities.iter().find(|listed| !words::is_cve(&listed.cve)) {
        return Err(ReportError::new(format!("expected CVE ids in the KEV catalogue, found `{}`", *wrong.cve), Some(HINT)));
    }
    let mut notes = Notes::default();
    Ok(Catalogue {
        version: scalar::filled(raw.catalog_version),
        released_at: scalar::time(raw.date_released.as_deref(), "`dateReleased`", &mut notes),
        cves: raw.vulnerabilities.0.into_iter().map(|listed| listed.cve.to_ascii_uppercase()).collect(),
    })
}

impl Catalogue {
    /// How many vulnerabilities are in it.
    #[must_use]
    pub fn n_listed(&self) -> usize {
        self.cves.len()
    }

    /// Says of the rows of a report whether they are known to be exploited; what the report itself says so of stays. From then on it
    /// speaks about `knownExploited`.
    pub fn apply(&self, report: &mut Report) {
        let mut notes = Notes::default();
        for row in &mut report.rows {
            let is_listed = cves(row).any(|cve| self.cves.contains(&cve));
            row.known_exploited = row.known_exploited.max(Some(is_listed));
        }
        note_without_cve(report, "the KEV catalogue", &mut notes);
        report.notes.extend(&notes);
        if !report.provides.contains(&Field::KnownExploited) {
            report.provides.push(Field::KnownExploited);
        }
    }
}
