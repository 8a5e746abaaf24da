//! A case: settings, a request, what the host answers, and what is wanted. Read from the YAML streams in `cases/`.
//!
//! `sha256:NAME` with a name of lower-case letters, digits and hyphens stands for the digest of that name, `sha256-NAME.findings` for its
//! tag. In a case with `copies`, `{i}` stands for the number of the copy, from 0.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use host::exchange::{Exchange, Request, Response};
use host::yaml;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{CaseDocument, digest_of};

/// The instant at which cases judge, unless they say otherwise.
pub const NOW: &str = "2026-11-22T12:00:00Z";

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
}

/// A host call: `namespace` by its name, or `digest`, `manifest` or `document` of a reference, or of the artifact of a findings document by
/// its name. The answer is that artifact's, `answer` (for `digest`: the digest; otherwise JSON), `text`, or `error`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    digest: Option<String>,
    namespace: Option<String>,
    manifest: Option<String>,
    document: Option<String>,
    of: Option<String>,
    answer: Option<Value>,
    text: Option<String>,
    error: Option<String>,
    /// Pads the text with so many bytes of blanks.
    #[serde(default)]
    padding: usize,
}

impl Call {
    /// The call as it is in a copy: one without `{i}` is in the first only.
    fn copy(&self, i: usize) -> Option<Self> {
        let places = [&self.digest, &self.manifest, &self.document];
        let is_numbered = places.into_iter().flatten().any(|place| place.contains("{i}"));
        let number = |place: &Option<String>| place.as_ref().map(|place| place.replace("{i}", &i.to_string()));
        let numbered = Self {
            digest: number(&self.digest),
            manifest: number(&self.manifest),
            document: number(&self.document),
            ..self.clone()
        };
        (is_numbered || i == 0).then_some(numbered)
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
        let copy = |i: usize| self.host.iter().filter_map(move |call| call.copy(i)).map(|call| self.exchange(&call));
        (0..self.copies.unwrap_or(1)).flat_map(copy).collect()
    }

    fn exchange(&self, call: &Call) -> Exchange {
        let artifact = |name: &str| self.findings.get(name).map(|document| document.artifact(name));
        let place = |text: &String| artifact(text).map_or_else(|| text.clone(), |artifact| artifact.reference);
        let namespace = call.namespace.as_ref().map(|name| {
            let query = json!({ "api_version": "v1", "kind": "Namespace", "name": name, "disable_cache": false, "field_masks": ["metadata.labels"] });
            (Request::GetResource { query: query.as_object().cloned().unwrap_or_default() }, None)
        });
        let (request, own) = match (&call.digest, &call.manifest, &call.document) {
            (None, None, None) if namespace.is_some() => namespace.expect("it is there"),
            (Some(image), None, None) => (Request::ManifestDigest { image: image.clone() }, None),
            (None, Some(image), None) => (
                Request::Manifest { image: place(image) },
                artifact(call.of.as_ref().unwrap_or(image)).map(|artifact| artifact.manifest),
            ),
            (None, None, Some(image)) => (
                Request::ManifestAndConfig { image: place(image) },
                artifact(call.of.as_ref().unwrap_or(image)).map(|artifact| artifact.with_config),
            ),
            _ => panic!("{}: a host call is one of digest, namespace, manifest and document", self.note),
        };
        let response = match (&call.error, &call.text, &call.answer, own) {
            (Some(error), None, None, _) => Response::Error(error.clone()),
            (None, Some(text), None, _) => Response::Success(format!("{text}{}", " ".repeat(call.padding))),
            (None, None, Some(Value::String(digest)), None) => Response::Success(json!({ "digest": digest }).to_string()),
            (None, None, Some(answer), _) => Response::Success(answer.to_string()),
            (None, None, None, Some(own)) => Response::Success(own),
            _ => panic!("{}: a host call is answered by one of answer, text, error, or a findings document", self.note),
        };
        Exchange { request, response }
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
            cases.push(Case { file: file.strip_prefix(folder).unwrap_or(&file).to_owned(), ..case });
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
