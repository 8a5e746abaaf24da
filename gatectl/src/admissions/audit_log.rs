//! An event of the API server's audit log → the answers of the gate in it.
//!
//! Source: Kubernetes `audit.k8s.io/v1` `Event`. The audit annotations of a webhook stand under `WEBHOOK/KEY`, whoever is denied gets
//! `admission webhook "WEBHOOK" denied the request: MESSAGE`, and what was let through without an answer is under
//! `failed-open.*.webhook.admission.k8s.io/`. Kubewarden calls its webhooks `POLICY.kubewarden.admission`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use policy::time::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::annotations::{self, Annotated};
use super::event::{self, Action, Answer, Around, Log, Named, Origin, Reading, Shape};
use super::{identity, message, owner};

/// What every event of an audit log has.
const GROUP: &str = "audit.k8s.io/";
/// How the names of Kubewarden's webhooks end.
const WEBHOOK: &str = ".kubewarden.admission";
/// What the policy server answers where a policy took too long, and where it broke off.
const INTERRUPTED: [&str; 2] = ["execution deadline exceeded", "Policy execution interrupted because it exceeded"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'l> {
    #[serde(borrow)]
    api_version: Cow<'l, str>,
    #[serde(borrow, default)]
    kind: Cow<'l, str>,
    #[serde(borrow, rename = "auditID", default)]
    audit_id: Cow<'l, str>,
    #[serde(borrow, default)]
    stage: Cow<'l, str>,
    #[serde(borrow, default)]
    user: User<'l>,
    #[serde(borrow, default)]
    impersonated_user: Option<User<'l>>,
    #[serde(borrow, default)]
    object_ref: Option<ObjectRef<'l>>,
    #[serde(borrow, default)]
    response_status: Option<Status<'l>>,
    /// Whatever the client sent: nothing in it makes the event unreadable.
    #[serde(borrow, default)]
    request_object: Option<&'l RawValue>,
    #[serde(borrow, default)]
    request_received_timestamp: Cow<'l, str>,
    #[serde(borrow, default)]
    annotations: BTreeMap<Cow<'l, str>, Cow<'l, str>>,
}

#[derive(Default, Deserialize)]
struct User<'l> {
    #[serde(borrow, default)]
    username: Cow<'l, str>,
}

#[derive(Deserialize)]
struct ObjectRef<'l> {
    #[serde(borrow, default)]
    resource: Cow<'l, str>,
    #[serde(borrow, default)]
    namespace: Cow<'l, str>,
    #[serde(borrow, default)]
    name: Cow<'l, str>,
}

#[derive(Deserialize)]
struct Status<'l> {
    #[serde(borrow, default)]
    message: Cow<'l, str>,
    #[serde(default)]
    code: i64,
    #[serde(borrow, default)]
    details: Option<Details<'l>>,
}

#[derive(Deserialize)]
struct Details<'l> {
    #[serde(borrow, default)]
    causes: Vec<Cause<'l>>,
}

#[derive(Deserialize)]
struct Cause<'l> {
    #[serde(borrow, default)]
    message: Cow<'l, str>,
}

/// What was asked for, or a `DeleteOptions` and the like without metadata.
#[derive(Deserialize)]
struct Object<'l> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'l>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'l> {
    #[serde(borrow, default)]
    name: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    generate_name: Option<Cow<'l, str>>,
}

/// What tells a list of events from an event that has such a text somewhere in it.
#[derive(Deserialize)]
struct Head<'l> {
    #[serde(borrow, default)]
    kind: Cow<'l, str>,
}

/// What audit backends that send events in batches write. Each event is read by itself, so that a broken one hides no other.
#[derive(Deserialize)]
struct List<'l> {
    #[serde(borrow)]
    items: Vec<&'l RawValue>,
}

/// Whether a line's JSON can be of an audit log.
pub(super) fn is_candidate(json: &str) -> bool {
    json.contains(GROUP)
}

/// Reads a line's JSON; the readings of a list's events one by one.
pub(super) fn read(json: &str) -> Vec<Reading> {
    let json = json.trim_end();
    if json.contains("\"EventList\"") && serde_json::from_str::<Head<'_>>(json).is_ok_and(|head| head.kind == "EventList") {
        return match serde_json::from_str::<List<'_>>(json) {
            Ok(list) => list.items.iter().map(|item| one(item.get())).collect(),
            Err(error) => vec![Reading::Malformed(format!("expected a list of events of an audit log: {error}"))],
        };
    }
    vec![one(json)]
}

fn one(json: &str) -> Reading {
    match serde_json::from_str::<Event<'_>>(json) {
        Ok(event) => of_event(&event),
        // The group is named in many other lines.
        Err(_) if serde_json::from_str::<IgnoredAny>(json).is_ok() && !json.contains("\"auditID\"") => Reading::Other,
        Err(error) => Reading::Malformed(format!("expected an event of an audit log: {error}")),
    }
}

fn of_event(event: &Event<'_>) -> Reading {
    // The same request has an event at its beginning, without an answer.
    if !event.api_version.starts_with(GROUP) || event.kind != "Event" || event.stage != "ResponseComplete" {
        return Reading::Other;
    }
    let status = event.response_status.as_ref();
    let annotated = match annotations::read(&event.annotations) {
        Ok(annotated) => annotated,
        Err(why) => return Reading::Malformed(why),
    };
    let refused = status.filter(|status| status.code >= 400);
    let denied = refused.and_then(denial);
    let around = around(event, refused, denied.is_some());
    let Some(time) = Timestamp::parse(&event.request_received_timestamp) else {
        let found = event::text(&event.request_received_timestamp);
        return Reading::Malformed(format!("expected an RFC 3339 instant as `requestReceivedTimestamp`, found `{found}`"));
    };
    let mut answers: Vec<Answer> = Vec::new();
    // What was not judged, such as an update that changes nothing, is admitted without a word about any image.
    for (webhook, mut annotated) in annotated.into_iter().filter(|(_, annotated)| !annotated.is_silent()) {
        // A refusal of the whole request is in no annotation.
        if let (true, Some(named)) = (annotated.is_bare(), &denied) {
            annotated.named.clone_from(named);
        }
        answers.push(answer(event, time, webhook, annotated));
    }
    // The members of a policy group leave no annotations.
    if let (true, Some(named)) = (answers.is_empty(), denied) {
        let annotated = Annotated { verdict: Action::Deny, named, n_unlisted: 0 };
        answers.push(answer(event, time, "", annotated));
    }
    match (answers.is_empty(), around) {
        (true, None) => Reading::Other,
        (true, Some(around)) => Reading::Around(around),
        (false, around) => {
            let is_denied = answers.iter().any(|answer| answer.shape.verdict == Action::Deny);
            let monitored = (is_denied && refused.is_none()).then_some(Around::Monitored);
            Reading::Answers(answers, around.or(monitored))
        }
    }
}

/// What the gate denied the request for, where it is the gate that did: in its words, or beside the operator's own ones among the causes.
fn denial(status: &Status<'_>) -> Option<Named> {
    let own =
        status.message.split_once("\" denied the request: ").filter(|(before, _)| before.starts_with("admission webhook \""));
    let causes = status.details.iter().flat_map(|details| &details.causes).map(|cause| cause.message.as_ref());
    let texts = own.map(|(_, message)| message).into_iter().chain(causes);
    let mut all = Named::new();
    for (entry, ids) in texts.filter_map(message::denial).flatten() {
        all.entry(entry).or_default().extend(ids);
    }
    (!all.is_empty()).then_some(all)
}

fn around(event: &Event<'_>, refused: Option<&Status<'_>>, is_denial: bool) -> Option<Around> {
    let is_open = |(key, webhook): (&Cow<'_, str>, &Cow<'_, str>)| key.starts_with("failed-open.") && webhook.ends_with(WEBHOOK);
    if event.annotations.iter().any(is_open) {
        return Some(Around::FailedOpen);
    }
    let message = refused.filter(|_| !is_denial).map(|status| status.message.as_ref())?;
    let names_webhook = message.contains(&format!("{WEBHOOK}\""));
    if names_webhook && message.contains("failed calling webhook \"") {
        return Some(Around::Unreached);
    }
    let is_stopped =
        INTERRUPTED.iter().any(|text| message.contains(text)) || message.contains("internal server error: Guest call failure");
    (names_webhook && is_stopped).then_some(Around::Interrupted)
}

fn answer(event: &Event<'_>, time: Timestamp, webhook: &str, annotated: Annotated) -> Answer {
    let object = event.object_ref.as_ref();
    let sent = event.request_object.and_then(|object| serde_json::from_str::<Object<'_>>(object.get()).ok());
    let metadata = sent.as_ref().and_then(|object| object.metadata.as_ref());
    let given = metadata.and_then(|metadata| metadata.name.as_deref().or(metadata.generate_name.as_deref()));
    let name = object.map(|object| object.name.as_ref()).filter(|name| !name.is_empty()).or(given).unwrap_or_default();
    let kind = kind(object.map(|object| object.resource.as_ref()).unwrap_or_default());
    // The gate is told who is impersonated.
    let user = &event.impersonated_user.as_ref().unwrap_or(&event.user).username;
    let namespace = event::text(object.map(|object| object.namespace.as_ref()).unwrap_or_default());
    let Annotated { verdict, mut named, n_unlisted } = annotated;
    if named.is_empty() {
        let entry = event::Entry { action: verdict, image: String::new(), rule: String::new(), code: String::new() };
        named.entry(entry).or_default();
    }
    let workload = owner::owner(user, kind, name);
    let shape = Shape { origin: Origin::Admission, namespace, workload, verdict, entries: named.keys().cloned().collect() };
    let identity = identity::of(["audit", &event.audit_id, &event.request_received_timestamp, webhook]);
    Answer { shape, time, log: Log::Audit, identity, name: event::text(name), vulnerabilities: named, n_unlisted }
}

/// The kind of a resource, of those that the gate judges; the resource itself of others.
fn kind(resource: &str) -> &str {
    let is_plural = |kind: &str| resource.strip_suffix('s').is_some_and(|one| one.eq_ignore_ascii_case(kind));
    policy::workload::KINDS.into_iter().map(|(_, kind, _)| kind).find(|kind| is_plural(kind)).unwrap_or(resource)
}
