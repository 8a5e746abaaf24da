//! An alert of the gate (docs/alerts.md), as the policy server logs it: JSON text → [`Answer`].

use std::borrow::Cow;

use policy::time::Timestamp;
use serde::Deserialize;

use super::event::{self, Action, Answer, Entry, Log, Named, Origin, Reading, Shape};
use super::record::Span;
use super::{identity, message, owner};

/// The alerts' `event`.
pub(super) const EVENT: &str = "gated-deployment";

/// The alert's fields that the inventory is made of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'l> {
    #[serde(borrow, default)]
    event: Option<Cow<'l, str>>,
    schema_version: u32,
    #[serde(borrow)]
    time: Cow<'l, str>,
    #[serde(borrow)]
    code: Cow<'l, str>,
    #[serde(borrow, default)]
    verdict: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    namespace: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    kind: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    operation: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    user: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    images: Vec<Image<'l>>,
}

#[derive(Deserialize)]
struct Image<'l> {
    #[serde(borrow, default)]
    image: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    verdict: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    rule: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    code: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    why: Option<Cow<'l, str>>,
    #[serde(default)]
    more: u64,
}

/// The answer in an alert that was logged at a time, within the span of a request where that is known.
pub(super) fn read(data: &str, logged: &str, request: Option<&Span<'_>>, is_scan: bool) -> Reading {
    let alert: Alert<'_> = match serde_json::from_str(data) {
        Ok(alert) => alert,
        // Another policy's log has no such members.
        Err(_) if !data.contains(&format!("\"event\":\"{EVENT}\"")) => return Reading::Other,
        Err(error) => return Reading::Malformed(format!("expected an alert: {error}")),
    };
    if alert.event.as_deref() != Some(EVENT) {
        return Reading::Other;
    }
    if alert.schema_version != 1 {
        return Reading::Malformed(format!("expected an alert of schemaVersion 1, found {}", alert.schema_version));
    }
    let Some(time) = Timestamp::parse(&alert.time) else {
        return Reading::Malformed(format!(
            "expected an RFC 3339 instant as the alert's `time`, found `{}`",
            event::text(&alert.time)
        ));
    };
    let verdict = match alert.verdict.as_deref() {
        None => Action::Notice,
        Some(word) => match Action::of(word) {
            Some(verdict) => verdict,
            None => {
                return Reading::Malformed(format!("expected admit, audit or deny as `verdict`, found `{}`", event::text(word)));
            }
        },
    };
    let uid = request.and_then(|request| request.request_uid.as_deref()).unwrap_or_default();
    let identity = identity::of(["server", logged, uid, data]);
    Reading::Answers(vec![answer(&alert, time, verdict, identity, request, is_scan)], None)
}

fn answer(
    alert: &Alert<'_>,
    time: Timestamp,
    verdict: Action,
    identity: u128,
    request: Option<&Span<'_>>,
    is_scan: bool,
) -> Answer {
    // A request that could not be read has no subject of its own: the policy server knows it.
    let or = |own: &Option<Cow<'_, str>>, spans: Option<&Option<Cow<'_, str>>>| {
        let text = own.as_deref().or_else(|| spans.and_then(Option::as_deref));
        event::text(text.unwrap_or_default())
    };
    let name = or(&alert.name, request.map(|request| &request.object));
    let kind = or(&alert.kind, request.map(|request| &request.kind));
    let namespace = or(&alert.namespace, request.map(|request| &request.namespace));
    let mut named = Named::new();
    for (image, entry) in alert.images.iter().filter_map(|image| Some((image, entry(image)?))) {
        named.entry(entry).or_default().extend(message::vulnerabilities(image.why.as_deref().unwrap_or_default()));
    }
    if named.is_empty() {
        let entry = Entry { action: verdict, image: String::new(), rule: String::new(), code: event::text(&alert.code) };
        named.entry(entry).or_default();
    }
    // Scans have no operation. A request that cannot be read has none either: only the span says what it was.
    let origin = if is_scan || (alert.kind.is_some() && alert.operation.is_none()) { Origin::Scan } else { Origin::Admission };
    let workload = owner::owner(alert.user.as_deref().unwrap_or_default(), &kind, &name);
    let shape = Shape { origin, namespace, workload, verdict, entries: named.keys().cloned().collect() };
    let n_unlisted = alert.images.iter().map(|image| image.more).fold(0, u64::saturating_add);
    Answer { shape, time, log: Log::Server, identity, name, vulnerabilities: named, n_unlisted }
}

/// An image that was judged; those of a broken glass were not.
fn entry(image: &Image<'_>) -> Option<Entry> {
    Some(Entry {
        action: Action::of(image.verdict.as_deref()?)?,
        image: event::text(image.image.as_deref()?),
        rule: event::text(image.rule.as_deref().unwrap_or_default()),
        code: event::text(image.code.as_deref()?),
    })
}
