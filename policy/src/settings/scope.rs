//! A scope as written → [`Scope`]. What it is held against is in [`crate::evaluate`].
//!
//! Source: the rule language, "Scope fields".

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

const OPERATORS: [(&str, Operator); 5] = [
    ("equals", Operator::Equals),
    ("notEquals", Operator::NotEquals),
    ("startsWith", Operator::StartsWith),
    ("endsWith", Operator::EndsWith),
    ("contains", Operator::Contains),
];

/// How a field name is read: those of the object's metadata need a key.
#[derive(Clone, Copy)]
enum Kind {
    Plain(fn() -> Field),
    Keyed(fn(String) -> Field),
}

const FIELDS: [(&str, Kind); 17] = [
    ("cluster", Kind::Plain(|| Field::Cluster)),
    ("namespace", Kind::Plain(|| Field::Namespace)),
    ("namespaceLabel", Kind::Keyed(Field::NamespaceLabel)),
    ("kind", Kind::Plain(|| Field::Kind)),
    ("name", Kind::Plain(|| Field::Name)),
    ("label", Kind::Keyed(Field::Label)),
    ("annotation", Kind::Keyed(Field::Annotation)),
    ("serviceAccount", Kind::Plain(|| Field::ServiceAccount)),
    ("user", Kind::Plain(|| Field::User)),
    ("group", Kind::Plain(|| Field::Group)),
    ("operation", Kind::Plain(|| Field::Operation)),
    ("container", Kind::Plain(|| Field::Container)),
    ("image", Kind::Plain(|| Field::Image)),
    ("registry", Kind::Plain(|| Field::Registry)),
    ("repository", Kind::Plain(|| Field::Repository)),
    ("tag", Kind::Plain(|| Field::Tag)),
    ("digest", Kind::Plain(|| Field::Digest)),
];

pub(super) fn read(node: &Node<'_>) -> Scope {
    node.list(limits::LIST_ITEMS).into_iter().flatten().filter_map(|entry| read_entry(&entry)).collect()
}

fn read_entry(node: &Node<'_>) -> Option<Entry> {
    let members = node.object(&["field", "key", "operator", "values"], &[])?;
    let kind = members.require("field").and_then(|field| field.word(&FIELDS));
    let key = members.get("key").and_then(|node| node.text());
    let field = match kind {
        Some(Kind::Plain(field)) => {
            if members.has("key") {
                node.problem("expected no `key` for this field: only label, annotation and namespaceLabel have one");
            }
            Some(field())
        }
        Some(Kind::Keyed(field)) => {
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
