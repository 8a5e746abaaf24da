//! Two settings about one workload: what changes, and to which side.

use serde_json::{Value, json};

use crate::typed::{RULES, WEB, entry, judged, pod, question, trivy};

fn compared(settings: &str, baseline: &str) -> Value {
    let workload = format!("{}{}", pod("one", &[WEB]), pod("two", &["ghcr.io/acme/clean:v1"]));
    let clean = json!({ "name": "clean", "text": trivy("ghcr.io/acme/clean:v1", &["LOW"]), "image": "ghcr.io/acme/clean:v1" });
    let mut question = question(settings, &workload, &[entry(&trivy(WEB, &["CRITICAL"; 3])), clean]);
    question["baseline"] = baseline.into();
    judged(&question)
}

const LAX: &str = "rules: [{ name: warn, action: audit, conditions: [{ severity: critical }] }]";

#[test]
fn what_changes_is_said_with_its_side() {
    let change = |from: &str, to: &str, rules: [&str; 2], worse: bool| json!([{ "object": "Pod prod/one", "place": "workload:2", "from": from, "to": to, "fromRule": rules[0], "toRule": rules[1], "worse": worse }]);
    let stricter = compared(RULES, LAX);
    assert_eq!(stricter["changes"], change("audit", "deny", ["warn", "block-critical"], true));
    assert_eq!(stricter["baselineVerdicts"].as_array().unwrap().len(), 2);
    assert_eq!(stricter["baseline"]["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(compared(LAX, RULES)["changes"], change("deny", "audit", ["block-critical", "warn"], false));
    assert_eq!(
        compared(RULES, &RULES.replace("block-critical", "other"))["changes"],
        change("deny", "deny", ["other", "block-critical"], false)
    );
    assert_eq!(compared(RULES, RULES)["changes"], json!([]));
}

#[test]
fn with_nothing_to_compare_nothing_changes() {
    for baseline in ["", "rules: 7", "rules: ["] {
        let answer = compared(RULES, baseline);
        assert_eq!((&answer["changes"], &answer["baselineVerdicts"]), (&Value::Null, &Value::Null), "{baseline}");
        assert_eq!(answer["baseline"]["problems"].as_array().unwrap().is_empty(), baseline.is_empty(), "{answer}");
        assert_eq!(answer["verdicts"].as_array().unwrap().len(), 2);
    }
    let broken = compared("rules: 7", RULES);
    assert_eq!((&broken["changes"], &broken["verdicts"]), (&Value::Null, &json!([])));
    assert_eq!(broken["baselineVerdicts"].as_array().unwrap().len(), 2);
}
