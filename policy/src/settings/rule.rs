//! A rule as written → [`Rule`].

use super::condition::{self, Condition};
use super::language::{ABSENCE_KEYS, ACTIONS, ANSWERS, FLAW_KEYS, RULE_KEYS, TRUSTING_ANSWERS};
use super::node::Node;
use super::read_name;
use super::scope::{self, Scope};
use crate::limits;
use crate::time::Duration;

/// A security rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique.
    pub name: String,
    /// For people; quoted in the alert event.
    pub description: Option<String>,
    /// What a fulfilled condition leads to.
    pub action: Action,
    /// A disabled rule takes no part.
    pub enabled: bool,
    /// Which workloads and images it is about.
    pub scope: Scope,
    /// Any of them fulfilled is enough; at least one.
    pub conditions: Vec<Condition>,
    /// Findings older than this are stale.
    pub max_age: Option<Duration>,
    /// Findings of a scan with a database older than this are stale.
    pub max_database_age: Option<Duration>,
    /// What to do when there is nothing, or not enough, to judge by.
    pub evidence: EvidenceTable,
}

/// What a rule does. The stricter one is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Admit, warn and raise an alert.
    Audit,
    /// Refuse.
    Deny,
}

impl Action {
    /// The word of settings and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Deny => "deny",
        }
    }
}

/// What a rule answers where there is nothing to judge by; `None` is `allow`.
pub type Answer = Option<Action>;

/// What a rule answers where there are findings with a flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trusting {
    /// Do not judge the findings; answer this.
    Answer(Answer),
    /// Judge them all the same.
    Use,
}

/// The `evidence` table of a rule; each entry defaults to the rule's own action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceTable {
    /// No findings exist.
    pub missing: Answer,
    /// They could not be asked for.
    pub unavailable: Answer,
    /// They are there but not usable.
    pub unreadable: Answer,
    /// No signature that `trust` accepts.
    pub untrusted: Trusting,
    /// They are too old.
    pub stale: Trusting,
    /// They lack a field that a condition needs; `use`: that condition does not match.
    pub incomplete: Trusting,
}

pub(super) fn read(node: &Node<'_>) -> Option<Rule> {
    let members = node.object(&RULE_KEYS, &[], "")?;
    let name = members.require("name").and_then(|node| read_name(&node));
    let action = members.require("action").and_then(|node| node.word(&ACTIONS));
    let conditions = members.require("conditions").map(|node| {
        node.list(limits::LIST_ITEMS).into_iter().flatten().filter_map(|node| condition::read(&node)).collect::<Vec<_>>()
    });
    let scope = members.get("scope").map(|node| scope::read(&node)).unwrap_or_default();
    // The table is read even where the action is not: every problem counts.
    let evidence = read_evidence(members.get("evidence").as_ref(), action.unwrap_or(Action::Deny));
    Some(Rule {
        description: members.get("description").and_then(|node| node.text()).map(str::to_owned),
        enabled: members.get("enabled").and_then(|node| node.boolean()).unwrap_or(true),
        max_age: members.get("maxAge").and_then(|node| read_duration(&node)),
        max_database_age: members.get("maxDatabaseAge").and_then(|node| read_duration(&node)),
        name: name?,
        action: action?,
        scope,
        conditions: conditions?,
        evidence,
    })
}

fn read_evidence(node: Option<&Node<'_>>, action: Action) -> EvidenceTable {
    let own = Some(action);
    let known = [ABSENCE_KEYS, FLAW_KEYS].concat();
    let members = node.and_then(|node| node.object(&known, &[], ""));
    let member = |key| members.and_then(|members| members.get(key));
    let answer = |key| member(key).and_then(|node| node.word(&ANSWERS)).unwrap_or(own);
    let trusting = |key| member(key).and_then(|node| node.word(&TRUSTING_ANSWERS)).unwrap_or(Trusting::Answer(own));
    let [missing, unavailable, unreadable] = ABSENCE_KEYS.map(answer);
    let [untrusted, stale, incomplete] = FLAW_KEYS.map(trusting);
    EvidenceTable { missing, unavailable, unreadable, untrusted, stale, incomplete }
}

/// A duration of the rule language.
pub(super) fn read_duration(node: &Node<'_>) -> Option<Duration> {
    node.parsed("a duration such as 12h, 7d or 2w", Duration::parse)
}
