//! An image reference → the same with the digest behind its tag: what the mutation writes.
//!
//! The form is that of the policy's `pinDigests`. A reference that has a digest, or cannot be resolved, comes back unchanged: to judge is
//! the validating call's task, and it sees the same reference.

use host::capability::Capabilities;
use policy::image::{Digest, Reference};
use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    digest: String,
}

/// The reference with its digest; `None` where it has one already, or there is none to be had. Blocks as long as the look-up does.
pub fn pinned(image: &str, capabilities: &dyn Capabilities) -> Option<String> {
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
