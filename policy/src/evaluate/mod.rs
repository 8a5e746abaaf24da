//! Settings × an image's evidence × now → [`Outcome`]. Pure: the clock and the evidence are arguments.
//!
//! Source: the rule language, "Which rule decides for one image". One file for each evaluation order.

mod bound;
mod case;
mod evidence;
mod rule_order;
pub mod scope;
mod select;
mod severity_first;
mod strictest;
pub mod trace;
mod weigh;

pub use self::case::Case;
use self::evidence::Opened;
use self::weigh::{Weighed, weigh};
use crate::exempt::Partition;
use crate::findings::Image;
use crate::findings::summary::ImageSummary;
use crate::lookup::{Body, Evidence, Scan};
use crate::order;
use crate::settings::{Action, Evaluation};
use crate::time::Timestamp;
use crate::verdict::{Answered, Cause, Outcome, SetAside, Totals, Violation};

/// Whether the document behind a summary can change the verdict: whether an open condition may be fulfilled.
pub fn document_matters(case: &Case<'_>, scan: &Scan<'_>, now: Timestamp) -> bool {
    let Body::Summary(summary) = &scan.body else { return false };
    let sources = &case.settings.findings;
    let is_selected = |image: &&ImageSummary<'_>| summary.is_single() || sources.selects(image.platform.as_deref());
    summary.images.iter().filter(is_selected).filter(|image| image.counts.is_some()).any(|image| {
        let opened = evidence::open(case, scan, image.os_end_of_life.is_some(), now);
        opened.conditions.iter().any(|open| bound::may_be_fulfilled(open.condition, case.settings, image))
    })
}

/// What the rules make of an image whose reference cannot be read.
pub fn evaluate_malformed<'e, 'a>(case: &Case<'_>) -> Outcome<'e, 'a> {
    conclude(case, Decided::default(), evidence::answers_to_malformed(case))
}

/// What is left where no rule is to be judged by findings: exemptions that excuse the image, and rules with an undecided scope.
pub fn evaluate_without_evidence<'e, 'a>(case: &Case<'_>) -> Outcome<'e, 'a> {
    conclude(case, Decided::default(), Vec::new())
}

/// What the rules make of an image. Of an index every selected platform is judged and the worst counts, the first of equals.
pub fn evaluate<'e, 'a>(case: &Case<'_>, evidence: &'e Evidence<'a>, now: Timestamp) -> Outcome<'e, 'a> {
    let worst = match evidence {
        Evidence::Scanned(scan) => worst(evaluate_scan(case, scan, now), is_of_document),
        Evidence::Index(platforms) => {
            let each = platforms.iter();
            let outcomes = each.map(|platform| of_platform(evaluate(case, &platform.evidence, now), Some(&platform.name)));
            worst(outcomes.collect(), is_of_image)
        }
        _ => return conclude(case, Decided::default(), evidence::answers_without_findings(case, evidence)),
    };
    // No platform was judged: there are no findings.
    let scan = if let Evidence::Scanned(scan) = evidence { Some(scan.as_ref()) } else { None };
    worst.unwrap_or_else(|| conclude(case, Decided::default(), evidence::answers_to_missing(case, scan)))
}

fn evaluate_scan<'e, 'a>(case: &Case<'_>, scan: &'e Scan<'a>, now: Timestamp) -> Vec<Outcome<'e, 'a>> {
    let sources = &case.settings.findings;
    match &scan.body {
        Body::Findings { is_single, images } => {
            let selected = images.iter().filter(|image| *is_single || sources.selects(image.platform.as_deref()));
            selected
                .map(|image| of_platform(judge(case, scan, image, now), image.platform.as_deref().filter(|_| !is_single)))
                .collect()
        }
        Body::Summary(summary) => {
            let is_single = summary.is_single();
            let selected = summary.images.iter().filter(|image| is_single || sources.selects(image.platform.as_deref()));
            let judge = |image: &'e ImageSummary<'_>| {
                of_platform(judge_by_summary(case, scan, image, now), image.platform.as_deref().filter(|_| !is_single))
            };
            selected.map(judge).collect()
        }
    }
}

fn of_platform<'e, 'a>(mut outcome: Outcome<'e, 'a>, platform: Option<&'e str>) -> Outcome<'e, 'a> {
    outcome.platform = platform;
    outcome.violations.iter_mut().for_each(|violation| violation.platform = platform);
    outcome
}

/// What is so of an image, whatever its platforms.
fn is_of_image(cause: &Cause<'_, '_>) -> bool {
    matches!(cause, Cause::ScopeUnknown)
}

/// What is so of a document about several platforms.
fn is_of_document(cause: &Cause<'_, '_>) -> bool {
    is_of_image(cause) || matches!(cause, Cause::Untrusted | Cause::Stale(_) | Cause::Incomplete { .. })
}

/// The first outcome with the strictest action, and with it what the other platforms have to say, some of it once.
fn worst<'e, 'a>(mut outcomes: Vec<Outcome<'e, 'a>>, is_said_once: impl Fn(&Cause<'_, '_>) -> bool) -> Option<Outcome<'e, 'a>> {
    let strictest = outcomes.iter().map(|outcome| outcome.action).max()?;
    let position = outcomes.iter().position(|outcome| outcome.action == strictest)?;
    let mut worst = outcomes.remove(position);
    for other in outcomes {
        let is_said = |violation: &Violation<'_, '_>| {
            let same = |said: &Violation<'_, '_>| {
                said.rule == violation.rule && std::mem::discriminant(&said.cause) == std::mem::discriminant(&violation.cause)
            };
            is_said_once(&violation.cause) && worst.violations.iter().any(same)
        };
        let more: Vec<Violation<'e, 'a>> = other.violations.into_iter().filter(|violation| !is_said(violation)).collect();
        worst.violations.extend(more);
        worst.not_reached.retain(|rule| other.not_reached.contains(rule));
        worst.set_aside.extend(other.set_aside);
        worst.totals = match (worst.totals, other.totals) {
            (Some(a), Some(b)) => Some(a.plus(b)),
            (a, b) => a.or(b),
        };
    }
    Some(worst)
}

/// No open condition is fulfilled, as the summary proves; what is left is the evidence itself.
fn judge_by_summary<'e, 'a>(case: &Case<'_>, scan: &Scan<'_>, image: &ImageSummary<'_>, now: Timestamp) -> Outcome<'e, 'a> {
    if image.counts.is_none() {
        return conclude(case, Decided::default(), evidence::answers_to_missing(case, Some(scan)));
    }
    conclude(case, Decided::default(), evidence::open(case, scan, image.os_end_of_life.is_some(), now).answers)
}

/// What the evaluation order makes of the weighed conditions.
#[derive(Debug, Default)]
struct Decided<'e, 'a> {
    /// Fulfilled conditions that were reached; the deciding one first.
    fulfilled: Vec<Violation<'e, 'a>>,
    /// Conditions that were looked at, as positions in the list of open ones.
    reached: Vec<usize>,
    /// Rules with an open condition, none of which was looked at.
    not_reached: Vec<usize>,
}

fn judge<'e, 'a>(case: &Case<'_>, scan: &'e Scan<'a>, image: &'e Image<'a>, now: Timestamp) -> Outcome<'e, 'a> {
    if image.vulnerabilities.is_none() {
        return conclude(case, Decided::default(), evidence::answers_to_missing(case, Some(scan)));
    }
    let Held { weighed, answers, partition, decided } = hold(case, scan, image, now);
    let totals = total(image, &weighed, &decided.reached, &partition);
    let set_aside = name_set_aside(image, &partition);
    Outcome { totals: Some(totals), set_aside, ..conclude(case, decided, answers) }
}

/// The conditions of all rules, held against one image that was scanned.
struct Held<'s, 'e, 'a> {
    weighed: Vec<Weighed<'s, 'e, 'a>>,
    answers: Vec<Answered<'e, 'a>>,
    partition: Partition,
    decided: Decided<'e, 'a>,
}

fn hold<'s, 'e, 'a>(case: &Case<'s>, scan: &'e Scan<'a>, image: &'e Image<'a>, now: Timestamp) -> Held<'s, 'e, 'a> {
    let says_end_of_life = image.os.as_ref().is_some_and(|os| os.end_of_life.is_some());
    let Opened { conditions, mut answers } = evidence::open(case, scan, says_end_of_life, now);
    let partition = Partition::new(image, case.settings, &case.exemptions);
    let weighed: Vec<Weighed<'s, 'e, 'a>> =
        conditions.into_iter().map(|open| weigh(case, scan, open, image, &partition, now)).collect();
    answers.extend(
        weighed
            .iter()
            .filter(|weighed| weighed.lacks_aliases)
            .filter_map(|weighed| evidence::answer_to_aliases(case, weighed.open)),
    );
    let mut decided = match case.settings.evaluation {
        Evaluation::SeverityFirst => severity_first::decide(&weighed),
        Evaluation::RuleOrder => rule_order::decide(&weighed),
        Evaluation::Strictest => strictest::decide(&weighed),
    };
    let is_reached =
        |rule: usize| decided.reached.iter().filter_map(|i| weighed.get(*i)).any(|weighed| weighed.open.rule == rule);
    decided.not_reached =
        case.rules.iter().copied().filter(|rule| weighed.iter().any(|w| w.open.rule == *rule) && !is_reached(*rule)).collect();
    Held { weighed, answers, partition, decided }
}

/// The verdict is the stricter of what the conditions and the want of evidence say; at equal strictness the conditions come first.
fn conclude<'e, 'a>(case: &Case<'_>, decided: Decided<'e, 'a>, answers: Vec<Answered<'e, 'a>>) -> Outcome<'e, 'a> {
    let answers = answers.into_iter().chain(evidence::answers_to_undecided(case));
    let mut answers: Vec<Violation<'e, 'a>> = answers.filter_map(Answered::into_violation).collect();
    order::sort_by(&mut answers, |a, b| b.action.cmp(&a.action).then(a.rule.cmp(&b.rule)));
    let by_conditions = decided.fulfilled.first().map(|violation| violation.action);
    let by_evidence = answers.first().map(|violation| violation.action);
    let violations =
        if by_conditions >= by_evidence { [decided.fulfilled, answers].concat() } else { [answers, decided.fulfilled].concat() };
    Outcome { action: by_conditions.max(by_evidence), violations, not_reached: decided.not_reached, ..case.outcome() }
}

/// At equal strictness in the order given.
fn strictest_first<'e, 'a>(violations: Vec<Violation<'e, 'a>>) -> Vec<Violation<'e, 'a>> {
    let (strictest, rest): (Vec<_>, Vec<_>) = violations.into_iter().partition(|violation| violation.action == Action::Deny);
    [strictest, rest].concat()
}

/// One pass over the findings: counted by a condition that was reached, else set aside, else below every condition.
fn total(image: &Image<'_>, weighed: &[Weighed<'_, '_, '_>], reached: &[usize], partition: &Partition) -> Totals {
    let vulnerabilities = image.vulnerabilities.as_deref().unwrap_or_default();
    let mut all = 0_usize;
    let mut starts = Vec::with_capacity(vulnerabilities.len());
    for vulnerability in vulnerabilities {
        starts.push(all);
        all = all.saturating_add(vulnerability.findings.len());
    }
    let mut marks = vec![Mark::Below; all];
    let mut mark = |(vulnerability, finding): (usize, usize), mark| {
        if let Some(place) = starts.get(vulnerability).and_then(|start| marks.get_mut(start.saturating_add(finding))) {
            *place = mark;
        }
    };
    partition.entries().iter().for_each(|entry| mark((entry.vulnerability, entry.finding), Mark::SetAside));
    let counted = reached.iter().filter_map(|i| weighed.get(*i)).flat_map(|weighed| weighed.findings.iter().copied());
    counted.for_each(|place| mark(place, Mark::Counted));
    let number = |wanted| marks.iter().filter(|mark| **mark == wanted).count();
    Totals { counted: number(Mark::Counted), set_aside: number(Mark::SetAside), below: number(Mark::Below) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Counted,
    SetAside,
    Below,
}

fn name_set_aside<'e, 'a>(image: &'e Image<'a>, partition: &Partition) -> Vec<SetAside<'e, 'a>> {
    let vulnerabilities = image.vulnerabilities.as_deref().unwrap_or_default();
    let name = |entry: &crate::exempt::Entry| {
        let vulnerability = vulnerabilities.get(entry.vulnerability)?;
        Some(SetAside { vulnerability, finding: vulnerability.findings.get(entry.finding)?, by: entry.by })
    };
    partition.entries().iter().filter_map(name).collect()
}
