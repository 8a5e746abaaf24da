//! `gatectl refresh` and `gatectl prune` on real registries: what runs has fresh findings, what is gone has none, and whatever fails takes
//! nothing else along.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's failed expectation is its report")]

mod prune;
mod refresh;
mod tokens;

use host_tests::world::{Ended, World};
use policy::findings;
use serde_json::Value;

fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.results).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// The reference of the findings of a digest.
fn findings_of(world: &World, repository: &str, digest: &str) -> String {
    world.image(&format!("{repository}:{}", findings::tag(digest.strip_prefix("sha256:").unwrap())))
}
