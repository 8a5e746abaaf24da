//! Clair, Quay and Harbor.

use policy::findings::{Field, FixState, Severity};
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, row, with, without};

pub(crate) fn clair() -> Value {
    json!({
        "manifest_hash": "sha256:eeee",
        "packages": { "1": { "name": "openssl", "version": "3.0-1" }, "2": { "name": "requests", "version": "2.0" } },
        "distributions": { "1": { "did": "ol", "name": "Oracle Linux Server", "version_id": "9" } },
        "environments": { "1": [{ "package_db": "sqlite:var/lib/rpm", "distribution_id": "1" }], "2": [{ "package_db": "python:usr/lib/python3", "distribution_id": "" }] },
        "vulnerabilities": {
            "10": { "name": "ELSA-2026-1: openssl (IMPORTANT)", "links": "https://x/ELSA-2026-1 https://x/CVE-2026-1 https://x/CVE-2026-2", "normalized_severity": "High",
                    "severity": "IMPORTANT", "issued": "2026-03-01T00:00:00Z", "fixed_in_version": "3.0-2" },
            "11": { "name": "PYSEC-2026-1 requests", "links": "https://x/CVE-2026-9", "normalized_severity": "", "severity": "severe", "issued": "0001-01-01T00:00:00Z" },
            "12": { "name": "a loop in the parser", "normalized_severity": "Low", "fixed_in_version": "" } },
        "package_vulnerabilities": { "1": ["10", "99"], "2": ["11", "12"] },
        "enrichments": {
            "message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://csrc.nist.gov/x": [{ "10": [{ "baseScore": 5.0 }, { "baseScore": 7.5 }] }],
            "message/vnd.clair.map.vulnerability; enricher=clair.epss schema=https://x": [{ "10": [{ "cve": "CVE-2026-1", "epss": 0.125 }] }],
            "message/vnd.clair.map.vulnerability; enricher=clair.kev schema=none": [{ "10": [{ "cve": "CVE-2026-1" }] }] }
    })
}

pub(crate) fn quay() -> Value {
    json!({ "status": "scanned", "data": { "Layer": { "Name": "sha256:ffff", "IndexedByVersion": 4, "Features": [
        { "Name": "bash", "Version": "5", "Vulnerabilities": [] },
        { "Name": "ncurses", "Version": "6.2-1", "Vulnerabilities": [
            { "Name": "CVE-2026-1 ncurses", "Severity": "High", "FixedBy": "0:6.2-2", "Link": "https://x/CVE-2026-8", "NamespaceName": "debian/updater/bookworm",
              "Metadata": { "DistroName": "Debian GNU/Linux", "DistroVersion": "12 (bookworm)", "NVD": { "CVSSv3": { "Score": 7.1 } } } },
            { "Name": "RHSA-2026:1: ncurses (Low)", "Severity": "Defcon1", "FixedBy": "0", "Link": "https://x/CVE-2026-2", "Metadata": { "NVD": { "CVSSv3": { "Score": "" } } } } ] } ] } } })
}

pub(crate) fn harbor() -> Value {
    json!({ "application/vnd.security.vulnerability.report; version=1.1": {
        "generated_at": "2026-11-20T10:00:00.5Z", "scanner": { "name": "Trivy", "vendor": "Aqua", "version": "v0.66.0" }, "severity": "High",
        "vulnerabilities": [
            { "id": "CVE-2026-1", "package": "bash", "version": "5", "fix_version": "6, 7", "severity": "High", "artifact_digests": ["sha256:abcd"],
              "preferred_cvss": { "score_v3": 0, "score_v2": 4.5 } },
            { "id": "CVE-2026-2", "package": "zlib", "version": "1", "severity": "None", "status": "will_not_fix", "artifact_digests": ["sha256:abcd"] } ] } })
}

#[test]
fn marks_behind_a_large_value_are_found_where_they_are() {
    let mut large = clair();
    large["distributions"]["1"]["pretty_name"] = "x".repeat(100_000).into();
    // The keys stand in their alphabetical order, with one of the two marks behind the large value.
    let text = large.to_string();
    let (first, last) = (text.find("manifest_hash").unwrap(), text.find("\"package_vulnerabilities\"").unwrap());
    assert!(last > 100_000 && first > 100_000);
    let text = text.replacen('{', r#"{"manifest_hash":"sha256:eeee","#, 1).replacen(r#","manifest_hash":"sha256:eeee""#, "", 1);
    assert_eq!(reports::read(text.as_bytes(), None).unwrap(), read(&clair()));
    let other = text.replace("\"package_vulnerabilities\":", "\"others\":");
    let refusal = reports::read(other.as_bytes(), None).unwrap_err().to_string();
    assert!(refusal.starts_with("not a report that can be read"), "{refusal}");
    let null =
        text.replace(r#""package_vulnerabilities":{"1":["10","99"],"2":["11","12"]}"#, r#""package_vulnerabilities":null"#);
    assert!(reports::read(null.as_bytes(), None).unwrap().rows.is_empty());
}

#[test]
fn a_report_of_clair_is_joined_and_its_ids_are_found() {
    let report = read(&clair());
    let mut fields = report.provides.clone();
    fields.sort_unstable();
    assert!([Field::Cvss, Field::Epss, Field::KnownExploited, Field::Path].iter().all(|field| fields.contains(field)));
    let os = report.os.as_ref().unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref(), report.scanned_at), ("oracle", Some("9"), None));
    assert_eq!(report.subject.digests, ["sha256:eeee"]);
    for id in ["CVE-2026-1", "CVE-2026-2"] {
        let row = row(&report, id);
        assert_eq!(
            (row.advisories.as_slice(), row.severity, row.fix_state),
            (&["ELSA-2026-1".to_owned()][..], Severity::High, FixState::Fixed)
        );
        assert_eq!(
            (row.package.purl.as_str(), row.package.path.as_deref()),
            ("pkg:rpm/oracle/openssl@3.0-1", Some("var/lib/rpm"))
        );
        assert_eq!(
            (row.cvss.unwrap().to_string(), row.epss.unwrap().to_string(), row.known_exploited),
            ("7.5".to_owned(), "0.125".to_owned(), Some(true))
        );
    }
    let python = row(&report, "PYSEC-2026-1");
    assert_eq!(
        (python.aliases.len(), python.known_exploited, python.published_at),
        (0, Some(false), None),
        "links may be about others"
    );
    assert_eq!(python.package.purl, "pkg:pypi/requests@2.0");
    assert_eq!(row(&report, "a loop in the parser").fix_state, FixState::NotFixed);
    assert_eq!(
        notes(&report),
        [
            ("row about several CVEs: one row for each", 1),
            ("row dropped: the report does not describe its vulnerability", 1),
            ("row without an id: named by what it says", 1),
            ("severity word `severe`: unknown", 1)
        ]
    );
    document(&report);
    let plain = read(&without(&clair(), "/enrichments"));
    assert_eq!((plain.provides.contains(&Field::Epss), plain.rows[0].known_exploited), (false, None));
    let broken = read(&with(&clair(), "/enrichments", json!({ "x; enricher=clair.kev": [7] })));
    assert!(notes(&broken).contains(&("enrichment `clair.kev` that cannot be read", 1)));
    assert!(!broken.provides.contains(&Field::KnownExploited));
}

#[test]
fn the_security_information_of_quay_is_read_field_by_field() {
    let report = read(&quay());
    assert_eq!((report.subject.digests.as_slice(), report.scanner.name.as_str()), (&["sha256:ffff".to_owned()][..], "clair"));
    let os = report.os.as_ref().unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref()), ("debian", Some("12")));
    let first = row(&report, "CVE-2026-1");
    assert_eq!((first.fixed.as_slice(), first.cvss.unwrap().to_string().as_str()), (&["0:6.2-2".to_owned()][..], "7.1"));
    assert_eq!(first.package.purl, "pkg:deb/debian/ncurses@6.2-1");
    let second = row(&report, "CVE-2026-2");
    assert_eq!(
        (second.severity, second.fix_state, second.advisories.as_slice()),
        (Severity::Critical, FixState::NotFixed, &["RHSA-2026:1".to_owned()][..])
    );
    assert!(notes(&report).is_empty());
    document(&report);
    assert_eq!(read(&quay()["data"]).rows, report.rows, "without the status around it");
    let old = read(&with(&quay(), "/data/Layer/IndexedByVersion", json!(3)));
    assert!(old.subject.digests.is_empty(), "the name of a layer");
}

#[test]
fn a_report_of_harbor_is_read_with_and_without_its_media_type() {
    let report = read(&harbor());
    assert_eq!((report.scanner.name.as_str(), report.scanner.version.as_deref()), ("trivy", Some("v0.66.0")));
    assert_eq!(
        (report.scanned_at.unwrap().to_string().as_str(), report.subject.digests.as_slice()),
        ("2026-11-20T10:00:00Z", &["sha256:abcd".to_owned()][..])
    );
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.fixed.as_slice(), first.cvss.unwrap().to_string().as_str()),
        (&["6".to_owned(), "7".to_owned()][..], "4.5")
    );
    let second = row(&report, "CVE-2026-2");
    assert_eq!((second.severity, second.fix_state), (Severity::Negligible, FixState::WontFix));
    document(&report);
    // Of two reports of one type the last counts, as JSON's members are commonly read.
    let twice = harbor().to_string().replacen('{', r#"{"application/vnd.security.vulnerability.report; version=1.1":null,"#, 1);
    assert_eq!(reports::read(twice.as_bytes(), None).unwrap(), report);
    let bare = harbor()["application/vnd.security.vulnerability.report; version=1.1"].clone();
    let bare = read(&with(&bare, "/artifact", json!({ "repository": "library/web", "digest": "sha256:abcd" })));
    assert_eq!((bare.rows, bare.subject.name.as_deref()), (report.rows, Some("library/web")));
}

#[test]
fn what_was_not_scanned_is_refused() {
    let in_harbor = |place: &str, value: Value| {
        let bare = harbor()["application/vnd.security.vulnerability.report; version=1.1"].clone();
        json!({ "application/vnd.security.vulnerability.report; version=1.1": with(&bare, place, value) })
    };
    all_refused([
        (with(&clair(), "/packages", json!({})), "lists no package at all"),
        (with(&clair(), "/distributions", json!({})), "names no distribution"),
        (json!({ "status": "queued", "data": null }), "its status is `queued`"),
        (json!({ "status": "scanned", "data": null }), "holds no `Layer`"),
        (with(&quay(), "/data/Layer/Features", json!([])), "lists no package at all"),
        (with(&quay(), "/data/Layer/Features", json!([{ "Name": "a" }])), "packages without their vulnerabilities"),
        (in_harbor("/scan_status", json!("Running")), "its status is `Running`"),
        (in_harbor("/vulnerabilities", json!(null)), "no list `vulnerabilities`"),
        (in_harbor("/vulnerabilities/0/artifact_digests", json!(["sha256:beef"])), "a set of 2 images"),
        (json!({ "application/vnd.security.vulnerability.report; version=1.1": null }), "the Harbor report is null"),
    ]);
}
