//! The Trivy reader against a small report that has one of everything, and against what it must refuse.

use policy::findings::{Field, FixState, Severity, VexStatus};
use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target, TargetImage};
use reports::report::Scanner;
use reports::{Format, Report};

pub(crate) const WEB: &str = include_str!("../fixtures/web.trivy.json");

pub(crate) fn digest() -> Digest {
    Digest::parse(&format!("sha256:{}", "2".repeat(64))).unwrap()
}

fn web() -> Report {
    reports::read(WEB.as_bytes(), None).unwrap()
}

fn notes(report: &Report) -> Vec<(&str, usize)> {
    report.notes.iter().collect()
}

#[test]
fn the_report_says_who_looked_at_what_and_when() {
    let report = web();
    assert_eq!((report.format, report.scanner.version.as_deref()), (Format::Trivy, Some("0.69.3")));
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-11-21T10:00:00Z");
    assert_eq!(report.subject.digests, [digest().as_str()]);
    assert_eq!(report.subject.platform.as_deref(), Some("linux/amd64"));
    let os = report.os.unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref(), os.end_of_life), ("debian", Some("12.5"), Some(false)));
}

#[test]
fn what_was_not_taken_as_it_stands_is_noted() {
    let report = web();
    assert_eq!(
        notes(&report),
        [
            ("row left out by the scan's own configuration (`ignored` by `.trivyignore`)", 1),
            ("row without an id: named by what it says", 1),
            ("row without an installed version", 1),
            ("severity word `SEVERE`: unknown", 1),
        ]
    );
}

#[test]
fn rows_are_read_field_by_field() {
    let report = web();
    let row = |id: &str| report.rows.iter().find(|row| row.id == id).unwrap();
    let first = row("CVE-2026-1001");
    assert_eq!((first.severity, first.fix_state), (Severity::Critical, FixState::Fixed));
    assert_eq!(first.advisories, ["DSA-9001-1"]);
    assert_eq!(first.cvss.unwrap().to_string(), "9.8", "the score of the source of the severity");
    assert_eq!(first.package.purl, "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12.5");
    assert_eq!(first.published_at, Timestamp::parse("2026-03-29T17:15:21Z"));
    let second = row("CVE-2026-1002");
    assert_eq!((second.fix_state, second.cvss.unwrap().to_string().as_str()), (FixState::WontFix, "6.9"), "the NVD's newest");
    assert_eq!(second.package.purl, "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1");
    let third = row("CVE-2026-1003");
    assert_eq!(third.cvss.unwrap().to_string(), "4.3", "version 2 where there is no newer");
    let statement = third.vex.as_ref().unwrap();
    assert_eq!((statement.status, statement.source.as_str()), (VexStatus::NotAffected, "trivy report, status `not_affected`"));
    let temporary = row("TEMP-0000000-AAAAAA");
    assert_eq!((temporary.severity, temporary.fix_state), (Severity::Unknown, FixState::NotFixed));
    let npm = row("CVE-2026-2001");
    assert_eq!(npm.fixed, ["1.2.3", "2.0.1"]);
    assert_eq!(npm.aliases, ["GHSA-aaaa-bbbb-cccc"]);
    assert_eq!((npm.fix_state, npm.package.purl.as_str()), (FixState::Fixed, "pkg:npm/%40shop/parser@1.0.0"));
    assert_eq!(npm.package.path.as_deref(), Some("app/node_modules/@shop/parser/package.json"));
    assert_eq!(row("CVE-2026-2002").vex.as_ref().unwrap().source, "./web.openvex.json");
}

#[test]
fn the_document_folds_aliases_and_duplicates() {
    let (document, notes) = document::make(&Target::image(digest(), Some("linux/amd64".to_owned()), &web()), None).unwrap();
    let image = &document.images[0];
    let vulnerabilities = image.vulnerabilities.as_deref().unwrap();
    let ids: Vec<&str> = vulnerabilities.iter().map(|v| v.id.as_ref()).collect();
    assert_eq!(
        ids,
        [
            "CVE-2026-1001",
            "CVE-2026-2001",
            "unidentified in bash",
            "CVE-2026-1002",
            "CVE-2026-1003",
            "CVE-2026-2002",
            "TEMP-0000000-AAAAAA"
        ]
    );
    let folded = &vulnerabilities[1];
    assert_eq!((folded.severity, folded.findings.len()), (Severity::Critical, 2));
    assert_eq!(folded.aliases, ["GHSA-aaaa-bbbb-cccc"]);
    let notes: Vec<(&str, usize)> = notes.iter().collect();
    assert_eq!(
        notes,
        [
            ("duplicate row", 1),
            ("rows under other names were folded into `CVE-2026-2001`", 1),
            ("severities of `CVE-2026-2001` differ between its rows: the worst counts, `critical`", 1),
        ]
    );
}

#[test]
fn the_order_of_rows_never_changes_the_document() {
    let report = web();
    let make = |report: &Report| document::make(&Target::image(digest(), None, report), None).unwrap().0;
    let document = make(&report);
    for turn in 0..report.rows.len() {
        let mut turned = report.clone();
        turned.rows.rotate_left(turn);
        assert_eq!(make(&turned), document);
        turned.rows.reverse();
        assert_eq!(make(&turned), document);
    }
}

#[test]
fn two_cves_are_never_folded() {
    let report =
        WEB.replace("\"CVE-2026-1002\",", "\"CVE-2026-1002\", \"VendorIDs\": [\"GHSA-aaaa-bbbb-cccc\", \"CVE-2026-7777\"],");
    let report = reports::read(report.as_bytes(), None).unwrap();
    assert!(notes(&report).contains(&("`CVE-2026-7777` beside `CVE-2026-1002` is not taken for the same vulnerability", 1)));
    let (document, _) = document::make(&Target::image(digest(), None, &report), None).unwrap();
    let vulnerabilities = document.images[0].vulnerabilities.as_deref().unwrap();
    let find = |id: &str| vulnerabilities.iter().find(|v| v.id == id).unwrap();
    for id in ["CVE-2026-1002", "CVE-2026-2001"] {
        assert_eq!((find(id).aliases.len(), find(id).advisories.as_slice()), (0, &["GHSA-aaaa-bbbb-cccc".into()][..]), "{id}");
    }
    assert_eq!(find("GHSA-aaaa-bbbb-cccc").findings.len(), 1);
}

#[test]
fn reports_of_several_platforms_are_one_document() {
    let (amd64, mut arm64) = (web(), web());
    arm64.scanned_at = Timestamp::parse("2026-11-20T00:00:00Z");
    arm64.scanner.version = None;
    arm64.provides.retain(|field| *field != Field::Cvss);
    let image = |digit: &str, report| {
        let digest = Digest::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
        TargetImage { digest, platform: None, report }
    };
    let images = vec![image("3", Some(&amd64)), image("4", Some(&arm64)), image("5", None)];
    let (document, _) = document::make(&Target { subject: digest(), images }, None).unwrap();
    assert_eq!(document.scanned_at, arm64.scanned_at.unwrap(), "the earliest");
    assert_eq!(document.scanner.version, None, "not the same");
    assert!(!document.provides.contains(&Field::Cvss));
    assert_eq!(document.images[0].vulnerabilities, document.images[1].vulnerabilities);
    assert_eq!(document.images[2].vulnerabilities, None);
    let other = Report { scanner: Scanner { name: "other".to_owned(), ..arm64.scanner.clone() }, ..arm64.clone() };
    let images = vec![image("3", Some(&amd64)), image("4", Some(&other))];
    let (document, _) = document::make(&Target { subject: digest(), images }, None).unwrap();
    assert_eq!(document.scanner.name, "other+trivy");
}

#[test]
fn a_report_without_a_time_needs_one() {
    let report = reports::read(WEB.replace("\"CreatedAt\"", "\"Other\"").as_bytes(), None).unwrap();
    let target = Target::image(digest(), None, &report);
    let error = document::make(&target, None).unwrap_err().to_string();
    assert!(error.contains("--scanned-at"), "{error}");
    assert!(document::make(&target, Timestamp::from_unix(0)).is_ok());
}

/// A scan shows what it looked at by its results alone: what it does not show is not taken for clean.
#[test]
fn scans_that_show_too_little_are_unclear() {
    let report = |os: &str, results: &str| {
        format!(
            r#"{{ "SchemaVersion": 2, "CreatedAt": "2026-11-21T10:00:00Z", "ArtifactName": "web", "ArtifactType": "container_image",
                 "Metadata": {{ {os} }}, "Results": [{results}] }}"#
        )
    };
    let debian = r#""OS": { "Family": "debian", "Name": "12.5" }"#;
    let (os, language) = (
        r#"{ "Target": "web", "Class": "os-pkgs", "Type": "debian" }"#,
        r#"{ "Target": "app.jar", "Class": "lang-pkgs", "Type": "jar" }"#,
    );
    let secret = r#"{ "Target": "key.pem", "Class": "secret" }"#;
    for (text, refused, end_of_life) in [
        (report(debian, os), None, Some(false)),
        (report(debian, &format!("{os}, {language}")), None, Some(false)),
        (report("", language), None, None),
        (report(debian, language), Some("no result for the packages of the operating system `debian`"), None),
        (report(debian, &format!("{os}, {secret}")), Some("results of other scanners"), Some(false)),
        (report(debian, secret), Some("not about vulnerabilities"), None),
    ] {
        let read = reports::read(text.as_bytes(), None);
        match refused {
            None => assert_eq!(read.unwrap().os.and_then(|os| os.end_of_life), end_of_life, "{text}"),
            Some(part) => {
                let error = read.unwrap_err().to_string();
                assert!(error.contains(part), "{text}: {error}");
            }
        }
    }
    let accepted = reports::read_with(
        report(debian, language).as_bytes(),
        None,
        reports::Leniency { unclear_claim: true, ..Default::default() },
    );
    assert_eq!(accepted.unwrap().os.unwrap().end_of_life, None, "nobody looked whether Debian 12.5 is maintained");
}

#[test]
fn a_row_without_a_package_still_counts() {
    let text = r#"{ "SchemaVersion": 2, "CreatedAt": "2026-11-21T10:00:00Z", "ArtifactType": "container_image",
        "Results": [{ "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [{ "VulnerabilityID": "CVE-2026-1", "Severity": "CRITICAL" }] }] }"#;
    let report = reports::read(text.as_bytes(), None).unwrap();
    assert_eq!((report.rows.len(), report.rows[0].severity), (1, Severity::Critical));
}
