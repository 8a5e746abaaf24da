//! The way to a verdict → data for `gatectl check --explain`. The guest never asks for it.

use serde_json::{Value, json};

use super::annotations::{merge, of_evidence, of_set_aside, of_vulnerability};
use super::sentence::Sentence;
use super::verdict_word;
use crate::evaluate::trace::{Part, Platform, Seen, Step, Trace};
use crate::findings::{Finding, Vulnerability};
use crate::settings::{Action, Condition, Rule, Settings, Unit};
use crate::text::quote;
use crate::time::Timestamp;
use crate::verdict::{Cause, JudgedImage, Verdict, Violation};

/// One image: `container`, `image`, `verdict`, `evidence`, `rules`, `platforms` with their `steps`, and `setAside`. Nothing is cut.
pub fn of_image(
    settings: &Settings,
    verdict: &Verdict<'_, '_>,
    image: &JudgedImage<'_, '_>,
    trace: &Trace<'_, '_>,
    now: Timestamp,
) -> Value {
    let rules: Vec<Value> = settings
        .rules
        .iter()
        .zip(&trace.rules)
        .map(|(rule, part)| {
            let mut value = json!({ "rule": rule.name, "action": rule.action.word() });
            merge(&mut value, of_part(settings, rule, *part));
            value
        })
        .collect();
    let platforms: Vec<Value> = trace.platforms.iter().map(|platform| of_platform(settings, verdict, image, platform)).collect();
    json!({
        "container": image.path,
        "image": image.image,
        "verdict": verdict_word(image.outcome.action),
        "evidence": of_evidence(settings, image, usize::MAX, now),
        "rules": rules,
        "platforms": platforms,
        "setAside": of_set_aside(settings, image),
    })
}

fn of_part(settings: &Settings, rule: &Rule, part: Part) -> Value {
    match part {
        Part::Judged => json!({ "part": "judged" }),
        Part::Disabled => json!({ "part": "disabled" }),
        Part::Undecided => json!({ "part": "scope-unknown" }),
        Part::Skipped => json!({ "part": "controller-pod" }),
        Part::OutOfScope(entry) => {
            json!({ "part": "out-of-scope", "entry": entry, "why": rule.scope.get(entry).map(super::describe_entry) })
        }
        Part::Excused(exemption) => {
            json!({ "part": "excused", "exemption": settings.exemptions.get(exemption).map(|exemption| &exemption.name) })
        }
    }
}

fn of_platform(
    settings: &Settings,
    verdict: &Verdict<'_, '_>,
    image: &JudgedImage<'_, '_>,
    platform: &Platform<'_, '_>,
) -> Value {
    let steps: Vec<Value> = platform
        .steps
        .iter()
        .map(|step| {
            let mut value = of_step(settings, verdict, image, step);
            if decides(image, platform, step) {
                merge(&mut value, json!({ "decides": true }));
            }
            value
        })
        .collect();
    let mut value = json!({ "steps": steps });
    merge(&mut value, json!({ "platform": platform.name.map(quote) }));
    value
}

/// Whether it is the step of the image's first violation.
fn decides(image: &JudgedImage<'_, '_>, platform: &Platform<'_, '_>, step: &Step<'_, '_>) -> bool {
    let Some(violation) = image.outcome.violations.first() else { return false };
    let is_of_kind = match &step.seen {
        Seen::Wanting(answered) => std::mem::discriminant(&answered.cause) == std::mem::discriminant(&violation.cause),
        Seen::Held { is_fulfilled, is_reached, .. } => {
            *is_fulfilled && *is_reached && matches!(violation.cause, Cause::Counted { .. } | Cause::EndOfLife { .. })
        }
        Seen::Bounded { .. } => false,
    };
    is_of_kind
        && violation.rule == step.rule
        && violation.cause.condition() == step.condition
        && violation.platform == platform.name
}

fn of_step(settings: &Settings, verdict: &Verdict<'_, '_>, image: &JudgedImage<'_, '_>, step: &Step<'_, '_>) -> Value {
    let rule = settings.rules.get(step.rule);
    let condition = step.condition.and_then(|position| rule?.conditions.get(position));
    let mut value = json!({ "rule": rule.map(|rule| &rule.name) });
    merge(&mut value, json!({ "condition": step.condition, "text": condition.map(super::describe) }));
    let limits = match condition {
        Some(Condition::Count(count)) => {
            let unit = if count.unit == Unit::Findings { "findings" } else { "vulnerabilities" };
            json!({ "limit": count.more_than, "unit": unit })
        }
        _ => json!({}),
    };
    let seen = match &step.seen {
        Seen::Wanting(answered) => {
            let violation = Violation { rule: step.rule, action: Action::Deny, cause: answered.cause.clone(), platform: None };
            let sentence = Sentence { settings, namespace: verdict.namespace, image, violation: &violation };
            json!({ "state": "wanting", "code": sentence.code().text(), "why": sentence.why(0), "answer": answered.word() })
        }
        Seen::Held { rank, count, selected, is_fulfilled, is_reached } => {
            let state = match (is_reached, is_fulfilled) {
                (false, _) => "not-reached",
                (true, true) => "fulfilled",
                (true, false) => "not-fulfilled",
            };
            let rank = rank.map(|rank| rank.map_or("unknown", |severity| severity.word()));
            let answer = (state == "fulfilled").then(|| rule.map(|rule| rule.action.word())).flatten();
            let vulnerabilities: Vec<Value> =
                selected.iter().map(|(vulnerability, finding)| with_finding(settings, vulnerability, finding)).collect();
            json!({ "state": state, "rank": rank, "count": count, "answer": answer, "vulnerabilities": vulnerabilities })
        }
        Seen::Bounded { at_most } => json!({ "state": "not-fulfilled", "atMost": at_most }),
    };
    merge(&mut value, seen);
    merge(&mut value, limits);
    value
}

/// A vulnerability with what tells its first selected finding from others: the whole package URL, and whether a fix is known.
fn with_finding(settings: &Settings, vulnerability: &Vulnerability<'_>, finding: &Finding<'_>) -> Value {
    let mut value = of_vulnerability(settings, vulnerability, finding);
    merge(&mut value, json!({ "purl": quote(&finding.purl), "fixable": finding.is_fixable() }));
    value
}
