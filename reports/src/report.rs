//! The normal form of a scanner report: what every reader makes and [`crate::document`] turns into a findings document.
//!
//! It keeps rows as the scanner lists them; folding and counting come later. It knows no format.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use policy::findings::{CvssScore, Epss, Field, FixState, Severity, VexStatus};
use policy::time::Timestamp;

use crate::{Format, Texts, words};

/// A scanner report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The format it was read from.
    pub format: Format,
    /// Who looked.
    pub scanner: Scanner,
    /// When the scan was finished; absent where the report does not say.
    pub scanned_at: Option<Timestamp>,
    /// The image's operating system, where the scanner saw one.
    pub os: Option<Os>,
    /// What it says it is about.
    pub subject: Subject,
    /// Whether it shows that it looked for vulnerabilities.
    pub claim: Claim,
    /// The optional fields that this scanner speaks about at all.
    pub provides: Vec<Field>,
    /// One for each finding as listed, duplicates included.
    pub rows: Vec<Row>,
    /// What a person should know about the reading.
    pub notes: Notes,
}

/// Who looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    /// `trivy`.
    pub name: String,
    /// Its version, where the report says so.
    pub version: Option<String>,
    /// When its database was built, where the report says so.
    pub database_updated_at: Option<Timestamp>,
}

/// An operating system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Os {
    /// `debian`.
    pub family: String,
    /// `12.5`, where known.
    pub version: Option<String>,
    /// Whether its publisher has stopped maintaining it; `None` where the scanner does not say.
    pub end_of_life: Option<bool>,
}

/// What a report says it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// An image, or something else.
    pub kind: SubjectKind,
    /// The name as given to the scanner.
    pub name: Option<String>,
    /// Digests of manifests, as `sha256:…`; of the platform's manifest or of the index.
    pub digests: Vec<String>,
    /// Digest of the image's configuration.
    pub image_id: Option<String>,
    /// `os/architecture[/variant]`.
    pub platform: Option<String>,
}

impl Subject {
    /// A subject of which the format says nothing.
    pub(crate) fn unnamed() -> Self {
        Self { kind: SubjectKind::unnamed(), name: None, digests: Vec::new(), image_id: None, platform: None }
    }
}

/// The kind of thing that was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// A container image.
    Image,
    /// Something else, with the word for it.
    Other(String),
}

impl SubjectKind {
    const UNNAMED: &str = "thing that it does not name";

    /// The kind of a subject of which the format says nothing.
    pub(crate) fn unnamed() -> Self {
        Self::Other(Self::UNNAMED.to_owned())
    }

    /// Whether the report leaves open what it is about: then whatever carried it has to say.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        *self == Self::unnamed()
    }
}

/// Whether a report shows that it looked for vulnerabilities. An empty list is not a clean scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It does.
    Vulnerabilities,
    /// It shows neither that it did nor that it did not, with the sentence that says so.
    Unclear(String),
    /// It is about something else, with the sentence that says so.
    None(String),
}

/// One finding as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The id as listed.
    pub id: String,
    /// Other ids of the same vulnerability.
    pub aliases: Texts,
    /// Bulletins that cover it among others.
    pub advisories: Texts,
    /// As stated.
    pub severity: Severity,
    /// The base score that belongs to the stated severity.
    pub cvss: Option<CvssScore>,
    /// EPSS probability.
    pub epss: Option<Epss>,
    /// In the CISA KEV catalogue.
    pub known_exploited: Option<bool>,
    /// When the vulnerability was published.
    pub published_at: Option<Timestamp>,
    /// Where it was found; rows of the same package may share it.
    pub package: Arc<Package>,
    /// Versions that fix it, in the scanner's order.
    pub fixed: Texts,
    /// What the package's publisher does about it.
    pub fix_state: FixState,
    /// Since when a fix has been available.
    pub fix_available_at: Option<Timestamp>,
    /// A VEX statement that the report carries.
    pub vex: Option<Box<Statement>>,
}

/// A package of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// As the scanner wrote it, or made of type, name and version.
    pub purl: String,
    /// As the scanner wrote it.
    pub name: String,
    /// Installed version.
    pub installed: Option<String>,
    /// Location in the image, without a leading slash.
    pub path: Option<String>,
}

/// A VEX statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its status.
    pub status: VexStatus,
    /// Who made it.
    pub source: String,
}

/// What a person should know about a reading, each with how often it occurred. Printed sorted, so that the same input gives the
/// same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes(BTreeMap<String, usize>);

impl Notes {
    /// Counts one occurrence.
    pub fn add(&mut self, note: impl AsRef<str>) {
        let note = note.as_ref();
        // Most notes are not new.
        if let Some(times) = self.0.get_mut(note) {
            *times = times.saturating_add(1);
            return;
        }
        let times = self.0.entry(words::one_line(note)).or_default();
        *times = times.saturating_add(1);
    }

    /// Takes over those of another reading.
    pub fn extend(&mut self, other: &Self) {
        for (note, times) in &other.0 {
            let sum = self.0.entry(note.clone()).or_default();
            *sum = sum.saturating_add(*times);
        }
    }

    /// Each note and its number of occurrences, sorted by text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(note, times)| (note.as_str(), *times))
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(note, times)| writeln!(f, "{times} × {note}"))
    }
}
