//! Google Artifact Analysis.

use policy::findings::{Field, FixState, Severity, VexStatus};
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, row, with, without};

const IMAGE: &str = "https://europe-docker.pkg.dev/shop/web/app@sha256:cccc";

fn vulnerability() -> Value {
    json!({
        "kind": "VULNERABILITY", "resourceUri": IMAGE, "noteName": "projects/goog-vulnz/notes/CVE-2026-1",
        "vulnerability": {
            "shortDescription": "CVE-2026-1", "severity": "HIGH", "effectiveSeverity": "MINIMAL", "cvssScore": 5.0, "cvssv3": { "baseScore": 8.1 },
            "risk": { "epss": { "score": 0.5 }, "cisaKev": {} }, "vexAssessment": { "state": "NOT_AFFECTED" },
            "packageIssue": [
                { "affectedPackage": "openssl", "affectedVersion": { "fullName": "1:3.0-1", "kind": "NORMAL" }, "packageType": "OS",
                  "affectedCpeUri": "cpe:/o:debian:debian_linux:12", "fixedVersion": { "kind": "MAXIMUM" }, "effectiveSeverity": "LOW" },
                { "affectedPackage": "go", "affectedVersion": { "name": "1.17", "revision": "2" }, "packageType": "GO_STDLIB", "fixAvailable": true,
                  "fixedVersion": { "fullName": "1.19", "kind": "NORMAL" }, "fileLocation": [{ "filePath": "/usr/bin/a" }, { "filePath": "/usr/bin/b" }] } ]
        }
    })
}

fn discovery(status: &str) -> Value {
    json!({ "kind": "DISCOVERY", "noteName": "projects/goog-analysis/notes/PACKAGE_VULNERABILITY", "resourceUri": IMAGE,
            "discovery": { "analysisStatus": status, "lastScanTime": "2026-11-20T10:00:00.123Z" } })
}

pub(crate) fn occurrences() -> Value {
    json!({ "occurrences": [vulnerability(), discovery("FINISHED_SUCCESS")] })
}

#[test]
fn occurrences_are_read_field_by_field() {
    let report = read(&occurrences());
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-11-20T10:00:00Z");
    assert_eq!(report.subject.name.as_deref(), Some("europe-docker.pkg.dev/shop/web/app@sha256:cccc"));
    assert_eq!(report.subject.digests, ["sha256:cccc"]);
    let os = report.os.as_ref().unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref()), ("debian", Some("12")));
    let [openssl, a, b] = report.rows.as_slice() else { panic!("{:?}", report.rows) };
    assert_eq!((openssl.severity, openssl.fix_state), (Severity::Low, FixState::NotFixed), "the package's own severity; no fix");
    assert_eq!(
        (openssl.package.purl.as_str(), openssl.cvss.unwrap().to_string().as_str()),
        ("pkg:deb/debian/openssl@1:3.0-1", "8.1")
    );
    assert_eq!((openssl.epss.unwrap().to_string().as_str(), openssl.known_exploited), ("0.5", Some(true)));
    assert_eq!(openssl.vex.as_ref().unwrap().status, VexStatus::NotAffected);
    assert_eq!((a.severity, a.package.purl.as_str()), (Severity::Negligible, "pkg:golang/go@1.17-2"));
    assert_eq!(
        (a.fixed.as_slice(), a.package.path.as_deref(), b.package.path.as_deref()),
        (&["1.19".to_owned()][..], Some("usr/bin/a"), Some("usr/bin/b"))
    );
    document(&report);
    let plain = read(&without(&occurrences(), "/occurrences/0/vulnerability/risk"));
    assert_eq!(plain.provides, [Field::Cvss, Field::Path, Field::Vex]);
    assert_eq!(plain.rows[0].known_exploited, None);
}

#[test]
fn the_three_shapes_say_the_same() {
    let list = json!([vulnerability()]);
    let grouped = json!({
        "image_summary": { "digest": "sha256:cccc", "fully_qualified_digest": "europe-docker.pkg.dev/shop/web/app@sha256:cccc" },
        "discovery_summary": { "discovery": [discovery("FINISHED_SUCCESS")] },
        "package_vulnerability_summary": { "vulnerabilities": { "LOW": [vulnerability()] } }
    });
    let (all, list, grouped) = (read(&occurrences()), read(&list), read(&grouped));
    assert_eq!(all.rows, list.rows);
    assert_eq!(all.rows, grouped.rows);
    assert_eq!(grouped.subject.digests, ["sha256:cccc"]);
    assert_eq!(
        notes(&list),
        [("no occurrence of the kind `DISCOVERY`: the report does not say whether the analysis was finished", 1)]
    );
}

#[test]
fn ids_and_places_of_older_answers_are_found() {
    let old = with(&occurrences(), "/occurrences/0/vulnerability/shortDescription", json!("a sentence about it"));
    assert_eq!(read(&old).rows[0].id, "CVE-2026-1", "of the note");
    let old =
        with(&occurrences(), "/occurrences/0/vulnerability/packageIssue/0/effectiveSeverity", json!("SEVERITY_UNSPECIFIED"));
    let old = with(&old, "/occurrences/0/vulnerability/effectiveSeverity", json!("SEVERITY_UNSPECIFIED"));
    assert_eq!(read(&old).rows[0].severity, Severity::High, "the first that says something");
    let issue = json!([{ "affectedLocation": { "package": "zlib", "version": { "name": "1", "revision": "2" } } }]);
    let old = read(&with(&occurrences(), "/occurrences/0/vulnerability/packageIssue", issue));
    assert_eq!((row(&old, "CVE-2026-1").package.name.as_str(), old.rows[0].package.installed.as_deref()), ("zlib", Some("1-2")));
    let bare = read(&without(&occurrences(), "/occurrences/0/vulnerability/packageIssue"));
    assert_eq!(notes(&bare), [("row without a package", 1), ("row without an installed version", 1)]);
}

#[test]
fn unfinished_and_foreign_answers_are_refused() {
    let other = with(&vulnerability(), "/resourceUri", json!("host/other@sha256:dddd"));
    all_refused([
        (with(&occurrences(), "/nextPageToken", json!("x")), "one page of several (`nextPageToken`)"),
        (json!({ "occurrences": [vulnerability(), discovery("SCANNING")] }), "its status is `SCANNING`"),
        (json!({ "occurrences": [discovery("FINISHED_UNSUPPORTED")] }), "its status is `FINISHED_UNSUPPORTED`"),
        (json!({ "occurrences": [] }), "names no vulnerability and has no occurrence of the kind `DISCOVERY`"),
        (json!({ "occurrences": [{ "resourceUri": IMAGE, "vulnerability": {} }] }), "names no vulnerability"),
        (json!({ "occurrences": [vulnerability(), other] }), "a set of 2 resources"),
        (
            with(&occurrences(), "/occurrences", json!([with(&vulnerability(), "/resourceUri", json!("host/machine"))])),
            "without an image digest (`host/machine`)",
        ),
    ]);
    assert!(read(&json!({ "occurrences": [discovery("FINISHED_SUCCESS")] })).rows.is_empty());
}
