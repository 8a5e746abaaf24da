//! Whether a workload and one of its images are in a scope.
//!
//! Source: the rule language, "Scope fields".

use serde_json::Value;

use super::{Facts, Labels, list, text};

/// Whose scope it is: where it cannot be said, a rule is in force and an exemption is not.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum For {
    Rule,
    Exemption,
}

/// `None`: it hangs on the labels of the namespace, and they cannot be read.
pub(super) fn holds(scope: &Value, facts: &Facts<'_>, whose: For) -> Result<Option<bool>, String> {
    let (of_namespace, others): (Vec<&Value>, Vec<&Value>) =
        list(scope).iter().partition(|entry| entry["field"] == "namespaceLabel");
    if !others.iter().all(|entry| entry_holds(entry, facts, whose)) {
        return Ok(Some(false));
    }
    if of_namespace.is_empty() {
        return Ok(Some(true));
    }
    if facts.request["namespace"].as_str().is_none() {
        return Ok(None);
    }
    match facts.world.labels.as_ref().ok_or("the labels of the namespace are needed")? {
        Labels::Known(labels) => Ok(Some(of_namespace.iter().all(|entry| {
            let found = labels.get(text(&entry["key"])).map(String::as_str);
            operator_holds(entry, &found.into_iter().collect::<Vec<_>>())
        }))),
        Labels::Unavailable | Labels::NotGranted => Ok(None),
    }
}

fn entry_holds(entry: &Value, facts: &Facts<'_>, whose: For) -> bool {
    let member = |of: &str| {
        let mut each = facts.workload.metadata.iter().map(|metadata| {
            let found = metadata[of][text(&entry["key"])].as_str();
            operator_holds(entry, &found.into_iter().collect::<Vec<_>>())
        });
        if whose == For::Rule { each.any(|holds| holds) } else { each.all(|holds| holds) }
    };
    let one = |found: Option<&str>| operator_holds(entry, &found.into_iter().collect::<Vec<_>>());
    let request = facts.request;
    match text(&entry["field"]) {
        "cluster" => one(facts.settings["cluster"].as_str()),
        "namespace" => one(request["namespace"].as_str()),
        "kind" => one(request["kind"]["kind"].as_str()),
        "name" => one(facts.workload.name()),
        "label" => member("labels"),
        "annotation" => member("annotations"),
        "serviceAccount" => one(Some(facts.workload.service_account())),
        "user" => one(request["userInfo"]["username"].as_str()),
        "group" => {
            let groups: Vec<&str> = list(&request["userInfo"]["groups"]).iter().map(text).collect();
            operator_holds(entry, &groups)
        }
        "operation" => one(request["operation"].as_str().filter(|operation| !operation.is_empty())),
        "container" => one(Some(&facts.image.name)),
        of_image => match &facts.reference {
            None => whose == For::Rule,
            Some(reference) => match of_image {
                "image" => one(Some(&reference.to_string())),
                "registry" => one(Some(reference.registry())),
                "repository" => one(Some(&reference.repository())),
                "tag" => one(reference.tag()),
                "digest" => one(reference.digest().map(policy::image::Digest::as_str)),
                other => panic!("no scope field `{other}`"),
            },
        },
    }
}

/// Whether one of the things found is as one of the values says; `notEquals`: none is equal.
fn operator_holds(entry: &Value, found: &[&str]) -> bool {
    let any = |holds: fn(&str, &str) -> bool| {
        found.iter().any(|found| list(&entry["values"]).iter().any(|value| holds(found, text(value))))
    };
    match text(&entry["operator"]) {
        "equals" => any(|found, value| found == value),
        "notEquals" => !any(|found, value| found == value),
        "startsWith" => any(|found, value| found.starts_with(value)),
        "endsWith" => any(|found, value| found.ends_with(value)),
        "contains" => any(|found, value| found.contains(value)),
        other => panic!("no operator `{other}`"),
    }
}
