//! Checked settings → plain sentences, in the order in which the rules decide.

use std::cmp::Reverse;

use policy::findings::Severity;
use policy::render::{describe, describe_entry};
use policy::settings::{
    Action, Answer, Condition, Entry, Evaluation, EvidenceTable, Exemption, FindingTest, Rule, Settings, Trusting,
};

/// The whole document in words, a paragraph for each rule and exemption.
pub(crate) fn explain(settings: &Settings) -> String {
    let mut text = String::new();
    let mut say = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    say(order(settings.evaluation).to_owned());
    say(match settings.unknown_severity {
        Some(severity) => format!("A vulnerability without a severity counts as {}.", severity.word()),
        None => "A vulnerability without a severity satisfies no condition on severity.".to_owned(),
    });
    if !settings.applies_vex {
        say("VEX statements set nothing aside.".to_owned());
    }
    for (heading, lines) in decisions(settings) {
        say(format!("\n{heading}"));
        lines.into_iter().for_each(&mut say);
    }
    for rule in settings.rules.iter().filter(|rule| rule.enabled) {
        say(format!("\nRule `{}`{}", rule.name, rule.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default()));
        about_rule(rule).into_iter().for_each(&mut say);
    }
    for rule in settings.rules.iter().filter(|rule| !rule.enabled) {
        say(format!("\nRule `{}` is disabled.", rule.name));
    }
    for exemption in &settings.exemptions {
        say(format!("\nExemption `{}`: {}", exemption.name, exemption.reason));
        about_exemption(settings, exemption).into_iter().for_each(&mut say);
    }
    text
}

fn order(evaluation: Evaluation) -> &'static str {
    match evaluation {
        Evaluation::SeverityFirst => {
            "The conditions of all rules are looked at from critical down. The first severity with a fulfilled one decides; of several there the strictest wins."
        }
        Evaluation::RuleOrder => "The rules are walked in their order. The first with a fulfilled condition decides.",
        Evaluation::Strictest => "Every condition of every rule is looked at. The strictest action of the fulfilled ones wins.",
    }
}

/// Headings with the conditions below them, in the order in which they decide.
fn decisions(settings: &Settings) -> Vec<(String, Vec<String>)> {
    let conditions = || {
        settings
            .rules
            .iter()
            .filter(|rule| rule.enabled)
            .flat_map(|rule| rule.conditions.iter().map(move |condition| (rule, condition)))
    };
    let line = |(rule, condition): (&Rule, &Condition)| {
        format!("  {} on {} (rule `{}`)", verb(rule.action), describe(condition), rule.name)
    };
    match settings.evaluation {
        Evaluation::RuleOrder => vec![("In this order:".to_owned(), conditions().map(line).collect())],
        Evaluation::Strictest => {
            let mut all: Vec<_> = conditions().collect();
            all.sort_by_key(|(rule, _)| Reverse(rule.action));
            vec![("In this order:".to_owned(), all.into_iter().map(line).collect())]
        }
        Evaluation::SeverityFirst => {
            let ranks = Severity::ALL.iter().rev().map(|severity| Some(*severity)).chain([None]);
            let of_rank = |wanted: Option<Severity>| {
                let mut here: Vec<_> = conditions().filter(|(_, condition)| rank(condition) == wanted).collect();
                here.sort_by_key(|(rule, _)| Reverse(rule.action));
                let heading = match wanted {
                    Some(severity) => format!("At {}:", severity.word()),
                    None => "At the severity of the worst vulnerability that they select:".to_owned(),
                };
                (heading, here.into_iter().map(line).collect::<Vec<_>>())
            };
            ranks.map(of_rank).filter(|(_, lines)| !lines.is_empty()).collect()
        }
    }
}

fn rank(condition: &Condition) -> Option<Severity> {
    match condition {
        Condition::OsEndOfLife => Some(Severity::High),
        Condition::Count(count) => count.test.severity.map(|(severity, _)| severity),
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Deny => "deny",
        Action::Audit => "warn",
    }
}

fn about_rule(rule: &Rule) -> Vec<String> {
    let mut lines = vec![format!("  is about {}", scope(&rule.scope))];
    lines.extend(rule.max_age.map(|age| format!("  takes findings older than {age} for stale")));
    lines.extend(
        rule.max_database_age.map(|age| format!("  takes findings of a scan with a database older than {age} for stale")),
    );
    let EvidenceTable { missing, unavailable, unreadable, untrusted: _, stale, incomplete } = rule.evidence;
    lines.push(format!(
        "  without findings: {}; not to be looked up: {}; not usable: {}; stale: {}; lacking a field: {}",
        answer(missing),
        answer(unavailable),
        answer(unreadable),
        trusting(stale),
        trusting(incomplete)
    ));
    lines
}

fn answer(answer: Answer) -> &'static str {
    answer.map_or("admit", verb)
}

fn trusting(trusting: Trusting) -> &'static str {
    match trusting {
        Trusting::Answer(given) => answer(given),
        Trusting::Use => "judge all the same",
    }
}

fn scope(scope: &[Entry]) -> String {
    if scope.is_empty() {
        return "every workload".to_owned();
    }
    scope.iter().map(describe_entry).collect::<Vec<_>>().join(" and ")
}

fn quoted<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    texts.map(|text| format!("`{text}`")).collect()
}

fn about_exemption(settings: &Settings, exemption: &Exemption) -> Vec<String> {
    let mut lines = vec![match &exemption.findings {
        Some(test) => format!("  sets aside findings {}", findings(test)),
        None => "  excuses images altogether, missing findings included".to_owned(),
    }];
    lines.push(format!("  for {}", scope(&exemption.scope)));
    if let Some(rules) = &exemption.rules {
        let names = rules.iter().filter_map(|rule| settings.rules.get(*rule)).map(|rule| rule.name.as_str());
        lines.push(format!("  from {}", quoted(names).join(", ")));
    }
    if exemption.until_fixed {
        lines.push("  as long as no fix is known".to_owned());
    }
    let instants = [exemption.from.map(|from| format!("from {from}")), exemption.until.map(|until| format!("until {until}"))];
    let instants: Vec<String> = instants.into_iter().flatten().collect();
    lines.push(if instants.is_empty() { "  without an end".to_owned() } else { format!("  {}", instants.join(" ")) });
    lines.extend(exemption.owner.as_ref().map(|owner| format!("  owned by {owner}")));
    lines
}

fn findings(test: &FindingTest) -> String {
    let mut parts = Vec::new();
    if !test.ids.is_empty() {
        parts.push(format!("of {}", test.ids.join(", ")));
    }
    if !test.packages.is_empty() {
        parts.push(format!("in {}", test.packages.iter().map(|package| package.as_str()).collect::<Vec<_>>().join(", ")));
    }
    if !test.paths.is_empty() {
        parts.push(format!("at {}", test.paths.iter().map(|path| path.text()).collect::<Vec<_>>().join(", ")));
    }
    parts.extend(test.fixable.map(|fixable| if fixable { "with a known fix" } else { "without a known fix" }.to_owned()));
    parts.extend(test.severity_at_most.map(|severity| format!("that are {} at most", severity.word())));
    parts.join(", ")
}
