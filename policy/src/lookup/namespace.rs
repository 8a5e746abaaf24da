//! The labels of a namespace, asked for at most once and only where a scope hangs on them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::fault::{Asked, Failure, classify};
use super::host::{self, Host, Resource};
use crate::text::quote;

const NAMESPACE: Resource = Resource { api_version: "v1", kind: "Namespace", fields: &["metadata.labels"] };

/// Why the labels are not known: the host's text, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceFault {
    /// One line.
    pub why: String,
    /// The host refused the call to this policy.
    pub is_not_granted: bool,
}

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

/// Asks for the labels of a namespace.
///
/// # Errors
/// They cannot be read, whatever the reason: the scopes that hang on them are undecided.
pub fn labels(host: &dyn Host, name: Option<&str>) -> Result<BTreeMap<String, String>, NamespaceFault> {
    let fault = |why: String| NamespaceFault { why, is_not_granted: false };
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| fault("the request names no namespace".to_owned()))?;
    let answer = host::get_resource(host, &NAMESPACE, None, name).map_err(|text| match classify(&text, Asked::Digest) {
        Failure::NotGranted(why) => NamespaceFault { why, is_not_granted: true },
        Failure::Unavailable(why) | Failure::Unreadable(why) | Failure::Untrusted(why) => fault(why),
        Failure::Absent => fault(quote(&text)),
    })?;
    let text = std::str::from_utf8(&answer).map_err(|_| fault("the host's answer is not UTF-8".to_owned()))?;
    let namespace: Namespace =
        serde_json::from_str(text).map_err(|error| fault(quote(&format!("the host's answer is not understood: {error}"))))?;
    Ok(namespace.metadata.labels.unwrap_or_default())
}
