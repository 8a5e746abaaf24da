//! An object of a repository + public keys → which of them signed it, in cosign's storage of version 2.
//!
//! Unlike the policy server's verification it tells "nobody signed it" from "the signatures could not be had".

use std::collections::BTreeMap;

use serde::Deserialize;

use super::key::PublicKey;
use super::layer::Layer;
use crate::limits;
use crate::registry::{Registry, RegistryError, SIMPLE_SIGNING, SignatureLayer, signature_tag};

#[derive(Deserialize)]
struct Manifest {
    layers: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    annotations: Option<BTreeMap<String, String>>,
}

impl Registry {
    /// The position of the first of `keys` that signed `repository@digest` with all of these annotations; `None` where none of them did.
    ///
    /// # Errors
    /// [`RegistryError`] where the signatures could not be had, are no JSON or above the caps of [`limits`]. That there are none is none.
    pub fn signed_by(
        &self,
        repository: &str,
        digest: &str,
        keys: &[&PublicKey],
        annotations: &BTreeMap<String, String>,
    ) -> Result<Option<usize>, RegistryError> {
        let reference = format!("{repository}:{}", signature_tag(digest));
        let raw = match self.pull_manifest_raw(&reference) {
            Ok(raw) => raw,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let manifest: Manifest = serde_json::from_slice(&raw.bytes).map_err(RegistryError::Json)?;
        let all = manifest.layers.unwrap_or_default();
        let simple: Vec<Descriptor> = all.into_iter().filter(|layer| layer.media_type == SIMPLE_SIGNING).collect();
        if simple.len() > limits::SIGNATURES {
            let (n, cap) = (simple.len(), limits::SIGNATURES);
            return Err(RegistryError::Invalid(format!("`{reference}`: expected at most {cap} signatures, found {n}")));
        }
        let mut left = limits::SIGNATURE_BYTES;
        let mut layers = Vec::new();
        for layer in simple {
            let payload = self.pull_blob(&reference, &layer.digest, left)?;
            left = left.saturating_sub(payload.len());
            let layer = SignatureLayer { payload, annotations: layer.annotations.unwrap_or_default() };
            layers.extend(Layer::of(layer, digest, None).filter(|layer| layer.has(annotations)));
        }
        Ok(keys.iter().position(|key| layers.iter().any(|layer| layer.is_signed_by(key))))
    }
}
