//! Rules whose evidence is not good enough answer by their table; the rest of the conditions are open. Source: the rule language,
//! "Evidence".

use super::Case;
use crate::findings::Field;
use crate::lookup::{Evidence, Scan, Signature};
use crate::settings::{Answer, Condition, Rule, Trusting};
use crate::time::Timestamp;
use crate::verdict::{Answered, Cause, END_OF_LIFE_FIELD, Staleness};

/// Conditions that are to be judged by the findings, by rule and position, and the answers for want of evidence.
#[derive(Debug, Default)]
pub(super) struct Opened<'s, 'e, 'a> {
    pub(super) conditions: Vec<Open<'s>>,
    pub(super) answers: Vec<Answered<'e, 'a>>,
}

/// A condition that is to be judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open<'s> {
    pub(super) rule: usize,
    pub(super) position: usize,
    pub(super) condition: &'s Condition,
}

/// The answers of all rules where there are no findings to judge.
pub(super) fn answers_without_findings<'e, 'a>(case: &Case<'_>, evidence: &Evidence<'_>) -> Vec<Answered<'e, 'a>> {
    answered(case.rules(), |rule| answer_without_findings(rule, evidence))
}

fn answer_without_findings<'e, 'a>(rule: &Rule, evidence: &Evidence<'_>) -> (Trusting, Cause<'e, 'a>) {
    let table = &rule.evidence;
    match evidence {
        Evidence::Unavailable(_) => (Trusting::Answer(table.unavailable), Cause::Unavailable),
        Evidence::Unreadable(_) => (Trusting::Answer(table.unreadable), Cause::Unreadable),
        // What nobody trusted signed is what a rule says `use` to, and nothing else.
        Evidence::Untrusted { then: Some(then), .. } if table.untrusted == Trusting::Use => answer_without_findings(rule, then),
        Evidence::Untrusted { .. } => (table.untrusted, Cause::Untrusted),
        // A configuration error: no table excuses it.
        Evidence::NotGranted(_) => (Trusting::Answer(Some(rule.action)), Cause::NotGranted),
        Evidence::Missing | Evidence::Scanned(_) | Evidence::Index(_) => (Trusting::Answer(table.missing), Cause::Missing),
    }
}

/// The answers of all rules to a reference that cannot be read.
pub(super) fn answers_to_malformed<'e, 'a>(case: &Case<'_>) -> Vec<Answered<'e, 'a>> {
    answers(case, |rule| (rule.evidence.unreadable, Cause::Malformed))
}

/// The answers of all rules to a platform that was not scanned; `scan` is the document that says so, if one does.
pub(super) fn answers_to_missing<'e, 'a>(case: &Case<'_>, scan: Option<&Scan<'_>>) -> Vec<Answered<'e, 'a>> {
    let is_untrusted = scan.is_some_and(|scan| matches!(scan.signature, Signature::Untrusted(_)));
    answered(case.rules(), |rule| match rule.evidence.untrusted {
        answer if is_untrusted && answer != Trusting::Use => (answer, Cause::Untrusted),
        _ => (Trusting::Answer(rule.evidence.missing), Cause::Missing),
    })
}

/// The answers of rules whose scope cannot be decided: as where the findings could not be looked up, or were refused by the host.
pub(super) fn answers_to_undecided<'e, 'a>(case: &Case<'_>) -> Vec<Answered<'e, 'a>> {
    let answer = |rule: &Rule| if case.namespace_is_refused { Some(rule.action) } else { rule.evidence.unavailable };
    answered(case.undecided(), |rule| (Trusting::Answer(answer(rule)), Cause::ScopeUnknown))
}

fn answers<'e, 'a>(case: &Case<'_>, answer: impl Fn(&Rule) -> (Answer, Cause<'e, 'a>)) -> Vec<Answered<'e, 'a>> {
    answers_of(case, |rule| {
        let (answer, cause) = answer(rule);
        (Trusting::Answer(answer), cause)
    })
}

fn answers_of<'e, 'a>(case: &Case<'_>, answer: impl Fn(&Rule) -> (Trusting, Cause<'e, 'a>)) -> Vec<Answered<'e, 'a>> {
    answered(case.rules(), answer)
}

fn answered<'s, 'e, 'a>(
    rules: impl Iterator<Item = (usize, &'s Rule)>,
    answer: impl Fn(&Rule) -> (Trusting, Cause<'e, 'a>),
) -> Vec<Answered<'e, 'a>> {
    let of = |(position, rule): (usize, &Rule)| {
        let (answer, cause) = answer(rule);
        Answered { rule: position, answer, cause }
    };
    rules.map(of).collect()
}

/// Which conditions the findings of one image can be held against: neither stale for the rule nor incomplete for the condition.
/// `says_end_of_life` tells whether the document says of this image whether its operating system is maintained.
pub(super) fn open<'s, 'e, 'a>(case: &Case<'s>, scan: &Scan<'_>, says_end_of_life: bool, now: Timestamp) -> Opened<'s, 'e, 'a> {
    let mut opened = Opened::default();
    for (position, rule) in case.rules() {
        if matches!(scan.signature, Signature::Untrusted(_)) {
            let answer = rule.evidence.untrusted;
            opened.answers.push(Answered { rule: position, answer, cause: Cause::Untrusted });
            if answer != Trusting::Use {
                continue;
            }
        }
        if let Some(staleness) = staleness(rule, scan, now) {
            let answer = rule.evidence.stale;
            opened.answers.push(Answered { rule: position, answer, cause: Cause::Stale(staleness) });
            if answer != Trusting::Use {
                continue;
            }
        }
        for (i, condition) in rule.conditions.iter().enumerate() {
            match lacking(condition, &scan.provides, says_end_of_life) {
                None => opened.conditions.push(Open { rule: position, position: i, condition }),
                // Under `use` it does not match without the field.
                Some(field) => opened.answers.push(Answered {
                    rule: position,
                    answer: rule.evidence.incomplete,
                    cause: Cause::Incomplete { condition: i, field },
                }),
            }
        }
    }
    opened
}

/// The answer of a condition on ids that the document cannot settle, since it does not state aliases.
pub(super) fn answer_to_aliases<'e, 'a>(case: &Case<'_>, open: Open<'_>) -> Option<Answered<'e, 'a>> {
    let (position, rule) = case.rules().find(|(position, _)| *position == open.rule)?;
    let cause = Cause::Incomplete { condition: open.position, field: Field::Aliases.name() };
    Some(Answered { rule: position, answer: rule.evidence.incomplete, cause })
}

/// An unknown time is too old.
fn staleness(rule: &Rule, scan: &Scan<'_>, now: Timestamp) -> Option<Staleness> {
    let scan_age = scan.scanned_at.map(|scanned_at| now.seconds_since(scanned_at));
    let database_age = scan.scanned_at.zip(scan.database_updated_at).map(|(scan, database)| scan.seconds_since(database));
    let is_old = |age: Option<i64>, limit: crate::time::Duration| age.is_none_or(|age| limit.is_exceeded_by(age));
    match (rule.max_age, rule.max_database_age) {
        (Some(limit), _) if is_old(scan_age, limit) => Some(Staleness::Scan(scan_age, limit)),
        (_, Some(limit)) if is_old(database_age, limit) => Some(Staleness::Database(database_age, limit)),
        _ => None,
    }
}

/// The first field that the condition needs and the document does not speak about.
fn lacking(condition: &Condition, provides: &[Field], says_end_of_life: bool) -> Option<&'static str> {
    if *condition == Condition::OsEndOfLife {
        return (!says_end_of_life).then_some(END_OF_LIFE_FIELD);
    }
    condition.needs().into_iter().find(|field| !provides.contains(field)).map(Field::name)
}
