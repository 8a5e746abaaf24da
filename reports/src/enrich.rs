//! What public lists say about the vulnerabilities of a report: the probability that one is exploited (EPSS), and whether one is known to
//! be (CISA's KEV catalogue). Both are files that the caller has; nothing is fetched.
//!
//! Both lists know CVE ids only. A vulnerability is looked up by its id and its aliases; one without a CVE is counted and noted.

pub mod epss;
pub mod kev;

use crate::report::{Notes, Report, Row};
use crate::words;

/// The CVE ids of a row, in upper case.
fn cves(row: &Row) -> impl Iterator<Item = String> {
    std::iter::once(&row.id).chain(&row.aliases).filter(|name| words::is_cve(name)).map(|name| name.to_ascii_uppercase())
}

/// Notes the distinct vulnerabilities of a report that a list cannot know.
fn note_without_cve(report: &Report, list: &str, notes: &mut Notes) {
    let without: std::collections::BTreeSet<&str> =
        report.rows.iter().filter(|row| cves(row).next().is_none()).map(|row| row.id.as_str()).collect();
    for _ in without {
        notes.add(format!("vulnerability without a CVE id: {list} knows nothing about it"));
    }
}
