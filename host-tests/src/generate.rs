//! Small settings, requests and findings documents whose words are few, so that they meet: what the laws are tested on.
//!
//! An [`Input`] is drawn from a list of numbers, in which zero stands for the plainest choice: shrinking a counter-example is making numbers
//! smaller. [`Registry`] is the host that answers as the input says.

mod rules;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use host::capability::Capabilities;
use policy::image::Reference;
use policy::lookup::host::Host;
use policy::time::Timestamp;
use proptest::strategy::Strategy;
use serde_json::{Value, json};

use crate::document::{CaseDocument, digest_of};
use crate::model::{Evidence, Labels, World};

pub use self::rules::exemption;

/// When inputs are judged: 2026-11-22T12:00:00Z.
pub const NOW: i64 = 1_795_348_800;
/// Numbers that an input is drawn from; there are zeros behind them.
const DRAWS: usize = 400;
const SEVERITIES: [&str; 6] = ["high", "critical", "medium", "low", "unknown", "negligible"];
const PACKAGES: [&str; 4] = ["pkg:npm/a@1", "pkg:npm/a/b@2", "pkg:deb/debian/a@1?arch=amd64", "pkg:npm/ab@1"];
const PATHS: [&str; 3] = ["usr/bin/xz", "app/lib.jar", "app/x/lib.jar"];
const DATES: [&str; 3] = ["2026-11-21T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T12:00:00Z"];
const FIELDS: [&str; 8] = ["aliases", "cvss", "epss", "knownExploited", "publishedAt", "fixAvailableAt", "path", "vex"];
/// As written; the third resolves to a digest, the last is malformed.
const IMAGES: [&str; 4] = ["ghcr.io/acme/web@", "ghcr.io/acme/api@", "nginx:1.27", "ghcr.io/Acme/web"];

/// Choices, one after the other.
#[derive(Clone, Debug)]
pub struct Draws {
    left: std::vec::IntoIter<u32>,
}

impl Draws {
    /// The next number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.left.next().unwrap_or(0)).unwrap_or(0) % n
    }

    /// Holds in so many of a hundred cases; not where the numbers are used up.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let more = self.below(2);
        (0..=more).map(|_| self.pick(of)).collect()
    }
}

/// What a law is tested on.
#[derive(Clone)]
pub struct Input {
    /// The settings document.
    pub settings: Value,
    /// The admission request.
    pub request: Value,
    /// What is known of the images, by repository and digest; all else is missing.
    pub evidence: BTreeMap<(String, String), Evidence>,
    /// What is known of the namespace.
    pub labels: Labels,
    /// Further choices, for what a law changes.
    pub draws: Draws,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "settings {}\nrequest {}\nlabels {:?}", self.settings, self.request, self.labels)?;
        self.evidence.iter().try_for_each(|((repository, digest), state)| match state {
            Evidence::Scanned(document) => write!(f, "\n{repository}@{digest} {document}"),
            other => write!(f, "\n{repository}@{digest} {other:?}"),
        })
    }
}

/// Inputs.
pub fn inputs() -> impl Strategy<Value = Input> {
    proptest::collection::vec(proptest::num::u32::ANY, DRAWS).prop_map(|numbers| input(&mut Draws { left: numbers.into_iter() }))
}

fn digest(place: usize) -> String {
    digest_of(IMAGES[place].as_bytes())
}

fn input(draws: &mut Draws) -> Input {
    // The image that most things are about comes first: numbers do not run out there.
    let mut evidence = BTreeMap::new();
    for (place, repository) in ["ghcr.io/acme/web", "ghcr.io/acme/api", "docker.io/library/nginx"].into_iter().enumerate() {
        let digest = digest(place);
        let state = if draws.chance(90) {
            Evidence::Scanned(document(draws, &digest))
        } else {
            draws.pick(&[&Evidence::Missing, &Evidence::Unavailable, &Evidence::Unreadable, &Evidence::NotGranted]).clone()
        };
        evidence.insert((repository.to_owned(), digest), state);
    }
    let settings = rules::settings(draws);
    let request = request(draws);
    let labels = match draws.below(20) {
        0..=15 => Labels::Known([("tier".to_owned(), draws.pick(&["a", "b"]).to_owned())].into()),
        16..=18 => Labels::Unavailable,
        _ => Labels::NotGranted,
    };
    Input { settings, request, evidence, labels, draws: draws.clone() }
}

fn request(draws: &mut Draws) -> Value {
    let mut count = 0;
    let mut containers = |draws: &mut Draws, most: usize| -> Vec<Value> {
        let many = draws.below(most + 1);
        let one = |draws: &mut Draws, count: &mut usize| {
            let place = if draws.chance(4) { 3 } else { draws.below(3) };
            let image = IMAGES[place];
            let image = if image.ends_with('@') { format!("{image}{}", digest(place)) } else { image.to_owned() };
            *count += 1;
            json!({ "name": format!("c{count}"), "image": image })
        };
        (0..many).map(|_| one(draws, &mut count)).collect()
    };
    let mut own = containers(draws, 2);
    own.extend(containers(draws, 1));
    let spec =
        json!({ "initContainers": containers(draws, 1), "containers": own, "serviceAccountName": draws.pick(&["", "robot"]) });
    let labels = |draws: &mut Draws| draws.pick(&[json!({}), json!({ "tier": "a" }), json!({ "tier": "b" })].each_ref()).clone();
    let mut object = json!({ "metadata": { "name": "web", "labels": labels(draws) } });
    let kind = if draws.chance(40) {
        object["spec"] = spec;
        json!({ "group": "", "version": "v1", "kind": "Pod" })
    } else {
        object["spec"] = json!({ "template": { "metadata": { "labels": labels(draws) }, "spec": spec } });
        json!({ "group": "apps", "version": "v1", "kind": "Deployment" })
    };
    json!({
        "uid": "1", "kind": kind, "operation": "CREATE", "namespace": draws.pick(&["prod", "dev"]), "name": "web",
        "userInfo": { "username": "alice", "groups": ["developers", "admins"] }, "object": object,
    })
}

fn document(draws: &mut Draws, subject: &str) -> Value {
    let provides: Vec<&str> =
        if draws.chance(35) { FIELDS.into_iter().filter(|_| draws.chance(60)).collect() } else { FIELDS.into() };
    let end_of_life = draws.pick(&[None, Some(true), Some(false)]);
    let os = json!({ "family": "debian", "version": "12", "endOfLife": end_of_life });
    let image = |draws: &mut Draws, digest: &str, platform: &str| {
        let vulnerabilities = vulnerabilities(draws, &provides);
        json!({ "digest": digest, "platform": platform, "os": os, "vulnerabilities": vulnerabilities })
    };
    let mut images = Vec::new();
    if draws.chance(15) {
        for platform in ["linux/amd64", "linux/arm64"] {
            let mut image = image(draws, &digest_of(platform.as_bytes()), platform);
            if draws.chance(15) {
                image["vulnerabilities"] = Value::Null;
            }
            images.push(image);
        }
    } else {
        images.push(image(draws, subject, "linux/amd64"));
    }
    let scanned_at = if draws.chance(3) {
        "2026-11-22T12:05:01Z"
    } else {
        draws.pick(&["2026-11-22T11:00:00Z", "2026-11-22T10:59:59Z", "2026-11-01T00:00:00Z"])
    };
    let database = draws.pick(&[Some("2026-11-22T09:59:59Z"), None, Some("2026-10-01T00:00:00Z")]);
    json!({
        "schemaVersion": 1, "subject": subject, "scanner": { "name": "trivy", "version": "0.66.0", "databaseUpdatedAt": database },
        "scannedAt": scanned_at, "provides": provides, "images": images,
    })
}

fn vulnerabilities(draws: &mut Draws, provides: &[&str]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for place in 1..=5 {
        if draws.chance(45) {
            all.push(vulnerability(draws, &format!("CVE-2024-000{place}"), provides));
        }
    }
    sort(&mut all);
    all
}

/// A vulnerability that says nothing of fields that the document does not provide.
pub fn vulnerability(draws: &mut Draws, id: &str, provides: &[&str]) -> Value {
    let severity = draws.pick(&SEVERITIES);
    let mut vulnerability = json!({ "id": id, "severity": severity });
    let put = |draws: &mut Draws, value: &mut Value, (field, key): (&str, &str), chosen: Value| {
        if draws.chance(50) && provides.contains(&field) {
            value[key] = chosen;
        }
    };
    let last = id.chars().last().unwrap_or('0');
    put(draws, &mut vulnerability, ("aliases", "aliases"), json!([format!("GHSA-aaaa-bbbb-000{last}")]));
    let (cvss, epss) = (draws.pick(&[7.0, 6.9, 9.8]), draws.pick(&[0.5, 0.49999, 0.9]));
    put(draws, &mut vulnerability, ("cvss", "cvss"), json!(cvss));
    put(draws, &mut vulnerability, ("epss", "epss"), json!(epss));
    put(draws, &mut vulnerability, ("knownExploited", "knownExploited"), json!(true));
    let published = draws.pick(&DATES);
    put(draws, &mut vulnerability, ("publishedAt", "publishedAt"), json!(published));
    if draws.chance(20) {
        vulnerability["advisories"] = json!(["DSA-1"]);
    }
    let many = draws.below(3);
    let findings = (0..=many).map(|_| {
        let mut finding = json!({ "purl": draws.pick(&PACKAGES), "installed": "1", "fixState": "unknown" });
        match draws.below(4) {
            0 => finding["fixState"] = "not_fixed".into(),
            1 => finding["fixState"] = "fixed".into(),
            2 => finding["fixed"] = json!(["2"]),
            _ => {}
        }
        let (date, path, vex) =
            (draws.pick(&DATES), draws.pick(&PATHS), draws.pick(&["not_affected", "affected", "fixed", "under_investigation"]));
        put(draws, &mut finding, ("fixAvailableAt", "fixAvailableAt"), json!(date));
        put(draws, &mut finding, ("path", "path"), json!(path));
        if draws.chance(25) {
            put(draws, &mut finding, ("vex", "vex"), json!(vex));
        }
        finding
    });
    let findings = findings.collect::<Vec<_>>();
    vulnerability["findings"] = findings.into();
    vulnerability
}

/// Puts vulnerabilities in the order of a findings document.
pub fn sort(vulnerabilities: &mut [Value]) {
    let order = ["critical", "high", "medium", "low", "negligible", "unknown"];
    vulnerabilities.sort_by_key(|vulnerability| {
        (order.iter().position(|word| vulnerability["severity"] == *word), vulnerability["id"].as_str().map(str::to_owned))
    });
}

impl Input {
    /// The payload of `validate`.
    pub fn payload(&self) -> Vec<u8> {
        json!({ "request": self.request, "settings": self.settings }).to_string().into_bytes()
    }

    /// When it is judged.
    ///
    /// # Panics
    /// Never: the instant is a constant.
    pub fn now() -> Timestamp {
        Timestamp::from_unix(NOW).expect("an instant")
    }

    /// As the model sees it.
    pub fn world(&self) -> World {
        let nginx = Reference::parse(IMAGES[2]).expect("a reference");
        let by_name = self.evidence.iter().flat_map(|((repository, digest), state)| {
            let tag = (*repository == nginx.repository()).then(|| (nginx.to_string(), state.clone()));
            std::iter::once((format!("{repository}@{digest}"), state.clone())).chain(tag)
        });
        World { now: Self::now(), evidence: by_name.collect(), labels: Some(self.labels.clone()) }
    }

    /// The host that answers so; without summaries, where the documents shall be read.
    pub fn registry(&self, with_summary: bool) -> Registry {
        let mut answers = BTreeMap::new();
        answers.insert(
            ("v1/manifest_digest", Reference::parse(IMAGES[2]).expect("a reference").to_string()),
            Ok(json!({ "digest": digest(2) }).to_string()),
        );
        for ((repository, digest), state) in &self.evidence {
            let reference = format!("{repository}:{}", policy::findings::tag(digest.trim_start_matches("sha256:")));
            let url = format!("https://{repository}/manifests/{reference}");
            let (manifest, document) = match state {
                Evidence::Missing => {
                    let text = format!(
                        "Fail to interact with OCI registry: Registry error: url {url}, envelope: OCI API errors: [OCI API error: manifest unknown]"
                    );
                    (Err(text.clone()), Err(text))
                }
                Evidence::Unavailable => (Err("Connection refused".to_owned()), Err("Connection refused".to_owned())),
                Evidence::Unreadable => (Ok("{}".to_owned()), Ok("{}".to_owned())),
                Evidence::NotGranted => {
                    let text = "Policy has not been granted access to the 'oci/v1/oci_manifest' host capability. The violation has been reported.";
                    (Err(text.to_owned()), Err(text.to_owned()))
                }
                Evidence::Scanned(document) => {
                    let mut written = json!({ "repository": repository, "subject": digest, "document": document });
                    if !with_summary {
                        written["summary"] = Value::Null;
                    }
                    let document: CaseDocument = serde_json::from_value(written).expect("a document of a case");
                    let artifact = document.artifact("drawn");
                    (Ok(artifact.manifest), Ok(artifact.with_config))
                }
            };
            answers.insert(("v1/oci_manifest", reference.clone()), manifest);
            answers.insert(("v1/oci_manifest_config", reference), document);
        }
        let labels = match &self.labels {
            Labels::Known(labels) => Ok(json!({ "metadata": { "labels": labels } }).to_string()),
            Labels::Unavailable => Err("ApiError: forbidden".to_owned()),
            Labels::NotGranted => {
                Err("Policy has not been granted access to the 'kubernetes/get_resource' host capability.".to_owned())
            }
        };
        Registry { answers, labels, calls: Mutex::default() }
    }
}

/// Answers host calls in any order, and remembers them.
#[derive(Debug)]
pub struct Registry {
    answers: BTreeMap<(&'static str, String), Result<String, String>>,
    labels: Result<String, String>,
    calls: Mutex<Vec<String>>,
}

impl Registry {
    /// The calls so far, those to the log left out.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if namespace == "tracing" {
            return Ok(Vec::new());
        }
        let payload = String::from_utf8_lossy(payload);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{namespace} {operation} {payload}"));
        let answer = if namespace == "kubernetes" {
            &self.labels
        } else {
            let image: String = serde_json::from_str(&payload).map_err(|e| e.to_string())?;
            let found = self.answers.iter().find(|((of, name), _)| *of == operation && *name == image);
            found.map(|(_, answer)| answer).ok_or_else(|| format!("an unexpected call: {operation} {image}"))?
        };
        answer.clone().map(String::into_bytes)
    }
}

impl Host for Registry {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        self.answer(namespace, operation, payload)
    }
}

impl Capabilities for Registry {
    fn call(&self, _: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        self.answer(namespace, operation, payload)
    }
}
