//! An artifact in the registry + a private key → its signature beside it.
//!
//! Source: the findings document, "Signature". The annotation keeps a key that also signs images from thereby signing clean bills.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use host::limits;
use host::registry::Registry;
use host::signing::{self, KeyPair, Signed};

use crate::exit::Failure;
use crate::password::Passwords;
use reports::artifact::Artifact;

/// What every signature of findings says.
const ANNOTATION: (&str, &str) = ("io.gated-deployment.type", "findings.v1");

/// Reads a private key and opens it.
pub(crate) fn key(file: &Path, passwords: &Passwords) -> Result<KeyPair, Failure> {
    let mut text = String::new();
    let cap = u64::try_from(limits::KEY_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let read = File::open(file).and_then(|opened| opened.take(cap).read_to_string(&mut text));
    read.map_err(|e| Failure::at(file.display(), e))?;
    let key = KeyPair::open(&text, &passwords.of(file)?);
    key.map_err(|e| Failure::at(format_args!("--sign-key {}", file.display()), e))
}

/// Signs an artifact that is in the registry already.
pub(super) fn sign(registry: &Registry, artifact: &Artifact, key: &KeyPair) -> Result<Signed, Failure> {
    signing::sign(registry, artifact.repository(), &artifact.digest(), key, &annotations())
        .map_err(|e| Failure::at(format_args!("signature `{}`", reference(artifact)), e))
}

/// Whether a key has signed an artifact.
pub(super) fn is_signed(registry: &Registry, artifact: &Artifact, key: &KeyPair) -> Result<bool, Failure> {
    signing::is_signed(registry, artifact.repository(), &artifact.digest(), key, &annotations())
        .map_err(|e| Failure::at(format_args!("signature `{}`", reference(artifact)), e))
}

fn annotations() -> BTreeMap<String, String> {
    BTreeMap::from([(ANNOTATION.0.to_owned(), ANNOTATION.1.to_owned())])
}

/// Where the signature of an artifact is, or would be.
pub(super) fn reference(artifact: &Artifact) -> String {
    signing::reference(artifact.repository(), &artifact.digest())
}
