//! Runs a case on an engine, natively or through the built module, and holds what came out against what is wanted.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use host::capability::Capabilities;
use host::live::{LogEvent, LogSink};
use host::module::{CallOptions, ModuleOptions, PolicyModule};
use host::replay::Replay;
use policy::lookup::host::Host;
use serde_json::Value;

use crate::case::{Case, Want};

/// What an engine makes of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The bytes of the answer.
    pub answer: Vec<u8>,
    /// The alert events, in order.
    pub alerts: Vec<Value>,
    /// Host calls that were expected and not made, or made and not expected.
    pub deviations: Vec<String>,
}

/// One of the two ways to run the policy.
pub enum Engine {
    /// The library, in this process.
    Native,
    /// The built module, in the host.
    Module(Arc<PolicyModule>),
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Module(_) => "module",
        })
    }
}

/// The built module: `dist/policy.wasm` of this checkout.
///
/// # Panics
/// There is none, or it does not load: nothing is proved without it.
pub fn module() -> Arc<PolicyModule> {
    let path = root().join("dist/policy.wasm");
    let options = ModuleOptions { deadline: None, ..ModuleOptions::default() };
    Arc::new(
        PolicyModule::load_with(&path, options)
            .unwrap_or_else(|e| panic!("{}: {e}; build it first: ./just build", path.display())),
    )
}

/// The folder of the checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Answers as the case says, and takes as long.
#[derive(Debug)]
struct Script {
    replay: Replay,
    durations: Vec<Duration>,
    began: Instant,
}

impl Script {
    #[expect(clippy::disallowed_methods, reason = "a host that takes its time has a clock")]
    fn new(case: &Case, sink: LogSink) -> Self {
        Self { replay: Replay::new(case.exchanges(), sink), durations: case.durations(), began: Instant::now() }
    }

    /// How many of the answers that take time have been given.
    fn given(&self) -> usize {
        self.durations.len().saturating_sub(self.replay.left().len())
    }
}

impl Capabilities for Script {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if self.durations.is_empty() || namespace == "tracing" {
            return self.replay.call(binding, namespace, operation, payload);
        }
        let given = self.given();
        let answer = self.replay.call(binding, namespace, operation, payload);
        if given < self.given() {
            std::thread::sleep(self.durations[given]);
        }
        answer
    }
}

impl Host for Script {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        Capabilities::call(self, "kubewarden", namespace, operation, payload)
    }

    fn elapsed_millis(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// Whoever answers the host calls of a case, as it says.
#[must_use]
pub fn capabilities(case: &Case, sink: LogSink) -> Arc<dyn Capabilities> {
    Arc::new(Script::new(case, sink))
}

impl Engine {
    /// Answers `validate`.
    ///
    /// # Panics
    /// The module traps.
    pub fn validate(&self, case: &Case) -> Outcome {
        let alerts: Arc<Mutex<Vec<Value>>> = Arc::default();
        let sink = {
            let alerts = Arc::clone(&alerts);
            Arc::new(move |event: LogEvent| alerts.lock().expect("no panic while logging").push(event.event))
        };
        let script = Arc::new(Script::new(case, sink));
        let answer = match self {
            Self::Native => policy::review::validate(&case.payload(), case.now(), script.as_ref()),
            Self::Module(module) => {
                let capabilities: Arc<dyn Capabilities> = Arc::clone(&script) as Arc<dyn Capabilities>;
                let options = CallOptions { now: Some(case.now().unix()) };
                module
                    .call_with("validate", &case.payload(), &capabilities, options)
                    .unwrap_or_else(|e| panic!("{}: {e}", case.note))
            }
        };
        let left = script.replay.left().into_iter().map(|request| format!("not made: {}", request.to_yaml()));
        let deviations = script.replay.unexpected().into_iter().map(|call| format!("not expected: {call}")).chain(left).collect();
        let alerts = alerts.lock().expect("no panic while logging").clone();
        Outcome { answer, alerts, deviations }
    }

    /// Answers `validate_settings`.
    ///
    /// # Panics
    /// The module traps.
    pub fn validate_settings(&self, case: &Case) -> Vec<u8> {
        let payload = case.settings.to_string().into_bytes();
        match self {
            Self::Native => policy::review::validate_settings(&payload, case.now()),
            Self::Module(module) => {
                let none: Arc<dyn Capabilities> = Arc::new(host::capability::NoCapabilities);
                let options = CallOptions { now: Some(case.now().unix()) };
                module
                    .call_with("validate_settings", &payload, &none, options)
                    .unwrap_or_else(|e| panic!("validate_settings: {e}"))
            }
        }
    }
}

/// Every way in which the outcome is not what is wanted.
pub fn differences(case: &Case, outcome: &Outcome) -> Vec<String> {
    let answer: Value = serde_json::from_slice(&outcome.answer).expect("the answer is JSON");
    let want = &case.want;
    let mut differences: Vec<String> = outcome.deviations.iter().map(|deviation| format!("host call {deviation}")).collect();
    let mut equal = |what: &str, wanted: &Value, found: &Value| {
        if wanted != found {
            differences.push(format!("{what}:\n  wanted {wanted}\n  found  {found}"));
        }
    };
    let annotations = &answer["audit_annotations"];
    let verdict = want.verdict.as_deref().unwrap_or_else(|| panic!("{}: no verdict is wanted", case.note));
    equal("verdict", &verdict.into(), &annotations["verdict"]);
    equal("accepted", &(verdict != "deny").into(), &answer["accepted"]);
    equal("rule", &want.rule.clone().into(), &annotations["rule"]);
    equal("code", &want.code.clone().into(), &deciding_code(&answer).into());
    if let Some(message) = &want.message {
        equal("message", &message.trim_end().into(), &answer["message"]);
    }
    if let Some(warnings) = &want.warnings {
        equal("warnings", &warnings.clone().into(), answer.get("warnings").unwrap_or(&Value::Array(Vec::new())));
    }
    differences.extend(missing_parts(want, &answer));
    differences.extend(want.annotations.iter().filter_map(|(key, wanted)| annotation_difference(key, wanted, &annotations[key])));
    differences.extend(alert_differences(want, verdict, &outcome.alerts));
    differences.extend(limits(&answer));
    differences.extend(pinned_difference(case, &answer));
    differences
}

/// The code of the first violation, or the one between brackets of a refusal.
fn deciding_code(answer: &Value) -> Option<String> {
    let violations: Value =
        serde_json::from_str(answer["audit_annotations"]["violations"].as_str().unwrap_or("[]")).unwrap_or_default();
    let rule = &answer["audit_annotations"]["rule"];
    let decides =
        |violation: &&Value| violation["rule"] == *rule && violation["action"] == answer["audit_annotations"]["verdict"];
    let deciding = violations.as_array().into_iter().flatten().find(decides);
    let code = deciding.and_then(|violation| violation["code"].as_str()).map(str::to_owned);
    code.or_else(|| {
        let message = answer["message"].as_str()?;
        let (before, _) = message.rsplit_once("]; hint")?;
        before.rsplit_once('[').map(|(_, code)| code.to_owned())
    })
}

fn missing_parts(want: &Want, answer: &Value) -> Vec<String> {
    let message = answer["message"].as_str().unwrap_or_default();
    let warnings: Vec<&str> = answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let said =
        want.says.iter().filter(|part| !message.contains(part.as_str())).map(|part| format!("message lacks `{part}`: {message}"));
    let warned = want.warns.iter().filter(|part| !warnings.iter().any(|warning| warning.contains(part.as_str())));
    said.chain(warned.map(|part| format!("no warning says `{part}`: {warnings:?}"))).collect()
}

fn annotation_difference(key: &str, wanted: &Value, found: &Value) -> Option<String> {
    let text = found.as_str().unwrap_or_default();
    let is_equal = match wanted {
        Value::Array(_) => contains(&serde_json::from_str(text).unwrap_or_default(), wanted),
        _ => wanted == found,
    };
    (!is_equal).then(|| format!("annotation `{key}`:\n  wanted {wanted}\n  found  {text}"))
}

fn alert_differences(want: &Want, verdict: &str, alerts: &[Value]) -> Vec<String> {
    let text = || alerts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    match &want.alerts {
        Some(wanted) if !contains(&Value::Array(alerts.to_vec()), &Value::Array(wanted.clone())) => {
            vec![format!("alerts:\n  wanted {wanted:?}\n  found  {}", text())]
        }
        // Every audit and deny is announced, whatever the case says of it.
        None if verdict != "admit" && alerts.is_empty() => vec![format!("no alert for `{verdict}`")],
        None if verdict == "admit" && !alerts.is_empty() => vec![format!("an alert for an admitted workload: {}", text())],
        _ => Vec::new(),
    }
}

/// The object is the request's but for the images that are to be written, or not there at all.
fn pinned_difference(case: &Case, answer: &Value) -> Option<String> {
    let found = answer.get("mutated_object");
    let wanted = (!case.want.pinned.is_empty()).then(|| {
        let payload: Value = serde_json::from_slice(&case.payload()).expect("the payload is JSON");
        let mut object = payload["request"]["object"].clone();
        for (path, image) in &case.want.pinned {
            let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
            let place = object.pointer_mut(&pointer).unwrap_or_else(|| panic!("{}: no {path} in the object", case.note));
            *place = image.as_str().into();
        }
        object
    });
    let text = |object: Option<&Value>| object.map_or_else(|| "none".to_owned(), Value::to_string);
    (found != wanted.as_ref()).then(|| format!("object:\n  wanted {}\n  found  {}", text(wanted.as_ref()), text(found)))
}

/// Whether every member and element that is wanted is there; lists have the same length.
fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| contains(found.get(key).unwrap_or(&Value::Null), value))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(f, w)| contains(f, w))
        }
        _ => found == wanted,
    }
}

/// What the API server accepts, whatever the case is about.
fn limits(answer: &Value) -> Vec<String> {
    let warnings: Vec<&str> = answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut broken = Vec::new();
    broken.extend(
        warnings.iter().filter(|warning| warning.len() > 256).map(|warning| format!("a warning of {} bytes", warning.len())),
    );
    let total: usize = warnings.iter().map(|warning| warning.len()).sum();
    broken.extend((total > 4096).then(|| format!("warnings of {total} bytes")));
    let annotations = answer["audit_annotations"].as_object().into_iter().flatten();
    for (key, value) in annotations {
        match value.as_str() {
            Some(text) if text.len() <= policy::limits::ANNOTATION_BYTES => {}
            Some(text) => broken.push(format!("annotation `{key}` of {} bytes", text.len())),
            None => broken.push(format!("annotation `{key}` is no text")),
        }
    }
    broken
}
