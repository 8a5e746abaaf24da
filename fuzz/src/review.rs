//! Bytes → a request with its settings, and what the host answers → the answer of the policy.
//!
//! The bytes are parts between record separators (0x1e). The first is the payload of `validate`. The others are told apart by their first
//! character: `@` the clock in Unix seconds; `=` a findings document in JSON, kept by the registry for its subject, and `-` the same without
//! the summary annotation; `+` an answer and `!` an error, given in this order to the host calls that no document answers.

mod answer;
mod registry;

use policy::review;
use policy::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::registry::Registry;

/// What stands between the parts of an input; JSON cannot have it unescaped.
pub const SEPARATOR: u8 = 0x1e;

/// One rule that denies every vulnerability and every lack of evidence, everywhere, and sets nothing aside.
const STRICT: &str = r#"{"vex":"ignore","rules":[{"name":"strict","action":"deny","conditions":[{"moreThan":0}],"evidence":{"missing":"deny","unavailable":"deny","unreadable":"deny","stale":"deny","incomplete":"deny"}}]}"#;

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    request: &'a RawValue,
}

/// The policy always answers, within its bounds and asking nothing twice. By [`STRICT`] it accepts only what was looked up and is clean.
pub fn run(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == SEPARATOR);
    let payload = parts.next().unwrap_or_default();
    let parts: Vec<&[u8]> = parts.collect();
    let clock = parts.iter().find_map(|part| std::str::from_utf8(part.strip_prefix(b"@")?).ok()?.parse().ok());
    let now = clock.and_then(Timestamp::from_unix).unwrap_or_else(crate::now);

    let fresh = Registry::new(&parts);
    let registry = fresh.clone();
    answer::check(&review::validate(payload, now, &registry));
    registry.check_calls();

    let Some(payload) = std::str::from_utf8(payload).ok().and_then(|text| serde_json::from_str::<Payload<'_>>(text).ok()) else {
        return;
    };
    let strict = format!(r#"{{"request":{},"settings":{STRICT}}}"#, payload.request.get());
    let registry = fresh;
    answer::check_strict(&review::validate(strict.as_bytes(), now, &registry), &registry);
    registry.check_calls();
}
