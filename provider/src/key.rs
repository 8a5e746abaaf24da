//! A key → what the module's `validate` takes.
//!
//! A key is the JSON of everything that the verdict depends on: Gatekeeper remembers answers by it. It is what the template made of the
//! constraint's parameters and of the review, and so it is as foreign as these are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A key, read.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Key {
    /// The settings document: the constraint's parameters.
    settings: Value,
    /// The admission request, as far as rules look at it.
    request: Map<String, Value>,
    /// The labels of the object's namespace, where Gatekeeper gave them.
    #[serde(default)]
    pub(crate) namespace_labels: Option<BTreeMap<String, String>>,
}

impl Key {
    /// Reads the text of a key.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("the key cannot be read: {error}"))
    }

    /// The namespace of the request.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.request.get("namespace").and_then(Value::as_str)
    }

    /// The payload of `validate`. Whatever Gatekeeper leaves empty is absent for the module: in an audit nobody asks for anything.
    pub(crate) fn payload(&self, text: &str) -> Vec<u8> {
        let mut request: Map<String, Value> =
            self.request.iter().filter(|(_, value)| !is_empty(value)).map(|(key, value)| (key.clone(), value.clone())).collect();
        let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        request.insert("uid".to_owned(), Value::String(hash));
        json!({ "settings": self.settings, "request": request }).to_string().into_bytes()
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gatekeeper_leaves_empty_is_absent() {
        let text = r#"{"settings":{"rules":[]},"request":{"kind":{"kind":"Pod"},"operation":"","userInfo":{},"object":{"a":1}},"namespaceLabels":null}"#;
        let key = Key::read(text).expect("a key");
        let payload: Value = serde_json::from_slice(&key.payload(text)).expect("JSON");
        assert_eq!(payload["settings"], json!({ "rules": [] }));
        let members: Vec<&String> = payload["request"].as_object().expect("an object").keys().collect();
        assert_eq!(members, ["kind", "object", "uid"]);
        assert_eq!(key.namespace_labels, None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "nginx", "[]", "{}", r#"{"settings":{},"request":[]}"#, r#"{"settings":{},"request":{},"more":1}"#] {
            assert!(Key::read(text).is_err(), "{text}");
        }
    }
}
