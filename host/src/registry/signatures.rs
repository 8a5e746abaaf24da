//! An image reference → the signatures that cosign keeps beside it.
//!
//! The requests, their order and their failures are the policy server's (crate `sigstore` 0.13, cosign's storage of version 2): the
//! digest by HEAD, the manifest under the tag `sha256-<hex>.sig` of the same repository, its config and its layers.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OciImageManifest, OciManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use tokio::io::AsyncWrite;

use super::{Registry, RegistryError, parse};
use crate::limits;

/// Media type of a signature's layer: the payload that is signed.
///
/// Source: cosign, `specs/SIGNATURE_SPEC.md`.
pub const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// A layer of a signature manifest, its digest checked.
#[derive(Clone, Debug)]
pub(crate) struct SignatureLayer {
    /// The payload's bytes, as they were signed.
    pub(crate) payload: Vec<u8>,
    /// The layer's annotations: the signature, and what came with it.
    pub(crate) annotations: BTreeMap<String, String>,
}

/// What an image reference stands for, and the signatures of that.
#[derive(Clone, Debug)]
pub(crate) struct Signatures {
    /// Digest of the manifest or index, `sha256:` and 64 hexadecimal digits.
    pub(crate) digest: String,
    /// In the order of the signature manifest.
    pub(crate) layers: Vec<SignatureLayer>,
}

/// At which step there were no signatures to be had.
#[derive(Debug)]
pub(crate) enum SignaturesError {
    /// The text is no image reference.
    Reference(RegistryError),
    /// What the reference stands for could not be asked for.
    Digest {
        /// The reference in full.
        image: String,
        /// The client's text.
        error: String,
    },
    /// There is no signature manifest, or it could not be asked for: the policy server tells neither from the other.
    None {
        /// The reference in full.
        image: String,
    },
    /// There is one, and its content could not be had.
    Content {
        /// The signature manifest's reference.
        image: String,
        /// The client's text.
        error: String,
    },
}

/// The tag that cosign keeps the signatures of a digest under: `sha256:ab…` → `sha256-ab….sig`.
///
/// Source: cosign, `specs/SIGNATURE_SPEC.md`, "Discovery".
pub(crate) fn tag(digest: &str) -> String {
    format!("{}.sig", digest.replace(':', "-"))
}

impl Registry {
    /// Fetches the signatures of what a reference stands for at this moment. Nothing is verified but digests.
    pub(crate) fn signatures(&self, image: &str) -> Result<Signatures, SignaturesError> {
        let reference = parse(image.strip_prefix("registry://").unwrap_or(image)).map_err(SignaturesError::Reference)?;
        let digest = self
            .clients
            .run_once(&reference, |client, reference, auth| async move { client.fetch_manifest_digest(&reference, &auth).await })
            .map_err(|error| SignaturesError::Digest { image: reference.whole(), error: plain(&error) })?;
        let (registry, repository) = (reference.registry().to_owned(), reference.repository().to_owned());
        let signatures = Reference::with_tag(registry, repository, tag(&digest));
        let manifest = self
            .clients
            .run_once(&signatures, |client, reference, auth| async move { client.pull_manifest(&reference, &auth).await });
        let Ok((OciManifest::Image(manifest), _)) = manifest else {
            return Err(SignaturesError::None { image: reference.whole() });
        };
        let layers = self
            .clients
            .run_once(&signatures, |client, reference, auth| content(client, reference, auth, manifest.clone()))
            .map_err(|error| SignaturesError::Content { image: signatures.whole(), error: plain(&error) })?;
        Ok(Signatures { digest, layers })
    }
}

/// The client's own text: the policy server puts it behind words of its own.
fn plain(error: &RegistryError) -> String {
    match error {
        RegistryError::Registry(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Fetches a manifest's config and layers, as `oci-client` pulls an image of one media type, but no more than the caps allow.
async fn content(
    client: Client,
    reference: Reference,
    auth: RegistryAuth,
    manifest: OciImageManifest,
) -> Result<Vec<SignatureLayer>, OciDistributionError> {
    if manifest.layers.is_empty() {
        return Err(OciDistributionError::PullNoLayersError);
    }
    if let Some(foreign) = manifest.layers.iter().find(|layer| layer.media_type != SIMPLE_SIGNING) {
        return Err(OciDistributionError::IncompatibleLayerMediaTypeError(foreign.media_type.clone()));
    }
    if manifest.layers.len() > limits::SIGNATURES {
        let (n, cap) = (manifest.layers.len(), limits::SIGNATURES);
        return Err(io::Error::other(format!("expected at most {cap} signatures, found {n}")).into());
    }
    client.store_auth_if_needed(reference.resolve_registry(), &auth).await;
    let mut left = limits::SIGNATURE_BYTES;
    client.pull_blob(&reference, &manifest.config, &mut Capped::new(&mut left)).await?;
    let mut layers = Vec::new();
    for layer in &manifest.layers {
        let mut capped = Capped::new(&mut left);
        client.pull_blob(&reference, layer, &mut capped).await?;
        layers.push(SignatureLayer { payload: capped.bytes, annotations: layer.annotations.clone().unwrap_or_default() });
    }
    Ok(layers)
}

/// Bytes in memory, up to what is left of the cap.
struct Capped<'a> {
    bytes: Vec<u8>,
    left: &'a mut usize,
}

impl<'a> Capped<'a> {
    fn new(left: &'a mut usize) -> Self {
        Self { bytes: Vec::new(), left }
    }
}

impl AsyncWrite for Capped<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            let cap = limits::SIGNATURE_BYTES;
            return Poll::Ready(Err(io::Error::other(format!("expected signatures of at most {cap} bytes, found more"))));
        };
        *self.left = left;
        self.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
