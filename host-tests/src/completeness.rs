//! What no case exercises: codes that none produces, and words of the rule language on which no verdict hangs in any case.
//!
//! The words are the reader's own lists ([`language`], [`DURATION_UNITS`]): a new one is missed here until a case shows what it does. To occur is
//! little. A key counts once the verdict or the deciding rule of a case changes without it, a value once they change with another one, a field of a
//! scope with an operator once an entry of the two keeps a case in scope and another one keeps one out. What is about looking up also counts once the
//! host is asked something else without it.

use std::collections::{BTreeMap, BTreeSet};

use policy::diagnostic::Code;
use policy::settings::Settings;
use policy::settings::language;
use policy::time::DURATION_UNITS;
use serde_json::{Map, Value, json};

use crate::case::Case;
use crate::engine::{Engine, Outcome};

/// Keys on which no verdict hangs: the answer or the alert says them.
const SHOWN: [(&str, &str); 3] = [("rule", "description"), ("exemption", "owner"), ("settings", "pinDigests")];
/// Kinds of objects, and keys of the settings, that say what is asked of the host.
const ASKED: [&str; 8] =
    ["findings", "registry", "sbomScanner", "trust", "githubAction", "certificate", "breakGlass", "controllerPods"];
/// A value that nothing has.
const NOWHERE: &str = "\u{1}";

/// Codes that no case wants.
pub fn codes(cases: &[&Case]) -> Vec<String> {
    let is_wanted = |code: &str| {
        cases.iter().any(|case| {
            case.want.code.as_deref() == Some(code) || case.want.alerts.iter().flatten().any(|alert| alert["code"] == code)
        })
    };
    Code::ALL.iter().map(|code| code.text()).filter(|code| !is_wanted(code)).map(str::to_owned).collect()
}

/// What is known of a key or a value.
#[derive(Debug, Default)]
struct Seen {
    occurs: bool,
    /// A case could be judged without it, or with another value.
    varies: bool,
    decides: bool,
}

/// Keys and values by which no case is decided.
pub fn words(cases: &[&Case]) -> Vec<String> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for (kind, keys) in keys() {
        seen.extend(keys.iter().map(|key| (format!("{kind}: {key}"), Seen::default())));
    }
    for (kind, key, values) in values() {
        seen.extend(values.iter().map(|value| (format!("{kind}: {key}: {value}"), Seen::default())));
    }
    for case in judged(cases) {
        let mut verdict = None;
        for (kind, pointer) in places(&case.settings) {
            let members = object(&case.settings, &pointer);
            for (key, value) in members {
                let way = Way {
                    is_shown: SHOWN.contains(&(kind, key)),
                    is_asked: ASKED.contains(&kind) || ASKED.contains(&key.as_str()),
                };
                if let Some(known) = seen.get_mut(&format!("{kind}: {key}")) {
                    note(known, case, &mut verdict, way, || without(&case.settings, kind, &pointer, key));
                }
                let others = values().into_iter().filter(|(k, of, _)| *k == kind && *of == key).flat_map(|(_, _, values)| values);
                let others =
                    others.filter(|other| value != other).map(|other| with(&case.settings, &pointer, key, &json!(other)));
                if let Some(known) = value.as_str().and_then(|value| seen.get_mut(&format!("{kind}: {key}: {value}"))) {
                    note(known, case, &mut verdict, way, || others.collect());
                }
            }
        }
    }
    // For what cannot be left out, to occur is enough.
    let missing = seen.iter().filter(|(_, seen)| !seen.occurs || (seen.varies && !seen.decides));
    missing.map(|(name, _)| name.clone()).collect()
}

/// How else than by the verdict a word can show.
#[derive(Clone, Copy, Debug)]
struct Way {
    is_shown: bool,
    is_asked: bool,
}

/// Marks what a case shows of a word, unless another one has shown all of it.
fn note(seen: &mut Seen, case: &Case, verdict: &mut Option<Outcome>, way: Way, others: impl FnOnce() -> Vec<Value>) {
    seen.occurs = true;
    if seen.decides {
        return;
    }
    for settings in others().into_iter().filter(|settings| Settings::read(settings).is_ok()) {
        seen.varies = true;
        let own = verdict.get_or_insert_with(|| Engine::Native.validate(case));
        let other = Engine::Native.validate(&Case { settings, ..case.clone() });
        seen.decides |= way.is_asked && own.deviations != other.deviations;
        // What the case does not say cannot be answered, and that is no verdict.
        if other.deviations.iter().any(|deviation| deviation.starts_with("not expected")) {
            continue;
        }
        seen.decides |= decision(own) != decision(&other);
        seen.decides |= way.is_shown && (&own.answer, &own.alerts) != (&other.answer, &other.alerts);
    }
}

/// Fields of scopes with operators that keep no case in, or none out.
pub fn scopes(cases: &[&Case]) -> Vec<String> {
    let mut keeps: BTreeSet<(String, bool)> = BTreeSet::new();
    let pair = |entry: &Map<String, Value>| {
        format!("{} {}", entry["field"].as_str().unwrap_or_default(), entry["operator"].as_str().unwrap_or_default())
    };
    // An update is judged by what changed, and so the very fields that scopes read decide.
    for case in judged(cases).filter(|case| case.request.as_ref().is_none_or(|request| request["operation"] != "UPDATE")) {
        let mut own = None;
        for (_, pointer) in places(&case.settings).into_iter().filter(|(kind, _)| *kind == "scope entry") {
            let entry = object(&case.settings, &pointer);
            for (operator, keeps_in) in [("equals", true), ("notEquals", false)] {
                if keeps.contains(&(pair(entry), keeps_in)) {
                    continue;
                }
                let other =
                    json!({ "field": entry["field"], "key": entry.get("key"), "operator": operator, "values": [NOWHERE] });
                let settings = with(&case.settings, &pointer, "", &without_null(other));
                let own = own.get_or_insert_with(|| Engine::Native.validate(case));
                if decision(own) != decision(&Engine::Native.validate(&Case { settings, ..case.clone() })) {
                    keeps.insert((pair(entry), keeps_in));
                }
            }
        }
    }
    let pairs =
        language::FIELDS.iter().flat_map(|(field, _)| language::OPERATORS.map(|(operator, _)| format!("{field} {operator}")));
    let ways = pairs.flat_map(|pair| [(pair.clone(), true), (pair, false)]);
    let missing = ways.filter(|way| !keeps.contains(way));
    missing.map(|(pair, keeps_in)| format!("{pair} keeps nothing {}", if keeps_in { "in" } else { "out" })).collect()
}

/// Units that no duration in a judged case has.
pub fn units(cases: &[&Case]) -> Vec<String> {
    let durations: Vec<&str> = judged(cases)
        .flat_map(|case| places(&case.settings).into_iter().map(|(_, pointer)| object(&case.settings, &pointer)))
        .flat_map(|members| members.values().filter_map(Value::as_str))
        .filter(|text| text.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    let has = |unit: &str| durations.iter().any(|text| text.trim_start_matches(|c: char| c.is_ascii_digit()) == unit);
    DURATION_UNITS.iter().map(|(unit, _)| *unit).filter(|unit| !has(unit)).map(str::to_owned).collect()
}

/// Keys that are refused with a sentence of their own, in no case.
pub fn refused(cases: &[&Case]) -> Vec<String> {
    let kinds = [("exemption", &language::EXEMPTION_REFUSED_KEYS[..])];
    let is_refused = |kind: &str, key: &str| {
        cases.iter().filter(|case| case.want.problems.is_some()).any(|case| {
            let here = places(&case.settings).into_iter().filter(|(k, _)| *k == kind);
            here.into_iter().any(|(_, pointer)| object(&case.settings, &pointer).contains_key(key))
        })
    };
    let all = kinds.into_iter().flat_map(|(kind, keys)| keys.iter().map(move |key| (kind, *key)));
    all.filter(|(kind, key)| !is_refused(kind, key)).map(|(kind, key)| format!("{kind}: {key}")).collect()
}

/// The keys of each kind of object.
fn keys() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("settings", language::SETTINGS_KEYS.to_vec()),
        ("findings", language::FINDINGS_KEYS.to_vec()),
        ("source", language::SOURCE_KEYS.to_vec()),
        ("registry", language::REGISTRY_KEYS.to_vec()),
        ("sbomScanner", language::SBOM_SCANNER_KEYS.to_vec()),
        ("trust", language::TRUST_KEYS.to_vec()),
        ("signer", language::SIGNER_KEYS.to_vec()),
        ("breakGlass", language::BREAK_GLASS_KEYS.to_vec()),
        ("rule", language::RULE_KEYS.to_vec()),
        ("evidence", [language::ABSENCE_KEYS, language::FLAW_KEYS].concat()),
        ("scope entry", language::SCOPE_KEYS.to_vec()),
        ("condition", language::CONDITION_KEYS.to_vec()),
        ("exemption", [&language::EXEMPTION_KEYS[..], &language::EXEMPTION_PREDICATES[..]].concat()),
    ]
}

/// The values of each key that has a list of them; those of a scope's entry are weighed by [`scopes`].
fn values() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    fn words<T>(list: &[(&'static str, T)]) -> Vec<&'static str> {
        list.iter().map(|(word, _)| *word).collect()
    }
    let mut values = vec![
        ("settings", "evaluation", words(&language::EVALUATIONS)),
        ("settings", "unknownSeverity", words(&language::UNKNOWN_SEVERITIES)),
        ("settings", "vex", words(&language::VEX)),
        ("settings", "pinDigests", words(&language::PIN_DIGESTS)),
        ("settings", "controllerPods", words(&language::CONTROLLER_PODS)),
        ("certificate", "rekorBundle", words(&language::REKOR_BUNDLE)),
        ("rule", "action", words(&language::ACTIONS)),
        ("condition", "severity", words(&language::SEVERITIES)),
        ("condition", "counting", words(&language::COUNTINGS)),
        ("condition", "count", words(&language::UNITS)),
        ("exemption", "severityAtMost", words(&language::SEVERITIES)),
    ];
    values.extend(language::ABSENCE_KEYS.map(|key| ("evidence", key, words(&language::ANSWERS))));
    values.extend(language::FLAW_KEYS.map(|key| ("evidence", key, words(&language::TRUSTING_ANSWERS))));
    values
}

/// The objects of a settings document: what kind each is, and where.
fn places(settings: &Value) -> Vec<(&'static str, String)> {
    let mut places = vec![("settings", String::new())];
    places.extend(["findings", "trust", "breakGlass"].map(|kind| (kind, format!("/{kind}"))));
    for source in items(settings, "/findings/sources") {
        places.push(("registry", format!("{source}/registry")));
        places.push(("sbomScanner", format!("{source}/sbomScanner")));
        places.push(("source", source));
    }
    for signer in items(settings, "/trust/anyOf") {
        places.push(("githubAction", format!("{signer}/githubAction")));
        places.push(("certificate", format!("{signer}/certificate")));
        places.push(("signer", signer));
    }
    for (list, kind) in [("/rules", "rule"), ("/exemptions", "exemption")] {
        for owner in items(settings, list) {
            places.extend(items(settings, &format!("{owner}/scope")).map(|entry| ("scope entry", entry)));
            places.extend(items(settings, &format!("{owner}/conditions")).map(|condition| ("condition", condition)));
            places.push(("evidence", format!("{owner}/evidence")));
            places.push((kind, owner));
        }
    }
    places.retain(|(_, pointer)| settings.pointer(pointer).is_some_and(Value::is_object));
    places
}

fn items(settings: &Value, list: &str) -> impl Iterator<Item = String> {
    let length = settings.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
    let list = list.to_owned();
    (0..length).map(move |i| format!("{list}/{i}"))
}

fn object<'a>(settings: &'a Value, pointer: &str) -> &'a Map<String, Value> {
    settings.pointer(pointer).and_then(Value::as_object).expect("a place of the settings")
}

/// The settings with another value of a key, or without a key with another value of the whole object.
fn with(settings: &Value, pointer: &str, key: &str, value: &Value) -> Value {
    let mut settings = settings.clone();
    let place = settings.pointer_mut(pointer).expect("a place of the settings");
    if key.is_empty() {
        *place = value.clone();
    } else {
        place[key] = value.clone();
    }
    settings
}

/// The settings without a key; also without what cannot be without it.
fn without(settings: &Value, kind: &str, pointer: &str, key: &str) -> Vec<Value> {
    let mut members = object(settings, pointer).clone();
    members.remove(key);
    let is_predicate = |key: &str| language::EXEMPTION_PREDICATES.contains(&key);
    if kind == "exemption" && is_predicate(key) && !members.keys().any(|key| is_predicate(key)) {
        // Without its only predicate it would excuse images: it ends instead.
        return vec![with(settings, pointer, "until", &json!("1970-01-01"))];
    }
    let mut others = vec![with(settings, pointer, "", &Value::Object(members.clone()))];
    if kind == "condition" {
        // Without a predicate it counts every vulnerability.
        members.retain(|key, _| !language::CONDITION_MODIFIERS.contains(&key.as_str()));
        members.entry("moreThan").or_insert(json!(0));
        others.push(with(settings, pointer, "", &Value::Object(members)));
    }
    others
}

fn without_null(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Those whose settings are used, and that are cheap enough to be judged often.
fn judged<'a>(cases: &'a [&'a Case]) -> impl Iterator<Item = &'a Case> {
    let is_judged = |case: &&&Case| {
        case.want.problems.is_none()
            && case.raw_payload.is_none()
            && case.copies.is_none()
            && Settings::read(&case.settings).is_ok()
    };
    cases.iter().filter(is_judged).copied()
}

/// The verdict and the deciding rule.
fn decision(outcome: &Outcome) -> (Value, Value) {
    let answer: Value = serde_json::from_slice(&outcome.answer).expect("the answer is JSON");
    let annotations = &answer["audit_annotations"];
    (annotations["verdict"].clone(), annotations["rule"].clone())
}
