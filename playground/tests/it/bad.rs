//! Whatever is typed is answered, and what is wrong with it is said.

use serde_json::{Value, json};

use crate::typed::{NOW, RULES, WEB, entry, judged, pod, question, trivy, verdict};

#[test]
fn what_is_no_question_is_a_problem() {
    let functions: [fn(&str) -> String; 4] = [playground::judge, playground::review, playground::import, playground::export];
    let deep = "[".repeat(100_000);
    for text in ["", "{", "null", "[]", "{\"unknown\": 1}", "\u{0}", deep.as_str()] {
        for function in functions {
            let answer: Value = serde_json::from_str(&function(text)).unwrap();
            assert_eq!(answer["schemaVersion"], 1);
            assert!(answer["problem"].as_str().is_some_and(|what| !what.is_empty()), "{text}: {answer}");
        }
    }
    for now in ["", "today", "2026-13-01T00:00:00Z"] {
        assert!(judged(&json!({ "now": now }))["problem"].as_str().unwrap().starts_with("`now`"), "{now}");
    }
}

#[test]
fn half_a_document_is_said_at_its_place() {
    let (settings, workload) = ("rules:\n- name: [\n", "apiVersion: v1\nkind: {\n");
    let answer = judged(&question(settings, workload, &[]));
    for part in ["settings", "workload"] {
        let problem = &answer[part]["problems"][0];
        assert_eq!(answer[part]["problems"].as_array().unwrap().len(), 1);
        assert!(problem["line"].as_u64().unwrap() >= 2 && problem["column"].as_u64().unwrap() >= 1, "{problem}");
        assert!(problem["message"].as_str().unwrap().contains("expected well-formed YAML"), "{problem}");
    }
    assert_eq!(answer["verdicts"], json!([]));
}

#[test]
fn two_documents_of_settings_are_one_too_many() {
    let answer = judged(&question(&format!("{RULES}---\n{RULES}"), &pod("web", &[WEB]), &[]));
    assert_eq!(answer["settings"]["problems"][0]["message"], "expected one document, found 2");
    assert_eq!(answer["verdicts"], json!([]));
}

#[test]
fn a_document_that_is_no_object_does_not_keep_the_others_from_their_verdict() {
    let workload = format!("a: b\n{}", pod("web", &[WEB]));
    let answer = judged(&question(RULES, &workload, &[entry(&trivy(WEB, &["LOW"]))]));
    assert_eq!(verdict(&answer), "admit");
    let problem = &answer["workload"]["problems"][0];
    assert_eq!((problem["line"].as_u64(), problem["from"].as_u64()), (Some(1), Some(0)), "{problem}");
    assert!(problem["message"].as_str().unwrap().contains("no `kind`"), "{problem}");
}

#[test]
fn what_is_not_judged_is_admitted_and_what_cannot_be_is_denied() {
    let service = "{ apiVersion: v1, kind: Service, metadata: { name: web } }";
    assert_eq!(verdict(&judged(&question(RULES, service, &[]))), "admit");
    let broken = "{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: 7 } }";
    let answer = judged(&question(RULES, broken, &[]));
    assert_eq!(verdict(&answer), "deny");
    assert!(answer["verdicts"][0]["message"].as_str().unwrap().contains("[workload-invalid]"), "{answer}");
    let malformed = judged(&question(RULES, &pod("web", &["Not An Image"]), &[entry(&trivy(WEB, &["LOW"]))]));
    assert_eq!(verdict(&malformed), "deny");
}

#[test]
fn what_is_too_deep_or_too_often_aliased_is_refused() {
    let deep = format!("rules: {}", "[".repeat(5_000));
    let bomb: String = (0..40)
        .map(|i| format!("a{i}: &a{i} [{}]\n", if i == 0 { "x".to_owned() } else { vec![format!("*a{}", i - 1); 10].join(", ") }))
        .collect();
    let report = format!("{{\"SchemaVersion\": 2, \"ArtifactName\": \"a\", \"Results\": {}", "[".repeat(200_000));
    for text in [deep, bomb, "{\"a\":".repeat(50_000)] {
        let answer = judged(&question(&text, &text, &[entry(&text), entry(&report)]));
        for problems in [
            &answer["settings"]["problems"],
            &answer["workload"]["problems"],
            &answer["findings"][0]["problems"],
            &answer["findings"][1]["problems"],
        ] {
            assert_eq!(problems.as_array().unwrap().len(), 1, "{problems}");
        }
        assert_eq!(answer["verdicts"], json!([]));
    }
}

/// Foreign text is data, wherever it stands.
#[test]
fn hostile_text_comes_back_as_it_was() {
    let hostile = "<img src=x onerror=alert(1)>\u{202e}\u{1b}[31m\u{0}\"'\\🦀";
    let mut report: Value = serde_json::from_str(&trivy(WEB, &["CRITICAL"; 3])).unwrap();
    report["ArtifactName"] = hostile.into();
    report["Results"][0]["Vulnerabilities"][0]["PkgName"] = hostile.into();
    let answer = judged(&json!({ "settings": RULES, "workload": pod("web", &[WEB]), "now": NOW,
        "findings": [{ "name": hostile, "text": report.to_string(), "image": null }, { "name": hostile, "text": hostile, "image": hostile }] }));
    assert_eq!(verdict(&answer), "deny");
    assert_eq!((&answer["findings"][0]["name"], &answer["findings"][0]["subject"]), (&json!(hostile), &json!(hostile)));
    assert_eq!(answer["findings"][1]["problems"].as_array().unwrap().len(), 1);
    let keys = format!("{}: 1\nrules: 7\n", json!(hostile));
    assert_eq!(judged(&question(&keys, &keys, &[]))["settings"]["problems"].as_array().unwrap().len(), 2);
}

#[test]
fn a_long_report_is_read() {
    let report = trivy(WEB, &["HIGH"; 20_000]);
    assert!(report.len() > 3_000_000);
    let answer = judged(&question(RULES, &pod("web", &[WEB]), &[entry(&report)]));
    assert_eq!((verdict(&answer), answer["findings"][0]["counts"]["high"].as_u64()), ("admit", Some(20_000)));
}
