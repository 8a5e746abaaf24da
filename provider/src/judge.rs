//! A key → the module's verdict, as data.
//!
//! What the module answered is the answer, whatever it is; evidence that could not be had is a verdict like any other. The provider itself
//! failed where the module gave none (it trapped, took too long, answered what nobody can read), and where it denies because the provider
//! did not wait for a look-up: that denial holds for the moment, and is none that Gatekeeper may remember.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use host::capability::Capabilities;
use host::module::{CallOptions, PolicyModule};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::key::Key;
use crate::limits;
use crate::lookups::{Lookups, Shortage, Waiting};

/// Why a key has no verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is no key: the same key will never have one.
    Key(String),
    /// The provider could not: the next time it may.
    Provider(String),
    /// It could not in the time that there was.
    Late(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Key(error) | Self::Provider(error) | Self::Late(error)) = self;
        f.write_str(error)
    }
}

/// A verdict about one workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `admit`, `audit` or `deny`.
    pub action: String,
    /// What the template reads: `allowed`, `verdict`, `message`, `audit`, `rule`.
    pub value: Value,
}

/// The module with its look-ups.
pub struct Judge {
    module: Arc<PolicyModule>,
    lookups: Lookups,
    options: CallOptions,
}

/// The module's answer, as policy servers get it.
#[derive(Deserialize)]
struct Answer {
    accepted: bool,
    message: Option<String>,
    warnings: Option<Vec<String>>,
    audit_annotations: Option<BTreeMap<String, String>>,
}

impl Judge {
    /// A module, its look-ups, and what it takes for the present.
    #[must_use]
    pub fn new(module: Arc<PolicyModule>, lookups: Lookups, options: CallOptions) -> Self {
        Self { module, lookups, options }
    }

    /// The verdict about the workload of a key. Blocks as long as the module's look-ups do, but not beyond `until`.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn verdict(&self, text: &str, until: Instant) -> Result<Verdict, Trouble> {
        let key = Key::read(text).map_err(Trouble::Key)?;
        let waiting = Arc::new(self.lookups.until(until));
        let capabilities: Arc<dyn Capabilities> = match (&key.namespace_labels, key.namespace()) {
            (Some(labels), Some(namespace)) => {
                Arc::new(Labelled { namespace, labels: labels.clone(), inner: Arc::clone(&waiting) })
            }
            _ => Arc::clone(&waiting) as Arc<dyn Capabilities>,
        };
        let bytes = self.module.call_with("validate", &key.payload(), &capabilities, self.options).map_err(|error| {
            Trouble::Provider(format!("the policy module gave no verdict: {}", first_line(&error.to_string())))
        })?;
        let answer: Answer = serde_json::from_slice(&bytes)
            .map_err(|error| Trouble::Provider(format!("the policy module's answer cannot be read: {error}")))?;
        match waiting.fell_short() {
            // Whatever the rules say of evidence that cannot be had: nobody has tried to have it.
            Some(Shortage::Room) => Err(Trouble::Provider("too many look-ups at one time: try again".to_owned())),
            Some(Shortage::Time) if !answer.accepted => {
                Err(Trouble::Late(cut(answer.message.as_deref().unwrap_or("a look-up took too long"))))
            }
            _ => Ok(answer.verdict()),
        }
    }
}

impl Answer {
    fn verdict(self) -> Verdict {
        let annotation = |key: &str| self.audit_annotations.as_ref().and_then(|all| all.get(key)).cloned();
        let action = match self.accepted {
            false => "deny".to_owned(),
            true => annotation("verdict").filter(|verdict| verdict == "audit").unwrap_or_else(|| "admit".to_owned()),
        };
        let message = self.message.as_deref().map(cut);
        // Who audits has warnings; of a denial they are those of the images that are not denied.
        let value = json!({
            "allowed": self.accepted,
            "verdict": action,
            "rule": annotation("rule"),
            "message": message,
            "audit": self.warnings.unwrap_or_default(),
        });
        Verdict { action, value }
    }
}

/// A trap has a trace of the module's functions behind it.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// A message within what its readers carry.
pub(crate) fn cut(message: &str) -> String {
    let end = message.floor_char_boundary(limits::MESSAGE_BYTES);
    message.get(..end).unwrap_or_default().to_owned()
}

/// Answers for the namespace of one request what Gatekeeper said of it.
struct Labelled {
    namespace: String,
    labels: BTreeMap<String, String>,
    inner: Arc<Waiting>,
}

#[derive(Deserialize)]
struct Asked {
    kind: String,
    name: String,
}

impl Capabilities for Labelled {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if (binding, namespace, operation) == ("kubewarden", "kubernetes", "get_resource")
            && let Ok(asked) = serde_json::from_slice::<Asked>(payload)
            && asked.kind == "Namespace"
            && asked.name == self.namespace
        {
            let object =
                json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": self.namespace, "labels": self.labels } });
            return Ok(object.to_string().into_bytes());
        }
        self.inner.call(binding, namespace, operation, payload)
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge").field("module", &self.module).finish_non_exhaustive()
    }
}
