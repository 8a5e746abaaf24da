//! A line of the policy server's log → the alert in it.
//!
//! Source: policy-server's logging of what a policy says: an event of target `policy_log`, its `message` beside one field `data`, which is a JSON
//! text of all other members (docs/alerts.md); written by tracing-subscriber as JSON or as text, with the spans of the request around it.

use std::borrow::Cow;
use std::fmt;

use policy::time::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::event::{self, Action, Answer, Around, Entry, Log, Origin, Reading, Shape};
use super::{identity, message, owner};

/// The alerts' `event`.
const EVENT: &str = "gated-deployment";
/// How a record begins that tracing wrote as JSON.
pub(super) const RECORD: &str = "{\"timestamp\":\"";
/// The target of what policies log.
const TARGET: &str = "policy_log";
/// What the policy server logs of a policy in `monitor` mode.
const MONITOR: &str = "policy evaluation (monitor mode)";
/// In a line of text, places that may be the beginning of the field `data`: foreign text in the message can look like it.
const TRIES: usize = 16;

/// A line as tracing's JSON format has it.
#[derive(Deserialize)]
struct Record<'l> {
    #[serde(borrow)]
    timestamp: Cow<'l, str>,
    #[serde(borrow)]
    fields: Fields<'l>,
    #[serde(borrow)]
    target: Cow<'l, str>,
    #[serde(borrow, default)]
    spans: Vec<Span<'l>>,
}

#[derive(Deserialize)]
struct Fields<'l> {
    #[serde(borrow, default)]
    message: Cow<'l, str>,
    #[serde(borrow, default)]
    data: Option<Cow<'l, str>>,
}

/// A span: its fields, then its own name. The span of a request has a field `name` too, so that the key is there twice.
#[derive(Debug, Default)]
struct Span<'l> {
    name: Cow<'l, str>,
    object: Option<Cow<'l, str>>,
    kind: Option<Cow<'l, str>>,
    namespace: Option<Cow<'l, str>>,
    request_uid: Option<Cow<'l, str>>,
}

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

/// Whether a line can be one of the policy server's that matters here.
pub(super) fn is_candidate(line: &str) -> bool {
    (line.contains(TARGET) && line.contains(EVENT)) || line.contains(MONITOR)
}

/// Reads a line, whatever was written before the record; `json` is what begins with its first brace.
pub(super) fn read(line: &str, json: &str) -> Reading {
    // In text the first brace is that of a span.
    if json.starts_with("{\"") {
        return match serde_json::from_str::<Record<'_>>(json.trim_end()) {
            Ok(record) => of_record(&record),
            Err(error) => Reading::Malformed(format!("expected a log record of the policy server: {error}")),
        };
    }
    of_text(line)
}

fn of_record(record: &Record<'_>) -> Reading {
    if record.fields.message == MONITOR {
        return Reading::Around(Around::Monitored);
    }
    let Some(data) = record.fields.data.as_deref().filter(|_| record.target == TARGET) else { return Reading::Other };
    let is_scan = record.spans.iter().any(|span| span.name == "audit");
    let request = record.spans.iter().find(|span| span.request_uid.is_some());
    of_data(data, &record.timestamp, request, is_scan)
}

/// `TIME LEVEL SPANS: policy_log: MESSAGE data=JSON`, the field last and unquoted.
fn of_text(line: &str) -> Reading {
    if line.contains(MONITOR) && !line.contains(&format!("{TARGET}: ")) {
        return Reading::Around(Around::Monitored);
    }
    let Some((spans, rest)) = line.split_once(&format!(": {TARGET}: ")) else { return Reading::Other };
    let head = spans.split(" WARN ").next().unwrap_or_default().trim_end();
    let time = head.rsplit(' ').next().unwrap_or_default();
    let is_scan = spans.split_once(" WARN ").is_some_and(|(_, spans)| spans.trim_start().starts_with("audit{"));
    let mut why = "no field `data`".to_owned();
    for (at, _) in rest.match_indices(" data={").take(TRIES) {
        let data = rest.get(at..).and_then(|rest| rest.strip_prefix(" data=")).unwrap_or_default().trim_end();
        match serde_json::from_str::<IgnoredAny>(data) {
            Ok(_) => return of_data(data, time, None, is_scan),
            Err(error) => why = error.to_string(),
        }
    }
    Reading::Malformed(format!("expected the field `data` of an alert at the end of the line: {why}"))
}

fn of_data(data: &str, logged: &str, request: Option<&Span<'_>>, is_scan: bool) -> Reading {
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
    let mut entries: Vec<Entry> = alert.images.iter().filter_map(entry).collect();
    if entries.is_empty() {
        entries.push(Entry { action: verdict, image: String::new(), rule: String::new(), code: event::text(&alert.code) });
    }
    entries.sort();
    entries.dedup();
    // Scans have no operation. A request that cannot be read has none either: only the span says what it was.
    let origin = if is_scan || (alert.kind.is_some() && alert.operation.is_none()) { Origin::Scan } else { Origin::Admission };
    let workload = owner::owner(alert.user.as_deref().unwrap_or_default(), &kind, &name);
    let vulnerabilities =
        alert.images.iter().flat_map(|image| message::vulnerabilities(image.why.as_deref().unwrap_or_default())).collect();
    let shape = Shape { origin, namespace, workload, verdict, entries };
    let n_unlisted = alert.images.iter().map(|image| image.more).fold(0, u64::saturating_add);
    Answer { shape, time, log: Log::Server, identity, name, vulnerabilities, n_unlisted }
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

impl<'de: 'l, 'l> Deserialize<'de> for Span<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Span<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Span<'de>, A::Error> {
                let mut span = Span::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match key.as_ref() {
                        "name" => {
                            let before = std::mem::replace(&mut span.name, map.next_value::<Text<'de>>()?.0);
                            span.object = (!before.is_empty()).then_some(before);
                        }
                        "kind" => span.kind = Some(map.next_value::<Text<'de>>()?.0),
                        "namespace" => span.namespace = Some(map.next_value::<Text<'de>>()?.0),
                        "request_uid" => span.request_uid = Some(map.next_value::<Text<'de>>()?.0),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(span)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A text that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);
