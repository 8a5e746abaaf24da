//! Criteria about what a scan found → conditions.
//!
//! NeuVector counts a vulnerability once for each package that has it, and high counts critical with it unless the criterion's name says
//! otherwise. An image that is not scanned has counts of zero.

use policy::time::Duration;
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::source::At;
use crate::{Refusal, decimal, ids};

/// What a criterion stands for.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// The same condition.
    Exact(Value),
    /// A condition that is fulfilled whenever the criterion is, and by more.
    Wider(Value, String),
    /// Something other than these ids was found.
    OtherThan(Vec<String>),
    /// Any image fulfils it.
    Always,
    /// No image does.
    Never,
    /// Images without findings fulfil it, too, which no condition says.
    Unsayable(String),
}

/// What is counted, by the criterion's name.
const COUNTS: [(&str, (&str, bool), bool); 7] = [
    ("cveCriticalCount", ("critical", false), false),
    ("cveHighCount", ("high", false), false),
    ("cveHighCountNoCritical", ("high", true), false),
    ("cveMediumCount", ("medium", true), false),
    ("cveCriticalWithFixCount", ("critical", false), true),
    ("cveHighWithFixCount", ("high", false), true),
    ("cveHighWithFixCountNoCritical", ("high", true), true),
];

/// What a criterion about vulnerabilities stands for; `None`: it is about something else.
pub(super) fn read(at: &At<'_>, draft: &mut Draft) -> Result<Option<Found>, Box<Refusal>> {
    let name = at.require("name")?.text()?;
    if let Some((_, severity, is_fixable)) = COUNTS.into_iter().find(|(count, ..)| *count == name) {
        return read_count(at, severity, is_fixable, draft).map(Some);
    }
    match name {
        "cveScoreCount" => read_score(at, true, draft).map(Some),
        "cveScore" => read_score(at, false, draft).map(Some),
        "cveNames" => read_names(at).map(Some),
        _ => Ok(None),
    }
}

fn any() -> Value {
    json!({ "moreThan": 0, "count": "findings" })
}

/// "At least `number`" as "more than", `None`: more than nothing is asked for.
fn more_than(at: &At<'_>) -> Result<Option<u32>, Box<Refusal>> {
    let number = at.text()?.parse::<u64>().map_err(|_| at.expected("a whole number from 0"))?;
    Ok(number.checked_sub(1).map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
}

fn read_count(
    at: &At<'_>,
    (severity, is_exact): (&str, bool),
    is_fixable: bool,
    draft: &mut Draft,
) -> Result<Found, Box<Refusal>> {
    if at.require("op")?.text()? != ">=" {
        return Ok(Found::Unsayable("a condition has a number that is too many, and no other comparison".to_owned()));
    }
    let Some(more_than) = more_than(&at.require("value")?)? else { return Ok(Found::Always) };
    let mut condition = json!({ "count": "findings", "moreThan": more_than });
    if let Some(members) = condition.as_object_mut() {
        members.insert("severity".to_owned(), severity.into());
        members.extend(is_exact.then(|| ("counting".to_owned(), "exactly".into())));
        members.extend(is_fixable.then(|| ("fixable".to_owned(), true.into())));
        members.extend(read_age(at, draft)?.map(|age| ("publishedFor".to_owned(), age.into())));
    }
    Ok(Found::Exact(condition))
}

/// Days since a vulnerability was published. Without what is lost here more vulnerabilities count.
fn read_age(at: &At<'_>, draft: &mut Draft) -> Result<Option<String>, Box<Refusal>> {
    let mut age = None;
    for sub in at.list_of("sub_criteria")? {
        let is_age = sub.require("name")?.text()? == "publishDays" && sub.get("op").is_none_or(|op| op.value() == ">=");
        let days = sub.require("value")?.text()?.to_owned();
        let is_whole = !days.is_empty() && days.bytes().all(|b| b.is_ascii_digit());
        let days = format!("{days}d");
        if is_age && is_whole && age.is_none() && Duration::parse(&days).is_some() {
            age = Some(days);
        } else {
            draft.lose(&sub, "not a whole number of days since a vulnerability was published: every one counts");
        }
    }
    Ok(age)
}

/// `cveScoreCount`: so many of at least a score; `cveScore`: one.
fn read_score(at: &At<'_>, is_count: bool, draft: &mut Draft) -> Result<Found, Box<Refusal>> {
    let value = at.require("value")?;
    let score = decimal::tenths(value.text()?, false).ok_or_else(|| value.expected("a score such as 7.0"))?;
    if at.require("op")?.text()? != ">=" {
        return Ok(Found::Unsayable("a condition has a score that is too high, and no other comparison".to_owned()));
    }
    if score > 100 {
        return Ok(Found::Never);
    }
    let mut least = Some(0);
    if is_count {
        let subs = at.list_of("sub_criteria")?;
        let count = subs.iter().find(|sub| sub.get("name").is_some_and(|name| name.value() == "count"));
        match count.map(|count| count.require("value")).transpose()? {
            Some(value) => least = more_than(&value)?,
            None => draft.lose(at, "it does not say how many: one is enough here"),
        }
    }
    let Some(more_than) = least else { return Ok(Found::Always) };
    let mut condition = json!({ "count": "findings", "moreThan": more_than });
    if let (Some(members), true) = (condition.as_object_mut(), score > 0) {
        members.insert("cvss".to_owned(), decimal::score(score));
    }
    Ok(Found::Exact(condition))
}

/// The names that a criterion lists, and whether each is that of one vulnerability.
pub(super) fn names(at: &At<'_>) -> Result<(Vec<String>, bool), Box<Refusal>> {
    let value = at.require("value")?.text()?;
    let names: Vec<String> =
        value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_ascii_uppercase).collect();
    let is_plain =
        !names.is_empty() && names.iter().all(|name| ids::is_vulnerability(name) && name.len() <= policy::limits::ID_CHARS);
    Ok((names, is_plain))
}

fn read_names(at: &At<'_>) -> Result<Found, Box<Refusal>> {
    let (names, is_plain) = names(at)?;
    let first = names.first();
    Ok(match (at.require("op")?.text()?, is_plain) {
        ("notContainsAny" | "!regex" | "!regexContainsAnyEx" | "!regexContainsAny", _) => {
            Found::Unsayable("a condition cannot ask that something was not found".to_owned())
        }
        ("containsAny", true) => Found::Exact(json!({ "ids": names })),
        ("containsAll", true) if names.len() == 1 => Found::Exact(json!({ "ids": names })),
        ("containsAll", true) => Found::Wider(
            json!({ "ids": [first] }),
            "a condition cannot ask for several at once: the first is enough here".to_owned(),
        ),
        ("containsOtherThan", true) => Found::OtherThan(names),
        _ => Found::Wider(any(), "a condition has whole ids of CVE or GHSA alone: any finding fulfils it here".to_owned()),
    })
}
