//! What an operator writes, checked: after this every value is of the rule language, version 1, and the evaluator asks no questions.
//!
//! Source: the rule language. [`read`](Settings::read) reports every problem at once.

pub mod advice;
mod condition;
mod exceptions;
mod exemption;
mod findings;
pub mod language;
mod node;
mod rule;
mod scope;
mod trust;

use std::collections::BTreeSet;

use serde_json::Value;

pub use self::condition::{Condition, Count, Glob, PackagePrefix, Test, Unit};
pub use self::exceptions::{BreakGlass, ControllerPods, PinDigests};
pub use self::exemption::{Exemption, FindingTest};
pub use self::findings::{Platform, SbomScanner, Source, Sources};
pub use self::node::Problem;
pub use self::rule::{Action, Answer, EvidenceTable, Rule, Trusting};
pub use self::scope::{Entry, Field, Operator, Scope};
pub use self::trust::{Signer, Subject, Trust};

use self::node::{Members, Node, Problems};
use crate::findings::Severity;
use crate::limits;

/// A settings document.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Name of the cluster, for scopes.
    pub cluster: Option<String>,
    /// Which of several fulfilled conditions decides.
    pub evaluation: Evaluation,
    /// What findings without a severity count as; `None`: they satisfy no `severity`.
    pub unknown_severity: Option<Severity>,
    /// Whether VEX statements set findings aside.
    pub applies_vex: bool,
    /// Where findings are looked for.
    pub findings: Sources,
    /// Whose signature findings need; `None`: unsigned ones are accepted.
    pub trust: Option<Trust>,
    /// Into which objects the judged digests are written.
    pub pin_digests: PinDigests,
    /// What becomes of pods that controllers create.
    pub controller_pods: ControllerPods,
    /// Who may have a workload admitted without a look-up; `None`: nobody.
    pub break_glass: Option<BreakGlass>,
    /// In list order; at least one.
    pub rules: Vec<Rule>,
    /// In list order.
    pub exemptions: Vec<Exemption>,
}

/// Which of several fulfilled conditions decides (rule language, "Which rule decides for one image").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// From critical down; the first rank with a fulfilled condition decides.
    SeverityFirst,
    /// The first rule in list order with a fulfilled condition decides.
    RuleOrder,
    /// All conditions are evaluated; the strictest action wins.
    Strictest,
}

impl Settings {
    /// Reads and checks a settings document.
    ///
    /// # Errors
    /// Every problem of the document, at most [`limits::SETTINGS_PROBLEMS`] and then how many more there are.
    pub fn read(value: &Value) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let settings = read(&Node::root(value, &problems));
        let problems = problems.into_inner();
        match settings {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(problems),
        }
    }

    /// The place of a severity on the scale; `None` for an unknown one that is ignored.
    pub fn place(&self, severity: Severity) -> Option<Severity> {
        if severity == Severity::Unknown { self.unknown_severity } else { Some(severity) }
    }
}

fn read(root: &Node<'_>) -> Option<Settings> {
    let members = root.object(&language::SETTINGS_KEYS, &[], "")?;
    let rules = members.require("rules").map(|node| read_rules(&node)).unwrap_or_default();
    let exemptions = members.get("exemptions").map(|node| read_exemptions(&node, &rule_names(&members))).unwrap_or_default();
    let evaluation = members.get("evaluation").and_then(|node| node.word(&language::EVALUATIONS));
    let unknown_severity = members.get("unknownSeverity").map(|node| node.word(&language::UNKNOWN_SEVERITIES).flatten());
    let controller_pods = members.get("controllerPods").and_then(|node| node.word(&language::CONTROLLER_PODS));
    Some(Settings {
        cluster: members.get("cluster").and_then(|node| node.text()).map(str::to_owned),
        evaluation: evaluation.unwrap_or(Evaluation::SeverityFirst),
        unknown_severity: unknown_severity.unwrap_or(Some(Severity::Medium)),
        applies_vex: members.get("vex").and_then(|node| node.word(&language::VEX)).unwrap_or(true),
        findings: members.get("findings").and_then(|node| findings::read(&node)).unwrap_or_default(),
        trust: members.get("trust").and_then(|node| trust::read(&node)),
        pin_digests: members.get("pinDigests").and_then(|node| node.word(&language::PIN_DIGESTS)).unwrap_or(PinDigests::Never),
        controller_pods: controller_pods.unwrap_or(ControllerPods::Judge),
        break_glass: members.get("breakGlass").and_then(|node| exceptions::read_break_glass(&node)),
        rules,
        exemptions,
    })
}

fn read_rules(node: &Node<'_>) -> Vec<Rule> {
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for item in node.list(limits::RULES).into_iter().flatten() {
        if let Some(rule) = rule::read(&item) {
            note_duplicate(&item, &mut names, &rule.name);
            rules.push(rule);
        }
    }
    rules
}

/// The names of the rules as written: a rule with another mistake in it still has a name.
fn rule_names<'a>(members: &Members<'a>) -> Vec<&'a str> {
    let rules = members.get("rules").and_then(|node| node.value().as_array());
    rules.into_iter().flatten().map(|rule| rule.get("name").and_then(Value::as_str).unwrap_or_default()).collect()
}

fn read_exemptions(node: &Node<'_>, rules: &[&str]) -> Vec<Exemption> {
    let mut names = BTreeSet::new();
    let mut exemptions = Vec::new();
    for item in node.list_or_none(limits::EXEMPTIONS) {
        if let Some(exemption) = exemption::read(&item, rules) {
            note_duplicate(&item, &mut names, &exemption.name);
            exemptions.push(exemption);
        }
    }
    exemptions
}

fn note_duplicate(node: &Node<'_>, names: &mut BTreeSet<String>, name: &str) {
    if !names.insert(name.to_owned()) {
        node.problem(format!("expected a unique name, found `{name}` again"));
    }
}

/// A name: 1 to [`limits::NAME_CHARS`] lower-case letters, digits and hyphens.
fn read_name(node: &Node<'_>) -> Option<String> {
    let is_sound = |text: &str| {
        (1..=limits::NAME_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    node.parsed("1 to 63 lower-case letters, digits and `-`", |text| is_sound(text).then(|| text.to_owned()))
}
