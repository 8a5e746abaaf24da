//! A request of the file ↔ a host call.

use std::fmt;

use documents::yaml;
use serde_json::{Map, Value};

use super::{ExchangeError, complaint, mapping, scalar, text_of};
use crate::kubernetes;

/// A host call as the file knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `!OciManifestDigest`: `oci/v1/manifest_digest`.
    ManifestDigest {
        /// The image as the guest named it.
        image: String,
    },
    /// `!OciManifest`: `oci/v1/oci_manifest`.
    Manifest {
        /// The image as the guest named it.
        image: String,
    },
    /// `!OciManifestAndConfig`: `oci/v1/oci_manifest_config`.
    ManifestAndConfig {
        /// The image as the guest named it.
        image: String,
    },
    /// `!KubernetesGetResource`: `kubernetes/get_resource`.
    GetResource {
        /// `api_version`, `kind`, `name`, `namespace`, `disable_cache` and `field_masks`; those that are null left out, the masks in
        /// their order and each once.
        query: Map<String, Value>,
    },
    /// `!KubernetesListResourceNamespace`: `kubernetes/list_resources_by_namespace`.
    ListResourceNamespace {
        /// `api_version`, `kind`, `namespace`, `label_selector`, `field_selector` and `field_masks`, as those of `GetResource`.
        query: Map<String, Value>,
    },
    /// `!KubernetesListResourceAll`: `kubernetes/list_resources_all`.
    ListResourceAll {
        /// `api_version`, `kind`, `label_selector`, `field_selector` and `field_masks`, as those of `GetResource`.
        query: Map<String, Value>,
    },
    /// `!SigstorePubKeyVerify` and its like: `oci/v2/verify`.
    Verify {
        /// One of [`VERIFY`], with a `!` before it the tag.
        kind: String,
        /// The request's members but `type`, those that are null left out.
        query: Map<String, Value>,
    },
}

/// The tags that are read, in the order of [`Request`].
const TAGS: [&str; 11] = [
    "!OciManifestDigest",
    "!OciManifest",
    "!OciManifestAndConfig",
    "!KubernetesGetResource",
    "!KubernetesListResourceNamespace",
    "!KubernetesListResourceAll",
    "!SigstorePubKeyVerify",
    "!SigstoreKeylessVerify",
    "!SigstoreKeylessPrefixVerify",
    "!SigstoreGithubActionsVerify",
    "!SigstoreCertificateVerify",
];
/// What the requests for Kubernetes objects may say, by the names of the fields of kwctl's requests.
const GET: [&str; 6] = ["api_version", "kind", "name", "namespace", "disable_cache", "field_masks"];
const LIST: [&str; 6] = ["api_version", "kind", "namespace", "label_selector", "field_selector", "field_masks"];
const LIST_ALL: [&str; 5] = ["api_version", "kind", "label_selector", "field_selector", "field_masks"];
/// The kinds of request for a verification, and what each may say.
pub const VERIFY: [(&str, &[&str]); 5] = [
    ("SigstorePubKeyVerify", &["image", "pub_keys", "annotations"]),
    ("SigstoreKeylessVerify", &["image", "keyless", "annotations"]),
    ("SigstoreKeylessPrefixVerify", &["image", "keyless_prefix", "annotations"]),
    ("SigstoreGithubActionsVerify", &["image", "owner", "repo", "annotations"]),
    ("SigstoreCertificateVerify", &["image", "certificate", "certificate_chain", "require_rekor_bundle", "annotations"]),
];

impl Request {
    /// The request behind a host call; `None` for calls the file does not know.
    #[must_use]
    pub fn of_call(binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Option<Self> {
        let kind = match (binding, namespace, operation) {
            ("kubewarden", "oci", "v1/manifest_digest") => |image| Self::ManifestDigest { image },
            ("kubewarden", "oci", "v1/oci_manifest") => |image| Self::Manifest { image },
            ("kubewarden", "oci", "v1/oci_manifest_config") => |image| Self::ManifestAndConfig { image },
            ("kubewarden", "kubernetes", operation) => {
                // What is no request is refused before it gets anywhere, and nothing of it is recorded.
                kubernetes::Request::of_call(operation, payload)?.ok()?;
                let query = |fields| query_of(payload, fields);
                return match operation {
                    "get_resource" => query(&GET).map(|query| Self::GetResource { query }),
                    "list_resources_by_namespace" => query(&LIST).map(|query| Self::ListResourceNamespace { query }),
                    "list_resources_all" => query(&LIST_ALL).map(|query| Self::ListResourceAll { query }),
                    _ => None,
                };
            }
            ("kubewarden", "oci", "v2/verify") => {
                let mut query: Map<String, Value> = serde_json::from_slice(payload).ok()?;
                let Some(Value::String(kind)) = query.remove("type") else { return None };
                let is_known = VERIFY.iter().any(|(known, _)| *known == kind);
                return is_known.then(|| Self::Verify { kind, query: without_nulls(query) });
            }
            _ => return None,
        };
        serde_json::from_slice(payload).ok().map(kind)
    }

    /// The request as the file has it: a tag and a mapping.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let (tag, image) = match self {
            Self::ManifestDigest { image } => ("!OciManifestDigest", image),
            Self::Manifest { image } => ("!OciManifest", image),
            Self::ManifestAndConfig { image } => ("!OciManifestAndConfig", image),
            Self::GetResource { query } => return format!("!KubernetesGetResource\n{}", entries(query)),
            Self::ListResourceNamespace { query } => return format!("!KubernetesListResourceNamespace\n{}", entries(query)),
            Self::ListResourceAll { query } => return format!("!KubernetesListResourceAll\n{}", entries(query)),
            Self::Verify { kind, query } => return format!("!{kind}\n{}", entries(query)),
        };
        format!("{tag}\nimage: {}\n", scalar(image))
    }

    pub(super) fn from_yaml(text: &str, place: &str) -> Result<Self, ExchangeError> {
        let documents = yaml::read(text).map_err(|error| complaint(place, error.to_string()))?;
        let [document] = documents.as_slice() else {
            return Err(complaint(place, format!("expected one document, found {}", documents.len())));
        };
        let tag = document.tag.as_deref().unwrap_or("no tag");
        let kind = match tag {
            "!OciManifestDigest" => |image| Self::ManifestDigest { image },
            "!OciManifest" => |image| Self::Manifest { image },
            "!OciManifestAndConfig" => |image| Self::ManifestAndConfig { image },
            "!KubernetesGetResource" => {
                return Ok(Self::GetResource { query: canonical(mapping(&document.value, place, &GET)?.clone()) });
            }
            "!KubernetesListResourceNamespace" => {
                return Ok(Self::ListResourceNamespace { query: canonical(mapping(&document.value, place, &LIST)?.clone()) });
            }
            "!KubernetesListResourceAll" => {
                return Ok(Self::ListResourceAll { query: canonical(mapping(&document.value, place, &LIST_ALL)?.clone()) });
            }
            tag if let Some((kind, keys)) = verification(tag) => {
                let query = mapping(&document.value, place, keys)?.clone();
                return Ok(Self::Verify { kind: kind.to_owned(), query: without_nulls(query) });
            }
            _ => return Err(complaint(place, format!("expected a request tagged one of {}, found {tag}", TAGS.join(", ")))),
        };
        let entries = mapping(&document.value, place, &["image"])?;
        Ok(kind(text_of(entries, "image", place)?))
    }
}

impl fmt::Display for Request {
    /// One line, such as `!OciManifest {image: localhost:5000/app:v1}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_yaml();
        match text.trim_end().split_once('\n') {
            Some((tag, entries)) => write!(f, "{tag} {{{}}}", entries.replace('\n', ", ")),
            None => f.write_str(&text),
        }
    }
}

/// The entries of a mapping, a line each: a value as JSON, which is YAML.
fn entries(query: &Map<String, Value>) -> String {
    query.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
}

/// The kind of verification that a tag stands for, and its keys.
fn verification(tag: &str) -> Option<(&'static str, &'static [&'static str])> {
    let name = tag.strip_prefix('!')?;
    VERIFY.into_iter().find(|(kind, _)| *kind == name)
}

/// The members of a payload that kwctl's requests have.
fn query_of(payload: &[u8], fields: &[&str]) -> Option<Map<String, Value>> {
    let mut query: Map<String, Value> = serde_json::from_slice(payload).ok()?;
    query.retain(|member, _| fields.contains(&member.as_str()));
    Some(canonical(query))
}

/// One form of requests that are the same: kwctl's have a sorted set of masks.
fn canonical(query: Map<String, Value>) -> Map<String, Value> {
    let mut query = without_nulls(query);
    if let Some(Value::Array(masks)) = query.get_mut("field_masks") {
        masks.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        masks.dedup();
    }
    query
}

fn without_nulls(mut query: Map<String, Value>) -> Map<String, Value> {
    query.retain(|_, value| !value.is_null());
    query
}
