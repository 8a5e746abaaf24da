//! Host calls → the real registry, Kubernetes and the log: the policy server's dispatcher, as far as this project's module needs it.
//!
//! Served: binding `kubewarden`, namespace `oci` (`v1/manifest_digest`, `v1/oci_manifest`, `v1/oci_manifest_config`, `v2/verify`),
//! `kubernetes` (`get_resource`, `list_resources_by_namespace`, `list_resources_all`) and `tracing` (`log`). Every other name is answered
//! as the policy server answers names it does not know.
//!
//! What a call failed by is told with [`FAILED`] before it, a call that is refused without: as the policy server's waPC callback tells
//! them apart (`policy-evaluator`, `runtimes/callback.rs`).

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::capability::Capabilities;
use crate::kubernetes::{self, Kubernetes};
use crate::registry::Registry;
use crate::verify;

/// What stands before the text of a call that was sent on and failed, whatever it was. A call that the policy server itself refuses (a
/// capability or resource that was not granted, an unknown name, a payload that is none) has its text alone.
pub const FAILED: &str = "Callback evaluation failure: ";

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

/// Answers host calls from a registry and, where one is given, from whoever knows Kubernetes objects.
pub struct Live {
    registry: Arc<Registry>,
    kubernetes: Option<Arc<dyn Kubernetes>>,
    sink: LogSink,
}

impl Live {
    /// Joins a registry client and a place for the guest's log. Kubernetes is not reached, as in a policy server without a cluster.
    #[must_use]
    pub fn new(registry: Arc<Registry>, sink: LogSink) -> Self {
        Self { registry, kubernetes: None, sink }
    }

    /// Also answers for Kubernetes objects.
    #[must_use]
    pub fn with_kubernetes(self, kubernetes: Arc<dyn Kubernetes>) -> Self {
        Self { kubernetes: Some(kubernetes), ..self }
    }

    fn oci(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if operation == "v2/verify" {
            let request: verify::Request = parsed(payload)?;
            return self.registry.verify(&request).map_err(|error| failed(&error.report()));
        }
        let look_up = match operation {
            "v1/manifest_digest" => Registry::manifest_digest,
            "v1/oci_manifest" => Registry::oci_manifest,
            "v1/oci_manifest_config" => Registry::oci_manifest_config,
            _ => return Err(format!("unknown operation: {operation}")),
        };
        let image: String = parsed(payload)?;
        look_up(&self.registry, &image).map_err(|error| failed(&error.report()))
    }

    fn kubernetes(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let Some(request) = kubernetes::Request::of_call(operation, payload) else {
            return Err(format!("unknown operation: {operation}"));
        };
        let request = request.map_err(|error| error.to_string())?;
        match &self.kubernetes {
            Some(kubernetes) => kubernetes.answer(&request).map_err(|text| failed(&text)),
            None => Err(failed("kube::Client was not initialized properly")),
        }
    }
}

/// The text of a call that was sent on and failed, as a guest gets it.
pub(crate) fn failed(text: &str) -> String {
    format!("{FAILED}{text}")
}

fn parsed<'p, T: Deserialize<'p>>(payload: &'p [u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

impl Capabilities for Live {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        match (binding, namespace) {
            ("kubewarden", "oci") => self.oci(operation, payload),
            ("kubewarden", "kubernetes") => self.kubernetes(operation, payload),
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
