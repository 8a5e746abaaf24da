//! Findings × VEX statements and exemptions → what is set aside, with the name of what did it. Nothing is dropped.
//!
//! Source: the rule language, "Exemptions"; OpenVEX 0.2.0: `not_affected` and `fixed` set aside, the others count.

use crate::findings::{Finding, Image, VexStatus, Vulnerability};
use crate::settings::{Exemption, FindingTest, Settings};
use crate::verdict::By;

/// What is set aside of one image, in the order of its findings.
#[derive(Debug, Default)]
pub struct Partition {
    entries: Vec<Entry>,
}

/// One finding and one thing that sets it aside.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Position of the vulnerability.
    pub vulnerability: usize,
    /// Position of the finding in it.
    pub finding: usize,
    /// By what.
    pub by: By,
}

impl Partition {
    /// Holds every finding of an image against VEX and the exemptions at the given positions.
    pub fn new(image: &Image<'_>, settings: &Settings, exemptions: &[usize]) -> Self {
        let mut entries = Vec::new();
        for (v, vulnerability) in image.vulnerabilities.as_deref().unwrap_or_default().iter().enumerate() {
            let candidates: Vec<(usize, &Exemption)> = exemptions
                .iter()
                .filter_map(|position| settings.exemptions.get(*position).map(|exemption| (*position, exemption)))
                .filter(|(_, exemption)| may_cover(settings, exemption, vulnerability))
                .collect();
            for (f, finding) in vulnerability.findings.iter().enumerate() {
                if settings.applies_vex && matches!(finding.vex, Some(VexStatus::NotAffected | VexStatus::Fixed)) {
                    entries.push(Entry { vulnerability: v, finding: f, by: By::Vex });
                }
                for (position, exemption) in &candidates {
                    let covers = exemption.findings.as_ref().is_some_and(|test| covers(test, finding));
                    if covers && !(exemption.until_fixed && finding.is_fixable()) {
                        entries.push(Entry { vulnerability: v, finding: f, by: By::Exemption(*position) });
                    }
                }
            }
        }
        Self { entries }
    }

    /// Every entry, in the order of the findings.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is set aside for one rule, to be asked finding by finding in their order.
    pub fn for_rule<'p>(&'p self, settings: &'p Settings, rule: usize) -> Cursor<'p> {
        Cursor { rest: &self.entries, settings, rule }
    }
}

/// Walks a partition beside the findings, so that a whole image is one pass.
#[derive(Debug)]
pub struct Cursor<'p> {
    rest: &'p [Entry],
    settings: &'p Settings,
    rule: usize,
}

impl Cursor<'_> {
    /// Whether the finding is set aside for the rule. Findings must be asked for in their order.
    pub fn is_set_aside(&mut self, vulnerability: usize, finding: usize) -> bool {
        let mut is_set_aside = false;
        while let Some((entry, rest)) = self.rest.split_first() {
            if (entry.vulnerability, entry.finding) > (vulnerability, finding) {
                break;
            }
            self.rest = rest;
            if (entry.vulnerability, entry.finding) == (vulnerability, finding) {
                is_set_aside |= match entry.by {
                    By::Vex => true,
                    By::Exemption(position) => self.settings.exemptions.get(position).is_some_and(|e| e.is_for(self.rule)),
                };
            }
        }
        is_set_aside
    }
}

/// Whether the predicates that are about the vulnerability hold.
fn may_cover(settings: &Settings, exemption: &Exemption, vulnerability: &Vulnerability<'_>) -> bool {
    let Some(test) = &exemption.findings else { return false };
    let place = settings.place(vulnerability.severity);
    (test.ids.is_empty() || test.ids.iter().any(|id| vulnerability.is_named(id)))
        && test.severity_at_most.is_none_or(|most| place.is_some_and(|severity| severity <= most))
}

/// Whether the predicates that are about the finding hold.
fn covers(test: &FindingTest, finding: &Finding<'_>) -> bool {
    test.fixable.is_none_or(|fixable| finding.is_fixable() == fixable)
        && (test.packages.is_empty() || test.packages.iter().any(|package| package.matches(&finding.purl)))
        && (test.paths.is_empty() || finding.path.as_deref().is_some_and(|path| test.paths.iter().any(|glob| glob.matches(path))))
}
