//! The host that answers as a world says.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use host::capability::Capabilities;
use policy::lookup::host::Host;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::reports::Cluster;
use super::rules::SIGNER;
use crate::document::{CaseDocument, digest_of};
use crate::model::{Evidence, Labels, Manifest, World};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

type Answer = Result<String, String>;

/// Answers host calls in any order, and remembers them.
#[derive(Debug)]
pub struct Registry {
    answers: BTreeMap<(&'static str, String), Answer>,
    labels: Answer,
    cluster: Cluster,
    calls: Mutex<Vec<String>>,
}

impl Registry {
    pub(super) fn new(world: &World, cluster: Cluster, with_summary: bool) -> Self {
        let mut answers = BTreeMap::new();
        for (tag, digest) in &world.digests {
            let digest = digest.as_ref().expect("a digest");
            answers.insert(("v1/manifest_digest", tag.clone()), Ok(json!({ "digest": digest }).to_string()));
        }
        for (image, manifest) in &world.manifests {
            answers.insert(("v1/oci_manifest", image.clone()), Ok(manifest_of(manifest)));
        }
        let of_registries = world.evidence.iter().filter(|((place, _), _)| place.contains('/'));
        for ((repository, digest), state) in of_registries {
            let reference = format!("{repository}:{}", policy::findings::tag(digest.trim_start_matches("sha256:")));
            let (state, is_signed) = match state {
                Evidence::Untrusted(state) => (&**state, false),
                state => (state, true),
            };
            let (manifest, document) = artifact(state, repository, digest, &reference, with_summary);
            let own = digest_of(manifest.as_ref().map_or(&[][..], |manifest| manifest.as_bytes()));
            let verified = if is_signed {
                signature(state, &reference, &own)
            } else {
                Err(format!("no signatures found for image: {reference} "))
            };
            if is_signed && manifest.is_ok() {
                answers.insert(("v1/oci_manifest", format!("{repository}@{own}")), manifest.clone());
                answers.insert(("v1/oci_manifest_config", format!("{repository}@{own}")), document.clone());
            }
            answers.insert(("v1/oci_manifest", reference.clone()), manifest);
            answers.insert(("v1/oci_manifest_config", reference.clone()), document);
            answers.insert(("v2/verify", reference), verified);
        }
        let labels = match world.labels.as_ref().expect("labels") {
            Labels::Known(labels) => Ok(json!({ "metadata": { "labels": labels } }).to_string()),
            Labels::Unavailable => Err("ApiError: forbidden".to_owned()),
            Labels::NotGranted => Err(not_granted("kubernetes/get_resource")),
        };
        Self { answers, labels, cluster, calls: Mutex::default() }
    }

    /// The calls so far, those to the log left out.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if namespace == "tracing" {
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(payload);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{namespace} {operation} {text}"));
        let payload: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        if namespace == "kubernetes" {
            let answer = if payload["kind"] == "Namespace" { self.labels.clone() } else { self.reports(operation, &payload) };
            return answer.map(String::into_bytes);
        }
        let image = payload.as_str().or_else(|| payload["image"].as_str()).unwrap_or_default();
        let found = self.answers.iter().find(|((of, name), _)| *of == operation && *name == image);
        let answer = found.map(|(_, answer)| answer).ok_or_else(|| format!("an unexpected call: {operation} {image}"))?;
        if operation == "v2/verify" && answer.is_ok() {
            let is_asked = payload["pub_keys"] == json!([SIGNER])
                && payload["annotations"] == json!({ "io.gated-deployment.type": "findings.v1" });
            if !is_asked {
                return Err(format!("no signatures found for image: {image} "));
            }
        }
        answer.clone().map(String::into_bytes)
    }
}

impl Registry {
    /// The reports in the cluster: by the name that SBOMscanner makes of the one image with a tag, by the digest, or all of a namespace.
    fn reports(&self, operation: &str, query: &Value) -> Answer {
        let source = if query["api_version"] == "aquasecurity.github.io/v1alpha1" { "trivyOperator" } else { "sbomScanner" };
        let selected = query["field_selector"].as_str().and_then(|selector| selector.strip_prefix("imageMetadata.digest="));
        let name = query["name"].as_str();
        let is_named = |digest: &&str| {
            let hash = Sha256::digest(format!("hub/index.docker.io/library/nginx:1.27@{digest}"));
            name.is_some_and(|name| name == hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        };
        let digest = selected.or_else(|| self.cluster.digests().find(is_named));
        let found = match (self.cluster.answer(source, digest), name) {
            (Err(Evidence::NotGranted), _) => return Err(not_granted(&format!("kubernetes/{operation}"))),
            (Err(_), _) => return Err("ApiError: boom (ErrorResponse { code: 500 })".to_owned()),
            (Ok(found), _) => found,
        };
        match (name, found.first().filter(|_| digest.is_some())) {
            (None, _) => Ok(json!({ "items": found }).to_string()),
            (Some(_), Some(report)) => Ok(report.to_string()),
            (Some(name), None) => {
                Err(format!("Cannot find {} named '{name}' inside of namespace 'Some(\"sbomscanner\")'", query["kind"]))
            }
        }
    }
}

fn not_granted(operation: &str) -> String {
    format!("Policy has not been granted access to the '{operation}' host capability. The violation has been reported.")
}

/// What the registry says where there is nothing.
fn unknown(repository: &str, reference: &str) -> String {
    format!(
        "Registry error: url https://{repository}/manifests/{reference}, envelope: OCI API errors: [OCI API error: manifest unknown]"
    )
}

/// The answers about an artifact's manifest, and about that with its config.
fn artifact(state: &Evidence, repository: &str, digest: &str, reference: &str, with_summary: bool) -> (Answer, Answer) {
    let both = |answer: Answer| (answer.clone(), answer);
    match state {
        Evidence::Missing => both(Err(format!("Fail to interact with OCI registry: {}", unknown(repository, reference)))),
        Evidence::Unavailable => both(Err("Connection refused".to_owned())),
        // The digest tells one from another.
        Evidence::Unreadable => both(Ok(json!({ "of": reference }).to_string())),
        Evidence::NotGranted => both(Err(not_granted("oci/v1/oci_manifest"))),
        Evidence::Untrusted(_) => panic!("unsigned twice"),
        Evidence::Scanned(document) => {
            let mut written = json!({ "repository": repository, "subject": digest, "document": document });
            if !with_summary {
                written["summary"] = Value::Null;
            }
            let document: CaseDocument = serde_json::from_value(written).expect("a document of a case");
            let artifact = document.artifact("drawn");
            (Ok(artifact.manifest), Ok(artifact.with_config))
        }
    }
}

/// The answer about an artifact's signature where it is signed: the digest of the artifact.
fn signature(state: &Evidence, reference: &str, own: &str) -> Answer {
    let not_fetched =
        |said: &str| Err(format!("failed to get image trusted layers: Cannot fetch manifest of {reference}: {said}"));
    match state {
        Evidence::Missing => not_fetched(&unknown("registry", reference)),
        Evidence::Unavailable => not_fetched("error sending request for url (https://registry/v2/): Connection refused"),
        Evidence::NotGranted => Err(not_granted("oci/v2/verify")),
        _ => Ok(json!({ "is_trusted": true, "digest": own }).to_string()),
    }
}

/// The manifest of an image, or an index with an attestation beside the platforms.
fn manifest_of(manifest: &Manifest) -> String {
    let Manifest::Index(entries) = manifest else {
        let config =
            json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(b"config"), "size": 2 });
        return json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [] }).to_string();
    };
    let entry = |(platform, digest): &(Option<String>, String)| {
        let mut entry = json!({ "mediaType": MANIFEST, "digest": digest, "size": 1000 });
        if let Some(platform) = platform {
            let parts: Vec<&str> = platform.split('/').collect();
            entry["platform"] = json!({ "os": parts[0], "architecture": parts[1] });
            if let Some(variant) = parts.get(2) {
                entry["platform"]["variant"] = (*variant).into();
            }
        }
        entry
    };
    let mut manifests: Vec<Value> = entries.iter().map(entry).collect();
    manifests.push(json!({
        "mediaType": MANIFEST, "digest": digest_of(b"attestation"), "size": 1000,
        "platform": { "os": "unknown", "architecture": "unknown" },
        "annotations": { "vnd.docker.reference.type": "attestation-manifest" },
    }));
    json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests }).to_string()
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
