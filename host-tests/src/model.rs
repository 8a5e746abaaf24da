//! The rule language a second time, as short as it can be said: plain JSON in, verdict and deciding rule out.
//!
//! Shares nothing with what it is held against but the normalisation of references and the reading of dates. Takes settings, requests and
//! findings documents that were accepted elsewhere, in their JSON forms.
//! Source: the rule language, docs/rules.md.

mod exceptions;
mod findings;
mod lookup;
pub mod reports;
mod scope;
mod workload;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use policy::image::Reference;
use policy::time::{Duration, Timestamp};
use serde_json::Value;

use self::workload::{Image, Workload};

/// From the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as the answer names them")]
pub enum Verdict {
    Admit,
    Audit,
    Deny,
}

/// What is known about an image.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as the rule language names them")]
pub enum Evidence {
    Missing,
    Unavailable,
    Unreadable,
    NotGranted,
    /// No signature that `trust` accepts; what is found where that does not matter.
    Untrusted(Box<Evidence>),
    /// The JSON form of a findings document.
    Scanned(Value),
}

/// What is known about the manifest of an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Manifest {
    /// It is one image.
    Single,
    /// Of an index: platform and digest of each entry that is an image.
    Index(Vec<(Option<String>, String)>),
    /// It could not be read, and this is why.
    Unknown(Evidence),
}

/// What is known about the labels of the namespace.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// All of them.
    Known(BTreeMap<String, String>),
    /// They could not be read.
    Unavailable,
    /// The policy may not read them.
    NotGranted,
}

/// What lies outside settings and request.
#[derive(Clone, Debug)]
pub struct World {
    /// When the request is judged.
    pub now: Timestamp,
    /// Of tags: the digest, or why it is not known. By normalised reference.
    pub digests: BTreeMap<String, Result<String, Evidence>>,
    /// By the repository where they are kept, or the kind of source in the cluster, and the digest that they are about.
    pub evidence: BTreeMap<(String, String), Evidence>,
    /// By `repository@digest`.
    pub manifests: BTreeMap<String, Manifest>,
    /// `None`: nobody may ask for them.
    pub labels: Option<Labels>,
}

/// Verdict and the name of the deciding rule, which is absent on admit.
pub type Judgement = (Verdict, Option<String>);

/// Judges a request.
///
/// # Errors
/// Evidence or labels are needed that the world does not have.
pub fn judge(settings: &Value, request: &Value, world: &World) -> Result<Judgement, String> {
    let Some(workload) = Workload::read(request) else { return Ok((Verdict::Admit, None)) };
    let old = workload::old(request);
    if let Some(verdict) = exceptions::break_glass(settings, request, &workload, old.as_ref()) {
        return Ok((verdict, None));
    }
    if old.is_some_and(|old| workload::is_unchanged(settings, &old, &workload)) {
        return Ok((Verdict::Admit, None));
    }
    let mut judgements = Vec::new();
    for image in &workload.images {
        let facts =
            Facts { settings, request, workload: &workload, image, reference: Reference::parse(&image.reference).ok(), world };
        let has_digest = facts.reference.as_ref().is_some_and(|reference| reference.digest().is_some());
        match settings["controllerPods"].as_str().filter(|_| has_digest && exceptions::is_restart(request)) {
            Some("skip") => {}
            Some("audit") => {
                let (verdict, rule) = judge_image(&facts)?;
                judgements.push((verdict.min(Verdict::Audit), rule));
            }
            _ => judgements.push(judge_image(&facts)?),
        }
    }
    Ok(worst(judgements))
}

/// The first of the worst.
fn worst(judgements: Vec<Judgement>) -> Judgement {
    judgements.into_iter().fold((Verdict::Admit, None), |worst, judged| if judged.0 > worst.0 { judged } else { worst })
}

/// All that a scope can ask about.
struct Facts<'a> {
    settings: &'a Value,
    request: &'a Value,
    workload: &'a Workload<'a>,
    image: &'a Image,
    reference: Option<Reference>,
    world: &'a World,
}

/// A rule in scope, with its place in the list.
#[derive(Clone, Copy)]
struct Rule<'a> {
    place: usize,
    rule: &'a Value,
}

impl Rule<'_> {
    fn name(&self) -> &str {
        self.rule["name"].as_str().expect("a rule has a name")
    }

    /// The word of the `evidence` table, by default the rule's own action.
    fn table(&self, state: &str) -> &str {
        self.rule["evidence"][state].as_str().or_else(|| self.rule["action"].as_str()).expect("a rule has an action")
    }

    fn answers(&self, word: &str, condition: Option<usize>, by_evidence: bool) -> Answer {
        let verdict = match word {
            "deny" => Verdict::Deny,
            "audit" => Verdict::Audit,
            _ => Verdict::Admit,
        };
        Answer { verdict, by_evidence, rule: self.place, condition, name: self.name().to_owned() }
    }
}

/// An answer of step 2 or of step 3.
#[derive(Clone)]
struct Answer {
    verdict: Verdict,
    by_evidence: bool,
    rule: usize,
    condition: Option<usize>,
    name: String,
}

impl Answer {
    /// Step 4: the stricter one; then findings before evidence, the earlier rule, the earlier condition.
    fn order(&self) -> (Verdict, bool, Reverse<usize>, Reverse<Option<usize>>) {
        (self.verdict, !self.by_evidence, Reverse(self.rule), Reverse(self.condition))
    }
}

fn decide(answers: &[Answer]) -> Judgement {
    match answers.iter().filter(|answer| answer.verdict > Verdict::Admit).max_by_key(|answer| answer.order()) {
        Some(answer) => (answer.verdict, Some(answer.name.clone())),
        None => (Verdict::Admit, None),
    }
}

fn judge_image(facts: &Facts<'_>) -> Result<Judgement, String> {
    let mut rules = Vec::new();
    let mut answers = Vec::new();
    for (place, rule) in list(&facts.settings["rules"]).iter().enumerate() {
        let rule = Rule { place, rule };
        if rule.rule["enabled"] == false {
            continue;
        }
        let in_scope = scope::holds(&rule.rule["scope"], facts, scope::For::Rule)?;
        if in_scope == Some(false) || findings::is_excused(rule, facts)? {
            continue;
        }
        match (in_scope, &facts.world.labels) {
            (Some(_), _) => rules.push(rule),
            (None, Some(Labels::NotGranted)) => answers.push(rule.answers(rule.table("the own action"), None, true)),
            (None, _) => answers.push(rule.answers(rule.table("unavailable"), None, true)),
        }
    }
    if rules.is_empty() {
        return Ok(decide(&answers));
    }
    let reads_untrusted = rules.iter().any(|rule| rule.table("untrusted") == "use");
    let mut judgements = Vec::new();
    for evidence in lookup::evidence(facts)? {
        for of_platform in judge_evidence(facts, &rules, reads_untrusted, &evidence)? {
            judgements.push(decide(&[answers.clone(), of_platform].concat()));
        }
    }
    Ok(worst(judgements))
}

/// The rules' answers about each platform that the evidence is about; about one where it is about none.
fn judge_evidence(
    facts: &Facts<'_>,
    rules: &[Rule<'_>],
    reads_untrusted: bool,
    evidence: &Evidence,
) -> Result<Vec<Vec<Answer>>, String> {
    let (is_trusted, read) = match evidence {
        // Nobody reads it, so nobody says `use`.
        Evidence::Untrusted(_) if !reads_untrusted => (false, &Evidence::Missing),
        Evidence::Untrusted(read) => (false, &**read),
        trusted => (true, trusted),
    };
    // What is not signed is untrusted, whatever it is, but for the rules that use it.
    let all = |state: &str| {
        let answer = |rule: &Rule<'_>| {
            let is_used = is_trusted || rule.table("untrusted") == "use";
            rule.answers(rule.table(if is_used { state } else { "untrusted" }), None, true)
        };
        Ok(vec![rules.iter().map(answer).collect()])
    };
    match read {
        Evidence::Missing => all("missing"),
        Evidence::Unavailable => all("unavailable"),
        Evidence::Unreadable => all("unreadable"),
        Evidence::NotGranted => all("the own action"),
        Evidence::Untrusted(_) => Err("what nobody signed is needed, and was not read".to_owned()),
        Evidence::Scanned(document) => {
            let platforms = lookup::selected(facts.settings, document);
            if platforms.is_empty() {
                return all("missing");
            }
            platforms.into_iter().map(|platform| judge_platform(facts, rules, is_trusted, document, platform)).collect()
        }
    }
}

fn judge_platform(
    facts: &Facts<'_>,
    rules: &[Rule<'_>],
    is_trusted: bool,
    document: &Value,
    platform: &Value,
) -> Result<Vec<Answer>, String> {
    let mut by_evidence = Vec::new();
    let mut fulfilled: Vec<(i64, Answer)> = Vec::new();
    for rule in rules {
        let states = [
            ("untrusted", !is_trusted),
            ("missing", platform["vulnerabilities"].is_null()),
            ("stale", is_stale(rule.rule, document, facts.world.now)),
        ];
        if let Some((state, _)) = states.into_iter().find(|(state, is_so)| *is_so && rule.table(state) != "use") {
            by_evidence.push(rule.answers(rule.table(state), None, true));
            continue;
        }
        for (place, condition) in list(&rule.rule["conditions"]).iter().enumerate() {
            match findings::weigh(*rule, condition, facts, document, platform)? {
                findings::Weighed::Fulfilled { rank } => {
                    fulfilled.push((rank, rule.answers(text(&rule.rule["action"]), Some(place), false)));
                }
                findings::Weighed::NotFulfilled => {}
                // `use`: it does not match.
                findings::Weighed::Incomplete if rule.table("incomplete") == "use" => {}
                findings::Weighed::Incomplete => {
                    by_evidence.push(rule.answers(rule.table("incomplete"), Some(place), true));
                }
            }
        }
    }
    let first_rank = fulfilled.iter().map(|(rank, _)| *rank).max();
    let candidates = fulfilled.into_iter();
    let by_findings: Vec<Answer> = match facts.settings["evaluation"].as_str().unwrap_or("severityFirst") {
        "severityFirst" => candidates.filter(|(rank, _)| Some(*rank) == first_rank).map(|(_, answer)| answer).collect(),
        "ruleOrder" => candidates.take(1).map(|(_, answer)| answer).collect(),
        "strictest" => candidates.map(|(_, answer)| answer).collect(),
        other => return Err(format!("no evaluation `{other}`")),
    };
    by_evidence.extend(by_findings);
    Ok(by_evidence)
}

fn is_stale(rule: &Value, document: &Value, now: Timestamp) -> bool {
    let exceeds = |limit: &Value, age: Option<i64>| {
        duration(limit).is_some_and(|limit| age.is_none_or(|seconds| limit.is_exceeded_by(seconds)))
    };
    let scanned_at = instant(&document["scannedAt"]);
    let database_age = scanned_at.and_then(|scanned_at| since(&document["scanner"]["databaseUpdatedAt"], scanned_at));
    exceeds(&rule["maxAge"], since(&document["scannedAt"], now)) || exceeds(&rule["maxDatabaseAge"], database_age)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(Timestamp::parse)
}

fn duration(value: &Value) -> Option<Duration> {
    value.as_str().and_then(Duration::parse)
}

/// Seconds from the instant in a document to a later one.
fn since(value: &Value, later: Timestamp) -> Option<i64> {
    instant(value).map(|earlier| later.seconds_since(earlier))
}
