//! An image index without findings of its own → its platforms, each with the digest of its manifest.
//!
//! Source: the findings document, "Indexes"; OCI image index; BuildKit's attestation storage (`vnd.docker.reference.type`).

use std::rc::Rc;

use super::fault::{Asked, Failure, classify};
use super::host::{self, Host};
use super::manifest::{Descriptor, Manifest, Platform};
use super::{Evidence, PlatformEvidence, Platforms};
use crate::image::Digest;
use crate::limits;
use crate::settings::Sources;
use crate::text::quote;

/// One platform of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `os/architecture[/variant]`, or the digest where the index does not say.
    pub(super) name: String,
    /// Digest of its manifest, or why it cannot be judged.
    pub(super) digest: Result<Digest, String>,
}

impl Entry {
    /// With what is known of its digest.
    pub(super) fn settled<'a>(&self, mut of_digest: impl FnMut(&Digest) -> Option<Rc<Evidence<'a>>>) -> PlatformEvidence<'a> {
        let (digest, evidence) = match &self.digest {
            Ok(digest) => (Some(digest.clone()), of_digest(digest).unwrap_or_else(|| Rc::new(Evidence::Missing))),
            Err(why) => (None, Rc::new(Evidence::Unreadable(why.clone()))),
        };
        PlatformEvidence { name: self.name.clone(), digest, evidence }
    }
}

/// The platforms of an index that the settings select; `None`: the image is no index, or there is no such image.
///
/// # Errors
/// It could not be asked for, or cannot be used.
pub(super) fn platforms(host: &dyn Host, image: &str, sources: &Sources) -> Platforms {
    let answer = match host::oci_manifest(host, image).map_err(|text| classify(&text, Asked::Artifact)) {
        Ok(answer) => answer,
        // Nothing that could be an index.
        Err(Failure::Absent | Failure::Unreadable(_)) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let unreadable = |why: String| Failure::Unreadable(format!("image index: {}", quote(&why)));
    if answer.len() > limits::HOST_ANSWER_BYTES {
        return Err(unreadable(format!("expected at most {} bytes, found {}", limits::HOST_ANSWER_BYTES, answer.len())));
    }
    let text = std::str::from_utf8(&answer).map_err(|_| unreadable("expected UTF-8".to_owned()))?;
    let manifest: Manifest<'_> = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    let Some(descriptors) = manifest.manifests else { return Ok(None) };
    let images = descriptors.iter().filter(|descriptor| !is_attestation(descriptor));
    let name = |descriptor: &&Descriptor<'_>| descriptor.platform.as_ref().map(Platform::name);
    let selected: Vec<&Descriptor<'_>> = images.filter(|image| sources.selects(name(image).as_deref())).collect();
    if selected.len() > limits::INDEX_PLATFORMS {
        let (most, found) = (limits::INDEX_PLATFORMS, selected.len());
        return Err(unreadable(format!("expected at most {most} platforms, found {found}; `findings.platforms` selects some")));
    }
    let entry = |descriptor: &Descriptor<'_>| Entry {
        name: descriptor.platform.as_ref().map_or_else(|| descriptor.digest.to_string(), Platform::name),
        digest: digest_of(descriptor),
    };
    Ok(Some(selected.into_iter().map(entry).collect()))
}

fn digest_of(descriptor: &Descriptor<'_>) -> Result<Digest, String> {
    if descriptor.media_type.contains("index") || descriptor.media_type.contains("manifest.list") {
        return Err("image index: expected images, found an index within the index".to_owned());
    }
    Digest::parse(&descriptor.digest)
        .ok_or_else(|| format!("image index: expected a sha256 digest, found {}", quote(&descriptor.digest)))
}

/// What `docker buildx` keeps beside the images.
fn is_attestation(descriptor: &Descriptor<'_>) -> bool {
    let is_unknown = descriptor.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown");
    is_unknown && descriptor.annotations.as_ref().is_some_and(|a| a.contains_key("vnd.docker.reference.type"))
}
