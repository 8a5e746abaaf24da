//! The namespaces among the manifests answer for the cluster's: a scope may hang on their labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use host::capability::Capabilities;
use serde_json::Value;

use crate::manifests::Submitted;

/// Answers `kubernetes/get_resource` for namespaces; everything else goes on to another.
pub(crate) struct Namespaces {
    objects: BTreeMap<String, Value>,
    inner: Arc<dyn Capabilities>,
}

impl Namespaces {
    pub(crate) fn new(submitted: &[Submitted], inner: Arc<dyn Capabilities>) -> Self {
        let named = |one: &Submitted| {
            let object = one.request.get("object").filter(|object| is_namespace(object))?;
            Some((object.pointer("/metadata/name")?.as_str()?.to_owned(), object.clone()))
        };
        Self { objects: submitted.iter().filter_map(named).collect(), inner }
    }
}

fn is_namespace(object: &Value) -> bool {
    let is = |key: &str, value: &str| object.get(key).and_then(Value::as_str) == Some(value);
    is("apiVersion", "v1") && is("kind", "Namespace")
}

impl Capabilities for Namespaces {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if (binding, namespace, operation) != ("kubewarden", "kubernetes", "get_resource") {
            return self.inner.call(binding, namespace, operation, payload);
        }
        let query: Value = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        let name = query.get("name").and_then(Value::as_str).unwrap_or_default();
        match self.objects.get(name) {
            Some(object) if query.get("kind").and_then(Value::as_str) == Some("Namespace") => Ok(object.to_string().into_bytes()),
            _ => Err(format!("no manifest of the namespace `{name}` is among the files")),
        }
    }
}
