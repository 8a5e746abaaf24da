//! A findings artifact's tag → the digest that a trusted signature is about. What is read afterwards is that digest, never the tag.
//!
//! Source: the findings document, "Signature".

use super::fault::{Asked, Failure, classify};
use super::host::{self, Host, SignedBy};
use crate::image::Digest;
use crate::settings::{Signer, Subject};

/// The digest behind a tag, and the position of the first signer who signed it.
///
/// # Errors
/// [`Failure::Untrusted`] where none of them did.
pub(super) fn verify(host: &dyn Host, artifact: &str, trust: &[Signer]) -> Result<(Digest, usize), Failure> {
    let mut refused = None;
    for (position, signer) in trust.iter().enumerate() {
        for question in questions(signer) {
            match host::verify(host, artifact, &question).map_err(|text| classify(&text, Asked::Signature)) {
                Ok(digest) => return Ok((digest, position)),
                Err(Failure::Untrusted(why)) => refused = refused.or(Some(why)),
                // Absence, a broken network and a missing grant are the same for every signer.
                Err(failure) => return Err(failure),
            }
        }
    }
    Err(Failure::Untrusted(refused.unwrap_or_default()))
}

/// One for each key: any of them suffices.
fn questions(signer: &Signer) -> Vec<SignedBy<'_>> {
    match signer {
        Signer::PublicKeys(keys) => keys.iter().map(|key| SignedBy::PublicKey(key)).collect(),
        Signer::Keyless { issuer, subject: Subject::Equal(subject) } => vec![SignedBy::Keyless { issuer, subject }],
        Signer::Keyless { issuer, subject: Subject::Prefix(prefix) } => vec![SignedBy::KeylessPrefix { issuer, prefix }],
        Signer::GithubAction { owner, repository } => {
            vec![SignedBy::GithubAction { owner, repository: repository.as_deref() }]
        }
        Signer::Certificate { certificate, chain, requires_rekor_bundle } => {
            vec![SignedBy::Certificate { certificate, chain, requires_rekor_bundle: *requires_rekor_bundle }]
        }
    }
}
