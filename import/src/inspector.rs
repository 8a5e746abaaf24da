//! Amazon Inspector's thresholds in CI: the inputs of its GitHub action, in a workflow, in a step, or alone.
//!
//! Source: the action `aws-actions/vulnerability-scan-github-action-for-amazon-inspector`: a threshold of 0 is off, any other one is reached
//! by as many vulnerabilities of exactly that severity; what is none of the four is "other".

pub(crate) mod filters;

use policy::text::quote;
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

/// What no input says.
pub(crate) const NOTES: &[&str] = &[
    "the action only tells that a threshold was reached, and a later step of the workflow fails; here the workload is denied",
    "the action judges an image when it is built; here what is known at admission counts, and `maxAge` says how old it may be",
];

const ACTION: &str = "aws-actions/vulnerability-scan-github-action-for-amazon-inspector";
/// Inputs, and the severity that each is about. What is none of the four is negligible here, where `unknownSeverity` puts the rest.
const THRESHOLDS: [(&str, &str); 5] = [
    ("critical_threshold", "critical"),
    ("high_threshold", "high"),
    ("medium_threshold", "medium"),
    ("low_threshold", "low"),
    ("other_threshold", "negligible"),
];
const FIXABLE_ONLY: &str = "threshold_fixable_only";
/// Inputs that decide nothing.
const OTHERS: [&str; 11] = [
    "artifact_type",
    "artifact_path",
    "display_vulnerability_findings",
    "output_sbom_path",
    "output_inspector_scan_path",
    "output_inspector_scan_path_csv",
    "output_inspector_scan_path_markdown",
    "sbomgen_version",
    "timeout",
    "platform",
    "verbose",
];
/// Inputs that say what is looked for.
const SCANNERS: [&str; 3] = ["scanners", "skip_scanners", "skip_files"];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    if steps(at).is_ok_and(|steps| steps.iter().any(is_step)) {
        return Some(format!("a step that uses `{ACTION}`"));
    }
    THRESHOLDS.into_iter().find(|(key, _)| at.get(key).is_some()).map(|(key, _)| format!("an input `{key}`"))
}

fn is_step(at: &At<'_>) -> bool {
    let uses = at.get("uses");
    let action = uses.as_ref().and_then(|uses| uses.value().as_str()).map(|uses| uses.split('@').next().unwrap_or_default());
    action.is_some_and(|action| action.eq_ignore_ascii_case(ACTION))
}

/// The steps of a workflow's jobs and of a composite action; or the document as one.
fn steps<'a>(at: &At<'a>) -> Result<Vec<At<'a>>, Box<Refusal>> {
    let mut steps = Vec::new();
    if let Some(jobs) = at.get("jobs") {
        for job in jobs.others(&[])? {
            steps.extend(job.list_of("steps")?);
        }
    }
    if let Some(runs) = at.get("runs") {
        steps.extend(runs.list_of("steps")?);
    }
    steps.extend(is_step(at).then(|| at.clone()));
    Ok(steps)
}

/// Reads each step into a rule of the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.set("evaluation", "strictest");
    draft.set("unknownSeverity", "negligible");
    for object in objects {
        let steps: Vec<At<'_>> = steps(object)?.into_iter().filter(is_step).collect();
        for step in &steps {
            read_step(step, draft)?;
        }
        if steps.is_empty() {
            read_inputs(object, "inspector", draft)?;
        }
    }
    Ok(())
}

fn read_step(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let Some(inputs) = at.get("with") else {
        draft.lose(at, "it has no inputs, so that every threshold is off: left out");
        return Ok(());
    };
    match inputs.get("artifact_type") {
        Some(kind) if kind.text()?.eq_ignore_ascii_case("container") => {}
        Some(kind) => {
            draft.lose(&kind, "it judges something else than an image: its thresholds are left out");
            return Ok(());
        }
        None => {
            let why = "without one it judges a repository, not an image: its thresholds are left out";
            draft.lose_as(inputs.place().to_owned(), "no `artifact_type`".to_owned(), why);
            return Ok(());
        }
    }
    let name = at.get("name").or_else(|| at.get("id")).map_or(Ok("inspector"), |name| name.text())?;
    read_inputs(&inputs, name, draft)
}

fn read_inputs(at: &At<'_>, title: &str, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let thresholds = THRESHOLDS.map(|(key, _)| key);
    draft.lose_others(at, &[&thresholds[..], &OTHERS, &SCANNERS, &[FIXABLE_ONLY]].concat())?;
    for key in SCANNERS {
        if let Some(input) = at.get(key).filter(|input| !matches!(input.value().as_str(), Some("" | "''"))) {
            draft.lose(&input, "what is looked for is said to the scanner: every finding counts that it made");
        }
    }
    let fixable_only = match at.get(FIXABLE_ONLY) {
        None => false,
        Some(input) => match input.value() {
            Value::String(text) if is_expression(text) => {
                draft.lose(&input, "an expression is not evaluated: those without a fix count too");
                false
            }
            Value::String(text) if text.is_empty() => false,
            _ => input.boolean().or_else(|_| input.word(&[("true", true), ("false", false)]))?,
        },
    };
    let mut conditions = Vec::new();
    for (key, severity) in THRESHOLDS {
        let Some(input) = at.get(key) else { continue };
        let threshold = match input.value() {
            Value::String(text) if is_expression(text) => {
                draft.lose(&input, "an expression is not evaluated: a threshold of 1 is taken");
                1
            }
            Value::String(text) if text.trim().is_empty() => 0,
            Value::String(text) => {
                let number = text.trim().parse::<u64>().map_err(|_| input.expected("a whole number from 0"))?;
                u32::try_from(number).unwrap_or(u32::MAX)
            }
            _ => input.count()?,
        };
        let Some(most) = threshold.checked_sub(1) else { continue };
        let mut condition = json!({ "severity": severity, "counting": "exactly", "moreThan": most });
        if let (Some(condition), true) = (condition.as_object_mut(), fixable_only) {
            condition.insert("fixable".to_owned(), true.into());
        }
        conditions.push(condition);
    }
    if conditions.is_empty() {
        let why = "every threshold is off: left out";
        draft.lose_as(at.place().to_owned(), format!("the step `{}`", quote(title)), why);
        return Ok(());
    }
    let name = draft.name_rule(title);
    draft.push_rule(json!({ "name": name, "description": title, "action": "deny", "conditions": conditions }), false);
    Ok(())
}

/// What GitHub fills in when the workflow runs.
fn is_expression(text: &str) -> bool {
    text.contains("${{")
}
