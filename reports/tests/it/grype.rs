//! The Grype reader against a small report that has one of everything.

use policy::findings::{Field, FixState, Severity, VexStatus};
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::SubjectKind;
use reports::{Format, Report};

use crate::trivy::digest;

const WEB: &str = include_str!("../fixtures/web.grype.json");

fn web() -> Report {
    reports::read(WEB.as_bytes(), None).unwrap()
}

#[test]
fn the_report_says_who_looked_at_what_and_when() {
    let report = web();
    assert_eq!((report.format, report.scanner.name.as_str()), (Format::Grype, "grype"));
    assert_eq!(report.scanner.version.as_deref(), Some("0.104.0"));
    assert_eq!(report.scanner.database_updated_at, Timestamp::parse("2026-11-20T06:12:00Z"));
    assert_eq!(report.scanned_at, Timestamp::parse("2026-11-21T10:00:00Z"));
    assert_eq!(report.subject.kind, SubjectKind::Image);
    assert_eq!(report.subject.digests, [digest().to_string(), format!("sha256:{}", "3".repeat(64))]);
    assert_eq!(report.subject.image_id, Some(format!("sha256:{}", "1".repeat(64))));
    assert_eq!(report.subject.platform.as_deref(), Some("linux/arm64/v8"));
    let os = report.os.unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref(), os.end_of_life), ("debian", Some("12"), None));
}

#[test]
fn rows_are_read_field_by_field() {
    let report = web();
    let row = |id: &str| report.rows.iter().find(|row| row.id == id).unwrap();
    let npm = row("GHSA-aaaa-bbbb-cccc");
    assert_eq!((npm.severity, npm.fix_state), (Severity::Critical, FixState::Fixed), "never the related record's severity");
    assert_eq!((npm.aliases.as_slice(), npm.fixed.as_slice()), (&["CVE-2026-2001".to_owned()][..], &["1.2.3".to_owned()][..]));
    assert_eq!(npm.cvss.unwrap().to_string(), "8.1", "of the related record, and not of version 2");
    assert_eq!((npm.epss.unwrap().to_string().as_str(), npm.known_exploited), ("0.42", Some(true)));
    assert_eq!(npm.fix_available_at, Timestamp::parse("2026-03-30T00:00:00Z"));
    assert_eq!(npm.package.path.as_deref(), Some("app/node_modules/@shop/parser/package.json"));
    let deb = row("CVE-2026-1002");
    assert_eq!((deb.severity, deb.fix_state), (Severity::Negligible, FixState::WontFix));
    assert_eq!((deb.advisories.as_slice(), deb.aliases.len()), (&["DSA-9001-1".to_owned()][..], 0));
    assert_eq!(deb.cvss.unwrap().to_string(), "4.3");
    assert_eq!(deb.package.purl, "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1");
    let set_aside = row("CVE-2026-2002").vex.as_ref().unwrap();
    assert_eq!(
        (set_aside.status, set_aside.source.as_str()),
        (VexStatus::NotAffected, "grype report, `vex-status: not_affected`")
    );
}

#[test]
fn a_bulletin_is_a_row_for_each_cve_that_it_covers() {
    let report = web();
    assert!(report.rows.iter().all(|row| row.id != "ELSA-2026-7"));
    for id in ["CVE-2026-3001", "CVE-2026-3002"] {
        let row = report.rows.iter().find(|row| row.id == id).unwrap();
        assert_eq!((row.aliases.len(), row.advisories.as_slice()), (0, &["ELSA-2026-7".to_owned()][..]), "{id}");
    }
    let (document, _) = document::make(&Target::image(digest(), None, &report), None).unwrap();
    assert_eq!(document.images[0].vulnerabilities.as_ref().unwrap().len(), 6);
}

#[test]
fn what_was_not_taken_as_it_stands_is_noted() {
    let report = web();
    let notes: Vec<(&str, usize)> = report.notes.iter().collect();
    assert_eq!(
        notes,
        [
            ("CVSS score outside 0.0 to 10.0", 1),
            ("fix state `soon`: unknown", 1),
            ("row about several CVEs: one row for each", 1),
            ("row left out by the scan's own configuration (Not fixed)", 1),
            ("row without a severity: unknown", 1),
            ("row without an id: named by what it says", 1),
            ("row without an installed version", 2),
            ("severity word `Severe`: unknown", 1),
        ]
    );
}

#[test]
fn an_older_report_does_not_provide_what_it_knows_nothing_of() {
    assert_eq!(web().provides.len(), 7);
    let older = WEB
        .replace("v6.1.3", "v5")
        .replace("\"epss\": [", "\"other\": [")
        .replace("knownExploited", "none")
        .replace("available", "none");
    let report = reports::read(older.as_bytes(), None).unwrap();
    assert_eq!(report.provides, [Field::Aliases, Field::Cvss, Field::Path, Field::Vex]);
}

#[test]
fn a_bulletin_that_multiplies_is_refused() {
    let related = vec![r#"{"id":"CVE-2026-1"}"#; 4000].join(",");
    let text = format!(
        r#"{{ "descriptor": {{ "name": "grype" }}, "matches": [{{ "vulnerability": {{ "id": "ELSA-2026-1" }}, "artifact": {{}}, "relatedVulnerabilities": [{related}] }}] }}"#
    );
    let error = reports::read(text.as_bytes(), None).unwrap_err().to_string();
    assert!(error.contains("at most 10000000 texts"), "{error}");
}
