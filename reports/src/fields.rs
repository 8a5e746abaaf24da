//! What readers of all formats do the same way with single fields: empty text, severity words, times, scores, names. Whatever is not
//! taken as it stands is noted.

use policy::findings::{CvssScore, Field, Severity};
use policy::time::Timestamp;

use crate::report::{Notes, Row, Subject, SubjectKind};
use crate::{ReportError, words};

/// The kind of a subject of which the format says nothing.
pub(crate) const UNNAMED: &str = "thing that it does not name";

/// A subject of which the format says nothing.
pub(crate) fn unnamed() -> Subject {
    Subject { kind: SubjectKind::Other(UNNAMED.to_owned()), name: None, digests: Vec::new(), image_id: None, platform: None }
}

/// Text that says something.
pub(crate) fn filled<T: Into<String>>(text: Option<T>) -> Option<String> {
    text.map(Into::into).filter(|t| !t.is_empty())
}

/// The severity of a word; without one, or of one that nobody knows, unknown.
pub(crate) fn severity(word: Option<&str>, notes: &mut Notes) -> Severity {
    let Some(word) = word.filter(|w| !w.is_empty()) else {
        notes.add("row without a severity: unknown");
        return Severity::Unknown;
    };
    words::severity(word).unwrap_or_else(|| {
        notes.add(format!("severity word `{word}`: unknown"));
        Severity::Unknown
    })
}

/// The class of a CVSS base score of version 3 or 4, where a report has a number and no word (CVSS 3.1 specification, section 5).
pub(crate) fn band(score: CvssScore) -> Severity {
    match score.units() {
        90.. => Severity::Critical,
        70..=89 => Severity::High,
        40..=69 => Severity::Medium,
        1..=39 => Severity::Low,
        0 => Severity::Negligible,
    }
}

/// A time, RFC 3339 or a date alone (its first second); `what` names the field in the note on text that is neither.
pub(crate) fn time(text: Option<&str>, what: &str, notes: &mut Notes) -> Option<Timestamp> {
    let text = text.filter(|t| !t.is_empty())?;
    let time = Timestamp::parse(text).or_else(|| Timestamp::start_of_date(text));
    if time.is_none() {
        notes.add(format!("{what} that is not a time"));
    }
    time
}

/// A CVSS base score.
pub(crate) fn score(score: Option<f64>, notes: &mut Notes) -> Option<CvssScore> {
    let read = score.and_then(CvssScore::from_decimal);
    if score.is_some() && read.is_none() {
        notes.add("CVSS score outside 0.0 to 10.0");
    }
    read
}

/// Ids of other catalogues are aliases, except a second CVE: two CVE ids are never one vulnerability. Everything else is a bulletin.
pub(crate) fn other_names(id: &str, names: Vec<String>, notes: &mut Notes) -> (Vec<String>, Vec<String>) {
    let names = names.into_iter().filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(id));
    let (aliases, advisories): (Vec<String>, Vec<String>) = names.partition(|name| words::is_vulnerability_id(name));
    let (second, aliases): (Vec<String>, Vec<String>) =
        aliases.into_iter().partition(|name| words::is_cve(id) && words::is_cve(name));
    for name in second {
        notes.add(format!("`{name}` beside `{id}` is not taken for the same vulnerability"));
    }
    (aliases, advisories)
}

/// How many texts a report may come to where its format multiplies them (names × affected packages). The longest reports that scanners
/// write come to less than a tenth.
const TEXTS: usize = 10_000_000;
/// Texts of a row beside its names, about.
const ROW: usize = 8;

/// What is left of the texts that a report may come to.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(TEXTS)
    }

    /// Takes what rows with names come to.
    ///
    /// # Errors
    /// There is not so much left: the report was made to be too large to read.
    pub(crate) fn take(&mut self, n_rows: usize, n_names: usize) -> Result<(), ReportError> {
        let left = self.0.checked_sub(n_rows.saturating_mul(n_names.saturating_add(ROW)));
        self.0 = left.ok_or_else(|| {
            ReportError::new(format!("expected a report whose findings come to at most {TEXTS} texts, found more"), None)
        })?;
        Ok(())
    }
}

/// A row for each vulnerability: a row under the id of a bulletin (DSA, ELSA, …) that names the CVEs it covers becomes one for each of
/// them, so that a rule about one CVE neither misses it nor sets the others aside with it.
pub(crate) fn unbundled(row: Row, notes: &mut Notes) -> Vec<Row> {
    let cves: Vec<String> = row.aliases.iter().filter(|name| words::is_cve(name)).cloned().collect();
    let is_bundle = words::is_bulletin(&row.id) || cves.len() > 1 && !words::is_vulnerability_id(&row.id);
    if cves.is_empty() || !is_bundle {
        return vec![row];
    }
    notes.add("row of a bulletin: one row for each CVE that it covers");
    let mut advisories = row.advisories.clone();
    advisories.push(row.id.clone());
    cves.into_iter().map(|id| Row { id, aliases: Vec::new(), advisories: advisories.clone(), ..row.clone() }).collect()
}

/// The fields of `candidates` that the rows speak about, for formats in which a writer may leave a field out altogether: those that at
/// least one row has. Of no rows, everything that can be said is said.
pub(crate) fn spoken(rows: &[Row], candidates: &[Field]) -> Vec<Field> {
    let has = |row: &Row, field: Field| match field {
        Field::Aliases => !row.aliases.is_empty(),
        Field::Cvss => row.cvss.is_some(),
        Field::Epss => row.epss.is_some(),
        Field::KnownExploited => row.known_exploited.is_some(),
        Field::PublishedAt => row.published_at.is_some(),
        Field::FixAvailableAt => row.fix_available_at.is_some(),
        Field::Path => row.package.path.is_some(),
        Field::Vex => row.vex.is_some(),
    };
    candidates.iter().copied().filter(|field| rows.is_empty() || rows.iter().any(|row| has(row, *field))).collect()
}

/// A location in the image, without a leading slash.
pub(crate) fn path(text: Option<&str>) -> Option<String> {
    text.map(|t| t.trim_start_matches('/').to_owned()).filter(|t| !t.is_empty())
}
