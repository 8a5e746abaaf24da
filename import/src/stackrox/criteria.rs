//! Criteria about one vulnerability → predicates of a condition.
//!
//! A criterion that cannot be said is left out of its section, which then holds for more.

use policy::time::Duration;
use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::decimal;
use crate::source::At;

/// Predicates; several criteria of a section are one condition.
pub(super) type Predicates = Map<String, Value>;

/// What a criterion stands for.
pub(super) enum Meaning {
    /// Predicates of which one set is enough.
    AnyOf(Vec<Predicates>),
    /// The same, and something of it was lost.
    Wider(Vec<Predicates>, &'static str),
    /// It is not about these ids.
    NotIds(Vec<String>),
    /// No vulnerability fulfils it.
    Never,
}

fn one(key: &str, value: Value) -> Meaning {
    Meaning::AnyOf(vec![Map::from_iter([(key.to_owned(), value)])])
}

fn wider(why: &'static str) -> Meaning {
    Meaning::Wider(vec![Map::new()], why)
}

/// The values of a criterion. An `AND` of several is the first of them here, which holds more often.
fn values<'a>(at: &At<'a>) -> Result<(Vec<&'a str>, bool), Box<Refusal>> {
    let all = at.list_of("values")?.iter().map(|value| value.require("value")?.text()).collect::<Result<Vec<_>, _>>()?;
    let is_and = at.get("booleanOperator").map_or(Ok(false), |operator| operator.word(&[("OR", false), ("AND", true)]))?;
    Ok((all, is_and))
}

/// What a criterion about a vulnerability stands for; `None`: it is about something else.
pub(super) fn read(at: &At<'_>) -> Result<Option<Meaning>, Box<Refusal>> {
    let field = at.require("fieldName")?.text()?;
    let is_known = [
        "Fixed By",
        "Fixable",
        "Severity",
        "CVSS",
        "NVD CVSS",
        "CVE",
        "Days Since CVE Was Published",
        "Days Since CVE Fix Was Available",
        "Days Since CVE Was First Discovered In Image",
        "Days Since CVE Was First Discovered In System",
    ]
    .contains(&field);
    if !is_known {
        return Ok(None);
    }
    let (values, is_and) = values(at)?;
    let is_negated = at.get("negate").map_or(Ok(false), |negate| negate.boolean())?;
    let Some(first) = values.first() else { return Ok(Some(wider("it has no value"))) };
    if is_and && values.len() > 1 {
        return Ok(Some(wider("a condition cannot ask for all of several values")));
    }
    if is_negated && !matches!(field, "Fixed By" | "CVE") {
        return Ok(Some(wider("a condition cannot ask for the contrary of it")));
    }
    Ok(Some(match field {
        "CVE" => ids(&values, is_negated),
        "Severity" => severities(at, &values)?,
        _ if values.len() > 1 => wider("a condition has one of these"),
        "Fixed By" if [".*", ".+"].contains(first) => one("fixable", (!is_negated).into()),
        "Fixable" => match first.to_ascii_lowercase().as_str() {
            "true" => one("fixable", true.into()),
            "false" => one("fixable", false.into()),
            _ => return Err(at.expected("true or false")),
        },
        "Fixed By" => wider("a condition does not compare the versions that fix"),
        "CVSS" | "NVD CVSS" => score(at, first, field)?,
        "Days Since CVE Was Published" => days(at, first, "publishedFor")?,
        "Days Since CVE Fix Was Available" => days(at, first, "fixAvailableFor")?,
        _ => wider("when a vulnerability was first discovered is not known to a gate that keeps nothing"),
    }))
}

/// A comparison and what is compared with; none is equality.
fn comparison(text: &str) -> (&str, &str) {
    let operator = [">=", "<=", ">", "<"].into_iter().find(|operator| text.starts_with(operator)).unwrap_or("");
    (operator, text.strip_prefix(operator).unwrap_or(text).trim())
}

fn score(at: &At<'_>, text: &str, field: &str) -> Result<Meaning, Box<Refusal>> {
    let (operator, number) = comparison(text);
    let tenths = decimal::tenths(number, operator == ">").ok_or_else(|| at.expected("a score such as >= 7.0"))?;
    let predicates = if tenths == 0 { Map::new() } else { Map::from_iter([("cvss".to_owned(), decimal::score(tenths))]) };
    Ok(match operator {
        ">=" | ">" if tenths > 100 => Meaning::Never,
        ">=" | ">" if field == "CVSS" => Meaning::AnyOf(vec![predicates]),
        ">=" | ">" => Meaning::Wider(vec![predicates], "the NVD's score is not told from the others: the highest counts"),
        "" if tenths <= 100 => Meaning::Wider(vec![predicates], "a condition has scores from one on: higher ones count too"),
        _ => wider("a condition has scores from one on"),
    })
}

fn days(at: &At<'_>, text: &str, key: &str) -> Result<Meaning, Box<Refusal>> {
    let days = format!("{text}d");
    let is_number = text.bytes().all(|b| b.is_ascii_digit()) && Duration::parse(&days).is_some();
    if is_number { Ok(one(key, days.into())) } else { Err(at.expected("a whole number of days")) }
}

fn ids(values: &[&str], is_negated: bool) -> Meaning {
    if !values.iter().all(|value| crate::ids::is_vulnerability(value) && value.len() <= policy::limits::ID_CHARS) {
        return wider("a condition has whole ids of CVE or GHSA alone, no expressions");
    }
    if is_negated { Meaning::NotIds(values.iter().map(|id| (*id).to_owned()).collect()) } else { one("ids", json!(values)) }
}

/// RHACS' severities from below, each with ours; what is negligible to others is low there.
const SEVERITIES: [(&str, &[&str]); 5] = [
    ("UNKNOWN", &[]),
    ("LOW", &["negligible", "low"]),
    ("MODERATE", &["medium"]),
    ("IMPORTANT", &["high"]),
    ("CRITICAL", &["critical"]),
];

fn severities(at: &At<'_>, values: &[&str]) -> Result<Meaning, Box<Refusal>> {
    let mut any = Vec::new();
    let mut why = None;
    for value in values {
        let (operator, word) = comparison(value);
        let word = word.strip_suffix("_VULNERABILITY_SEVERITY").unwrap_or(word);
        let position = SEVERITIES.iter().position(|(severity, _)| severity.eq_ignore_ascii_case(word));
        let position = position.ok_or_else(|| at.expected("severities of UNKNOWN, LOW, MODERATE, IMPORTANT, CRITICAL"))?;
        let position = if operator == ">" { position.saturating_add(1) } else { position };
        let ours = SEVERITIES.get(position).map(|(_, ours)| *ours);
        match (operator, ours) {
            (">=" | ">", Some([lowest, ..])) => any.push(Map::from_iter([("severity".to_owned(), (*lowest).into())])),
            // From the lowest on: whatever is found.
            (">=", Some([])) => any.push(Map::new()),
            ("", Some(ours @ [_, ..])) => any.extend(ours.iter().map(|severity| {
                Map::from_iter([("severity".to_owned(), (*severity).into()), ("counting".to_owned(), "exactly".into())])
            })),
            (">", None) => {}
            _ => {
                why = Some("a condition has severities from one on, or one exactly, and none for what is not known");
                any.push(Map::new());
            }
        }
    }
    Ok(match why {
        _ if any.is_empty() => Meaning::Never,
        None => Meaning::AnyOf(any),
        Some(why) => Meaning::Wider(any, why),
    })
}
