//! GitLab, Anchore, StackRox and Prisma Cloud.

use policy::findings::{Field, FixState, Severity, VexStatus};
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, row, with, without};

pub(crate) fn gitlab() -> Value {
    json!({
        "version": "15.0.7", "scan": { "type": "container_scanning", "status": "success", "end_time": "2026-11-20T10:00:00", "scanner": { "id": "trivy", "version": "0.66.0" } },
        "vulnerabilities": [
            { "id": "1", "severity": "Critical", "solution": "Upgrade curl from 7.0 to 7.1", "identifiers": [
                { "type": "cwe", "value": "CWE-1" }, { "type": "ghsa", "value": "GHSA-1" }, { "type": "cve", "value": "CVE-2026-1" } ],
              "location": { "dependency": { "package": { "name": "curl" }, "version": "7.0" }, "operating_system": "alpine 3.20.1", "image": "host/web@sha256:aaaa" } },
            { "id": "2", "severity": "Info", "solution": "Upgrade to version 2 or above.", "cve": "CVE-2026-2", "identifiers": [],
              "location": { "dependency": { "package": { "name": "zlib" }, "version": "1" }, "operating_system": "Unknown", "image": "Unknown" } } ]
    })
}

pub(crate) fn anchore() -> Value {
    json!({ "imageDigest": "sha256:aaaa", "vulnerability_type": "all", "vulnerabilities": [
        { "vuln": "CVE-2026-1", "severity": "High", "feed_group": "debian:12", "package": "zlib-1.2", "package_name": "zlib", "package_version": "1.2", "package_type": "dpkg",
          "package_path": "None", "fix": "1.3", "nvd_data": [{ "id": "CVE-2026-1", "is_kev": true, "cvss_v3": { "base_score": -1.0 }, "cvss_v2": { "base_score": 7.5 } }] },
        { "vuln": "GHSA-1", "severity": "Negligible", "packageName": "qs", "packageVersion": "1", "packageType": "npm", "packagePath": "/app/qs", "purl": "pkg:npm/qs@1",
          "fix": "None", "willNotFix": true, "nvdData": [{ "id": "CVE-2026-2", "isKev": false, "cvssV3": { "baseScore": 5.0 } }] } ] })
}

pub(crate) fn roxctl() -> Value {
    json!({ "result": { "summary": { "TOTAL-VULNERABILITIES": 1, "TOTAL-COMPONENTS": 4 }, "vulnerabilities": [
        { "cveId": "CVE-2026-1", "cveSeverity": "IMPORTANT", "cveCVSS": 7.5, "advisoryId": "RHSA-2026:1", "componentName": "curl", "componentVersion": "7", "componentFixedVersion": "8" } ] } })
}

pub(crate) fn stackrox() -> Value {
    json!({
        "id": "sha256:aaaa", "name": { "fullName": "host/web:v1" }, "metadata": { "v2": { "digest": "sha256:aaaa" } }, "notes": [],
        "scan": { "scanTime": "2026-11-20T10:00:00Z", "scannerVersion": "4.5", "operatingSystem": "rhel:9", "notes": ["OS_CVES_STALE_SOON"], "components": [
            { "name": "curl", "version": "7", "source": "OS", "location": "var/lib/rpm", "vulns": [
                { "cve": "CVE-2026-1", "severity": "MODERATE_VULNERABILITY_SEVERITY", "cvss": 5.5, "fixedBy": "8", "publishedOn": "2026-03-01T00:00:00Z", "state": "OBSERVED",
                  "epss": { "epssProbability": 0.5 }, "advisory": { "name": "RHSA-2026:1" } },
                { "cve": "CVE-2026-2", "severity": "UNKNOWN_VULNERABILITY_SEVERITY", "state": "FALSE_POSITIVE", "suppressed": true },
                { "cve": "CVE-2026-3", "severity": "LOW_VULNERABILITY_SEVERITY", "state": "DEFERRED" } ] },
            { "name": "qs", "version": "1", "source": "NODEJS", "vulns": [] } ] }
    })
}

pub(crate) fn prisma() -> Value {
    json!({ "results": [{
        "id": "sha256:1d1d", "name": "host/web:v1", "digest": "sha256:aaaa", "distro": "Debian GNU/Linux 12 (bookworm)", "scanTime": "2026-11-20T10:00:00.5Z",
        "packages": [{ "type": "python", "name": "pyyaml" }], "complianceDistribution": { "total": 0 }, "vulnerabilityDistribution": { "total": 3 },
        "vulnerabilities": [
            { "id": "CVE-2026-1", "status": "Fixed in 1.2-RC1, 1.3", "cvss": 9.8, "severity": "important", "packageName": "pyyaml", "packageVersion": "1",
              "publishedDate": "2026-03-01T00:00:00Z", "fixDate": "2026-03-02T00:00:00Z" },
            { "id": "CVE-2026-2", "status": "deferred", "cvss": 0, "severity": "unimportant", "packageName": "glibc (used in libc6, libc-bin)", "packageVersion": "2.36" },
            { "id": "PRISMA-2026-3", "status": "odd", "severity": "moderate", "packageName": "thing", "packageVersion": "1" } ] }] })
}

#[test]
fn a_report_of_gitlab_is_read_field_by_field() {
    let report = read(&gitlab());
    assert_eq!(
        (report.scanner.name.as_str(), report.scanned_at.unwrap().to_string().as_str()),
        ("trivy", "2026-11-20T10:00:00Z")
    );
    assert_eq!(
        (report.subject.name.as_deref(), report.subject.digests.as_slice()),
        (Some("host/web@sha256:aaaa"), &["sha256:aaaa".to_owned()][..])
    );
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.aliases.as_slice(), first.fixed.as_slice(), first.fix_state),
        (&["GHSA-1".to_owned()][..], &["7.1".to_owned()][..], FixState::Fixed)
    );
    assert_eq!((first.severity, first.package.purl.as_str()), (Severity::Critical, "pkg:apk/alpine/curl@7.0"));
    let second = row(&report, "CVE-2026-2");
    assert_eq!(
        (second.severity, second.fixed.len(), second.fix_state),
        (Severity::Negligible, 0, FixState::Fixed),
        "a fix without its version"
    );
    document(&report);
    let odd = read(&with(&gitlab(), "/scan/end_time", json!("yesterday")));
    assert_eq!((odd.scanned_at, notes(&odd)), (None, vec![("`scan.end_time` is not a time: `yesterday`", 1)]));
    assert_eq!(read(&without(&gitlab(), "/scan")).rows, report.rows);
}

#[test]
fn lists_of_anchore_are_read_in_both_writings() {
    let report = read(&anchore());
    assert!(report.provides.contains(&Field::KnownExploited));
    assert_eq!(
        (report.subject.digests.as_slice(), report.os.as_ref().unwrap().version.as_deref()),
        (&["sha256:aaaa".to_owned()][..], Some("12"))
    );
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.package.purl.as_str(), first.package.path.as_deref(), first.known_exploited),
        ("pkg:deb/debian/zlib@1.2", None, Some(true))
    );
    assert_eq!(
        (first.fixed.as_slice(), first.cvss.unwrap().to_string().as_str()),
        (&["1.3".to_owned()][..], "7.5"),
        "-1 is no score"
    );
    let second = row(&report, "GHSA-1");
    assert_eq!(
        (second.aliases.as_slice(), second.fix_state, second.known_exploited),
        (&["CVE-2026-2".to_owned()][..], FixState::WontFix, Some(false))
    );
    assert_eq!((second.package.path.as_deref(), second.cvss.unwrap().to_string().as_str()), (Some("app/qs"), "5.0"));
    assert!(notes(&report).is_empty());
    document(&report);
    let items = anchore()["vulnerabilities"].clone();
    assert_eq!(read(&items).rows, report.rows, "a list");
    assert_eq!(read(&json!({ "vulnerabilities": { "vulnerabilities": items } })).rows, report.rows, "within an object");
    let ctl = json!([{ "vulnerabilityId": "CVE-2026-3", "packageName": "a", "packageVersion": "1", "packageType": "deb", "fixState": "not_fixed", "fixVersions": [], "kev": false, "severity": "low" },
                     { "vulnerability_id": "CVE-2026-4", "package_name": "a", "package_version": "1", "fix_state": "odd", "severity": "low" }]);
    let ctl = read(&ctl);
    assert_eq!((row(&ctl, "CVE-2026-3").fix_state, row(&ctl, "CVE-2026-4").known_exploited), (FixState::NotFixed, None));
    assert_eq!(notes(&ctl), [("fix state `odd`: unknown", 1)]);
    let export = read(&json!({
        "metadata": { "registry": "docker.io", "repository": "web", "tag": "v1", "imageDigest": "sha256:aaaa", "timestamp": "2026-11-20T10:00:00Z" },
        "securityEvaluation": [{ "vulnerabilityId": "CVE-2026-5", "cves": "CVE-2026-5", "severity": "High", "packageType": "RPM", "path": "pkgdb", "package": "zlib-1.2",
                                 "fixAvailable": "1.3,1.4", "nvdCvssBaseScore": "N/A" }] }));
    assert_eq!(
        (export.subject.name.as_deref(), export.scanned_at.unwrap().to_string().as_str()),
        (Some("docker.io/web:v1"), "2026-11-20T10:00:00Z")
    );
    assert_eq!((export.rows[0].fixed.len(), export.rows[0].package.path.as_deref(), export.rows[0].cvss), (2, None, None));
}

#[test]
fn images_and_tables_of_stackrox_are_read() {
    let report = read(&stackrox());
    assert_eq!(
        (report.scanner.version.as_deref(), report.subject.name.as_deref(), report.subject.digests.len()),
        (Some("4.5"), Some("host/web:v1"), 1)
    );
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.severity, first.epss.unwrap().to_string().as_str(), first.advisories.as_slice()),
        (Severity::Medium, "0.5", &["RHSA-2026:1".to_owned()][..])
    );
    assert_eq!(
        (first.package.purl.as_str(), first.package.path.as_deref(), first.fixed.as_slice()),
        ("pkg:rpm/redhat/curl@7", Some("var/lib/rpm"), &["8".to_owned()][..])
    );
    let second = row(&report, "CVE-2026-2");
    assert_eq!((second.severity, second.vex.as_ref().unwrap().status), (Severity::Unknown, VexStatus::NotAffected));
    assert_eq!(
        notes(&report),
        [
            ("row left out by the scanner's own configuration (deferred or suppressed)", 1),
            ("the scan notes `OS_CVES_STALE_SOON`", 1)
        ]
    );
    document(&report);
    let table = read(&roxctl());
    let line = row(&table, "CVE-2026-1");
    assert_eq!(
        (line.severity, line.fixed.as_slice(), line.advisories.as_slice()),
        (Severity::High, &["8".to_owned()][..], &["RHSA-2026:1".to_owned()][..])
    );
    document(&table);
}

#[test]
fn a_scan_of_prisma_cloud_is_read_field_by_field() {
    let report = read(&prisma());
    assert_eq!(
        (report.subject.digests.as_slice(), report.subject.image_id.as_deref()),
        (&["sha256:aaaa".to_owned()][..], Some("sha256:1d1d"))
    );
    let first = row(&report, "CVE-2026-1");
    assert_eq!((first.fixed.as_slice(), first.severity), (&["1.2-RC1".to_owned(), "1.3".to_owned()][..], Severity::High));
    assert_eq!(
        (first.fix_available_at.unwrap().to_string().as_str(), first.package.purl.as_str()),
        ("2026-03-02T00:00:00Z", "pkg:pypi/pyyaml@1")
    );
    let second = row(&report, "CVE-2026-2");
    assert_eq!(
        (second.fix_state, second.cvss, second.package.purl.as_str()),
        (FixState::WontFix, None, "pkg:deb/debian/glibc@2.36")
    );
    assert_eq!(
        (row(&report, "PRISMA-2026-3").severity, row(&report, "PRISMA-2026-3").fix_state),
        (Severity::Medium, FixState::Unknown)
    );
    assert_eq!(notes(&report), [("fix status `odd`: unknown", 1)]);
    document(&report);
}

#[test]
fn failed_cut_and_foreign_scans_are_refused() {
    let other = with(&gitlab()["vulnerabilities"][1], "/location/image", json!("host/other:v1"));
    let mut two = prisma();
    let scan = two["results"][0].clone();
    two["results"].as_array_mut().unwrap().push(scan);
    let unscanned = json!({ "results": [{ "complianceDistribution": { "total": 0 } }] });
    all_refused([
        (with(&gitlab(), "/scan/status", json!("failure")), "its status is `failure`"),
        (with(&gitlab(), "/scan/type", json!("dependency_scanning")), "a target of GitLab's dependency scanning"),
        (with(&gitlab(), "/vulnerabilities/1", other), "a set of 2 images"),
        (json!({ "version": "15.0.0", "vulnerabilities": [], "scan": { "type": "container_scanning" } }), "no `scan.status`"),
        (with(&anchore(), "/vulnerability_type", json!("os")), "packages of the type `os` only"),
        (json!({ "sbom_id": "x", "vulnerabilities": [] }), "is empty and names no image"),
        (json!({ "vulnerabilities": {} }), "an object of unknown kind"),
        (with(&roxctl(), "/result/summary/TOTAL-VULNERABILITIES", json!(9)), "counts 9 vulnerabilities and lists 1"),
        (json!({ "result": { "summary": { "TOTAL-VULNERABILITIES": 0, "TOTAL-COMPONENTS": 0 } } }), "counts no component at all"),
        (with(&stackrox(), "/notes", json!(["MISSING_SCAN_DATA"])), "it notes `MISSING_SCAN_DATA`"),
        (with(&stackrox(), "/scan/notes", json!(["PARTIAL_SCAN_DATA"])), "it notes `PARTIAL_SCAN_DATA`"),
        (with(&stackrox(), "/scan/components", json!([])), "has no component at all"),
        (with(&prisma(), "/results/0/vulnerabilities", json!(null)), "counts 3 vulnerabilities and lists 0"),
        (with(&prisma(), "/results/0/err", json!("no such image")), "failed: no such image"),
        (two, "a set of 2 images"),
        (unscanned, "is about compliance"),
    ]);
}
