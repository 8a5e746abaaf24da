//! The SARIF reader: one small log for each tool that writes it its own way, and what is refused.

use policy::findings::{Field, FixState, Severity};
use policy::time::Timestamp;
use reports::report::{Claim, SubjectKind};
use reports::{Format, Leniency, Report};
use serde_json::{Value, json};

use crate::trivy::digest;

const FORCED: Leniency = Leniency { any_subject: true, unclear_claim: false };

fn log(driver: &str, rules: &Value, results: &Value, more: &Value) -> Vec<u8> {
    let mut run = json!({ "tool": { "driver": { "name": driver, "version": "1.2.3", "rules": rules } }, "results": results });
    run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "$schema": "https://example.com/sarif", "version": "2.1.0", "runs": [run] }).to_string().into_bytes()
}

fn read(bytes: &[u8]) -> Report {
    reports::read_with(bytes, None, FORCED).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    reports::read_with(bytes, None, FORCED).unwrap_err().to_string()
}

fn notes(report: &Report) -> Vec<(&str, usize)> {
    report.notes.iter().collect()
}

#[test]
fn trivy() {
    let rules = json!([
        { "id": "CVE-2026-1001", "name": "OsPackageVulnerability",
          "properties": { "tags": ["vulnerability", "security", "CRITICAL"], "security-severity": "8.1", "cvssv3_baseScore": 9.8 } },
        { "id": "CVE-2026-1002", "name": "LanguageSpecificPackageVulnerability", "properties": { "tags": ["LOW"] } },
        { "id": "AVD-1", "name": "Misconfiguration", "properties": { "tags": ["misconfiguration"] } },
        { "id": "[HIGH] CVE-2026-1003 tar", "name": "OS Package Vulnerability", "properties": {} }
    ]);
    let results = json!([
        { "ruleId": "CVE-2026-1001", "ruleIndex": 0, "level": "error",
          "message": { "text": "Package: libssl3\nInstalled Version: 3.0.1\nVulnerability CVE-2026-1001\nSeverity: HIGH\nFixed Version: 3.0.2, 3.1.0\nLink: x" } },
        { "ruleId": "CVE-2026-1002", "ruleIndex": 1,
          "message": { "text": "Package: left\nInstalled Version: 1\nFixed Version: " },
          "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "app/package-lock.json" } } }] },
        { "ruleId": "AVD-1", "ruleIndex": 2, "message": { "text": "Severity: HIGH" } },
        { "ruleId": "[HIGH] CVE-2026-1003 tar", "message": { "text": "Severity: HIGH" }, "suppressions": [{ "kind": "external" }] }
    ]);
    let more = json!({
        "properties": { "imageName": "ghcr.io/acme/web:1.4", "imageID": "sha256:11", "repoDigests": [format!("ghcr.io/acme/web@{}", digest())] },
        "invocations": [{ "executionSuccessful": true, "endTimeUtc": "2026-11-21T10:00:00Z" }]
    });
    let report = reports::read(&log("Trivy", &rules, &results, &more), None).unwrap();
    assert_eq!(
        (report.format, report.scanner.name.as_str(), report.scanner.version.as_deref()),
        (Format::Sarif, "trivy", Some("1.2.3"))
    );
    assert_eq!(report.subject.digests, [digest().as_str()]);
    assert_eq!(
        (report.subject.name.as_deref(), report.subject.image_id.as_deref()),
        (Some("ghcr.io/acme/web:1.4"), Some("sha256:11"))
    );
    assert_eq!(report.scanned_at, Timestamp::parse("2026-11-21T10:00:00Z"));
    let [os, language, old] = report.rows.as_slice() else { panic!("{:#?}", report.rows) };
    assert_eq!((os.severity, os.fix_state), (Severity::High, FixState::Fixed), "the result's own word, not the rule's");
    assert_eq!(
        (os.cvss.unwrap().to_string().as_str(), os.fixed.as_slice()),
        ("9.8", &["3.0.2".to_owned(), "3.1.0".to_owned()][..])
    );
    assert_eq!((os.package.purl.as_str(), os.package.path.as_deref()), ("pkg:generic/libssl3@3.0.1", None));
    assert_eq!(
        (language.severity, language.fix_state, language.package.path.as_deref()),
        (Severity::Low, FixState::Unknown, Some("app/package-lock.json"))
    );
    assert_eq!((old.id.as_str(), old.package.name.as_str()), ("CVE-2026-1003", "unknown"));
    assert_eq!(report.provides, [Field::Cvss, Field::Path]);
    assert_eq!(
        notes(&report),
        [
            ("result that is not about a vulnerability", 1),
            ("row without a package", 1),
            ("row without an installed version", 1),
            ("suppression in the log (external) that does not count", 1),
        ]
    );
}

#[test]
fn grype() {
    let rules = json!([{ "id": "CVE-2026-1001-libc6", "properties": { "security-severity": "10.0" }, "help": { "text":
        "Vulnerability CVE-2026-1001\nSeverity: low\nPackage: libc6\nVersion: 2.36\nFix Version: 2.37\nType: deb\nLocation: /usr/share/doc/libc6\nData Namespace: debian:distro:debian:12" } }]);
    let name = format!("ghcr.io/acme/web@{}@sha256:{}:/usr/share/doc/libc6", digest(), "9".repeat(64));
    let results = json!([{ "ruleId": "CVE-2026-1001-libc6", "message": { "text": "The path reports libc6 installed in the container" },
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": name }] }] }]);
    let report = reports::read(&log("Grype", &rules, &results, &json!({})), None).unwrap();
    assert_eq!(report.subject.digests, [digest().as_str()], "the layer's digest is not the image's");
    let [row] = report.rows.as_slice() else { panic!("{:#?}", report.rows) };
    assert_eq!((row.id.as_str(), row.severity, row.cvss), ("CVE-2026-1001", Severity::Low, None));
    assert_eq!(
        (row.package.purl.as_str(), row.package.path.as_deref()),
        ("pkg:deb/debian/libc6@2.36", Some("usr/share/doc/libc6"))
    );
    assert_eq!((row.fix_state, row.fixed.as_slice()), (FixState::Fixed, &["2.37".to_owned()][..]));
    assert_eq!(notes(&report), [("severity `low`, which Grype also writes for negligible and unknown in SARIF", 1)]);
    let clean = read(&log("grype", &json!([]), &json!([]), &json!({})));
    assert_eq!((clean.claim, clean.provides.len()), (Claim::Vulnerabilities, 4));
    assert_eq!(clean.subject.kind, SubjectKind::Other("thing that it does not name".to_owned()));
}

#[test]
fn snyk() {
    let rule = |id: &str, full: &str, tag: &str, remediation: &str| {
        json!({ "id": id, "shortDescription": { "text": "Critical severity - Overflow vulnerability in apt" }, "fullDescription": { "text": full },
            "help": { "text": "", "markdown": format!("## Overview\nUpgrade me\n## Remediation\n{remediation}\n## References\n") },
            "properties": { "tags": ["security", tag], "cvssv3_baseScore": 6.5, "security-severity": "6.5" } })
    };
    let rules = json!([
        rule(
            "SNYK-DEBIAN12-APT-1",
            "(CVE-2026-1001) apt/libapt-pkg6.0@2.6.1",
            "deb",
            "There is no fixed version for `Debian:12` `apt`."
        ),
        rule(
            "SNYK-JS-CORE-2",
            "(CVE-2026-1002,CVE-2026-1003) @babel/core@7.0.0",
            "npm",
            "Upgrade `@babel/core` to version 7.1.0, 8.0.0 or higher."
        )
    ]);
    let results = json!([
        { "ruleId": "SNYK-DEBIAN12-APT-1", "level": "error", "message": { "text": "x" } },
        { "ruleId": "SNYK-JS-CORE-2", "level": "error", "message": { "text": "x" } }
    ]);
    let report = reports::read(&log("Snyk Container", &rules, &results, &json!({})), None).unwrap();
    let [apt, first, second] = report.rows.as_slice() else { panic!("{:#?}", report.rows) };
    assert_eq!((apt.id.as_str(), apt.advisories.as_slice()), ("CVE-2026-1001", &["SNYK-DEBIAN12-APT-1".to_owned()][..]));
    assert_eq!(
        (apt.severity, apt.fix_state, apt.cvss.unwrap().to_string().as_str()),
        (Severity::Critical, FixState::NotFixed, "6.5")
    );
    assert_eq!(
        (apt.package.purl.as_str(), apt.package.name.as_str()),
        ("pkg:deb/debian/libapt-pkg6.0@2.6.1", "apt/libapt-pkg6.0")
    );
    assert_eq!(
        (first.id.as_str(), second.id.as_str(), first.aliases.len()),
        ("CVE-2026-1002", "CVE-2026-1003", 0),
        "two CVEs are two rows"
    );
    assert_eq!(first.advisories, ["SNYK-JS-CORE-2"]);
    assert_eq!(
        (first.package.purl.as_str(), first.fixed.as_slice()),
        ("pkg:npm/%40babel/core@7.0.0", &["7.1.0".to_owned(), "8.0.0".to_owned()][..])
    );
}

#[test]
fn docker_scout() {
    let rules = json!([
        { "id": "CVE-2026-1001", "properties": { "tags": ["HIGH"], "cvssV3": "7.5", "fixed_version": "not fixed", "purls": ["pkg:npm/left@1"] } },
        { "id": "CVE-2026-1002", "properties": { "cvssV3_severity": "LOW", "purls": ["pkg:apk/alpine/a@1", "pkg:apk/alpine/b@2"] } }
    ]);
    let results = json!([
        { "ruleId": "CVE-2026-1001", "ruleIndex": 0, "message": { "text":
            "  Vulnerability   : CVE-2026-1001\n  Severity        : CRITICAL\n  Package         : pkg:npm/%40shop/parser@1.0.0\n  Fixed version   : 1.2.3\n  EPSS Score      : 1.95%" },
          "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "/app/package.json" } } }] },
        { "ruleId": "CVE-2026-1002", "ruleIndex": 1, "message": { "text": "EPSS Score : 0.000440" } }
    ]);
    let report = read(&log("docker scout", &rules, &results, &json!({})));
    let [first, second, third] = report.rows.as_slice() else { panic!("{:#?}", report.rows) };
    assert_eq!(
        (first.severity, first.fix_state, first.epss.unwrap().to_string().as_str()),
        (Severity::Critical, FixState::Fixed, "0.0195")
    );
    assert_eq!((first.package.name.as_str(), first.package.installed.as_deref()), ("parser", Some("1.0.0")));
    assert_eq!((first.package.path.as_deref(), first.cvss.unwrap().to_string().as_str()), (Some("app/package.json"), "7.5"));
    assert_eq!((second.package.name.as_str(), third.package.name.as_str(), third.severity), ("a", "b", Severity::Low));
    assert_eq!(third.epss.unwrap().to_string(), "0.00044");
    assert!(
        reports::read(&log("docker scout", &rules, &results, &json!({})), None)
            .unwrap_err()
            .to_string()
            .contains("does not name")
    );
}

#[test]
fn other_tools_are_taken_only_with_everything_that_a_finding_needs() {
    let rule = |help: &str, number: Value| json!([{ "id": "R1", "help": { "text": help }, "properties": { "security-severity": number } }]);
    let results = json!([{ "ruleId": "R1", "message": { "text": "found" } }]);
    let full = "Vulnerability CVE-2026-1001\nPackage: tar\nVersion: 1";
    let report = read(&log("Ours", &rule(full, json!("9.1")), &results, &json!({})));
    assert_eq!((report.rows[0].severity, report.scanner.name.as_str()), (Severity::Critical, "Ours"));
    assert_eq!(notes(&report), [("row without a severity word: the class of its `security-severity`", 1)]);
    for (help, number, part) in [
        (full, Value::Null, "its result `R1` does not name a severity"),
        ("Vulnerability CVE-2026-1001\nPackage: tar", json!(9), "does not name a package and its version"),
        ("Package: tar\nVersion: 1", json!(9), "does not name an id"),
    ] {
        let error = refusal(&log("Ours", &rule(help, number), &results, &json!({})));
        assert!(error.contains(part) && error.contains("`Ours`"), "{error}");
    }
    assert!(refusal(&log("Ours", &json!([]), &json!([]), &json!({}))).contains("not known to look for vulnerabilities"));
}

#[test]
fn runs_that_show_too_little_are_refused() {
    let none = json!([]);
    assert!(refusal(&log("Trivy", &none, &none, &json!({}))).contains("no result at all"));
    let rules = json!([{ "id": "AVD-1", "name": "Misconfiguration" }]);
    assert!(refusal(&log("Trivy", &rules, &json!([{ "ruleId": "AVD-1" }]), &json!({}))).contains("not about vulnerabilities"));
    let failed = json!({ "invocations": [{ "executionSuccessful": false }] });
    assert!(refusal(&log("Grype", &none, &none, &failed)).contains("the run of `grype` failed"));
    assert!(refusal(&log("Grype", &none, &Value::Null, &json!({}))).contains("failed or computed no results"));
    let two = json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "Trivy" } } }, { "tool": { "driver": { "name": "Grype" } } }] });
    assert!(refusal(two.to_string().as_bytes()).contains("runs of `trivy` and of `grype`"));
    assert!(refusal(br#"{"version":"2.1.0","runs":[]}"#).contains("has no run"));
    assert!(refusal(br#"{"version":"2.1.0","runs":[{}]}"#).contains("cannot be read: missing field `tool`"));
    assert!(refusal(br#"{"version":"2.0.0","runs":[]}"#).contains("a SARIF log 2.0.0, and only those of the version 2.1"));
}

#[test]
fn packages_of_a_rule_that_multiply_are_refused() {
    let rules = json!([{ "id": "CVE-2026-1001", "properties": { "purls": vec!["pkg:npm/a@1"; 2000], "tags": ["LOW"] } }]);
    let results = json!(vec![json!({ "ruleId": "CVE-2026-1001" }); 2000]);
    assert!(refusal(&log("docker scout", &rules, &results, &json!({}))).contains("at most 10000000 texts"));
}

#[test]
fn results_that_refer_to_too_much_of_rules_are_refused() {
    let result = json!({ "ruleId": "CVE-2026-1", "ruleIndex": 0, "message": { "text": "Package: a\nInstalled Version: 1\nSeverity: LOW" } });
    let rules = json!([{ "id": "CVE-2026-1", "name": "OsPackageVulnerability", "help": { "text": "x".repeat(20_000_000) } }]);
    let with = |n_results| log("Trivy", &rules, &json!(vec![&result; n_results]), &json!({}));
    assert_eq!(read(&with(100)).rows.len(), 100);
    let expected = "expected a SARIF log whose results refer to at most 2147483648 bytes of rules, found more";
    assert_eq!(refusal(&with(108)), expected);
}

#[test]
fn logs_of_too_many_semicolons_are_refused() {
    let help = format!("Fixed Version: {}", "1;".repeat(reports::MAX_COMMAS + 1));
    let rules = json!([{ "id": "CVE-2026-1", "name": "OsPackageVulnerability", "help": { "text": help } }]);
    let error = refusal(&log("Trivy", &rules, &json!([{ "ruleId": "CVE-2026-1" }]), &json!({})));
    assert_eq!(error, "expected at most 5000000 semicolons, found 5000001");
}
