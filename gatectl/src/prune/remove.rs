//! Orphans → gone: the signature first, then the artifact, one after the other.

use host::registry::SIMPLE_SIGNING;
use policy::image::Digest;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::shared::signature_tag;
use super::{Artifact, Pruning, State, find};

impl Pruning<'_> {
    /// Removes the orphans. A registry that does not allow it is asked no further.
    pub(super) fn remove(&self, repository: &str, artifacts: &mut [Artifact]) {
        let mut refusal: Option<String> = None;
        for artifact in artifacts.iter_mut().filter(|artifact| artifact.state == State::Orphaned) {
            artifact.state = match &refusal {
                Some(refusal) => State::Failed(refusal.clone()),
                None => self.remove_one(repository, artifact, &mut refusal),
            };
        }
    }

    fn remove_one(&self, repository: &str, artifact: &Artifact, refusal: &mut Option<String>) -> State {
        let (Some(digest), Some(image)) = (&artifact.digest, image_of(artifact)) else {
            return State::Failed("it has no digest".to_owned());
        };
        // Who pushed the image again in the meantime keeps its findings.
        match self.image_is_gone(repository, &image) {
            Ok(true) => {}
            Ok(false) => return State::Kept("its image is there again".to_owned()),
            Err(why) => return State::Failed(why),
        }
        let signature = match signature_tag(artifact).map(|tag| self.digest_of(repository, &tag)).transpose() {
            Ok(signature) => signature.flatten(),
            Err(why) => return State::Failed(format!("its signature could not be asked for: {why}")),
        };
        // Whoever may push can make the signature's tag stand for anything, such as a platform of an index that is in use.
        match signature.as_deref().map(|digest| self.is_signature(repository, digest)).transpose() {
            Ok(None | Some(true)) => {}
            Ok(Some(false)) => return State::Kept("what the tag of its signature stands for is no signature".to_owned()),
            Err(why) => return State::Failed(format!("its signature could not be read: {why}")),
        }
        for digest in signature.iter().chain([digest]) {
            if let Err(error) = self.registry.delete_manifest(repository, digest) {
                if error.forbids() {
                    let why = format!(
                        "the registry does not allow deletion in `{repository}`: {error}; hint: have it allowed where the registry is configured, and use credentials with the right to it"
                    );
                    *refusal = Some(format!("the registry does not allow deletion in `{repository}`"));
                    return State::Failed(why);
                }
                return State::Failed(format!("`{repository}@{digest}` could not be deleted: {error}"));
            }
        }
        State::Removed
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    manifests: Option<IgnoredAny>,
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
}

impl Pruning<'_> {
    /// Whether a manifest is one of signatures, as cosign writes them, and nothing else.
    fn is_signature(&self, repository: &str, digest: &str) -> Result<bool, String> {
        let raw = self.registry.pull_manifest_raw(&format!("{repository}@{digest}")).map_err(|error| error.to_string())?;
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&raw.bytes) else { return Ok(false) };
        let is_simple = |layer: &Layer| layer.media_type == SIMPLE_SIGNING;
        Ok(manifest.manifests.is_none() && !manifest.layers.is_empty() && manifest.layers.iter().all(is_simple))
    }
}

fn image_of(artifact: &Artifact) -> Option<Digest> {
    find::candidates(artifact.tag.as_slice()).into_iter().next().map(|candidate| candidate.image)
}
