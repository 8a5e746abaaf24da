//! The audit annotations of an answer: flat texts, three of them compact JSON, each within [`limits::ANNOTATION_BYTES`].

use serde_json::{Map, Value, json};

use super::sentence::{Sentence, package};
use super::verdict_word;
use crate::findings::{Finding, Vulnerability};
use crate::limits;
use crate::lookup::{Body, Evidence, Kept, PlatformEvidence, Signature};
use crate::settings::{Settings, Signer, Unit};
use crate::text::quote;
use crate::time::Timestamp;
use crate::verdict::{By, Cause, JudgedImage, SetAside, Verdict, Violation};

/// Vulnerabilities that one violation lists: the first of these with which everything fits.
const LISTED: [usize; 3] = [25, 10, 5];
/// And where nothing fits.
const LEAST_LISTED: usize = 2;

/// Platforms of one index that the evidence lists.
const PLATFORMS_LISTED: usize = 8;

/// `verdict`, `rule` (absent on admit), `violations`, `setAside` and `evidence`.
pub(super) fn of(settings: &Settings, verdict: &Verdict<'_, '_>, now: Timestamp) -> Map<String, Value> {
    let mut annotations = of_nothing(verdict_word(verdict.action()));
    let mut put = |key: &str, text: String| annotations.insert(key.to_owned(), text.into());
    put("violations", violations(settings, verdict));
    let set_aside: Vec<Value> = verdict.images.iter().flat_map(|image| of_set_aside(settings, image)).collect();
    let (text, more) = capped(set_aside.iter().cloned());
    // Nothing sets aside without being named.
    put("setAside", if more == 0 { text } else { capped(each_kind_first(set_aside).into_iter()).0 });
    put("evidence", capped(verdict.images.iter().map(|image| of_evidence(settings, image, PLATFORMS_LISTED, now))).0);
    if let Some(rule) = deciding_rule(settings, verdict) {
        put("rule", rule.to_owned());
    }
    annotations
}

/// The same of an answer that is about no image.
pub(super) fn of_nothing(verdict: &'static str) -> Map<String, Value> {
    let mut annotations = Map::new();
    for (key, text) in [("violations", "[]"), ("setAside", "[]"), ("evidence", "[]"), ("verdict", verdict)] {
        annotations.insert(key.to_owned(), text.into());
    }
    annotations
}

/// The name of the deciding rule; `None` where everything is admitted.
pub(super) fn deciding_rule<'s>(settings: &'s Settings, verdict: &Verdict<'_, '_>) -> Option<&'s str> {
    let violation = verdict.deciding()?.outcome.violations.first()?;
    settings.rules.get(violation.rule).map(|rule| rule.name.as_str())
}

/// In the order of the images; where not everything fits, what decides comes first.
fn violations(settings: &Settings, verdict: &Verdict<'_, '_>) -> String {
    let all: Vec<_> = verdict.images.iter().flat_map(with_image).collect();
    let with = |all: &[(&JudgedImage<'_, '_>, &Violation<'_, '_>)], most| {
        capped(all.iter().map(|(image, violation)| of_violation(settings, verdict, image, violation, most)))
    };
    if let Some((text, _)) = LISTED.into_iter().map(|most| with(&all, most)).find(|(_, more)| *more == 0) {
        return text;
    }
    let deciding = verdict.deciding().and_then(|image| image.outcome.violations.first());
    let is_deciding = |violation| deciding.is_some_and(|deciding| std::ptr::eq(deciding, violation));
    let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, violation)| is_deciding(*violation));
    with(&[first, rest].concat(), LEAST_LISTED).0
}

fn with_image<'v, 'e, 'a>(image: &'v JudgedImage<'e, 'a>) -> Vec<(&'v JudgedImage<'e, 'a>, &'v Violation<'e, 'a>)> {
    image.outcome.violations.iter().map(|violation| (image, violation)).collect()
}

/// The first entry of each exemption and VEX source before the others.
fn each_kind_first(entries: Vec<Value>) -> Vec<Value> {
    let mut seen = Map::new();
    let (first, rest): (Vec<Value>, Vec<Value>) = entries.into_iter().partition(|entry| {
        let kind = ["exemption", "vex", "source"].map(|key| entry.get(key).map(Value::to_string).unwrap_or_default());
        seen.insert(kind.concat(), Value::Null).is_none()
    });
    [first, rest].concat()
}

/// As many elements as fit, then how many more there are; and that number.
fn capped(items: impl Iterator<Item = Value>) -> (String, usize) {
    let mut text = String::from("[");
    let mut more = 0_usize;
    for item in items {
        let item = item.to_string();
        if more > 0 || text.len().saturating_add(item.len()) > limits::ANNOTATION_BYTES.saturating_sub(32) {
            more = more.saturating_add(1);
            continue;
        }
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&item);
    }
    if more > 0 {
        text.push_str(if text.len() > 1 { "," } else { "" });
        text.push_str(&json!({ "more": more }).to_string());
    }
    text.push(']');
    (text, more)
}

fn of_violation(
    settings: &Settings,
    verdict: &Verdict<'_, '_>,
    image: &JudgedImage<'_, '_>,
    violation: &Violation<'_, '_>,
    most: usize,
) -> Value {
    let sentence = Sentence { settings, namespace: verdict.namespace, image, violation };
    let mut value = json!({
        "container": image.path,
        "image": image.image,
        "rule": settings.rules.get(violation.rule).map(|rule| &rule.name),
        "action": violation.action.word(),
        "code": sentence.code().text(),
    });
    if let Some(platform) = violation.platform {
        merge(&mut value, json!({ "platform": quote(platform) }));
    }
    let more = match &violation.cause {
        Cause::Counted { condition, count, limit, unit, selected, .. } => {
            let unit = if *unit == Unit::Findings { "findings" } else { "vulnerabilities" };
            let mut listed: Vec<Value> = selected.iter().take(most).map(|(v, f)| of_vulnerability(settings, v, f)).collect();
            if let Some(more @ 1..) = selected.len().checked_sub(most) {
                listed.push(json!({ "more": more }));
            }
            json!({ "condition": condition, "count": count, "limit": limit, "unit": unit, "vulnerabilities": listed })
        }
        Cause::EndOfLife { condition, .. } | Cause::Incomplete { condition, .. } => {
            json!({ "condition": condition, "why": sentence.what(0) })
        }
        _ => json!({ "why": sentence.what(0) }),
    };
    merge(&mut value, more);
    value
}

pub(super) fn of_vulnerability(settings: &Settings, vulnerability: &Vulnerability<'_>, finding: &Finding<'_>) -> Value {
    let severity = settings.place(vulnerability.severity).unwrap_or(vulnerability.severity);
    let fixed: Vec<String> = finding.fixed.iter().take(3).map(|version| quote(version)).collect();
    let mut value = json!({ "id": quote(&vulnerability.id), "severity": severity.word(), "package": quote(package(&finding.purl)), "fixed": fixed });
    if let Some(installed) = &finding.installed {
        merge(&mut value, json!({ "installed": quote(installed) }));
    }
    value
}

pub(super) fn of_set_aside(settings: &Settings, image: &JudgedImage<'_, '_>) -> Vec<Value> {
    let name = |position: usize| {
        settings
            .exemptions
            .get(position)
            .map(|exemption| json!({ "exemption": exemption.name, "reason": quote(&exemption.reason) }))
    };
    let with_image = |mut value: Value| {
        merge(&mut value, json!({ "image": image.image }));
        value
    };
    let excused = image.outcome.excused_by.iter().filter_map(|position| name(*position));
    let finding = |entry: &SetAside<'_, '_>| {
        let mut value = match entry.by {
            By::Vex => {
                json!({ "vex": entry.finding.vex.map(|vex| vex.word()), "source": entry.finding.vex_source.as_deref().map(quote) })
            }
            By::Exemption(position) => name(position)?,
        };
        merge(&mut value, json!({ "id": quote(&entry.vulnerability.id), "package": quote(package(&entry.finding.purl)) }));
        Some(value)
    };
    excused.chain(image.outcome.set_aside.iter().filter_map(finding)).map(with_image).collect()
}

/// What was known about an image; of an index, about at most so many platforms, the deciding one among them.
pub(super) fn of_evidence(settings: &Settings, image: &JudgedImage<'_, '_>, most: usize, now: Timestamp) -> Value {
    let mut value = json!({ "container": image.path, "image": image.image });
    merge(&mut value, json!({ "digest": image.digest.map(|digest| digest.as_str()) }));
    merge(&mut value, known(settings, image, most, now));
    value
}

/// The same without the image itself.
pub(super) fn known(settings: &Settings, image: &JudgedImage<'_, '_>, most: usize, now: Timestamp) -> Value {
    let mut value = match image.evidence {
        None if image.malformed.is_some() => json!({ "state": "malformed" }),
        None if image.is_skipped => json!({ "state": "controller-pod" }),
        None => json!({ "state": "out-of-scope" }),
        Some(Evidence::Index(platforms)) => of_index(settings, image, platforms, most, now),
        Some(evidence) => of_state(settings, evidence, now),
    };
    if let Some(platform) = image.outcome.platform {
        merge(&mut value, json!({ "platform": quote(platform) }));
    }
    if let Some(totals) = image.outcome.totals {
        merge(
            &mut value,
            json!({ "findings": { "counted": totals.counted, "setAside": totals.set_aside, "belowEveryCondition": totals.below } }),
        );
    }
    if !image.outcome.not_reached.is_empty() {
        let names: Vec<&str> = image
            .outcome
            .not_reached
            .iter()
            .filter_map(|rule| settings.rules.get(*rule))
            .map(|rule| rule.name.as_str())
            .collect();
        merge(&mut value, json!({ "notReached": names }));
    }
    value
}

fn of_index(
    settings: &Settings,
    image: &JudgedImage<'_, '_>,
    platforms: &[PlatformEvidence<'_>],
    most: usize,
    now: Timestamp,
) -> Value {
    let is_named = |name: &str| image.outcome.platform.is_some_and(|deciding| std::ptr::eq(deciding, name));
    let deciding = platforms.iter().position(|platform| is_named(&platform.name)).filter(|position| *position >= most);
    let first = most.saturating_sub(usize::from(deciding.is_some()));
    let listed = platforms.iter().enumerate().filter(|(position, _)| *position < first || Some(*position) == deciding);
    let each = listed.map(|(_, platform)| {
        let mut value = json!({ "platform": quote(&platform.name) });
        merge(&mut value, json!({ "digest": platform.digest.as_ref().map(|digest| digest.as_str()) }));
        merge(&mut value, of_state(settings, &platform.evidence, now));
        value
    });
    let mut listed: Vec<Value> = each.collect();
    if let Some(more @ 1..) = platforms.len().checked_sub(most) {
        listed.push(json!({ "more": more }));
    }
    json!({ "state": "index", "platforms": listed })
}

fn of_state(settings: &Settings, evidence: &Evidence<'_>, now: Timestamp) -> Value {
    match evidence {
        // An index within an index is never looked up.
        Evidence::Index(_) => json!({ "state": "index" }),
        Evidence::Missing => json!({ "state": "missing" }),
        Evidence::Unavailable(why) => json!({ "state": "unavailable", "why": why }),
        Evidence::Unreadable(why) => json!({ "state": "unreadable", "why": why }),
        Evidence::Untrusted { why, .. } => json!({ "state": "untrusted", "why": why }),
        Evidence::NotGranted(why) => json!({ "state": "not-granted", "why": why }),
        Evidence::Scanned(scan) => {
            let (source, path) = match (scan.kept, &scan.body) {
                (Kept::Registry, Body::Summary(_)) => ("registry", "summary"),
                (Kept::Registry, Body::Findings { .. }) => ("registry", "document"),
                (Kept::SbomScanner, _) => ("sbomScanner", "report"),
                (Kept::TrivyOperator, _) => ("trivyOperator", "report"),
            };
            let report = (scan.kept != Kept::Registry).then(|| quote(&scan.source));
            json!({
                "state": "scanned",
                "source": source,
                "report": report,
                "artifact": scan.artifact.as_deref().map(quote),
                "scanner": quote(&format!("{} {}", scan.scanner.0, scan.scanner.1.as_deref().unwrap_or_default())).trim_end(),
                "scannedAt": scan.scanned_at.map(|scanned_at| scanned_at.to_string()),
                "ageSeconds": scan.scanned_at.map(|scanned_at| now.seconds_since(scanned_at)),
                "signer": signer(settings, &scan.signature),
                "path": path,
            })
        }
    }
}

fn signer(settings: &Settings, signature: &Signature) -> String {
    match signature {
        Signature::NotAskedFor => "unsigned".to_owned(),
        Signature::ApiServer => "API server".to_owned(),
        Signature::Untrusted(_) => "untrusted".to_owned(),
        Signature::By(position) => {
            let signer = settings.trust.as_ref().and_then(|trust| trust.get(*position));
            quote(&signer.map(Signer::describe).unwrap_or_default())
        }
    }
}

pub(super) fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more.into_iter().filter(|(_, member)| !member.is_null()));
    }
}
