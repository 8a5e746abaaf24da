//! A repository's tags → the findings artifacts among them, and whether the image of each is gone.
//!
//! Source: the findings document, "The artifact".

use policy::findings;
use policy::image::Digest;
use policy::time::{Duration, Timestamp};
use serde::Deserialize;

use super::{Artifact, Pruning, State};
use reports::artifact::CREATED;

/// A tag that has the form of a findings tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) tag: String,
    /// Of the image that it is made of.
    pub(super) image: Digest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawManifest {
    artifact_type: Option<String>,
    subject: Option<RawSubject>,
    #[serde(default)]
    annotations: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawSubject {
    digest: String,
}

/// The tags that an image's digest makes; `sha256-….findings` with other digits is none.
pub(super) fn candidates(tags: &[String]) -> Vec<Candidate> {
    let candidate = |tag: &String| {
        let hex = tag.strip_prefix("sha256-")?.strip_suffix(".findings")?;
        let image = Digest::parse(&format!("sha256:{hex}"))?;
        (findings::tag(image.hex()) == *tag).then(|| Candidate { tag: tag.clone(), image })
    };
    tags.iter().filter_map(candidate).collect()
}

impl Pruning<'_> {
    /// Whether an artifact is to be removed, as far as that can be said of it alone.
    pub(super) fn judge(&self, repository: &str, candidate: &Candidate) -> Artifact {
        let mut artifact = Artifact {
            repository: repository.to_owned(),
            tag: Some(candidate.tag.clone()),
            digest: None,
            scanned_at: None,
            state: State::Orphaned,
        };
        artifact.state = match self.image_is_gone(repository, &candidate.image) {
            Err(why) => State::Failed(why),
            Ok(false) => State::Kept("its image is there".to_owned()),
            // Most images are there: only of the others the artifact is fetched.
            Ok(true) => self.judge_artifact(repository, candidate, &mut artifact),
        };
        artifact
    }

    /// Whether all repositories that may have an image say that they have not.
    pub(super) fn image_is_gone(&self, repository: &str, image: &Digest) -> Result<bool, String> {
        let others = self.images_in.iter().map(String::as_str).filter(|other| *other != repository);
        for place in std::iter::once(repository).chain(others) {
            match self.registry.is_gone(place, image.as_str()) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => return Err(format!("whether `{place}@{image}` is gone is not known: {error}")),
            }
        }
        Ok(true)
    }

    fn judge_artifact(&self, repository: &str, candidate: &Candidate, artifact: &mut Artifact) -> State {
        let reference = format!("{repository}:{}", candidate.tag);
        let raw = match self.registry.pull_manifest_raw(&reference) {
            Ok(raw) => raw,
            Err(error) => return State::Failed(format!("the findings could not be fetched: {error}")),
        };
        artifact.digest = Some(raw.digest);
        let Ok(manifest) = serde_json::from_slice::<RawManifest>(&raw.bytes) else {
            return State::Kept("it is no findings artifact".to_owned());
        };
        if manifest.artifact_type.as_deref() != Some(findings::MEDIA_TYPE) {
            return State::Kept("it is no findings artifact".to_owned());
        }
        if manifest.subject.is_none_or(|subject| subject.digest != candidate.image.as_str()) {
            return State::Kept("it is about another image".to_owned());
        }
        let created = manifest.annotations.as_ref().and_then(|annotations| annotations.get(CREATED));
        artifact.scanned_at = created.and_then(|at| Timestamp::parse(at));
        match (self.older_than, artifact.scanned_at) {
            (None, _) => State::Orphaned,
            (Some(_), None) => State::Kept("when it was scanned is not known".to_owned()),
            (Some(limit), Some(at)) => match is_older(limit, at, self.now) {
                true => State::Orphaned,
                false => State::Kept("its scan is not old enough".to_owned()),
            },
        }
    }
}

fn is_older(limit: Duration, at: Timestamp, now: Timestamp) -> bool {
    limit.is_exceeded_by(now.seconds_since(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_tags_are_made_of_digests() {
        let hex = "0".repeat(64);
        let tags = [
            format!("sha256-{hex}.findings"),
            format!("sha256-{hex}.sig"),
            format!("sha256-{hex}.findings2"),
            format!("sha256-{}.findings", "0".repeat(63)),
            format!("sha256-{}.findings", "G".repeat(64)),
            format!("sha256-{}.findings", "A".repeat(64)),
            "latest".to_owned(),
        ];
        let found: Vec<String> = candidates(&tags).into_iter().map(|candidate| candidate.tag).collect();
        assert_eq!(found, tags[..1]);
    }
}
