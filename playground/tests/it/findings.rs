//! Entries among the findings: what they are, which images they are about, and what is held against them.

use serde_json::{Value, json};

use crate::typed::{RULES, WEB, entry, judged, pod, question, trivy, verdict};

const OTHER: &str = "ghcr.io/acme/worker:v1";

fn named(text: &str, image: &str) -> Value {
    json!({ "name": "report.json", "text": text, "image": image })
}

#[test]
fn an_entry_says_what_it_is() {
    let report = trivy(WEB, &["CRITICAL", "CRITICAL", "HIGH", "UNKNOWN"]);
    let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(&report)]));
    let shown = &answer["findings"][0];
    assert_eq!(shown["format"], "trivy-json");
    assert!(shown["formatReason"].as_str().is_some_and(|reason| !reason.is_empty()), "{shown}");
    assert_eq!(shown["counts"], json!({ "critical": 2, "high": 1, "medium": 0, "low": 0, "negligible": 0, "unknown": 1 }));
    assert_eq!(shown["fixable"], 2);
    assert_eq!((&shown["subject"], &shown["scannedAt"]), (&json!(WEB), &json!("2026-11-22T10:00:00Z")));
    assert_eq!((&shown["appliesTo"], &shown["problems"]), (&json!([WEB]), &json!([])));
}

#[test]
fn an_entry_without_an_image_is_about_those_that_no_other_names() {
    let (bad, good) = (trivy(WEB, &["CRITICAL"; 3]), trivy(OTHER, &["LOW"]));
    let workload = pod("web", &[WEB, OTHER]);
    let of = |entries: &[Value]| {
        let answer = judged(&question(RULES, &workload, entries));
        let applies: Vec<Value> = answer["findings"].as_array().unwrap().iter().map(|entry| entry["appliesTo"].clone()).collect();
        (verdict(&answer).to_owned(), applies)
    };
    assert_eq!(of(&[entry(&good)]), ("admit".to_owned(), vec![json!([WEB, OTHER])]));
    assert_eq!(of(&[entry(&good), named(&bad, WEB)]), ("deny".to_owned(), vec![json!([OTHER]), json!([WEB])]));
    // In whatever spelling.
    assert_eq!(
        of(&[entry(&bad), named(&good, "GHCR.io/acme/web:v1"), named(&good, OTHER)]).1,
        [json!([]), json!([WEB]), json!([OTHER])]
    );
}

/// Or else what was meant for all would pass for what could not be read.
#[test]
fn an_entry_that_cannot_be_read_names_its_image_too() {
    let clean = entry(&trivy(WEB, &["LOW"]));
    for broken in ["{", ""] {
        let answer = judged(&question(RULES, &pod("web", &[WEB]), &[clean.clone(), named(broken, WEB)]));
        assert_eq!(verdict(&answer), "deny", "{answer}");
        assert_eq!(answer["verdicts"][0]["evidence"][0]["state"], "missing");
    }
    let statements = json!({ "catalogVersion": "1", "count": 1, "vulnerabilities": [{ "cveID": "CVE-2026-0002" }] }).to_string();
    let answer = judged(&question(RULES, &pod("web", &[WEB]), &[clean, named(&statements, WEB)]));
    assert_eq!(verdict(&answer), "admit", "a list is no report: {answer}");
}

#[test]
fn reports_about_one_image_are_merged() {
    let (one, two) = (trivy(WEB, &["CRITICAL"; 2]), trivy(WEB, &["LOW", "LOW", "CRITICAL"]));
    let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(&one), entry(&two)]));
    // The worse severity of the two that both know, and the third.
    assert_eq!(verdict(&answer), "deny", "{answer}");
    let counts = |i: usize| answer["findings"][i]["counts"]["critical"].as_u64();
    assert_eq!((counts(0), counts(1)), (Some(2), Some(1)), "each entry by itself");
}

#[test]
fn a_report_about_another_image_is_noted() {
    let notes = |image: &str, report: &str| {
        judged(&question(RULES, &pod("web", &[image]), &[entry(report)]))["findings"][0]["notes"].to_string()
    };
    assert!(
        notes(OTHER, &trivy(WEB, &["LOW"])).contains("the report is about `ghcr.io/acme/web:v1`"),
        "{}",
        notes(OTHER, &trivy(WEB, &["LOW"]))
    );
    assert!(!notes(WEB, &trivy(WEB, &["LOW"])).contains("is about"));
    let digest = |c: &str| format!("sha256:{}", c.repeat(64));
    let mut report: Value = serde_json::from_str(&trivy(WEB, &["LOW"])).unwrap();
    report["Metadata"]["RepoDigests"] = json!([format!("ghcr.io/acme/web@{}", digest("a"))]);
    let (ours, theirs) = (format!("ghcr.io/acme/web@{}", digest("a")), format!("ghcr.io/acme/web@{}", digest("b")));
    assert!(
        notes(&theirs, &report.to_string()).contains("attaching it to `ghcr.io/acme/web@sha256:bbbb"),
        "{}",
        notes(&theirs, &report.to_string())
    );
    assert!(!notes(&ours, &report.to_string()).contains("attaching"));
    let unused = judged(&question(RULES, &pod("web", &[WEB]), &[named(&trivy(WEB, &["LOW"]), OTHER)]));
    assert_eq!(unused["findings"][0]["notes"], json!([format!("no container runs `{OTHER}`")]));
    assert_eq!(unused["findings"][0]["counts"]["low"], 1, "counted all the same");
}

#[test]
fn what_is_no_report_says_so() {
    for (text, part) in [
        ("{\"a\": 1}", "not a report that can be read"),
        ("not json", "expected JSON"),
        ("[]", "an empty list"),
        ("{\"SchemaVersion\": 2, \"ArtifactName\":", "line 1"),
        ("apiVersion: v1\nkind: Pod\n", "a Kubernetes object of kind Pod"),
        ("apiVersion: v1\nkind: [\n", "line 3"),
    ] {
        let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(text)]));
        let problem = &answer["findings"][0]["problems"][0];
        assert!(problem["message"].as_str().is_some_and(|message| message.contains(part)), "{text}: {answer}");
        assert_eq!(verdict(&answer), "deny", "without findings");
    }
    let mut empty: Value = serde_json::from_str(&trivy(WEB, &[])).unwrap();
    empty.as_object_mut().unwrap().remove("Results");
    let empty = empty.to_string();
    let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(&empty)]));
    let shown = &answer["findings"][0];
    assert!(shown["problems"][0]["hint"].as_str().is_some_and(|hint| hint.contains("--accept-empty")), "{shown}");
    assert_eq!((verdict(&answer), &shown["format"]), ("deny", &json!("trivy-json")), "an empty list is no clean scan");
}

#[test]
fn statements_and_lists_are_held_against_reports() {
    let report = trivy(WEB, &["CRITICAL"; 3]);
    let vex = json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "acme",
        "timestamp": "2026-11-22T11:00:00Z", "version": 1, "statements": [{ "vulnerability": { "name": "CVE-2026-0001" },
            "products": [{ "@id": "pkg:deb/debian/package-0@1.0" }], "status": "not_affected", "justification": "vulnerable_code_not_present" }] });
    let vex = entry(&vex.to_string());
    let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(&report), vex.clone()]));
    assert_eq!(answer["findings"][1]["format"], "vex", "{answer}");
    assert_eq!(verdict(&answer), "admit", "{answer}");
    assert_eq!(answer["verdicts"][0]["images"][0]["setAside"][0]["id"], "CVE-2026-0001");

    let exploited = "rules: [{ name: a, action: deny, conditions: [{ knownExploited: true }, { epss: 0.5 }] }]";
    let kev =
        json!({ "catalogVersion": "2026.11.20", "count": 1, "vulnerabilities": [{ "cveID": "CVE-2026-0002" }] }).to_string();
    let epss = "#model_version:v2025.03.14,score_date:2026-11-21T00:00:00+0000\ncve,epss,percentile\nCVE-2026-0003,0.9,0.99\n";
    for (list, format) in [(kev.as_str(), "kev"), (epss, "epss")] {
        let answer = judged(&question(exploited, &pod("web", &[WEB]), &[entry(&report), entry(list)]));
        assert_eq!(answer["findings"][1]["format"], format, "{answer}");
        assert_eq!((&answer["findings"][1]["problems"], verdict(&answer)), (&json!([]), "deny"), "{answer}");
    }
}

#[test]
fn reports_of_a_cluster_are_read_as_yaml_and_answer_its_sources() {
    let report = "apiVersion: aquasecurity.github.io/v1alpha1\nkind: VulnerabilityReport\nmetadata: { name: r, namespace: elsewhere }\nreport:\n  artifact: { repository: acme/web, tag: v1 }\n  registry: { server: ghcr.io }\n  scanner: { name: Trivy, version: 0.60.0 }\n  updateTimestamp: 2026-11-22T10:00:00Z\n  summary: { criticalCount: 1, highCount: 0, mediumCount: 0, lowCount: 0, unknownCount: 0 }\n  vulnerabilities:\n  - { vulnerabilityID: CVE-2026-0001, resource: openssl, installedVersion: '1', fixedVersion: '2', severity: CRITICAL }\n";
    for (sources, state) in [
        ("[{ trivyOperator: {} }]", "scanned"),
        ("[{ registry: {} }]", "scanned"),
        ("[{ sbomScanner: { namespace: s } }]", "missing"),
    ] {
        let settings = format!(
            "findings: {{ sources: {sources} }}\nrules: [{{ name: a, action: audit, conditions: [{{ severity: critical }}] }}]"
        );
        let answer = judged(&question(&settings, &pod("web", &[WEB]), &[entry(report)]));
        assert_eq!(answer["findings"][0]["format"], "trivy-operator");
        assert_eq!(answer["verdicts"][0]["evidence"][0]["state"], state, "{sources}: {answer}");
        let is_noted = answer["findings"][0]["notes"].to_string().contains("no source in `findings.sources`");
        assert_eq!(is_noted, state == "missing", "{answer}");
    }
}

#[test]
fn reports_of_sbomscanner_are_found_by_name_and_by_digest() {
    let report = json!({ "apiVersion": "storage.sbomscanner.kubewarden.io/v1alpha1", "kind": "VulnerabilityReport",
        "metadata": { "name": "r", "namespace": "elsewhere" },
        "imageMetadata": { "registry": "ghcr", "registryURI": "ghcr.io", "repository": "acme/web", "tag": "v1", "platform": "linux/amd64", "digest": format!("sha256:{}", "c".repeat(64)) },
        "report": { "summary": { "critical": 1, "high": 0, "medium": 0, "low": 0, "unknown": 0, "suppressed": 0 },
            "results": [{ "target": "x", "class": "os-pkgs", "type": "debian", "vulnerabilities": [{ "cve": "CVE-2026-0001", "packageName": "openssl", "purl": "pkg:deb/debian/openssl@1", "installedVersion": "1", "fixedVersions": ["2"], "severity": "CRITICAL", "suppressed": false }] }] } });
    for registries in ["", ", registries: { ghcr.io: ghcr }"] {
        let settings = format!(
            "findings: {{ sources: [{{ sbomScanner: {{ namespace: scans{registries} }} }}] }}\nrules: [{{ name: a, action: audit, conditions: [{{ severity: critical }}] }}]"
        );
        let answer = judged(&question(&settings, &pod("web", &[WEB]), &[entry(&report.to_string())]));
        assert_eq!(verdict(&answer), "audit");
        assert_eq!(answer["verdicts"][0]["evidence"][0]["state"], "scanned", "{registries}: {answer}");
    }
}
