//! A section of a policy → conditions, and where they apply.

use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

use super::criteria::{self, Meaning, Predicates};
use super::whose;

/// What rules are made of, but for the policy's own scope.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// Of which any one is enough.
    pub(super) conditions: Vec<Value>,
    /// Ids that it is not about.
    pub(super) not_ids: Vec<String>,
    /// Of which any one is enough; one without entries is everywhere.
    pub(super) scopes: Vec<Vec<Value>>,
    pub(super) is_unscanned: bool,
    pub(super) max_age: Option<String>,
}

/// Conditions that one section may become where its criteria have several values.
const CONDITIONS: usize = 64;

/// What a section stands for; `None`: nothing of it is about vulnerabilities, or nothing fulfils it.
pub(super) fn read(at: &At<'_>, draft: &mut Draft) -> Result<Option<Section>, Box<Refusal>> {
    draft.lose_others(at, &["sectionName", "policyGroups"])?;
    let mut sets: Option<Vec<Predicates>> = None;
    let mut section =
        Section { conditions: Vec::new(), not_ids: Vec::new(), scopes: vec![Vec::new()], is_unscanned: false, max_age: None };
    let mut others = Vec::new();
    for group in at.list_of("policyGroups")? {
        draft.lose_others(&group, &["fieldName", "booleanOperator", "negate", "values"])?;
        let Some(meaning) = criteria::read(&group)? else {
            others.push(group);
            continue;
        };
        let (more, why) = match meaning {
            Meaning::AnyOf(more) => (more, None),
            Meaning::Wider(more, why) => (more, Some(why)),
            Meaning::NotIds(ids) => {
                section.not_ids.extend(ids);
                (vec![Map::new()], None)
            }
            Meaning::Never => {
                draft.lose(at, "no vulnerability ever fulfils it: left out");
                return Ok(None);
            }
        };
        if sets.iter().flatten().any(|set| more.iter().any(|other| is_at_odds(set, other))) {
            draft.lose(&group, "what it asks for is asked for otherwise before it: the section holds without it");
            continue;
        }
        let all = product(sets.as_deref(), &more);
        if let Some(why) = why.or(all.is_none().then_some("it has too many values")) {
            draft.lose(&group, format!("{why}: the section holds for more"));
        }
        sets = Some(all.or(sets).unwrap_or_else(|| vec![Map::new()]));
    }
    for group in others {
        read_other(&group, sets.is_some(), &mut section, draft)?;
    }
    let Some(sets) = sets else {
        return Ok((section.is_unscanned || section.max_age.is_some()).then_some(section));
    };
    section.conditions = sets.into_iter().map(condition).collect();
    section.conditions.dedup();
    Ok(Some(section))
}

/// One of each; `None`: too many.
fn product(sets: Option<&[Predicates]>, more: &[Predicates]) -> Option<Vec<Predicates>> {
    let Some(sets) = sets else { return (more.len() <= CONDITIONS).then(|| more.to_vec()) };
    let is_few = sets.len().saturating_mul(more.len()) <= CONDITIONS;
    let joined = |set: &Predicates| more.iter().map(|other| join(set, other)).collect::<Vec<_>>();
    is_few.then(|| sets.iter().flat_map(joined).collect())
}

/// Whether two sets of predicates cannot be one: a predicate stands in a condition once.
fn is_at_odds(set: &Predicates, other: &Predicates) -> bool {
    let is_unfixable = |set: &Predicates| set.get("fixable") == Some(&json!(false));
    let is_fixed_since = |set: &Predicates| set.contains_key("fixAvailableFor");
    let is_twice = other.iter().any(|(key, value)| key != "cvss" && set.get(key).is_some_and(|known| known != value));
    is_twice || is_unfixable(set) && is_fixed_since(other) || is_unfixable(other) && is_fixed_since(set)
}

/// Both; where both have a score, the higher, which the highest of all scores reaches where each reaches its own.
fn join(set: &Predicates, other: &Predicates) -> Predicates {
    let mut joined = set.clone();
    for (key, value) in other {
        let known = set.get(key).and_then(Value::as_f64);
        if known.is_none_or(|known| value.as_f64().is_some_and(|score| score > known)) {
            joined.insert(key.clone(), value.clone());
        }
    }
    joined
}

fn condition(mut predicates: Predicates) -> Value {
    if predicates.is_empty() {
        predicates.insert("moreThan".to_owned(), json!(0));
    }
    predicates.into()
}

/// A criterion about something else than a vulnerability.
fn read_other(at: &At<'_>, has_conditions: bool, section: &mut Section, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let values = at.list_of("values")?.iter().map(|value| value.require("value")?.text()).collect::<Result<Vec<_>, _>>()?;
    let is_plain = !at.get("negate").map_or(Ok(false), |negate| negate.boolean())?;
    match (at.require("fieldName")?.text()?, &values[..]) {
        ("Unscanned Image", [value]) if is_plain && value.eq_ignore_ascii_case("true") => {
            section.is_unscanned = true;
            if has_conditions {
                draft.lose(at, "what is not scanned has no vulnerabilities: the section holds for either");
            }
        }
        ("Unscanned Image", [value]) if is_plain && value.eq_ignore_ascii_case("false") && has_conditions => {}
        ("Image Scan Age", [days]) if is_plain && policy::time::Duration::parse(&format!("{days}d")).is_some() => {
            section.max_age = Some(format!("{days}d"));
            if has_conditions {
                draft.lose(at, "findings that are too old are answered by themselves: the section holds for either");
            }
        }
        ("Namespace", values) if is_plain => match whose::namespaces(values) {
            Ok(scopes) => section.scopes = scopes,
            Err(why) => draft.lose(at, format!("{why}: the section holds for every namespace")),
        },
        _ => draft.lose(
            at,
            "nothing stands for this criterion: the section holds without it, where anything of it is about vulnerabilities",
        ),
    }
    Ok(())
}

/// Sections that differ in their conditions alone are one.
pub(super) fn together(sections: Vec<Section>) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    for section in sections {
        match all.iter_mut().find(|known| known.differs_in_conditions(&section)) {
            Some(known) => known.conditions.extend(section.conditions),
            None => all.push(section),
        }
    }
    all
}

impl Section {
    /// Whether both have conditions, and everything else is the same.
    fn differs_in_conditions(&self, other: &Self) -> bool {
        let have_conditions = !self.conditions.is_empty() && !other.conditions.is_empty();
        have_conditions
            && (self.is_unscanned, &self.max_age, &self.not_ids, &self.scopes)
                == (other.is_unscanned, &other.max_age, &other.not_ids, &other.scopes)
    }
}
