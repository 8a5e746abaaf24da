//! Amazon Inspector's suppression filters, as `aws inspector2 list-filters` writes them, or as one is created → exemptions.
//!
//! Source: the API `inspector2`, `Filter` and `FilterCriteria`: the values of a criterion are alternatives, criteria hold together. So one
//! that cannot be said loses the whole filter: without it more would be set aside.

use policy::image::Digest;
use policy::text::quote;
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern::entry;
use crate::source::At;

/// What no filter says.
pub(crate) const NOTES: &[&str] = &[
    "a filter of Inspector hides findings of its accounts for good; here an exemption is for every image that its `scope` does not leave out, and \
     better has an end (`until`)",
];

/// A filter's own members.
const FILTER: [&str; 11] =
    ["action", "arn", "createdAt", "criteria", "description", "filterCriteria", "name", "ownerId", "reason", "tags", "updatedAt"];
/// Severities as Inspector writes them, from below.
const SEVERITIES: [(&str, &str); 5] =
    [("INFORMATIONAL", "negligible"), ("LOW", "low"), ("MEDIUM", "medium"), ("HIGH", "high"), ("CRITICAL", "critical")];
/// The hosts of private registries.
const HOSTS: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let is_filter = |at: &At<'_>| {
        let has_criteria =
            ["criteria", "filterCriteria"].iter().any(|key| at.get(key).is_some_and(|member| member.value().is_object()));
        has_criteria && at.get("action").is_some_and(|action| matches!(action.value().as_str(), Some("SUPPRESS" | "NONE")))
    };
    if is_filter(at) {
        return Some("`action` and `criteria` of a filter".to_owned());
    }
    let first = at.list_of("filters").ok()?.into_iter().next()?;
    is_filter(&first).then(|| "a list `filters`".to_owned())
}

/// Reads each filter into an exemption of the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for object in objects {
        if object.get("filters").is_none() {
            read_filter(object, draft)?;
            continue;
        }
        draft.lose_others(object, &["filters", "nextToken"])?;
        if let Some(token) = object.get("nextToken") {
            draft.lose(&token, "there are more filters than this answer of the API has: nothing is exempt by them");
        }
        for filter in object.list_of("filters")? {
            read_filter(&filter, draft)?;
        }
    }
    Ok(())
}

fn read_filter(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if !draft.knows_all(at, &FILTER)? {
        return Ok(());
    }
    let name = at.get("name").map_or(Ok("inspector-filter"), |name| name.text())?;
    if !at.require("action")?.word(&[("SUPPRESS", true), ("NONE", false)])? {
        let why = "its action is NONE, so that it hides nothing: nothing stands for it";
        draft.lose_as(at.place().to_owned(), format!("filter `{}`", quote(name)), why);
        return Ok(());
    }
    let criteria = at.get("criteria").map_or_else(|| at.require("filterCriteria"), Ok)?;
    let mut members = json!({ "reason": reason(at)? });
    let mut scope = Vec::new();
    for key in criteria.object()?.keys() {
        let Some(criterion) = criteria.get(key) else { continue };
        let said = read_criterion(key, &criterion)?;
        match said {
            Ok(Said::Members(key, value)) => {
                if let Some(members) = members.as_object_mut() {
                    members.insert(key.to_owned(), value);
                }
            }
            Ok(Said::Scope(entries)) => scope.extend(entries),
            Ok(Said::Always) => {}
            Err(why) => {
                draft.lose(&criterion, format!("{why}: nothing is exempt by the filter `{}`", quote(name)));
                return Ok(());
            }
        }
    }
    let has_predicate = members.as_object().is_some_and(|members| members.len() > 1);
    let is_by_tag = scope.iter().all(|entry| entry.get("field").and_then(Value::as_str) == Some("tag"));
    if !has_predicate && is_by_tag {
        let why = "it would set everything aside in images that anybody may name so";
        draft.lose(&criteria, format!("{why}: nothing is exempt by the filter `{}`", quote(name)));
        return Ok(());
    }
    if let (Some(members), false) = (members.as_object_mut(), scope.is_empty()) {
        members.insert("scope".to_owned(), scope.into());
    }
    draft.exempt(name, members, &[]);
    Ok(())
}

fn reason(at: &At<'_>) -> Result<String, Box<Refusal>> {
    for key in ["reason", "description"] {
        if let Some(text) = at.get(key).filter(|text| text.value().as_str().is_none_or(|text| !text.trim().is_empty())) {
            return text.text().map(str::to_owned);
        }
    }
    Ok("suppressed in Amazon Inspector".to_owned())
}

/// What a criterion says in an exemption.
enum Said {
    Members(&'static str, Value),
    Scope(Vec<Value>),
    /// It holds for every finding in an image.
    Always,
}

fn read_criterion(key: &str, at: &At<'_>) -> Result<Result<Said, &'static str>, Box<Refusal>> {
    let texts = read_texts(at)?;
    Ok(texts.and_then(|values| match key {
        "vulnerabilityId" => Ok(Said::Members("ids", values.into())),
        "severity" => severity(&values).map(|severity| Said::Members("severityAtMost", severity.into())),
        "fixAvailable" => match values[..] {
            ["YES"] => Ok(Said::Members("fixable", true.into())),
            ["NO"] => Ok(Said::Members("fixable", false.into())),
            _ => Err("an exemption is for findings with a fix or for those without, and not for some of both"),
        },
        "ecrImageHash" if values.iter().all(|value| Digest::parse(value).is_some()) => {
            Ok(Said::Scope(vec![entry("digest", "equals", &values)]))
        }
        "ecrImageTags" => Ok(Said::Scope(vec![entry("tag", "equals", &values)])),
        "ecrImageRegistry" | "awsAccountId" if values.iter().all(|value| is_account(value)) => {
            let hosts: Vec<String> = values.iter().map(|account| format!("{account}.dkr.ecr.")).collect();
            Ok(Said::Scope(vec![of_texts("registry", "startsWith", &hosts), entry("registry", "endsWith", &HOSTS)]))
        }
        "ecrImageRepositoryName" => {
            let both = |name: &&str| HOSTS.map(|host| format!("{host}/{name}"));
            let repositories: Vec<String> = values.iter().flat_map(both).collect();
            Ok(Said::Scope(vec![entry("registry", "endsWith", &HOSTS), of_texts("repository", "endsWith", &repositories)]))
        }
        "resourceType" if values.contains(&"AWS_ECR_CONTAINER_IMAGE") => Ok(Said::Always),
        "resourceType" => Err("it is about something else than images"),
        "findingType" if values.contains(&"PACKAGE_VULNERABILITY") => Ok(Said::Always),
        _ => Err("an exemption has no such predicate"),
    }))
}

/// The values of a criterion that are compared as a whole.
fn read_texts<'a>(at: &At<'a>) -> Result<Result<Vec<&'a str>, &'static str>, Box<Refusal>> {
    let mut values = Vec::new();
    for filter in at.list()? {
        let is_whole = filter.get("comparison").and_then(|comparison| comparison.value().as_str()) == Some("EQUALS");
        if !is_whole || !filter.others(&["comparison", "value"])?.is_empty() {
            return Ok(Err("an exemption has whole values alone, no beginnings, ranges or what is not equal"));
        }
        values.push(filter.require("value")?.text()?);
    }
    Ok(if values.is_empty() { Err("it has no value") } else { Ok(values) })
}

/// The highest of these severities, where all below it are there too.
fn severity(values: &[&str]) -> Result<&'static str, &'static str> {
    let is_listed = |word: &str| values.iter().any(|value| value.eq_ignore_ascii_case(word));
    let count = SEVERITIES.iter().take_while(|(word, _)| is_listed(word)).count();
    let is_whole = values.iter().all(|value| SEVERITIES.iter().take(count).any(|(word, _)| value.eq_ignore_ascii_case(word)));
    let highest = count.checked_sub(1).and_then(|highest| SEVERITIES.get(highest)).filter(|_| is_whole);
    highest.map(|(_, severity)| *severity).ok_or("an exemption covers a severity with all below it, informational ones included")
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn of_texts(field: &str, operator: &str, values: &[String]) -> Value {
    entry(field, operator, &values.iter().map(String::as_str).collect::<Vec<_>>())
}
