//! Everything that the evaluator looked at to judge one image, for people who ask why. The guest never asks.
//!
//! It is made by the same steps as the verdict, so that the two cannot differ.

use std::cmp::Reverse;

use super::evidence;
use super::scope::{self, Facts, InScope};
use super::{Case, Held, bound, hold};
use crate::findings::summary::ImageSummary;
use crate::findings::{Finding, Image, Severity, Vulnerability};
use crate::lookup::{Body, Evidence, Scan};
use crate::settings::{Condition, Trusting};
use crate::time::Timestamp;
use crate::verdict::{Answered, Cause};

/// How one image was judged.
#[derive(Debug)]
pub struct Trace<'e, 'a> {
    /// What part each rule takes, in list order.
    pub rules: Vec<Part>,
    /// The platforms of an index, or the image itself; none where nothing was to be judged.
    pub platforms: Vec<Platform<'e, 'a>>,
}

/// What part a rule takes in the judgement of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It is held against the findings.
    Judged,
    /// It is disabled.
    Disabled,
    /// The entry of its scope at a position does not hold.
    OutOfScope(usize),
    /// The exemption at a position excuses the image from it.
    Excused(usize),
    /// Its scope cannot be decided.
    Undecided,
    /// A controller restarts the image from a digest, and such pods are skipped.
    Skipped,
}

/// How one platform of an index, or a single image, was judged.
#[derive(Debug)]
pub struct Platform<'e, 'a> {
    /// `None`: the image is no index.
    pub name: Option<&'e str>,
    /// The answers for want of evidence, then the conditions in the order in which they are looked at.
    pub steps: Vec<Step<'e, 'a>>,
}

/// One thing that was looked at.
#[derive(Debug)]
pub struct Step<'e, 'a> {
    /// Position of the rule.
    pub rule: usize,
    /// Position of the condition in its rule; `None`: the whole rule.
    pub condition: Option<usize>,
    /// What was seen.
    pub seen: Seen<'e, 'a>,
}

/// What was seen at a step.
#[derive(Debug)]
pub enum Seen<'e, 'a> {
    /// Evidence was wanting; the rule's table answered.
    Wanting(Answered<'e, 'a>),
    /// The condition was held against the findings.
    Held {
        /// The severity at which it is looked at; `None`: nothing was selected that could give it one.
        rank: Option<Option<Severity>>,
        /// How many it counts.
        count: usize,
        /// Each selected vulnerability with its first selected finding.
        selected: Vec<(&'e Vulnerability<'a>, &'e Finding<'a>)>,
        /// Whether it counts too many.
        is_fulfilled: bool,
        /// Whether it was looked at before the matter was decided.
        is_reached: bool,
    },
    /// The summary proves that it is not fulfilled.
    Bounded {
        /// It counts no more than this.
        at_most: u64,
    },
}

impl Trace<'_, '_> {
    /// Of an image that a controller restarts and that is skipped.
    #[must_use]
    pub fn skipped(mut self) -> Self {
        self.platforms.clear();
        for part in self.rules.iter_mut().filter(|part| matches!(part, Part::Judged | Part::Undecided)) {
            *part = Part::Skipped;
        }
        self
    }
}

/// Follows the judgement of one image. `evidence` is `None` where it was not looked up.
pub fn trace<'e, 'a>(case: &Case<'_>, facts: &Facts<'_>, evidence: Option<&'e Evidence<'a>>, now: Timestamp) -> Trace<'e, 'a> {
    let mut platforms = match evidence {
        None if facts.reference.is_err() => vec![wanting(None, evidence::answers_to_malformed(case))],
        None => Vec::new(),
        Some(evidence) => of_evidence(case, evidence, None, now),
    };
    if platforms.is_empty() && evidence.is_some() {
        let scan = if let Some(Evidence::Scanned(scan)) = evidence { Some(scan.as_ref()) } else { None };
        platforms.push(wanting(None, evidence::answers_to_missing(case, scan)));
    }
    let undecided = evidence::answers_to_undecided(case);
    if !undecided.is_empty() {
        if platforms.is_empty() {
            platforms.push(wanting(None, Vec::new()));
        }
        for platform in &mut platforms {
            platform.steps.splice(0..0, undecided.iter().cloned().map(step_of));
        }
    }
    let rules = (0..case.settings.rules.len()).map(|position| part(case, facts, position)).collect();
    Trace { rules, platforms }
}

fn part(case: &Case<'_>, facts: &Facts<'_>, position: usize) -> Part {
    let Some(rule) = case.settings.rules.get(position).filter(|rule| rule.enabled) else { return Part::Disabled };
    if case.rules.contains(&position) {
        return Part::Judged;
    }
    if case.undecided.contains(&position) {
        return Part::Undecided;
    }
    let fails = |entry| scope::of_entries(std::slice::from_ref(entry), facts) == InScope::No;
    match rule.scope.iter().position(fails) {
        Some(entry) => Part::OutOfScope(entry),
        None => {
            let excuses = |exemption: &&usize| case.settings.exemptions.get(**exemption).is_some_and(|e| e.is_for(position));
            case.excused_by.iter().find(excuses).map_or(Part::Judged, |exemption| Part::Excused(*exemption))
        }
    }
}

fn of_evidence<'e, 'a>(
    case: &Case<'_>,
    evidence: &'e Evidence<'a>,
    name: Option<&'e str>,
    now: Timestamp,
) -> Vec<Platform<'e, 'a>> {
    match evidence {
        Evidence::Index(platforms) => {
            platforms.iter().flat_map(|platform| of_evidence(case, &platform.evidence, Some(&platform.name), now)).collect()
        }
        Evidence::Scanned(scan) => {
            let mut platforms = of_scan(case, scan, now);
            platforms.iter_mut().for_each(|platform| platform.name = name.or(platform.name));
            platforms
        }
        _ => vec![wanting(name, evidence::answers_without_findings(case, evidence))],
    }
}

fn of_scan<'e, 'a>(case: &Case<'_>, scan: &'e Scan<'a>, now: Timestamp) -> Vec<Platform<'e, 'a>> {
    let sources = &case.settings.findings;
    match &scan.body {
        Body::Findings { is_single, images } => {
            let name = |image: &'e Image<'a>| image.platform.as_deref().filter(|_| !is_single);
            let selected = images.iter().filter(|image| *is_single || sources.selects(image.platform.as_deref()));
            selected.map(|image| of_image(case, scan, image, name(image), now)).collect()
        }
        Body::Summary(summary) => {
            let is_single = summary.is_single();
            let name = |image: &'e ImageSummary<'a>| image.platform.as_deref().filter(|_| !is_single);
            let selected = summary.images.iter().filter(|image| is_single || sources.selects(image.platform.as_deref()));
            selected.map(|image| of_summary(case, scan, image, name(image), now)).collect()
        }
    }
}

fn of_image<'e, 'a>(
    case: &Case<'_>,
    scan: &'e Scan<'a>,
    image: &'e Image<'a>,
    name: Option<&'e str>,
    now: Timestamp,
) -> Platform<'e, 'a> {
    if image.vulnerabilities.is_none() {
        return wanting(name, evidence::answers_to_missing(case, Some(scan)));
    }
    let Held { weighed, answers, decided, .. } = hold(case, scan, image, now);
    let mut conditions = Vec::with_capacity(weighed.len());
    for (i, weighed) in weighed.into_iter().enumerate() {
        let (is_fulfilled, selected) = match weighed.violation.map(|violation| violation.cause) {
            Some(Cause::Counted { selected, .. }) => (true, selected),
            Some(_) => (true, Vec::new()),
            None => (false, weighed.selected),
        };
        let is_reached = decided.reached.contains(&i);
        let seen = Seen::Held { rank: weighed.rank, count: weighed.count, selected, is_fulfilled, is_reached };
        conditions.push((weighed.rank, Step { rule: weighed.open.rule, condition: Some(weighed.open.position), seen }));
    }
    if case.settings.evaluation == crate::settings::Evaluation::SeverityFirst {
        conditions.sort_by_key(|(rank, _)| Reverse(*rank));
    }
    let mut platform = wanting(name, answers);
    platform.steps.extend(conditions.into_iter().map(|(_, step)| step));
    platform
}

fn of_summary<'e, 'a>(
    case: &Case<'_>,
    scan: &Scan<'_>,
    image: &ImageSummary<'_>,
    name: Option<&'e str>,
    now: Timestamp,
) -> Platform<'e, 'a> {
    if image.counts.is_none() {
        return wanting(name, evidence::answers_to_missing(case, Some(scan)));
    }
    let opened = evidence::open(case, scan, image.os_end_of_life.is_some(), now);
    let mut platform = wanting(name, opened.answers);
    platform.steps.extend(opened.conditions.into_iter().map(|open| {
        let at_most = match open.condition {
            Condition::OsEndOfLife => 0,
            Condition::Count(count) => bound::upper_bound(count, case.settings, image),
        };
        Step { rule: open.rule, condition: Some(open.position), seen: Seen::Bounded { at_most } }
    }));
    platform
}

fn wanting<'e, 'a>(name: Option<&'e str>, answers: Vec<Answered<'e, 'a>>) -> Platform<'e, 'a> {
    Platform { name, steps: answers.into_iter().map(step_of).collect() }
}

fn step_of<'e, 'a>(answered: Answered<'e, 'a>) -> Step<'e, 'a> {
    Step { rule: answered.rule, condition: answered.cause.condition(), seen: Seen::Wanting(answered) }
}

impl Answered<'_, '_> {
    /// The word of the settings: `deny`, `audit`, `allow` or `use`.
    pub fn word(&self) -> &'static str {
        match self.answer {
            Trusting::Answer(Some(action)) => action.word(),
            Trusting::Answer(None) => "allow",
            Trusting::Use => "use",
        }
    }
}
