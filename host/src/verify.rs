//! A request of `oci/v2/verify` → whether the signatures beside an image fulfil it, judged as the policy server judges.
//!
//! In the order a request travels: the signatures that concern the image at all (`layer`) and whose transparency log entry and
//! certificate the trust root vouches for (`trust`), then each constraint of the request against all of them (`constraint`), by public
//! `key` or by `certificate`. Behaviour and error texts are those of the policy server 1.36, which is built on crate `sigstore` 0.13.
//! That crate is not used here: up to 0.14 it needs a second cryptographic library beside the one of TLS, and 0.15 a hundred crates.
//! Two differences are meant: caps on sizes, and that a certificate's key must have made the signature (`layer` says why).
//!
//! Beside it, for those who read more than a gate does: DSSE envelopes (`dsse`), and which key signed an object (`signed`).
//!
//! What this says of an image is a forecast of what a cluster's policy server will say; the decision is made there.

mod certificate;
mod constraint;
mod dsse;
mod key;
mod layer;
mod request;
mod signed;
mod trust;

use std::error::Error;
use std::fmt;

use self::constraint::Constraint;
pub use self::dsse::Envelope;
pub use self::key::PublicKey;
use self::layer::Layer;
pub use self::request::{Identity, IdentityPrefix, Request};
pub use self::trust::{TrustRoot, TrustRootError};
use crate::registry::{Registry, SignaturesError, report};

/// Why signatures do not fulfil a request: the text a guest gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError(String);

impl VerifyError {
    pub(crate) fn new(error: &dyn Error) -> Self {
        Self(report(error))
    }

    fn text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the policy server wraps around an error of its signature library.
    fn layers(cause: &str) -> Self {
        Self(format!("failed to get image trusted layers: {cause}\n\nCaused by:\n    {}", cause.replace('\n', "\n    ")))
    }

    /// The text a guest gets for this error: one line or more, then `Caused by:` and the cause, where there is one.
    #[must_use]
    pub fn report(&self) -> String {
        self.0.clone()
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for VerifyError {}

impl From<SignaturesError> for VerifyError {
    fn from(error: SignaturesError) -> Self {
        match error {
            SignaturesError::Reference(error) => Self(format!("Invalid OCI image reference: {error}\n\nCaused by:\n    {error}")),
            SignaturesError::Digest { image, error } => Self::layers(&format!("Cannot fetch manifest of {image}: {error}")),
            // The blank at the end is the policy server's.
            SignaturesError::None { image } => Self::text(format!("no signatures found for image: {image} ")),
            SignaturesError::Content { image, error } => Self::layers(&format!("Cannot pull {image}: {error}")),
        }
    }
}

/// Judges the signatures of what the request's image stands for at this moment; gives its digest.
pub(crate) fn verify(
    registry: &Registry,
    request: &Request,
    trust_root: Option<&TrustRoot>,
    at: Option<i64>,
) -> Result<String, VerifyError> {
    // What the policy server refuses before it asks the registry.
    match request {
        Request::PubKeys { pub_keys, .. } if pub_keys.is_empty() => Err("Must provide at least one pub key"),
        Request::Keyless { keyless, .. } if keyless.is_empty() => Err("Must provide keyless info"),
        Request::KeylessPrefix { keyless_prefix, .. } if keyless_prefix.is_empty() => Err("Must provide keyless info"),
        Request::GithubActions { owner, .. } if owner.is_empty() => Err("Must provide owner info"),
        _ => Ok(()),
    }
    .map_err(VerifyError::text)?;
    let constraints = Constraint::of(request)?;
    let signatures = registry.signatures(request.image())?;
    let layers: Vec<Layer> =
        signatures.layers.into_iter().filter_map(|layer| Layer::of(layer, &signatures.digest, trust_root)).collect();
    if layers.is_empty() {
        return Err(VerifyError::layers("No Signature Layer passed verification"));
    }
    if let Request::Certificate { certificate, certificate_chain, require_rekor_bundle, annotations, .. } = request {
        let (chain, now) = (certificate_chain.as_deref(), certificate::instant(at));
        let verifier = certificate::Verifier::new(certificate, chain, *require_rekor_bundle, now).map_err(VerifyError::text)?;
        // Two constraints: different signatures may fulfil them.
        let is_signed = layers.iter().any(|layer| verifier.accepts(layer));
        let is_annotated = annotations.as_ref().is_none_or(|wanted| layers.iter().any(|layer| layer.has(wanted)));
        return match is_signed && is_annotated {
            true => Ok(signatures.digest),
            false => Err(VerifyError::text("verification failed: Several Signature Layers failed verification")),
        };
    }
    let unsatisfied: Vec<&Constraint<'_>> = constraints.iter().filter(|constraint| !constraint.is_satisfied(&layers)).collect();
    if unsatisfied.is_empty() {
        return Ok(signatures.digest);
    }
    let listed: String = unsatisfied.iter().map(|constraint| constraint.to_yaml()).collect();
    Err(VerifyError::text(format!(
        "Image verification failed: missing signatures\nThe following constraints were not satisfied:\n{listed}"
    )))
}
