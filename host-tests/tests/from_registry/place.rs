//! A registry with an image and two keys, and the command run against it.

use gatectl::ExitCode;
use host::signing::KeyPair;
use host_tests::world::{Ended, World};
use policy::findings::{self, Document, json, packed};
use serde_json::Value;

use crate::artifacts::hex;

/// A world with an image, and two keys.
pub(crate) struct Place {
    pub(crate) world: World,
    /// Registry and repository.
    pub(crate) repository: String,
    /// Digest of the image.
    pub(crate) digest: String,
    pub(crate) key: KeyPair,
    pub(crate) other: KeyPair,
}

impl Place {
    pub(crate) fn both() -> impl Iterator<Item = Self> {
        World::both().into_iter().map(|world| {
            let repository = world.image("team/app");
            let (digest, _) = world.push(&format!("{repository}:v1"), "amd64");
            let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
            world.file("scan.pub", &key.public_pem());
            world.file("other.pub", &other.public_pem());
            Self { world, repository, digest, key, other }
        })
    }

    /// `gatectl attach …:v1 --from-registry`.
    pub(crate) fn attach(&self, more: &[&str]) -> Ended {
        self.world.gatectl(&[&["attach", &format!("{}:v1", self.repository), "--from-registry"], more].concat())
    }

    /// The same under the key.
    pub(crate) fn trusting(&self, more: &[&str]) -> Ended {
        self.attach(&[&["--trust-key", &self.world.path("scan.pub")], more].concat())
    }

    /// Asserts what it ended with, and that something was or was not published.
    pub(crate) fn wants_refused(&self, ended: &Ended, parts: &[&str]) {
        assert_eq!(ended.exit, ExitCode::Failed, "{ended:?}");
        for part in parts {
            assert!(ended.notes.contains(part), "{}: expected `{part}`: {}", self.world.address, ended.notes);
        }
        assert!(!self.world.registry.exists(&self.findings_of(&self.digest)).unwrap(), "something was published");
    }

    /// Asserts that the findings of the image are these, by their ids.
    pub(crate) fn wants_published(&self, ended: &Ended, ids: &[&str]) {
        assert_eq!(ended.exit, ExitCode::Admitted, "{}: {ended:?}", self.world.address);
        assert_eq!(ids_of(&self.document(&self.digest)), [Some(ids.iter().map(|id| (*id).to_owned()).collect())]);
    }

    pub(crate) fn findings_of(&self, digest: &str) -> String {
        format!("{}:{}", self.repository, findings::tag(hex(digest)))
    }

    /// What a gate reads.
    pub(crate) fn answer(&self, digest: &str) -> Value {
        let answer = self.world.registry.oci_manifest_config(&self.findings_of(digest)).unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    pub(crate) fn document(&self, digest: &str) -> Document<'static> {
        let flat = self.answer(digest)["config"].to_string();
        let bytes = packed::inflate(&serde_json::from_str(&flat).unwrap()).unwrap();
        let text = json::write(&packed::read(&bytes).unwrap()).to_string();
        json::read(Box::leak(text.into_boxed_str())).unwrap()
    }
}

/// The ids of each image of a document; none where it was not scanned.
pub(crate) fn ids_of(document: &Document<'_>) -> Vec<Option<Vec<String>>> {
    let ids =
        |image: &findings::Image<'_>| image.vulnerabilities.as_ref().map(|all| all.iter().map(|v| v.id.to_string()).collect());
    document.images.iter().map(ids).collect()
}
