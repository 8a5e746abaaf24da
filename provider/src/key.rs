//! A key → what the module's `validate` takes.
//!
//! A key is the JSON of everything that the verdict depends on: Gatekeeper remembers answers by it. It is what the template made of the
//! constraint's parameters and of the review, and so it is as foreign as these are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// What kubectl writes of an object into the object, and the templates leave out of the key.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A key, read: its parts are what they were written as.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Key<'k> {
    /// The settings document: the constraint's parameters.
    #[serde(borrow)]
    settings: &'k RawValue,
    /// The admission request, as far as rules look at it.
    #[serde(borrow)]
    request: BTreeMap<&'k str, &'k RawValue>,
    /// The labels of the object's namespace, where Gatekeeper gave them.
    #[serde(default)]
    pub(crate) namespace_labels: Option<BTreeMap<String, String>>,
    #[serde(skip)]
    text: &'k str,
}

impl<'k> Key<'k> {
    /// Reads the text of a key.
    pub(crate) fn read(text: &'k str) -> Result<Self, String> {
        let key: Self = serde_json::from_str(text).map_err(|error| format!("the key cannot be read: {error}"))?;
        if key.settings.get().contains(LAST_APPLIED) {
            return Err(format!(
                "settings: expected another annotation than `{LAST_APPLIED}`: Gatekeeper's templates leave it out"
            ));
        }
        Ok(Self { text, ..key })
    }

    /// The namespace of the request.
    pub(crate) fn namespace(&self) -> Option<String> {
        self.request.get("namespace").and_then(|namespace| serde_json::from_str(namespace.get()).ok())
    }

    /// The payload of `validate`. Whatever Gatekeeper leaves empty is absent for the module: in an audit nobody asks for anything.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let hash: String = Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut payload = format!("{{\"settings\":{},\"request\":{{\"uid\":\"{hash}\"", self.settings);
        for (name, value) in self.request.iter().filter(|(name, value)| **name != "uid" && !is_empty(value)) {
            for part in [",\"", name, "\":", value.get()] {
                payload.push_str(part);
            }
        }
        payload.push_str("}}");
        payload.into_bytes()
    }
}

fn is_empty(value: &RawValue) -> bool {
    let mut written = value.get().chars().filter(|letter| !letter.is_whitespace());
    let start: String = written.by_ref().take(5).collect();
    matches!(start.as_str(), "null" | "\"\"" | "{}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_gatekeeper_leaves_empty_is_absent() {
        let text = r#"{"settings":{"rules":[]},"request":{"kind":{"kind":"Pod"},"operation":"","userInfo":{},"object":{"a":1}},"namespaceLabels":null}"#;
        let key = Key::read(text).expect("a key");
        let payload: Value = serde_json::from_slice(&key.payload()).expect("JSON");
        assert_eq!(payload["settings"], json!({ "rules": [] }));
        let members: Vec<&String> = payload["request"].as_object().expect("an object").keys().collect();
        assert_eq!(members, ["kind", "object", "uid"]);
        assert_eq!(key.namespace_labels, None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "nginx",
            "[]",
            "{}",
            r#"{"settings":{},"request":[]}"#,
            r#"{"settings":{},"request":{},"more":1}"#,
            r#"{"settings":{"a":"kubectl.kubernetes.io/last-applied-configuration"},"request":{}}"#,
        ] {
            assert!(Key::read(text).is_err(), "{text}");
        }
    }
}
