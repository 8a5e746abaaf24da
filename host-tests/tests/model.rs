//! Every case that says its evidence plainly, judged by the second evaluator: the verdict and the deciding rule that are wanted.
//!
//! The evidence of an image is what the case declares: its findings documents by subject, and errors whose meaning nobody disputes. What a
//! text of an error or a tampered artifact means is the look-up's matter; such cases are passed over and counted.

#![expect(clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test's failed expectation is its report")]

use std::collections::BTreeMap;

use host::exchange::{Request, Response};
use host_tests::case::{self, Case};
use host_tests::engine;
use host_tests::model::{self, Evidence, Labels, Manifest, Verdict, World};
use serde_json::Value;

/// As many as there were; more are welcome.
const COMPARABLE: usize = 1292;

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
        documents::yaml::read(&std::fs::read_to_string(file).expect("a file"))
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()))
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
    if !case.durations().is_empty() {
        return Err("a host that takes its time".to_owned());
    }
    let verdict = match case.want.verdict.as_deref() {
        Some("deny") if case.want.rule.is_none() && case.want.code.as_deref() != Some("break-glass-refused") => {
            return Err("a refusal, which no rule decides".to_owned());
        }
        Some("deny") => Verdict::Deny,
        Some("audit") => Verdict::Audit,
        _ => Verdict::Admit,
    };
    let payload: Value = serde_json::from_slice(&case.payload()).map_err(|_| "a payload too deep for a JSON value".to_owned())?;
    let world = declared(case, written)?;
    let wanted = (verdict, case.want.rule.clone());
    let found = model::judge(&payload["settings"], &payload["request"], &world);
    Ok((found != Ok(wanted.clone())).then(|| format!("wanted {wanted:?}, found {found:?}")))
}

/// What the host calls say of tags, artifacts, indexes, and the labels of the namespace.
fn declared(case: &Case, written: &Value) -> Result<World, String> {
    let mut world =
        World { now: case.now(), digests: BTreeMap::new(), evidence: BTreeMap::new(), manifests: BTreeMap::new(), labels: None };
    // Artifacts by their own digests, as far as a signature was verified.
    let mut verified: BTreeMap<String, (String, String)> = BTreeMap::new();
    // Answers about reports, with the digest that was asked for.
    let mut reports = Vec::new();
    // In the order of the calls: what was answered last holds.
    for (exchange, subject) in case.exchanges().iter().zip(case.subjects()) {
        match (&exchange.request, &exchange.response) {
            (Request::ManifestDigest { image }, Response::Error(text)) => {
                let state = if is_refused(text) { Evidence::NotGranted } else { Evidence::Unavailable };
                world.digests.insert(image.clone(), Err(state));
            }
            (Request::ManifestDigest { image }, Response::Success(text)) => {
                world.digests.insert(image.clone(), Ok(digest_in(text)?));
            }
            (Request::Verify { query, .. }, response) => {
                let place = query["image"].as_str().unwrap_or_default();
                let key = key_of(place).ok_or("a signature of something else")?;
                let state = match response {
                    Response::Success(text) if text.contains("\"is_trusted\":true") => {
                        verified.insert(format!("{}@{}", key.0, digest_in(text)?), key.clone());
                        continue;
                    }
                    Response::Success(_) => return Err("an answer about a signature that the case writes itself".to_owned()),
                    Response::Error(text) if is_unsigned(text) => untrusted(None),
                    Response::Error(text) if is_refused(text) || text.contains("Cannot fetch manifest of ") => state_of(text)?,
                    Response::Error(_) => return Err("an error whose text has to be classified".to_owned()),
                };
                world.evidence.insert(key, state);
            }
            (Request::Manifest { image } | Request::ManifestAndConfig { image }, response) => {
                let by_digest = verified.get(image);
                let Some(key) = by_digest.cloned().or_else(|| key_of(image)) else {
                    world.manifests.insert(image.clone(), manifest_of(response)?);
                    continue;
                };
                let state = match response {
                    Response::Error(text) => state_of(text)?,
                    Response::Success(text) => scanned(case, written, &key, text)?,
                };
                let is_untrusted = by_digest.is_none() && matches!(world.evidence.get(&key), Some(Evidence::Untrusted(_)));
                world.evidence.insert(key, if is_untrusted { untrusted(Some(state)) } else { state });
            }
            (Request::GetResource { query }, response) if query["kind"] == "Namespace" => {
                world.labels = Some(labels_of(response));
            }
            (Request::GetResource { query } | Request::ListResourceNamespace { query }, response) => {
                let is_list = !query.contains_key("name");
                reports.push((query.clone(), subject, reports_of(response, is_list)?));
            }
            (Request::ListResourceAll { .. }, _) => return Err("a list of all namespaces".to_owned()),
        }
    }
    for (query, subject, answer) in reports {
        let source = if query["api_version"] == "aquasecurity.github.io/v1alpha1" { "trivyOperator" } else { "sbomScanner" };
        let subjects = subject.map_or_else(|| digests(case, &world), |digest| vec![digest]);
        for digest in subjects {
            let state = match &answer {
                Ok(found) => model::reports::chosen(found, source, &digest, query.contains_key("name")),
                Err(state) => state.clone(),
            };
            world.evidence.insert((source.to_owned(), digest), state);
        }
    }
    Ok(world)
}

/// Every digest that a workload of the case may be asked about by.
fn digests(case: &Case, world: &World) -> Vec<String> {
    let payload = String::from_utf8_lossy(&case.payload()).into_owned();
    let written = payload.split("sha256:").skip(1).filter_map(|rest| rest.get(..64)).map(|hex| format!("sha256:{hex}"));
    let resolved = world.digests.values().filter_map(|digest| digest.clone().ok());
    let of_index = world.manifests.values().flat_map(|manifest| match manifest {
        Manifest::Index(entries) => entries.iter().map(|(_, digest)| digest.clone()).collect(),
        _ => Vec::new(),
    });
    written.chain(resolved).chain(of_index).collect()
}

/// Repository and subject, by the tag of an artifact.
fn key_of(place: &str) -> Option<(String, String)> {
    let (repository, tag) = place.rsplit_once(":sha256-")?;
    Some((repository.to_owned(), format!("sha256:{}", tag.strip_suffix(".findings")?)))
}

/// Without what is found in it: a second `Untrusted`, which the model refuses to look into.
fn untrusted(found: Option<Evidence>) -> Evidence {
    Evidence::Untrusted(Box::new(found.unwrap_or_else(|| untrusted(Some(Evidence::Unreadable)))))
}

fn is_unsigned(text: &str) -> bool {
    text.starts_with("no signatures found for image: ") || text.starts_with("Image verification failed")
}

fn digest_in(text: &str) -> Result<String, String> {
    let answer: Option<Value> = serde_json::from_str(text).ok();
    let digest = answer.and_then(|answer| policy::image::Digest::parse(answer["digest"].as_str()?));
    digest.map(|digest| digest.to_string()).ok_or_else(|| "a digest that is none".to_owned())
}

/// What an answer about the manifest of an image says.
fn manifest_of(response: &Response) -> Result<Manifest, String> {
    let text = match response {
        Response::Error(text) => match state_of(text)? {
            Evidence::Missing => return Err("an image that is not there".to_owned()),
            state => return Ok(Manifest::Unknown(state)),
        },
        Response::Success(text) => text,
    };
    let odd = || "a manifest of an image that is not plainly one".to_owned();
    let manifest: Value = serde_json::from_str(text).map_err(|_| odd())?;
    let Some(entries) = manifest["manifests"].as_array() else {
        let is_plain = manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json" && manifest["config"].is_object();
        return if is_plain { Ok(Manifest::Single) } else { Err(odd()) };
    };
    if entries.len() > policy::limits::INDEX_PLATFORMS {
        return Err("an index of more platforms than are looked up".to_owned());
    }
    let mut platforms = Vec::new();
    for entry in entries {
        let part = |key: &str| entry["platform"][key].as_str();
        let is_attestation = part("os") == Some("unknown")
            && part("architecture") == Some("unknown")
            && !entry["annotations"]["vnd.docker.reference.type"].is_null();
        if is_attestation {
            continue;
        }
        let is_plain = entry["mediaType"] == "application/vnd.oci.image.manifest.v1+json";
        let digest = entry["digest"].as_str().filter(|_| is_plain).and_then(policy::image::Digest::parse).ok_or_else(odd)?;
        let platform = match (part("os"), part("architecture"), part("variant")) {
            (Some(os), Some(architecture), Some(variant)) => Some(format!("{os}/{architecture}/{variant}")),
            (Some(os), Some(architecture), None) => Some(format!("{os}/{architecture}")),
            _ if entry["platform"].is_null() => None,
            _ => return Err(odd()),
        };
        platforms.push((platform, digest.to_string()));
    }
    Ok(Manifest::Index(platforms))
}

fn is_refused(text: &str) -> bool {
    ["Policy has not been granted access to the '", "Policy has not been granted access to Kubernetes ", "unknown operation"]
        .iter()
        .any(|start| text.starts_with(start))
}

fn labels_of(response: &Response) -> Labels {
    let text = match response {
        Response::Error(text) if is_refused(text) => return Labels::NotGranted,
        Response::Error(_) => return Labels::Unavailable,
        Response::Success(text) => text,
    };
    let answer: Option<Value> = serde_json::from_str(text).ok();
    match answer.map(|answer| serde_json::from_value(answer["metadata"]["labels"].clone())) {
        Some(Ok(known)) => Labels::Known(Option::<BTreeMap<String, String>>::unwrap_or_default(known)),
        _ => Labels::Unavailable,
    }
}

/// The reports of an answer: of a list those in it, else the one that was asked for by its name.
fn reports_of(response: &Response, is_list: bool) -> Result<Result<Vec<Value>, Evidence>, String> {
    let text = match response {
        Response::Error(text) if is_refused(text) => return Ok(Err(Evidence::NotGranted)),
        Response::Error(text) if text.contains("Cannot find ") && text.contains(" named '") => return Ok(Err(Evidence::Missing)),
        Response::Error(_) => return Ok(Err(Evidence::Unavailable)),
        Response::Success(text) => text,
    };
    if text.len() > policy::limits::HOST_ANSWER_BYTES {
        return Err("an answer that is too large".to_owned());
    }
    let answer: Value = serde_json::from_str(text).map_err(|_| "an answer that is no JSON".to_owned())?;
    Ok(if is_list { answer["items"].as_array().cloned().ok_or(Evidence::Unreadable) } else { Ok(vec![answer]) })
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
fn scanned(case: &Case, written: &Value, key: &(String, String), text: &str) -> Result<Evidence, String> {
    for (name, document) in &case.findings {
        let artifact = document.artifact(name);
        let is_asked_for = (document.repository.clone(), document.subject(name)) == *key;
        if is_asked_for && (artifact.manifest == text || artifact.with_config == text) {
            let is_tampered = ["manifest", "config", "unchecked"].iter().any(|key| !written[name][key].is_null());
            if is_tampered || !written[name]["summary"].is_null() {
                return Err("an artifact whose parts were replaced".to_owned());
            }
            return Ok(Evidence::Scanned(document.to_json(&document.subject(name))));
        }
    }
    Err("an answer that the case writes itself".to_owned())
}
