//! The CycloneDX reader against a small document that has one of everything, and against what is no report.

use policy::findings::{Field, FixState, Severity, VexStatus};
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::SubjectKind;
use reports::{Format, Leniency, Report};

use crate::trivy::digest;

const WEB: &str = include_str!("../fixtures/web.cdx.json");

fn web() -> Report {
    reports::read(WEB.as_bytes(), None).unwrap()
}

fn row<'a>(report: &'a Report, id: &str, package: &str) -> &'a reports::report::Row {
    report.rows.iter().find(|row| row.id == id && row.package.name == package).unwrap()
}

#[test]
fn the_report_says_who_looked_at_what_and_when() {
    let report = web();
    assert_eq!(
        (report.format, report.scanner.name.as_str(), report.scanner.version.as_deref()),
        (Format::CycloneDx, "trivy", Some("0.69.3"))
    );
    assert_eq!(report.scanned_at, Timestamp::parse("2026-11-21T10:00:00Z"));
    assert_eq!(report.subject.kind, SubjectKind::Image);
    assert_eq!(report.subject.digests, [digest().to_string(), format!("sha256:{}", "3".repeat(64))]);
    assert_eq!(report.subject.image_id, Some(format!("sha256:{}", "1".repeat(64))));
    let os = report.os.as_ref().unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref(), os.end_of_life), ("debian", Some("12.5"), None));
    assert_eq!(report.provides, [Field::Aliases, Field::Cvss, Field::Epss, Field::PublishedAt, Field::Path, Field::Vex]);
    assert!(document::make(&Target::image(digest(), None, &report), None).is_ok());
}

#[test]
fn rows_are_read_field_by_field() {
    let report = web();
    let parser = row(&report, "GHSA-aaaa-bbbb-cccc", "@shop/parser");
    assert_eq!(
        (parser.severity, parser.cvss.unwrap().to_string().as_str()),
        (Severity::Medium, "5.4"),
        "the vulnerability's own source"
    );
    assert_eq!(
        (parser.epss.unwrap().to_string().as_str(), parser.published_at),
        ("0.42", Timestamp::parse("2026-03-29T17:15:21Z"))
    );
    assert_eq!(
        (parser.aliases.as_slice(), parser.advisories.as_slice()),
        (&["CVE-2026-2001".to_owned()][..], &["DSA-9001-1".to_owned()][..])
    );
    assert_eq!((parser.fix_state, parser.fixed.as_slice()), (FixState::Fixed, &["1.2.3".to_owned(), "2.0.1".to_owned()][..]));
    assert_eq!(
        (parser.package.purl.as_str(), parser.package.path.as_deref()),
        ("pkg:npm/%40shop/parser@1.0.0", Some("app/package-lock.json"))
    );
    assert_eq!(parser.vex.as_ref().unwrap().status, VexStatus::UnderInvestigation);
    assert_eq!(row(&report, "GHSA-aaaa-bbbb-cccc", "zlib1g").fixed, ["1.2.14"]);
    let linked = row(&report, "CVE-2026-1002", "zlib1g");
    assert_eq!(
        (linked.severity, linked.cvss.unwrap().to_string().as_str()),
        (Severity::High, "7.5"),
        "the worst, of no own source"
    );
    assert_eq!((linked.fixed.as_slice(), linked.published_at), (&["1.3".to_owned()][..], None));
    let statement = linked.vex.as_ref().unwrap();
    assert_eq!(
        (statement.status, statement.source.as_str()),
        (VexStatus::NotAffected, "CycloneDX analysis, state `false_positive`")
    );
    let bare = row(&report, "CVE-2026-1003", "bare");
    assert_eq!(
        (bare.severity, bare.fix_state, bare.epss.unwrap().to_string().as_str()),
        (Severity::High, FixState::Unknown, "0.03")
    );
    assert_eq!((bare.package.purl.as_str(), bare.vex.as_ref()), ("pkg:generic/bare", None));
    let go = row(&report, "CVE-2026-1003", "golang.org/x/net");
    assert_eq!(
        (go.package.installed.as_deref(), go.package.purl.as_str()),
        (Some("v0.1.0"), "pkg:golang/golang.org/x/net@v0.1.0")
    );
    assert_eq!(row(&report, "CVE-2026-1003", "elsewhere").package.purl, "pkg:generic/elsewhere");
    assert_eq!(row(&report, "CVE-2026-1004", "unknown").severity, Severity::Unknown);
}

#[test]
fn what_was_not_taken_as_it_stands_is_noted() {
    let report = web();
    let notes: Vec<(&str, usize)> = report.notes.iter().collect();
    assert_eq!(
        notes,
        [
            ("affected component that is not in the document", 2),
            ("analysis state `wontfix`: no VEX status", 1),
            ("date of publication that is not a time", 1),
            ("ratings differ and none is of the vulnerability's own source: the worst counts", 1),
            ("recommendation that names no fixed version of the package in a known form", 3),
            ("row dropped: it names no vulnerability", 1),
            ("row without a package", 1),
            ("row without a severity word: the class of its CVSS score", 1),
            ("row without a severity: unknown", 1),
            ("row without an installed version", 1),
            ("severity word `severe`: unknown", 1),
        ]
    );
}

#[test]
fn a_bill_of_materials_or_a_vex_document_is_no_scan() {
    let forced = Leniency { any_subject: true, unclear_claim: false };
    let read = |tools: &str, rest: &str| {
        let text = format!(
            r#"{{ "bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {{ "tools": [{{ "name": "{tools}" }}],
                "component": {{ "type": "container", "name": "web" }} }} {rest} }}"#
        );
        reports::read_with(text.as_bytes(), None, forced)
    };
    let statement =
        r#", "vulnerabilities": [{ "id": "CVE-2026-1", "affects": [{ "ref": "a" }], "analysis": { "state": "exploitable" } }]"#;
    for (tool, rest, part) in [
        ("trivy", "", "a bill of materials without vulnerabilities"),
        ("trivy", r#", "vulnerabilities": []"#, "an empty list of vulnerabilities"),
        ("grype", statement, "is a VEX document"),
    ] {
        let error = read(tool, rest).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(read("grype", r#", "vulnerabilities": []"#).unwrap().rows.is_empty());
    assert_eq!(read("xray", &format!(r#"{statement}, "components": [{{ "name": "a" }}]"#)).unwrap().rows.len(), 1);
    for (from, to, part) in [
        ("\"1.6\"", "\"1.3\"", "expected CycloneDX of the version 1.4, 1.5, 1.6, 1.7, found 1.3"),
        ("\"specVersion\": \"1.6\",", "", "found none"),
        ("\"container\"", "\"application\"", "the report is about an application"),
        ("\"CVE-2026-1004\"", "4", "the CycloneDX document cannot be read: invalid type: integer `4`"),
    ] {
        let error = reports::read(WEB.replace(from, to).as_bytes(), None).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn without_tools_nobody_is_named_as_scanner() {
    let text = WEB.replace("\"tools\"", "\"others\"");
    assert_eq!(reports::read(text.as_bytes(), None).unwrap().scanner.name, "unknown");
}

/// Names are repeated for each affected package: what is short to write could be long to hold.
#[test]
fn a_report_that_multiplies_is_refused() {
    let list = |item: &str, n: usize| vec![item; n].join(",");
    let text = format!(
        r#"{{ "bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": [{{ "id": "CVE-2026-1", "references": [{}], "affects": [{}] }}] }}"#,
        list(r#"{"id":"GHSA-aaaa-bbbb-cccc"}"#, 4000),
        list(r#"{"ref":"a"}"#, 4000)
    );
    let error = reports::read(text.as_bytes(), None).unwrap_err().to_string();
    assert!(error.contains("at most 10000000 texts"), "{error}");
}
