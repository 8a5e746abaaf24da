//! Checked settings → plain sentences, in the order in which the rules decide.

use std::cmp::Reverse;

use policy::findings::Severity;
use policy::render::{describe, describe_entry};
use policy::settings::{
    Action, Answer, BreakGlass, Condition, ControllerPods, Entry, Evaluation, EvidenceTable, Exemption, FindingTest, PinDigests,
    Platform, Rule, Settings, Signer, Source, Sources, Subject, Trusting,
};

/// The whole document in words, a paragraph for each rule and exemption. Foreign text stands in it as it was written.
#[must_use]
pub fn explain(settings: &Settings) -> String {
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
    about_findings(&settings.findings).into_iter().for_each(&mut say);
    about_trust(settings.trust.as_deref()).into_iter().for_each(&mut say);
    about_exceptions(settings).into_iter().for_each(&mut say);
    for (heading, lines) in decisions(settings) {
        say(format!("\n{heading}"));
        lines.into_iter().for_each(&mut say);
    }
    for rule in settings.rules.iter().filter(|rule| rule.enabled) {
        say(format!("\nRule `{}`{}", rule.name, rule.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default()));
        about_rule(rule, settings.trust.is_some()).into_iter().for_each(&mut say);
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

fn about_findings(findings: &Sources) -> Vec<String> {
    let place = |source: &Source| match source {
        Source::Registry { repository: None } => "in the image's own repository".to_owned(),
        Source::Registry { repository: Some(repository) } => format!("in `{repository}`"),
        Source::SbomScanner(scanner) => format!("among SBOMscanner's reports in the namespace `{}`", scanner.namespace),
        Source::TrivyOperator => "among trivy-operator's reports in the workload's namespace".to_owned(),
    };
    let places: Vec<String> = findings.sources.iter().map(place).collect();
    let mut lines = vec![format!("Findings are looked for {}.", places.join(", then "))];
    if !findings.platforms.is_empty() {
        let names = quoted(findings.platforms.iter().map(Platform::as_str)).join(", ");
        lines.push(format!("Of an image index these platforms are judged, and no others: {names}."));
    }
    if let Some(budget) = findings.lookup_budget {
        lines.push(format!(
            "No look-up is begun later than {budget} after the request arrived; what it was for is not to be looked up."
        ));
    }
    lines
}

fn about_trust(trust: Option<&[Signer]>) -> Vec<String> {
    match trust {
        None => vec!["No signature is asked for: whoever can push findings is believed.".to_owned()],
        Some(signers) => {
            let heading = "Findings are trusted where one of these signed them:".to_owned();
            std::iter::once(heading).chain(signers.iter().map(|signer| format!("  {}", about_signer(signer)))).collect()
        }
    }
}

fn about_signer(signer: &Signer) -> String {
    match signer {
        Signer::PublicKeys(keys) if keys.len() > 1 => format!("whoever has the private key of one of {} public keys", keys.len()),
        Signer::PublicKeys(_) => "whoever has the private key of a public key".to_owned(),
        Signer::Keyless { issuer, subject: Subject::Equal(subject) } => format!("`{subject}`, as `{issuer}` vouches"),
        Signer::Keyless { issuer, subject: Subject::Prefix(prefix) } => {
            format!("whoever's identity begins with `{prefix}`, as `{issuer}` vouches")
        }
        Signer::GithubAction { owner, repository: Some(repository) } => {
            format!("a GitHub Actions workflow of `{owner}/{repository}`")
        }
        Signer::GithubAction { owner, repository: None } => format!("a GitHub Actions workflow of any repository of `{owner}`"),
        Signer::Certificate { requires_rekor_bundle, .. } => {
            let when = if *requires_rekor_bundle { ", and the transparency log says when" } else { "" };
            format!("whoever has the private key of a certificate{when}")
        }
    }
}

/// What is not as it is for every workload.
fn about_exceptions(settings: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    let pinned = match settings.pin_digests {
        PinDigests::Never => None,
        PinDigests::Pods => Some("a pod"),
        PinDigests::Always => Some("any workload"),
    };
    lines.extend(pinned.map(|what| {
        format!("The digest that was judged is written behind each tag in {what} that is not denied; the policy must be deployed as mutating.")
    }));
    let restarted = match settings.controller_pods {
        ControllerPods::Judge => None,
        ControllerPods::Audit => Some("warned about at most, never denied"),
        ControllerPods::Skip => Some("admitted without a look-up"),
    };
    lines.extend(
        restarted
            .map(|what| format!("Containers that name a digest, in pods that Kubernetes' own controllers create, are {what}.")),
    );
    lines.extend(settings.break_glass.as_ref().map(about_break_glass));
    lines
}

fn about_break_glass(glass: &BreakGlass) -> String {
    let who = [("user", &glass.users), ("group", &glass.groups)];
    let who: Vec<String> =
        who.iter().flat_map(|(kind, names)| names.iter().map(move |name| format!("{kind} `{name}`"))).collect();
    let annotation = &glass.annotation;
    format!(
        "With a reason in the annotation `{annotation}`, these have a workload admitted without a look-up: {}. Anybody else who adds or changes it is denied.",
        who.join(", ")
    )
}

fn about_rule(rule: &Rule, needs_signature: bool) -> Vec<String> {
    let mut lines = vec![format!("  is about {}", scope(&rule.scope))];
    lines.extend(rule.max_age.map(|age| format!("  takes findings older than {age} for stale")));
    lines.extend(
        rule.max_database_age.map(|age| format!("  takes findings of a scan with a database older than {age} for stale")),
    );
    let EvidenceTable { missing, unavailable, unreadable, untrusted, stale, incomplete } = rule.evidence;
    let untrusted =
        if needs_signature { format!("not signed by anyone trusted: {}; ", trusting(untrusted)) } else { String::new() };
    lines.push(format!(
        "  without findings: {}; not to be looked up: {}; not usable: {}; {untrusted}stale: {}; lacking a field: {}",
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn explained(more: &Value) -> String {
        let rule = json!({ "name": "r", "action": "deny", "conditions": [{ "severity": "high" }], "evidence": { "untrusted": "audit" } });
        let mut settings = json!({ "rules": [rule] });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        explain(&Settings::read(&settings).unwrap())
    }

    #[test]
    fn each_key_has_its_sentence() {
        let keyless = |key: &str| json!({ "trust": { "anyOf": [{ "keyless": { "issuer": "https://i", key: "https://s" } }] } });
        for (settings, sentence) in [
            (json!({}), "Findings are looked for in the image's own repository.\nNo signature is asked for:"),
            (
                json!({ "findings": { "sources": [{ "registry": { "repository": "ghcr.io/a/b" } }, { "registry": {} }] } }),
                "Findings are looked for in `ghcr.io/a/b`, then in the image's own repository.\n",
            ),
            (
                json!({ "findings": { "sources": [{ "sbomScanner": { "namespace": "scans" } }, { "trivyOperator": {} }] } }),
                "for among SBOMscanner's reports in the namespace `scans`, then among trivy-operator's reports in the workload's namespace.\n",
            ),
            (json!({ "findings": { "platforms": ["linux/amd64"] } }), "platforms are judged, and no others: `linux/amd64`.\n"),
            (json!({ "findings": { "lookupBudget": "800ms" } }), "No look-up is begun later than 800ms after"),
            (keyless("subject"), "one of these signed them:\n  `https://s`, as `https://i` vouches\n"),
            (keyless("subjectPrefix"), "  whoever's identity begins with `https://s`, as `https://i` vouches\n"),
            (keyless("subject"), "; not signed by anyone trusted: warn; "),
            (
                json!({ "trust": { "anyOf": [{ "githubAction": { "owner": "a" } }] } }),
                "  a GitHub Actions workflow of any repository of `a`\n",
            ),
            (
                json!({ "trust": { "anyOf": [{ "githubAction": { "owner": "a", "repository": "b" } }] } }),
                "  a GitHub Actions workflow of `a/b`\n",
            ),
            (json!({ "pinDigests": "pods" }), "is written behind each tag in a pod that is not denied"),
            (json!({ "pinDigests": "always" }), "is written behind each tag in any workload that is not denied"),
            (json!({ "controllerPods": "audit" }), "create, are warned about at most, never denied.\n"),
            (json!({ "controllerPods": "skip" }), "create, are admitted without a look-up.\n"),
            (
                json!({ "breakGlass": { "annotation": "a/b", "users": ["alice"], "groups": ["on-call"] } }),
                "annotation `a/b`, these have a workload admitted without a look-up: user `alice`, group `on-call`. Anybody else",
            ),
        ] {
            let text = explained(&settings);
            assert!(text.contains(sentence), "{settings}: no `{sentence}` in\n{text}");
        }
        assert!(!explained(&json!({})).contains("not signed by anyone trusted"));
    }
}
