//! What would be removed → without that which another tag stands for: a manifest is deleted with all its tags.

use std::collections::{BTreeMap, BTreeSet};

use host::signing;

use super::{Artifact, Pruning, State};
use crate::exit::Failure;
use crate::jobs;

impl Pruning<'_> {
    /// Keeps orphans whose manifest, or whose signatures' manifest, has a tag beside its own. A tag that cannot be asked for might be
    /// one: then nothing is removed.
    pub(super) fn keep_shared(&self, repository: &str, tags: &[String], artifacts: &mut [Artifact]) -> Result<(), Failure> {
        let orphans = artifacts.iter().filter(|artifact| artifact.state == State::Orphaned);
        let own: BTreeSet<String> = orphans.flat_map(own_tags).collect();
        let others: Vec<&String> = tags.iter().filter(|tag| !own.contains(*tag)).collect();
        let asked = jobs::run(&others, self.jobs, |_, tag| self.digest_of(repository, tag), |_, _| Ok(()))?;
        let mut used: BTreeMap<String, &str> = BTreeMap::new();
        let mut unknown = None;
        for (tag, digest) in others.iter().zip(asked) {
            match digest {
                Ok(Some(digest)) => {
                    used.insert(digest, tag.as_str());
                }
                Ok(None) => {}
                Err(why) => unknown = unknown.or(Some(format!("what the tag `{tag}` stands for is not known: {why}"))),
            }
        }
        for artifact in artifacts.iter_mut().filter(|artifact| artifact.state == State::Orphaned) {
            artifact.state = match &unknown {
                Some(why) => State::Failed(why.clone()),
                None => self.unless_used(artifact, &used),
            };
        }
        Ok(())
    }

    fn unless_used(&self, artifact: &Artifact, used: &BTreeMap<String, &str>) -> State {
        let signature = match signature_tag(artifact).map(|tag| self.digest_of(&artifact.repository, &tag)).transpose() {
            Ok(digest) => digest.flatten(),
            Err(why) => return State::Failed(format!("its signature could not be asked for: {why}")),
        };
        let tag_of = |digest: Option<&String>| digest.and_then(|digest| used.get(digest));
        match (tag_of(artifact.digest.as_ref()), tag_of(signature.as_ref())) {
            (Some(tag), _) => State::Kept(format!("the tag `{tag}` stands for it, too")),
            (None, Some(tag)) => State::Kept(format!("the tag `{tag}` stands for its signature, too")),
            (None, None) => State::Orphaned,
        }
    }

    /// The digest of what a tag stands for; `None` where it is gone.
    pub(super) fn digest_of(&self, repository: &str, tag: &str) -> Result<Option<String>, String> {
        match self.registry.resolve(&format!("{repository}:{tag}")) {
            Ok(resolved) => Ok(Some(resolved.digest)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Its findings tag and the tag of its signature.
fn own_tags(artifact: &Artifact) -> impl Iterator<Item = String> {
    artifact.tag.clone().into_iter().chain(signature_tag(artifact))
}

/// The tag of an artifact's signature.
pub(super) fn signature_tag(artifact: &Artifact) -> Option<String> {
    let reference = signing::reference(&artifact.repository, artifact.digest.as_deref()?);
    reference.rsplit_once(':').map(|(_, tag)| tag.to_owned())
}
