//! What must hold of every answer, and of one by the strict rule.

use policy::limits;
use serde_json::Value;

use super::registry::Registry;

/// The answer is whole, agrees with itself and is no larger than it may be.
pub(super) fn check(answer: &[u8]) -> Value {
    let answer: Value = serde_json::from_slice(answer).expect("the answer is JSON");
    let accepted = answer["accepted"].as_bool().expect("`accepted` is a boolean");
    let annotations = answer["audit_annotations"].as_object().expect("every answer is annotated");
    let verdict = annotations["verdict"].as_str().expect("every answer has a verdict");
    assert!(["admit", "audit", "deny"].contains(&verdict), "{answer}");
    assert_eq!(accepted, verdict != "deny", "{answer}");
    assert_eq!(accepted, answer.get("message").is_none(), "who is denied is told why, and nobody else: {answer}");
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(message.len() <= limits::MESSAGE_BYTES, "{} bytes of message", message.len());
    assert!(!message.chars().any(|c| c.is_control() && c != '\n'), "{message:?}");
    let warnings: Vec<&str> = answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(warnings.iter().all(|warning| warning.len() <= limits::WARNING_BYTES), "{warnings:?}");
    assert!(warnings.iter().map(|warning| warning.len()).sum::<usize>() <= limits::WARNINGS_BYTES, "{warnings:?}");
    assert!(!warnings.concat().contains(char::is_control), "{warnings:?}");
    assert!(verdict != "audit" || !warnings.is_empty(), "{answer}");
    for (key, text) in annotations {
        let text = text.as_str().expect("annotations are texts");
        assert!(text.len() <= limits::ANNOTATION_BYTES, "{key}: {} bytes", text.len());
    }
    for key in ["violations", "setAside", "evidence"] {
        assert!(list(&answer, key).iter().all(Value::is_object), "{key}: {answer}");
    }
    assert!(verdict == "admit" || annotations.contains_key("rule") || annotations["evidence"] == "[]", "{answer}");
    answer
}

/// Who is accepted by the strict rule was not judged at all, or every image of it was looked up and has no vulnerability.
pub(super) fn check_strict(answer: &[u8], registry: &Registry) {
    let answer = check(answer);
    if answer["accepted"] == false {
        return;
    }
    let is_scanned = |image: &Value| image["state"] == "scanned" || image["more"].is_u64();
    assert!(list(&answer, "evidence").iter().all(is_scanned), "accepted without evidence: {answer}");
    assert!(list(&answer, "violations").is_empty() && list(&answer, "setAside").is_empty(), "{answer}");
    assert!(registry.gave_only_clean(), "accepted in spite of findings: {answer}");
}

fn list(answer: &Value, key: &str) -> Vec<Value> {
    let text = answer["audit_annotations"][key].as_str().expect("an annotation");
    serde_json::from_str(text).expect("the annotation is a JSON list")
}
