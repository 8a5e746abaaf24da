//! Scopes held against a workload's image. Source: the rule language, "Scope fields".

use std::collections::BTreeMap;

use crate::image::{Reference, ReferenceError};
use crate::request::Request;
use crate::settings::{Entry, Exemption, Field, Operator, Rule, Settings};
use crate::time::Timestamp;
use crate::workload::{Workload, WorkloadImage};

/// What a scope is held against.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'e> {
    /// The settings, for the name of the cluster.
    pub settings: &'e Settings,
    /// The admission request.
    pub request: &'e Request<'e>,
    /// Its object.
    pub workload: &'e Workload,
    /// One image of it.
    pub image: &'e WorkloadImage,
    /// The image's reference.
    pub reference: Result<&'e Reference, &'e ReferenceError>,
    /// The labels of the request's namespace; `None` where nobody asked for them, or they cannot be read.
    pub namespace_labels: Option<&'e BTreeMap<String, String>>,
    /// The host refuses them to this policy.
    pub namespace_is_refused: bool,
}

/// What a scope says of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InScope {
    /// Every entry holds.
    Yes,
    /// An entry does not hold.
    No,
    /// The labels of the namespace would decide, and are not known.
    Unknown,
}

/// Whether a scope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    /// The reference is malformed: nobody can say.
    Malformed,
    /// The labels of the namespace are not known.
    Unknown,
}

/// A rule is in scope unless an entry certainly does not hold.
pub fn of_rule(rule: &Rule, facts: &Facts<'_>) -> InScope {
    of_entries(&rule.scope, facts)
}

/// The same of some of its entries.
pub(super) fn of_entries(entries: &[Entry], facts: &Facts<'_>) -> InScope {
    let holds: Vec<Holds> = entries.iter().map(|entry| holds(entry, facts, Side::Either)).collect();
    match (holds.contains(&Holds::No), holds.contains(&Holds::Unknown)) {
        (true, _) => InScope::No,
        (_, true) => InScope::Unknown,
        _ => InScope::Yes,
    }
}

/// Whether the labels of the namespace decide the scope of a rule, or of an exemption in force from a rule that may be in scope. The facts
/// hold none yet.
pub fn needs_namespace_labels(facts: &Facts<'_>, now: Timestamp) -> bool {
    let rules: Vec<(usize, InScope)> = facts
        .settings
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.enabled)
        .map(|(i, rule)| (i, of_rule(rule, facts)))
        .collect();
    let is_undecided = |exemption: &Exemption| {
        let holds: Vec<Holds> = exemption.scope.iter().map(|entry| holds(entry, facts, Side::Both)).collect();
        holds.contains(&Holds::Unknown) && !holds.contains(&Holds::No)
    };
    let may_matter = |exemption: &Exemption| rules.iter().any(|(rule, scope)| *scope != InScope::No && exemption.is_for(*rule));
    let mut exemptions = facts.settings.exemptions.iter().filter(|exemption| exemption.is_in_force(now) && may_matter(exemption));
    rules.iter().any(|(_, scope)| *scope == InScope::Unknown) || exemptions.any(is_undecided)
}

/// An exemption applies only where every entry certainly holds.
pub fn exemption_is_in_scope(exemption: &Exemption, facts: &Facts<'_>) -> bool {
    exemption.scope.iter().all(|entry| holds(entry, facts, Side::Both) == Holds::Yes)
}

/// Of an object and its pod template, which must have the label or annotation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Either,
    Both,
}

fn holds(entry: &Entry, facts: &Facts<'_>, side: Side) -> Holds {
    let one = |value: Option<&str>| if compare(entry, value.as_slice()) { Holds::Yes } else { Holds::No };
    match &entry.field {
        Field::Cluster => one(facts.settings.cluster.as_deref()),
        Field::Namespace => one(facts.request.namespace.as_deref().filter(|namespace| !namespace.is_empty())),
        Field::NamespaceLabel(key) => match facts.namespace_labels {
            Some(labels) => one(labels.get(key).map(String::as_str)),
            None => Holds::Unknown,
        },
        Field::Kind => one(Some(&facts.request.kind.kind)),
        Field::Name => one(facts.workload.name.as_deref().or(facts.request.name.as_deref())),
        Field::Label(key) => metadata(entry, side, facts.workload, |metadata| metadata.labels.get(key).map(String::as_str)),
        Field::Annotation(key) => {
            metadata(entry, side, facts.workload, |metadata| metadata.annotations.get(key).map(String::as_str))
        }
        Field::ServiceAccount => one(Some(&facts.workload.service_account)),
        Field::User => one(facts.request.user()),
        Field::Group => {
            let groups: Vec<&str> = facts.request.groups().iter().map(AsRef::as_ref).collect();
            if compare(entry, &groups) { Holds::Yes } else { Holds::No }
        }
        Field::Operation => one(facts.request.operation()),
        Field::Container => one(Some(&facts.image.name)),
        field => match facts.reference {
            Err(_) => Holds::Malformed,
            Ok(reference) => match field {
                Field::Registry => one(Some(reference.registry())),
                Field::Repository => one(Some(&reference.repository())),
                Field::Tag => one(reference.tag()),
                Field::Digest => one(reference.digest().map(crate::image::Digest::as_str)),
                _ => one(Some(&reference.to_string())),
            },
        },
    }
}

fn metadata<'w>(
    entry: &Entry,
    side: Side,
    workload: &'w Workload,
    value: impl Fn(&'w crate::workload::Metadata) -> Option<&'w str>,
) -> Holds {
    let mut each =
        std::iter::once(&workload.object).chain(&workload.template).map(|metadata| compare(entry, value(metadata).as_slice()));
    let holds = if side == Side::Either { each.any(|holds| holds) } else { each.all(|holds| holds) };
    if holds { Holds::Yes } else { Holds::No }
}

/// `found` is empty where the thing is absent, and has several texts only for groups.
fn compare(entry: &Entry, found: &[&str]) -> bool {
    let any = |test: fn(&str, &str) -> bool| found.iter().any(|text| entry.values.iter().any(|value| test(text, value)));
    match entry.operator {
        Operator::Equals => any(|text, value| text == value),
        Operator::NotEquals => !any(|text, value| text == value),
        Operator::StartsWith => any(|text, value| text.starts_with(value)),
        Operator::EndsWith => any(|text, value| text.ends_with(value)),
        Operator::Contains => any(|text, value| text.contains(value)),
    }
}
