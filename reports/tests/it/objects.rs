//! Kubernetes objects: SBOMscanner, the Trivy operator, Kubescape.

use policy::findings::{Field, FixState, Severity, VexStatus};
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, row, with, without};

pub(crate) fn sbomscanner() -> Value {
    json!({
        "apiVersion": "storage.sbomscanner.kubewarden.io/v1alpha1", "kind": "VulnerabilityReport", "metadata": { "name": "x", "creationTimestamp": "2026-11-20T10:00:00Z" },
        "imageMetadata": { "registry": "r", "registryURI": "ghcr.io", "repository": "shop/web", "tag": "v1", "platform": "linux/amd64", "digest": "sha256:aaaa", "indexDigest": "sha256:bbbb" },
        "report": { "summary": { "critical": 1, "high": 0, "suppressed": 2 }, "results": [{
            "target": "x.json (alpine 3.20.1)", "class": "os-pkgs", "type": "alpine", "vulnerabilities": [
                { "cve": "CVE-2026-1", "title": "Overflow", "packageName": "zlib", "packagePath": "/usr/lib/z", "purl": "pkg:apk/alpine/zlib@1", "installedVersion": "1", "fixedVersions": ["2"],
                  "severity": "CRITICAL", "severitySource": "redhat", "cvss": { "nvd": { "v3score": "9.8" }, "redhat": { "v3score": "7.1" } }, "suppressed": false,
                  "knownExploited": true, "epssScore": "0.5" },
                { "cve": "CVE-2026-2", "purl": "pkg:apk/alpine/busybox@1", "installedVersion": "1", "severity": "LOW", "suppressed": true,
                  "vexStatus": { "repository": "https://vex.example", "status": "not_affected", "statement": "s" } },
                { "cve": "CVE-2026-3", "packageName": "a", "purl": "", "installedVersion": "1", "severity": "LOW", "suppressed": true } ] }] }
    })
}

pub(crate) fn operator() -> Value {
    json!({
        "apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport", "metadata": { "creationTimestamp": "2026-11-01T00:00:00Z" },
        "report": {
            "artifact": { "repository": "library/nginx", "tag": "1.27", "digest": "sha256:aaaa" }, "registry": { "server": "index.docker.io" },
            "os": { "family": "debian", "name": "12.5", "eosl": true }, "scanner": { "name": "Trivy", "version": "0.66.0" }, "updateTimestamp": "2026-11-20T10:00:00Z",
            "summary": { "criticalCount": 1, "highCount": 0, "unknownCount": 0 },
            "vulnerabilities": [
                { "vulnerabilityID": "CVE-2026-1", "resource": "zlib1g", "installedVersion": "1", "fixedVersion": "2, 3", "severity": "CRITICAL", "score": 9.8,
                  "publishedDate": "2026-03-01T00:00:00Z", "packagePURL": "pkg:deb/debian/zlib1g@1", "packagePath": "usr/a" },
                { "vulnerabilityID": "CVE-2026-2", "resource": "bash", "installedVersion": "5", "fixedVersion": "", "severity": "UNKNOWN", "packageType": "debian" } ] }
    })
}

pub(crate) fn kubescape() -> Value {
    json!({
        "apiVersion": "spdx.softwarecomposition.kubescape.io/v1beta1", "kind": "VulnerabilityManifest",
        "metadata": { "annotations": { "kubescape.io/image-id": "ghcr.io/shop/web@sha256:bbbb" } },
        "spec": {
            "metadata": { "withRelevancy": false, "tool": { "name": "grype", "version": "0.90.0" }, "report": { "createdAt": "2026-11-20T10:00:00Z" } },
            "payload": {
                "source": { "type": "image", "target": { "userInput": "web", "imageID": "sha256:1d1d", "manifestDigest": "sha256:aaaa", "repoDigests": ["web@sha256:aaaa"], "os": "linux", "architecture": "amd64" } },
                "distro": { "name": "debian", "version": "12" }, "ignoredMatches": [{ "vulnerability": { "id": "CVE-2026-4" }, "artifact": {}, "appliedIgnoreRules": [{ "vulnerability": "CVE-2026-4" }] }],
                "matches": [
                    { "vulnerability": { "id": "GHSA-1", "severity": "High", "cvss": [], "fix": { "versions": ["2"], "state": "fixed" }, "advisories": [{ "id": "DSA-1-1" }] },
                      "relatedVulnerabilities": [{ "id": "CVE-2026-1", "cvss": [{ "version": "2.0", "metrics": { "baseScore": 10.0 } }, { "version": "3.1", "metrics": { "baseScore": 8.1 } }] }],
                      "artifact": { "name": "qs", "version": "1", "type": "npm", "purl": "pkg:npm/qs@1", "locations": [{ "path": "/app/qs" }, { "path": "/b" }] } },
                    { "vulnerability": { "id": "CVE-2026-2", "severity": "Negligible", "fix": { "versions": [], "state": "wont-fix" } }, "artifact": { "name": "bash", "version": "5", "type": "deb" } },
                    { "vulnerability": { "id": "CVE-2026-3", "severity": "Low", "fix": { "state": "odd" } }, "artifact": { "name": "bash", "version": "5", "type": "deb" } } ] }
        }
    })
}

#[test]
fn a_vulnerability_report_of_sbomscanner_is_read_field_by_field() {
    let report = read(&sbomscanner());
    assert_eq!(
        (report.subject.name.as_deref(), report.subject.platform.as_deref()),
        (Some("ghcr.io/shop/web:v1"), Some("linux/amd64"))
    );
    assert_eq!(
        (report.subject.digests.as_slice(), report.os.as_ref().unwrap().version.as_deref()),
        (&["sha256:aaaa".to_owned(), "sha256:bbbb".to_owned()][..], Some("3.20.1"))
    );
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-11-20T10:00:00Z");
    let first = row(&report, "CVE-2026-1");
    assert_eq!(
        (first.cvss.unwrap().to_string().as_str(), first.epss.unwrap().to_string().as_str(), first.known_exploited),
        ("7.1", "0.5", Some(true))
    );
    assert_eq!((first.package.path.as_deref(), first.fix_state), (Some("usr/lib/z"), FixState::Fixed));
    let second = row(&report, "CVE-2026-2");
    let statement = second.vex.as_ref().unwrap();
    assert_eq!(
        (statement.status, statement.source.as_str(), second.known_exploited),
        (VexStatus::NotAffected, "https://vex.example", Some(false))
    );
    assert_eq!(second.package.name, "pkg:apk/alpine/busybox@1");
    assert_eq!(
        notes(&report),
        [
            ("row left out by the scanner's own configuration (`suppressed` without a VEX statement)", 1),
            ("the report does not say when the scan was finished: the creation of its object stands in", 1)
        ]
    );
    document(&report);
    let old = without(
        &without(&sbomscanner(), "/report/results/0/vulnerabilities/0/knownExploited"),
        "/report/results/0/vulnerabilities/0/epssScore",
    );
    let old = read(&old);
    assert_eq!((old.provides.as_slice(), old.rows[0].known_exploited), (&[Field::Cvss, Field::Path, Field::Vex][..], None));
}

#[test]
fn a_vulnerability_report_of_the_trivy_operator_is_read_field_by_field() {
    let report = read(&operator());
    assert_eq!(
        (report.subject.name.as_deref(), report.subject.digests.as_slice()),
        (Some("index.docker.io/library/nginx:1.27"), &["sha256:aaaa".to_owned()][..])
    );
    assert_eq!((report.os.as_ref().unwrap().end_of_life, report.scanner.name.as_str()), (Some(true), "trivy"));
    let first = row(&report, "CVE-2026-1");
    assert_eq!((first.severity, first.fixed.len(), first.cvss.unwrap().to_string().as_str()), (Severity::Critical, 2, "9.8"));
    assert_eq!(
        (first.package.path.as_deref(), row(&report, "CVE-2026-2").package.purl.as_str()),
        (Some("usr/a"), "pkg:deb/debian/bash@5")
    );
    assert!(notes(&report).is_empty());
    document(&report);
    let old = read(&without(&operator(), "/report/updateTimestamp"));
    assert_eq!((old.scanned_at.unwrap().to_string().as_str(), notes(&old).len()), ("2026-11-01T00:00:00Z", 1));
}

#[test]
fn a_vulnerability_manifest_of_kubescape_is_read_field_by_field() {
    let report = read(&kubescape());
    assert_eq!(
        (report.scanner.name.as_str(), report.scanned_at.unwrap().to_string().as_str()),
        ("grype", "2026-11-20T10:00:00Z")
    );
    assert_eq!(
        (report.subject.digests.as_slice(), report.subject.image_id.as_deref()),
        (&["sha256:aaaa".to_owned(), "sha256:bbbb".to_owned()][..], Some("sha256:1d1d"))
    );
    assert_eq!(
        (report.subject.platform.as_deref(), report.subject.name.as_deref()),
        (Some("linux/amd64"), Some("ghcr.io/shop/web@sha256:bbbb"))
    );
    let first = row(&report, "GHSA-1");
    assert_eq!(
        (first.aliases.as_slice(), first.advisories.as_slice()),
        (&["CVE-2026-1".to_owned()][..], &["DSA-1-1".to_owned()][..])
    );
    assert_eq!(
        (first.cvss.unwrap().to_string().as_str(), first.package.path.as_deref()),
        ("8.1", Some("app/qs")),
        "the newest version's score"
    );
    let second = row(&report, "CVE-2026-2");
    assert_eq!((second.fix_state, second.package.purl.as_str()), (FixState::WontFix, "pkg:deb/debian/bash@5"));
    assert_eq!(
        notes(&report),
        [("fix state `odd`: unknown", 1), ("row left out by the scan's own configuration (no reason given)", 1)]
    );
    document(&report);
}

#[test]
fn objects_without_all_findings_are_refused() {
    all_refused([
        (with(&sbomscanner(), "/report/summary/high", json!(9)), "counts 12 vulnerabilities and lists 3"),
        (without(&sbomscanner(), "/report"), "has no `report`"),
        (with(&sbomscanner(), "/report", json!({})), "neither lists nor counts vulnerabilities"),
        (with(&operator(), "/report", json!({})), "neither lists nor counts vulnerabilities"),
        (with(&sbomscanner(), "/kind", json!("WorkloadScanReport")), "a Kubernetes object of kind WorkloadScanReport"),
        (with(&operator(), "/report/summary/highCount", json!(9)), "counts 10 vulnerabilities and lists 2"),
        (without(&operator(), "/report"), "has no `report`"),
        (with(&operator(), "/kind", json!("ClusterVulnerabilityReport")), "a part of the cluster"),
        (with(&operator(), "/kind", json!("ConfigAuditReport")), "a Kubernetes object of kind ConfigAuditReport"),
        (
            with(&operator(), "/apiVersion", json!("example.org/v1")),
            "a Kubernetes object of kind VulnerabilityReport (example.org/v1)",
        ),
        (without(&kubescape(), "/spec"), "has no `spec`"),
        (with(&kubescape(), "/spec/payload", json!({})), "has no `spec.payload.matches`"),
        (with(&kubescape(), "/spec/metadata/withRelevancy", json!(true)), "loaded at run time"),
        (with(&kubescape(), "/metadata/labels", json!({ "kubescape.io/context": "filtered" })), "loaded at run time"),
        (with(&kubescape(), "/spec/payload/source", json!({ "type": "directory", "target": "/src" })), "a directory"),
        (json!({ "apiVersion": "v1", "kind": "List", "items": [operator()] }), "a Kubernetes object of kind List (v1)"),
    ]);
}
