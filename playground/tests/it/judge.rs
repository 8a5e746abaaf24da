//! Settings, a workload and findings → the verdict and the way to it.

use serde_json::{Value, json};

use crate::typed::{RULES, WEB, entry, judged, pod, question, trivy, verdict};

#[test]
fn the_third_critical_vulnerability_denies() {
    for (n, wanted) in [(2, "admit"), (3, "deny")] {
        let report = trivy(WEB, &vec!["CRITICAL"; n]);
        let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(&report)]));
        assert_eq!(verdict(&answer), wanted);
        assert_eq!(answer["settings"]["problems"], json!([]));
        assert_eq!(answer["workload"], json!({ "problems": [], "images": [WEB] }));
    }
}

#[test]
fn a_verdict_has_its_way() {
    let report = trivy(WEB, &["CRITICAL", "CRITICAL", "CRITICAL", "LOW"]);
    let answer = judged(&question(RULES, &format!("# first\n{}", pod("web", &[WEB])), &[entry(&report)]));
    let judged = &answer["verdicts"][0];
    assert_eq!(judged["object"], "Pod prod/web");
    assert_eq!((judged["place"].as_str(), judged["line"].as_u64()), (Some("workload:3"), Some(3)));
    assert_eq!(judged["rule"], "block-critical");
    assert_eq!(judged["code"], 403);
    assert!(judged["message"].as_str().unwrap().contains("3 critical vulnerabilities, more than 2"), "{judged}");
    let image = &judged["images"][0];
    assert_eq!((image["verdict"].as_str(), image["evidence"]["state"].as_str()), (Some("deny"), Some("scanned")));
    let step = &image["platforms"][0]["steps"][0];
    assert_eq!((step["count"].as_u64(), step["decides"].as_bool()), (Some(3), Some(true)));
    assert_eq!(judged["violations"][0]["vulnerabilities"][0]["id"], "CVE-2026-0001");
    assert_eq!(judged["evidence"][0]["scanner"], "trivy");
    assert_eq!(judged["response"]["accepted"], false);
}

#[test]
fn settings_are_said_and_looked_at() {
    let settings = "rules: [{ name: a, action: audit, conditions: [{ severity: high }] }]";
    let answer = judged(&question(settings, "", &[]));
    assert!(answer["settings"]["sentences"].as_str().unwrap().contains("warn on more than 0"), "{answer}");
    assert_eq!(answer["settings"]["warnings"][0]["message"], "no enabled rule denies: every workload is admitted");
    assert_eq!(answer["verdicts"], json!([]));
    // In whatever carries them.
    let policy = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nspec:\n  settings:\n    rules: []\n";
    let problem = &judged(&question(policy, "", &[]))["settings"]["problems"][0];
    assert_eq!((problem["path"].as_str(), problem["line"].as_u64()), (Some("rules"), Some(5)));
}

#[test]
fn nothing_typed_is_nothing_wrong() {
    for nothing in ["", "\n", "# only a comment\n", "---\n", "\u{feff}"] {
        let answer = judged(&question(nothing, nothing, &[entry("")]));
        for part in ["settings", "workload"] {
            assert_eq!(answer[part]["problems"], json!([]), "{nothing:?}: {answer}");
        }
        assert_eq!(
            (&answer["verdicts"], &answer["baselineVerdicts"], &answer["changes"]),
            (&json!([]), &Value::Null, &Value::Null)
        );
        let entry = &answer["findings"][0];
        assert_eq!((&entry["format"], &entry["problems"], &entry["notes"]), (&Value::Null, &json!([]), &json!([])));
    }
}

#[test]
fn an_image_without_an_entry_has_no_findings() {
    let settings = "rules: [{ name: a, action: deny, conditions: [{ severity: critical }], evidence: { missing: audit } }]";
    let answer = judged(&question(settings, &pod("web", &[WEB]), &[]));
    assert_eq!(verdict(&answer), "audit");
    assert_eq!(answer["verdicts"][0]["evidence"][0]["state"], "missing");
}

#[test]
fn namespaces_are_known_by_the_manifests_and_else_by_the_page() {
    let settings = "rules: [{ name: a, action: deny, conditions: [{ severity: critical }], scope: [{ field: namespaceLabel, key: tier, operator: equals, values: [production] }] }]";
    let report = trivy(WEB, &["CRITICAL"]);
    let of = |workload: &str, labels: Value| {
        let mut question = question(settings, workload, &[entry(&report)]);
        question["namespaceLabels"] = labels;
        let answer = judged(&question);
        answer["verdicts"].as_array().unwrap().last().unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    let pod = pod("web", &[WEB]);
    let namespace = |tier: &str| {
        format!("{{ apiVersion: v1, kind: Namespace, metadata: {{ name: prod, labels: {{ tier: {tier} }} }} }}\n{pod}")
    };
    assert_eq!(of(&pod, json!({ "tier": "production" })), "deny");
    assert_eq!(of(&pod, json!({ "tier": "test" })), "admit");
    assert_eq!(of(&namespace("production"), json!({ "tier": "test" })), "deny");
    assert_eq!(of(&namespace("test"), json!({ "tier": "production" })), "admit");
    // Nobody knows the namespace: in scope, and not to be decided.
    assert_eq!(of(&pod, Value::Null), "deny");
}

#[test]
fn findings_count_as_signed_by_whom_the_settings_trust() {
    let settings = "trust: { anyOf: [{ keyless: { issuer: https://i, subject: https://s } }] }\nrules: [{ name: a, action: deny, conditions: [{ severity: critical }], maxAge: 7d }]";
    let answer = judged(&question(settings, &pod("web", &[WEB]), &[entry(&trivy(WEB, &["HIGH"]))]));
    assert_eq!(verdict(&answer), "admit", "{answer}");
    let notes = answer["findings"][0]["notes"].to_string();
    assert!(notes.contains("nothing is signed here"), "{notes}");
    assert_eq!(verdict(&judged(&question(settings, &pod("web", &[WEB]), &[]))), "deny", "missing, not trusted");
}

#[test]
fn findings_lie_in_any_repository_that_the_settings_name() {
    let settings = "findings: { sources: [{ registry: { repository: ghcr.io/acme/findings } }] }\nrules: [{ name: a, action: deny, conditions: [{ severity: critical }] }]";
    let answer = judged(&question(settings, &pod("web", &[WEB]), &[entry(&trivy(WEB, &["HIGH"]))]));
    assert_eq!(answer["verdicts"][0]["evidence"][0]["state"], "scanned", "{answer}");
}

/// A digest that two repositories have is two images.
#[test]
fn an_image_is_its_repository_and_its_digest() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let (one, two) = (format!("ghcr.io/acme/one@{digest}"), format!("ghcr.io/acme/two@{digest}"));
    let mut named = entry(&trivy(&one, &["HIGH"]));
    named["image"] = one.clone().into();
    let answer = judged(&question(RULES, &pod("web", &[&one, &two]), &[named]));
    let states: Vec<&str> = answer["verdicts"][0]["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["evidence"]["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["scanned", "missing"]);
}
