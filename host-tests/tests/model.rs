//! Every case that says its evidence plainly, judged by the second evaluator: the verdict and the deciding rule that are wanted.
//!
//! The evidence of an image is what the case declares: its findings documents by subject, and errors whose meaning nobody disputes. What a
//! text of an error or a tampered artifact means is the look-up's matter; such cases are passed over and counted.

#![expect(clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test's failed expectation is its report")]

use std::collections::BTreeMap;

use host::exchange::{Request, Response};
use host_tests::case::{self, Case};
use host_tests::engine;
use host_tests::model::{self, Evidence, Labels, Verdict, World};
use policy::image::Reference;
use serde_json::Value;

/// As many as there were; more are welcome.
const COMPARABLE: usize = 880;

#[test]
fn cases_are_judged_alike_by_the_model() {
    let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut compared = 0;
    let cases = case::read_all(&engine::root().join("host-tests/cases"));
    let written = as_written();
    for case in &cases {
        match compare(case, &written[&case.note]) {
            Err(reason) => *skipped.entry(reason).or_default() += 1,
            Ok(None) => compared += 1,
            Ok(Some(difference)) => wrong.push(format!("{}: {}: {difference}", case.file.display(), case.note)),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(compared >= COMPARABLE, "{compared} of {} cases compared, passed over {skipped:#?}", cases.len());
    let report = format!("{compared} of {} cases compared, passed over {skipped:#?}\n", cases.len());
    std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).expect("stderr");
}

/// The `findings` of each case as the file has them, by the case's note: a findings document does not tell what was replaced in it.
fn as_written() -> BTreeMap<String, Value> {
    fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }
    let read = |file: &std::path::PathBuf| {
        host::yaml::read(&std::fs::read_to_string(file).expect("a file")).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    };
    let documents = files(&engine::root().join("host-tests/cases")).iter().flat_map(read).collect::<Vec<_>>();
    documents.into_iter().map(|document| (note(&document.value), document.value["findings"].clone())).collect()
}

fn note(case: &Value) -> String {
    case["note"].as_str().expect("a note").to_owned()
}

/// `Err`: passed over, why. `Ok(Some)`: how the model differs.
fn compare(case: &Case, written: &Value) -> Result<Option<String>, String> {
    if case.want.problems.is_some() || case.want.verdict.is_none() {
        return Err("settings that are refused".to_owned());
    }
    let verdict = match case.want.verdict.as_deref() {
        Some("deny") if case.want.rule.is_none() => return Err("a refusal, which no rule decides".to_owned()),
        Some("deny") => Verdict::Deny,
        Some("audit") => Verdict::Audit,
        _ => Verdict::Admit,
    };
    let payload: Value = serde_json::from_slice(&case.payload()).map_err(|_| "a payload too deep for a JSON value".to_owned())?;
    let (evidence, labels) = declared(case, written)?;
    let world = World { now: case.now(), evidence, labels };
    let wanted = (verdict, case.want.rule.clone());
    let found = model::judge(&payload["settings"], &payload["request"], &world);
    Ok((found != Ok(wanted.clone())).then(|| format!("wanted {wanted:?}, found {found:?}")))
}

/// The evidence by reference, and the labels of the namespace.
fn declared(case: &Case, written: &Value) -> Result<(BTreeMap<String, Evidence>, Option<Labels>), String> {
    let mut evidence = BTreeMap::new();
    let mut labels = None;
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // In the order of the calls: what was answered last about an image is what holds for it.
    for exchange in &case.exchanges() {
        match (&exchange.request, &exchange.response) {
            (Request::ManifestDigest { image }, Response::Error(text)) => {
                let state = if is_refused(text) { Evidence::NotGranted } else { Evidence::Unavailable };
                evidence.insert(image.clone(), state);
            }
            (Request::ManifestDigest { image }, Response::Success(text)) => {
                let answer: Value = serde_json::from_str(text).map_err(|_| "a digest that is none".to_owned())?;
                let digest = policy::image::Digest::parse(answer["digest"].as_str().unwrap_or_default());
                let digest = digest.ok_or("a digest that is none")?;
                let reference = Reference::parse(image).map_err(|e| e.to_string())?;
                let by_digest = format!("{}@{digest}", reference.repository());
                tags.entry(by_digest).or_default().push(image.clone());
            }
            (Request::Manifest { image } | Request::ManifestAndConfig { image }, response) => {
                let (repository, tag) = image.rsplit_once(":sha256-").expect("the tag of an artifact");
                let subject = format!("sha256:{}", tag.trim_end_matches(".findings"));
                let state = match response {
                    Response::Error(text) => state_of(text)?,
                    Response::Success(text) => scanned(case, written, image, text)?,
                };
                evidence.insert(format!("{repository}@{subject}"), state);
            }
            (Request::GetResource { .. }, Response::Error(text)) if is_refused(text) => labels = Some(Labels::NotGranted),
            (Request::GetResource { .. }, Response::Error(_)) => labels = Some(Labels::Unavailable),
            (Request::GetResource { .. }, Response::Success(text)) => {
                let answer: Option<Value> = serde_json::from_str(text).ok();
                labels = Some(match answer.map(|answer| serde_json::from_value(answer["metadata"]["labels"].clone())) {
                    Some(Ok(known)) => Labels::Known(Option::<BTreeMap<String, String>>::unwrap_or_default(known)),
                    _ => Labels::Unavailable,
                });
            }
        }
    }
    for (by_digest, tags) in tags {
        let state = evidence.get(&by_digest).cloned();
        evidence.extend(tags.into_iter().filter_map(|tag| Some((tag, state.clone()?))));
    }
    Ok((evidence, labels))
}

fn is_refused(text: &str) -> bool {
    text.starts_with("Policy has not been granted access to the '") || text.starts_with("unknown operation")
}

/// Of the texts those that mean one thing only.
fn state_of(text: &str) -> Result<Evidence, String> {
    let line = text.lines().next().unwrap_or_default();
    if is_refused(line) {
        Ok(Evidence::NotGranted)
    } else if line.contains("/manifests/sha256-") && line.ends_with("envelope: OCI API errors: [OCI API error: manifest unknown]")
    {
        Ok(Evidence::Missing)
    } else if line.contains("Connection refused") || line.contains("code: 500, message: boom") {
        Ok(Evidence::Unavailable)
    } else {
        Err("an error whose text has to be classified".to_owned())
    }
}

/// The document that an answer was made of.
fn scanned(case: &Case, written: &Value, reference: &str, text: &str) -> Result<Evidence, String> {
    for (name, document) in &case.findings {
        let artifact = document.artifact(name);
        if artifact.reference == reference && (artifact.manifest == text || artifact.with_config == text) {
            let is_tampered = ["manifest", "config", "unchecked"].iter().any(|key| !written[name][key].is_null());
            if is_tampered || !written[name]["summary"].is_null() {
                return Err("an artifact whose parts were replaced".to_owned());
            }
            return Ok(Evidence::Scanned(document.to_json(&document.subject(name))));
        }
    }
    Err("an answer that the case writes itself".to_owned())
}
