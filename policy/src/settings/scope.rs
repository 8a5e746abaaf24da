//! A scope as written → [`Scope`]. What it is held against is in [`crate::evaluate`].
//!
//! Source: the rule language, "Scope fields".

use super::language::{FIELDS, FieldKind, OPERATORS, SCOPE_KEYS};
use super::node::Node;
use crate::limits;

/// Entries that all hold; none: everything is in scope.
pub type Scope = Vec<Entry>;

/// One entry: a field, an operator and values of which any one is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is looked at.
    pub field: Field,
    /// How it is compared.
    pub operator: Operator,
    /// At least one.
    pub values: Vec<String>,
}

/// What a scope can look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the field names of the rule language")]
pub enum Field {
    Cluster,
    Namespace,
    NamespaceLabel(String),
    Kind,
    Name,
    Label(String),
    Annotation(String),
    ServiceAccount,
    User,
    Group,
    Operation,
    Container,
    Image,
    Registry,
    Repository,
    Tag,
    Digest,
}

/// How values are compared. `NotEquals` holds when no value is equal and when the thing is absent; the others do not when it is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the operators of the rule language")]
pub enum Operator {
    Equals,
    NotEquals,
    StartsWith,
    EndsWith,
    Contains,
}

pub(super) fn read(node: &Node<'_>) -> Scope {
    node.list(limits::LIST_ITEMS).into_iter().flatten().filter_map(|entry| read_entry(&entry)).collect()
}

fn read_entry(node: &Node<'_>) -> Option<Entry> {
    let members = node.object(&SCOPE_KEYS, &[], "")?;
    let kind = members.require("field").and_then(|field| field.word(&FIELDS));
    let key = members.get("key").and_then(|node| node.text());
    let field = match kind {
        Some(FieldKind::Plain(field) | FieldKind::OfImage(field)) => {
            if members.has("key") {
                node.problem("expected no `key` for this field: only label, annotation and namespaceLabel have one");
            }
            Some(field())
        }
        Some(FieldKind::Keyed(field)) => {
            members.require("key");
            key.map(|key| field(key.to_owned()))
        }
        None => None,
    };
    let operator = members.require("operator").and_then(|node| node.word(&OPERATORS));
    let values = members.require("values").map(|node| {
        node.list(limits::LIST_ITEMS)
            .into_iter()
            .flatten()
            .filter_map(|value| value.text().map(str::to_owned))
            .collect::<Vec<_>>()
    });
    Some(Entry { field: field?, operator: operator?, values: values? })
}
