//! A layer of a signature manifest → a signature about this very digest, or nothing.
//!
//! Source: cosign, `specs/SIGNATURE_SPEC.md`; the payload is Red Hat's simple signing
//! (<https://github.com/containers/image/blob/main/docs/containers-signature.5.md>).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::certificate::Signer;
use super::key::PublicKey;
use super::trust::{Bundle, TrustRoot};
use crate::registry::SignatureLayer;

/// Annotation of a layer: the signature of its bytes, base64.
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// Annotation of a layer: the transparency log's entry, JSON.
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
/// Annotation of a layer: the signer's certificate, PEM.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";

/// What is signed. Members that no one decides by are required all the same: the policy server's library does.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Payload {
    pub(crate) critical: Critical,
    pub(crate) optional: Option<Optional>,
}

/// The part of a payload that has a meaning.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Critical {
    pub(crate) identity: PayloadIdentity,
    pub(crate) image: PayloadImage,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// What was signed, by the name that the signer used: compared by nobody.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PayloadIdentity {
    pub(crate) docker_reference: String,
}

/// What was signed, by its digest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PayloadImage {
    pub(crate) docker_manifest_digest: String,
}

/// The annotations that the signer added. `creator` and `timestamp` are members of their own and no annotations.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Optional {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp: Option<i64>,
    #[serde(flatten)]
    pub(crate) annotations: Map<String, Value>,
}

/// A signature about the digest that was asked for.
#[derive(Clone)]
pub(super) struct Layer {
    bytes: Vec<u8>,
    payload: Payload,
    signature: String,
    /// The transparency log's entry, verified.
    pub(super) bundle: Option<Bundle>,
    /// Who signed without a key of its own, verified.
    pub(super) signer: Option<Signer>,
}

impl Layer {
    /// Nothing where the layer is no signature of this digest, or where the trust root contradicts its log entry.
    pub(super) fn of(layer: SignatureLayer, digest: &str, trust_root: Option<&TrustRoot>) -> Option<Self> {
        let payload: Payload = serde_json::from_slice(&layer.payload).ok()?;
        if payload.critical.image.docker_manifest_digest != digest {
            return None;
        }
        let signature = layer.annotations.get(SIGNATURE)?.clone();
        let bundle = match (layer.annotations.get(BUNDLE), trust_root.filter(|root| root.knows_logs())) {
            (Some(text), Some(root)) => Some(root.verified(text)?),
            _ => None,
        };
        let signer = match (layer.annotations.get(CERTIFICATE), trust_root, &bundle) {
            // The policy server's library does not look whether the certificate's key made the signature at all. Without that a
            // certificate and log entry from another signature would do, so here it is asked for.
            (Some(text), Some(root), Some(bundle)) => {
                root.signer(text, bundle).filter(|signer| signer.key.made(&signature, &layer.payload))
            }
            _ => None,
        };
        Some(Self { bytes: layer.payload, payload, signature, bundle, signer })
    }

    /// Whether this key made the signature.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.made(&self.signature, &self.bytes)
    }

    /// Whether the signer added all of these annotations; numbers and truth values count as the text that JSON has for them.
    pub(super) fn has(&self, wanted: &BTreeMap<String, String>) -> bool {
        let said = |key: &str| self.payload.optional.as_ref().and_then(|optional| optional.annotations.get(key));
        wanted.iter().all(|(key, wanted)| match said(key) {
            Some(Value::String(text)) => text == wanted,
            Some(Value::Number(number)) => {
                let text = number.to_string();
                text == *wanted
            }
            Some(Value::Bool(is_so)) => wanted == if *is_so { "true" } else { "false" },
            _ => false,
        })
    }
}
