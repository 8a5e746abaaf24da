//! Amazon ECR and Amazon Inspector.

use policy::findings::{Field, FixState, Severity, VexStatus};
use serde_json::{Value, json};

use crate::common::{all_refused, document, notes, read, read_leniently, row, with, without};

pub(crate) fn basic() -> Value {
    json!({
        "registryId": "111122223333", "repositoryName": "shop/web",
        "imageId": { "imageDigest": format!("sha256:{}", "a".repeat(64)), "imageTag": "v1" },
        "imageScanStatus": { "status": "COMPLETE", "description": "done" },
        "imageScanFindings": {
            "imageScanCompletedAt": 1_795_240_000.25, "vulnerabilitySourceUpdatedAt": "2026-11-20T00:00:00Z",
            "findingSeverityCounts": { "HIGH": 1, "UNDEFINED": 1 },
            "findings": [
                { "name": "CVE-2026-1", "severity": "HIGH", "attributes": [
                    { "key": "package_name", "value": "zlib" }, { "key": "package_version", "value": "1:1.2" },
                    { "key": "CVSS2_SCORE", "value": "5.0" }, { "key": "CVSS3_SCORE", "value": "7.5" } ] },
                { "name": "CVE-2026-2", "severity": "UNDEFINED", "attributes": [ { "key": "package_name", "value": "curl" } ] } ]
        }
    })
}

pub(crate) fn finding() -> Value {
    json!({
        "findingArn": "arn:aws:inspector2:eu-west-1:111122223333:finding/1", "type": "PACKAGE_VULNERABILITY", "status": "ACTIVE",
        "severity": "CRITICAL", "title": "CVE-2026-1 - openssl", "fixAvailable": "PARTIAL", "exploitAvailable": "YES",
        "lastObservedAt": "2026-11-20 10:00:00.5+01:00", "inspectorScore": 9.1, "epss": { "score": 0.25 },
        "resources": [{ "type": "AWS_ECR_CONTAINER_IMAGE", "id": "arn:1", "details": { "awsEcrContainerImage": {
            "imageHash": format!("sha256:{}", "b".repeat(64)), "imageTags": ["v1"], "repositoryName": "shop/web", "registry": "111122223333",
            "platform": "DEBIAN_12", "architecture": "arm64" } } }],
        "packageVulnerabilityDetails": {
            "vulnerabilityId": "CVE-2026-1", "relatedVulnerabilities": ["DSA-1-1", "CVE-2026-9"], "vendorCreatedAt": 1_780_000_000,
            "cvss": [{ "baseScore": 5.0, "version": "2.0" }, { "baseScore": 9.8, "version": "3.1" }],
            "vulnerablePackages": [
                { "name": "openssl", "version": "3.0", "release": "2", "epoch": 1, "packageManager": "OS", "fixedInVersion": "1:3.0-3" },
                { "name": "pip", "version": "20", "epoch": 0, "packageManager": "PYTHON", "filePath": "/usr/lib/pip", "fixedInVersion": "NotAvailable" } ]
        }
    })
}

pub(crate) fn listing() -> Value {
    json!({ "findings": [finding()] })
}

#[test]
fn a_basic_scan_is_read_field_by_field() {
    let report = read(&basic());
    assert_eq!(
        (report.format.name(), report.scanner.name.as_str(), report.provides.as_slice()),
        ("ecr", "ecr", &[Field::Cvss][..])
    );
    assert_eq!(report.scanned_at.unwrap().unix(), 1_795_240_000);
    assert_eq!(report.scanner.database_updated_at.unwrap().to_string(), "2026-11-20T00:00:00Z");
    assert_eq!(report.subject.name.as_deref(), Some("111122223333/shop/web:v1"));
    assert_eq!(report.subject.digests, [format!("sha256:{}", "a".repeat(64))]);
    let first = row(&report, "CVE-2026-1");
    assert_eq!((first.severity, first.cvss.unwrap().to_string().as_str()), (Severity::High, "7.5"));
    assert_eq!((first.package.purl.as_str(), first.fix_state), ("pkg:generic/zlib@1:1.2", FixState::Unknown));
    assert_eq!(row(&report, "CVE-2026-2").severity, Severity::Unknown);
    assert_eq!(notes(&report), [("row without an installed version", 1)]);
    document(&report);
}

#[test]
fn unfinished_and_cut_scans_of_ecr_are_refused() {
    all_refused([
        (with(&basic(), "/nextToken", json!("x")), "one page of several (`nextToken`)"),
        (
            with(&basic(), "/imageScanStatus", json!({ "status": "FAILED", "description": "no layer" })),
            "its status is `FAILED` (no layer)",
        ),
        (with(&basic(), "/imageScanStatus/status", json!("IN_PROGRESS")), "its status is `IN_PROGRESS`"),
        (without(&basic(), "/imageScanStatus"), "has no `imageScanStatus`"),
        (with(&basic(), "/imageScanFindings/findingSeverityCounts/LOW", json!(7)), "counts 9 findings and lists 2"),
        (without(&basic(), "/imageScanFindings"), "has no `imageScanFindings`"),
        (json!({ "imageScanStatus": { "status": "UNSUPPORTED_IMAGE" } }), "its status is `UNSUPPORTED_IMAGE`"),
        (with(&basic(), "/imageScanFindings/findings", json!(7)), "the Amazon ECR scan result cannot be read"),
    ]);
    let clean = json!({ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "findings": [] } });
    assert!(read(&clean).rows.is_empty());
}

#[test]
fn an_enhanced_scan_is_read_as_the_findings_of_inspector() {
    let enhanced = json!({
        "imageId": { "imageDigest": format!("sha256:{}", "b".repeat(64)) }, "imageScanStatus": { "status": "ACTIVE" },
        "imageScanFindings": { "enhancedFindings": [finding()] }
    });
    let report = read(&enhanced);
    assert_eq!((report.rows.len(), report.subject.platform.as_deref()), (2, Some("linux/arm64")));
    assert!(report.provides.contains(&Field::Epss));
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-11-20T09:00:00Z");
}

#[test]
fn a_finding_of_inspector_is_a_row_for_each_package() {
    let report = read(&listing());
    assert_eq!(report.subject.name.as_deref(), Some("111122223333/shop/web:v1"));
    let os = report.os.as_ref().unwrap();
    assert_eq!((os.family.as_str(), os.version.as_deref()), ("debian", Some("12")));
    let [openssl, pip] = report.rows.as_slice() else { panic!("{:?}", report.rows) };
    assert_eq!((openssl.package.purl.as_str(), openssl.fix_state), ("pkg:deb/debian/openssl@1:3.0-2", FixState::Fixed));
    assert_eq!(
        (openssl.fixed.as_slice(), openssl.advisories.as_slice()),
        (&["1:3.0-3".to_owned()][..], &["DSA-1-1".to_owned(), "CVE-2026-9".to_owned()][..])
    );
    assert_eq!((openssl.severity, openssl.cvss.unwrap().to_string().as_str()), (Severity::Critical, "9.1"));
    assert_eq!((openssl.epss.unwrap().to_string().as_str(), openssl.known_exploited), ("0.25", None));
    assert_eq!(openssl.published_at.unwrap().unix(), 1_780_000_000);
    assert_eq!((pip.package.path.as_deref(), pip.fix_state, pip.fixed.len()), (Some("usr/lib/pip"), FixState::NotFixed, 0));
    document(&report);
    let unscored = read(&without(&listing(), "/findings/0/inspectorScore"));
    assert_eq!(unscored.rows[0].cvss.unwrap().to_string(), "9.8", "the newest version's");
}

#[test]
fn findings_that_are_not_open_are_told_apart() {
    let status = |word: &str| read(&with(&listing(), "/findings/0/status", json!(word)));
    let closed = status("CLOSED");
    assert_eq!(closed.rows[0].vex.as_ref().unwrap().status, VexStatus::Fixed);
    let suppressed = status("SUPPRESSED");
    assert!(suppressed.rows.is_empty());
    assert_eq!(notes(&suppressed), [("finding left out by a suppression rule (status `SUPPRESSED`)", 1)]);
    assert_eq!(notes(&status("SNOOZED")), [("finding status `SNOOZED`: taken for active", 1)]);
    let code = read(&with(&listing(), "/findings/0/type", json!("CODE_VULNERABILITY")));
    assert_eq!(notes(&code), [("finding of the type `CODE_VULNERABILITY`, which is no vulnerability of a package", 1)]);
    let bulletin = with(&listing(), "/findings/0/packageVulnerabilityDetails/vulnerabilityId", json!("USN-1-1"));
    let bulletin = read(&bulletin);
    assert_eq!(
        (bulletin.rows[0].id.as_str(), bulletin.rows[0].advisories.as_slice()),
        ("CVE-2026-9", &["USN-1-1".to_owned(), "DSA-1-1".to_owned()][..])
    );
}

#[test]
fn findings_of_other_or_several_resources_are_refused() {
    let mut other = finding();
    other["resources"][0]["id"] = json!("arn:2");
    let mut nameless = finding();
    nameless["resources"][0].as_object_mut().unwrap().remove("id");
    let mut other_nameless = nameless.clone();
    other_nameless["resources"][0]["details"]["awsEcrContainerImage"]["imageHash"] = json!("sha256:ffff");
    let lambda = json!([{ "type": "AWS_LAMBDA_FUNCTION", "id": "arn:3", "details": {} }]);
    all_refused([
        (with(&listing(), "/nextToken", json!("x")), "one page of several (`nextToken`)"),
        (json!({ "findings": [finding(), other] }), "a set of 2 resources (AWS_ECR_CONTAINER_IMAGE)"),
        (json!({ "findings": [nameless, other_nameless] }), "a set of 2 resources (AWS_ECR_CONTAINER_IMAGE)"),
        (without(&listing(), "/findings/0/resources"), "a thing that it does not name"),
        (with(&listing(), "/findings/0/resources", lambda), "a resource of the type AWS_LAMBDA_FUNCTION"),
        (json!({ "findings": [] }), "an object of unknown kind with the keys `findings`"),
    ]);
    let nameless = without(&listing(), "/findings/0/packageVulnerabilityDetails");
    assert_eq!(notes(&read_leniently(&nameless)), [("row dropped: it names no vulnerability", 1)]);
}
