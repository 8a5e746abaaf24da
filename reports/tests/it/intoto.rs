//! Statements of both kinds of predicates, bare and in envelopes; the bare predicate of cosign.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use policy::findings::{Field, FixState, Severity};
use policy::time::Timestamp;
use reports::report::SubjectKind;
use reports::{Format, Leniency, Report};
use serde_json::{Value, json};

use crate::trivy::{WEB, digest};

const FORCED: Leniency = Leniency { any_subject: true, unclear_claim: false };

fn statement(kind: &str, predicate: &Value) -> Value {
    json!({ "_type": "https://in-toto.io/Statement/v1", "subject": [{ "name": "ghcr.io/acme/web", "digest": { "sha256": digest().hex() } }],
        "predicateType": kind, "predicate": predicate })
}

fn vulns(result: &Value) -> Value {
    statement(
        "https://in-toto.io/attestation/vulns/v0.2",
        &json!({
            "scanner": { "uri": "pkg:github/acme/scanner@2", "version": "2", "db": { "uri": "x", "lastUpdate": "2026-11-20T06:12:00Z" }, "result": result },
            "metadata": { "scanStartedOn": "2026-11-21T09:00:00Z", "scanFinishedOn": "2026-11-21T10:00:00Z" }
        }),
    )
}

fn cosign(result: &Value) -> Value {
    json!({ "invocation": {}, "scanner": { "uri": "pkg:github/aquasecurity/trivy@0.69.3", "version": "0.69.3", "result": result },
        "metadata": { "scanFinishedOn": "2026-11-21T09:59:00Z" } })
}

fn read(value: &Value) -> Report {
    reports::read(value.to_string().as_bytes(), None).unwrap()
}

fn refusal(value: &Value) -> String {
    reports::read(value.to_string().as_bytes(), None).unwrap_err().to_string()
}

fn web() -> Value {
    serde_json::from_str(WEB).unwrap()
}

#[test]
fn the_plain_predicate_names_ids_and_severities_alone() {
    let report = read(&vulns(&json!([
        { "id": "CVE-2026-1", "severity": [{ "method": "nvd", "score": "low" }, { "method": "vendor", "score": "critical" }] },
        { "id": "CVE-2026-2", "severity": [{ "method": "CVSSv2", "score": 10 }, { "method": "cvss_score", "score": "5.3" }] },
        { "id": "CVE-2026-3", "severity": [{ "method": "CVSSv31", "score": "CVSS:3.1/AV:N/AC:L" }] },
        { "id": "CVE-2026-4" },
        { "severity": [] }
    ])));
    assert_eq!(
        (report.format, report.scanner.name.as_str(), report.scanner.version.as_deref()),
        (Format::InToto, "scanner", Some("2"))
    );
    assert_eq!(report.scanner.database_updated_at, Timestamp::parse("2026-11-20T06:12:00Z"));
    assert_eq!(report.scanned_at, Timestamp::parse("2026-11-21T10:00:00Z"));
    assert_eq!((report.subject.kind, report.subject.name.as_deref()), (SubjectKind::Image, Some("ghcr.io/acme/web")));
    assert_eq!(report.subject.digests, [digest().as_str()]);
    let severities: Vec<Severity> = report.rows.iter().map(|row| row.severity).collect();
    assert_eq!(severities, [Severity::Critical, Severity::Medium, Severity::Unknown, Severity::Unknown]);
    assert_eq!(report.provides, [Field::Cvss]);
    let notes: Vec<(&str, usize)> = report.notes.iter().collect();
    assert_eq!(
        notes,
        [
            ("CVSS vector without a score: unknown severity", 1),
            ("row dropped: it names no vulnerability", 1),
            ("row without a package", 4),
            ("row without a severity word: the class of its CVSS score", 1),
            ("row without a severity: unknown", 1),
        ]
    );
    assert!(read(&vulns(&json!([]))).rows.is_empty(), "an empty list is a clean scan");
    assert!(refusal(&vulns(&Value::Null)).contains("has no `scanner.result`"));
}

#[test]
fn defenders_findings_name_packages_and_fixes() {
    let report = read(&vulns(&json!([{
        "id": "CVE-2026-1", "vulnerablePackage": "cpe:2.3:a:com.example:data\\-bind:*:*:*:*:*:java:*:*", "detectedVersion": "2.9", "fixVersion": "2.12",
        "severity": [{ "method": "Ibm", "score": "6.2", "textualScore": "Low", "cvssVersion": "3.0" }], "leadingSeverityScore": "Medium",
        "cweIds": ["CWE-1"], "evidence": [{ "type": "filePath", "path": "/app/a.jar", "layerId": "x" }, { "type": "filePath", "path": "app/b.jar" }],
        "references": [{ "url": "https://example.com" }]
    }])));
    let [first, second] = report.rows.as_slice() else { panic!("{:#?}", report.rows) };
    assert_eq!(
        (first.severity, first.cvss.unwrap().to_string().as_str()),
        (Severity::Medium, "6.2"),
        "the leading word, not the source's"
    );
    assert_eq!(
        (first.package.name.as_str(), first.package.purl.as_str()),
        ("data-bind", "pkg:generic/com.example/data-bind@2.9")
    );
    assert_eq!((first.fix_state, first.fixed.as_slice()), (FixState::Fixed, &["2.12".to_owned()][..]));
    assert_eq!((first.package.path.as_deref(), second.package.path.as_deref()), (Some("app/a.jar"), Some("app/b.jar")));
    assert_eq!(report.provides, [Field::Cvss, Field::Path]);
}

#[test]
fn cosigns_predicate_holds_another_report() {
    let bare = cosign(&web());
    let report = read(&bare);
    assert_eq!((report.format, report.rows.len()), (Format::CosignVuln, read(&web()).rows.len()));
    assert_eq!(report.scanned_at, Timestamp::parse("2026-11-21T09:59:00Z"), "the earlier of both times");
    assert_eq!(read(&json!({ "predicate": bare })).rows, report.rows);
    let stated = read(&statement("cosign.sigstore.dev/attestation/vuln/v1", &bare));
    assert_eq!((stated.format, stated.rows == report.rows, stated.subject.image_id.is_some()), (Format::InToto, true, true));
    assert_eq!(stated.subject.digests, [digest().as_str()]);
    let sarif = json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "Grype" } }, "results": [] }] });
    let sarif = read(&statement("https://cosign.sigstore.dev/attestation/vuln/v1", &cosign(&sarif)));
    assert_eq!((sarif.scanner.name.as_str(), sarif.scanner.version.as_deref()), ("grype", Some("0.69.3")));
    assert_eq!(sarif.subject.kind, SubjectKind::Image, "the statement names an image where the report inside names nothing");
}

#[test]
fn cosigns_predicate_is_found_where_its_metadata_stands_behind_a_large_result() {
    let report = read(&cosign(&web()));
    let large = |end: &str| {
        let (result, blanks) = (web(), " ".repeat(100_000));
        format!(
            r#"{{"scanner":{{"uri":"pkg:github/aquasecurity/trivy@0.69.3","version":"0.69.3","result":{result}{blanks}}}{end}}}"#
        )
    };
    let text = large(r#","metadata":{"scanFinishedOn":"2026-11-21T09:59:00Z"}"#);
    assert_eq!(reports::read(text.as_bytes(), None).unwrap(), report);
    assert_eq!(reports::read(text.as_bytes(), Some(Format::CosignVuln)).unwrap(), report);
    for end in ["", r#","metadata":1"#] {
        let refusal = reports::read(large(end).as_bytes(), None).unwrap_err().to_string();
        assert!(refusal.starts_with(if end.is_empty() { "not a report that can be read" } else { "the cosign" }), "{refusal}");
    }
    let refusal = reports::read(text.as_bytes(), Some(Format::Clair)).unwrap_err().to_string();
    assert!(refusal.starts_with("not a clair report"), "{refusal}");
}

#[test]
fn the_statement_says_which_image_and_the_report_that_it_is_one() {
    let mut inner = web();
    inner["ArtifactType"] = "filesystem".into();
    let kind = "https://cosign.sigstore.dev/attestation/vuln/v1";
    assert!(refusal(&statement(kind, &cosign(&inner))).contains("about a filesystem"));
    let mut other = statement(kind, &cosign(&web()));
    other["subject"][0]["digest"]["sha256"] = "4".repeat(64).into();
    let report = read(&other);
    assert_eq!(report.subject.digests, [format!("sha256:{}", "4".repeat(64))]);
    assert!(report.notes.iter().any(|(note, _)| note.contains("other digests than the statement")));
}

#[test]
fn an_envelope_is_opened_and_its_statement_judged_as_if_it_were_bare() {
    let mut inner = vulns(&json!([{ "id": "CVE-2026-1" }]));
    inner["subject"][0]["name"] = "ÿÿÿ???".into();
    let url_safe = URL_SAFE_NO_PAD.encode(inner.to_string());
    assert!(url_safe.contains(['-', '_']));
    let envelope = |payload: String| json!({ "payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": [{ "sig": "" }] });
    for payload in [STANDARD.encode(inner.to_string()), url_safe] {
        assert_eq!(read(&envelope(payload)).rows, read(&inner).rows);
    }
    let other = statement("https://slsa.dev/provenance/v1", &json!({}));
    assert!(
        refusal(&envelope(STANDARD.encode(other.to_string())))
            .contains("`https://slsa.dev/provenance/v1`, which is not about vulnerabilities")
    );
    assert!(refusal(&other).contains("an in-toto statement of the predicate type `https://slsa.dev/provenance/v1`"));
    assert!(refusal(&envelope("%".to_owned())).contains("expected base64"));
    assert!(refusal(&envelope(STANDARD.encode("nothing"))).contains("the in-toto statement cannot be read"));
    assert!(refusal(&envelope(STANDARD.encode("[".repeat(500)))).contains("cannot be read"));
    let foreign = json!({ "payloadType": "text/plain", "payload": "", "signatures": [] });
    assert!(refusal(&foreign).contains("a DSSE envelope text/plain, not of an in-toto statement"));
}

#[test]
fn what_is_wrong_inside_is_refused_with_a_sentence() {
    let mut package = vulns(&json!([]));
    package["subject"] = json!([{ "uri": "pkg:maven/org.a/b@1", "digest": { "sha256": digest().hex() } }]);
    assert!(refusal(&package).contains("about a package (maven)"));
    let mut short = vulns(&json!([]));
    short["subject"][0]["digest"]["sha256"] = "3a2bd2".into();
    assert!(refusal(&short).contains("no sha256 digest"));
    assert!(reports::read_with(short.to_string().as_bytes(), None, FORCED).unwrap().subject.digests.is_empty());
    let mut without = vulns(&json!([]));
    without["predicate"] = Value::Null;
    assert!(refusal(&without).contains("no predicate"));
    assert!(
        refusal(&cosign(&json!({ "spdxVersion": "SPDX-2.3" })))
            .contains("`scanner.result` of the cosign vulnerability predicate cannot be read: the document is an SPDX")
    );
    assert!(refusal(&cosign(&cosign(&web()))).contains("cannot be read"), "no report in a report in a report");
    assert!(refusal(&cosign(&Value::Null)).contains("has no `scanner.result`"));
}
