//! An exemption as written → [`Exemption`]: what it sets aside, for which rules, and until when.
//!
//! Source: the rule language, "Exemptions".

use super::condition::{self, Glob, PackagePrefix};
use super::language::{EXEMPTION_KEYS, EXEMPTION_PREDICATES, EXEMPTION_REFUSED_KEYS, SEVERITIES};
use super::node::{Members, Node};
use super::read_name;
use super::scope::{self, Scope};
use crate::findings::Severity;
use crate::limits;
use crate::time::Timestamp;

/// An exemption.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemption {
    /// Unique.
    pub name: String,
    /// Why it was given.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Which findings it sets aside; `None`: it excuses the images in its scope altogether.
    pub findings: Option<FindingTest>,
    /// Where it applies; never empty without `findings`.
    pub scope: Scope,
    /// Positions of the rules it is for; `None`: all.
    pub rules: Option<Vec<usize>>,
    /// First instant at which it is in force.
    pub from: Option<Timestamp>,
    /// Last instant at which it is in force.
    pub until: Option<Timestamp>,
    /// It does not cover a finding for which a fix is known.
    pub until_fixed: bool,
}

/// The finding predicates of an exemption. All of them hold for a covered finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindingTest {
    /// As in a condition.
    pub ids: Vec<String>,
    /// As in a condition.
    pub packages: Vec<PackagePrefix>,
    /// As in a condition.
    pub paths: Vec<Glob>,
    /// As in a condition.
    pub fixable: Option<bool>,
    /// At most this severe. An unknown severity that is ignored is not covered.
    pub severity_at_most: Option<Severity>,
}

impl Exemption {
    /// Whether `from ≤ now ≤ until`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now <= until)
    }

    /// Whether it is for the rule at a position.
    pub fn is_for(&self, rule: usize) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.contains(&rule))
    }
}

/// `rules` are the names of all rules as written, by position.
pub(super) fn read(node: &Node<'_>, rules: &[&str]) -> Option<Exemption> {
    let known: Vec<&str> = EXEMPTION_KEYS.into_iter().chain(EXEMPTION_PREDICATES).collect();
    let why = format!("an exemption cannot have this predicate, expected one of {}", EXEMPTION_PREDICATES.join(", "));
    let members = node.object(&known, &EXEMPTION_REFUSED_KEYS, &why)?;
    let has_predicates = EXEMPTION_PREDICATES.iter().any(|key| members.has(key));
    if !has_predicates && !members.has("scope") {
        node.problem(format!("expected a predicate ({}) or a `scope`, found neither", EXEMPTION_PREDICATES.join(", ")));
    }
    let until_fixed = members.get("untilFixed").and_then(|node| node.boolean()).unwrap_or(false);
    if until_fixed && !has_predicates {
        node.problem("expected a predicate beside `untilFixed`, found none: it excuses images altogether");
    }
    let fixable = members.get("fixable").and_then(|node| node.boolean());
    if until_fixed && fixable == Some(true) {
        node.problem("expected `untilFixed` without `fixable: true`, found both: it can never apply");
    }
    let from = members.get("from").and_then(|node| read_instant(&node, Timestamp::start_of_date));
    let until = members.get("until").and_then(|node| read_instant(&node, Timestamp::end_of_date));
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        node.problem(format!("expected `until` after `from`, found {until} before {from}"));
    }
    let name = members.require("name").and_then(|node| read_name(&node));
    let reason = members.require("reason").and_then(|node| node.text());
    Some(Exemption {
        owner: members.get("owner").and_then(|node| node.text()).map(str::to_owned),
        findings: has_predicates.then(|| read_findings(&members, fixable)),
        scope: members.get("scope").map(|node| scope::read(&node)).unwrap_or_default(),
        rules: members.get("rules").map(|node| read_rules(&node, rules)),
        from,
        until,
        until_fixed,
        name: name?,
        reason: reason?.to_owned(),
    })
}

fn read_findings(members: &Members<'_>, fixable: Option<bool>) -> FindingTest {
    FindingTest {
        ids: members.get("ids").map(|node| condition::read_ids(&node)).unwrap_or_default(),
        packages: members.get("packages").map(|node| condition::read_packages(&node)).unwrap_or_default(),
        paths: members.get("paths").map(|node| condition::read_paths(&node)).unwrap_or_default(),
        fixable,
        severity_at_most: members.get("severityAtMost").and_then(|node| node.word(&SEVERITIES)),
    }
}

fn read_rules(node: &Node<'_>, rules: &[&str]) -> Vec<usize> {
    let position = |node: Node<'_>| {
        let name = node.text()?;
        let position = rules.iter().position(|rule| *rule == name);
        if position.is_none() {
            let known: Vec<String> = rules.iter().map(|rule| crate::text::quote(rule)).collect();
            node.problem(format!("expected the name of a rule ({}), found `{}`", known.join(", "), crate::text::quote(name)));
        }
        position
    };
    node.list(limits::RULES).into_iter().flatten().filter_map(position).collect()
}

/// An RFC 3339 instant, or a date that `of_date` resolves.
fn read_instant(node: &Node<'_>, of_date: fn(&str) -> Option<Timestamp>) -> Option<Timestamp> {
    node.parsed("a date such as 2026-12-31 or an RFC 3339 instant", |text| of_date(text).or_else(|| Timestamp::parse(text)))
}
