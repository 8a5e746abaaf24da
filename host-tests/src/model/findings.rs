//! What is set aside for a rule, and whether a condition is fulfilled by the rest.
//!
//! Source: the rule language, "Words", "Predicates of a condition", "Exemptions".

use policy::time::Timestamp;
use serde_json::Value;

use super::{Facts, Rule, duration, list, scope, since, text};

/// What a condition comes to.
pub(super) enum Weighed {
    /// `rank`: 5 critical to 1 negligible, 0 below.
    Fulfilled {
        rank: i64,
    },
    NotFulfilled,
    Incomplete,
}

const PREDICATES: [&str; 5] = ["ids", "packages", "paths", "fixable", "severityAtMost"];
/// Keys of a condition and the field of the document that each needs.
const NEEDS: [(&str, &str); 6] = [
    ("cvss", "cvss"),
    ("epss", "epss"),
    ("knownExploited", "knownExploited"),
    ("publishedFor", "publishedAt"),
    ("fixAvailableFor", "fixAvailableAt"),
    ("paths", "path"),
];
const HIGH: i64 = 4;

/// Weighs a condition of a rule by the findings of a platform.
pub(super) fn weigh(
    rule: Rule<'_>,
    condition: &Value,
    facts: &Facts<'_>,
    document: &Value,
    platform: &Value,
) -> Result<Weighed, String> {
    if condition["osEndOfLife"] == true {
        return Ok(match platform["os"]["endOfLife"].as_bool() {
            Some(true) => Weighed::Fulfilled { rank: HIGH },
            Some(false) => Weighed::NotFulfilled,
            None => Weighed::Incomplete,
        });
    }
    let provides = |field: &str| list(&document["provides"]).iter().any(|provided| provided == field);
    if NEEDS.iter().any(|(key, field)| !condition[key].is_null() && !provides(field)) {
        return Ok(Weighed::Incomplete);
    }
    let (mut vulnerabilities, mut findings, mut most_severe) = (0, 0, 0);
    for vulnerability in list(&platform["vulnerabilities"]) {
        let mut selected = 0;
        for finding in list(&vulnerability["findings"]) {
            if is_selected(condition, facts, vulnerability, finding) && !is_set_aside(rule, facts, vulnerability, finding)? {
                selected += 1;
            }
        }
        if selected > 0 {
            vulnerabilities += 1;
            findings += selected;
            most_severe = most_severe.max(severity(facts, vulnerability));
        }
    }
    let count = if condition["count"] == "findings" { findings } else { vulnerabilities };
    Ok(if count > condition["moreThan"].as_u64().unwrap_or(0) {
        Weighed::Fulfilled { rank: condition["severity"].as_str().map_or(most_severe, rank_of) }
    } else if !condition["ids"].is_null() && !provides("aliases") {
        // Those that all else is true of may have a listed id for another name.
        let mut of_any_id = condition.clone();
        of_any_id["ids"] = Value::Null;
        match weigh(rule, &of_any_id, facts, document, platform)? {
            Weighed::Fulfilled { .. } => Weighed::Incomplete,
            _ => Weighed::NotFulfilled,
        }
    } else {
        Weighed::NotFulfilled
    })
}

fn rank_of(word: &str) -> i64 {
    match word {
        "critical" => 5,
        "high" => HIGH,
        "medium" => 3,
        "low" => 2,
        "negligible" => 1,
        _ => 0,
    }
}

/// With `unknownSeverity` in place of unknown; 0 where that is `ignore`.
fn severity(facts: &Facts<'_>, vulnerability: &Value) -> i64 {
    match text(&vulnerability["severity"]) {
        "unknown" => rank_of(facts.settings["unknownSeverity"].as_str().unwrap_or("medium")),
        word => rank_of(word),
    }
}

fn is_selected(condition: &Value, facts: &Facts<'_>, vulnerability: &Value, finding: &Value) -> bool {
    let severity = severity(facts, vulnerability);
    let now = facts.world.now;
    let at_least = |key: &str, unit: f64| {
        let units = |value: &Value| value.as_f64().map(|value| (value * unit).round());
        units(&condition[key]).is_none_or(|limit| units(&vulnerability[key]).is_some_and(|found| found >= limit))
    };
    // An unknown date counts as long ago.
    let long_ago = |key: &str, date: &Value| {
        duration(&condition[key]).is_none_or(|length| since(date, now).is_none_or(|seconds| length.is_reached_by(seconds)))
    };
    let severity_holds = condition["severity"]
        .as_str()
        .map(rank_of)
        .is_none_or(|wanted| if condition["counting"] == "exactly" { severity == wanted } else { severity >= wanted });
    severity_holds
        && names_and_places_hold(condition, vulnerability, finding)
        && at_least("cvss", 10.0)
        && at_least("epss", 100_000.0)
        && (condition["knownExploited"] != true || vulnerability["knownExploited"] == true)
        && long_ago("publishedFor", &vulnerability["publishedAt"])
        && (condition["fixAvailableFor"].is_null() || is_fixable(finding))
        && long_ago("fixAvailableFor", &finding["fixAvailableAt"])
}

/// The predicates that conditions and exemptions have in common: `ids`, `packages`, `paths`, `fixable`.
fn names_and_places_hold(predicates: &Value, vulnerability: &Value, finding: &Value) -> bool {
    let any = |key: &str, holds: &dyn Fn(&str) -> bool| {
        predicates[key].is_null() || list(&predicates[key]).iter().any(|value| holds(text(value)))
    };
    let names: Vec<&str> = std::iter::once(&vulnerability["id"])
        .chain(list(&vulnerability["aliases"]))
        .chain(list(&vulnerability["advisories"]))
        .map(text)
        .collect();
    let purl = decoded(text(&finding["purl"]));
    any("ids", &|id| names.iter().any(|name| name.eq_ignore_ascii_case(id)))
        && any("packages", &|package| {
            let rest = purl.strip_prefix(decoded(package).trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@', '?', '#']))
        })
        && any("paths", &|glob| finding["path"].as_str().is_some_and(|path| path_matches(glob, path)))
        && predicates["fixable"].as_bool().is_none_or(|fixable| fixable == is_fixable(finding))
}

/// Without percent-encoding.
fn decoded(purl: &str) -> String {
    percent_encoding::percent_decode_str(purl).decode_utf8_lossy().into_owned()
}

fn is_fixable(finding: &Value) -> bool {
    finding["fixState"] == "fixed" || !list(&finding["fixed"]).is_empty()
}

fn path_matches(glob: &str, path: &str) -> bool {
    fn components(glob: &[&str], path: &[&str]) -> bool {
        match (glob, path) {
            ([], []) => true,
            (["**", glob @ ..], _) if components(glob, path) => true,
            (["**", ..], [_, path @ ..]) => components(glob, path),
            ([first, glob @ ..], [component, path @ ..]) => {
                within(first.as_bytes(), component.as_bytes()) && components(glob, path)
            }
            _ => false,
        }
    }
    fn within(glob: &[u8], component: &[u8]) -> bool {
        match (glob, component) {
            ([], []) => true,
            ([b'*', glob @ ..], _) if within(glob, component) => true,
            ([b'*', ..], [_, component @ ..]) => within(glob, component),
            ([b'?', glob @ ..], [_, component @ ..]) => within(glob, component),
            ([a, glob @ ..], [b, component @ ..]) => a == b && within(glob, component),
            _ => false,
        }
    }
    let split = |text: &'_ str| text.trim_start_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (glob, path) = (split(glob), split(path));
    let (glob, path): (Vec<&str>, Vec<&str>) =
        (glob.iter().map(String::as_str).collect(), path.iter().map(String::as_str).collect());
    components(&glob, &path)
}

/// Whether VEX or an exemption sets a finding aside for a rule.
fn is_set_aside(rule: Rule<'_>, facts: &Facts<'_>, vulnerability: &Value, finding: &Value) -> Result<bool, String> {
    if facts.settings["vex"] != "ignore" && matches!(text(&finding["vex"]), "not_affected" | "fixed") {
        return Ok(true);
    }
    for exemption in exemptions(rule, facts).filter(|exemption| has_predicates(exemption)) {
        let severity = severity(facts, vulnerability);
        // One that is ignored is not covered.
        let severity_holds =
            exemption["severityAtMost"].as_str().map(rank_of).is_none_or(|most| severity > 0 && severity <= most);
        let covers = severity_holds
            && names_and_places_hold(exemption, vulnerability, finding)
            && (exemption["untilFixed"] != true || !is_fixable(finding));
        if covers && scope::holds(&exemption["scope"], facts, scope::For::Exemption)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an exemption excuses the image from the rule altogether.
pub(super) fn is_excused(rule: Rule<'_>, facts: &Facts<'_>) -> Result<bool, String> {
    for exemption in exemptions(rule, facts).filter(|exemption| !has_predicates(exemption)) {
        if scope::holds(&exemption["scope"], facts, scope::For::Exemption)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_predicates(exemption: &Value) -> bool {
    PREDICATES.iter().any(|key| !exemption[key].is_null())
}

/// Those in force that are for the rule.
fn exemptions<'a>(rule: Rule<'a>, facts: &Facts<'a>) -> impl Iterator<Item = &'a Value> {
    let now = facts.world.now;
    list(&facts.settings["exemptions"]).iter().filter(move |exemption| {
        let is_for_it = exemption["rules"].is_null() || list(&exemption["rules"]).iter().any(|name| name == rule.name());
        let bound = |key: &str, of_date: fn(&str) -> Option<Timestamp>| {
            exemption[key].as_str().map(|text| of_date(text).or_else(|| Timestamp::parse(text)).expect("a date or an instant"))
        };
        let from = bound("from", Timestamp::start_of_date);
        let until = bound("until", Timestamp::end_of_date);
        is_for_it && from.is_none_or(|from| from <= now) && until.is_none_or(|until| now <= until)
    })
}
