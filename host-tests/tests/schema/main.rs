//! The published schema of the settings document says what the reader does: on the documents that there are, and on damaged ones.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's failed expectation is its report")]

mod values;
mod variants;

use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use gatectl::ExitCode;
use gatectl::output::Output;
use host_tests::engine::root;
use policy::image::Reference;
use policy::settings::{Problem, Settings};
use policy::time::Timestamp;
use serde_json::{Value, json};

use self::variants::Variant;

const PUBLISHED: &str = "docs/settings.schema.json";

fn published() -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join(PUBLISHED)).unwrap()).unwrap()
}

/// A compiled schema.
struct Schema(Schemas, SchemaIndex);

impl Schema {
    /// Compiling checks the schema against the metaschema that it names.
    fn compile(schema: Value) -> Result<Self, String> {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let place = "urn:schema";
        compiler.add_resource(place, schema).map_err(|e| format!("{e:#}"))?;
        let index = compiler.compile(place, &mut schemas).map_err(|e| format!("{e:#}"))?;
        Ok(Self(schemas, index))
    }

    fn published() -> Self {
        Self::compile(published()).unwrap_or_else(|e| panic!("{PUBLISHED}: {e}"))
    }

    fn accepts(&self, document: &Value) -> bool {
        self.0.validate(document, self.1).is_ok()
    }

    fn says(&self, document: &Value) -> String {
        self.0.validate(document, self.1).map_or_else(|e| e.to_string(), |()| "valid".to_owned())
    }
}

/// Whether a problem is of a kind: by its message and the value at its place.
type IsBeyond = fn(&str, &Value) -> bool;

/// What the reader refuses and no schema can: a sentence, and how a problem is told to be of it.
const BEYOND_A_SCHEMA: [(&str, IsBeyond); 9] = [
    ("names are unique", |message, _| message.starts_with("expected a unique name")),
    ("an exemption names rules that exist", |message, name| message.starts_with("expected the name of a rule") && is_name(name)),
    ("`until` comes after `from`", |message, _| message.starts_with("expected `until` after `from`")),
    ("dates are of the calendar, from 1970 to 9999", |message, date| {
        message.starts_with("expected a date") && date.as_str().is_some_and(is_right_on_another_day)
    }),
    ("durations end at 8000 years", |message, duration| {
        message.starts_with("expected a duration") && duration.as_str().is_some_and(is_right_if_shorter)
    }),
    ("`3.0` is no whole number", |message, number| {
        message.starts_with("expected a whole number")
            && number.as_f64().is_some_and(|n| n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n))
    }),
    ("zero has no sign", |message, number| {
        (message.starts_with("expected a CVSS score")
            || message.starts_with("expected a probability")
            || message.starts_with("expected a whole number"))
            && number.as_f64() == Some(0.0)
    }),
    ("a path's length is in bytes", |message, path| {
        message.starts_with("expected a path")
            && path.as_str().is_some_and(|path| path.chars().count() <= 1024 && path.len() > 1024)
    }),
    ("a repository's length is that of its normal form", |message, repository| {
        message.starts_with("expected a repository") && repository.as_str().is_some_and(is_right_with_shorter_names)
    }),
];

fn is_name(value: &Value) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    value.as_str().is_some_and(|text| (1..=63).contains(&text.len()) && text.bytes().all(is_part))
}

/// A date or instant that is one on the first of January, and not in a leap second.
fn is_right_on_another_day(text: &str) -> bool {
    let number = |at: std::ops::Range<usize>| text.get(at).and_then(|digits| digits.parse::<u32>().ok());
    let (Some(_), Some(1..=12), Some(1..=31), Some(rest)) = (number(0..4), number(5..7), number(8..10), text.get(10..)) else {
        return false;
    };
    let rest = if rest.get(6..9) == Some(":60") { rest.replacen(":60", ":59", 1) } else { rest.to_owned() };
    let other = format!("2000-01-01{rest}");
    Timestamp::start_of_date(&other).or_else(|| Timestamp::parse(&other)).is_some()
}

fn is_right_if_shorter(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && policy::time::Duration::parse(&format!("1{unit}")).is_some()
}

/// A repository of at most 512 characters that is one where it has no letter twice in a row.
fn is_right_with_shorter_names(text: &str) -> bool {
    let mut letters: Vec<char> = text.chars().collect();
    letters.dedup_by(|a, b| a == b && a.is_ascii_lowercase());
    text.contains('/') && (245..=512).contains(&text.len()) && Reference::parse(&letters.into_iter().collect::<String>()).is_ok()
}

fn beyond(document: &Value, problem: &Problem) -> Option<usize> {
    let value = document.pointer(&problem.pointer)?;
    BEYOND_A_SCHEMA.iter().position(|(_, is)| is(&problem.message, value))
}

/// How often what happened.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    /// Accepted by the schema and refused by the reader, by the reason why it has to be so.
    beyond: [usize; BEYOND_A_SCHEMA.len()],
}

impl Tally {
    /// The schema accepts a document exactly if the reader does, or has nothing against it that a schema can say.
    fn compare(&mut self, schema: &Schema, document: &Value) {
        let problems = Settings::read(document).err().unwrap_or_default();
        let reasons: Vec<Option<usize>> = problems.iter().map(|problem| beyond(document, problem)).collect();
        let is_accepted = schema.accepts(document);
        if is_accepted != reasons.iter().all(Option::is_some) {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("schema: {}\nreader: {problems:#?}\nof {document:#}", schema.says(document));
        }
        match (is_accepted, problems.is_empty()) {
            (true, true) => self.accepted += 1,
            (true, false) => reasons.into_iter().flatten().for_each(|reason| self.beyond[reason] += 1),
            _ => self.refused += 1,
        }
    }
}

#[test]
fn it_is_what_the_command_prints() {
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    let mut output = Output { results: &mut results, notes: &mut notes, is_coloured: false, is_interactive: false };
    let exit = gatectl::run(["gatectl", "settings", "schema"].map(Into::into), &mut output);
    assert_eq!(exit, ExitCode::Admitted);
    let published = std::fs::read_to_string(root().join(PUBLISHED)).unwrap_or_default();
    assert!(
        published.as_bytes() == results,
        "{PUBLISHED} is out of date: ./just gatectl && dist/gatectl settings schema > {PUBLISHED}"
    );
}

#[test]
fn it_is_a_schema_of_the_draft_that_it_names() {
    assert_eq!(published()["$schema"], "https://json-schema.org/draft/2020-12/schema");
    Schema::published();
    let mut broken = published();
    broken["properties"]["rules"]["minItems"] = json!("one");
    assert!(Schema::compile(broken).is_err(), "the metaschema is not looked at");
}

#[test]
fn it_accepts_what_the_reader_accepts() {
    let schema = Schema::published();
    let mut tally = Tally::default();
    let cases = variants::of_cases();
    cases.iter().for_each(|document| tally.compare(&schema, document));
    assert!(tally.accepted > 500 && tally.refused > 40, "{tally:?}");

    let mut sound: Vec<Value> =
        cases.into_iter().chain(variants::drawn(100)).filter(|document| Settings::read(document).is_ok()).collect();
    sound.push(variants::whole());
    let changed = variants::of_one_change(&variants::whole()).into_iter().chain(variants::of_many_changes(&variants::whole()));
    changed.for_each(|variant| tally.compare(&schema, &variant.document));
    let mut random = Tally::default();
    variants::at_random(&sound, 20_000).iter().for_each(|document| random.compare(&schema, document));
    assert!(random.accepted > 2000 && random.refused > 10_000, "{random:?}");

    for (i, (reason, _)) in BEYOND_A_SCHEMA.iter().enumerate() {
        assert!(tally.beyond[i] + random.beyond[i] > 0, "no document shows any more that `{reason}` is beyond a schema");
    }
}

/// The schema has many copies of a constraint; each is missed in some document when it is not there.
#[test]
fn no_part_of_it_is_idle() {
    // Compiled some hundred times, so with lighter patterns: what they say exactly is shown by the comparison above.
    let text = published().to_string();
    let blank = published()["properties"]["cluster"]["pattern"].to_string();
    let blank = blank.trim_start_matches("\"[^").trim_end_matches("]\"");
    let schema: Value = serde_json::from_str(&text.replace(blank, r" \\n").replace("{0,1023}", "*")).unwrap();
    let whole = variants::whole();
    let mut changed = variants::of_one_change(&whole);
    changed.extend(variants::of_many_changes(&whole));
    // The documents with long lists come last: few parts need them.
    changed.sort_by_cached_key(|variant| variant.document.to_string().len());
    let complete = Schema::compile(schema.clone()).unwrap();
    let changed: Vec<(String, Value, bool)> = changed
        .into_iter()
        .map(|Variant { place, document }| {
            let is_accepted = complete.accepts(&document);
            (anywhere(&place), document, is_accepted)
        })
        .collect();
    let mut idle = Vec::new();
    for (pointer, place) in parts(&schema) {
        let mut reduced = schema.clone();
        variants::remove(&mut reduced, &pointer);
        // Without it there is no schema: it is not idle.
        let Ok(reduced) = Schema::compile(reduced) else { continue };
        let mut near = changed.iter().filter(|(other, ..)| is_near(&place, other));
        if !near.any(|(_, document, is_accepted)| reduced.accepts(document) != *is_accepted) {
            idle.push(pointer);
        }
    }
    assert!(idle.is_empty(), "without these the same documents are accepted:\n  {}", idle.join("\n  "));
}

/// A place in a document with `*` for each position in a list.
fn anywhere(place: &str) -> String {
    place.split('/').map(|step| if step.parse::<usize>().is_ok() { "*" } else { step }).collect::<Vec<_>>().join("/")
}

/// A place is judged by itself, and with what it is in and what is in it.
fn is_near(place: &str, other: &str) -> bool {
    let is_parent = |parent: &str, child: &str| child.rsplit_once('/').is_some_and(|(above, _)| above == parent);
    place == other || is_parent(place, other) || is_parent(other, place)
}

/// Every part of a schema that constrains, as a JSON pointer, and the place in a document that it is about.
fn parts(schema: &Value) -> Vec<(String, String)> {
    fn of_schema(schema: &Value, pointer: &str, place: &str, parts: &mut Vec<(String, String)>) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            let here = format!("{pointer}/{keyword}");
            match keyword.as_str() {
                "$schema" | "$id" | "title" | "description" | "default" | "examples" => continue,
                // What is one of some values is of their type, and what is no object has no key to have one of.
                "type" if ["enum", "const", "oneOf"].iter().any(|keyword| schema.get(keyword).is_some()) => continue,
                "properties" | "dependentSchemas" => {
                    for (key, value) in value.as_object().into_iter().flatten() {
                        let inner = if keyword == "properties" { format!("{place}/{key}") } else { place.to_owned() };
                        parts.push((format!("{here}/{key}"), inner.clone()));
                        of_schema(value, &format!("{here}/{key}"), &inner, parts);
                    }
                }
                "items" => of_schema(value, &here, &format!("{place}/*"), parts),
                "if" | "then" | "else" | "not" => of_schema(value, &here, place, parts),
                _ => {
                    for (i, value) in value.as_array().into_iter().flatten().enumerate() {
                        parts.push((format!("{here}/{i}"), place.to_owned()));
                        of_schema(value, &format!("{here}/{i}"), place, parts);
                    }
                }
            }
            parts.push((here, place.to_owned()));
        }
    }
    let mut parts = Vec::new();
    of_schema(schema, "", "", &mut parts);
    parts
}

/// Every key of the schema: its pointer, itself and what is said of it.
fn keys(schema: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (pointer, _) in parts(schema) {
        let Some((above, key)) = pointer.rsplit_once('/') else { continue };
        let is_key = above.ends_with("/properties")
            && !["if", "then", "else", "not", "dependentSchemas"].iter().any(|word| above.split('/').any(|step| step == *word));
        if is_key {
            found.push((pointer.clone(), key.to_owned(), schema.pointer(&pointer).cloned().unwrap_or_default()));
        }
    }
    found
}

#[test]
fn every_key_is_described() {
    let schema = published();
    let rules = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let keys = keys(&schema);
    assert!(keys.len() > 50, "only {} keys", keys.len());
    for (pointer, key, says) in &keys {
        let description = says["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.') && !description.contains(". "), "{pointer}: one plain sentence, not `{description}`");
        assert!(rules.contains(key.as_str()), "docs/rules.md does not mention `{key}`");
    }
}

#[test]
fn defaults_are_what_the_reader_takes() {
    let base = json!({
        "rules": [{ "name": "a", "action": "deny", "conditions": [{ "severity": "high" }] }],
        "exemptions": [{ "name": "e", "reason": "r", "ids": ["CVE-2024-0001"] }],
        "findings": {},
        "trust": { "anyOf": [{ "certificate": { "certificate": values::CERTIFICATE } }] },
    });
    let mut bare = base.clone();
    variants::remove(&mut bare, "/exemptions");
    let mut shown = BTreeSet::new();
    for (pointer, key, says) in keys(&published()) {
        let Some(default) = says.get("default") else { continue };
        let place = pointer.replace("/properties", "").replace("/items", "/0");
        let above = place.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
        let document = if key == "exemptions" { &bare } else { &base };
        let with = |value: Value| {
            let mut document = document.clone();
            document.pointer_mut(&above).unwrap_or_else(|| panic!("no `{above}` in the document"))[&key] = value;
            Settings::read(&document)
        };
        let absent = Settings::read(document).unwrap();
        assert_eq!(with(default.clone()).as_ref(), Ok(&absent), "{pointer}");
        let others = [
            json!(true),
            json!(false),
            json!(1),
            base["exemptions"].clone(),
            json!([values::CERTIFICATE]),
            json!([{ "registry": { "repository": "ghcr.io/acme/findings" } }]),
        ];
        let words = says["enum"].as_array().cloned().unwrap_or_default();
        let differs = others.into_iter().chain(words).any(|value| with(value).is_ok_and(|settings| settings != absent));
        assert!(differs, "{pointer}: every value reads the same");
        shown.insert(key);
    }
    let expected = [
        "chain",
        "controllerPods",
        "count",
        "counting",
        "enabled",
        "evaluation",
        "exemptions",
        "moreThan",
        "pinDigests",
        "rekorBundle",
        "sources",
        "unknownSeverity",
        "untilFixed",
        "vex",
    ];
    assert_eq!(shown, expected.map(str::to_owned).into());
}
