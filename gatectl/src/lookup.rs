//! The policy's own look-up, run natively: an image → evidence, asking what a gate would ask its host.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use host::capability::Capabilities;
use host::kubernetes::Layered;
use host::live::Live;
use host::registry::Registry;
use policy::image::{Digest, Reference};
use policy::lookup::buffers::Buffers;
use policy::lookup::host::Host;
use policy::lookup::{Evidence, Inquiry, Lookup, Wants};
use policy::settings::Settings;
use policy::time::Timestamp;
use serde_json::{Value, json};

/// Whoever can look up findings, and when.
#[derive(Debug)]
pub(crate) struct NativeLookup {
    host: Asking,
    /// What is taken for the present.
    pub(crate) now: Timestamp,
    /// The namespace of the workload, where findings may depend on it.
    namespace: Option<String>,
}

/// Capabilities, as the policy asks its host. What it logs is nobody's here.
pub(crate) struct Asking(pub(crate) Arc<dyn Capabilities>);

impl Host for Asking {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if namespace == "tracing" {
            return Ok(Vec::new());
        }
        self.0.call("kubewarden", namespace, operation, payload)
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asking")
    }
}

impl NativeLookup {
    /// Asks nobody yet.
    pub(crate) fn new(capabilities: Arc<dyn Capabilities>, now: Timestamp, namespace: Option<String>) -> Self {
        Self { host: Asking(capabilities), now, namespace }
    }

    /// The digest of an image, and what is known by the settings' `findings` and `trust`.
    pub(crate) fn find<'a>(
        &'a self,
        settings: &'a Settings,
        buffers: &'a Buffers,
        reference: &Reference,
        wants: &Wants<'_, 'a>,
    ) -> (Option<Digest>, Rc<Evidence<'a>>) {
        let inquiry = Inquiry {
            host: &self.host,
            buffers,
            now: self.now,
            sources: &settings.findings,
            trust: settings.trust.as_deref(),
            namespace: self.namespace.as_deref(),
        };
        Lookup::new(inquiry).find(reference, wants)
    }
}

/// Whom look-ups ask: a registry, and Kubernetes objects where there are any.
pub(crate) fn capabilities(registry: Registry, objects: Option<Layered>) -> Arc<dyn Capabilities> {
    // A look-up logs nothing.
    let live = Live::new(Arc::new(registry), Arc::new(|_| ()));
    Arc::new(match objects {
        Some(objects) => live.with_kubernetes(Arc::new(objects)),
        None => live,
    })
}

/// The settings document that a public key (PEM) and a repository of findings stand for; its rule is there because one must be.
pub(crate) fn settings(key: Option<&str>, repository: Option<&str>) -> Value {
    let mut settings = json!({ "rules": [{ "name": "any", "action": "audit", "conditions": [{ "severity": "critical" }] }] });
    let mut put = |name: &str, part| settings.as_object_mut().map(|members| members.insert(name.to_owned(), part));
    if let Some(key) = key {
        put("trust", json!({ "anyOf": [{ "publicKeys": [key] }] }));
    }
    if let Some(repository) = repository {
        put("findings", json!({ "sources": [{ "registry": { "repository": repository } }] }));
    }
    settings
}
