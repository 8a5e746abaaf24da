//! Events → lines of JSON, as the policy server writes them: what reads its log reads this one.
//!
//! What the module alerts of has the target `policy_log` and a field `data`, which is a JSON text of all members but level and message;
//! the provider's own events have their members as fields. Source: tracing-subscriber's JSON format, and policy-server's logging.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use host::live::LogEvent;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::clock;

/// Lines that may wait for whoever reads them. What comes on top is counted and lost: nobody waits for a verdict because nobody reads.
const WAITING: usize = 1_024;

/// Where lines are sent to.
#[derive(Clone)]
pub(super) struct Log {
    lines: SyncSender<Record>,
    lost: Arc<AtomicU64>,
}

/// Where they come out.
pub(super) struct Lines {
    lines: Receiver<Record>,
    lost: Arc<AtomicU64>,
}

/// A log and its other end.
pub(super) fn channel() -> (Log, Lines) {
    let (sender, receiver) = sync_channel(WAITING);
    let lost = Arc::<AtomicU64>::default();
    (Log { lines: sender, lost: Arc::clone(&lost) }, Lines { lines: receiver, lost })
}

impl Log {
    /// What the module logged.
    pub(super) fn alert(&self, logged: LogEvent) {
        self.send(Record::alert(logged));
    }

    /// An event of the provider's own: `info` or `error`.
    pub(super) fn own(&self, kind: &str, message: &str, more: &Value) {
        self.send(Record::own(kind, message, more));
    }

    fn send(&self, record: Record) {
        if self.lines.try_send(record).is_err() {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Lines {
    /// Writes them until nobody is left who sends any. Where nobody reads them any more, the gate goes on.
    pub(super) fn write(self, out: &mut dyn Write) {
        for record in self.lines {
            let _ = writeln!(out, "{}", record.line());
            let lost = self.lost.swap(0, Ordering::SeqCst);
            if lost > 0 {
                let text = "lines were lost: what reads this log is too slow";
                let _ = writeln!(out, "{}", Record::own("error", text, &json!({ "lost": lost })).line());
            }
            let _ = out.flush();
        }
    }
}

/// One line.
#[derive(Serialize)]
struct Record {
    timestamp: String,
    level: &'static str,
    fields: Map<String, Value>,
    target: &'static str,
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    name: &'static str,
}

impl Record {
    /// An audit asks without an operation.
    fn alert(logged: LogEvent) -> Self {
        let mut data = logged.event;
        if let Value::Object(members) = &mut data {
            members.remove("level");
            members.remove("message");
        }
        let is_audit = data.get("operation").is_none_or(Value::is_null);
        let fields = [("message", Value::String(logged.message)), ("data", Value::String(data.to_string()))];
        Self {
            spans: vec![Span { name: if is_audit { "audit" } else { "validation" } }],
            ..Self::new(level(&logged.level), "policy_log", fields)
        }
    }

    fn own(kind: &str, message: &str, more: &Value) -> Self {
        let message = ("message", Value::String(message.to_owned()));
        let more = more.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value.clone()));
        Self::new(level(kind), "gated_deployment_provider", std::iter::once(message).chain(more))
    }

    fn new<'f>(level: &'static str, target: &'static str, fields: impl IntoIterator<Item = (&'f str, Value)>) -> Self {
        let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Self { timestamp: clock::present_in_full(), level, fields, target, spans: Vec::new() }
    }

    /// serde_json escapes what would end the line.
    fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn level(kind: &str) -> &'static str {
    match kind {
        "error" => "ERROR",
        "warning" => "WARN",
        "debug" => "DEBUG",
        "trace" => "TRACE",
        _ => "INFO",
    }
}
