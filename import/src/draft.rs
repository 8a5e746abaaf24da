//! Settings in the making: rules and exemptions with unique names, and what was lost on the way.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::names::Names;
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
    /// The rules that lists of the same gate are for, where it says so.
    listed: Option<Vec<String>>,
    losses: Vec<Loss>,
    rule_names: Names,
    exemption_names: Names,
    /// Bytes of texts in rules and exemptions, and so many for each value.
    weight: usize,
    /// Losses that there was no room for.
    more_losses: usize,
}

/// The most that is lost of one configuration: nobody reads more.
const LOSSES: usize = 10_000;
/// The most that rules and exemptions weigh together. What is shared by many rules over there is written once for each here.
const WEIGHT: usize = 32 * 1024 * 1024;
/// What a value weighs besides its texts: about what it takes in memory.
const VALUE_WEIGHT: usize = 64;

impl Draft {
    /// Notes that what stands at a place has no counterpart.
    pub(crate) fn lose(&mut self, at: &At<'_>, why: impl Into<String>) {
        self.lose_as(at.place().to_owned(), at.written(), why);
    }

    /// The same of what is not a value of the document.
    pub(crate) fn lose_as(&mut self, place: String, what: String, why: impl Into<String>) {
        if self.losses.len() < LOSSES {
            self.losses.push(Loss { place, what, why: why.into() });
        } else {
            self.more_losses = self.more_losses.saturating_add(1);
        }
    }

    /// Notes every member that the format is not known to have.
    pub(crate) fn lose_others(&mut self, at: &At<'_>, known: &[&str]) -> Result<(), Box<Refusal>> {
        for other in at.others(known)? {
            self.lose(&other, "this member is not known: nothing stands for it, and only who knows it can say what that means");
        }
        Ok(())
    }

    /// Whether the format is known to have every member of an exemption, which exempts nothing otherwise: what is not known may narrow it.
    pub(crate) fn knows_all(&mut self, at: &At<'_>, known: &[&str]) -> Result<bool, Box<Refusal>> {
        let others = at.others(known)?;
        for other in &others {
            self.lose(other, "this member is not known, and may narrow what is exempt: nothing is exempt by this entry");
        }
        Ok(others.is_empty())
    }

    /// A name of the rule language for a rule.
    pub(crate) fn name_rule(&mut self, original: &str) -> String {
        self.rule_names.give(original)
    }

    /// Adds a rule behind those before it, or behind all that are not last.
    pub(crate) fn push_rule(&mut self, rule: Value, is_last: bool) {
        if self.take(weigh(&rule)) {
            if is_last { self.last_rules.push(rule) } else { self.rules.push(rule) }
        }
    }

    /// Sets a member of the document, such as `evaluation`.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.members.insert(key.to_owned(), value.into());
    }

    /// Whether there is room for what weighs this.
    fn take(&mut self, weight: usize) -> bool {
        self.weight = self.weight.saturating_add(weight);
        !self.is_full()
    }

    /// Whether more was added than there is room for: what follows is refused in any case.
    pub(crate) fn is_full(&self) -> bool {
        self.weight > WEIGHT
    }

    /// How many rules there are.
    pub(crate) fn rules(&self) -> usize {
        self.rules.len().saturating_add(self.last_rules.len())
    }

    /// How much has been lost.
    pub(crate) fn losses(&self) -> usize {
        self.losses.len()
    }

    /// An exemption: its members but `name` and `rules`. It is for these rules, or where none is given for all.
    pub(crate) fn exempt(&mut self, name: &str, members: Value, rules: &[String]) {
        let Value::Object(mut members) = members else { return };
        let key = (Value::Object(members.clone()).to_string(), rules.is_empty());
        if !self.take(rules.iter().map(|name| name.len().saturating_add(VALUE_WEIGHT)).fold(0, usize::saturating_add)) {
            return;
        }
        let position = self.positions.entry(key).or_insert(self.exemptions.len());
        if let Some((_, theirs)) = self.exemptions.get_mut(*position) {
            theirs.extend_from_slice(rules);
        } else {
            members.insert("name".to_owned(), self.exemption_names.give(name).into());
            let members = Value::Object(members);
            if self.take(weigh(&members))
                && let Value::Object(members) = members
            {
                self.exemptions.push((members, rules.to_vec()));
            }
        }
    }

    /// Says that lists of the same gate, which stand in files of their own, are for this rule; without one, for none that has been read.
    pub(crate) fn list_for(&mut self, rule: Option<&str>) {
        self.listed.get_or_insert_default().extend(rule.map(str::to_owned));
    }

    /// The rules that such lists are for; none: the gate is not here.
    pub(crate) fn listed(&self) -> Option<&[String]> {
        self.listed.as_deref()
    }

    /// The settings document, or the exemptions alone where there is no rule, and the losses.
    pub(crate) fn finish(self) -> Result<(Value, Vec<Loss>), Box<Refusal>> {
        let refuse = |expected: String, found: String| Box::new(Refusal { place: String::new(), expected, found, hint: None });
        if self.more_losses > 0 {
            let all = self.more_losses.saturating_add(LOSSES);
            let expected = format!("a configuration of which at most {LOSSES} things have no counterpart");
            return Err(refuse(expected, format!("{all} of them")));
        }
        if self.is_full() {
            return Err(refuse(
                format!("a configuration that at most {WEIGHT} bytes of settings are made of"),
                "more".to_owned(),
            ));
        }
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
        Ok((Value::Object(settings), self.losses))
    }
}

/// Bytes of all texts and keys in a value, and so many for each value. Foreign values are not deeper than the YAML reader takes.
fn weigh(value: &Value) -> usize {
    let below = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weigh).fold(0, usize::saturating_add),
        Value::Object(members) => {
            members.iter().fold(0_usize, |sum, (key, value)| sum.saturating_add(key.len()).saturating_add(weigh(value)))
        }
        _ => 0,
    };
    below.saturating_add(VALUE_WEIGHT)
}
