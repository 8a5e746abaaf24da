//! What Grype ignores: rules, switches and fix states → exemptions.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::draft::Draft;
use crate::source::At;
use crate::{Refusal, ids, package};

use super::{STATES, SWITCHES};

/// Members of a rule that say what it covers.
pub(super) const CRITERIA: [&str; 7] =
    ["vulnerability", "namespace", "fix-state", "package", "vex-status", "vex-justification", "match-type"];
const RULE: [&str; 9] = [
    "vulnerability",
    "include-aliases",
    "reason",
    "namespace",
    "fix-state",
    "package",
    "vex-status",
    "vex-justification",
    "match-type",
];
const PACKAGE: [&str; 6] = ["name", "version", "language", "type", "location", "upstream-name"];
const REASON: &str = "ignored in Grype";
/// Grype's package types whose URLs begin with one word, and whether a name follows it as Grype writes it.
const TYPES: [(&str, &str, bool); 10] = [
    ("apk", "apk", false),
    ("deb", "deb", false),
    ("dotnet", "nuget", true),
    ("gem", "gem", true),
    ("go-module", "golang", true),
    ("npm", "npm", true),
    ("php-composer", "composer", true),
    ("python", "pypi", false),
    ("rpm", "rpm", false),
    ("rust-crate", "cargo", true),
];
const FIXED: &str = "fixed";
/// States of what has no fix; the rule language knows them together.
const UNFIXED: [&str; 3] = ["not-fixed", "unknown", "wont-fix"];

/// Everything that one configuration ignores, for its rules.
pub(super) fn read(at: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let mut states: BTreeSet<&str> = BTreeSet::new();
    // Each place where a state of no fix stands by itself.
    let mut stated: Vec<At<'_>> = Vec::new();
    for (switch, fixable) in SWITCHES {
        if at.get(switch).map_or(Ok(false), |switch| switch.boolean())? {
            let reason = format!("Grype's {switch}");
            draft.exempt(switch, json!({ "reason": reason, "fixable": fixable }), rules);
        }
    }
    if let Some(list) = at.get(STATES).filter(|list| list.value().as_str() != Some("")) {
        for state in list.text()?.split(',').map(str::trim).filter(|state| !state.is_empty()) {
            if state != FIXED && !UNFIXED.contains(&state) {
                return Err(list.expected("fix states of fixed, not-fixed, unknown and wont-fix"));
            }
            states.insert(state);
        }
        if states.iter().any(|state| *state != FIXED) {
            stated.push(list);
        }
    }
    for rule in at.list_of("ignore")? {
        let members: Vec<&str> =
            rule.object()?.iter().filter(|(_, value)| !is_empty(value)).map(|(key, _)| key.as_str()).collect();
        if members.contains(&"fix-state") && members.iter().all(|key| ["fix-state", "reason"].contains(key)) {
            let state = rule.require("fix-state")?.text()?;
            states.insert(state);
            if state != FIXED {
                stated.push(rule);
            }
        } else {
            read_ignore(&rule, rules, draft)?;
        }
    }
    read_states(&states, &stated, rules, draft);
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false)) || value.as_str() == Some("")
}

/// Fix states by themselves.
fn read_states(states: &BTreeSet<&str>, stated: &[At<'_>], rules: &[String], draft: &mut Draft) {
    if states.contains(FIXED) {
        draft.exempt("fixed", json!({ "reason": "Grype ignores the fix state fixed", "fixable": true }), rules);
    }
    if UNFIXED.iter().all(|state| states.contains(state)) {
        draft.exempt("not-fixed", json!({ "reason": "Grype ignores what has no fix", "fixable": false }), rules);
    } else if states.iter().any(|state| *state != FIXED) {
        for at in stated {
            draft.lose(
                at,
                "whether there is a fix is known here, and not why there is none: nothing is exempt by not-fixed, unknown or wont-fix \
                 unless all three are ignored",
            );
        }
    }
}

/// A rule of `ignore`: all of its criteria, or nothing.
fn read_ignore(at: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if !draft.knows_all(at, &RULE)? {
        return Ok(());
    }
    match criteria(at, draft)? {
        Ok(Some(mut members)) => {
            let reason =
                at.get("reason").filter(|reason| !is_empty(reason.value())).map_or(Ok(REASON), |reason| reason.text())?;
            members.insert("reason".to_owned(), reason.into());
            draft.exempt("grype-ignore", members.into(), rules);
        }
        Ok(None) => {}
        Err(why) => draft.lose(at, format!("{why}: nothing is exempt by it")),
    }
    Ok(())
}

type Members = Map<String, Value>;

/// The predicates of an exemption, none where the matter is settled, or why there are none.
fn criteria(at: &At<'_>, draft: &mut Draft) -> Result<Result<Option<Members>, &'static str>, Box<Refusal>> {
    let given = |key: &str| at.get(key).filter(|member| !is_empty(member.value()));
    let mut members = Map::new();
    if given("vex-status").is_some() || given("vex-justification").is_some() {
        return Ok(Err(
            "VEX statements apply by themselves here (`vex: apply`), those of not_affected and fixed, and no rule narrows them",
        ));
    }
    for (key, why) in [
        ("namespace", "findings do not say of which part of Grype's database they are"),
        ("match-type", "findings do not say how Grype came upon them"),
    ] {
        if given(key).is_some() {
            return Ok(Err(why));
        }
    }
    match given("fix-state").map(|state| state.text()).transpose()? {
        Some(FIXED) => {
            members.insert("fixable".to_owned(), true.into());
        }
        Some(_) => return Ok(Err("whether there is a fix is known here, and not why there is none")),
        None => {}
    }
    if let Some(package) = given("package")
        && let Err(why) = read_package(&package, &mut members)?
    {
        return Ok(Err(why));
    }
    if let Some(id) = given("vulnerability") {
        let Some(id) = ids::exempted(&id, id.text()?, draft) else { return Ok(Ok(None)) };
        members.insert("ids".to_owned(), json!([id]));
    }
    Ok(if members.is_empty() { Err("it has no criterion, so that Grype ignores nothing by it") } else { Ok(Some(members)) })
}

fn read_package(at: &At<'_>, members: &mut Members) -> Result<Result<(), &'static str>, Box<Refusal>> {
    let given = |key: &str| at.get(key).filter(|member| !is_empty(member.value())).map(|member| member.text()).transpose();
    if !at.others(&PACKAGE)?.is_empty() {
        return Ok(Err("it has a member of `package` that is not known"));
    }
    if let Some(location) = given("location")? {
        // Grype's paths begin with a slash.
        if !location.starts_with('/') && !location.starts_with("**/") {
            return Ok(Err("Grype's paths begin with a slash"));
        }
        match package::of_path(location) {
            Ok(path) => members.insert("paths".to_owned(), json!([path])),
            Err(why) => return Ok(Err(why)),
        };
    }
    if given("language")?.is_some() || given("upstream-name")?.is_some() {
        return Ok(Err("findings do not say the language or the source of a package"));
    }
    let (kind, name, version) = (given("type")?, given("name")?, given("version")?);
    if kind.is_none() && name.is_none() && version.is_none() {
        return Ok(Ok(()));
    }
    Ok(purl(kind, name, version).map(|purl| {
        members.insert("packages".to_owned(), json!([purl]));
    }))
}

/// The package URL that a type, a name and a version stand for.
fn purl(kind: Option<&str>, name: Option<&str>, version: Option<&str>) -> Result<String, &'static str> {
    const TYPE: &str = "packages are known by their URLs here, and what this type's begin with is not known";
    let Some(kind) = kind else { return Err("a package without a `type` has no URL") };
    let (_, word, has_name) = TYPES.into_iter().find(|(theirs, ..)| *theirs == kind).ok_or(TYPE)?;
    let Some(name) = name else {
        return if version.is_none() { Ok(format!("pkg:{word}")) } else { Err("a version without a name has no URL") };
    };
    if !has_name {
        return Err("the URL of such a package has more than its name in it, such as its distribution");
    }
    // Grype takes a name with other characters for a regular expression.
    let is_plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    if !is_plain(name, "@/._-") || version.is_some_and(|version| !is_plain(version, "._-+~")) {
        return Err("a name or version with other characters is not compared as it is written");
    }
    let purl = version.map_or_else(|| format!("pkg:{word}/{name}"), |version| format!("pkg:{word}/{name}@{version}"));
    package::of_purl(&purl).map(|_| purl.clone())
}
