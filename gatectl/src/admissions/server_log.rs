//! A line of the policy server's log → the alert in it.
//!
//! Source: policy-server's logging of what a policy says: an event of target `policy_log`, its `message` beside one field `data`, which is a JSON
//! text of all other members (docs/alerts.md); written by tracing-subscriber as JSON or as text, with the spans of the request around it.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::alert;
use super::event::{Around, Reading};
use super::record::{Record, Span};
use super::wrapping;

/// The first member of a record that tracing wrote as JSON.
const FIRST: &str = "\"timestamp\"";
/// The target of what policies log.
const TARGET: &str = "policy_log";
/// What the policy server logs of a policy in `monitor` mode.
const MONITOR: &str = "policy evaluation (monitor mode)";
/// In a line of text, places that may be the beginning of the field `data`: foreign text in the message can look like it.
const TRIES: usize = 16;

/// Whether a line can be one of the policy server's that matters here.
pub(super) fn is_candidate(line: &str) -> bool {
    (line.contains(TARGET) && line.contains(alert::EVENT)) || line.contains(MONITOR)
}

/// Whether a text begins as a record that tracing wrote as JSON.
pub(super) fn is_record(json: &str) -> bool {
    json.strip_prefix('{').is_some_and(|members| members.trim_start().starts_with(FIRST))
}

/// Where what policies log begins in a line of text.
pub(super) fn is_text(line: &str) -> bool {
    line.contains(&format!(": {TARGET}: "))
}

/// Whether an alert is named in a line, however often it was escaped.
fn is_alert(line: &str) -> bool {
    let plain: String = line.chars().filter(|letter| *letter != '\\' && !letter.is_whitespace()).collect();
    line.contains(TARGET) && plain.contains(&format!("\"event\":\"{}\"", alert::EVENT))
}

/// Reads a line, whatever was written before the record; `json` is what begins with its first brace.
pub(super) fn read(line: &str, json: &str) -> Reading {
    // In text the first brace is that of a span.
    let reading = if wrapping::is_object(json) {
        match serde_json::from_str::<Record<'_>>(json.trim_end()) {
            Ok(record) if record.target != TARGET => return of_record(&record),
            Ok(record) => of_record(&record),
            Err(error) => Reading::Malformed(format!("expected a log record of the policy server: {error}")),
        }
    } else {
        of_text(line)
    };
    match reading {
        Reading::Other if is_alert(line) => {
            Reading::Malformed("an alert of the gate in a form that no policy server writes".to_owned())
        }
        reading => reading,
    }
}

fn of_record(record: &Record<'_>) -> Reading {
    if record.fields.message == MONITOR {
        return Reading::Around(Around::Monitored);
    }
    let Some(data) = record.fields.data.as_deref().filter(|_| record.target == TARGET) else { return Reading::Other };
    let is_scan = record.spans.iter().any(|span| span.name == "audit");
    let request = record.spans.iter().find(|span| span.request_uid.is_some());
    alert::read(data, &record.timestamp, request, is_scan)
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
    let field = |name: &str| field(spans, name).map(Cow::Borrowed);
    let [object, kind, namespace, request_uid] = ["name", "kind", "namespace", "request_uid"].map(field);
    let request = Span { name: Cow::Borrowed(""), object, kind, namespace, request_uid };
    let mut why = "no field `data`".to_owned();
    for (at, _) in rest.match_indices(" data={").take(TRIES) {
        let data = rest.get(at..).and_then(|rest| rest.strip_prefix(" data=")).unwrap_or_default().trim_end();
        match serde_json::from_str::<IgnoredAny>(data) {
            Ok(_) => return alert::read(data, time, Some(&request), is_scan),
            Err(error) => why = error.to_string(),
        }
    }
    Reading::Malformed(format!("expected the field `data` of an alert at the end of the line: {why}"))
}

/// A field of the first span that has it. Quotes within values are escaped, so that no value looks like a field.
fn field<'l>(spans: &'l str, name: &str) -> Option<&'l str> {
    let start = [' ', '{'].iter().filter_map(|before| spans.split_once(&format!("{before}{name}=\""))).map(|(_, rest)| rest);
    let value = start.max_by_key(|rest| rest.len())?;
    let end = value.match_indices('"').map(|(at, _)| at).find(|at| !value.get(..*at).is_some_and(|text| text.ends_with('\\')))?;
    value.get(..end).filter(|value| !value.is_empty())
}
