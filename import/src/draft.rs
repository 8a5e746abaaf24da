//! Settings in the making: rules and exemptions with unique names, and what was lost on the way.

use std::collections::{BTreeMap, BTreeSet};

use policy::limits;
use serde_json::{Map, Value};

use crate::source::At;
use crate::{Loss, Refusal};

/// What has been read so far.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    rules: Vec<Value>,
    last_rules: Vec<Value>,
    /// Members of the document besides rules and exemptions.
    members: Map<String, Value>,
    exemptions: Vec<(Map<String, Value>, Vec<String>)>,
    /// Exemptions that are the same but for the rules that they name are one.
    positions: BTreeMap<(String, bool), usize>,
    losses: Vec<Loss>,
    rule_names: Names,
    exemption_names: Names,
}

impl Draft {
    /// Notes that what stands at a place has no counterpart.
    pub(crate) fn lose(&mut self, at: &At<'_>, why: impl Into<String>) {
        self.lose_as(at.place().to_owned(), at.written(), why);
    }

    /// The same of what is not a value of the document.
    pub(crate) fn lose_as(&mut self, place: String, what: String, why: impl Into<String>) {
        self.losses.push(Loss { place, what, why: why.into() });
    }

    /// Notes every member that the format is not known to have.
    pub(crate) fn lose_others(&mut self, at: &At<'_>, known: &[&str]) -> Result<(), Refusal> {
        for other in at.others(known)? {
            self.lose(&other, "this member is not known: nothing stands for it, and only who knows it can say what that means");
        }
        Ok(())
    }

    /// A name of the rule language for a rule.
    pub(crate) fn name_rule(&mut self, original: &str) -> String {
        self.rule_names.give(original)
    }

    /// Adds a rule behind those before it, or behind all that are not last.
    pub(crate) fn push_rule(&mut self, rule: Value, is_last: bool) {
        if is_last { self.last_rules.push(rule) } else { self.rules.push(rule) }
    }

    /// Sets a member of the document, such as `evaluation`.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.members.insert(key.to_owned(), value.into());
    }

    /// How much has been lost.
    pub(crate) fn losses(&self) -> usize {
        self.losses.len()
    }

    /// An exemption: its members but `name` and `rules`. It is for these rules, or where none is given for all.
    pub(crate) fn exempt(&mut self, name: &str, members: Value, rules: &[String]) {
        let Value::Object(mut members) = members else { return };
        let key = (Value::Object(members.clone()).to_string(), rules.is_empty());
        let position = self.positions.entry(key).or_insert(self.exemptions.len());
        if let Some((_, theirs)) = self.exemptions.get_mut(*position) {
            theirs.extend_from_slice(rules);
        } else {
            members.insert("name".to_owned(), self.exemption_names.give(name).into());
            self.exemptions.push((members, rules.to_vec()));
        }
    }

    /// The settings document, or the exemptions alone where there is no rule, and the losses.
    pub(crate) fn finish(self) -> (Value, Vec<Loss>) {
        let rules = [self.rules, self.last_rules].concat();
        let of_rules = |(mut members, rules): (Map<String, Value>, Vec<String>)| {
            if !rules.is_empty() {
                members.insert("rules".to_owned(), rules.into());
            }
            Value::Object(members)
        };
        let exemptions: Vec<Value> = self.exemptions.into_iter().map(of_rules).collect();
        let mut settings = self.members;
        if !rules.is_empty() {
            settings.insert("rules".to_owned(), rules.into());
        }
        if !exemptions.is_empty() || !settings.contains_key("rules") {
            settings.insert("exemptions".to_owned(), exemptions.into());
        }
        (Value::Object(settings), self.losses)
    }
}

/// Names of the rule language, each given once.
#[derive(Debug, Default)]
struct Names {
    given: BTreeSet<String>,
    next: BTreeMap<String, u32>,
}

/// Characters of a name that a number may be put behind.
const STEM_CHARS: usize = limits::NAME_CHARS.saturating_sub(11);

impl Names {
    /// The words of a text in lower case, with hyphens between them and a number where the name is taken.
    fn give(&mut self, original: &str) -> String {
        let mut stem = String::new();
        for c in original.chars().map(|c| c.to_ascii_lowercase()) {
            if c.is_ascii_alphanumeric() {
                stem.push(c);
            } else if !stem.is_empty() && !stem.ends_with('-') {
                stem.push('-');
            }
        }
        let stem: String = stem.chars().take(STEM_CHARS).collect();
        let stem = match stem.trim_end_matches('-') {
            "" => "rule",
            stem => stem,
        };
        let next = self.next.entry(stem.to_owned()).or_insert(1);
        loop {
            let name = if *next == 1 { stem.to_owned() } else { format!("{stem}-{next}") };
            *next = next.saturating_add(1);
            if self.given.insert(name.clone()) {
                return name;
            }
        }
    }
}
