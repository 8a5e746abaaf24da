//! Every case, natively and through the built module: what is wanted, and byte for byte the same. And whether they are enough: every code and
//! every word of the rule language shows in one.

#![expect(clippy::indexing_slicing, reason = "a JSON value without the member is null, which no expectation meets")]

use std::sync::Arc;

use host_tests::case::{self, Case};
use host_tests::completeness;
use host_tests::engine::{self, Engine, differences};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

/// What cases leave out.
type Gaps = fn(&[&Case]) -> Vec<String>;

/// What the cases exercise all of.
const COMPLETE: [(&str, Gaps); 5] = [
    ("every code is wanted", completeness::codes),
    ("every key and value decides", completeness::words),
    ("every scope field and operator keeps in and out", completeness::scopes),
    ("every unit of durations occurs", completeness::units),
    ("every refused key is refused", completeness::refused),
];

fn main() {
    let cases: Vec<Arc<Case>> = case::read_all(&engine::root().join("host-tests/cases")).into_iter().map(Arc::new).collect();
    let module = Arc::new(Engine::Module(engine::module()));
    let native = Arc::new(Engine::Native);
    let mut trials = Vec::new();
    for case in &cases {
        for (name, engine) in [("native", &native), ("module", &module)] {
            let (case, engine) = (Arc::clone(case), Arc::clone(engine));
            let title = format!("{name}::{}::{}", case.file.display(), case.note);
            trials.push(Trial::test(title, move || check(&case, &engine)));
        }
    }
    for (name, gaps) in COMPLETE {
        let cases = cases.clone();
        trials.push(Trial::test(name, move || every(gaps, &cases)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn check(case: &Case, engine: &Engine) -> Result<(), Failed> {
    let settings: Value = serde_json::from_slice(&engine.validate_settings(case))?;
    let lines: Vec<&str> = settings["message"].as_str().unwrap_or_default().lines().collect();
    let (advice, problems) = if settings["valid"] == true { (lines, Vec::new()) } else { (Vec::new(), lines) };
    if case.want.advice.as_ref().is_some_and(|wanted| advice != *wanted) {
        return Err(format!("advice:\n  wanted {:#?}\n  found  {advice:#?}", case.want.advice).into());
    }
    match &case.want.problems {
        Some(wanted) if problems != *wanted => {
            return Err(format!("problems:\n  wanted {wanted:#?}\n  found  {problems:#?}").into());
        }
        None if !problems.is_empty() && case.want.code.as_deref() != Some("settings-invalid") => {
            return Err(problems.join("\n").into());
        }
        _ => {}
    }
    let outcome = engine.validate(case);
    if case.want.problems.is_some() {
        return refused_at_review(&outcome);
    }
    if outcome != Engine::Native.validate(case) {
        return Err("the module's answer is not the native one's".into());
    }
    match differences(case, &outcome) {
        differences if differences.is_empty() => Ok(()),
        differences => Err(format!("{}\n{}", differences.join("\n"), String::from_utf8_lossy(&outcome.answer)).into()),
    }
}

/// Settings that cannot be used deny whatever is judged, should a host ever pass them.
fn refused_at_review(outcome: &engine::Outcome) -> Result<(), Failed> {
    let answer: Value = serde_json::from_slice(&outcome.answer)?;
    let is_refused =
        answer["accepted"] == false && answer["message"].as_str().is_some_and(|text| text.contains("[settings-invalid]"));
    if is_refused { Ok(()) } else { Err(format!("not refused at review: {answer}").into()) }
}

/// Whether none is left out. A rule that looks at nothing holds always: without cases, all have to be.
fn every(gaps: Gaps, cases: &[Arc<Case>]) -> Result<(), Failed> {
    let gaps_of_none = gaps(&[]);
    if gaps_of_none.is_empty() {
        return Err("nothing is looked at: there are no cases, and nothing is missing".into());
    }
    let cases: Vec<&Case> = cases.iter().map(AsRef::as_ref).collect();
    match gaps(&cases) {
        gaps if gaps.is_empty() => Ok(()),
        gaps => Err(format!("{} of at least {} in no case:\n  {}", gaps.len(), gaps_of_none.len(), gaps.join("\n  ")).into()),
    }
}
