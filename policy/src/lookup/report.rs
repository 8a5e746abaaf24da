//! A report in the cluster → the findings in it: rows become vulnerabilities, and of several reports about one digest one counts.
//!
//! What the two kinds of reports have in common. Source: the findings document, "Sources inside the cluster".

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::evidence::{Body, Kept, Scan, Signature};
use super::fault::Failure;
use crate::findings::{CvssScore, Field, Finding, FixState, Image, Os, Severity, Vulnerability};
use crate::image::Digest;
use crate::limits;
use crate::order;
use crate::text::quote;
use crate::time::Timestamp;

/// How many bytes of reports one request reads: parsed they take several times as much, and one report may be read for many repositories.
#[derive(Debug, Default)]
pub(super) struct Budget(usize);

impl Budget {
    /// Counts a text that is about to be read.
    pub(super) fn take(&mut self, text: &str) -> Result<(), Failure> {
        self.0 = self.0.saturating_add(text.len());
        if self.0 <= limits::REQUEST_REPORTS_BYTES {
            return Ok(());
        }
        let why = "the reports about this workload's other images are too large to read these too";
        Err(Failure::Unavailable(why.to_owned()))
    }
}

/// What a report says of its image.
#[derive(Debug)]
pub(super) struct Report<'r> {
    pub(super) kept: Kept,
    /// The object.
    pub(super) object: &'r Value,
    pub(super) scanner: (String, Option<String>),
    pub(super) scanned_at: Option<Timestamp>,
    pub(super) os: Option<Os<'static>>,
    pub(super) provides: Vec<Field>,
    pub(super) rows: Vec<Row>,
    /// How many rows its own summary counts; none may be lost on the way.
    pub(super) counted: u64,
}

/// One finding as listed.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) cvss: Option<CvssScore>,
    pub(super) published_at: Option<Timestamp>,
    pub(super) finding: Finding<'static>,
}

impl Report<'_> {
    /// The findings of the image with the digest that was asked for.
    pub(super) fn into_scan<'a>(self, subject: &Digest) -> Result<Scan<'a>, Failure> {
        let listed = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        if listed < self.counted {
            return unreadable(
                "report",
                &format!("the {} vulnerabilities that its summary counts", self.counted),
                &listed.to_string(),
            );
        }
        let image = Image {
            digest: subject.as_str().to_owned().into(),
            platform: None,
            os: self.os,
            vulnerabilities: Some(vulnerabilities(self.rows)?),
        };
        Ok(Scan {
            kept: self.kept,
            source: name(self.object),
            artifact: None,
            signature: Signature::ApiServer,
            scanner: self.scanner,
            scanned_at: self.scanned_at,
            database_updated_at: None,
            provides: self.provides,
            body: Body::Findings { is_single: true, images: vec![image] },
        })
    }
}

/// `NAMESPACE/NAME`.
fn name(object: &Value) -> String {
    let part = |pointer| text(object, pointer).unwrap_or_default();
    quote(&format!("{}/{}", part("/metadata/namespace"), part("/metadata/name")))
}

/// What one report says, or with its name why it cannot be read.
pub(super) fn read<'a>(object: &Value, read: impl FnOnce() -> Result<Scan<'a>, Failure>) -> Result<Scan<'a>, Failure> {
    read().map_err(|failure| match failure {
        Failure::Unreadable(why) => Failure::Unreadable(format!("{}: {why}", name(object))),
        failure => failure,
    })
}

/// The sum of some counts of a report's summary, which it must have.
pub(super) fn counted(body: &Value, keys: &[&str]) -> Result<u64, Failure> {
    let Some(Value::Object(summary)) = body.get("summary") else {
        return unreadable("report: `/report/summary`", "an object", "none");
    };
    let counts = keys.iter().filter_map(|key| summary.get(*key)?.as_u64());
    Ok(counts.fold(0, u64::saturating_add))
}

/// One vulnerability for each id, in the order that [`Image`] wants.
fn vulnerabilities(rows: Vec<Row>) -> Result<Vec<Vulnerability<'static>>, Failure> {
    if rows.len() > limits::VULNERABILITIES {
        return unreadable("report", &format!("at most {} rows", limits::VULNERABILITIES), &rows.len().to_string());
    }
    let mut by_id: BTreeMap<String, Vulnerability<'static>> = BTreeMap::new();
    for row in rows {
        let known = by_id.entry(row.id.to_ascii_lowercase()).or_insert_with(|| Vulnerability {
            id: row.id.into(),
            severity: row.severity,
            findings: Vec::new(),
            aliases: Vec::new(),
            advisories: Vec::new(),
            cvss: None,
            epss: None,
            known_exploited: None,
            published_at: row.published_at,
        });
        known.severity = known.severity.worse(row.severity);
        known.cvss = known.cvss.max(row.cvss);
        // The earlier date is the stricter.
        known.published_at = [known.published_at, row.published_at].into_iter().flatten().min();
        known.findings.push(row.finding);
    }
    let mut all: Vec<_> = by_id.into_values().collect();
    for vulnerability in &mut all {
        if vulnerability.findings.len() > limits::LIST_ITEMS {
            return unreadable("report", &format!("at most {} rows of one id", limits::LIST_ITEMS), &vulnerability.id);
        }
        order::sort_by(&mut vulnerability.findings, |a, b| place(a).cmp(&place(b)));
        vulnerability.findings.dedup();
    }
    order::sort_by(&mut all, |a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    Ok(all)
}

/// What the findings of a vulnerability are sorted by.
fn place<'f>(finding: &'f Finding<'_>) -> (&'f str, Option<&'f str>, Option<&'f str>) {
    (&finding.purl, finding.installed.as_deref(), finding.path.as_deref())
}

/// The one that counts: the newest; of those that say no time, or the same, the one with the most of the worst vulnerabilities.
pub(super) fn choose<'a>(scans: Vec<Scan<'a>>) -> Result<Scan<'a>, Failure> {
    scans.into_iter().max_by_key(rank).ok_or(Failure::Absent)
}

/// Time, number of vulnerabilities by severity, fewest statements that set findings aside; then the name, so that the order never matters.
fn rank(scan: &Scan<'_>) -> (Option<Timestamp>, [usize; 6], Reverse<usize>, Reverse<String>) {
    let images: &[Image<'_>] = if let Body::Findings { images, .. } = &scan.body { images } else { &[] };
    let all = images.iter().flat_map(|image| image.vulnerabilities.iter().flatten());
    let severity = |severity: &Severity| all.clone().filter(|v| v.severity == *severity).count();
    let mut counts = [0; 6];
    for (count, of) in counts.iter_mut().zip(Severity::ALL.iter().rev()) {
        *count = severity(of);
    }
    let stated = all.clone().flat_map(|v| &v.findings).filter(|finding| finding.vex.is_some()).count();
    (scan.scanned_at, counts, Reverse(stated), Reverse(scan.source.clone()))
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// The objects of a list, each as its text.
pub(super) fn items(answer: &str) -> Result<Vec<&str>, Failure> {
    let list: List<'_> = serde_json::from_str(answer).map_err(|error| not_understood(&error))?;
    Ok(list.items.into_iter().map(RawValue::get).collect())
}

/// An object of a host's answer.
pub(super) fn object(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| not_understood(&error))
}

/// The text of a host's answer, of at most so many bytes.
pub(super) fn answer(bytes: &[u8], most: usize) -> Result<&str, Failure> {
    if bytes.len() > most {
        return unreadable("report", &format!("at most {most} bytes"), &bytes.len().to_string());
    }
    std::str::from_utf8(bytes).map_err(|_| Failure::Unreadable("report: expected UTF-8".to_owned()))
}

fn not_understood(error: &serde_json::Error) -> Failure {
    Failure::Unreadable(quote(&format!("report: {error}")))
}

/// A text that is there and not empty.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The elements of a list that must be there. Go writes an empty one as null.
pub(super) fn list<'v>(value: &'v Value, key: &str, place: &str) -> Result<&'v [Value], Failure> {
    match value.get(key) {
        Some(Value::Array(list)) => Ok(list),
        Some(Value::Null) => Ok(&[]),
        _ => unreadable(&format!("report: `{place}/{key}`"), "a list", "none"),
    }
}

/// The id of a row.
pub(super) fn id(row: &Value, key: &str) -> Result<String, Failure> {
    match row.get(key).and_then(Value::as_str) {
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        _ => unreadable("report", &format!("an id as `{key}` in every row"), "a row without"),
    }
}

/// The severity of a row; unknown where it has none.
pub(super) fn severity(row: &Value) -> Result<Severity, Failure> {
    let Some(word) = text(row, "/severity") else { return Ok(Severity::Unknown) };
    Severity::from_word(&word.to_ascii_lowercase())
        .map_or_else(|| unreadable("report: `severity`", "critical, high, medium, low, negligible or unknown", word), Ok)
}

/// A finding: the package's URL as reported, or made of its name.
pub(super) fn finding(row: &Value, purl: &str, name: &str, path: &str, fixed: Vec<String>) -> Finding<'static> {
    let installed = text(row, "/installedVersion");
    let generic = || format!("pkg:generic/{}@{}", text(row, name).unwrap_or("unknown"), installed.unwrap_or_default());
    Finding {
        purl: text(row, purl).map_or_else(generic, str::to_owned).into(),
        installed: installed.map(|version| version.to_owned().into()),
        fix_state: if fixed.is_empty() { FixState::Unknown } else { FixState::Fixed },
        fixed: fixed.into_iter().map(Into::into).collect(),
        fix_available_at: None,
        path: text(row, path).map(|path| path.trim_start_matches('/').to_owned().into()),
        vex: None,
        vex_source: None,
    }
}

pub(super) fn unreadable<T>(place: &str, expected: &str, found: &str) -> Result<T, Failure> {
    Err(Failure::Unreadable(format!("{place}: expected {expected}, found {}", quote(found))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_up_to_a_budget() {
        let mut budget = Budget::default();
        let text = "x".repeat(limits::REQUEST_REPORTS_BYTES / 2);
        assert_eq!((budget.take(&text), budget.take(&text)), (Ok(()), Ok(())));
        assert!(matches!(budget.take("x"), Err(Failure::Unavailable(_))));
    }

    #[test]
    fn rows_are_capped() {
        let rows = |many: usize, ids: usize| {
            let finding = finding(&Value::Null, "/purl", "/name", "/path", Vec::new());
            let row = |i: usize| {
                let (id, finding) = (format!("CVE-{}", i % ids), Finding { path: Some(i.to_string().into()), ..finding.clone() });
                Row { id, severity: Severity::Low, cvss: None, published_at: None, finding }
            };
            (0..many).map(row).collect::<Vec<_>>()
        };
        assert!(vulnerabilities(rows(limits::LIST_ITEMS, 1)).is_ok());
        for (many, ids, most) in
            [(limits::LIST_ITEMS + 1, 1, "10000 rows of one id"), (limits::VULNERABILITIES + 1, 20, "100000 rows")]
        {
            assert!(matches!(vulnerabilities(rows(many, ids)), Err(Failure::Unreadable(why)) if why.contains(most)));
        }
    }
}
