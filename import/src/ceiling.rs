//! The most severe finding that is tolerated, apart for those with a fix and without → conditions, and where it takes them, exemptions.
//!
//! Source: `VulnerabilityCheck` of the Binary Authorization API; the severity table of Kritis. A severity that is not specified is above
//! every maximum but ALLOW_ALL. A rule has no severity above critical: where critical is a maximum, every finding is counted, and
//! exemptions set aside what is tolerated, which a severity that is ignored is never.

use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

/// A maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ceiling {
    /// None is tolerated.
    BlockAll,
    /// This one and below; a severity of the rule language, from 0 for negligible.
    At(usize),
    /// Whatever.
    AllowAll,
}

/// From below.
const SEVERITIES: [&str; 5] = ["negligible", "low", "medium", "high", "critical"];
/// Critical as a maximum.
pub(crate) const CRITICAL: Ceiling = Ceiling::At(4);

const WORDS: [(&str, Ceiling); 7] = [
    ("BLOCK_ALL", Ceiling::BlockAll),
    ("MINIMAL", Ceiling::At(0)),
    ("LOW", Ceiling::At(1)),
    ("MEDIUM", Ceiling::At(2)),
    ("HIGH", Ceiling::At(3)),
    ("CRITICAL", CRITICAL),
    ("ALLOW_ALL", Ceiling::AllowAll),
];

/// The maxima of one requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ceilings {
    pub(crate) fixable: Ceiling,
    pub(crate) unfixable: Ceiling,
}

impl Ceiling {
    /// A member that says one, or what holds where it is absent.
    pub(crate) fn read(at: &At<'_>, key: &str, default: Option<Self>) -> Result<Self, Box<Refusal>> {
        match (at.get(key), default) {
            (None, Some(default)) => Ok(default),
            _ => at.require(key)?.word(&WORDS),
        }
    }
}

/// How the maxima of a whole document are said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    is_by_exemption: bool,
}

impl Style {
    /// Decides for all of them, and what a severity that is not specified counts as.
    pub(crate) fn of(all: &[Ceilings], draft: &mut Draft) -> Self {
        let is_by_exemption = all.iter().any(|ceilings| ceilings.fixable == CRITICAL || ceilings.unfixable == CRITICAL);
        draft.set("unknownSeverity", if is_by_exemption { "ignore" } else { "critical" });
        Self { is_by_exemption }
    }

    /// The conditions of a rule; none where everything is tolerated.
    pub(crate) fn conditions(self, ceilings: Ceilings) -> Vec<Value> {
        if ceilings.fixable == ceilings.unfixable {
            return self.condition(ceilings.fixable, None).into_iter().collect();
        }
        let both = [(ceilings.fixable, Some(true)), (ceilings.unfixable, Some(false))];
        both.into_iter().filter_map(|(ceiling, fixable)| self.condition(ceiling, fixable)).collect()
    }

    fn condition(self, ceiling: Ceiling, fixable: Option<bool>) -> Option<Value> {
        let mut condition = Map::new();
        match ceiling {
            Ceiling::AllowAll => return None,
            Ceiling::At(highest) if !self.is_by_exemption => {
                let above = SEVERITIES.get(highest.saturating_add(1))?;
                condition.insert("severity".to_owned(), (*above).into());
            }
            // Of a condition without a predicate something has to be written.
            _ if fixable.is_none() => drop(condition.insert("moreThan".to_owned(), 0.into())),
            _ => {}
        }
        condition.extend(fixable.map(|fixable| ("fixable".to_owned(), fixable.into())));
        Some(condition.into())
    }

    /// Sets aside, for the rules of these conditions, what is tolerated.
    pub(crate) fn tolerate(self, ceilings: Ceilings, rules: &[String], draft: &mut Draft) {
        if !self.is_by_exemption || rules.is_empty() {
            return;
        }
        let is_one = ceilings.fixable == ceilings.unfixable;
        for (ceiling, fixable) in [(ceilings.fixable, true), (ceilings.unfixable, false)] {
            let Ceiling::At(highest) = ceiling else { continue };
            let severity = SEVERITIES.get(highest).copied().unwrap_or("critical");
            let reason = format!("{severity} is the highest severity that is tolerated");
            let members = if is_one {
                json!({ "reason": reason, "severityAtMost": severity })
            } else {
                json!({ "reason": reason, "severityAtMost": severity, "fixable": fixable })
            };
            draft.exempt("tolerated", members, rules);
            if is_one {
                break;
            }
        }
    }
}

/// The id of a note of Container Analysis: what stands last in `projects/goog-vulnz/notes/CVE-2020-10543`, or the whole.
pub(crate) fn note_id(text: &str) -> &str {
    text.rsplit('/').next().filter(|id| !id.is_empty()).unwrap_or(text)
}
