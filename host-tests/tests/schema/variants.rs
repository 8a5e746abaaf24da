//! Settings documents for the comparison: those of the cases, drawn ones, one with every key, and damaged variants of them.

use std::collections::BTreeMap;

use host_tests::{case, engine, generate};
use policy::limits;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::values::{CERTIFICATE, PUBLIC_KEY, keys, values};

/// A settings document that differs from another at a place, a JSON pointer.
pub(crate) struct Variant {
    pub(crate) place: String,
    pub(crate) document: Value,
}

/// The settings of every case.
pub(crate) fn of_cases() -> Vec<Value> {
    case::read_all(&engine::root().join("host-tests/cases")).into_iter().map(|case| case.settings).collect()
}

/// The settings of the laws' inputs.
pub(crate) fn drawn(n: usize) -> Vec<Value> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (0..n).map(|_| generate::inputs().new_tree(&mut runner).unwrap().current().settings).collect()
}

/// A document with every key, twice where two of them exclude each other.
pub(crate) fn whole() -> Value {
    let scope = || {
        json!([
            { "field": "namespace", "operator": "startsWith", "values": ["prod-"] },
            { "field": "label", "key": "tier", "operator": "equals", "values": ["frontend"] },
        ])
    };
    let exemption = |name: &str, until_fixed: bool| {
        json!({
            "name": name, "reason": "Reviewed.", "owner": "security", "scope": scope(), "rules": ["block"],
            "from": "2026-11-01", "until": "2026-12-31T12:00:00Z", "untilFixed": until_fixed,
            "ids": ["CVE-2024-0727"], "packages": ["pkg:deb/debian/openssl"], "paths": ["usr/**"], "fixable": false,
            "severityAtMost": "low",
        })
    };
    json!({
        "cluster": "prod-eu-1", "evaluation": "ruleOrder", "unknownSeverity": "low", "vex": "ignore",
        "findings": {
            "sources": [
                { "registry": { "repository": "ghcr.io/acme/findings" } }, { "registry": {} },
                { "sbomScanner": { "namespace": "sbomscanner", "registries": { "ghcr.io/acme": "acme", "localhost:5000": "a.b" } } },
                { "trivyOperator": {} },
            ],
            "platforms": ["linux/amd64", "linux/arm/v7"], "lookupBudget": "800ms",
        },
        "trust": { "anyOf": [
            { "publicKeys": [PUBLIC_KEY] },
            { "keyless": { "issuer": "https://accounts.example.com", "subject": "scan@example.com" } },
            { "keyless": { "issuer": "https://accounts.example.com", "subjectPrefix": "https://github.com/acme/" } },
            { "githubAction": { "owner": "acme", "repository": "scan" } },
            { "certificate": { "certificate": CERTIFICATE, "chain": [CERTIFICATE], "rekorBundle": "required" } },
        ] },
        "pinDigests": "pods", "controllerPods": "skip",
        "breakGlass": { "annotation": "gated-deployment.io/break-glass", "users": ["alice"], "groups": ["on-call"] },
        "rules": [{
            "name": "block", "description": "None.", "action": "deny", "enabled": false, "scope": scope(),
            "conditions": [
                {
                    "severity": "high", "counting": "exactly", "count": "findings", "moreThan": 2, "ids": ["CVE-2021-44228"],
                    "fixable": true, "cvss": 9.5, "epss": 0.5, "knownExploited": true, "publishedFor": "30d",
                    "fixAvailableFor": "14d", "packages": ["pkg:npm"], "paths": ["app/**"],
                },
                { "severity": "low", "fixable": false },
                { "osEndOfLife": true },
            ],
            "maxAge": "7d", "maxDatabaseAge": "3d",
            "evidence": {
                "missing": "deny", "unavailable": "audit", "unreadable": "allow", "untrusted": "use", "stale": "deny",
                "incomplete": "audit",
            },
        }],
        "exemptions": [exemption("until-the-end", false), exemption("until-fixed", true)],
    })
}

/// Every place below a value, as JSON pointers, the root included.
pub(crate) fn places(value: &Value) -> Vec<String> {
    fn collect(value: &Value, at: &str, places: &mut Vec<String>) {
        places.push(at.to_owned());
        match value {
            Value::Object(members) => {
                let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
                members.iter().for_each(|(key, value)| collect(value, &format!("{at}/{}", escaped(key)), places));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, value)| collect(value, &format!("{at}/{i}"), places));
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    collect(value, "", &mut places);
    places
}

/// The key that a place belongs to: its own, or that of the list that it is in.
fn key_of(place: &str) -> &str {
    place.rsplit('/').find(|step| step.parse::<usize>().is_err()).unwrap_or_default()
}

/// Takes a place out of a document: a member or an element.
pub(crate) fn remove(document: &mut Value, place: &str) {
    let Some((parent, step)) = place.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(&step.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(items.remove(step.parse().unwrap())),
        _ => {}
    }
}

fn set(document: &Value, place: &str, value: Value) -> Variant {
    let mut document = document.clone();
    *document.pointer_mut(place).unwrap() = value;
    Variant { place: place.to_owned(), document }
}

fn insert(document: &Value, place: &str, key: &str, value: Value) -> Variant {
    let mut document = document.clone();
    document.pointer_mut(place).unwrap()[key] = value;
    Variant { place: format!("{place}/{key}"), document }
}

/// One change at a time: every place of a document with every value, without it, and every object with every key.
pub(crate) fn of_one_change(document: &Value) -> Vec<Variant> {
    let values = values();
    let seen = by_key(std::slice::from_ref(document));
    let mut variants = Vec::new();
    for place in places(document) {
        variants.extend(values.iter().map(|value| set(document, &place, value.clone())));
        let mut without = document.clone();
        remove(&mut without, &place);
        variants.push(Variant { place: place.clone(), document: without });
        if document.pointer(&place).is_some_and(Value::is_object) {
            for key in keys() {
                let mut few = vec![json!(true), json!(false), json!("")];
                few.extend(seen.get(key).into_iter().flatten().take(3).cloned());
                variants.extend(few.into_iter().map(|value| insert(document, &place, key, value)));
            }
        }
    }
    variants
}

/// Each list of a document at its limit and one beyond; each object with one key alone, and beside few others.
pub(crate) fn of_many_changes(document: &Value) -> Vec<Variant> {
    let mut variants = Vec::new();
    for place in places(document) {
        match document.pointer(&place) {
            Some(Value::Array(items)) => {
                let max = match key_of(&place) {
                    "rules" => limits::RULES,
                    "exemptions" => limits::EXEMPTIONS,
                    "sources" => limits::SOURCES,
                    "platforms" => limits::INDEX_PLATFORMS,
                    "anyOf" | "publicKeys" | "chain" => limits::SIGNERS,
                    _ => limits::LIST_ITEMS,
                };
                variants.extend([max, max + 1].map(|n| set(document, &place, repeated(items, n))));
            }
            Some(Value::Object(members)) => {
                if key_of(&place) == "registries" {
                    let many = |n: usize| (0..n).map(|i| (format!("r{i}.example"), json!("acme"))).collect();
                    variants
                        .extend([limits::REGISTRY_OBJECTS, limits::REGISTRY_OBJECTS + 1].map(|n| set(document, &place, many(n))));
                }
                variants.push(set(document, &place, json!({ "Rules": true })));
                for (key, value) in members {
                    for kept in
                        [&[][..], &["name", "reason", "action", "conditions", "severity"], &["name", "reason", "untilFixed"]]
                    {
                        let kept = members.iter().filter(|(other, _)| kept.contains(&other.as_str()));
                        let few = kept.chain([(key, value)]).map(|(key, value)| (key.clone(), value.clone())).collect();
                        variants.push(set(document, &place, few));
                    }
                }
            }
            _ => {}
        }
    }
    variants
}

/// The first element so many times; where it has a name, the elements first and then each with a name of its own.
fn repeated(items: &[Value], n: usize) -> Value {
    let copy = |i: usize| {
        let mut copy = items.first().cloned().unwrap_or_default();
        if copy["name"].is_string() {
            copy = items.get(i).cloned().unwrap_or(copy);
            copy["name"] = items.get(i).map_or_else(|| json!(format!("n{i}")), |item| item["name"].clone());
        }
        copy
    };
    (0..n).map(copy).collect()
}

/// The values that stand at each key of some documents.
fn by_key(documents: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let mut seen: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for document in documents {
        for place in places(document) {
            let value = &document.pointer(&place).unwrap();
            seen.entry(key_of(&place).to_owned()).or_default().insert(value.to_string(), (*value).clone());
        }
    }
    seen.into_iter().map(|(key, values)| (key, values.into_values().collect())).collect()
}

/// A small generator of numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % n.max(1)
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// Documents with one to three changes at random, from a fixed seed: a key taken out, renamed or put in, a value of another kind or from
/// elsewhere, an element doubled, a list emptied.
pub(crate) fn at_random(documents: &[Value], n: usize) -> Vec<Value> {
    let (mut random, keys, values, seen) = (Random(0x9E37_79B9_7F4A_7C15), keys(), values(), by_key(documents));
    let change = |document: &mut Value, random: &mut Random| {
        let places = places(document);
        let place = random.pick(&places).clone();
        let kind = random.below(8);
        let key = *random.pick(&keys);
        let fitting = seen.get(if kind < 4 { key } else { key_of(&place) }).filter(|_| random.below(4) > 0);
        let value = random.pick(fitting.unwrap_or(&values)).clone();
        match (document.pointer_mut(&place), kind) {
            (Some(Value::Object(members)), 0..=3) => drop(members.insert(key.to_owned(), value)),
            (Some(Value::Object(members)), 4) => {
                if let Some((_, value)) =
                    members.iter().next().map(|(key, _)| key.clone()).and_then(|key| members.remove_entry(&key))
                {
                    members.insert(key.to_owned(), value);
                }
            }
            (Some(Value::Array(items)), 0..=1) => items.clear(),
            (Some(Value::Array(items)), 2..=3) => items.extend(items.first().cloned()),
            (Some(_), 5) => remove(document, &place),
            (Some(old), _) => *old = value,
            (None, _) => {}
        }
    };
    (0..n)
        .map(|_| {
            let mut document = random.pick(documents).clone();
            (0..=random.below(3)).for_each(|_| change(&mut document, &mut random));
            document
        })
        .collect()
}
