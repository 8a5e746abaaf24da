//! Snyk and OSV-Scanner.

use policy::findings::{FixState, Severity};
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, read_leniently, row, with, without};

pub(crate) fn snyk() -> Value {
    json!({
        "ok": false, "dependencyCount": 9, "packageManager": "deb", "projectName": "docker-image|shop/web", "path": "shop/web:v1", "platform": "linux/amd64",
        "docker": { "baseImage": "debian:12" }, "filtered": { "ignore": [{ "id": "SNYK-X" }], "patch": [] },
        "scanResult": { "facts": [{ "type": "depGraph", "data": {} }, { "type": "imageId", "data": "sha256:1d1d" }] },
        "vulnerabilities": [
            { "id": "SNYK-DEBIAN12-GCC12-1", "title": "Overflow", "identifiers": { "CVE": ["CVE-2026-1"], "CWE": ["CWE-1"], "ALTERNATIVE": ["SNYK-OLD-1"] },
              "severity": "high", "severityWithCritical": "critical", "cvssScore": 9.8, "epssDetails": { "probability": "0.5", "percentile": "0.9" },
              "publicationTime": "2026-03-01T00:00:00.5Z", "packageManager": "debian:12", "packageName": "gcc-12", "name": "gcc-12/libgcc-s1", "version": "12.2", "fixedIn": [] },
            { "id": "SNYK-DEBIAN12-GCC12-2", "identifiers": { "CVE": ["CVE-2026-2", "CVE-2026-3"] }, "severity": "low", "packageManager": "debian:12",
              "packageName": "gcc-12", "name": "gcc-12/libgcc-s1", "version": "12.2", "nearestFixedInVersion": "12.3", "cvssScore": null },
            { "id": "snyk:lic:x", "type": "license", "severity": "high", "packageName": "a", "version": "1" },
            { "id": "SNYK-DEBIAN12-A-3", "isIgnored": true, "severity": "high", "packageName": "a", "version": "1" }
        ],
        "applications": [{
            "ok": false, "dependencyCount": 3, "packageManager": "npm", "projectName": "app", "targetFile": "/app/package.json",
            "vulnerabilities": [
                { "id": "SNYK-JS-QS-1", "identifiers": { "GHSA": ["GHSA-aaaa-bbbb-cccc"], "NSP": [3] }, "severity": "severe", "packageName": "qs", "name": "qs", "version": "0.4",
                  "isUpgradable": true, "upgradePath": [false, "qs@1.0"] },
                { "id": "npm:x:2016", "severity": "medium", "packageName": "x", "version": "1", "isUpgradable": true, "upgradePath": [false, "y@1.0"] }
            ]
        }]
    })
}

pub(crate) fn osv() -> Value {
    json!({
        "image_metadata": { "os": "Debian GNU/Linux 12 (bookworm)" },
        "results": [{
            "source": { "path": "/var/lib/dpkg/status", "type": "os" },
            "packages": [{
                "package": { "name": "openssl", "os_package_name": "libssl3", "version": "3.0-1", "ecosystem": "Debian:12" },
                "vulnerabilities": [
                    { "id": "DEBIAN-CVE-2026-1", "published": "2026-03-01T00:00:00Z", "upstream": ["CVE-2026-1"], "affected": [
                        { "package": { "name": "openssl", "ecosystem": "Debian:12" }, "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": "3.0-2" }] }] },
                        { "package": { "name": "openssl", "ecosystem": "Debian:11" }, "ranges": [{ "type": "ECOSYSTEM", "events": [{ "fixed": "1.1" }] }] },
                        { "package": { "name": "openssl", "ecosystem": "Debian:12" }, "ranges": [{ "type": "GIT", "events": [{ "fixed": "abcdef" }] }] } ] },
                    { "id": "DSA-1-1", "upstream": ["CVE-2026-2", "CVE-2026-3"], "database_specific": { "severity": "MODERATE" } },
                    { "id": "DEBIAN-CVE-2026-4", "withdrawn": "2026-03-02T00:00:00Z" } ],
                "groups": [{ "ids": ["DEBIAN-CVE-2026-1"], "aliases": ["CVE-2026-1", "DEBIAN-CVE-2026-1"], "max_severity": "9.8" }, { "ids": ["DSA-1-1"], "max_severity": "" }]
            }, {
                "package": { "name": "g:a", "version": "", "commit": "abc", "ecosystem": "Maven:https://x" },
                "vulnerabilities": [{ "id": "GHSA-1", "aliases": ["CVE-2026-5"] }, { "id": "GO-1" }],
                "groups": [{ "ids": ["GHSA-1", "GO-1"] }]
            }]
        }]
    })
}

#[test]
fn the_image_and_its_applications_are_read() {
    let report = read(&snyk());
    assert_eq!((report.subject.name.as_deref(), report.subject.image_id.as_deref()), (Some("shop/web:v1"), Some("sha256:1d1d")));
    assert_eq!(
        (report.subject.platform.as_deref(), report.os.as_ref().unwrap().version.as_deref()),
        (Some("linux/amd64"), Some("12"))
    );
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.severity, first.fix_state, first.advisories.as_slice()),
        (Severity::Critical, FixState::NotFixed, &["SNYK-DEBIAN12-GCC12-1".to_owned()][..])
    );
    assert_eq!((first.cvss.unwrap().to_string(), first.epss.unwrap().to_string()), ("9.8".to_owned(), "0.5".to_owned()));
    assert_eq!((first.package.purl.as_str(), first.package.name.as_str()), ("pkg:deb/debian/libgcc-s1@12.2", "gcc-12"));
    assert_eq!(first.published_at.unwrap().to_string(), "2026-03-01T00:00:00Z");
    for id in ["CVE-2026-2", "CVE-2026-3"] {
        assert_eq!(row(&report, id).fixed, ["12.3"], "{id}");
    }
    let npm = row(&report, "SNYK-JS-QS-1");
    assert_eq!(
        (npm.aliases.as_slice(), npm.severity, npm.fixed.as_slice()),
        (&["GHSA-aaaa-bbbb-cccc".to_owned()][..], Severity::Unknown, &["1.0".to_owned()][..])
    );
    assert_eq!((npm.package.purl.as_str(), npm.package.path.as_deref()), ("pkg:npm/qs@0.4", Some("app/package.json")));
    let other = row(&report, "npm:x:2016");
    assert_eq!((other.fix_state, other.fixed.len()), (FixState::Fixed, 0), "an upgrade of what brings it in");
    assert_eq!(
        notes(&report),
        [
            ("issue about a licence, which is no vulnerability", 1),
            ("row about several CVEs: one row for each", 1),
            ("row left out by the scan's own configuration (`filtered.ignore`)", 1),
            ("row left out by the scan's own configuration (`isIgnored`)", 1),
            ("severity word `severe`: unknown", 1),
        ]
    );
    document(&report);
    let mut image = snyk();
    let application = image["applications"][0].take();
    let list = read(&json!([without(&image, "/applications"), application]));
    assert_eq!(list.rows, report.rows, "as a list");
}

#[test]
fn failed_and_foreign_snyk_tests_are_refused() {
    let untracked =
        json!({ "baseImageRemediation": { "code": "UNTRACKED_NEW_OS", "advice": [{ "message": "no data for this system" }] } });
    let mut empty = with(&without(&snyk(), "/applications"), "/vulnerabilities", json!([]));
    empty["dependencyCount"] = json!(0);
    let project = without(&with(&snyk(), "/projectName", json!("shop")), "/docker");
    all_refused([
        (json!({ "ok": false, "error": "image not found", "path": "x" }), "an error instead of a scan: image not found"),
        (with(&snyk(), "/applications/0/error", json!("no lockfile")), "an error instead of a scan: no lockfile"),
        (with(&snyk(), "/applications/0/vulnerabilities", json!(null)), "has no list `vulnerabilities`"),
        (with(&snyk(), "/docker", untracked), "was not looked at: no data for this system"),
        (with(&snyk(), "/severityThreshold", json!("high")), "lists only what is high or worse"),
        (empty, "counts no dependency at all"),
        (project, "a project of the package manager deb"),
        (json!([without(&snyk(), "/applications"), without(&snyk(), "/applications")]), "a set of 2 images"),
    ]);
}

#[test]
fn records_of_osv_are_joined_with_their_groups() {
    let report = read(&osv());
    assert_eq!(report.os.as_ref().unwrap().version.as_deref(), Some("12"));
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.severity, first.cvss.unwrap().to_string().as_str(), first.advisories.as_slice()),
        (Severity::Critical, "9.8", &["DEBIAN-CVE-2026-1".to_owned()][..])
    );
    assert_eq!(
        (first.fixed.as_slice(), first.package.path.as_deref()),
        (&["3.0-2".to_owned()][..], Some("var/lib/dpkg/status")),
        "of its own release"
    );
    assert_eq!((first.package.purl.as_str(), first.package.name.as_str()), ("pkg:deb/debian/libssl3@3.0-1", "openssl"));
    for id in ["CVE-2026-2", "CVE-2026-3"] {
        assert_eq!(
            (row(&report, id).severity, row(&report, id).advisories.as_slice()),
            (Severity::Medium, &["DSA-1-1".to_owned()][..])
        );
    }
    let maven = row(&report, "GHSA-1");
    assert_eq!((maven.aliases.len(), maven.package.purl.as_str(), maven.fix_state), (2, "pkg:maven/g/a@abc", FixState::NotFixed));
    assert_eq!(row(&report, "GO-1").aliases, ["GHSA-1"]);
    assert_eq!(
        notes(&report),
        [
            ("record that its database has withdrawn: left out", 1),
            ("record without a severity word: its severity is the band of its CVSS score", 1),
            ("row about several CVEs: one row for each", 1),
            ("row without a severity: unknown", 2),
        ]
    );
    document(&report);
    for (score, severity) in
        [("0.0", Severity::Negligible), ("3.9", Severity::Low), ("4.0", Severity::Medium), ("7.0", Severity::High)]
    {
        let scored = read(&with(&osv(), "/results/0/packages/0/groups/0/max_severity", json!(score)));
        assert_eq!(row(&scored, "CVE-2026-1").severity, severity, "{score}");
    }
}

#[test]
fn scans_of_sources_by_osv_scanner_are_refused() {
    all_refused([
        (without(&osv(), "/image_metadata"), "a set of source files"),
        (with(&osv(), "/results", json!([])), "has no package at all"),
        (json!({ "results": [] }), "an object of unknown kind with the keys `results`"),
    ]);
    let docker = with(&without(&osv(), "/image_metadata"), "/results/0/source/type", json!("docker"));
    assert_eq!(read(&docker).rows.len(), read(&osv()).rows.len());
    let nameless = read_leniently(&with(&osv(), "/results/0/packages/1/package", json!(null)));
    assert!(notes(&nameless).contains(&("packages without a name", 1)));
}
