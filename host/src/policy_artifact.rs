//! A policy module ↔ the OCI artifact that policy servers pull: config `{}`, one layer with the module, and those of its metadata's
//! annotations that have one line as the manifest's annotations.
//!
//! Source: Kubewarden's `policy-fetcher` (`registry/mod.rs`: what is pushed, and that the first layer of the media type [`LAYER`] is
//! pulled) and kwctl's `push` (which annotations are copied). A layer of another type beside the module's is refused here, since it
//! would be dropped without a word.

use std::collections::BTreeMap;
use std::fmt;

use policy::image::Digest;
use serde::{Deserialize, Serialize};

use crate::annotate;
use crate::registry::{Registry, RegistryError};

/// Media type of the config, whose bytes are `{}`.
pub const CONFIG: &str = "application/vnd.wasm.config.v1+json";
/// Media type of the layer.
pub const LAYER: &str = "application/vnd.wasm.content.layer.v1+wasm";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const NO_CONFIG: &[u8] = b"{}";
/// The largest module, in bytes: as large as one that can be annotated.
const MODULE_BYTES: u64 = 64 * 1024 * 1024;

/// A module in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The module's bytes; their digest was checked.
    pub wasm: Vec<u8>,
    /// Digest of the artifact's manifest, `sha256:` and 64 hexadecimal digits: what signatures are about.
    pub digest: String,
}

/// Why a module was not pushed or pulled.
#[derive(Debug)]
pub enum ArtifactError {
    /// The registry.
    Registry(RegistryError),
    /// The module has no metadata: a policy server would refuse it.
    NotAnnotated,
    /// What the reference stands for is no policy module; says what was expected and what was found.
    Foreign(String),
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(error) => error.fmt(f),
            Self::NotAnnotated => f.write_str("module: no metadata; hint: write it with `gatectl module annotate`"),
            Self::Foreign(why) => write!(f, "no policy module: {why}"),
        }
    }
}

impl std::error::Error for ArtifactError {}

impl From<RegistryError> for ArtifactError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8]) -> Self {
        // A length fits: no system has memory beyond 64 bits.
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { media_type: media_type.to_owned(), digest: Digest::of(bytes).to_string(), size }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    schema_version: u8,
    media_type: &'static str,
    config: Descriptor,
    layers: [Descriptor; 1],
    annotations: BTreeMap<String, String>,
}

/// What is read of a manifest. An index has no layers, and is told by that.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

/// The manifest of a module's artifact; the same module gives the same bytes.
///
/// # Errors
/// [`ArtifactError::NotAnnotated`]; [`ArtifactError::Foreign`] for a module above 64 MiB.
pub fn manifest(wasm: &[u8]) -> Result<Vec<u8>, ArtifactError> {
    let layer = Descriptor::of(LAYER, wasm);
    if layer.size > MODULE_BYTES {
        return Err(ArtifactError::Foreign(format!("expected at most {MODULE_BYTES} bytes, found {}", layer.size)));
    }
    let metadata = annotate::metadata(wasm).ok_or(ArtifactError::NotAnnotated)?;
    let entries = metadata.get("annotations").and_then(serde_json::Value::as_object).into_iter().flatten();
    let texts = entries.filter_map(|(key, value)| value.as_str().map(|text| (key.clone(), text.to_owned())));
    let annotations = texts.filter(|(_, text)| !text.contains(['\n', '\r'])).collect();
    let config = Descriptor::of(CONFIG, NO_CONFIG);
    let written = Written { schema_version: 2, media_type: MANIFEST, config, layers: [layer], annotations };
    serde_json::to_vec(&written).map_err(|error| ArtifactError::Foreign(error.to_string()))
}

/// Puts an annotated module under a reference, and gives the digest of the artifact's manifest.
///
/// # Errors
/// As [`manifest`], and [`ArtifactError::Registry`]. Where something fails, the reference stands for what it stood for before: the
/// manifest goes last.
pub fn push(registry: &Registry, reference: &str, wasm: &[u8]) -> Result<String, ArtifactError> {
    let manifest = manifest(wasm)?;
    registry.push_blob(reference, wasm)?;
    registry.push_blob(reference, NO_CONFIG)?;
    Ok(registry.push_manifest_raw(reference, &manifest, MANIFEST)?)
}

/// Fetches the module that a reference stands for.
///
/// # Errors
/// [`ArtifactError::Registry`]; [`ArtifactError::Foreign`] for an index, for another config type, for anything but one layer of the type
/// [`LAYER`] of at most 64 MiB, and for a layer of another size than its descriptor's.
pub fn pull(registry: &Registry, reference: &str) -> Result<Pulled, ArtifactError> {
    let raw = registry.pull_manifest_raw(reference)?;
    let read: Read = serde_json::from_slice(&raw.bytes).map_err(|error| ArtifactError::Foreign(format!("manifest: {error}")))?;
    let foreign = |expected: &str, found: &str| Err(ArtifactError::Foreign(format!("expected {expected}, found {found}")));
    match read.config {
        Some(config) if config.media_type == CONFIG => {}
        Some(config) => return foreign(&format!("a config of type `{CONFIG}`"), &format!("`{}`", config.media_type)),
        None => return foreign("an image manifest", "none with a config"),
    }
    let layers = read.layers.unwrap_or_default();
    let [layer] = layers.as_slice() else {
        return foreign("one layer", &layers.len().to_string());
    };
    if layer.media_type != LAYER {
        return foreign(&format!("a layer of type `{LAYER}`"), &format!("`{}`", layer.media_type));
    }
    if layer.size > MODULE_BYTES {
        return foreign(&format!("at most {MODULE_BYTES} bytes"), &layer.size.to_string());
    }
    // The descriptor is part of what was checked by digest, the bytes are not yet.
    let wasm = registry.pull_blob(reference, &layer.digest, usize::try_from(layer.size).unwrap_or(usize::MAX))?;
    if u64::try_from(wasm.len()).ok() != Some(layer.size) {
        return foreign(&format!("a layer of {} bytes", layer.size), &wasm.len().to_string());
    }
    Ok(Pulled { wasm, digest: raw.digest })
}
