//! An image reference → the same with the digest behind its tag: what the mutation writes.
//!
//! The form is that of the policy's `pinDigests`. A reference that has a digest, or cannot be resolved, comes back unchanged: to judge is
//! the validating call's task, and it sees the same reference.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use host::capability::Capabilities;
use policy::image::{Digest, Reference};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::flight::{later, now};
use crate::limits;
use crate::lookups::Lookups;

/// What is pinned at one time: beside judging, so that neither waits for the other.
pub struct Pins {
    lookups: Lookups,
    patience: Duration,
    room: Arc<Semaphore>,
}

impl Pins {
    /// Pins by these look-ups, within this time.
    #[must_use]
    pub fn new(lookups: Lookups, patience: Duration) -> Self {
        Self { lookups, patience, room: Arc::new(Semaphore::new(limits::PINS)) }
    }

    /// The reference with its digest; `None` where it has one already, or there is none to be had in time.
    pub async fn pinned(&self, image: &str) -> Option<String> {
        let until = later(now(), self.patience);
        let place = tokio::time::timeout_at(until.into(), Arc::clone(&self.room).acquire_owned()).await.ok()?.ok()?;
        let (waiting, image) = (self.lookups.until(until), image.to_owned());
        let pinned = tokio::task::spawn_blocking(move || {
            let pinned = pinned(&image, &waiting);
            drop(place);
            pinned
        });
        pinned.await.ok()?
    }
}

impl fmt::Debug for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pins").field("patience", &self.patience).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    digest: String,
}

/// Blocks as long as the look-up does.
fn pinned(image: &str, capabilities: &dyn Capabilities) -> Option<String> {
    let reference = Reference::parse(image).ok().filter(|reference| reference.digest().is_none())?;
    let payload = serde_json::to_vec(&reference.to_string()).ok()?;
    let answer = capabilities.call("kubewarden", "oci", "v1/manifest_digest", &payload).ok()?;
    let answer: Answer = serde_json::from_slice(&answer).ok()?;
    Some(format!("{reference}@{}", Digest::parse(&answer.digest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Registry;

    impl Capabilities for Registry {
        fn call(&self, _: &str, _: &str, _: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
            match payload {
                b"\"docker.io/library/nginx:latest\"" => Ok(format!("{{\"digest\":\"sha256:{}\"}}", "a".repeat(64)).into_bytes()),
                b"\"ghcr.io/acme/odd:1\"" => Ok(b"{\"digest\":\"latest\"}".to_vec()),
                _ => Err("no such image".to_owned()),
            }
        }
    }

    #[test]
    fn a_tag_gets_its_digest_and_all_else_is_left() {
        assert_eq!(pinned("nginx", &Registry), Some(format!("docker.io/library/nginx:latest@sha256:{}", "a".repeat(64))));
        let digest = format!("nginx@sha256:{}", "b".repeat(64));
        for image in [digest.as_str(), "ghcr.io/acme/absent:1", "ghcr.io/acme/odd:1", "UPPER", ""] {
            assert_eq!(pinned(image, &Registry), None, "{image}");
        }
    }
}
