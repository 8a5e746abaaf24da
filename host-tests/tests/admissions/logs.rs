//! Answers of the module → the lines that a policy server and an API server write about them.
//!
//! The policy server's are written by the library that it logs with, from an event and spans as it makes them (policy-evaluator's
//! `policy_tracing.rs`, policy-server's `api/handlers.rs` and `tracing.rs`); the API server's have the members of `audit.k8s.io/v1`.

use std::io::Write;
use std::sync::{Arc, Mutex};

use host_tests::case::Case;
use host_tests::engine::Outcome;
use serde_json::{Value, json};
use tracing::field::Empty;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

/// What the policy's webhook is called.
const WEBHOOK: &str = "clusterwide-gate.kubewarden.admission";

/// How lines are written, and what is around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `--log-fmt json`.
    Json,
    /// `--log-fmt text`.
    Text,
    /// The same in colours.
    Coloured,
    /// JSON in a file of a container runtime, cut as runtimes cut.
    Cri,
    /// JSON in a file of Docker's.
    Docker,
    /// Text of `kubectl logs --prefix --timestamps`.
    Prefixed,
    /// JSON as stern shows it.
    Stern,
    /// JSON in stern's own JSON.
    SternJson,
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The policy server's lines about the alerts of a request.
pub(crate) fn server(nth: usize, case: &Case, alerts: &[Value], style: Style) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let make = move || writer.clone();
    let log = || alerts.iter().for_each(|alert| log(nth, case, alert));
    let registry = tracing_subscriber::registry();
    match style {
        Style::Text | Style::Prefixed => {
            tracing::subscriber::with_default(registry.with(fmt::layer().with_ansi(false).with_writer(make)), log);
        }
        Style::Coloured => tracing::subscriber::with_default(registry.with(fmt::layer().with_ansi(true).with_writer(make)), log),
        _ => tracing::subscriber::with_default(registry.with(fmt::layer().json().with_writer(make)), log),
    }
    let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| wrapped(line, style)).collect()
}

/// What the policy server does when a policy logs an alert while it judges a request.
fn log(nth: usize, case: &Case, alert: &Value) {
    let payload: Value = serde_json::from_slice(&case.payload()).unwrap();
    let request = &payload["request"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut data = alert.as_object().unwrap().clone();
    data.remove("level");
    let message = text(&data.remove("message").unwrap());
    let data = Value::Object(data).to_string();
    macro_rules! request_span {
        ($name:literal) => {
            tracing::info_span!(
                $name,
                request_uid = Empty,
                host = "policy-server-default-6d4b75cb6d-x2x4z",
                policy_id = "clusterwide-gate",
                name = Empty,
                namespace = Empty,
                operation = Empty,
                kind = Empty,
                resource = Empty,
                allowed = Empty,
            )
        };
    }
    let span = if operation(request).is_none() { request_span!("audit") } else { request_span!("validation") };
    for (field, value) in [
        ("request_uid", format!("uid-{nth}")),
        ("name", text(&request["name"])),
        ("namespace", text(&request["namespace"])),
        ("operation", text(&request["operation"])),
        ("kind", text(&request["kind"]["kind"])),
        ("resource", resource(request)),
    ] {
        span.record(field, value.as_str());
    }
    let _request = span.entered();
    let _validate = tracing::info_span!("validate", "self" = "PolicyEvaluator { runtime: \"wapc\" }").entered();
    let _log =
        tracing::info_span!("policy_log", "self" = "EvaluationContext { policy_id: \"clusterwide-gate\", data={} }").entered();
    tracing::event!(target: "policy_log", tracing::Level::WARN, data = %data, "{}", message);
}

fn wrapped(line: &str, style: Style) -> String {
    const TIME: &str = "2026-11-22T12:00:00.123456789Z";
    match style {
        Style::Json | Style::Text | Style::Coloured => format!("{line}\n"),
        Style::Cri => {
            let pieces: Vec<String> = line.chars().collect::<Vec<_>>().chunks(1000).map(|piece| piece.iter().collect()).collect();
            let tagged = pieces.iter().enumerate().map(|(nth, piece)| {
                let tag = if nth + 1 == pieces.len() { "F" } else { "P" };
                format!("{TIME} stdout {tag} {piece}\n")
            });
            tagged.collect()
        }
        Style::Docker => {
            let (first, rest) = line.split_at(line.char_indices().nth(500).map_or(line.len(), |(at, _)| at));
            let piece = |text: &str| format!("{}\n", json!({ "log": text, "stream": "stdout", "time": TIME }));
            format!("{}{}", piece(first), piece(&format!("{rest}\n")))
        }
        Style::Prefixed => format!("[pod/policy-server-default-6d4b75cb6d-x2x4z/policy-server-default] {TIME} {line}\n"),
        Style::Stern => format!("policy-server-default-6d4b75cb6d-x2x4z policy-server-default {line}\n"),
        Style::SternJson => {
            let pod = "policy-server-default-6d4b75cb6d-x2x4z";
            let wrapped =
                json!({ "message": line, "nodeName": "n", "namespace": "kubewarden", "podName": pod, "containerName": "c" });
            format!("{wrapped}\n")
        }
    }
}

/// The API server's event of an admission; `None` for scans, which are no requests.
pub(crate) fn audit(nth: usize, case: &Case, outcome: &Outcome) -> Option<String> {
    let payload: Value = serde_json::from_slice(&case.payload()).unwrap();
    let request = &payload["request"];
    let verb = operation(request)?.to_lowercase();
    let answer: Value = serde_json::from_slice(&outcome.answer).unwrap();
    let mut annotations = json!({
        "authorization.k8s.io/decision": "allow",
        "mutation.webhook.admission.k8s.io/round_0_index_0": "{\"configuration\":\"x\",\"webhook\":\"x.example\",\"mutated\":false}",
    });
    for (key, value) in answer["audit_annotations"].as_object().into_iter().flatten() {
        annotations[format!("{WEBHOOK}/{key}")] = value.clone();
    }
    let status = match answer["message"].as_str() {
        Some(message) if answer["accepted"] == false => {
            let message = format!("admission webhook \"{WEBHOOK}\" denied the request: {message}");
            json!({ "metadata": {}, "status": "Failure", "message": message, "code": answer["code"] })
        }
        _ => json!({ "metadata": {}, "code": 201 }),
    };
    let event = json!({
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": format!("audit-{nth}"),
        "stage": "ResponseComplete",
        "requestURI": "/apis",
        "verb": verb,
        "user": { "username": request["userInfo"]["username"].as_str().unwrap_or_default(), "groups": ["system:authenticated"] },
        "sourceIPs": ["192.0.2.1"],
        "userAgent": "kubectl/v1.34.0",
        "objectRef": {
            "resource": resource(request),
            "namespace": request["namespace"].as_str().unwrap_or_default(),
            "name": request["name"].as_str().unwrap_or_default(),
            "apiVersion": "v1",
        },
        "responseStatus": status,
        "requestObject": request["object"],
        "requestReceivedTimestamp": case.now.replace('Z', ".123456Z"),
        "stageTimestamp": case.now.replace('Z', ".623456Z"),
        "annotations": annotations,
    });
    Some(format!("{event}\n"))
}

/// The plural of a kind, as the API's paths have it.
fn resource(request: &Value) -> String {
    format!("{}s", request["kind"]["kind"].as_str().unwrap_or_default().to_lowercase())
}

/// What is asked for; scans ask for nothing.
fn operation(request: &Value) -> Option<&str> {
    request["operation"].as_str().filter(|operation| !operation.is_empty())
}
