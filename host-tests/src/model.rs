//! The rule language a second time, as short as it can be said: plain JSON in, verdict and deciding rule out.
//!
//! Shares nothing with what it is held against but the normalisation of references and the reading of dates. Takes settings, requests and
//! findings documents that were accepted elsewhere, in their JSON forms.
//! Source: the rule language, docs/rules.md.

mod findings;
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
    /// The JSON form of a findings document.
    Scanned(Value),
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
    /// By normalised reference.
    pub evidence: BTreeMap<String, Evidence>,
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
    if workload::is_unchanged(settings, request, &workload) {
        return Ok((Verdict::Admit, None));
    }
    let mut worst = (Verdict::Admit, None);
    for image in &workload.images {
        let facts =
            Facts { settings, request, workload: &workload, image, reference: Reference::parse(&image.reference).ok(), world };
        let judged = judge_image(&facts)?;
        if judged.0 > worst.0 {
            worst = judged;
        }
    }
    Ok(worst)
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
    let state = |word: &str| rules.iter().map(|rule| rule.answers(rule.table(word), None, true)).collect::<Vec<_>>();
    let evidence = match &facts.reference {
        None => &Evidence::Unreadable,
        Some(reference) => {
            let known = facts.world.evidence.get(&reference.to_string());
            known.ok_or_else(|| format!("evidence of `{reference}` is needed"))?
        }
    };
    answers.extend(match evidence {
        Evidence::Missing => state("missing"),
        Evidence::Unavailable => state("unavailable"),
        Evidence::Unreadable => state("unreadable"),
        Evidence::NotGranted => state("the own action"),
        Evidence::Scanned(document) if since(&document["scannedAt"], facts.world.now).is_some_and(|age| age < -300) => {
            state("unreadable")
        }
        Evidence::Scanned(document) if list(&document["images"]).is_empty() => state("missing"),
        Evidence::Scanned(document) => {
            let mut worst = (Verdict::Admit, None);
            for platform in list(&document["images"]) {
                let mut answers = answers.clone();
                answers.extend(judge_platform(facts, &rules, document, platform)?);
                let judged = decide(&answers);
                if judged.0 > worst.0 {
                    worst = judged;
                }
            }
            return Ok(worst);
        }
    });
    Ok(decide(&answers))
}

fn judge_platform(facts: &Facts<'_>, rules: &[Rule<'_>], document: &Value, platform: &Value) -> Result<Vec<Answer>, String> {
    let mut by_evidence = Vec::new();
    let mut fulfilled: Vec<(i64, Answer)> = Vec::new();
    for rule in rules {
        if platform["vulnerabilities"].is_null() {
            by_evidence.push(rule.answers(rule.table("missing"), None, true));
            continue;
        }
        if is_stale(rule.rule, document, facts.world.now) && rule.table("stale") != "use" {
            by_evidence.push(rule.answers(rule.table("stale"), None, true));
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
