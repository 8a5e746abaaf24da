//! A case: settings, a request, what the host answers, and what is wanted. Read from the YAML streams in `cases/`.
//!
//! `sha256:NAME` with a name of lower-case letters, digits and hyphens stands for the digest of that name, `sha256-NAME.findings` for its
//! tag. In a case with `copies`, `{i}` stands for the number of the copy, from 0.

mod kubernetes;
mod manifest;
mod verification;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use documents::yaml;
use host::exchange::{Exchange, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{Artifact, CaseDocument, digest_of};

/// The instant at which cases judge, unless they say otherwise.
pub const NOW: &str = "2026-11-22T12:00:00Z";
/// The repository of images and artifacts that a host call only names.
const REPOSITORY: &str = "ghcr.io/acme/web";

/// A case.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    /// What it shows, and by which clause. Unique.
    pub note: String,
    /// RFC 3339.
    #[serde(default = "default_now")]
    pub now: String,
    /// The settings document.
    pub settings: Value,
    /// The admission request.
    pub request: Option<Value>,
    /// Instead of a request: the images of a Deployment `web` that alice creates in the namespace `prod`.
    pub images: Option<Vec<String>>,
    /// The `images` are there so many times, one after the other, and the host calls with `{i}` in them too.
    pub copies: Option<usize>,
    /// Bytes of an annotation that is put on the object.
    #[serde(default)]
    pub object_padding: usize,
    /// Instead of `request`: the whole payload as text, for what no YAML can write.
    pub raw_payload: Option<String>,
    /// Findings documents by name.
    #[serde(default)]
    pub findings: BTreeMap<String, CaseDocument>,
    /// What the host is asked, in this order and nothing else, and what it answers.
    #[serde(default)]
    pub host: Vec<Call>,
    /// What must come out.
    pub want: Want,
    /// The file it was read from.
    #[serde(skip)]
    pub file: PathBuf,
    /// The signers of the settings as they were read: what the host is asked stays what it is, should the settings be varied.
    #[serde(skip)]
    pub signers: Value,
}

/// A host call, and what answers it: `answer` (a digest, or JSON), `text`, `error`, or what the kind of call is answered with by itself.
///
/// - `digest`: of a reference.
/// - `manifest`, `document`: of a reference, or of the artifact of a findings document by its name, `NAME@digest` for the reference by the
///   artifact's own digest. That artifact answers, or that of `of`.
/// - `absent`: a manifest likewise, where the registry has none.
/// - `verify`: whether an artifact is signed by the signer `by` of the settings (default 0; `[1, 2]`: by the third key of the second). Yes, it
///   is, if it is there.
/// - `image`: the manifest of an image by its digest. It is a plain image, or an index of the entries `index`: descriptors, or shorter
///   `PLATFORM DIGEST` and `DIGEST`.
/// - `namespace`: its labels, by its name.
/// - `sbom`: SBOMscanner's report of the name that it makes of this text, in the namespace `sbomscanner`; `sboms`: those about this digest.
/// - `reports`: trivy-operator's reports in this namespace.
///
/// A bare name stands for that image, or that image's artifact, in `ghcr.io/acme/web`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    digest: Option<String>,
    namespace: Option<String>,
    manifest: Option<String>,
    document: Option<String>,
    absent: Option<String>,
    image: Option<String>,
    verify: Option<String>,
    sbom: Option<String>,
    sboms: Option<String>,
    reports: Option<String>,
    of: Option<String>,
    by: Option<Value>,
    index: Option<Vec<Value>>,
    answer: Option<Value>,
    text: Option<String>,
    error: Option<String>,
    /// How long the host takes to answer, as `120ms`.
    took: Option<String>,
    /// Pads the text with so many bytes of blanks.
    #[serde(default)]
    padding: usize,
}

impl Call {
    /// The kind of the call and its place, if it is of one kind.
    fn asked(&self) -> Option<(&'static str, &str)> {
        let kinds = [
            ("digest", &self.digest),
            ("namespace", &self.namespace),
            ("manifest", &self.manifest),
            ("document", &self.document),
            ("absent", &self.absent),
            ("image", &self.image),
            ("verify", &self.verify),
            ("sbom", &self.sbom),
            ("sboms", &self.sboms),
            ("reports", &self.reports),
        ];
        let mut asked = kinds.into_iter().filter_map(|(kind, place)| place.as_deref().map(|place| (kind, place)));
        asked.next().filter(|_| asked.next().is_none())
    }

    /// The call as it is in a copy: one without `{i}` is in the first only.
    fn copy(&self, i: usize) -> Option<Self> {
        let mut numbered = self.clone();
        let mut is_numbered = false;
        let places =
            [&mut numbered.digest, &mut numbered.manifest, &mut numbered.document, &mut numbered.absent, &mut numbered.image];
        for place in places.into_iter().flatten().filter(|place| place.contains("{i}")) {
            is_numbered = true;
            *place = place.replace("{i}", &i.to_string());
        }
        (is_numbered || i == 0).then_some(numbered)
    }

    /// How long its answer takes.
    fn took(&self) -> Duration {
        let millis = self.took.as_ref().map_or(0, |took| {
            let millis = took.strip_suffix("ms").and_then(|millis| millis.parse().ok());
            millis.unwrap_or_else(|| panic!("`took` is in ms: {took}"))
        });
        Duration::from_millis(millis)
    }
}

/// What must come out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Want {
    /// `admit`, `audit` or `deny`.
    pub verdict: Option<String>,
    /// The deciding rule; absent on admit.
    pub rule: Option<String>,
    /// The code of the deciding violation, or of the refusal.
    pub code: Option<String>,
    /// The whole message.
    pub message: Option<String>,
    /// Parts of the message.
    #[serde(default)]
    pub says: Vec<String>,
    /// The whole warnings.
    pub warnings: Option<Vec<String>>,
    /// Parts of the warnings.
    #[serde(default)]
    pub warns: Vec<String>,
    /// Annotations by key: text, or for the JSON ones a list of objects whose members must be there.
    #[serde(default)]
    pub annotations: BTreeMap<String, Value>,
    /// Objects whose members must be in the alert events, one for each event.
    pub alerts: Option<Vec<Value>>,
    /// What an operator should look at in valid settings, whole.
    pub advice: Option<Vec<String>>,
    /// The images that are written into the object, by their place in it, as `spec.containers[0].image`; without this nothing is changed.
    #[serde(default)]
    pub pinned: BTreeMap<String, String>,
    /// The problems of the settings, whole. With this nothing else is wanted.
    pub problems: Option<Vec<String>>,
}

fn default_now() -> String {
    NOW.to_owned()
}

impl Case {
    /// The payload of `validate`.
    pub fn payload(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw_payload {
            return raw.clone().into_bytes();
        }
        let mut request = self.request.clone().unwrap_or_else(|| deployment(&self.copied_images()));
        if self.object_padding > 0 {
            request["object"]["metadata"]["annotations"]["padding"] = "x".repeat(self.object_padding).into();
        }
        json!({ "request": request, "settings": self.settings }).to_string().into_bytes()
    }

    fn copied_images(&self) -> Vec<String> {
        let images = self.images.as_deref().unwrap_or_default();
        let copy = |i: usize| images.iter().map(move |image| image.replace("{i}", &i.to_string()));
        (0..self.copies.unwrap_or(1)).flat_map(copy).collect()
    }

    /// `now` in Unix seconds.
    pub fn now(&self) -> policy::time::Timestamp {
        policy::time::Timestamp::parse(&self.now).unwrap_or_else(|| panic!("{}: `now` is no instant: {}", self.note, self.now))
    }

    /// The host calls with their answers, in kwctl's shape.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.calls().iter().map(|call| self.exchange(call)).collect()
    }

    /// The digest that each of them asks about by itself, where it is a report that is asked for.
    pub fn subjects(&self) -> Vec<Option<String>> {
        let subject = |call: &Call| match call.asked() {
            Some(("sbom", name)) => name.split_once('@').map(|(_, digest)| digest.to_owned()),
            Some(("sboms", digest)) => Some(digest.to_owned()),
            _ => None,
        };
        self.calls().iter().map(subject).collect()
    }

    /// How long each of them takes; empty where none takes any time.
    pub fn durations(&self) -> Vec<Duration> {
        let durations: Vec<Duration> = self.calls().iter().map(Call::took).collect();
        if durations.iter().all(Duration::is_zero) { Vec::new() } else { durations }
    }

    fn calls(&self) -> Vec<Call> {
        let copy = |i: usize| self.host.iter().filter_map(move |call| call.copy(i));
        (0..self.copies.unwrap_or(1)).flat_map(copy).collect()
    }

    fn exchange(&self, call: &Call) -> Exchange {
        let named = |place: &str| self.named(place, call.of.as_deref());
        let (kind, place) = call.asked().unwrap_or_else(|| panic!("{}: a host call is of one kind", self.note));
        let (request, own) = match kind {
            "digest" => (Request::ManifestDigest { image: place.to_owned() }, None),
            "manifest" => {
                let (image, artifact) = named(place);
                (Request::Manifest { image }, artifact.map(|artifact| artifact.manifest))
            }
            "document" => {
                let (image, artifact) = named(place);
                (Request::ManifestAndConfig { image }, artifact.map(|artifact| artifact.with_config))
            }
            "absent" => {
                let (image, _) = named(place);
                let url = image.replacen('/', "/v2/", 1).replace([':', '@'], "/manifests/");
                let said = "OCI API errors: [OCI API error: manifest unknown]";
                let error = format!("Fail to interact with OCI registry: Registry error: url https://{url}, envelope: {said}");
                return Exchange { request: Request::Manifest { image }, response: Response::Error(error) };
            }
            "verify" => {
                let (image, artifact) = named(place);
                let digest = match &call.answer {
                    Some(Value::String(digest)) => Some(digest.clone()),
                    _ => artifact.map(|artifact| artifact.digest),
                };
                let own = digest.map(|digest| json!({ "is_trusted": true, "digest": digest }).to_string());
                (verification::request(self, &image, call.by.as_ref()), own)
            }
            "image" => {
                let image =
                    if place.contains('/') { place.to_owned() } else { format!("{REPOSITORY}@{}", digest_of(place.as_bytes())) };
                (Request::Manifest { image }, Some(call.index.as_deref().map_or_else(manifest::of_image, manifest::of_index)))
            }
            kind => (kubernetes::request(kind, place), None),
        };
        let response = match (&call.error, &call.text, &call.answer, own) {
            (Some(error), None, None, _) => Response::Error(error.clone()),
            (None, Some(text), None, _) => Response::Success(format!("{text}{}", " ".repeat(call.padding))),
            (None, None, Some(Value::String(_)), Some(own)) if call.verify.is_some() => Response::Success(own),
            (None, None, Some(Value::String(digest)), None) => Response::Success(json!({ "digest": digest }).to_string()),
            (None, None, Some(answer), _) => Response::Success(answer.to_string()),
            (None, None, None, Some(own)) => Response::Success(own),
            _ => panic!("{}: a host call is answered by one of answer, text, error, or a findings document", self.note),
        };
        Exchange { request, response }
    }

    /// The reference that stands for a place, and the artifact that is there: that of `of`, or its own.
    fn named(&self, place: &str, of: Option<&str>) -> (String, Option<Artifact>) {
        let (name, is_by_digest) = place.strip_suffix("@digest").map_or((place, false), |name| (name, true));
        let artifact = |name: &str| self.findings.get(name).map(|document| document.artifact(name));
        let reference = match artifact(name) {
            Some(artifact) if is_by_digest => artifact.by_digest,
            Some(artifact) => artifact.reference,
            None if name.contains('/') => name.to_owned(),
            None => format!("{REPOSITORY}:{}", policy::findings::tag(digest_of(name.as_bytes()).trim_start_matches("sha256:"))),
        };
        (reference, artifact(of.unwrap_or(name)))
    }
}

/// A request to create a Deployment with the given images.
pub fn deployment(images: &[String]) -> Value {
    let containers: Vec<Value> =
        images.iter().enumerate().map(|(i, image)| json!({ "name": format!("c{i}"), "image": image })).collect();
    json!({
        "uid": "1",
        "kind": { "group": "apps", "version": "v1", "kind": "Deployment" },
        "resource": { "group": "apps", "version": "v1", "resource": "deployments" },
        "operation": "CREATE",
        "namespace": "prod",
        "name": "web",
        "userInfo": { "username": "alice@example.com", "groups": ["developers"] },
        "object": {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "web", "namespace": "prod" },
            "spec": { "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": containers } } },
        },
    })
}

/// Every case below a folder, in the order of the files' names.
///
/// # Panics
/// A file that is not a stream of cases, or a note that is there twice.
pub fn read_all(folder: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let text = substitute(&std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display())));
        let documents = yaml::read(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for document in documents {
            let line = document.span("").line;
            let case: Case = serde_json::from_value(document.value)
                .unwrap_or_else(|e| panic!("{}, the case at line {line}: {e}", file.display()));
            let twin = cases.iter().find(|other| other.note == case.note);
            assert!(twin.is_none(), "{}: the note `{}` is there twice", file.display(), case.note);
            let signers = case.settings["trust"]["anyOf"].clone();
            cases.push(Case { file: file.strip_prefix(folder).unwrap_or(&file).to_owned(), signers, ..case });
        }
    }
    cases
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("a folder's entry").path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => collect(&path, files),
            Some("yaml") => files.push(path),
            _ => panic!("{}: expected a folder or a .yaml file", path.display()),
        }
    }
}

/// `sha256:name` → the digest of the name.
fn substitute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("sha256") {
        let (before, after) = rest.split_at(at + "sha256".len());
        out.push_str(before);
        rest = after;
        let Some(separator) = after.chars().next().filter(|c| matches!(c, ':' | '-')) else { continue };
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name: String = after.chars().skip(1).take_while(|c| is_name(*c)).collect();
        if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() < 64 {
            out.push(separator);
            out.push_str(digest_of(name.as_bytes()).trim_start_matches("sha256:"));
            rest = &after[1 + name.len()..];
        }
    }
    out.push_str(rest);
    out
}
