//! Reading small reports of our own.

use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::Row;
use reports::{Leniency, Report};
use serde_json::Value;

/// Reads a report in the format that its keys show.
pub(crate) fn read(report: &Value) -> Report {
    reports::read(report.to_string().as_bytes(), None).unwrap()
}

/// Reads a report with the guards on subject and claim off.
pub(crate) fn read_leniently(report: &Value) -> Report {
    let all = Leniency { any_subject: true, unclear_claim: true };
    reports::read_with(report.to_string().as_bytes(), None, all).unwrap()
}

/// The sentence with which a report is refused.
pub(crate) fn refused(report: &Value) -> String {
    let error = reports::read(report.to_string().as_bytes(), None).expect_err(&report.to_string()).to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

/// The report with another value at a place; the place is made where its parent is an object.
pub(crate) fn with(report: &Value, place: &str, value: Value) -> Value {
    let mut report = report.clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match report.pointer_mut(parent).unwrap() {
        Value::Object(members) => members.insert(key.to_owned(), value),
        Value::Array(items) => Some(std::mem::replace(&mut items[key.parse::<usize>().unwrap()], value)),
        other => panic!("{place} is within {other}"),
    };
    report
}

/// The report without the member at a place.
pub(crate) fn without(report: &Value, place: &str) -> Value {
    let mut report = report.clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let members = report.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
    assert!(members.remove(key).is_some(), "{place}");
    report
}

pub(crate) fn row<'a>(report: &'a Report, id: &str) -> &'a Row {
    report.rows.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("{id} among {:?}", report.rows))
}

pub(crate) fn notes(report: &Report) -> Vec<(&str, usize)> {
    report.notes.iter().collect()
}

/// The findings document of a report can be made, and is packed and read again without loss.
pub(crate) fn document(report: &Report) {
    let digest = Digest::parse(&format!("sha256:{}", "1".repeat(64))).unwrap();
    let (document, _) = document::make(&Target::image(digest, None, report), Timestamp::from_unix(0)).unwrap();
    policy::findings::packed::pack(&document).unwrap();
}

/// Every sentence must hold its part.
pub(crate) fn all_refused<const N: usize>(cases: [(Value, &str); N]) {
    for (report, part) in cases {
        let error = refused(&report);
        assert!(error.contains(part), "{part}: {error}");
    }
}
