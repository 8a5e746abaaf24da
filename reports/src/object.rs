//! A Kubernetes object that holds a report: what it is called, when it was made, and what its annotations say.

use std::collections::BTreeMap;

use policy::time::Timestamp;

use crate::Outline;
use crate::json::members;
use crate::report::Notes;
use crate::scalar::{self, Scalar};

members! {
    /// `metadata` of an object.
    pub(crate) struct Metadata {
        creation_timestamp: Scalar = "creationTimestamp",
        annotations: BTreeMap<String, String>,
        labels: BTreeMap<String, String>,
    }
}

impl Metadata {
    /// The object's creation, for a report that does not say when the scan was finished: no scan is older than the object that it
    /// was first written to, and a later one only makes the findings younger than they are taken for.
    pub(crate) fn created_at(&self, notes: &mut Notes) -> Option<Timestamp> {
        let at = scalar::time(self.creation_timestamp.as_ref(), "`creationTimestamp`", notes)?;
        notes.add("the report does not say when the scan was finished: the creation of its object stands in");
        Some(at)
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref().and_then(|all| all.get(key)).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.as_ref().and_then(|all| all.get(key)).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Recognises an object by group and kind, in whatever version.
pub(crate) fn recognise(outline: &Outline<'_>, group: &str, kinds: &[&str]) -> Option<String> {
    let (api, kind) = (outline.text("apiVersion")?, outline.text("kind")?);
    let is_group = api.split_once('/').is_some_and(|(of, _)| of == group);
    (is_group && kinds.contains(&kind.as_str())).then(|| format!("a Kubernetes object of kind {kind} ({api})"))
}
