//! Writes the seeds in `corpus/` anew, from the cases and from drawn inputs: `./just fuzz-seeds`.
//!
//! Only files named `seed-…` are replaced; what once broke a target stays. The same cases give the same seeds.

#![expect(clippy::unwrap_used, reason = "a tool of the tests: what fails shall fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fuzz::review::SEPARATOR;
use host::exchange::{Exchange, Request, Response};
use host_tests::case::{self, Case};
use host_tests::generate::{self, Input};
use host_tests::model::Evidence;
use host_tests::{document, engine};
use policy::findings::packed::Flat;
use policy::findings::{SUMMARY_ANNOTATION, packed};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Seeds of a target, at most.
const SEEDS: usize = 48;
/// Bytes of a seed, at most.
const BYTES: usize = 4096;
/// Inputs that are drawn, beside the cases.
const DRAWN: usize = 12;

/// Seeds of one target: name and bytes.
type Seeds = Vec<(String, Vec<u8>)>;

fn main() {
    let cases = case::read_all(&engine::root().join("host-tests/cases"));
    let mut runner = TestRunner::deterministic();
    let drawn: Vec<Input> = (0..DRAWN).map(|_| generate::inputs().new_tree(&mut runner).unwrap().current()).collect();
    write("settings", settings(&cases, &drawn));
    write("admission_request", requests(&cases, &drawn));
    write("image_reference", references(&cases));
    write("packed_document", documents(&cases));
    write("summary", summaries(&cases));
    write("review", reviews(&cases, &drawn));
    write("cluster_report", cluster_reports(&cases));
}

/// As many as are allowed, none twice: those drawn and then, of the cases, those with the least hashes, so that a further case moves few others.
fn write(target: &str, seeds: Seeds) {
    let mut seen = BTreeSet::new();
    let mut seeds: Seeds =
        seeds.into_iter().filter(|(_, bytes)| (1..=BYTES).contains(&bytes.len()) && seen.insert(bytes.clone())).collect();
    seeds.sort_by_cached_key(|(name, bytes)| (!name.starts_with("drawn-"), document::digest_of(bytes)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-")) {
            std::fs::remove_file(path).unwrap();
        }
    }
    for (name, bytes) in seeds.iter().take(SEEDS) {
        std::fs::write(folder.join(format!("seed-{name}")), bytes).unwrap();
    }
}

/// `topic-file-3`: the third case of that file.
fn named(cases: &[Case]) -> Vec<(String, &Case)> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut name = |case: &Case| {
        let file = case.file.with_extension("").to_string_lossy().replace(['/', '\\'], "-");
        let number = numbers.entry(file.clone()).or_default();
        *number += 1;
        format!("{file}-{number}")
    };
    cases.iter().map(|case| (name(case), case)).collect()
}

fn settings(cases: &[Case], drawn: &[Input]) -> Seeds {
    let drawn = drawn.iter().enumerate().map(|(i, input)| (format!("drawn-{i}"), input.settings.to_string().into_bytes()));
    let cases = named(cases).into_iter().filter(|(_, case)| !case.settings.is_null());
    cases.map(|(name, case)| (name, case.settings.to_string().into_bytes())).chain(drawn).collect()
}

fn requests(cases: &[Case], drawn: &[Input]) -> Seeds {
    let drawn = drawn.iter().enumerate().map(|(i, input)| (format!("drawn-{i}"), input.request.to_string().into_bytes()));
    let own = |(name, case): (String, &Case)| Some((name, case.request.as_ref()?.to_string().into_bytes()));
    named(cases).into_iter().filter_map(own).chain(drawn).collect()
}

fn references(cases: &[Case]) -> Seeds {
    let of_request = |value: &Value| {
        let mut found = Vec::new();
        collect(value, &mut found);
        found
    };
    let of_case = |(name, case): (String, &Case)| {
        let mut all = case.images.clone().unwrap_or_default();
        all.extend(case.request.as_ref().map(of_request).unwrap_or_default());
        all.into_iter().enumerate().map(move |(i, image)| (format!("{name}-{i}"), image.into_bytes())).collect::<Vec<_>>()
    };
    named(cases).into_iter().flat_map(of_case).collect()
}

/// Every text that is an `image` or a `reference`.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member.as_str() {
                    Some(text) if matches!(key.as_str(), "image" | "reference") => found.push(text.to_owned()),
                    _ => collect(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// In turn as MessagePack, as the deflate stream of it, and as the flat object.
fn documents(cases: &[Case]) -> Seeds {
    let mut seeds = Seeds::new();
    for (name, case) in named(cases) {
        for (which, written) in &case.findings {
            let with_config: Value = serde_json::from_str(&written.artifact(which).with_config).unwrap();
            let config = with_config.get("config").cloned().unwrap_or_default().to_string();
            let Ok(flat) = serde_json::from_str::<Flat<'_>>(&config) else { continue };
            let plain = packed::inflate(&flat);
            let bytes = match (seeds.len() % 3, plain) {
                (0, _) | (_, Err(_)) => config.into_bytes(),
                (1, Ok(plain)) => miniz_oxide::deflate::compress_to_vec(&plain, 9),
                (_, Ok(plain)) => plain,
            };
            seeds.push((format!("{name}-{which}"), bytes));
        }
    }
    seeds
}

fn summaries(cases: &[Case]) -> Seeds {
    let of_case = |(name, case): (String, &Case)| {
        let summary = |(which, written): (&String, &document::CaseDocument)| {
            let manifest: Value = serde_json::from_str(&written.artifact(which).manifest).unwrap();
            let summary = manifest.get("annotations")?.get(SUMMARY_ANNOTATION)?.as_str()?.to_owned();
            Some((format!("{name}-{which}"), summary.into_bytes()))
        };
        case.findings.iter().filter_map(summary).collect::<Vec<_>>()
    };
    named(cases).into_iter().flat_map(of_case).collect()
}

fn cluster_reports(cases: &[Case]) -> Seeds {
    let of_case = |(name, case): (String, &Case)| {
        let answer = |(i, exchange): (usize, Exchange)| match (exchange.request, exchange.response) {
            (Request::GetResource { query } | Request::ListResourceNamespace { query }, Response::Success(text)) => {
                (query.get("kind")? == "VulnerabilityReport").then(|| (format!("{name}-{i}"), text.into_bytes()))
            }
            _ => None,
        };
        case.exchanges().into_iter().enumerate().filter_map(answer).collect::<Vec<_>>()
    };
    named(cases).into_iter().flat_map(of_case).collect()
}

fn reviews(cases: &[Case], drawn: &[Input]) -> Seeds {
    let cases = named(cases).into_iter().map(|(name, case)| (name, review_of_case(case)));
    let drawn = drawn.iter().enumerate().map(|(i, input)| (format!("drawn-{i}"), review_of_drawn(input)));
    cases.chain(drawn).collect()
}

/// The artifacts as documents where they are whole, every other answer as it is.
fn review_of_case(case: &Case) -> Vec<u8> {
    let mut parts = vec![case.payload()];
    if case.now != case::NOW {
        parts.push(format!("@{}", case.now().unix()).into_bytes());
    }
    let mut kept = BTreeSet::new();
    for (which, written) in &case.findings {
        let artifact = written.artifact(which);
        kept.extend([artifact.manifest, artifact.with_config]);
        parts.push(format!("={}", written.to_json(&written.subject(which))).into_bytes());
    }
    for exchange in case.exchanges() {
        match (exchange.request, exchange.response) {
            (Request::Manifest { .. } | Request::ManifestAndConfig { .. }, Response::Success(text)) if kept.contains(&text) => {}
            (_, Response::Success(text)) => parts.push(format!("+{text}").into_bytes()),
            (_, Response::Error(text)) => parts.push(format!("!{text}").into_bytes()),
        }
    }
    parts.join(&SEPARATOR)
}

fn review_of_drawn(input: &Input) -> Vec<u8> {
    let mut parts = vec![input.payload()];
    for ((_, digest), evidence) in &input.evidence {
        match evidence {
            Evidence::Scanned(document) => parts.push(format!("={document}").into_bytes()),
            _ => parts.push(format!("+{}", json!({ "digest": digest })).into_bytes()),
        }
    }
    parts.push(format!("+{}", json!({ "metadata": { "labels": { "tier": "a" } } })).into_bytes());
    parts.join(&SEPARATOR)
}
