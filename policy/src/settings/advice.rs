//! What is allowed and probably not meant: rules that cannot decide, exemptions that cannot apply, gates with a way around them.
//!
//! Source: the rule language, "Scope fields" and "Which rule decides for one image".

use super::{
    Action, Condition, Count, Entry, Evaluation, Exemption, Field, Operator, Problem, Rule, Scope, Settings, Signer, Source,
    Test, Unit,
};
use crate::findings::Severity;
use crate::limits;
use crate::time::Timestamp;

/// Everything that an operator should look at: the gate as a whole, then in the order of the document, at most
/// [`limits::SETTINGS_PROBLEMS`] and then how much more there is.
pub fn advise(settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let mut advice = of_gate(settings);
    advice.extend(of_trust(settings));
    advice.extend(of_sources(settings));
    for (i, rule) in settings.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        advice.extend(of_rule(i, rule));
        advice.extend(of_shadow(settings, i, rule));
    }
    for (i, exemption) in settings.exemptions.iter().enumerate() {
        advice.extend(of_exemption(settings, i, exemption, now));
    }
    if let Some(more @ 1..) = advice.len().checked_sub(limits::SETTINGS_PROBLEMS) {
        advice.truncate(limits::SETTINGS_PROBLEMS);
        advice.push(at(String::new(), String::new(), format!("and {more} more")));
    }
    advice
}

fn at(pointer: String, path: String, message: String) -> Problem {
    Problem { pointer, path, message, hint: None }
}

fn at_rule(i: usize, message: String) -> Problem {
    at(format!("/rules/{i}"), format!("rules[{i}]"), message)
}

/// Signed findings that never get stale can be moved back onto their tag; and what the host's verification of keyless signatures leaves open.
fn of_trust(settings: &Settings) -> Vec<Problem> {
    let Some(trust) = &settings.trust else { return Vec::new() };
    let mut advice = Vec::new();
    if settings.rules.iter().any(|rule| rule.enabled && rule.max_age.is_none()) {
        let message = "an old clean artifact, once signed, can be moved back onto its tag: give every enabled rule a `maxAge`";
        advice.push(at("/trust".to_owned(), "trust".to_owned(), message.to_owned()));
    }
    for (i, signer) in trust.iter().enumerate() {
        if matches!(signer, Signer::Keyless { .. } | Signer::GithubAction { .. }) {
            let message = "the policy server has been seen to accept a public certificate of this identity without its signature: \
                           whoever can push may forge one; `publicKeys` are not concerned";
            advice.push(at(format!("/trust/anyOf/{i}"), format!("trust.anyOf[{i}]"), message.to_owned()));
        }
    }
    advice
}

/// What no report of a kind says, and rules ask for.
fn of_sources(settings: &Settings) -> Vec<Problem> {
    let enabled = || settings.rules.iter().filter(|rule| rule.enabled);
    let asks = |is_asked: fn(&Rule) -> bool| enabled().find(|rule| is_asked(rule));
    let mut advice = Vec::new();
    for (i, source) in settings.findings.sources.iter().enumerate() {
        let (name, timeless) = match source {
            Source::Registry { .. } => continue,
            Source::SbomScanner(_) => ("SBOMscanner", asks(|rule| rule.max_age.is_some() || rule.max_database_age.is_some())),
            Source::TrivyOperator => ("trivy-operator", asks(|rule| rule.max_database_age.is_some())),
        };
        if let Some(rule) = timeless {
            let key =
                if matches!(source, Source::SbomScanner(_)) && rule.max_age.is_some() { "maxAge" } else { "maxDatabaseAge" };
            let message = format!(
                "reports of {name} do not say that time, so that under `{key}` of rule `{}` they are always stale",
                rule.name
            );
            advice.push(at(format!("/findings/sources/{i}"), format!("findings.sources[{i}]"), message));
        }
    }
    advice
}

fn of_rule(i: usize, rule: &Rule) -> Vec<Problem> {
    let mut advice = Vec::new();
    if contradicts(&rule.scope) {
        advice.push(at_rule(i, format!("rule `{}` can never fire: no workload satisfies all entries of its scope", rule.name)));
    }
    for (c, condition) in rule.conditions.iter().enumerate() {
        if let Some(most) = most_selected(condition) {
            let message = format!(
                "this condition can never be fulfilled: its ids name at most {most} vulnerabilities, and only more than that many are a violation"
            );
            advice.push(at(format!("/rules/{i}/conditions/{c}"), format!("rules[{i}].conditions[{c}]"), message));
        }
    }
    advice
}

/// The number of vulnerabilities that a condition can select at most, where its limit is not below that. An id of a vulnerability names one,
/// an advisory's any number.
fn most_selected(condition: &Condition) -> Option<usize> {
    let Condition::Count(Count { test, unit: Unit::Vulnerabilities, more_than }) = condition else { return None };
    let names_one = |id: &String| ["cve-", "ghsa-"].iter().any(|start| id.to_ascii_lowercase().starts_with(start));
    let is_bounded = !test.ids.is_empty() && test.ids.iter().all(names_one);
    let limit = usize::try_from(*more_than).unwrap_or(usize::MAX);
    (is_bounded && test.ids.len() <= limit).then_some(test.ids.len())
}

/// Whether no value satisfies all entries: the values of two `equals` on one field exclude each other, or `notEquals` takes them all.
fn contradicts(scope: &[Entry]) -> bool {
    // A request has one value of each field but these.
    let has_one_value = |field: &Field| !matches!(field, Field::Group | Field::Label(_) | Field::Annotation(_));
    scope.iter().filter(|entry| entry.operator == Operator::Equals && has_one_value(&entry.field)).any(|entry| {
        let others = scope.iter().filter(|other| other.field == entry.field);
        let survives = |value: &&String| {
            others.clone().all(|other| match other.operator {
                Operator::Equals => other.values.contains(value),
                Operator::NotEquals => !other.values.contains(value),
                Operator::StartsWith => other.values.iter().any(|start| value.starts_with(start)),
                Operator::EndsWith => other.values.iter().any(|end| value.ends_with(end)),
                Operator::Contains => other.values.iter().any(|part| value.contains(part)),
            })
        };
        entry.values.iter().find(survives).is_none()
    })
}

fn may_overlap(a: &Scope, b: &Scope) -> bool {
    !contradicts(&[a.as_slice(), b.as_slice()].concat())
}

/// Rules that this one keeps from deciding.
fn of_shadow(settings: &Settings, i: usize, rule: &Rule) -> Vec<Problem> {
    let others = settings.rules.iter().enumerate().filter(|(other, shadowed)| *other != i && shadowed.enabled);
    let sentence = |(other, shadowed): (usize, &Rule)| shadow(settings.evaluation, (i, rule), (other, shadowed));
    // Scopes come last: what two rules do is compared faster than where.
    let shadowed = others.filter_map(|(other, shadowed)| sentence((other, shadowed)).map(|message| (shadowed, message)));
    let here = shadowed.filter(|(shadowed, _)| may_overlap(&rule.scope, &shadowed.scope));
    here.map(|(_, message)| at_rule(i, message)).collect()
}

/// How a rule keeps another from deciding, where their scopes overlap.
fn shadow(evaluation: Evaluation, (i, rule): (usize, &Rule), (other, shadowed): (usize, &Rule)) -> Option<String> {
    let (name, theirs) = (&rule.name, &shadowed.name);
    match evaluation {
        Evaluation::Strictest => None,
        Evaluation::RuleOrder if other <= i => None,
        Evaluation::RuleOrder if rule.scope.is_empty() && covers_all(rule, shadowed) => {
            Some(format!("rule `{theirs}` never decides: whatever fulfils it fulfils rule `{name}`, which stands before it"))
        }
        Evaluation::RuleOrder if rule.action < shadowed.action => Some(format!(
            "audit rule `{name}` stands before deny rule `{theirs}`: an image that fulfils both is admitted with a warning"
        )),
        Evaluation::SeverityFirst if rule.action < shadowed.action && outranks(rule, shadowed) => Some(format!(
            "audit rule `{name}` can shadow deny rule `{theirs}`: under severityFirst the more severe condition decides, and an \
             image that fulfils both is admitted with a warning; `evaluation: strictest` avoids it"
        )),
        Evaluation::RuleOrder | Evaluation::SeverityFirst => None,
    }
}

/// Whether a condition of the one can have a higher rank than one of the other.
fn outranks(rule: &Rule, other: &Rule) -> bool {
    let highest = rule.conditions.iter().map(|condition| rank(condition).unwrap_or(Severity::Critical)).max();
    let lowest = other.conditions.iter().map(|condition| rank(condition).unwrap_or(Severity::Unknown)).min();
    highest > lowest
}

/// `None`: by what it selects.
fn rank(condition: &Condition) -> Option<Severity> {
    match condition {
        Condition::OsEndOfLife => Some(Severity::High),
        Condition::Count(count) => count.test.severity.map(|(severity, _)| severity),
    }
}

fn covers_all(rule: &Rule, other: &Rule) -> bool {
    other.conditions.iter().all(|narrow| rule.conditions.iter().any(|wide| covers(wide, narrow)))
}

/// Whether everything that fulfils the narrow condition fulfils the wide one.
fn covers(wide: &Condition, narrow: &Condition) -> bool {
    let (Condition::Count(wide), Condition::Count(narrow)) = (wide, narrow) else { return wide == narrow };
    let severity_is_wider = match (wide.test.severity, narrow.test.severity) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((wide, true)), Some((narrow, exactly))) => exactly && wide == narrow,
        (Some((wide, false)), Some((narrow, _))) => wide <= narrow,
    };
    let rest = |test: &Test| Test { severity: None, ..test.clone() };
    let rest_is_wider = rest(&wide.test) == Test::default() || rest(&wide.test) == rest(&narrow.test);
    severity_is_wider && rest_is_wider && wide.unit == narrow.unit && wide.more_than <= narrow.more_than
}

fn of_exemption(settings: &Settings, i: usize, exemption: &Exemption, now: Timestamp) -> Vec<Problem> {
    let mut advice = Vec::new();
    let mut say = |message: String| advice.push(at(format!("/exemptions/{i}"), format!("exemptions[{i}]"), message));
    if let Some(until) = exemption.until.filter(|until| *until < now) {
        say(format!("exemption `{}` ended {until} and is not applied", exemption.name));
    }
    if contradicts(&exemption.scope) {
        say(format!("exemption `{}` can never apply: no workload satisfies all entries of its scope", exemption.name));
    }
    if settings.rules.iter().enumerate().all(|(rule, written)| !written.enabled || !exemption.is_for(rule)) {
        say(format!("exemption `{}` can never apply: every rule that it is for is disabled", exemption.name));
    }
    if !exemption.scope.is_empty() && exemption.scope.iter().all(is_written_by_the_author) {
        say(format!(
            "exemption `{}` hangs on what a workload's author writes: anybody can claim it; bind it to a namespace or repository",
            exemption.name
        ));
    }
    advice
}

fn is_written_by_the_author(entry: &Entry) -> bool {
    matches!(entry.field, Field::Label(_) | Field::Annotation(_) | Field::Name | Field::Container | Field::Tag)
}

fn of_gate(settings: &Settings) -> Vec<Problem> {
    let denying: Vec<&Rule> = settings.rules.iter().filter(|rule| rule.enabled && rule.action == Action::Deny).collect();
    let whole = |message: &str| vec![at("/rules".to_owned(), "rules".to_owned(), message.to_owned())];
    if denying.is_empty() {
        whole("no enabled rule denies: every workload is admitted")
    } else if denying.iter().all(|rule| rule.scope.iter().any(is_written_by_the_author)) {
        whole("every deny rule hangs on what a workload's author writes: it can be avoided by writing something else")
    } else if denying.iter().all(|rule| !rule.scope.is_empty()) {
        whole("no deny rule catches everything: what is in no rule's scope is admitted without a look-up")
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn advice(settings: &Value) -> Vec<String> {
        let settings = Settings::read(settings).unwrap();
        advise(&settings, Timestamp::parse("2026-11-22T12:00:00Z").unwrap())
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect()
    }

    fn rule(name: &str, action: &str, condition: Value, more: Value) -> Value {
        let mut rule = json!({ "name": name, "action": action, "conditions": [condition] });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    }

    #[test]
    fn each_advice_has_its_cause() {
        let deny = || rule("deny", "deny", json!({ "severity": "high" }), json!({}));
        let audit = |severity: &str| rule("audit", "audit", json!({ "severity": severity }), json!({}));
        let entry = |field: &str, value: &str| json!({ "field": field, "operator": "equals", "values": [value] });
        for (settings, wanted) in [
            (json!({ "rules": [deny()] }), None),
            (json!({ "rules": [audit("high")] }), Some("rules: no enabled rule denies")),
            (json!({ "rules": [audit("critical"), deny()] }), Some("rules[0]: audit rule `audit` can shadow deny rule `deny`")),
            (json!({ "rules": [audit("high"), deny()] }), None),
            (json!({ "evaluation": "strictest", "rules": [audit("critical"), deny()] }), None),
            (
                json!({ "evaluation": "ruleOrder", "rules": [deny(), audit("critical")] }),
                Some("rules[0]: rule `audit` never decides"),
            ),
            (
                json!({ "evaluation": "ruleOrder", "rules": [audit("critical"), deny()] }),
                Some("rules[0]: audit rule `audit` stands before deny rule `deny`"),
            ),
            (
                json!({ "rules": [rule("deny", "deny", json!({ "ids": ["CVE-2024-0001"], "moreThan": 1 }), json!({}))] }),
                Some("rules[0].conditions[0]: this condition can never be fulfilled"),
            ),
            (json!({ "rules": [rule("deny", "deny", json!({ "ids": ["DSA-1"], "moreThan": 1 }), json!({}))] }), None),
            (
                json!({ "findings": { "sources": [{ "registry": {} }, { "sbomScanner": { "namespace": "s" } }] },
                    "rules": [rule("deny", "deny", json!({ "severity": "low" }), json!({ "maxAge": "7d" }))] }),
                Some("findings.sources[1]: reports of SBOMscanner do not say that time, so that under `maxAge` of rule `deny`"),
            ),
            (
                json!({ "findings": { "sources": [{ "trivyOperator": {} }] },
                    "rules": [rule("deny", "deny", json!({ "severity": "low" }), json!({ "maxDatabaseAge": "7d" }))] }),
                Some("findings.sources[0]: reports of trivy-operator do not say that time, so that under `maxDatabaseAge`"),
            ),
            (
                json!({ "findings": { "sources": [{ "trivyOperator": {} }] },
                    "rules": [rule("deny", "deny", json!({ "severity": "low" }), json!({ "maxAge": "7d" }))] }),
                None,
            ),
            (
                json!({ "rules": [deny(), rule("b", "deny", json!({ "severity": "low" }), json!({ "scope": [entry("namespace", "a"), entry("namespace", "b")] }))] }),
                Some("rules[1]: rule `b` can never fire"),
            ),
            (
                json!({ "rules": [rule("deny", "deny", json!({ "severity": "low" }), json!({ "scope": [entry("namespace", "a")] }))] }),
                Some("rules: no deny rule catches everything"),
            ),
            (
                json!({ "rules": [rule("deny", "deny", json!({ "severity": "low" }), json!({ "scope": [entry("name", "a")] }))] }),
                Some("rules: every deny rule hangs on what a workload's author writes"),
            ),
            (
                json!({ "rules": [deny()], "exemptions": [{ "name": "e", "reason": "r", "ids": ["CVE-1"], "until": "2026-11-21" }] }),
                Some("exemptions[0]: exemption `e` ended 2026-11-21T23:59:59Z and is not applied"),
            ),
            (
                json!({ "rules": [deny()], "exemptions": [{ "name": "e", "reason": "r", "ids": ["CVE-1"], "until": "2026-11-22" }] }),
                None,
            ),
            (
                json!({ "rules": [deny()], "exemptions": [{ "name": "e", "reason": "r", "ids": ["CVE-1"], "scope": [entry("tag", "v1")] }] }),
                Some("exemptions[0]: exemption `e` hangs on what a workload's author writes"),
            ),
            (
                json!({ "rules": [deny(), rule("off", "deny", json!({ "severity": "low" }), json!({ "enabled": false }))],
                    "exemptions": [{ "name": "e", "reason": "r", "ids": ["CVE-1"], "rules": ["off"] }] }),
                Some("exemptions[0]: exemption `e` can never apply: every rule"),
            ),
        ] {
            let found = advice(&settings);
            match wanted {
                None => assert!(found.is_empty(), "{settings}: {found:?}"),
                Some(wanted) => {
                    assert!(found.len() == 1 && found[0].starts_with(wanted), "{settings}: wanted {wanted}, found {found:?}")
                }
            }
        }
    }
}
