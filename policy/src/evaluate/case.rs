//! The part of the settings that is about one image: rules in scope that no exemption excuses it from, and exemptions that apply.

use super::scope::{self, Facts, InScope};
use crate::settings::{Rule, Settings, Trusting};
use crate::time::Timestamp;
use crate::verdict::Outcome;

/// The part of the settings that is about one image.
#[derive(Clone, Debug)]
pub struct Case<'s> {
    pub(super) settings: &'s Settings,
    /// Positions of the rules that are to be judged by findings.
    pub(super) rules: Vec<usize>,
    pub(super) undecided: Vec<usize>,
    pub(super) namespace_is_refused: bool,
    /// Positions of the exemptions that set findings aside.
    pub(super) exemptions: Vec<usize>,
    pub(super) excused_by: Vec<usize>,
}

impl<'s> Case<'s> {
    /// Enabled rules in scope that no exemption excuses the image from, and exemptions in force and in scope.
    pub fn new(settings: &'s Settings, facts: &Facts<'_>, now: Timestamp) -> Self {
        let applies = |position: &usize| {
            settings.exemptions.get(*position).is_some_and(|e| e.is_in_force(now) && scope::exemption_is_in_scope(e, facts))
        };
        let (excusing, exemptions): (Vec<usize>, Vec<usize>) = (0..settings.exemptions.len())
            .filter(applies)
            .partition(|position| settings.exemptions.get(*position).is_some_and(|e| e.findings.is_none()));
        let with_scope = |wanted: InScope| -> Vec<usize> {
            let enabled = settings.rules.iter().enumerate().filter(|(_, rule)| rule.enabled);
            enabled.filter(|(_, rule)| scope::of_rule(rule, facts) == wanted).map(|(position, _)| position).collect()
        };
        let (mut rules, mut undecided) = (with_scope(InScope::Yes), with_scope(InScope::Unknown));
        let mut excused_by = Vec::new();
        for position in excusing {
            let Some(exemption) = settings.exemptions.get(position) else { continue };
            if rules.iter().chain(&undecided).any(|rule| exemption.is_for(*rule)) {
                rules.retain(|rule| !exemption.is_for(*rule));
                undecided.retain(|rule| !exemption.is_for(*rule));
                excused_by.push(position);
            }
        }
        Self { settings, rules, undecided, namespace_is_refused: facts.namespace_is_refused, exemptions, excused_by }
    }

    /// Whether a rule is to be judged by findings; without one the image is not looked up.
    pub fn needs_evidence(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether a rule is to be judged even by findings that nobody trusted signed.
    pub fn uses_untrusted(&self) -> bool {
        self.rules().any(|(_, rule)| rule.evidence.untrusted == Trusting::Use)
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (usize, &'s Rule)> {
        self.at(&self.rules)
    }

    /// Rules of which only the unknown labels of the namespace could tell whether they are about the image.
    pub(super) fn undecided(&self) -> impl Iterator<Item = (usize, &'s Rule)> {
        self.at(&self.undecided)
    }

    fn at(&self, positions: &[usize]) -> impl Iterator<Item = (usize, &'s Rule)> {
        let settings = self.settings;
        positions.iter().filter_map(move |position| settings.rules.get(*position).map(|rule| (*position, rule)))
    }

    pub(super) fn outcome<'e, 'a>(&self) -> Outcome<'e, 'a> {
        Outcome { excused_by: self.excused_by.clone(), ..Outcome::default() }
    }
}
