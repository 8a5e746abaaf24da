//! An image in the registry → whatever is kept there about it: referrers, cosign's attestations, attestations inside of an index.
//!
//! Nothing is believed of a list or a descriptor: manifests are read. Sources: OCI image specification 1.1, "Image Manifest" (`subject`,
//! `artifactType`); cosign, `specs/ATTESTATION_SPEC.md` (the tag `sha256-<hex>.att`) and its bundles; BuildKit, "Attestation storage".

use std::collections::BTreeMap;

use host::registry::{RawManifest, Registry, RegistryError};
use policy::findings;
use policy::image::Digest;
use policy::limits;
use policy::time::Timestamp;
use reports::{Format, intoto};
use serde::Deserialize;

use super::super::subject::{Content, Scanned, Subject};
use crate::exit::Failure;
use reports::artifact::CREATED;

/// The layers of one artifact that are looked at.
const MAX_LAYERS: usize = 100;
/// Everything that is found about an image and its platforms.
const MAX_FOUND: usize = 5_000;

/// Types of artifacts and layers that hold reports, beside those under which reports are kept here: in-toto's, DSSE's, those that oras and
/// Ratify, trivy-plugin-referrer and Harbor use.
const REPORTS: [&str; 7] = [
    "application/vnd.in-toto+json",
    "application/vnd.dsse.envelope.v1+json",
    "application/sarif+json",
    "application/vnd.cyclonedx+json",
    "application/json",
    "application/vnd.act3-ace.data.cve.results+json",
    "application/vnd.security.vulnerability.report; version=1.1",
];

/// Sigstore's bundles, of whatever version.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// Annotations that say what an attestation is about: cosign's layers, cosign's bundles, and what in-toto's artifacts have.
const PREDICATES: [&str; 3] = ["predicateType", "dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type"];

/// By which way something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attach) enum Way {
    /// It names the image as its subject.
    Referrer,
    /// Under cosign's tag for attestations.
    Attestation,
    /// Inside of the image index.
    Index,
}

impl Way {
    pub(in crate::attach) fn word(self) -> &'static str {
        match self {
            Self::Referrer => "referrer",
            Self::Attestation => "cosign's tag",
            Self::Index => "in the index",
        }
    }
}

/// A layer of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) digest: String,
    pub(super) media_type: String,
}

/// What is to be looked at further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// A layer that may be a report.
    Layer(Layer),
    /// It is no report: why.
    Other(String),
    /// It could not be had: why.
    Broken(String),
}

/// Something about an image, not yet fetched.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) way: Way,
    /// The image or index that it was found for.
    pub(super) of: Scanned,
    /// Digest of the artifact's manifest; the tag where it could not be had.
    pub(super) artifact: String,
    /// What it says to be: the predicate's type, else the artifact's, else the layer's.
    pub(super) kind: String,
    /// When the artifact says to be made.
    pub(super) made_at: Option<Timestamp>,
    pub(super) held: Held,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    annotations: Option<BTreeMap<String, String>>,
}

/// Everything about the image; of an index, about its images too, or about those of one platform.
///
/// # Errors
/// A list could not be had: what is not known to be there could be the newest.
pub(super) fn find(
    registry: &Registry,
    repository: &str,
    subject: &Subject,
    platform: Option<&str>,
) -> Result<Vec<Found>, Failure> {
    let mut all = Vec::new();
    let at = |e| Failure::at(format_args!("`{repository}@{}`", subject.digest), e);
    let enough = |what: &str, n: usize, cap: usize| match n > cap {
        true => Err(at(format!("expected at most {cap} {what}, found {n}; hint: name one platform by its digest"))),
        false => Ok(()),
    };
    let whole = Scanned { digest: subject.digest.clone(), platform: None };
    about(registry, repository, &whole, &mut all)?;
    let Content::Index(entries) = &subject.content else { return Ok(all) };
    enough("images of the index", entries.len(), limits::DOCUMENT_IMAGES)?;
    for entry in entries.iter().filter(|entry| platform.is_none() || entry.platform.as_deref() == platform) {
        let of = Scanned { digest: entry.digest.clone(), platform: entry.platform.clone() };
        about(registry, repository, &of, &mut all)?;
        for attestation in subject.attestations.iter().filter(|attestation| attestation.of.as_ref() == Some(&entry.digest)) {
            let reference = format!("{repository}@{}", attestation.digest);
            let raw = registry.pull_manifest_raw(&reference);
            artifact(Way::Index, &of, attestation.digest.as_str(), raw, &mut all);
            enough("artifacts about the images of the index", all.len(), MAX_FOUND)?;
        }
        enough("artifacts about the images of the index", all.len(), MAX_FOUND)?;
    }
    Ok(all)
}

/// What is kept about one digest.
fn about(registry: &Registry, repository: &str, of: &Scanned, all: &mut Vec<Found>) -> Result<(), Failure> {
    let at = |e| Failure::at(format_args!("referrers of `{repository}@{}`", of.digest), e);
    for digest in registry.referrers(repository, of.digest.as_str()).map_err(at)? {
        if Digest::parse(&digest).is_none() {
            all.push(found(Way::Referrer, of, &digest, Held::Other("it is listed under what is no sha256 digest".to_owned())));
            continue;
        }
        let raw = registry.pull_manifest_raw(&format!("{repository}@{digest}"));
        artifact(Way::Referrer, of, &digest, raw, all);
    }
    let tag = format!("sha256-{}.att", of.digest.hex());
    match registry.pull_manifest_raw(&format!("{repository}:{tag}")) {
        Err(error) if error.is_not_found() => {}
        raw => artifact(Way::Attestation, of, &tag, raw, all),
    }
    Ok(())
}

fn found(way: Way, of: &Scanned, artifact: &str, held: Held) -> Found {
    Found { way, of: of.clone(), artifact: artifact.to_owned(), kind: "unknown".to_owned(), made_at: None, held }
}

/// One entry for each layer that may be a report, or one that says why there is none.
fn artifact(way: Way, of: &Scanned, name: &str, raw: Result<RawManifest, RegistryError>, all: &mut Vec<Found>) {
    let read = match raw {
        Ok(raw) => {
            serde_json::from_slice::<Manifest>(&raw.bytes).map(|manifest| (raw.digest, manifest)).map_err(|e| e.to_string())
        }
        Err(error) if error.is_not_found() => {
            return all.push(found(way, of, name, Held::Other("it is listed, and gone from the registry".to_owned())));
        }
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok((digest, manifest)) => all.extend(manifest.held(way, of, &digest)),
        Err(why) => all.push(found(way, of, name, Held::Broken(format!("its manifest could not be read: {why}")))),
    }
}

impl Manifest {
    fn held(self, way: Way, of: &Scanned, digest: &str) -> Vec<Found> {
        let annotation = |key: &str| self.annotations.as_ref().and_then(|all| all.get(key));
        let config = self.config.as_ref().map(|config| config.media_type.as_str());
        // The specification's rule where `artifactType` is empty.
        let kind = self.artifact_type.as_deref().filter(|kind| !kind.is_empty()).or(config).unwrap_or("unknown");
        let made_at = annotation(CREATED).and_then(|at| Timestamp::parse(at));
        let entry = |kind: &str, held| Found { kind: kind.to_owned(), made_at, ..found(way, of, digest, held) };
        let other = |kind: &str, why: String| entry(kind, Held::Other(why));
        match &self.subject {
            _ if kind == findings::MEDIA_TYPE => return vec![other(kind, "it is a findings artifact already".to_owned())],
            Some(subject) if subject.digest == of.digest.as_str() => {}
            Some(subject) => return vec![other(kind, format!("it names another subject: {}", subject.digest))],
            // Only what names its subject refers to it; what is found under a tag or in the index need not.
            None if way == Way::Referrer => return vec![other(kind, "it names no subject".to_owned())],
            None => {}
        }
        if self.layers.len() > MAX_LAYERS {
            let why = format!("expected at most {MAX_LAYERS} layers, found {}", self.layers.len());
            return vec![entry(kind, Held::Broken(why))];
        }
        let mut all = Vec::new();
        for layer in &self.layers {
            let predicates = layer.annotations.iter().chain(&self.annotations);
            let predicate = predicates.flat_map(|all| PREDICATES.iter().filter_map(|key| all.get(*key))).next();
            match predicate {
                Some(predicate) if !intoto::is_known(predicate) => {
                    all.push(other(predicate, "it is an attestation of something else than vulnerabilities".to_owned()));
                }
                _ if is_report(&layer.media_type) || is_report(kind) => {
                    let kind = predicate.map_or(if is_report(kind) { kind } else { &layer.media_type }, String::as_str);
                    let held = Layer { digest: layer.digest.clone(), media_type: layer.media_type.clone() };
                    all.push(entry(kind, Held::Layer(held)));
                }
                _ => {}
            }
        }
        if all.is_empty() {
            all.push(other(kind, "it holds nothing of a type that reports have".to_owned()));
        }
        all
    }
}

/// Whether reports are kept under this type.
pub(super) fn is_report(media_type: &str) -> bool {
    REPORTS.contains(&media_type)
        || media_type.starts_with(BUNDLE)
        || Format::ALL.iter().any(|format| format.reader().media_type == media_type)
}
