//! What was decided and why. Made by [`crate::evaluate`], turned into prose and JSON by [`crate::render`] alone.

use crate::findings::{Finding, Vulnerability};
use crate::image::{Digest, ReferenceError};
use crate::lookup::Evidence;
use crate::lookup::namespace::NamespaceFault;
use crate::settings::{Action, Trusting, Unit};
use crate::time::Duration;

/// The verdict on a workload.
#[derive(Debug)]
pub struct Verdict<'e, 'a> {
    /// One for each image, in the workload's order.
    pub images: Vec<JudgedImage<'e, 'a>>,
    /// Why the labels of the namespace could not be read, where they could not.
    pub namespace: Option<&'e NamespaceFault>,
}

impl<'e, 'a> Verdict<'e, 'a> {
    /// The first image with the worst verdict; `None` where there are no images.
    pub fn deciding(&self) -> Option<&JudgedImage<'e, 'a>> {
        let mut worst: Option<&JudgedImage<'e, 'a>> = None;
        for image in &self.images {
            if worst.is_none_or(|worst| image.outcome.action > worst.outcome.action) {
                worst = Some(image);
            }
        }
        worst
    }

    /// `None`: admitted.
    pub fn action(&self) -> Option<Action> {
        self.deciding().and_then(|image| image.outcome.action)
    }
}

/// The verdict on one image of a workload.
#[derive(Debug)]
pub struct JudgedImage<'e, 'a> {
    /// JSON path of its place in the object.
    pub path: &'e str,
    /// The normalised reference, or the text as written where it is malformed.
    pub image: String,
    /// Why the reference cannot be read, where it cannot.
    pub malformed: Option<&'e ReferenceError>,
    /// What was judged, where it is known.
    pub digest: Option<&'e Digest>,
    /// A controller restarts it from a digest, and such pods are skipped.
    pub is_skipped: bool,
    /// `None`: no rule is about it, and it was not looked up.
    pub evidence: Option<&'e Evidence<'a>>,
    /// What follows.
    pub outcome: Outcome<'e, 'a>,
}

/// What the rules make of one image.
#[derive(Debug, Default)]
pub struct Outcome<'e, 'a> {
    /// `None`: admitted.
    pub action: Option<Action>,
    /// The platform of an index that decided.
    pub platform: Option<&'e str>,
    /// Fulfilled conditions and answers for want of evidence; the deciding one first.
    pub violations: Vec<Violation<'e, 'a>>,
    /// Positions of the rules that were never reached.
    pub not_reached: Vec<usize>,
    /// Findings that were not counted, and by what.
    pub set_aside: Vec<SetAside<'e, 'a>>,
    /// Positions of exemptions that excuse the image from rules.
    pub excused_by: Vec<usize>,
    /// How many findings ended where; `None` where no document was read.
    pub totals: Option<Totals>,
}

impl Outcome<'_, '_> {
    /// The same with nothing worse than an audit.
    pub(crate) fn audited(mut self) -> Self {
        self.action = self.action.map(|action| action.min(Action::Audit));
        self.violations.iter_mut().for_each(|violation| violation.action = violation.action.min(Action::Audit));
        self
    }
}

/// Every finding ends under exactly one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Selected by a condition that was evaluated.
    pub counted: usize,
    /// Set aside for every rule that would have counted it.
    pub set_aside: usize,
    /// Neither.
    pub below: usize,
}

impl Totals {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            counted: self.counted.saturating_add(other.counted),
            set_aside: self.set_aside.saturating_add(other.set_aside),
            below: self.below.saturating_add(other.below),
        }
    }
}

/// A reason not to admit.
#[derive(Clone, Debug)]
pub struct Violation<'e, 'a> {
    /// Position of the rule.
    pub rule: usize,
    /// What it answers.
    pub action: Action,
    /// Why.
    pub cause: Cause<'e, 'a>,
    /// The platform of an index that it is about.
    pub platform: Option<&'e str>,
}

/// What a rule, or one of its conditions, says for want of evidence: a violation, unless it says `allow` or `use`.
#[derive(Clone, Debug)]
pub struct Answered<'e, 'a> {
    /// Position of the rule.
    pub rule: usize,
    /// As its table has it.
    pub answer: Trusting,
    /// Why it was asked.
    pub cause: Cause<'e, 'a>,
}

impl<'e, 'a> Answered<'e, 'a> {
    pub(crate) fn into_violation(self) -> Option<Violation<'e, 'a>> {
        let Trusting::Answer(Some(action)) = self.answer else { return None };
        Some(Violation { rule: self.rule, action, cause: self.cause, platform: None })
    }
}

/// Why a rule answers.
#[derive(Clone, Debug)]
pub enum Cause<'e, 'a> {
    /// A condition counts more than its limit.
    Counted {
        /// Position of the condition in its rule.
        condition: usize,
        /// How many.
        count: usize,
        /// More than this is a violation.
        limit: u32,
        /// Of what.
        unit: Unit,
        /// Each selected vulnerability with its first selected finding, worst first.
        selected: Vec<(&'e Vulnerability<'a>, &'e Finding<'a>)>,
        /// Vulnerabilities that a date predicate counted because the date is unknown.
        undated: usize,
    },
    /// The operating system is no longer maintained.
    EndOfLife {
        /// Position of the condition in its rule.
        condition: usize,
        /// Family and version.
        os: String,
    },
    /// No findings exist.
    Missing,
    /// They could not be asked for.
    Unavailable,
    /// They are not usable.
    Unreadable,
    /// They have no signature that the settings accept.
    Untrusted,
    /// The reference cannot be read.
    Malformed,
    /// The host refused the call.
    NotGranted,
    /// The labels of the namespace could not be read, and the rule's scope hangs on them.
    ScopeUnknown,
    /// They, or the scanner's database, are too old.
    Stale(Staleness),
    /// A field is not provided that a condition needs.
    Incomplete {
        /// Position of the condition in its rule.
        condition: usize,
        /// Its name.
        field: &'static str,
    },
}

impl Cause<'_, '_> {
    /// Position of the condition that it is about; `None`: the whole rule.
    pub fn condition(&self) -> Option<usize> {
        match self {
            Self::Counted { condition, .. } | Self::EndOfLife { condition, .. } | Self::Incomplete { condition, .. } => {
                Some(*condition)
            }
            _ => None,
        }
    }
}

/// What is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// The scan, by seconds where its time is known.
    Scan(Option<i64>, Duration),
    /// The database at the time of the scan, by seconds where its time is known.
    Database(Option<i64>, Duration),
}

/// A finding that is not counted for some or all rules.
#[derive(Clone, Debug)]
pub struct SetAside<'e, 'a> {
    /// The vulnerability.
    pub vulnerability: &'e Vulnerability<'a>,
    /// The finding.
    pub finding: &'e Finding<'a>,
    /// By what.
    pub by: By,
}

/// What sets a finding aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A VEX statement of the finding; for every rule.
    Vex,
    /// The exemption at a position.
    Exemption(usize),
}

/// The name of a field that is no field of a finding.
pub(crate) const END_OF_LIFE_FIELD: &str = "endOfLife";
