//! Trivy's older list and its report of a cluster.

use policy::findings::{FixState, Severity};
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::{Claim, SubjectKind};
use reports::{Format, Leniency};

use crate::trivy::digest;

const FORCED: Leniency = Leniency { any_subject: true, unclear_claim: false };

#[test]
fn the_older_list_is_read_where_the_user_says_what_it_is_about() {
    let text = r#"[
        { "Target": "web (debian 10.4)", "Type": "debian", "Vulnerabilities": [
            { "VulnerabilityID": "CVE-2026-1", "PkgName": "bash", "InstalledVersion": "5", "FixedVersion": "6", "Severity": "HIGH" },
            { "PkgName": "nameless" } ] },
        { "Target": "app/package-lock.json", "Type": "npm", "Vulnerabilities": null }
    ]"#;
    assert!(reports::read(text.as_bytes(), None).unwrap_err().to_string().contains("does not name"));
    let report = reports::read_with(text.as_bytes(), None, FORCED).unwrap();
    assert_eq!((report.format, &report.claim), (Format::TrivyLegacy, &Claim::Vulnerabilities));
    let os = report.os.as_ref().unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref(), os.end_of_life), ("debian", Some("10.4"), None));
    let [row, nameless] = report.rows.as_slice() else { panic!("two rows, found {}", report.rows.len()) };
    assert_eq!((nameless.id.as_str(), nameless.severity), ("unidentified in nameless", Severity::Unknown));
    assert_eq!(
        (row.severity, row.fix_state, row.package.purl.as_str()),
        (Severity::High, FixState::Fixed, "pkg:deb/debian/bash@5")
    );
    assert_eq!(
        report.notes.iter().collect::<Vec<_>>(),
        [
            ("row without a severity: unknown", 1),
            ("row without an id: named by what it says", 1),
            ("row without an installed version", 1)
        ]
    );
    let target = Target::image(digest(), None, &report);
    assert!(document::make(&target, None).unwrap_err().to_string().contains("--scanned-at"), "it names no time");
    assert!(document::make(&target, Timestamp::from_unix(0)).is_ok());
}

#[test]
fn a_list_without_packages_shows_no_scan_of_them() {
    let error = reports::read_with(br#"[{ "Target": "main.tf", "Type": "terraform" }]"#, None, FORCED).unwrap_err().to_string();
    assert!(error.contains("no result of packages"), "{error}");
    assert!(reports::read_with(br#"[{ "Target": "go.sum", "Type": "gomod" }]"#, None, FORCED).unwrap().rows.is_empty());
}

#[test]
fn a_cluster_is_not_an_image() {
    let text = r#"{ "ClusterName": "prod", "Resources": [ { "Kind": "Pod", "Results": [ { "Target": "web", "Class": "os-pkgs", "Type": "alpine",
        "Vulnerabilities": [ { "VulnerabilityID": "CVE-2026-1", "PkgName": "zlib", "InstalledVersion": "1", "Severity": "LOW" } ] } ] } ] }"#;
    let error = reports::read(text.as_bytes(), None).unwrap_err().to_string();
    assert!(error.contains("about a Kubernetes cluster, not about a container image"), "{error}");
    let report = reports::read_with(text.as_bytes(), None, FORCED).unwrap();
    assert_eq!((report.format, report.rows.len(), report.subject.name.as_deref()), (Format::TrivyKubernetes, 1, Some("prod")));
    assert_eq!(report.subject.kind, SubjectKind::Other("Kubernetes cluster".to_owned()));
    let error = reports::read_with(br#"{"ClusterName":"prod","Resources":[]}"#, None, FORCED).unwrap_err().to_string();
    assert!(error.contains("no result at all"), "{error}");
}
