//! One admission request from start to end. Always answers: every failure becomes a response with a code.

use std::fmt::Display;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::break_glass::{self, Claim};
use crate::diagnostic::Code;
use crate::evaluate::scope::{self, Facts};
use crate::evaluate::{self, Case, trace};
use crate::image::{Digest, Reference, ReferenceError};
use crate::lookup::budget::Budgeted;
use crate::lookup::buffers::Buffers;
use crate::lookup::host::{self, Host};
use crate::lookup::{Evidence, Inquiry, Lookup, Scan, Wants, namespace};
use crate::pin::{self, Pinnable};
use crate::place;
use crate::render::{self, alert};
use crate::request::Request;
use crate::restart::Restarts;
use crate::settings::{Action, ControllerPods, Settings, advice};
use crate::text::quote;
use crate::time::Timestamp;
use crate::unchanged;
use crate::verdict::{JudgedImage, Outcome, Verdict};
use crate::workload::{self, Shape, Workload, WorkloadError, WorkloadImage};

/// The payload of `validate`.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    request: Request<'a>,
    #[serde(borrow, default)]
    settings: Option<&'a RawValue>,
}

/// Why a request is refused before it is judged.
struct Refusal(Code, String);

/// Answers `validate`: the payload is `{"request":…,"settings":…}`, the answer a Kubewarden validation response, both JSON.
pub fn validate(payload: &[u8], now: Timestamp, host: &dyn Host) -> Vec<u8> {
    answer(payload, now, host, |_, _, _| ())
}

/// What [`validate`] answers, and for each image the way to it, as [`render::trace`] has it; no images where nothing was judged.
pub fn explain(payload: &[u8], now: Timestamp, host: &dyn Host) -> (Vec<u8>, Vec<Value>) {
    let mut images = Vec::new();
    let answer = answer(payload, now, host, |settings, verdict, found| {
        for (found, image) in found.iter().zip(&verdict.images) {
            let trace = trace::trace(&found.case, found.facts, found.evidence.as_deref(), now);
            let trace = if image.is_skipped { trace.skipped() } else { trace };
            images.push(render::trace::of_image(settings, verdict, image, &trace, now));
        }
    });
    (answer, images)
}

fn answer(
    payload: &[u8],
    now: Timestamp,
    host: &dyn Host,
    watch: impl FnOnce(&Settings, &Verdict<'_, '_>, &[Found<'_, '_>]),
) -> Vec<u8> {
    review(payload, now, host, watch).unwrap_or_else(|Refusal(code, why)| {
        host::log(host, &alert::refused(code, &why, now));
        render::refused(code, &why)
    })
}

/// Answers `validate_settings`: the payload is the settings document, the answer `{"valid":…,"message":…}`. The message has the problems, a line
/// each, or for valid settings what an operator should look at. Makes no host call.
pub fn validate_settings(payload: &[u8], now: Timestamp) -> Vec<u8> {
    let settings = std::str::from_utf8(payload).ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match settings.as_ref().map(Settings::read) {
        Some(Ok(settings)) => render::settings(true, &join(&advice::advise(&settings, now))),
        Some(Err(problems)) => render::settings(false, &join(&problems)),
        None => render::settings(false, "settings: expected JSON"),
    }
}

fn review(
    payload: &[u8],
    now: Timestamp,
    host: &dyn Host,
    watch: impl FnOnce(&Settings, &Verdict<'_, '_>, &[Found<'_, '_>]),
) -> Result<Vec<u8>, Refusal> {
    // One JSON reader, that of text: the one of bytes would be the same code a second time.
    let payload = std::str::from_utf8(payload).map_err(|_| Refusal(Code::RequestInvalid, "expected UTF-8".to_owned()))?;
    let Payload { request, settings } =
        serde_json::from_str(payload).map_err(|error| Refusal(Code::RequestInvalid, quote(&place::name(payload, &error))))?;
    let Some(shape) = workload::shape(&request) else { return Ok(render::not_judged()) };
    let settings = read_settings(settings)?;
    let object =
        request.object.ok_or_else(|| Refusal(Code::WorkloadInvalid, "`object`: expected an object, found none".to_owned()))?;
    let workload = Workload::read(object, shape).map_err(refuse_workload)?;
    if let Some(answer) = break_glass(&settings, &request, &workload, shape, now, host) {
        return Ok(answer);
    }
    if unchanged::is_unchanged(&settings, &request, &workload, shape) {
        return Ok(render::not_judged());
    }
    let buffers = Buffers::default();
    let host = &Budgeted { host, budget: settings.findings.lookup_budget };
    let (sources, trust) = (&settings.findings, settings.trust.as_deref());
    let namespace = request.namespace.as_deref();
    let mut lookup = Lookup::new(Inquiry { host, buffers: &buffers, now, sources, trust, namespace });
    let references: Vec<_> = workload.images.iter().map(|image| Reference::parse(&image.image)).collect();
    let facts_of = |(image, reference)| facts(&settings, &request, &workload, image, reference);
    let mut facts: Vec<Facts<'_>> = workload.images.iter().zip(&references).map(facts_of).collect();
    let is_needed = facts.iter().any(|facts| scope::needs_namespace_labels(facts, now));
    let labels = is_needed.then(|| namespace::labels(host, request.namespace.as_deref()));
    for facts in &mut facts {
        facts.namespace_labels = labels.as_ref().and_then(|labels| labels.as_ref().ok());
        facts.namespace_is_refused = matches!(&labels, Some(Err(fault)) if fault.is_not_granted);
    }
    let restarts = Restarts::of(settings.controller_pods, &request, shape);
    let mut found = Vec::with_capacity(facts.len());
    for facts in &facts {
        found.push(look_up(Case::new(&settings, facts, now), facts, restarts, &mut lookup, now));
    }
    for found in &mut found {
        let settled = found.facts.reference.ok().and_then(|reference| lookup.settled(reference));
        found.evidence = found.evidence.take().map(|evidence| settled.unwrap_or(evidence));
    }
    let namespace = labels.as_ref().and_then(|labels| labels.as_ref().err());
    let verdict = Verdict { images: found.iter().map(|found| judge(found, now)).collect(), namespace };
    watch(&settings, &verdict, &found);
    for event in alert::events(&settings, &request, &workload, &verdict, now) {
        host::log(host, &event);
    }
    let pinnable: Vec<Pinnable<'_>> = found.iter().map(Found::pinnable).collect();
    let pinned = (verdict.action() != Some(Action::Deny)).then(|| pin::pin(settings.pin_digests, &request, shape, &pinnable));
    Ok(render::answer(&settings, &verdict, pinned.flatten(), now))
}

/// The answer to whoever claims to break the glass; `None`: nobody does.
fn break_glass(
    settings: &Settings,
    request: &Request<'_>,
    workload: &Workload,
    shape: Shape,
    now: Timestamp,
    host: &dyn Host,
) -> Option<Vec<u8>> {
    let claim = break_glass::claim(settings.break_glass.as_ref()?, request, workload, shape);
    if let Some(event) = alert::glass(settings, request, workload, &claim, now) {
        host::log(host, &event);
    }
    match claim {
        Claim::None => None,
        Claim::Granted(reason) => Some(render::broke_glass(&reason)),
        Claim::Refused(why) => Some(render::refused(Code::BreakGlassRefused, &why)),
    }
}

/// What scopes are held against, before anybody asked for the labels of the namespace.
fn facts<'e>(
    settings: &'e Settings,
    request: &'e Request<'e>,
    workload: &'e Workload,
    image: &'e WorkloadImage,
    reference: &'e Result<Reference, ReferenceError>,
) -> Facts<'e> {
    let reference = reference.as_ref();
    Facts { settings, request, workload, image, reference, namespace_labels: None, namespace_is_refused: false }
}

/// An image with what is known about it.
struct Found<'e, 'a> {
    case: Case<'e>,
    facts: &'e Facts<'e>,
    /// A controller creates it from a digest, and the settings say what becomes of such pods.
    restart: ControllerPods,
    digest: Option<Digest>,
    evidence: Option<Rc<Evidence<'a>>>,
}

impl Found<'_, '_> {
    fn pinnable(&self) -> Pinnable<'_> {
        Pinnable { image: self.facts.image, reference: self.facts.reference.ok(), digest: self.digest.as_ref() }
    }
}

/// An image that no rule is about costs no host call.
fn look_up<'e, 'a>(
    case: Case<'e>,
    facts: &'e Facts<'e>,
    restarts: Restarts,
    lookup: &mut Lookup<'a>,
    now: Timestamp,
) -> Found<'e, 'a> {
    let restart = restarts.of_image(facts.reference.ok());
    let (digest, evidence) = match facts.reference {
        Ok(reference) if case.needs_evidence() && restart != ControllerPods::Skip => {
            let document = |scan: &Scan<'a>| evaluate::document_matters(&case, scan, now);
            let wants = Wants { document: &document, untrusted: case.uses_untrusted() };
            let (digest, evidence) = lookup.find(reference, &wants);
            (digest, Some(evidence))
        }
        _ => (None, None),
    };
    Found { case, facts, restart, digest, evidence }
}

fn judge<'e, 'a>(found: &'e Found<'_, 'a>, now: Timestamp) -> JudgedImage<'e, 'a> {
    let (image, outcome) = match (found.facts.reference, &found.evidence) {
        (Ok(reference), Some(evidence)) => (reference.to_string(), evaluate::evaluate(&found.case, evidence, now)),
        (Ok(reference), None) if found.restart == ControllerPods::Skip => (reference.to_string(), Outcome::default()),
        (Ok(reference), None) => (reference.to_string(), evaluate::evaluate_without_evidence(&found.case)),
        (Err(_), _) => (quote(&found.facts.image.image), evaluate::evaluate_malformed(&found.case)),
    };
    let outcome = if found.restart == ControllerPods::Audit { outcome.audited() } else { outcome };
    JudgedImage {
        path: &found.facts.image.path,
        image,
        malformed: found.facts.reference.err(),
        digest: found.digest.as_ref(),
        is_skipped: found.restart == ControllerPods::Skip,
        evidence: found.evidence.as_deref(),
        outcome,
    }
}

fn read_settings(settings: Option<&RawValue>) -> Result<Settings, Refusal> {
    let text = settings.map_or("{}", RawValue::get);
    let value: Value = serde_json::from_str(text).map_err(|error| refuse(Code::SettingsInvalid, &error))?;
    Settings::read(&value).map_err(|problems| Refusal(Code::SettingsInvalid, join(&problems)))
}

fn refuse(code: Code, error: &serde_json::Error) -> Refusal {
    Refusal(code, quote(&error.to_string()))
}

fn refuse_workload(error: WorkloadError) -> Refusal {
    match error {
        WorkloadError::Invalid(why) => Refusal(Code::WorkloadInvalid, quote(&why)),
        WorkloadError::TooLarge(images) => {
            Refusal(Code::WorkloadTooLarge, format!("expected at most {} images, found {images}", crate::limits::WORKLOAD_IMAGES))
        }
    }
}

fn join(problems: &[impl Display]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
