//! A denied image → the smallest set of upgrades after which no rule denies it.
//!
//! What an upgrade does is tried with the evaluator itself: an exemption that sets the fixable findings of a package aside, for this image
//! alone, leaves what a fixed package would leave. What is then still denied says what else has to go.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::judge::Judge;
use super::request::Request;
use super::solve::{Demand, Problem};
use crate::judgement::{ImageJudgement, Verdict, Violation, Vulnerability, of_trace};

/// How often something is tried: each time teaches at least one package more.
const ROUNDS: usize = 200;
/// Ids that a reason names.
const NAMED: usize = 5;

/// What clears an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clearing {
    /// These upgrades, by package URL; and whether fewer would not do.
    By(BTreeMap<String, Upgrade>, bool),
    /// No upgrade that is known: why.
    Not(String),
}

/// A package of an image that has to be upgraded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Upgrade {
    pub(super) package: String,
    pub(super) installed: Option<String>,
    /// Versions that fix what counts; all of it together may need the newest.
    pub(super) fixed: BTreeSet<String>,
    /// What goes with it.
    pub(super) ids: BTreeSet<String>,
}

/// What was learnt so far.
#[derive(Default)]
struct Known {
    problem: Problem,
    upgrades: BTreeMap<String, Upgrade>,
    /// Vulnerabilities that stay whatever is upgraded, each for the condition that counts it.
    stuck: BTreeSet<(String, String)>,
    /// A demand may be larger than it has to be.
    is_rough: bool,
}

/// Finds what clears an image that a request is denied for.
pub(super) fn clearing(judge: &Judge, request: &Request, image: &ImageJudgement, settings: &Value) -> Clearing {
    let mut known = Known::default();
    let mut chosen = BTreeSet::new();
    let mut found = None;
    for _ in 0..ROUNDS {
        let judged = found.as_ref().unwrap_or(image);
        let mut denials = judged.violations.iter().filter(|violation| violation.verdict == Verdict::Deny).peekable();
        if denials.peek().is_none() {
            // Something else than a rule denies, such as a request that cannot be read.
            return Clearing::Not("no rule denies it".to_owned());
        }
        if let Some(why) = denials.find_map(|violation| known.learn(violation, &chosen)) {
            return Clearing::Not(why);
        }
        let Some(solution) = known.problem.solve() else { return Clearing::Not(known.why()) };
        chosen = solution.packages;
        let tried = judge.tried(request, &with_upgrades(settings, &image.image, &chosen).to_string());
        // Several containers may have the image, and rules may be about one of them.
        let mut traces = tried.iter().filter(|trace| trace["image"] == image.image.as_str()).peekable();
        if traces.peek().is_none() {
            return Clearing::Not("what upgrades would do could not be tried".to_owned());
        }
        match traces.find(|trace| trace["verdict"] == "deny") {
            Some(trace) => found = Some(of_trace(trace, Verdict::Deny)),
            None => {
                known.upgrades.retain(|key, _| chosen.contains(key));
                return Clearing::By(known.upgrades, solution.is_smallest && !known.is_rough);
            }
        }
    }
    Clearing::Not(format!("no set of upgrades was found in {ROUNDS} tries"))
}

impl Known {
    /// Takes in a denial that is left after some upgrades; or why no upgrade helps.
    fn learn(&mut self, violation: &Violation, chosen: &BTreeSet<String>) -> Option<String> {
        let Some(counted) = &violation.counted else {
            return Some(format!("{} [{}]", violation.what, violation.code));
        };
        // The same vulnerability may be fixed where one condition counts it and not where another does.
        let name = |id: &str| format!("{}\n{id}", violation.condition);
        for vulnerability in &counted.vulnerabilities {
            self.learn_of(vulnerability, &violation.condition, name(&vulnerability.id), chosen);
        }
        let mut vulnerabilities: BTreeSet<String> = counted.vulnerabilities.iter().map(|one| name(&one.id)).collect();
        let limit = usize::try_from(counted.limit).unwrap_or(usize::MAX);
        let mut at_least = vulnerabilities.len().saturating_sub(limit).max(1);
        if counted.is_of_findings {
            // How many findings go with a package is not known: all that can go does.
            vulnerabilities.retain(|name| self.problem.packages.contains_key(name));
            at_least = vulnerabilities.len().max(1);
            self.is_rough = true;
        }
        self.problem.demands.insert(Demand { vulnerabilities, at_least });
        None
    }

    fn learn_of(&mut self, vulnerability: &Vulnerability, condition: &str, name: String, chosen: &BTreeSet<String>) {
        let key = key(&vulnerability.purl);
        let stuck = (vulnerability.id.clone(), condition.to_owned());
        // What is upgraded and still counts has no fix there. A package without a version would stand for others too.
        if !vulnerability.is_fixable || chosen.contains(key) || !has_version(key) {
            self.problem.packages.remove(&name);
            self.stuck.insert(stuck.clone());
        }
        if self.stuck.contains(&stuck) {
            return;
        }
        self.problem.packages.entry(name).or_default().insert(key.to_owned());
        let upgrade = self.upgrades.entry(key.to_owned()).or_default();
        upgrade.package.clone_from(&vulnerability.package);
        upgrade.installed.clone_from(&vulnerability.installed);
        upgrade.fixed.extend(vulnerability.fixed.iter().cloned());
        upgrade.ids.insert(vulnerability.id.clone());
    }

    /// Why nothing clears it.
    fn why(&self) -> String {
        let stuck: BTreeSet<&str> = self.stuck.iter().map(|(id, _)| id.as_str()).collect();
        let named: Vec<&str> = stuck.iter().take(NAMED).copied().collect();
        let more = match stuck.len().checked_sub(NAMED) {
            Some(more @ 1..) => format!(" and {more} more"),
            _ => String::new(),
        };
        format!("no upgrade is known for {}{more}", named.join(", "))
    }
}

/// The identity of a package with its version: where a qualifier or a subpath begins, it ends.
fn key(purl: &str) -> &str {
    purl.split(['?', '#']).next().unwrap_or(purl)
}

/// Whether a package URL names a version: behind the last slash, since an `@` in a name is percent-encoded.
fn has_version(purl: &str) -> bool {
    purl.rsplit('/').next().is_some_and(|last| last.contains('@'))
}

/// The settings, with the fixable findings of these packages set aside for one image.
fn with_upgrades(settings: &Value, image: &str, packages: &BTreeSet<String>) -> Value {
    let mut settings = settings.clone();
    let exemption = json!({
        "name": free_name(&settings), "reason": "tried out: what is left when these packages are upgraded",
        "packages": packages, "fixable": true,
        "scope": [{ "field": "image", "operator": "equals", "values": [image] }],
    });
    if let Some(members) = settings.as_object_mut()
        && let Some(exemptions) = members.entry("exemptions").or_insert_with(|| json!([])).as_array_mut()
    {
        exemptions.push(exemption);
    }
    settings
}

/// A name that no exemption of the settings has.
fn free_name(settings: &Value) -> String {
    let is_taken =
        |name: &str| settings["exemptions"].as_array().into_iter().flatten().any(|exemption| exemption["name"] == name);
    let mut name = "upgraded".to_owned();
    while is_taken(&name) {
        name.push('x');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_with_a_name_of_its_own_stands_for_the_upgrades() {
        let settings = json!({ "rules": [], "exemptions": [{ "name": "upgraded" }] });
        let packages = BTreeSet::from(["pkg:deb/debian/openssl@1".to_owned()]);
        let with = with_upgrades(&settings, "ghcr.io/a/b:1", &packages);
        assert_eq!(with["exemptions"][1]["name"], "upgradedx");
        assert_eq!(with["exemptions"][1]["packages"], json!(packages));
        assert_eq!(key("pkg:deb/debian/openssl@1?arch=amd64#x"), "pkg:deb/debian/openssl@1");
    }
}
