//! Several reports about one image: the worse counts, and only what all of them know is known.

use std::sync::Arc;

use policy::findings::{Document, Field, Severity, VexStatus};
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::merge::merge;
use reports::report::{Os, Statement};
use reports::{Format, Report, Texts};

use crate::trivy::{WEB, digest};

fn trivy() -> Report {
    reports::read(WEB.as_bytes(), None).unwrap()
}

fn grype() -> Report {
    reports::read(include_bytes!("../fixtures/web.grype.json"), None).unwrap()
}

fn document(report: &Report) -> Document<'static> {
    document::make(&Target::image(digest(), None, report), None).unwrap().0
}

#[test]
fn everything_that_any_of_them_found_counts_by_the_worse() {
    let (mut trivy, mut grype) = (trivy(), grype());
    "pkg:npm/parser@1".clone_into(&mut Arc::make_mut(&mut grype.rows[0].package).purl);
    let mut both = grype.rows[0].clone();
    (both.severity, both.aliases) = (Severity::Low, Texts::default());
    Arc::make_mut(&mut both.package).purl.push_str("?arch=amd64");
    trivy.rows.push(both);
    let (ours, theirs) = (document(&trivy), document(&grype));
    let merged = document(&merge(vec![trivy.clone(), grype.clone()], None).unwrap());
    assert_eq!(merged, document(&merge(vec![grype.clone(), trivy.clone()], None).unwrap()), "in whatever order");
    assert_eq!((merged.scanner.name.as_ref(), &merged.scanner.version), ("grype+trivy", &None));
    assert_eq!(merged.scanned_at, ours.scanned_at.min(theirs.scanned_at));
    assert_eq!(merged.scanner.database_updated_at, None, "Trivy does not say");
    let all = merged.images[0].vulnerabilities.as_deref().unwrap();
    let severity = |id: &str| all.iter().find(|v| v.is_named(id)).map(|v| v.severity).unwrap();
    for single in [&ours, &theirs].into_iter().flat_map(|d| d.images[0].vulnerabilities.as_deref().unwrap()) {
        assert!(severity(&single.id) >= single.severity, "{}", single.id);
    }
    let npm = all.iter().find(|v| v.is_named(&grype.rows[0].id)).unwrap();
    assert_eq!(npm.severity, Severity::Critical, "not the low one of the other");
    let purls: Vec<&str> = npm.findings.iter().map(|finding| finding.purl.as_ref()).collect();
    assert!(purls.iter().any(|purl| purl.ends_with("?arch=amd64")), "{purls:?}");
    assert!(!purls.contains(&grype.rows[0].package.purl.as_str()), "two spellings of one package are one finding: {purls:?}");
}

/// What one scanner has no word for may be worse than the other's "low".
#[test]
fn a_milder_severity_hides_none_that_is_not_known() {
    for (severity, other, worst) in [
        (Severity::Low, Severity::Unknown, Severity::Unknown),
        (Severity::Negligible, Severity::Unknown, Severity::Unknown),
        (Severity::Medium, Severity::Unknown, Severity::Medium),
    ] {
        let (mut ours, mut theirs) = (trivy(), trivy());
        theirs.scanner.name = "other".to_owned();
        ours.rows.iter_mut().for_each(|row| row.severity = severity);
        theirs.rows.iter_mut().for_each(|row| row.severity = other);
        let merged = document(&merge(vec![ours, theirs], None).unwrap());
        assert!(merged.images[0].vulnerabilities.iter().flatten().all(|v| v.severity == worst), "{worst:?}");
    }
}

#[test]
fn only_what_all_know_is_known() {
    let (trivy, grype) = (trivy(), grype());
    let merged = merge(vec![trivy.clone(), grype.clone()], None).unwrap();
    let expected: Vec<Field> =
        Field::ALL.into_iter().filter(|field| trivy.provides.contains(field) && grype.provides.contains(field)).collect();
    assert_eq!(merged.provides, expected);
    assert!(!merged.provides.contains(&Field::Epss) && merged.rows.iter().all(|row| row.epss.is_none()));
    assert!(merged.notes.iter().any(|(note, _)| note.starts_with("`epss` is not known of all findings")));
}

#[test]
fn a_statement_of_one_sets_nothing_aside_that_the_other_lists() {
    let plain = trivy();
    let mut stating = trivy();
    "other".clone_into(&mut stating.scanner.name);
    for row in &mut stating.rows {
        row.vex = Some(Box::new(Statement { status: VexStatus::NotAffected, source: "x".to_owned() }));
    }
    let merged = document(&merge(vec![plain.clone(), stating], None).unwrap());
    let set_aside = |d: &Document<'_>| {
        let all = d.images[0].vulnerabilities.iter().flatten();
        all.flat_map(|v| &v.findings).filter(|finding| finding.vex == Some(VexStatus::NotAffected)).count()
    };
    assert_eq!(set_aside(&merged), set_aside(&document(&plain)));
}

#[test]
fn a_time_that_one_does_not_say_is_the_callers() {
    let (untimed, timed) = (Report { scanned_at: None, ..trivy() }, grype());
    assert_eq!(merge(vec![untimed.clone(), timed.clone()], None).unwrap().scanned_at, None);
    let stated = Timestamp::parse("2020-01-01T00:00:00Z");
    assert_eq!(merge(vec![untimed, timed], stated).unwrap().scanned_at, stated);
}

#[test]
fn an_end_of_life_that_one_says_counts() {
    let os = |family: &str, version: Option<&str>, end_of_life| {
        Some(Os { family: family.to_owned(), version: version.map(str::to_owned), end_of_life })
    };
    let first = Report { os: os("debian", Some("10"), None), ..trivy() };
    let second = Report { os: os("ubuntu", None, Some(true)), ..trivy() };
    let merged = merge(vec![second, first], None).unwrap();
    assert_eq!(merged.os, os("debian", Some("10"), Some(true)));
    assert!(merged.notes.iter().any(|(note, _)| note.ends_with("different operating systems: debian, ubuntu")));
}

#[test]
fn one_report_stays_what_it_is() {
    assert_eq!(merge(vec![trivy()], Timestamp::from_unix(0)), Some(trivy()));
    assert_eq!(merge(Vec::new(), None), None);
    let twice = merge(vec![trivy(), trivy()], None).unwrap();
    assert_eq!(
        (twice.scanner.name.as_str(), twice.scanner.version, twice.format),
        ("trivy", trivy().scanner.version, Format::Trivy)
    );
}
