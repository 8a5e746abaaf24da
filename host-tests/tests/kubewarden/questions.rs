//! questions-ui.yml against docs/settings.schema.json and the reader of settings: every place exists, every option and default is taken,
//! and every setting has a question or stands on the list of those that a form cannot say.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, Draft, Schemas};
use documents::yaml;
use host_tests::engine::root;
use policy::settings::Settings;
use serde_json::{Value, json};

/// What a form cannot say, and why.
const OMITTED: [(&str, &str); 1] =
    [("findings.sources[].trivyOperator", "an object without members: a form writes either nothing or a member")];
const KEYS: [&str; 18] = [
    "variable",
    "type",
    "label",
    "group",
    "description",
    "tooltip",
    "options",
    "default",
    "required",
    "show_if",
    "hide_input",
    "min",
    "max",
    "value_multiline",
    "subquestions",
    "sequence_questions",
    "title",
    "show_subquestion_if",
];

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn questions() -> Vec<Value> {
    let document = yaml::read(&read("questions-ui.yml")).unwrap().remove(0).value;
    document["questions"].as_array().unwrap().clone()
}

fn schema() -> Value {
    serde_json::from_str(&read("docs/settings.schema.json")).unwrap()
}

/// A question with its place in the settings: `rules[].evidence.missing`.
struct Placed {
    place: String,
    question: Value,
    /// The variables beside it, which `show_if` may name.
    beside: BTreeSet<String>,
}

fn placed(questions: &[Value], prefix: &str, found: &mut Vec<Placed>) {
    let beside: BTreeSet<String> = questions.iter().map(|q| q["variable"].as_str().unwrap().to_owned()).collect();
    for question in questions {
        for key in question.as_object().unwrap().keys() {
            assert!(KEYS.contains(&key.as_str()), "{question}: a form knows no `{key}`");
        }
        let variable = question["variable"].as_str().unwrap();
        let place = format!("{prefix}{variable}");
        if let Some(sequence) = question["sequence_questions"].as_array() {
            assert_eq!(question["type"], "sequence[", "{place}");
            placed(sequence, &format!("{place}[]."), found);
        }
        if let Some(parts) = question["subquestions"].as_array() {
            assert_eq!(question["type"], "map[", "{place}");
            // Named from where their map is named from.
            placed(parts, prefix, found);
            assert!(parts.iter().all(|q| q["variable"].as_str().unwrap().starts_with(&format!("{variable}."))), "{place}");
        }
        found.push(Placed { place, question: question.clone(), beside: beside.clone() });
    }
}

fn all() -> Vec<Placed> {
    let mut found = Vec::new();
    placed(&questions(), "", &mut found);
    found.retain(|q| q.place != "description");
    found
}

/// The pointer into the schema for a place in the settings.
fn pointer(place: &str) -> String {
    place.split('.').fold(String::new(), |pointer, part| match part.strip_suffix("[]") {
        Some(list) => format!("{pointer}/properties/{list}/items"),
        None => format!("{pointer}/properties/{part}"),
    })
}

/// Every place of the schema with its part of it.
fn places(part: &Value, place: &str, found: &mut BTreeMap<String, Value>) {
    for (name, inner) in part["properties"].as_object().into_iter().flatten() {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        found.insert(place.clone(), inner.clone());
        places(inner, &place, found);
        places(&inner["items"], &format!("{place}[]"), found);
    }
}

#[test]
fn every_question_is_about_a_setting() {
    let schema = schema();
    for Placed { place, question, beside } in all() {
        let part = schema.pointer(&pointer(&place)).unwrap_or_else(|| panic!("`{place}`: no such setting"));
        let wanted = match question["type"].as_str().unwrap() {
            "string" | "multiline" | "enum" => "string",
            "boolean" => "boolean",
            "int" => "integer",
            "float" => "number",
            "array[" | "sequence[" => "array",
            "map[" => "object",
            other => panic!("`{place}`: unknown type `{other}`"),
        };
        assert_eq!(part["type"], wanted, "`{place}`");
        if wanted == "array" {
            let items = if question["type"] == "array[" { "string" } else { "object" };
            assert_eq!(part["items"]["type"], items, "`{place}`");
        }
        assert_eq!(question["options"], part.get("enum").cloned().unwrap_or_default(), "`{place}`: the options");
        assert_eq!(question["type"] == "enum", part.get("enum").is_some(), "`{place}`: a choice");
        for alternative in question["show_if"].as_str().unwrap_or_default().split("||").filter(|text| !text.is_empty()) {
            let (other, _) = alternative.split_once('=').unwrap();
            assert!(beside.contains(other), "`{place}`: shown by `{other}`, which is no question beside it");
        }
        assert!(
            !question["label"].as_str().unwrap().is_empty() && !question["tooltip"].as_str().unwrap().is_empty(),
            "`{place}`"
        );
        assert!(place.contains("[]") || question["group"] == "Settings" || place.contains('.'), "`{place}`: in no group");
    }
}

#[test]
fn every_setting_has_a_question() {
    let asked: BTreeSet<String> = all().into_iter().map(|q| q.place).collect();
    let mut known = BTreeMap::new();
    places(&schema(), "", &mut known);
    let omitted: BTreeSet<&str> = OMITTED.iter().map(|(place, _)| *place).collect();
    let mut missing = Vec::new();
    for place in known.keys() {
        // An object is asked for by its members.
        let is_split = asked.iter().any(|other| other.starts_with(&format!("{place}.")));
        if !asked.contains(place) && !is_split && !omitted.contains(place.as_str()) {
            missing.push(place.as_str());
        }
    }
    assert!(missing.is_empty(), "questions-ui.yml does not ask for {missing:?}");
    for (place, why) in OMITTED {
        assert!(known.contains_key(place) && !asked.contains(place), "`{place}` ({why}) is asked for, or is no setting");
    }
}

#[test]
fn what_must_be_given_is_marked() {
    let schema = schema();
    for Placed { place, question, .. } in all() {
        let (outer, name) = place.rsplit_once('.').unwrap_or(("", &place));
        // Members of an object that may be left out whole are not forced upon anybody.
        if !(outer.is_empty() || outer.ends_with("[]")) {
            assert_eq!(question["required"], false, "`{place}`");
            continue;
        }
        let object = if outer.is_empty() { &schema } else { schema.pointer(&pointer(outer)).unwrap() };
        let is_needed = object["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
        assert_eq!(question["required"], is_needed, "`{place}`");
    }
}

#[test]
fn every_default_is_taken() {
    let (schema, mut compiler, mut schemas) = (schema(), Compiler::new(), Schemas::new());
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource("settings.json", schema.clone()).unwrap();
    let mut whole = json!({});
    let mut checked = 0;
    for Placed { place, question, .. } in all() {
        let Some(default) = question.get("default") else { continue };
        let index = compiler.compile(&format!("settings.json#{}", pointer(&place)), &mut schemas).unwrap();
        if let Err(error) = schemas.validate(default, index) {
            panic!("`{place}`: {error:#}");
        }
        // What the language says itself is the same; a rule to begin with is ours to choose.
        if let Some(language) = schema.pointer(&pointer(&place)).and_then(|part| part.get("default")) {
            assert_eq!(default, language, "`{place}`");
        }
        if !place.contains("[]") {
            assert!(!place.contains('.'), "`{place}`: a default would make the object around it");
            whole[&place] = default.clone();
        }
        checked += 1;
    }
    assert!(checked >= 8, "only {checked} defaults were found");
    Settings::read(&whole).unwrap_or_else(|problems| panic!("the form as it is opened: {problems:#?}"));
    let actions: Vec<&Value> = whole["rules"].as_array().unwrap().iter().map(|rule| &rule["action"]).collect();
    assert_eq!(actions, ["audit"], "who opens the form and saves it denies nothing");
}

#[test]
fn a_form_that_is_filled_in_is_accepted() {
    // One answer to every question, as a form writes it, but for those that exclude each other.
    let filled = json!({
        "rules": [{ "name": "a", "description": "d", "action": "deny", "enabled": true,
            "scope": [{ "field": "label", "key": "tier", "operator": "equals", "values": ["web"] }],
            "conditions": [
                { "severity": "high", "counting": "exactly", "moreThan": 1, "count": "findings", "fixable": true, "fixAvailableFor": "14d",
                  "publishedFor": "30d", "cvss": 7.5, "epss": 0.5, "knownExploited": true, "ids": ["CVE-2026-1"], "packages": ["pkg:npm"], "paths": ["app/**"] },
                { "osEndOfLife": true }],
            "maxAge": "7d", "maxDatabaseAge": "3d",
            "evidence": { "missing": "deny", "unavailable": "audit", "unreadable": "deny", "untrusted": "use", "stale": "use", "incomplete": "allow" } }],
        "evaluation": "strictest", "unknownSeverity": "high", "vex": "ignore", "pinDigests": "pods", "controllerPods": "audit", "cluster": "prod",
        "exemptions": [{ "name": "e", "reason": "r", "owner": "o", "ids": ["CVE-2026-2"], "packages": ["pkg:npm/x"], "paths": ["x"], "fixable": false,
            "severityAtMost": "low", "scope": [{ "field": "kind", "operator": "equals", "values": ["Job"] }], "rules": ["a"], "from": "2026-01-01",
            "until": "2026-12-31" }],
        "findings": { "sources": [{ "registry": { "repository": "ghcr.io/acme/findings" } }, { "sbomScanner": { "namespace": "s", "registries": { "ghcr.io": "r" } } }],
            "platforms": ["linux/amd64"], "lookupBudget": "8s" },
        "trust": { "anyOf": [{ "keyless": { "issuer": "https://issuer.example", "subject": "me" } }, { "githubAction": { "owner": "acme", "repository": "scan" } }] },
        "breakGlass": { "annotation": "acme.example/glass", "users": ["alice"], "groups": ["oncall"] },
    });
    Settings::read(&filled).unwrap_or_else(|problems| panic!("{problems:#?}"));
}
