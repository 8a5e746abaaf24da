//! A candidate + public keys → whether one of them signed it: its envelope, or the artifact itself as cosign signs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use host::limits;
use host::registry::Registry;
use host::verify::{Envelope, PublicKey};

use super::find::{Found, Way};
use crate::exit::Failure;

/// A key of somebody whose findings are believed.
#[derive(Debug)]
pub(in crate::attach) struct TrustKey {
    /// The file, as it was named.
    name: String,
    key: PublicKey,
}

/// Who vouches for a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::attach) enum Trust {
    /// Nobody was asked for.
    NotAsked,
    /// The owner of the key in this file: for the artifact as a whole, with what its manifest says.
    By(String),
    /// The owner of the key in this file: for the envelope, and for nothing that the manifest around it says.
    Envelope(String),
    /// None of the keys.
    Nobody,
    /// It could not be found out, and why not is the candidate's own trouble.
    Unknown,
}

impl Trust {
    /// Whether it may be taken.
    pub(super) fn is_enough(&self) -> bool {
        matches!(self, Self::NotAsked | Self::By(_) | Self::Envelope(_))
    }

    /// Whether what the manifest says is believed as far as the report is.
    pub(super) fn covers_manifest(&self) -> bool {
        matches!(self, Self::NotAsked | Self::By(_))
    }

    /// Whether keys were asked for, and none of them signed it.
    pub(super) fn is_nobody(&self) -> bool {
        *self == Self::Nobody
    }
}

/// Reads the files of public keys.
pub(in crate::attach) fn load(files: &[PathBuf]) -> Result<Vec<TrustKey>, Failure> {
    let mut keys = Vec::new();
    for file in files {
        let at = |e: &dyn std::fmt::Display| Failure::at(format_args!("--trust-key {}", file.display()), e);
        let mut bytes = Vec::new();
        let cap = u64::try_from(limits::KEY_FILE_BYTES).unwrap_or(u64::MAX);
        File::open(file).and_then(|opened| opened.take(cap.saturating_add(1)).read_to_end(&mut bytes)).map_err(|e| at(&e))?;
        if bytes.len() > limits::KEY_FILE_BYTES {
            return Err(at(&format_args!("expected at most {cap} bytes, found more")));
        }
        let expected = "expected a public key in PEM, as in `cosign.pub`";
        let key = PublicKey::from_pem(&bytes).map_err(|e| at(&format_args!("{expected}, found none: {e}")))?;
        keys.push(TrustKey { name: file.display().to_string(), key });
    }
    Ok(keys)
}

/// Who signed a candidate.
///
/// # Errors
/// One sentence: the signatures of the artifact could not be had.
pub(super) fn of(
    registry: &Registry,
    repository: &str,
    found: &Found,
    envelope: Option<&Envelope>,
    keys: &[TrustKey],
) -> Result<Trust, String> {
    if keys.is_empty() {
        return Ok(Trust::NotAsked);
    }
    if let Some(key) = envelope.and_then(|envelope| keys.iter().find(|key| envelope.is_signed_by(&key.key))) {
        return Ok(Trust::Envelope(key.name.clone()));
    }
    // Cosign's tag grows by a layer with each attestation: a signature of the whole is none of a layer.
    if found.way == Way::Attestation {
        return Ok(Trust::Nobody);
    }
    let all: Vec<&PublicKey> = keys.iter().map(|key| &key.key).collect();
    let signed = registry.signed_by(repository, &found.artifact, &all, &BTreeMap::new());
    let signed = signed.map_err(|e| format!("the signatures of the artifact could not be read: {e}"))?;
    Ok(signed.and_then(|at| keys.get(at)).map_or(Trust::Nobody, |key| Trust::By(key.name.clone())))
}
