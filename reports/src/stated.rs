//! What a format states of one finding → rows of the normal form: names told apart, words judged, doubts counted.
//!
//! Every reader says what its format states in these terms, so that the same doubt is settled the same way in all of them.

use std::sync::Arc;

use memchr::memchr;
use policy::findings::{CvssScore, Epss, Field, FixState, VexStatus};
use policy::time::Timestamp;

use crate::Texts;
use crate::ecosystem::Ecosystem;
use crate::names::{self, Identity};
use crate::report::{Notes, Package, Row, Statement};
use crate::scalar::{self, filled};
use crate::text::{Text, trim};

/// One finding as stated.
#[derive(Debug)]
pub(crate) struct Stated<'a> {
    /// The scanner's own id.
    pub(crate) id: Option<String>,
    /// Every other name that is stated for the same finding.
    pub(crate) names: Vec<String>,
    /// Bulletins and other findings that are stated beside it, and are not it.
    pub(crate) advisories: Vec<String>,
    /// What the finding is called where no catalogue lists it.
    pub(crate) title: Option<String>,
    pub(crate) severity: Option<Text<'a>>,
    pub(crate) cvss: Option<CvssScore>,
    pub(crate) epss: Option<Epss>,
    pub(crate) known_exploited: Option<bool>,
    pub(crate) published_at: Option<Timestamp>,
    /// As the scanner wrote it; made of ecosystem, name and version where it did not.
    pub(crate) purl: Option<String>,
    pub(crate) ecosystem: Ecosystem,
    /// The package, where the reader has made it: then nothing else is said of one.
    pub(crate) made: Option<Arc<Package>>,
    pub(crate) package: Option<String>,
    pub(crate) installed: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) fixed: Texts,
    pub(crate) fix_state: FixState,
    pub(crate) fix_available_at: Option<Timestamp>,
    pub(crate) vex: Option<Statement>,
}

impl Default for Stated<'_> {
    fn default() -> Self {
        Self {
            id: None,
            names: Vec::new(),
            advisories: Vec::new(),
            title: None,
            severity: None,
            cvss: None,
            epss: None,
            known_exploited: None,
            published_at: None,
            purl: None,
            ecosystem: Ecosystem::GENERIC,
            made: None,
            package: None,
            installed: None,
            path: None,
            fixed: Texts::default(),
            fix_state: FixState::Unknown,
            fix_available_at: None,
            vex: None,
        }
    }
}

impl Stated<'_> {
    /// The rows of the finding: one, or one for each CVE of a finding that covers several. None where it names neither a vulnerability
    /// nor a package.
    pub(crate) fn rows(self, notes: &mut Notes) -> Vec<Row> {
        let mut rows = Vec::with_capacity(1);
        self.list(&mut rows, notes);
        rows
    }

    /// Like [`Stated::rows`], at the end of the rows that there are.
    pub(crate) fn list(mut self, rows: &mut Vec<Row>, notes: &mut Notes) {
        let name = if self.made.is_some() { None } else { filled(self.package).or_else(|| self.purl.clone()) };
        // One name is what most rows have, and nothing is told apart of it.
        let sole = names::sole(&mut self.id, &mut self.names);
        let identities = match sole {
            Some(_) => Vec::new(),
            None => {
                let known = self.made.as_ref().map(|package| package.name.as_str()).or(name.as_deref());
                let identities = names::told_apart(self.id, self.names, self.title, known, notes);
                if identities.is_empty() {
                    return;
                }
                identities
            }
        };
        let package = self.made.unwrap_or_else(|| {
            // A vulnerability counts, wherever it is.
            let name = name.unwrap_or_else(|| {
                notes.add("row without a package");
                "unknown".to_owned()
            });
            let installed = filled(self.installed);
            let purl = self.purl.unwrap_or_else(|| self.ecosystem.purl(&name, installed.as_deref()));
            Arc::new(Package { purl, name, installed, path: self.path })
        });
        if package.installed.is_none() {
            notes.add("row without an installed version");
        }
        let severity = scalar::severity(self.severity.as_deref(), notes);
        let is_whole = sole.is_some();
        let row = Row {
            id: sole.unwrap_or_default(),
            aliases: Texts::default(),
            advisories: self.advisories.into(),
            severity,
            cvss: self.cvss,
            epss: self.epss,
            known_exploited: self.known_exploited,
            published_at: self.published_at,
            package,
            fixed: self.fixed,
            fix_state: self.fix_state,
            fix_available_at: self.fix_available_at,
            vex: self.vex.map(Box::new),
        };
        match is_whole {
            true => rows.push(row),
            false => rows.extend(of_each(identities, row)),
        }
    }
}

/// A row for each identity, all the same otherwise; what the row names as advisories comes after those of the identity.
pub(crate) fn of_each(identities: Vec<Identity>, row: Row) -> Vec<Row> {
    let named = |mut row: Row, identity: Identity| {
        row.id = identity.id;
        row.aliases = identity.aliases.into();
        if !identity.advisories.is_empty() {
            row.advisories = identity.advisories.into_iter().chain(row.advisories.iter().cloned()).collect();
        }
        row
    };
    let mut rows = Vec::with_capacity(identities.len());
    let mut identities = identities.into_iter().peekable();
    // All but the last take a copy.
    while let Some(identity) = identities.next() {
        if identities.peek().is_none() {
            rows.push(named(row, identity));
            break;
        }
        rows.push(named(row.clone(), identity));
    }
    rows
}

/// A statement of the report itself; `None` for a word that is no VEX status, which is noted.
pub(crate) fn statement(status: &str, source: &str, notes: &mut Notes) -> Option<Statement> {
    let status = match status.to_ascii_lowercase().as_str() {
        "not_affected" => VexStatus::NotAffected,
        "affected" => VexStatus::Affected,
        "fixed" => VexStatus::Fixed,
        "under_investigation" => VexStatus::UnderInvestigation,
        "" | "state_unspecified" => return None,
        other => {
            notes.add(format!("VEX status `{other}`: not taken"));
            return None;
        }
    };
    Some(Statement { status, source: source.to_owned() })
}

/// A fix exists where a version is named; otherwise what its absence means, which each format decides.
pub(crate) fn fix_state(fixed: &[String], otherwise: FixState) -> FixState {
    if fixed.is_empty() { otherwise } else { FixState::Fixed }
}

/// The fields that a report speaks about: some always, some only in newer versions or other shapes of its format, which is shown by a row
/// that has one. Of a report without rows nothing is unknown.
pub(crate) fn provided(always: &[Field], where_stated: &[Field], rows: &[Row]) -> Vec<Field> {
    let has = |field: &Field| match field {
        Field::Aliases => rows.iter().any(|row| !row.aliases.is_empty()),
        Field::Cvss => rows.iter().any(|row| row.cvss.is_some()),
        Field::Epss => rows.iter().any(|row| row.epss.is_some()),
        Field::KnownExploited => rows.iter().any(|row| row.known_exploited.is_some()),
        Field::PublishedAt => rows.iter().any(|row| row.published_at.is_some()),
        Field::FixAvailableAt => rows.iter().any(|row| row.fix_available_at.is_some()),
        Field::Path => rows.iter().any(|row| row.package.path.is_some()),
        Field::Vex => rows.iter().any(|row| row.vex.is_some()),
    };
    always.iter().chain(where_stated.iter().filter(|field| rows.is_empty() || has(field))).copied().collect()
}

/// Versions of a comma-separated list, as [`parts`] reads it.
pub(crate) fn versions(list: Option<&str>) -> Texts {
    parts(list).into()
}

/// The parts of a comma-separated list, but words for nothing.
pub(crate) fn parts(list: Option<&str>) -> Vec<String> {
    // The words for nothing begin with an `n`.
    let is_none = |v: &str| {
        v.starts_with(['n', 'N']) && ["none", "notavailable", "n/a", "not fixed"].iter().any(|word| v.eq_ignore_ascii_case(word))
    };
    let is_version = |v: &&str| !v.is_empty() && !is_none(v);
    let list = list.unwrap_or_default();
    // One version is what most lists have: they take room for no more.
    if memchr(b',', list.as_bytes()).is_none() {
        return Some(trim(list)).filter(is_version).map(str::to_owned).into_iter().collect();
    }
    let versions = list.split(',').map(trim).filter(is_version);
    let mut all = Vec::with_capacity(versions.clone().count());
    all.extend(versions.map(str::to_owned));
    all
}

#[cfg(test)]
mod tests {
    use policy::findings::Severity;

    use super::*;

    #[test]
    fn a_finding_without_a_name_counts_where_it_says_anything() {
        let mut notes = Notes::default();
        assert!(Stated::default().rows(&mut notes).is_empty());
        let titled = Stated { title: Some("Loop in\nparser".to_owned()), package: Some("a".to_owned()), ..Stated::default() };
        assert_eq!(titled.rows(&mut notes)[0].id, "Loop in parser");
        let packaged = Stated { package: Some("openssl".to_owned()), installed: Some("1".to_owned()), ..Stated::default() };
        assert_eq!(packaged.rows(&mut notes)[0].id, "unidentified in openssl");
        let nowhere =
            Stated { id: Some("CVE-1".to_owned()), severity: Some(Text::from("SEVERE".to_owned())), ..Stated::default() };
        let row = nowhere.rows(&mut notes).remove(0);
        assert_eq!((row.package.name.as_str(), row.severity), ("unknown", Severity::Unknown));
        let notes: Vec<(&str, usize)> = notes.iter().collect();
        assert_eq!(
            notes,
            [
                ("row dropped: it names no vulnerability", 1),
                ("row without a package", 1),
                ("row without a severity: unknown", 2),
                ("row without an id: named by what it says", 2),
                ("row without an installed version", 2),
                ("severity word `SEVERE`: unknown", 1),
            ]
        );
    }

    #[test]
    fn what_no_row_has_is_not_provided() {
        let stated = Stated { id: Some("CVE-1".to_owned()), epss: Epss::new(1), ..Stated::default() };
        let rows = stated.rows(&mut Notes::default());
        let optional = [Field::Epss, Field::KnownExploited];
        assert_eq!(provided(&[Field::Cvss], &optional, &rows), [Field::Cvss, Field::Epss]);
        assert_eq!(provided(&[Field::Cvss], &optional, &[]), [Field::Cvss, Field::Epss, Field::KnownExploited]);
    }

    #[test]
    fn statements_and_versions_are_taken_by_their_words() {
        let mut notes = Notes::default();
        assert_eq!(statement("NOT_AFFECTED", "x", &mut notes).unwrap().status, VexStatus::NotAffected);
        assert_eq!(statement("perhaps", "x", &mut notes), None);
        assert_eq!(notes.iter().collect::<Vec<_>>(), [("VEX status `perhaps`: not taken", 1)]);
        assert_eq!(versions(Some("1.2, 1.3 ,")), ["1.2", "1.3"]);
        assert!(versions(Some("None")).is_empty() && versions(Some("NotAvailable")).is_empty() && versions(None).is_empty());
    }
}
