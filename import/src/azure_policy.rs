//! The parameters of the deprecated Azure Policy definition "block vulnerable images" (`13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759`, 2.1.0): an
//! assignment of it, or its parameters alone, each with or without `value` around it.
//!
//! Source: the definition and its Rego. Each severity is counted exactly, any one over its limit is a violation, an image without a scan
//! is one too.

use policy::image::{DOCKER_HUB, Reference};
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern::{self, entry};
use crate::source::At;

/// What no parameter says.
pub(crate) const NOTES: &[&str] = &[
    "the definition knows no critical findings, and its limit on high is taken over as one on high and critical together",
    "the definition admits workloads that its webhook did not annotate; here the rule's own action answers wherever there are no findings",
    "the definition admitted a pod of which one container was clean or excluded, by a fault of its Rego; here each container counts",
];

const DEFINITION: &str = "13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759";
const THRESHOLD: &str = "severityThresholdForExcludingNotPatchableFindings";
/// Parameters that no other definition is known to have.
const MARKS: [&str; 2] = [THRESHOLD, "excludeFindingIDs"];
const PARAMETERS: [&str; 8] =
    ["effect", "excludedNamespaces", "namespaces", "labelSelector", "excludedImages", THRESHOLD, "excludeFindingIDs", "severity"];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let id = definition(at).map(|_| format!("policyDefinitionId: …/{DEFINITION}"));
    let parameters = parameters(at);
    let mark = || MARKS.into_iter().find(|mark| parameters.get(mark).is_some()).map(|mark| format!("a parameter `{mark}`"));
    id.or_else(mark)
}

/// An assignment is written with `properties` around it, or without.
fn assignment<'a>(at: &At<'a>) -> At<'a> {
    at.get("properties").unwrap_or_else(|| at.clone())
}

fn definition<'a>(at: &At<'a>) -> Option<At<'a>> {
    let id = assignment(at).get("policyDefinitionId")?;
    let is_ours = id.value().as_str().is_some_and(|id| id.to_ascii_lowercase().ends_with(DEFINITION));
    is_ours.then_some(id)
}

fn parameters<'a>(at: &At<'a>) -> At<'a> {
    assignment(at).get("parameters").unwrap_or_else(|| at.clone())
}

/// Reads each object into a rule of the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for object in objects {
        read_object(object, draft)?;
    }
    draft.set("evaluation", "strictest");
    Ok(())
}

/// A parameter's value.
fn value<'a>(parameters: &At<'a>, key: &str) -> Option<At<'a>> {
    let parameter = parameters.get(key)?;
    let is_wrapped = parameter.value().as_object().is_some_and(|members| members.len() == 1 && members.contains_key("value"));
    if is_wrapped { parameter.get("value") } else { Some(parameter) }
}

fn values<'a>(parameters: &At<'a>, key: &str) -> Result<Vec<At<'a>>, Box<Refusal>> {
    value(parameters, key).map_or(Ok(Vec::new()), |list| list.list())
}

fn texts<'a>(parameters: &At<'a>, key: &str) -> Result<Vec<&'a str>, Box<Refusal>> {
    values(parameters, key)?.iter().map(At::text).collect()
}

fn read_object(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let assignment = assignment(at);
    let parameters = parameters(at);
    draft.lose_others(&parameters, &PARAMETERS)?;
    if let Some(exclusions) =
        assignment.get("notScopes").filter(|scopes| scopes.value().as_array().is_none_or(|list| !list.is_empty()))
    {
        draft.lose(
            &exclusions,
            "subscriptions and resource groups are not known in a cluster: deploy the policy where it is meant to be",
        );
    }
    if let Some(overrides) =
        assignment.get("overrides").filter(|list| list.value().as_array().is_none_or(|list| !list.is_empty()))
    {
        draft.lose(&overrides, "overrides of an assignment are not read: the parameters as written are taken over");
    }
    let effects = [("Audit", ("audit", true)), ("Deny", ("deny", true)), ("Disabled", ("deny", false))];
    let (effect, is_enabled) = value(&parameters, "effect").map_or(Ok(("audit", true)), |effect| effect.word(&effects))?;
    let modes = [("Default", true), ("DoNotEnforce", false)];
    let is_enforced = assignment.get("enforcementMode").map_or(Ok(true), |mode| mode.word(&modes))?;
    let action = if is_enforced { effect } else { "audit" };
    let title = assignment.get("displayName").map_or(Ok("block-vulnerable-images"), |name| name.text())?;
    let name = draft.name_rule(title);
    let mut scope = read_namespaces(&parameters, draft)?;
    scope.extend(read_labels(&parameters, draft)?);
    let mut rule = json!({
        "name": name, "description": title, "action": action, "enabled": is_enabled,
        "conditions": read_conditions(&parameters, draft)?,
    });
    if let (Some(rule), false) = (rule.as_object_mut(), scope.is_empty()) {
        rule.insert("scope".to_owned(), scope.into());
    }
    draft.push_rule(rule, false);
    read_exceptions(&parameters, &[name], draft)
}

/// A number is what is allowed; what is worse than high was high when the definition was written.
fn read_conditions(parameters: &At<'_>, draft: &mut Draft) -> Result<Vec<Value>, Box<Refusal>> {
    let severity = value(parameters, "severity");
    if let Some(severity) = &severity {
        draft.lose_others(severity, &["High", "Medium", "Low"])?;
    }
    let limit = |key| severity.as_ref().and_then(|severity| severity.get(key)).map_or(Ok(0), |limit| limit.count());
    Ok(vec![
        json!({ "severity": "high", "count": "findings", "moreThan": limit("High")? }),
        json!({ "severity": "medium", "counting": "exactly", "count": "findings", "moreThan": limit("Medium")? }),
        json!({ "severity": "low", "counting": "exactly", "count": "findings", "moreThan": limit("Low")? }),
    ])
}

fn read_namespaces(parameters: &At<'_>, draft: &mut Draft) -> Result<Vec<Value>, Box<Refusal>> {
    let mut scope = Vec::new();
    if let Some(list) = value(parameters, "namespaces") {
        let names = texts(parameters, "namespaces")?;
        match pattern::of_globs("namespace", &names) {
            Ok(entries) if entries.len() <= 1 => scope.extend(entries),
            _ => draft.lose(
                &list,
                "one entry of a scope has one operator, with `*` at the ends of names: the rule is for every namespace",
            ),
        }
    }
    let Some(list) = value(parameters, "excludedNamespaces") else {
        let why = "the definition's default is taken where it is absent, the namespaces of the system, which the parameters do not \
                   list: none is excluded here";
        draft.lose_as(parameters.place().to_owned(), "no `excludedNamespaces`".to_owned(), why);
        return Ok(scope);
    };
    let mut names = Vec::new();
    for excluded in list.list()? {
        match pattern::of_glob(excluded.text()?) {
            Ok(Some(("equals", name))) => names.push(name),
            _ => draft.lose(&excluded, "a scope leaves out namespaces by their whole names alone: these are not excluded"),
        }
    }
    scope.extend((!names.is_empty()).then(|| entry("namespace", "notEquals", &names)));
    Ok(scope)
}

/// `matchLabels` and `matchExpressions` of a Kubernetes label selector.
fn read_labels(parameters: &At<'_>, draft: &mut Draft) -> Result<Vec<Value>, Box<Refusal>> {
    const LOST: &str = "the rule is for every workload that the other entries leave";
    let Some(selector) = value(parameters, "labelSelector") else { return Ok(Vec::new()) };
    draft.lose_others(&selector, &["matchLabels", "matchExpressions"])?;
    let label = |key: &str, operator: &str, values: &[&str]| json!({ "field": "label", "key": key, "operator": operator, "values": values });
    let mut scope = Vec::new();
    if let Some(labels) = selector.get("matchLabels") {
        for (key, wanted) in labels.object()? {
            match wanted.as_str() {
                Some(text) if !text.trim().is_empty() => scope.push(label(key, "equals", &[text])),
                _ => draft.lose(&labels, format!("a scope has no empty value: {LOST}")),
            }
        }
    }
    for expression in selector.list_of("matchExpressions")? {
        draft.lose_others(&expression, &["key", "operator", "values"])?;
        let key = expression.require("key")?.text()?;
        let operators = [("In", Some("equals")), ("NotIn", Some("notEquals")), ("Exists", None), ("DoesNotExist", None)];
        let operator = expression.require("operator")?.word(&operators)?;
        let text = |value: &At<'_>| value.value().as_str().map(str::to_owned).ok_or_else(|| value.expected("a text"));
        let values = expression.list_of("values")?.iter().map(text).collect::<Result<Vec<String>, _>>()?;
        match operator {
            None => draft.lose(&expression, format!("a scope cannot ask whether a label is there at all: {LOST}")),
            Some(_) if values.is_empty() || values.iter().any(|value| value.trim().is_empty()) => {
                draft.lose(&expression, format!("a scope has no empty value: {LOST}"));
            }
            Some(operator) => scope.push(label(key, operator, &values.iter().map(String::as_str).collect::<Vec<_>>())),
        }
    }
    Ok(scope)
}

fn read_exceptions(parameters: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let levels = [("None", None), ("Low", Some("low")), ("Medium", Some("medium")), ("High", Some("high"))];
    if let Some(severity) = value(parameters, THRESHOLD).map_or(Ok(None), |level| level.word(&levels))? {
        let members = json!({ "reason": "excluded by the Azure Policy: no patch", "fixable": false, "severityAtMost": severity });
        draft.exempt("not-patchable", members, rules);
    }
    let ids = texts(parameters, "excludeFindingIDs")?;
    if !ids.is_empty() {
        draft.exempt("excluded-findings", json!({ "reason": "excluded by the Azure Policy", "ids": ids }), rules);
    }
    for id in values(parameters, "excludeFindingIDs")? {
        if !id.text()?.to_ascii_uppercase().starts_with("CVE-") {
            draft.lose(&id, "no CVE: taken over as written, and covers nothing where the findings do not know it by this name");
        }
    }
    for image in values(parameters, "excludedImages")? {
        match read_image(image.text()?) {
            Ok(scope) => {
                draft.exempt("excluded-images", json!({ "reason": "excluded by the Azure Policy", "scope": [scope] }), rules)
            }
            Err(why) => draft.lose(&image, format!("{why}: nothing is exempt by it")),
        }
    }
    Ok(())
}

/// A regular expression on the name of an image, which is written with its registry: a plain text with `^`, `$` or `.*` at its ends. A dot
/// is itself, which is narrower than any character.
fn read_image(regex: &str) -> Result<Value, &'static str> {
    let (start, rest) = (regex.starts_with('^'), regex.strip_prefix('^').unwrap_or(regex));
    let (end, rest) = (rest.ends_with('$'), rest.strip_suffix('$').unwrap_or(rest));
    let (open_start, rest) = (rest.starts_with(".*"), rest.strip_prefix(".*").unwrap_or(rest));
    let (open_end, rest) = (rest.ends_with(".*"), rest.strip_suffix(".*").unwrap_or(rest));
    let text = rest.replace("\\.", ".").replace("\\/", "/").replace("\\-", "-");
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'@');
    if !text.bytes().all(is_plain) {
        return Err("more of a regular expression than a plain text between `^` or `.*` and `$` or `.*`");
    }
    let host = text.split_once('/').map(|(host, _)| host).filter(|host| host.contains('.'));
    if host.is_none_or(|host| host.ends_with(DOCKER_HUB) || DOCKER_HUB.ends_with(host)) {
        return Err(
            "images are compared in their full form here, so that a text without a registry's host at its start, or with Docker Hub's, would exempt others",
        );
    }
    Ok(match (start && !open_start, end && !open_end) {
        (true, true) => {
            let reference = Reference::parse(&text).map_err(|_| "not an image reference")?;
            entry("image", "equals", &[&reference.to_string()])
        }
        (true, false) => entry("image", "startsWith", &[&text]),
        (false, true) => entry("image", "endsWith", &[&text]),
        (false, false) => entry("image", "contains", &[&text]),
    })
}
