//! JFrog Xray, shape by shape.

use policy::findings::{FixState, Severity};
use reports::report::SubjectKind;
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, read_leniently, row, with, without};

pub(crate) fn summary() -> Value {
    json!({ "artifacts": [{
        "general": { "component_id": "web:v1", "pkg_type": "Docker", "sha256": "aaaa" },
        "issues": [
            { "issue_id": "XRAY-1", "issue_type": "security", "summary": "Overflow", "severity": "High", "cves": [{ "cve": "CVE-2026-1", "cvss_v2": "5.0/AV:N", "cvss_v3": "7.2/CVSS:3.1/AV:N" }],
              "impact_path": ["repo/web/v1/layer.tar.gz/3.20:busybox:1.36", "repo/web/v1/layer.tar.gz/3.20:ssl_client:1.36"] },
            { "summary": "Loop in a parser", "severity": "Information", "cves": [{ "cvss_v2": "2.6/AV:N" }] },
            { "issue_type": "license", "severity": "High" } ] }] })
}

pub(crate) fn scan() -> Value {
    json!([{ "scan_id": "1", "component_id": "docker://web:v1", "package_type": "Docker", "status": "completed", "vulnerabilities": [
        { "issue_id": "XRAY-1", "severity": "Critical", "cves": [{ "cve": "CVE-2026-1", "cvss_v3_score": "9.8" }, { "cve": "CVE-2026-2", "cvss_v3_score": "5.0" }],
          "components": { "deb://debian:bookworm:libssl3:3.0": { "fixed_versions": ["[3.1]", "[3.2,3.3)"], "impact_paths": [[{ "component_id": "x" }, { "full_path": "/layer.tar" }]] } } } ] }])
}

pub(crate) fn rows() -> Value {
    json!({ "total_rows": 1, "rows": [{ "issue_id": "XRAY-1", "severity": "Low", "cves": [{ "cve": "CVE-2026-1" }], "vulnerable_component": "openssl:3.0", "package_type": "npm",
        "impacted_artifact": "docker://web:v1", "physical_path": "app/a", "fixed_versions": ["≥ 3.1"] }] })
}

pub(crate) fn data() -> Value {
    json!({ "total_count": 1, "data": [{ "id": "", "severity": "High", "summary": "Loop", "issue_type": "security", "component": "debian:bookworm:libx11",
        "source_comp_id": "deb://debian:bookworm:libx11:2:1.6", "component_versions": { "fixed_versions": ["≥ 2:1.7"], "more_details": { "cves": [{ "cve": "CVE-2026-1", "cvss_v3": "9.8/CVSS:3.0/AV:N" }] } } }] })
}

pub(crate) fn docker() -> Value {
    json!({ "scansStatus": { "scaScanStatusCode": 0 }, "errors": null, "vulnerabilities": [
        { "severity": "Critical", "impactedPackageName": "debian:bookworm:libssl3", "impactedPackageVersion": "3.0", "impactedPackageType": "deb", "issueId": "XRAY-1",
          "fixedVersions": ["[3.1]"], "cves": [{ "id": "CVE-2026-1", "cvssV2": "", "cvssV3": "9.1" }],
          "impactPaths": [[{ "name": "host/web", "version": "v1" }, { "name": "sha256__aaaa.tar" }, { "name": "debian:bookworm:libssl3" }]] } ] })
}

#[test]
fn every_shape_is_read_field_by_field() {
    let report = read(&summary());
    assert_eq!(
        (report.subject.kind.clone(), report.subject.digests.as_slice()),
        (SubjectKind::Image, &["sha256:aaaa".to_owned()][..])
    );
    assert_eq!(report.rows.len(), 3);
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.package.purl.as_str(), first.advisories.as_slice()),
        ("pkg:apk/alpine/busybox@1.36", &["XRAY-1".to_owned()][..])
    );
    assert_eq!((first.cvss.unwrap().to_string().as_str(), first.fix_state), ("7.2", FixState::Unknown));
    assert_eq!(row(&report, "Loop in a parser").severity, Severity::Negligible);
    assert!(notes(&report).contains(&("issue of the type `license`, which is no vulnerability", 1)));
    document(&report);

    let report = read(&scan());
    for id in ["CVE-2026-1", "CVE-2026-2"] {
        let row = row(&report, id);
        assert_eq!(
            (row.cvss.unwrap().to_string().as_str(), row.fixed.as_slice()),
            ("9.8", &["3.1".to_owned(), "[3.2,3.3)".to_owned()][..])
        );
        assert_eq!((row.package.purl.as_str(), row.package.path.as_deref()), ("pkg:deb/debian/libssl3@3.0", Some("layer.tar")));
    }
    document(&report);
    assert_eq!(read(&scan()[0]).rows, report.rows, "an object");

    let report = read(&rows());
    assert_eq!(
        (report.rows[0].package.purl.as_str(), report.rows[0].fixed.as_slice()),
        ("pkg:npm/openssl@3.0", &["3.1".to_owned()][..])
    );
    assert_eq!(report.rows[0].package.path.as_deref(), Some("app/a"));

    let report = read_leniently(&data());
    assert_eq!(
        (report.rows[0].package.purl.as_str(), report.rows[0].fixed.as_slice()),
        ("pkg:deb/debian/libx11@2:1.6", &["2:1.7".to_owned()][..])
    );

    let report = read(&docker());
    assert_eq!(report.subject.name.as_deref(), Some("host/web:v1"));
    assert_eq!((report.rows[0].id.as_str(), report.rows[0].package.purl.as_str()), ("CVE-2026-1", "pkg:deb/debian/libssl3@3.0"));
    assert_eq!(
        (report.rows[0].cvss.unwrap().to_string().as_str(), report.rows[0].fixed.as_slice()),
        ("9.1", &["3.1".to_owned()][..])
    );
}

#[test]
fn cut_failed_and_foreign_reports_of_xray_are_refused() {
    let mut two = summary();
    let artifact = two["artifacts"][0].clone();
    two["artifacts"].as_array_mut().unwrap().push(artifact);
    all_refused([
        (with(&rows(), "/total_rows", json!(2)), "counts 2 findings (`total_rows`) and lists 1"),
        (json!({ "total_rows": 0, "rows": [] }), "a thing that it does not name"),
        (json!({ "total_rows": "+12", "rows": [] }), "counts 12 findings (`total_rows`) and lists 0"),
        (json!({ "total_rows": "many", "rows": [] }), "expected a number as `total_rows` of the JFrog Xray report, found `many`"),
        (
            json!({ "total_rows": [1], "rows": [] }),
            "expected a number as `total_rows` of the JFrog Xray report, found something else",
        ),
        (with(&rows(), "/rows/0/impacted_artifact", json!("npm://web:v1")), "a package of the kind npm"),
        (with(&data(), "/total_count", json!("2")), "counts 2 findings (`total_count`) and lists 1"),
        (data(), "a thing that it does not name"),
        (with(&scan(), "/0/status", json!("failed")), "its status is `failed`"),
        (with(&scan(), "/0/package_type", json!("Maven")), "a package of the kind maven"),
        (json!({ "scan_id": "1", "package_type": "docker", "vulnerabilities": [] }), "no `status` or no list of them"),
        (json!([scan()[0], scan()[0]]), "a set of 2 scans"),
        (without(&scan(), "/0/vulnerabilities"), "no `status` or no list of them"),
        (
            json!({ "scan_id": "1", "package_type": "docker", "status": "completed", "violations": [{}] }),
            "only violations of its own policies",
        ),
        (without(&summary(), "/artifacts/0/issues"), "has no list `issues`"),
        (
            json!({ "scansStatus": { "scaScanStatusCode": 0 }, "vulnerabilities": [], "securityViolations": [{}] }),
            "only violations of its own policies",
        ),
        (with(&summary(), "/errors", json!([{ "error": "not indexed" }])), "an error instead of a scan: not indexed"),
        (two, "a set of 2 artifacts"),
        (with(&docker(), "/scansStatus/scaScanStatusCode", json!(1)), "the status code 1"),
        (with(&docker(), "/errors", json!([{ "errorMessage": "no route" }])), "failed: no route"),
        (with(&docker(), "/vulnerabilities/0/impactPaths/0/1/name", json!("pom.xml")), "packages outside an image"),
        (json!({ "scansStatus": null, "vulnerabilities": [] }), "no vulnerability and no status of the scan"),
    ]);
    let fine = without(&docker(), "/scansStatus");
    assert_eq!(read(&fine).rows.len(), 1);
}
