//! FIRST's list of EPSS scores, as CSV → scores of the vulnerabilities of reports.
//!
//! Source: FIRST, "EPSS Data and Statistics" (`epss_scores-YYYY-MM-DD.csv`): a line `#model_version:…,score_date:…`, a line
//! `cve,epss,percentile`, a line for each CVE. The list has hundreds of thousands of lines; only those asked for are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};

use policy::findings::{Epss, Field, decimal};
use policy::time::Timestamp;

use super::{cves, note_without_cve};
use crate::ReportError;
use crate::report::{Notes, Report};

/// The longest line, in bytes; those of the list have less than fifty.
const LINE: u64 = 1024;
/// The most lines; the list of 2026 has some 300 000.
const LINES: usize = 5_000_000;

/// Scores of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// `v2025.03.14`, where the list says so.
    pub model_version: Option<String>,
    /// When the scores were computed, where the list says so.
    pub score_date: Option<Timestamp>,
    /// The CVEs in the list, those that were not asked for included.
    pub n_listed: usize,
    by_cve: BTreeMap<String, Epss>,
}

/// The CVE ids of reports, to be asked for.
#[must_use]
pub fn asked<'a>(reports: impl IntoIterator<Item = &'a Report>) -> BTreeSet<String> {
    reports.into_iter().flat_map(|report| &report.rows).flat_map(cves).collect()
}

/// Reads a list and keeps the scores of the CVEs asked for.
///
/// # Errors
/// The line, what was expected and what was found, where it is not FIRST's list, is compressed, has no scores, or is above the caps.
pub fn read(input: impl BufRead, asked: &BTreeSet<String>) -> Result<Scores, ReportError> {
    read_where(input, |cve| asked.contains(cve))
}

/// Reads a list and keeps every score, for reports that are read later: some 30 MB.
///
/// # Errors
/// As [`read`].
pub fn read_all(input: impl BufRead) -> Result<Scores, ReportError> {
    read_where(input, |_| true)
}

fn read_where(mut input: impl BufRead, is_asked: impl Fn(&str) -> bool) -> Result<Scores, ReportError> {
    let mut scores = Scores { model_version: None, score_date: None, n_listed: 0, by_cve: BTreeMap::new() };
    let (mut number, mut has_header) = (0_usize, false);
    let mut line = Vec::new();
    loop {
        line.clear();
        let n_bytes = input
            .by_ref()
            .take(LINE.saturating_add(1))
            .read_until(b'\n', &mut line)
            .map_err(|e| ReportError::new(format!("the EPSS list cannot be read: {e}"), None))?;
        number = number.saturating_add(1);
        if n_bytes == 0 {
            break;
        }
        if number == 1 && line.starts_with(&[0x1f, 0x8b]) {
            let hint = "unpack it before, such as `gunzip --keep epss_scores-current.csv.gz`";
            return Err(ReportError::new("expected the EPSS list as CSV, found it compressed with gzip", Some(hint)));
        }
        if n_bytes as u64 > LINE || number > LINES {
            let cap = format!("expected lines of at most {LINE} bytes, and at most {LINES} of them");
            return Err(wrong(number, &format!("{cap}, found more")));
        }
        let text = std::str::from_utf8(&line).map_err(|_| wrong(number, "expected UTF-8, found other bytes"))?.trim();
        match text.strip_prefix('#') {
            _ if text.is_empty() => {}
            Some(comment) => scores.about(comment),
            None if !has_header => {
                if text != "cve,epss,percentile" {
                    return Err(wrong(number, &format!("expected the columns `cve,epss,percentile`, found `{text}`")));
                }
                has_header = true;
            }
            None => scores.line(text, &is_asked).ok_or_else(|| {
                wrong(
                    number,
                    &format!(
                        "expected a CVE id, a probability and a percentile from 0 to 1, such as `CVE-2024-3094,0.86017,0.99`, found `{text}`"
                    ),
                )
            })?,
        }
    }
    if scores.n_listed == 0 {
        return Err(ReportError::new("expected EPSS scores, found none", Some(HINT)));
    }
    Ok(scores)
}

const HINT: &str = "the list is published daily as epss_scores-current.csv.gz";

fn wrong(number: usize, what: &str) -> ReportError {
    ReportError::new(format!("line {number} of the EPSS list: {what}"), Some(HINT))
}

impl Scores {
    /// `model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z`; dates also as `2026-11-20T12:55:00+0000`.
    fn about(&mut self, comment: &str) {
        for (key, value) in comment.split(',').filter_map(|part| part.trim().split_once(':')) {
            match key {
                "model_version" => self.model_version = Some(value.to_owned()),
                "score_date" => {
                    let utc = value.strip_suffix("+0000").map_or_else(|| value.to_owned(), |time| format!("{time}Z"));
                    self.score_date = Timestamp::parse(&utc).or_else(|| Timestamp::start_of_date(value));
                }
                _ => {}
            }
        }
    }

    fn line(&mut self, text: &str, is_asked: impl Fn(&str) -> bool) -> Option<()> {
        let mut cells = text.split(',');
        let (cve, score) = (cells.next()?.trim().to_ascii_uppercase(), cells.next()?.trim());
        let score = Epss::from_decimal(decimal(score)?)?;
        // Without the last cell the line may be cut within the score.
        let percentile = decimal(cells.next()?.trim())?;
        if !cve.starts_with("CVE-") || !(0.0..=1.0).contains(&percentile) {
            return None;
        }
        self.n_listed = self.n_listed.saturating_add(1);
        if is_asked(&cve) {
            let kept = self.by_cve.entry(cve).or_insert(score);
            *kept = score.max(*kept);
        }
        Some(())
    }

    /// Gives the rows of a report their scores. Where the report has one of its own the higher counts. From then on the report speaks
    /// about `epss`: a vulnerability without a score is one that the list has none for.
    pub fn apply(&self, report: &mut Report) {
        let mut notes = Notes::default();
        let mut unknown = BTreeSet::new();
        for row in &mut report.rows {
            let listed = cves(row).filter_map(|cve| self.by_cve.get(&cve)).max().copied();
            row.epss = row.epss.max(listed);
            if row.epss.is_none() && cves(row).next().is_some() {
                unknown.insert(row.id.clone());
            }
        }
        for _ in unknown {
            notes.add("CVE that the EPSS list has no score for");
        }
        note_without_cve(report, "the EPSS list", &mut notes);
        report.notes.extend(&notes);
        if !report.provides.contains(&Field::Epss) {
            report.provides.push(Field::Epss);
        }
    }
}
