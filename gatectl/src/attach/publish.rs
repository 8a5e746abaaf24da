//! Artifacts → the registry: never in the place of newer ones, and never half.

use std::collections::BTreeMap;

use host::registry::Registry;
use host::signing::{KeyPair, Signed};
use policy::time::Timestamp;
use policy::{findings, limits};
use serde::Deserialize;

use super::{Prepared, sign};
use crate::clock;
use crate::exit::Failure;
use reports::artifact::{Artifact, CREATED, MANIFEST};

/// What is under a findings tag already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    /// Digest of the manifest.
    pub(super) digest: String,
    /// When the scan was finished; `None` where it does not say, or is no findings artifact.
    pub(super) scanned_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawManifest {
    artifact_type: Option<String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// What is under each artifact's tag, in their order.
///
/// # Errors
/// Something under one of the tags is of a later scan, unless that may be replaced, or it could not be asked for.
pub(super) fn earlier(registry: &Registry, prepared: &Prepared, replace_newer: bool) -> Result<Vec<Option<Earlier>>, Failure> {
    let mut all = Vec::new();
    for (artifact, document) in &prepared.artifacts {
        let earlier = find(registry, artifact)?;
        // Of what is in the new artifact too, nothing is lost.
        let lost = earlier.as_ref().filter(|earlier| prepared.carried.as_ref() != Some(&earlier.digest));
        let newer = lost.and_then(|earlier| earlier.scanned_at).filter(|at| *at > document.scanned_at);
        // A gate refuses what says to be of the future: that keeps nobody from attaching what is true.
        let newer = newer.filter(|at| !is_of_the_future(*at, clock::present()));
        if let Some(at) = newer.filter(|_| !replace_newer) {
            return Err(Failure::at(
                format_args!("`{}`", artifact.reference),
                format_args!(
                    "expected no findings newer than those of {}, found those of {at}; hint: they are kept and nothing was pushed: scan again, or replace them with `--replace-newer`",
                    document.scanned_at
                ),
            ));
        }
        all.push(earlier);
    }
    Ok(all)
}

/// Refuses scans that no gate would read: those of the future, but for what clocks may differ by.
pub(crate) fn not_of_the_future(prepared: &Prepared, now: Timestamp) -> Result<(), Failure> {
    let times = prepared.artifacts.iter().map(|(_, document)| document.scanned_at);
    match times.max().filter(|at| is_of_the_future(*at, now)) {
        None => Ok(()),
        Some(at) => Err(Failure::new(format_args!(
            "expected a scan that is finished by now ({now}), found one of {at}; hint: a gate refuses findings of the future: correct the scanner's clock, or scan again"
        ))),
    }
}

fn is_of_the_future(at: Timestamp, now: Timestamp) -> bool {
    now.seconds_since(at) < -limits::CLOCK_SKEW_SECONDS
}

fn find(registry: &Registry, artifact: &Artifact) -> Result<Option<Earlier>, Failure> {
    let raw = match registry.pull_manifest_raw(&artifact.reference) {
        Ok(raw) => raw,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(Failure::at(format_args!("`{}`", artifact.reference), error)),
    };
    let manifest = serde_json::from_slice::<RawManifest>(&raw.bytes).ok();
    let manifest = manifest.filter(|manifest| manifest.artifact_type.as_deref() == Some(findings::MEDIA_TYPE));
    let scanned_at = manifest.and_then(|manifest| manifest.annotations.get(CREATED).and_then(|at| Timestamp::parse(at)));
    Ok(Some(Earlier { digest: raw.digest, scanned_at }))
}

/// Pushes all blobs and all manifests by their digests, signs these, and only then moves the findings tags: at no instant does a gate
/// find an unsigned artifact under a tag, and where anything fails before, it finds what was there. The tag of an index is the last.
pub(crate) fn publish(registry: &Registry, prepared: &Prepared, key: Option<&KeyPair>) -> Result<Vec<Option<Signed>>, Failure> {
    let mut signatures = Vec::new();
    for (artifact, _) in &prepared.artifacts {
        for blob in artifact.reports.iter().map(|(_, bytes)| bytes).chain([&artifact.config]) {
            registry
                .push_blob(&artifact.reference, blob)
                .map_err(|e| Failure::at(format_args!("`{}`", artifact.reference), e))?;
        }
        push_manifest(registry, artifact, &format!("{}@{}", artifact.repository(), artifact.digest()))?;
        signatures.push(key.map(|key| sign::sign(registry, artifact, key)).transpose()?);
    }
    for (artifact, _) in &prepared.artifacts {
        push_manifest(registry, artifact, &artifact.reference)?;
    }
    Ok(signatures)
}

fn push_manifest(registry: &Registry, artifact: &Artifact, reference: &str) -> Result<(), Failure> {
    let pushed = registry.push_manifest_raw(reference, &artifact.manifest, MANIFEST);
    pushed.map(|_| ()).map_err(|e| Failure::at(format_args!("`{reference}`"), e))
}
