//! Every case, natively and through the built module: what is wanted, and byte for byte the same.

#![expect(clippy::indexing_slicing, reason = "a JSON value without the member is null, which no expectation meets")]

use std::sync::Arc;

use host_tests::case::{self, Case};
use host_tests::engine::{self, Engine, differences};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

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
    trials.push(Trial::test("every code occurs", move || every_code_occurs(&cases)));
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

fn every_code_occurs(cases: &[Arc<Case>]) -> Result<(), Failed> {
    let wanted = |code: &str| {
        cases.iter().any(|case| {
            let in_alerts = case.want.alerts.iter().flatten().any(|alert| alert["code"] == code);
            case.want.code.as_deref() == Some(code) || in_alerts
        })
    };
    let absent: Vec<&str> = policy::diagnostic::Code::ALL.iter().map(|code| code.text()).filter(|code| !wanted(code)).collect();
    if absent.is_empty() { Ok(()) } else { Err(format!("no case produces {}", absent.join(", ")).into()) }
}
