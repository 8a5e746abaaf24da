//! Policies of Red Hat Advanced Cluster Security (StackRox): the export of its API (`policies`) and the custom resource `SecurityPolicy`.
//!
//! Source: the policies' schema and how they are matched. A policy is violated where one of its sections is; a section where all of its
//! criteria hold, those about vulnerabilities for one and the same; a criterion where any of its values does, or all under `AND`. Texts are
//! regular expressions on the whole value, without regard to case.

mod criteria;
pub(crate) mod deferrals;
mod expression;
mod section;
mod whose;

use policy::limits;
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

use self::section::Section;

/// What no policy says.
pub(crate) const NOTES: &[&str] = &[
    "RHACS finds no vulnerabilities in an image that it has not scanned; here such an image is admitted with a warning, unless a policy is \
     about unscanned images",
    "RHACS says nothing about the pods of a workload that it has judged; here each pod is judged too, unless `controllerPods` says otherwise",
    "vulnerabilities that were deferred or marked as false positives in RHACS are in no policy: import `/v2/vulnerability-exceptions` beside it",
];

const KIND: &str = "SecurityPolicy";
const VERSION: &str = "config.stackrox.io/v1alpha1";
const SECTIONS: &str = "policySections";
/// Members that decide nothing.
const TOLD: [&str; 23] = [
    "id",
    "name",
    "policyName",
    "description",
    "rationale",
    "remediation",
    "categories",
    "severity",
    "notifiers",
    "lastUpdated",
    "SORTName",
    "SORTLifecycleStage",
    "SORTEnforcement",
    "SORT_name",
    "SORT_lifecycleStage",
    "SORT_enforcement",
    "policyVersion",
    "mitreAttackVectors",
    "criteriaLocked",
    "mitreVectorsLocked",
    "isDefault",
    "source",
    "status",
];
const DECIDING: [&str; 8] =
    ["disabled", "lifecycleStages", "eventSource", "exclusions", "scope", "enforcementActions", SECTIONS, "evaluationFilter"];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let said = |key: &str| at.value().get(key).and_then(Value::as_str);
    if let (Some(version), Some(KIND)) = (said("apiVersion"), said("kind")) {
        return version
            .starts_with("config.stackrox.io/")
            .then(|| format!("apiVersion: {}, kind: {KIND}", policy::text::quote(version)));
    }
    let first = at.value().get("policies").and_then(Value::as_array).and_then(|policies| policies.first());
    let has_sections = |policy: &Value| policy.get(SECTIONS).is_some();
    (first.is_some_and(has_sections) || has_sections(at.value())).then(|| format!("a policy with `{SECTIONS}`"))
}

/// Reads each policy into rules of which any one denies.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.set("evaluation", "strictest");
    // A severity that is not known is below every other.
    draft.set("unknownSeverity", "ignore");
    for object in objects {
        if object.get("kind").is_some() {
            let version = object.require("apiVersion")?;
            if version.value() != VERSION {
                return Err(version.expected(VERSION));
            }
            draft.lose_others(object, &["apiVersion", "kind", "metadata", "spec", "status"])?;
            read_policy(&object.require("spec")?, draft)?;
        } else if object.get("policies").is_some() {
            draft.lose_others(object, &["policies"])?;
            for policy in object.list_of("policies")? {
                read_policy(&policy, draft)?;
            }
        } else {
            read_policy(object, draft)?;
        }
    }
    Ok(())
}

/// Why a policy decides nothing about admission.
fn is_elsewhere(at: &At<'_>) -> Result<Option<&'static str>, Box<Refusal>> {
    let stages = at.texts_of("lifecycleStages")?;
    if !stages.contains(&"DEPLOY") {
        return Ok(Some("it is not about deploying: left out"));
    }
    let is_event = at.get("eventSource").is_some_and(|source| !matches!(source.value().as_str(), Some("NOT_APPLICABLE" | "")));
    Ok(is_event.then_some("it is about events: left out"))
}

fn read_policy(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.lose_others(at, &[&TOLD[..], &DECIDING].concat())?;
    let name = at.get("policyName").or_else(|| at.get("name")).map_or_else(|| at.require("name"), Ok)?;
    if let Some(why) = is_elsewhere(at)? {
        draft.lose(&name, why);
        return Ok(());
    }
    // The admission controller enforces what scales to zero or cannot be scheduled; the others stand for the webhook by name.
    let enforced = [
        "SCALE_TO_ZERO_ENFORCEMENT",
        "UNSATISFIABLE_NODE_CONSTRAINT_ENFORCEMENT",
        "FAIL_DEPLOYMENT_CREATE_ENFORCEMENT",
        "FAIL_DEPLOYMENT_UPDATE_ENFORCEMENT",
    ];
    let action = if at.texts_of("enforcementActions")?.iter().any(|action| enforced.contains(action)) { "deny" } else { "audit" };
    let is_enabled = !at.get("disabled").map_or(Ok(false), |disabled| disabled.boolean())?;
    if let Some(filter) =
        at.get("evaluationFilter").filter(|filter| filter.value().as_object().is_none_or(|members| !members.is_empty()))
    {
        draft.lose(&filter, "a rule is about every container of a workload");
    }
    let mut sections = Vec::new();
    let theirs = at.list_of(SECTIONS)?;
    if let (Some(list), true) = (at.get(SECTIONS), theirs.len() > limits::RULES) {
        return Err(list.expected(&format!("at most {} sections", limits::RULES)));
    }
    for section in theirs {
        sections.extend(section::read(&section, draft)?);
    }
    let scopes = whose::scopes(at, draft)?;
    let mut names = Vec::new();
    for section in section::together(sections) {
        for scope in &scopes {
            push(name.text()?, action, is_enabled, &section, scope, &mut names, draft);
        }
    }
    if names.is_empty() {
        draft.lose(&name, "none of its sections is about vulnerabilities: left out");
        return Ok(());
    }
    whose::exclusions(at, &names, draft)
}

fn push(
    title: &str,
    action: &str,
    is_enabled: bool,
    section: &Section,
    scope: &[Value],
    names: &mut Vec<String>,
    draft: &mut Draft,
) {
    for own in &section.scopes {
        if draft.rules() > limits::RULES {
            return;
        }
        let name = draft.name_rule(title);
        let missing = if section.is_unscanned { action } else { "audit" };
        let mut conditions = section.conditions.clone();
        if conditions.is_empty() {
            // A rule has at least one condition; this one is about missing or old findings alone.
            conditions.push(json!({ "severity": "critical", "moreThan": u32::MAX }));
        }
        let mut body = json!({
            "name": name, "description": title, "action": action, "enabled": is_enabled, "conditions": conditions,
            "evidence": { "missing": missing },
        });
        if let Some(body) = body.as_object_mut() {
            let scope = [scope, own].concat();
            body.extend((!scope.is_empty()).then(|| ("scope".to_owned(), scope.into())));
            body.extend(section.max_age.as_ref().map(|age| ("maxAge".to_owned(), age.as_str().into())));
        }
        draft.push_rule(body, false);
        if !section.not_ids.is_empty() {
            let members = json!({ "reason": "RHACS' policy is about others", "ids": section.not_ids });
            draft.exempt("not-these", members, std::slice::from_ref(&name));
        }
        names.push(name);
    }
}
