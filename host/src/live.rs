//! Host calls → the real registry and the log: the policy server's dispatcher, as far as this project's module needs it.
//!
//! Served: binding `kubewarden`, namespace `oci` (`v1/manifest_digest`, `v1/oci_manifest`, `v1/oci_manifest_config`, `v2/verify`) and
//! `tracing` (`log`). Every other name is answered as the policy server answers names it does not know.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::capability::Capabilities;
use crate::registry::Registry;

/// What a guest logged.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEvent {
    /// `trace`, `debug`, `info`, `warning` or `error`; empty where the guest gave none.
    pub level: String,
    /// The message; empty where the guest gave none.
    pub message: String,
    /// All the guest sent, level and message included.
    pub event: Value,
}

/// Takes what guests log, from any thread.
pub type LogSink = Arc<dyn Fn(LogEvent) + Send + Sync>;

/// Answers host calls from a registry.
pub struct Live {
    registry: Arc<Registry>,
    sink: LogSink,
}

impl Live {
    /// Joins a registry client and a place for the guest's log.
    #[must_use]
    pub fn new(registry: Arc<Registry>, sink: LogSink) -> Self {
        Self { registry, sink }
    }

    fn oci(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if operation == "v2/verify" {
            return self.registry.verify(payload).map_err(|error| error.report());
        }
        let look_up = match operation {
            "v1/manifest_digest" => Registry::manifest_digest,
            "v1/oci_manifest" => Registry::oci_manifest,
            "v1/oci_manifest_config" => Registry::oci_manifest_config,
            _ => return Err(format!("unknown operation: {operation}")),
        };
        let image: String = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        look_up(&self.registry, &image).map_err(|error| error.report())
    }
}

impl Capabilities for Live {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        match (binding, namespace) {
            ("kubewarden", "oci") => self.oci(operation, payload),
            ("kubewarden", "tracing") => log(operation, payload, &self.sink),
            ("kubewarden", _) => Err(format!("unknown namespace: {namespace}")),
            _ => Err(format!("unknown binding: {binding}")),
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("registry", &self.registry).finish_non_exhaustive()
    }
}

/// Hands a logged event to the sink. What is no JSON is dropped: the policy server swallows such errors too.
pub(crate) fn log(operation: &str, payload: &[u8], sink: &LogSink) -> Result<Vec<u8>, String> {
    if operation != "log" {
        return Err(format!("unknown operation: {operation}"));
    }
    if let Ok(event) = serde_json::from_slice::<Value>(payload) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        sink(LogEvent { level: text("level"), message: text("message"), event: event.clone() });
    }
    Ok(Vec::new())
}
