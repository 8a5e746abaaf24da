//! Several reports about one image → one: everything that any of them found, and only what all of them speak about.
//!
//! Severities and names are folded where the document is made ([`crate::document`]): the worst severity counts. A field that one of the
//! scanners says nothing about is unknown of the whole. A package that two scanners write with other qualifiers is one package. The order
//! of the reports changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use policy::findings::Field;
use policy::time::Timestamp;

use crate::report::{Notes, Os, Report, Row, Scanner};

/// What stands between the names of scanners that looked at the same image.
const AND: &str = "+";

/// Merges reports about the same image; `None` of none. `scanned_at` stands in where a report does not say when its scan was finished.
/// The subject, the claim and the format are those of the first by name: they are judged before.
#[must_use]
pub fn merge(reports: Vec<Report>, scanned_at: Option<Timestamp>) -> Option<Report> {
    if reports.len() < 2 {
        return reports.into_iter().next();
    }
    let mut reports = reports;
    reports.sort_by(|a, b| (&a.scanner.name, a.format, a.rows.len()).cmp(&(&b.scanner.name, b.format, b.rows.len())));
    let scanner = Scanner::together(reports.iter().map(|report| &report.scanner))?;
    let times: Option<Vec<Timestamp>> = reports.iter().map(|report| report.scanned_at.or(scanned_at)).collect();
    let all: Vec<&Report> = reports.iter().collect();
    let provides = provided_by_all(&all);
    let mut notes = Notes::default();
    for report in &reports {
        notes.extend(&report.notes);
        for field in report.provides.iter().filter(|field| !provides.contains(field)) {
            notes.add(format!("`{}` is not known of all findings: not every report speaks about it", field.name()));
        }
    }
    let os = os(reports.iter().filter_map(|report| report.os.as_ref()), &mut notes);
    let spelling = Spelling::of(&reports);
    let rows = reports.iter().flat_map(|report| &report.rows).map(|row| spelling.apply(only(row.clone(), &provides))).collect();
    let first = reports.into_iter().next()?;
    Some(Report { scanner, scanned_at: times.and_then(|times| times.into_iter().min()), os, provides, rows, notes, ..first })
}

/// The fields that every report speaks about.
pub(crate) fn provided_by_all(reports: &[&Report]) -> Vec<Field> {
    let first = reports.first().map(|report| report.provides.clone()).unwrap_or_default();
    let fields: BTreeSet<Field> =
        first.into_iter().filter(|field| reports.iter().all(|report| report.provides.contains(field))).collect();
    fields.into_iter().collect()
}

impl Scanner {
    /// The scanners of all reports as one: their names in order, `grype+trivy`. Of the version and the database that is said which all
    /// say: the same version, the oldest database.
    pub(crate) fn together<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Option<Self> {
        let names: BTreeSet<&str> = all.clone().flat_map(|scanner| scanner.name.split(AND)).collect();
        let versions: BTreeSet<Option<&str>> = all.clone().map(|scanner| scanner.version.as_deref()).collect();
        let version = versions.first().copied().flatten().filter(|_| names.len() == 1 && versions.len() == 1);
        let built: Option<Vec<Timestamp>> = all.map(|scanner| scanner.database_updated_at).collect();
        (!names.is_empty()).then(|| Self {
            name: names.into_iter().collect::<Vec<_>>().join(AND),
            version: version.map(str::to_owned),
            database_updated_at: built.and_then(|times| times.into_iter().min()),
        })
    }
}

/// The system that the reports name; that it is no longer maintained counts where any of them says so.
fn os<'a>(all: impl Iterator<Item = &'a Os> + Clone, notes: &mut Notes) -> Option<Os> {
    let end_of_life = all.clone().filter_map(|os| os.end_of_life).max();
    // With the version, where one is said.
    let mut named: Vec<(&str, Option<&str>)> = all.map(|os| (os.family.as_str(), os.version.as_deref())).collect();
    named.sort_unstable_by_key(|(family, version)| (version.is_none(), *family, *version));
    let families: BTreeSet<&str> = named.iter().map(|(family, _)| *family).collect();
    if families.len() > 1 {
        let families: Vec<&str> = families.into_iter().collect();
        notes.add(format!("the reports name different operating systems: {}", families.join(", ")));
    }
    let (family, version) = named.first()?;
    Some(Os { family: (*family).to_owned(), version: version.map(str::to_owned), end_of_life })
}

/// A row without what not every report speaks about. Aliases stay, since vulnerabilities are folded by them.
fn only(mut row: Row, provides: &[Field]) -> Row {
    let has = |field| provides.contains(&field);
    row.cvss = row.cvss.filter(|_| has(Field::Cvss));
    row.epss = row.epss.filter(|_| has(Field::Epss));
    row.known_exploited = row.known_exploited.filter(|_| has(Field::KnownExploited));
    row.published_at = row.published_at.filter(|_| has(Field::PublishedAt));
    row.fix_available_at = row.fix_available_at.filter(|_| has(Field::FixAvailableAt));
    if row.package.path.is_some() && !has(Field::Path) {
        Arc::make_mut(&mut row.package).path = None;
    }
    row.vex = row.vex.filter(|_| has(Field::Vex));
    row
}

/// How packages are written: a package URL without qualifiers → the spelling that stands for all reports.
struct Spelling(BTreeMap<String, String>);

impl Spelling {
    /// Where a report itself tells two spellings apart (two architectures), they stay apart.
    fn of(reports: &[Report]) -> Self {
        let mut spellings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut told_apart = BTreeSet::new();
        for report in reports {
            let mut own: BTreeMap<&str, &str> = BTreeMap::new();
            for row in &report.rows {
                let (bare, purl) = (bare(&row.package.purl), row.package.purl.as_str());
                if *own.entry(bare).or_insert(purl) != purl {
                    told_apart.insert(bare);
                }
                spellings.entry(bare).or_default().insert(purl);
            }
        }
        let chosen = spellings.into_iter().filter(|(bare, all)| all.len() > 1 && !told_apart.contains(bare));
        // The one that says most.
        let longest = |all: BTreeSet<&str>| all.into_iter().max_by_key(|purl| purl.len()).map(str::to_owned);
        Self(chosen.filter_map(|(bare, all)| Some((bare.to_owned(), longest(all)?))).collect())
    }

    fn apply(&self, mut row: Row) -> Row {
        if let Some(purl) = self.0.get(bare(&row.package.purl)) {
            Arc::make_mut(&mut row.package).purl.clone_from(purl);
        }
        row
    }
}

/// A package URL without qualifiers and subpath.
fn bare(purl: &str) -> &str {
    purl.split(['?', '#']).next().unwrap_or(purl)
}
