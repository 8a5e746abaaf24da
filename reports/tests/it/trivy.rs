//! The Trivy reader against a small report that has one of everything, and against what it must refuse.

use policy::findings::{FixState, Severity, VexStatus};
use policy::image::Digest;
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::{Format, Leniency, Report};

const WEB: &str = include_str!("../fixtures/web.trivy.json");

fn digest() -> Digest {
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
            ("row dropped: it names no vulnerability", 1),
            ("row left out by the scan's own configuration (`ignored` by `.trivyignore`)", 1),
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
    let (document, notes) = document::make(&web(), &Target::image(digest(), Some("linux/amd64".to_owned())), None).unwrap();
    let image = &document.images[0];
    let vulnerabilities = image.vulnerabilities.as_deref().unwrap();
    let ids: Vec<&str> = vulnerabilities.iter().map(|v| v.id.as_ref()).collect();
    assert_eq!(ids, ["CVE-2026-1001", "CVE-2026-2001", "CVE-2026-1002", "CVE-2026-1003", "CVE-2026-2002", "TEMP-0000000-AAAAAA"]);
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
    let target = Target::image(digest(), None);
    let (document, _) = document::make(&report, &target, None).unwrap();
    for turn in 0..report.rows.len() {
        let mut turned = report.clone();
        turned.rows.rotate_left(turn);
        assert_eq!(document::make(&turned, &target, None).unwrap().0, document);
        turned.rows.reverse();
        assert_eq!(document::make(&turned, &target, None).unwrap().0, document);
    }
}

#[test]
fn two_cves_are_never_folded() {
    let report =
        WEB.replace("\"CVE-2026-1002\",", "\"CVE-2026-1002\", \"VendorIDs\": [\"GHSA-aaaa-bbbb-cccc\", \"CVE-2026-7777\"],");
    let report = reports::read(report.as_bytes(), None).unwrap();
    assert!(notes(&report).contains(&("`CVE-2026-7777` beside `CVE-2026-1002` is not taken for the same vulnerability", 1)));
    let (document, _) = document::make(&report, &Target::image(digest(), None), None).unwrap();
    let vulnerabilities = document.images[0].vulnerabilities.as_deref().unwrap();
    let find = |id: &str| vulnerabilities.iter().find(|v| v.id == id).unwrap();
    for id in ["CVE-2026-1002", "CVE-2026-2001"] {
        assert_eq!((find(id).aliases.len(), find(id).advisories.as_slice()), (0, &["GHSA-aaaa-bbbb-cccc".into()][..]), "{id}");
    }
    assert_eq!(find("GHSA-aaaa-bbbb-cccc").findings.len(), 1);
}

#[test]
fn a_report_without_a_time_needs_one() {
    let report = reports::read(WEB.replace("\"CreatedAt\"", "\"Other\"").as_bytes(), None).unwrap();
    let target = Target::image(digest(), None);
    let error = document::make(&report, &target, None).unwrap_err().to_string();
    assert!(error.contains("--scanned-at"), "{error}");
    assert!(document::make(&report, &target, Timestamp::from_unix(0)).is_ok());
}

#[test]
fn what_is_not_a_report_of_an_image_is_refused_with_what_it_is() {
    let replaced = |from: &str, to: &str| WEB.replace(from, to);
    for (text, part) in [
        (replaced("container_image", "filesystem"), "the report is about a filesystem, not about a container image"),
        (replaced("\"SchemaVersion\": 2", "\"SchemaVersion\": 3"), "schema version 2, found 3"),
        (replaced("\"CVE-2026-1001\"", "7"), "the Trivy report cannot be read: invalid type: integer `7`"),
        (
            r#"{"SchemaVersion":2,"ArtifactType":"container_image","Results":[{"Class":"secret"},{"Class":"config"}]}"#
                .to_owned(),
            "only results of the class `config`, `secret`",
        ),
        (r#"{"SchemaVersion":2,"ArtifactType":"container_image"}"#.to_owned(), "no result at all"),
        (r#"{"SchemaVersion":"2018-10-08","Findings":[{"ProductArn":"x"}]}"#.to_owned(), "an AWS Security Hub result"),
        (r#"{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":[]}"#.to_owned(), "a CycloneDX 1.6 bill of materials"),
        (r#"{"version":"2.1.0","runs":[]}"#.to_owned(), "a SARIF log"),
        (r#"{"spdxVersion":"SPDX-2.3"}"#.to_owned(), "an SPDX bill of materials (SPDX-2.3)"),
        (r#"{"matches":[],"descriptor":{"name":"grype"}}"#.to_owned(), "a Grype report"),
        (r#"[{"Target":"a","Vulnerabilities":null}]"#.to_owned(), "a Trivy report of schema version 1"),
        (r#"{"ClusterName":"a","Resources":[]}"#.to_owned(), "a Trivy report of a Kubernetes cluster"),
        (r#"{"apiVersion":"v1","kind":"Pod"}"#.to_owned(), "a Kubernetes object of kind Pod (v1)"),
        ("{}".to_owned(), "an empty object"),
        ("[]".to_owned(), "an empty list"),
        ("null".to_owned(), "null"),
        (String::new(), "expected JSON"),
        ("{".to_owned(), "expected JSON"),
        (format!("{}{}", "[".repeat(200), "]".repeat(200)), "nested"),
    ] {
        let error = reports::read(text.as_bytes(), None).expect_err(part).to_string();
        assert!(error.contains(part), "{part}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = reports::read(b"\xff\xfe", None).unwrap_err().to_string();
    assert!(error.contains("offset 0"), "{error}");
    let error = reports::read(b"{\"spdxVersion\":1}", Some(Format::Trivy)).unwrap_err().to_string();
    assert!(error.contains("not a trivy-json report"), "{error}");
}

#[test]
fn guards_are_let_go_by_name() {
    let empty = br#"{"SchemaVersion":2,"ArtifactType":"filesystem"}"#;
    let all = Leniency { any_subject: true, unclear_claim: true };
    assert!(reports::read_with(empty, None, all).unwrap().rows.is_empty());
    assert!(reports::read_with(empty, None, Leniency { unclear_claim: false, ..all }).is_err());
    assert!(reports::read_with(empty, None, Leniency { any_subject: false, ..all }).is_err());
}

#[test]
fn cut_and_damaged_reports_are_errors_never_panics() {
    for end in (0..WEB.len()).step_by(7) {
        assert!(reports::read(&WEB.as_bytes()[..end], None).is_err(), "cut at {end}");
    }
    for place in (0..WEB.len()).step_by(11) {
        let mut bytes = WEB.as_bytes().to_vec();
        for byte in [0, b'"', b'{', b'9', 0xff] {
            bytes[place] = byte;
            if let Ok(report) = reports::read(&bytes, None) {
                let _ = document::make(&report, &Target::image(digest(), None), Timestamp::from_unix(0));
            }
        }
    }
}
