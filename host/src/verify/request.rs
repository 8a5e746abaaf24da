//! The payload of `oci/v2/verify`: what must have been signed, by whom, and with which annotations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A request as a guest writes it: JSON with the variant's name as `type`.
///
/// Source: Kubewarden, "Signature verifier policies" (<https://docs.kubewarden.io/reference/spec/host-capabilities/signature-verifier-policies>).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Request {
    /// Signed by the owners of all of these keys.
    #[serde(rename = "SigstorePubKeyVerify")]
    PubKeys {
        /// The image or artifact.
        image: String,
        /// Public keys, each PEM.
        pub_keys: Vec<String>,
        /// What the signature's payload must say among its `optional` members.
        annotations: Option<BTreeMap<String, String>>,
    },
    /// Signed without a key of its own by all of these identities.
    #[serde(rename = "SigstoreKeylessVerify")]
    Keyless {
        /// The image or artifact.
        image: String,
        /// The signers.
        keyless: Vec<Identity>,
        /// As for keys.
        annotations: Option<BTreeMap<String, String>>,
    },
    /// The same, with the beginning of each identity.
    #[serde(rename = "SigstoreKeylessPrefixVerify")]
    KeylessPrefix {
        /// The image or artifact.
        image: String,
        /// The signers.
        keyless_prefix: Vec<IdentityPrefix>,
        /// As for keys.
        annotations: Option<BTreeMap<String, String>>,
    },
    /// Signed by a workflow in GitHub Actions.
    #[serde(rename = "SigstoreGithubActionsVerify")]
    GithubActions {
        /// The image or artifact.
        image: String,
        /// Owner of the repository whose workflow signed.
        owner: String,
        /// The repository's name without its owner; any where absent.
        repo: Option<String>,
        /// As for keys.
        annotations: Option<BTreeMap<String, String>>,
    },
    /// Signed with the key of a certificate.
    #[serde(rename = "SigstoreCertificateVerify")]
    Certificate {
        /// The image or artifact.
        image: String,
        /// The certificate, PEM.
        certificate: Vec<u8>,
        /// The certificates, each PEM, one of which must have issued it; where absent, it is trusted as it is.
        certificate_chain: Option<Vec<Vec<u8>>>,
        /// Whether an entry of the transparency log must be there.
        require_rekor_bundle: bool,
        /// As for keys.
        annotations: Option<BTreeMap<String, String>>,
    },
}

/// Who signs without a key of its own.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Who vouches for the signer, such as `https://token.actions.githubusercontent.com`.
    pub issuer: String,
    /// The signer: an address or a URL, in full.
    pub subject: String,
}

/// Who signs without a key of its own, by the beginning of the signer's URL.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct IdentityPrefix {
    /// Who vouches for the signer.
    pub issuer: String,
    /// The beginning of the signer's URL; it ends at a `/`, which is added where it is missing.
    pub url_prefix: String,
}

impl Request {
    /// The image or artifact.
    #[must_use]
    pub fn image(&self) -> &str {
        match self {
            Self::PubKeys { image, .. }
            | Self::Keyless { image, .. }
            | Self::KeylessPrefix { image, .. }
            | Self::GithubActions { image, .. }
            | Self::Certificate { image, .. } => image,
        }
    }

    /// What answers are kept by: two requests with one key ask the same.
    pub(crate) fn key(&self) -> String {
        format!("{self:?}")
    }
}
