//! The image in the registry: one manifest, or an index with its platforms.
//!
//! Source: OCI image specification 1.1, "Image Index"; Docker's attestation entries (`vnd.docker.reference.type`).

use std::collections::BTreeMap;

use host::registry::{Registry, Resolved};
use policy::image::Digest;
use reports::Report;
use reports::document::{Target, TargetImage};
use serde::Deserialize;

use crate::exit::Failure;
use reports::artifact::{Descriptor, MANIFEST};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What an image reference stands for.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) digest: Digest,
    pub(crate) descriptor: Descriptor,
    pub(crate) content: Content,
    /// What an index holds beside its images.
    pub(crate) attestations: Vec<Attestation>,
}

/// An entry of an index that is no image: the digest of its manifest, and of the image that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Attestation {
    pub(crate) digest: Digest,
    pub(crate) of: Option<Digest>,
}

/// A manifest or an index.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A single image, with the digest of its configuration.
    Image { config: Option<String> },
    /// An index, with its images; attestations are not among them.
    Index(Vec<Entry>),
}

/// An image of an index.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) digest: Digest,
    pub(crate) platform: Option<String>,
    descriptor: Descriptor,
}

/// The image that the report is about.
#[derive(Clone, Debug)]
pub(crate) struct Scanned {
    pub(crate) digest: Digest,
    pub(crate) platform: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawManifest {
    media_type: Option<String>,
    config: Option<RawDescriptor>,
    manifests: Option<Vec<RawDescriptor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDescriptor {
    media_type: String,
    digest: String,
    size: usize,
    platform: Option<RawPlatform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawPlatform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Subject {
    pub(crate) fn fetch(registry: &Registry, resolved: &Resolved) -> Result<Self, Failure> {
        let image = resolved.pinned();
        let at = |e: &dyn std::fmt::Display| Failure::at(format_args!("image `{image}`"), e);
        let raw = registry.pull_manifest_raw(&image).map_err(|e| at(&e))?;
        let manifest: RawManifest = serde_json::from_slice(&raw.bytes).map_err(|e| at(&e))?;
        let digest = digest(&resolved.digest).map_err(|e| at(&e.message))?;
        let standard = if manifest.manifests.is_some() { INDEX } else { MANIFEST };
        let media_type = manifest.media_type.as_deref().unwrap_or(standard);
        let descriptor = Descriptor { media_type: media_type.to_owned(), digest: digest.to_string(), size: raw.bytes.len() };
        let mut attestations = Vec::new();
        if manifest.manifests.is_some() && manifest.config.is_some() {
            return Err(at(&"expected an image manifest or an image index, found both in one"));
        }
        let content = match manifest.manifests {
            None => Content::Image { config: manifest.config.map(|config| config.digest) },
            Some(entries) => {
                let (attested, images): (Vec<_>, Vec<_>) = entries.into_iter().partition(RawDescriptor::is_attestation);
                for entry in attested {
                    attestations.push(entry.attestation().map_err(|e| at(&e.message))?);
                }
                let images = images.into_iter().map(Entry::read).collect::<Result<Vec<_>, _>>();
                Content::Index(images.map_err(|e| at(&e.message))?)
            }
        };
        Ok(Self { digest, descriptor, content, attestations })
    }

    /// The descriptor of the scanned image: the subject itself, or a platform of the index.
    pub(crate) fn descriptor_of(&self, scanned: &Scanned) -> Descriptor {
        match &self.content {
            Content::Index(entries) => entries.iter().find(|entry| entry.digest == scanned.digest).map(|entry| &entry.descriptor),
            Content::Image { .. } => None,
        }
        .unwrap_or(&self.descriptor)
        .clone()
    }

    /// The index with one entry for every platform, each with the report about it; `None` for a single image.
    pub(crate) fn index_target<'a>(&self, scanned: &'a [(Scanned, Report)]) -> Option<Target<'a>> {
        let Content::Index(entries) = &self.content else { return None };
        let image = |entry: &Entry| TargetImage {
            digest: entry.digest.clone(),
            platform: entry.platform.clone(),
            report: scanned.iter().find(|(scanned, _)| scanned.digest == entry.digest).map(|(_, report)| report),
        };
        Some(Target { subject: self.digest.clone(), images: entries.iter().map(image).collect() })
    }
}

impl RawDescriptor {
    /// Both marks, so that an image without a platform is never taken for an attestation.
    fn is_attestation(&self) -> bool {
        let is_unknown = self.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown");
        is_unknown && self.annotations.as_ref().is_some_and(|a| a.contains_key("vnd.docker.reference.type"))
    }

    fn attestation(&self) -> Result<Attestation, Failure> {
        let of = self.annotations.as_ref().and_then(|annotations| annotations.get("vnd.docker.reference.digest"));
        Ok(Attestation { digest: digest(&self.digest)?, of: of.and_then(|of| Digest::parse(of)) })
    }
}

impl Entry {
    fn read(raw: RawDescriptor) -> Result<Self, Failure> {
        let platform = raw.platform.map(|p| match p.variant.filter(|v| !v.is_empty()) {
            Some(variant) => format!("{}/{}/{variant}", p.os, p.architecture),
            None => format!("{}/{}", p.os, p.architecture),
        });
        let descriptor = Descriptor { media_type: raw.media_type, digest: raw.digest, size: raw.size };
        Ok(Self { digest: digest(&descriptor.digest)?, platform, descriptor })
    }
}

fn digest(text: &str) -> Result<Digest, Failure> {
    Digest::parse(text).ok_or_else(|| Failure::new(format_args!("expected a sha256 digest, found `{text}`")))
}
