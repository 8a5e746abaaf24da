//! A digest in a registry and a private key → the signature that cosign would keep beside it.
//!
//! The storage is cosign's version 2 (`specs/SIGNATURE_SPEC.md`): a manifest under the tag `sha256-<hex>.sig` of the same repository, one
//! layer for each signature. It is what every policy server reads with a public key; cosign 3 writes it with
//! `--new-bundle-format=false`. The transparency log is not told of the signature.

mod key_file;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::image::Digest;
use serde_json::{Map, Value, json};

pub use self::key_file::{KeyError, KeyPair};
use crate::limits;
use crate::registry::{Registry, RegistryError, SIMPLE_SIGNING, signature_tag};

/// Media type of a signature manifest that is made here.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of its config.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Annotation of a layer: the signature of its bytes, base64.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// What cosign writes as the `type` of a payload.
const PAYLOAD_TYPE: &str = "cosign container image signature";

/// A signature as it is kept now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Where: repository and tag.
    pub reference: String,
    /// Digest of the manifest with all signatures of the object.
    pub digest: String,
    /// Whether it was added; where this key had signed the same before, there was nothing to add.
    pub is_new: bool,
}

/// Where the signatures of a digest are kept: `<repository>:sha256-<hex>.sig`.
#[must_use]
pub fn reference(repository: &str, digest: &str) -> String {
    format!("{repository}:{}", signature_tag(digest))
}

/// The bytes that are signed: the digest, the name that it was signed by, and annotations.
///
/// Source: Red Hat's simple signing (<https://github.com/containers/image/blob/main/docs/containers-signature.5.md>), with cosign's `type`.
#[must_use]
pub fn payload(repository: &str, digest: &str, annotations: &BTreeMap<String, String>) -> Vec<u8> {
    let optional = if annotations.is_empty() { Value::Null } else { json!(annotations) };
    json!({
        "critical": {
            "identity": { "docker-reference": repository },
            "image": { "docker-manifest-digest": digest },
            "type": PAYLOAD_TYPE,
        },
        "optional": optional,
    })
    .to_string()
    .into_bytes()
}

/// Signs an object of a repository, given by its digest, and puts the signature beside those that are there.
///
/// Two signers of one object at the same time may lose one of the signatures: registries cannot append.
///
/// # Errors
/// [`RegistryError`]; [`RegistryError::Invalid`] where something else than signatures is kept under the tag, or too many.
pub fn sign(
    registry: &Registry,
    repository: &str,
    digest: &str,
    key: &KeyPair,
    annotations: &BTreeMap<String, String>,
) -> Result<Signed, RegistryError> {
    let reference = reference(repository, digest);
    let payload = payload(repository, digest, annotations);
    let mut kept = Kept::fetch(registry, &reference)?;
    if let Some(digest) = kept.digest.as_ref().filter(|_| kept.has(&payload, key)) {
        return Ok(Signed { reference, digest: digest.clone(), is_new: false });
    }
    let signature = key.sign(&payload).map_err(|error| RegistryError::Setup(error.to_string()))?;
    let layer = registry.push_blob(&reference, &payload)?;
    kept.layers.push(json!({
        "mediaType": SIMPLE_SIGNING,
        "size": payload.len(),
        "digest": layer,
        "annotations": { SIGNATURE: STANDARD.encode(signature) },
    }));
    if kept.layers.len() > limits::SIGNATURES {
        let cap = limits::SIGNATURES;
        return Err(RegistryError::Invalid(format!("`{reference}`: expected fewer than {cap} signatures, found {cap}")));
    }
    kept.extend_config(&layer);
    let config = kept.config.to_string().into_bytes();
    let config_digest = registry.push_blob(&reference, &config)?;
    kept.manifest.insert("config".to_owned(), json!({ "mediaType": CONFIG, "size": config.len(), "digest": config_digest }));
    kept.manifest.insert("layers".to_owned(), Value::Array(kept.layers));
    let media_type = kept.manifest.get("mediaType").and_then(Value::as_str).unwrap_or(MANIFEST).to_owned();
    let manifest = Value::Object(kept.manifest).to_string();
    let digest = registry.push_manifest_raw(&reference, manifest.as_bytes(), &media_type)?;
    Ok(Signed { reference, digest, is_new: true })
}

/// Whether a key has signed an object of a repository as [`sign`] would.
///
/// # Errors
/// As [`sign`].
pub fn is_signed(
    registry: &Registry,
    repository: &str,
    digest: &str,
    key: &KeyPair,
    annotations: &BTreeMap<String, String>,
) -> Result<bool, RegistryError> {
    let kept = Kept::fetch(registry, &reference(repository, digest))?;
    Ok(kept.has(&payload(repository, digest, annotations), key))
}

/// The signatures of an object so far.
struct Kept {
    /// Digest of the manifest; `None` where there is none yet.
    digest: Option<String>,
    manifest: Map<String, Value>,
    layers: Vec<Value>,
    config: Value,
}

impl Kept {
    fn fetch(registry: &Registry, reference: &str) -> Result<Self, RegistryError> {
        let raw = match registry.pull_manifest_raw(reference) {
            Ok(raw) => raw,
            Err(error) if error.is_not_found() => return Ok(Self::empty()),
            Err(error) => return Err(error),
        };
        let foreign = |found: &str| {
            let expected = "expected an image manifest of signatures as cosign writes it";
            RegistryError::Invalid(format!("`{reference}`: {expected}, found {found}; hint: remove this tag, and sign again"))
        };
        let manifest: Value = serde_json::from_slice(&raw.bytes).map_err(RegistryError::Json)?;
        let Value::Object(mut manifest) = manifest else { return Err(foreign("no JSON object")) };
        let Some(Value::Array(layers)) = manifest.remove("layers") else { return Err(foreign("a manifest without `layers`")) };
        let other = layers.iter().find(|layer| text(layer, "mediaType") != Some(SIMPLE_SIGNING));
        if let Some(other) = other {
            return Err(foreign(&format!("a layer of type `{}`", text(other, "mediaType").unwrap_or_default())));
        }
        let config = match manifest.get("config").and_then(|config| text(config, "digest")) {
            Some(digest) => registry.pull_blob(reference, digest, limits::SIGNATURE_BYTES)?,
            None => return Err(foreign("a manifest without `config`")),
        };
        // Other tools than cosign write other configs: nobody reads them, and what is none of cosign's is made anew.
        let config = serde_json::from_slice(&config).unwrap_or(Value::Null);
        let config = if config.pointer("/rootfs/diff_ids").is_some_and(Value::is_array) { config } else { config_of(&layers) };
        Ok(Self { digest: Some(raw.digest), manifest, layers, config })
    }

    fn empty() -> Self {
        let manifest = Map::from_iter([("schemaVersion".to_owned(), json!(2)), ("mediaType".to_owned(), json!(MANIFEST))]);
        Self { digest: None, manifest, layers: Vec::new(), config: config_of(&[]) }
    }

    /// Whether this key has signed these bytes before.
    fn has(&self, payload: &[u8], key: &KeyPair) -> bool {
        let digest = Digest::of(payload).to_string();
        self.layers.iter().filter(|layer| text(layer, "digest") == Some(&digest)).any(|layer| {
            let signature = layer.get("annotations").and_then(|annotations| text(annotations, SIGNATURE));
            signature.is_some_and(|signature| key.made(signature, payload))
        })
    }

    /// A layer is one entry in each list of the config, as in any image.
    fn extend_config(&mut self, layer: &str) {
        if let Some(ids) = self.config.pointer_mut("/rootfs/diff_ids").and_then(Value::as_array_mut) {
            ids.push(json!(layer));
        }
        if let Some(history) = self.config.get_mut("history").and_then(Value::as_array_mut) {
            history.push(json!({ "created": "0001-01-01T00:00:00Z" }));
        }
    }
}

/// The config of an image of these layers that was never built, as cosign writes it.
fn config_of(layers: &[Value]) -> Value {
    let ids: Vec<&Value> = layers.iter().filter_map(|layer| layer.get("digest")).collect();
    let history: Vec<Value> = ids.iter().map(|_| json!({ "created": "0001-01-01T00:00:00Z" })).collect();
    json!({
        "architecture": "", "created": "0001-01-01T00:00:00Z", "history": history, "os": "",
        "rootfs": { "type": "layers", "diff_ids": ids }, "config": {},
    })
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}
