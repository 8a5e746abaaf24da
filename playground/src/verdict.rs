//! A request and settings → the verdict as it is shown; two verdicts about one object → what changes.

use documents::request::{self, Submitted};
use policy::lookup::host::Host;
use policy::review;
use policy::time::Timestamp;
use serde_json::{Value, json};

/// What the policy answers about a request, and the way to it.
pub(crate) fn judge(one: &Submitted, settings: &Value, now: Timestamp, host: &dyn Host) -> Value {
    let payload = json!({ "request": one.request, "settings": settings }).to_string();
    let (answer, images) = review::explain(payload.as_bytes(), now, host);
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let annotation = |key: &str| answer.pointer(&format!("/audit_annotations/{key}")).and_then(Value::as_str);
    // The policy cuts what is too long.
    let json_of = |key| annotation(key).map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    let verdict = match answer.get("accepted") {
        Some(Value::Bool(true)) => annotation("verdict").filter(|verdict| *verdict == "audit").unwrap_or("admit"),
        _ => "deny",
    };
    json!({
        "object": request::name(&one.request),
        "place": one.place,
        "line": one.at.line,
        "verdict": verdict,
        "rule": annotation("rule"),
        "code": answer.get("code"),
        "message": answer.get("message"),
        "warnings": answer.get("warnings").filter(|warnings| warnings.is_array()).unwrap_or(&json!([])),
        "images": images,
        "violations": json_of("violations"),
        "setAside": json_of("setAside"),
        "evidence": json_of("evidence"),
        "response": answer,
    })
}

/// The objects that one list judges otherwise than the other: by another verdict, or by another rule.
pub(crate) fn changes(before: &[Value], after: &[Value]) -> Value {
    let of = |verdict: &Value, key: &str| verdict.get(key).cloned().unwrap_or_default();
    let strictness = |verdict: &Value| ["admit", "audit", "deny"].iter().position(|word| verdict == word);
    let pairs = before.iter().zip(after);
    let changed = pairs.filter(|(a, b)| ["verdict", "rule"].iter().any(|key| of(a, key) != of(b, key)));
    changed
        .map(|(a, b)| {
            let (from, to) = (of(a, "verdict"), of(b, "verdict"));
            let worse = strictness(&to) > strictness(&from);
            json!({ "object": of(b, "object"), "place": of(b, "place"), "from": from, "to": to,
                "fromRule": of(a, "rule"), "toRule": of(b, "rule"), "worse": worse })
        })
        .collect()
}
