//! The verdict → the response to the host: message, warnings, audit annotations. The only prose, and the only place that knows the
//! host's words for admitting and refusing.
//!
//! Source: Kubewarden `ValidationResponse`; Kubernetes' limits on warnings (256 characters each, 4096 together) are in
//! [`crate::limits`].

pub mod alert;
mod annotations;
mod sentence;
pub mod trace;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::diagnostic::Code;
use crate::limits;
use crate::settings::{Action, Condition, Entry, Settings};
use crate::text::{quote, shorten};
use crate::time::Timestamp;
use crate::verdict::{JudgedImage, Verdict};

use self::sentence::Sentence;

/// Kubewarden's `ValidationResponse`.
#[derive(Debug, Default, Serialize)]
struct Response {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutated_object: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    audit_annotations: Map<String, Value>,
}

/// Kubewarden's `SettingsValidationResponse`.
#[derive(Debug, Serialize)]
struct SettingsResponse {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The answer to a workload; `pinned` is the object with its digests written, where it has changed.
pub fn answer(settings: &Settings, verdict: &Verdict<'_, '_>, pinned: Option<Value>, now: Timestamp) -> Vec<u8> {
    let is_denied = verdict.action() == Some(Action::Deny);
    bytes(&Response {
        accepted: !is_denied,
        message: is_denied.then(|| message(settings, verdict)),
        code: is_denied.then_some(403),
        mutated_object: pinned.filter(|_| !is_denied),
        warnings: warnings(settings, verdict),
        audit_annotations: annotations::of(settings, verdict, now),
    })
}

/// The answer to what is not judged: another kind, another operation, an update that changes nothing.
pub fn not_judged() -> Vec<u8> {
    bytes(&Response { accepted: true, audit_annotations: annotations::of_nothing(verdict_word(None)), ..Response::default() })
}

/// The answer to whoever broke the glass.
pub fn broke_glass(reason: &str) -> Vec<u8> {
    let mut audit_annotations = annotations::of_nothing(verdict_word(None));
    audit_annotations.insert("breakGlass".to_owned(), quote(reason).into());
    bytes(&Response { accepted: true, audit_annotations, ..Response::default() })
}

/// The answer to a request that cannot be judged: it is denied.
pub fn refused(code: Code, why: &str) -> Vec<u8> {
    let status = match code {
        Code::SettingsInvalid => 500,
        Code::BreakGlassRefused => 403,
        _ => 400,
    };
    bytes(&Response {
        accepted: false,
        message: Some(shorten(&format!("{why} [{}]; hint: {}", code.text(), code.hint()), limits::MESSAGE_BYTES)),
        code: Some(status),
        audit_annotations: annotations::of_nothing(verdict_word(Some(Action::Deny))),
        ..Response::default()
    })
}

/// The answer to settings, with what is wrong with them or, where they are valid, what an operator should look at.
pub fn settings(valid: bool, text: &str) -> Vec<u8> {
    bytes(&SettingsResponse { valid, message: (!text.is_empty()).then(|| text.to_owned()) })
}

fn bytes(response: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(response).unwrap_or_default()
}

/// A condition in words, as messages have it: `more than 2 critical vulnerabilities`.
pub fn describe(condition: &Condition) -> String {
    sentence::condition(condition)
}

/// An entry of a scope in words: "namespace starts with `prod-`".
pub fn describe_entry(entry: &Entry) -> String {
    sentence::entry(entry)
}

/// `admit`, `audit` or `deny`.
pub(crate) fn verdict_word(action: Option<Action>) -> &'static str {
    action.map_or("admit", Action::word)
}

/// A line for each of the first denied images.
fn message(settings: &Settings, verdict: &Verdict<'_, '_>) -> String {
    let denied: Vec<&JudgedImage<'_, '_>> = with_action(verdict, Action::Deny).collect();
    let mut lines: Vec<String> = Vec::new();
    for image in denied.iter().take(limits::MESSAGE_IMAGES) {
        let sentence = image.outcome.violations.first().map(|violation| Sentence {
            settings,
            namespace: verdict.namespace,
            image,
            violation,
        });
        lines.extend(sentence.map(|sentence| sentence.line(limits::MESSAGE_VULNERABILITIES)));
    }
    if let Some(more @ 1..) = denied.len().checked_sub(limits::MESSAGE_IMAGES) {
        lines.push(format!("and {more} more images"));
    }
    shorten(&lines.join("\n"), limits::MESSAGE_BYTES)
}

/// One for each audited image.
fn warnings(settings: &Settings, verdict: &Verdict<'_, '_>) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    let mut budget = limits::WARNINGS_BYTES.saturating_sub(limits::WARNING_BYTES);
    let audited: Vec<&JudgedImage<'_, '_>> = with_action(verdict, Action::Audit).collect();
    for (i, image) in audited.iter().enumerate() {
        let Some(violation) = image.outcome.violations.first() else { continue };
        let warning = Sentence { settings, namespace: verdict.namespace, image, violation }.warning();
        match budget.checked_sub(warning.len()) {
            Some(rest) => budget = rest,
            None => {
                warnings.push(format!("and {} more images", audited.len().saturating_sub(i)));
                break;
            }
        }
        warnings.push(warning);
    }
    warnings
}

fn with_action<'v, 'e, 'a>(verdict: &'v Verdict<'e, 'a>, action: Action) -> impl Iterator<Item = &'v JudgedImage<'e, 'a>> {
    verdict.images.iter().filter(move |image| image.outcome.action == Some(action))
}
