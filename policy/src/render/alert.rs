//! The security alert: one structured event for each audit and deny, and for each exemption in its last seven days.
//!
//! Field names are part of the interface. The host logs an event's members beside its message.

use serde_json::{Value, json};

use super::annotations::{deciding_rule, known};
use super::sentence::Sentence;
use super::verdict_word;
use crate::break_glass::Claim;
use crate::diagnostic::{Code, Fault};
use crate::limits;
use crate::order;
use crate::request::Request;
use crate::settings::Settings;
use crate::text::quote;
use crate::time::Timestamp;
use crate::verdict::{By, JudgedImage, Verdict};
use crate::workload::Workload;

/// Version of the event's fields.
const SCHEMA_VERSION: u32 = 1;
/// Images that one event lists.
const LISTED: usize = 50;
/// Platforms of an index that the evidence of an image lists.
const PLATFORMS_LISTED: usize = 2;

/// The events of an answer, as payloads of the host's log operation.
pub fn events(
    settings: &Settings,
    request: &Request<'_>,
    workload: &Workload,
    verdict: &Verdict<'_, '_>,
    now: Timestamp,
) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    if verdict.action().is_some() {
        events.push(of_verdict(settings, request, workload, verdict, now));
    }
    for position in used_exemptions(verdict) {
        let Some((exemption, until)) = settings.exemptions.get(position).and_then(|e| e.until.map(|until| (e, until))) else {
            continue;
        };
        if until.seconds_since(now) <= limits::EXEMPTION_NOTICE_SECONDS {
            let message = format!("exemption `{}` ends {until} [{}]", exemption.name, Code::ExemptionEnding.text());
            let mut event = envelope(&message, Code::ExemptionEnding, now);
            extend(&mut event, subject(settings, request, workload));
            let until = until.to_string();
            extend(
                &mut event,
                json!({ "exemption": exemption.name, "owner": exemption.owner, "reason": exemption.reason, "until": until }),
            );
            events.push(event);
        }
    }
    events.iter().map(|event| event.to_string().into_bytes()).collect()
}

/// The event of a claim to break the glass: admitted for a reason, or refused.
pub fn glass(settings: &Settings, request: &Request<'_>, workload: &Workload, claim: &Claim, now: Timestamp) -> Option<Vec<u8>> {
    let (code, word, why) = match claim {
        Claim::None => return None,
        Claim::Granted(reason) => (Code::BreakGlass, "admit", reason),
        Claim::Refused(why) => (Code::BreakGlassRefused, "deny", why),
    };
    let subject = subject(settings, request, workload);
    let text = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, namespace, name) = (text("kind"), text("namespace"), text("name"));
    let message = format!("{word} {kind} {namespace}/{name}: {} [{}]", quote(why), code.text());
    let mut event = envelope(&message, code, now);
    let images: Vec<Value> = workload
        .images
        .iter()
        .take(LISTED)
        .map(|image| json!({ "container": image.path, "image": quote(&image.image) }))
        .collect();
    extend(&mut event, subject);
    extend(&mut event, json!({ "verdict": word, "reason": quote(why), "images": images }));
    Some(event.to_string().into_bytes())
}

/// The event of a request that could not be judged.
pub fn refused(code: Code, why: &str, now: Timestamp) -> Vec<u8> {
    let mut event = envelope(&format!("deny: {} [{}]", quote(why), code.text()), code, now);
    extend(&mut event, json!({ "verdict": "deny" }));
    event.to_string().into_bytes()
}

fn of_verdict(
    settings: &Settings,
    request: &Request<'_>,
    workload: &Workload,
    verdict: &Verdict<'_, '_>,
    now: Timestamp,
) -> Value {
    let rule = deciding_rule(settings, verdict).unwrap_or_default();
    let word = verdict_word(verdict.action());
    let violation = verdict.deciding().and_then(|image| image.outcome.violations.first());
    let sentence = verdict.deciding().zip(violation).map(|(image, violation)| Sentence {
        settings,
        namespace: verdict.namespace,
        image,
        violation,
    });
    let code = sentence.map_or(Code::FindingsOverLimit, |sentence| sentence.code());
    let subject = subject(settings, request, workload);
    let name = subject.get("name").and_then(Value::as_str).unwrap_or_default();
    let namespace = subject.get("namespace").and_then(Value::as_str).unwrap_or_default();
    let message = format!("{word} {} {namespace}/{name} by rule `{rule}` [{}]", quote(&request.kind.kind), code.text());
    let concerned: Vec<&JudgedImage<'_, '_>> = verdict.images.iter().filter(|image| image.outcome.action.is_some()).collect();
    let mut images: Vec<Value> = concerned.iter().take(LISTED).map(|image| of_image(settings, verdict, image, now)).collect();
    if let Some(more @ 1..) = concerned.len().checked_sub(LISTED) {
        images.push(json!({ "more": more }));
    }
    let mut event = envelope(&message, code, now);
    extend(&mut event, subject);
    let description =
        violation.and_then(|violation| settings.rules.get(violation.rule)).and_then(|rule| rule.description.as_deref());
    extend(&mut event, json!({ "verdict": word, "rule": rule, "description": description.map(quote), "images": images }));
    event
}

/// What became of it, and what that rests on.
fn of_image(settings: &Settings, verdict: &Verdict<'_, '_>, image: &JudgedImage<'_, '_>, now: Timestamp) -> Value {
    let violation = image.outcome.violations.first();
    let sentence = violation.map(|violation| Sentence { settings, namespace: verdict.namespace, image, violation });
    json!({
        "container": image.path,
        "image": image.image,
        "digest": image.digest.map(|digest| digest.as_str()),
        "verdict": verdict_word(image.outcome.action),
        "rule": violation.and_then(|violation| settings.rules.get(violation.rule)).map(|rule| &rule.name),
        "code": sentence.as_ref().map(|sentence| sentence.code().text()),
        "why": sentence.map(|sentence| sentence.what(limits::MESSAGE_VULNERABILITIES)),
        "evidence": known(settings, image, PLATFORMS_LISTED, now),
    })
}

fn envelope(message: &str, code: Code, now: Timestamp) -> Value {
    let fault = match code.fault() {
        Fault::Request => "request",
        Fault::Settings => "settings",
        Fault::Evidence => "evidence",
        Fault::Environment => "environment",
        Fault::Rule => "rule",
    };
    json!({
        "level": "warning", "message": message, "event": "gated-deployment", "schemaVersion": SCHEMA_VERSION, "time": now.to_string(),
        "code": code.text(), "fault": fault,
    })
}

fn subject(settings: &Settings, request: &Request<'_>, workload: &Workload) -> Value {
    json!({
        "cluster": settings.cluster,
        "namespace": request.namespace.as_deref().map(quote),
        "kind": quote(&request.kind.kind),
        "name": workload.name.as_deref().or(request.name.as_deref()).map(quote),
        "operation": request.operation(),
        "user": request.user().map(quote),
    })
}

fn used_exemptions(verdict: &Verdict<'_, '_>) -> Vec<usize> {
    let of_findings = verdict.images.iter().flat_map(|image| &image.outcome.set_aside).filter_map(|entry| match entry.by {
        By::Exemption(position) => Some(position),
        By::Vex => None,
    });
    order::set(verdict.images.iter().flat_map(|image| image.outcome.excused_by.iter().copied()).chain(of_findings))
}

fn extend(event: &mut Value, more: Value) {
    if let (Value::Object(event), Value::Object(more)) = (event, more) {
        event.extend(more);
    }
}
