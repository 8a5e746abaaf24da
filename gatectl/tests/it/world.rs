//! A registry in memory with images, and the command line run against it.

use std::path::{Path, PathBuf};

use gatectl::output::Output;
use gatectl::{ExitCode, Passwords};
use host::embedded::EmbeddedRegistry;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use serde_json::json;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What a command ended with, wrote and noted.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: ExitCode,
    pub(crate) results: String,
    pub(crate) notes: String,
}

/// Runs the command line.
pub(crate) fn gatectl(arguments: &[&str]) -> Ended {
    gatectl_with(arguments, &Passwords::from_environment())
}

/// Runs the command line with the password of every key.
pub(crate) fn gatectl_with(arguments: &[&str], passwords: &Passwords) -> Ended {
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    let exit = {
        let mut output = Output { results: &mut results, notes: &mut notes, is_coloured: false, is_interactive: false };
        gatectl::run_with(std::iter::once("gatectl").chain(arguments.iter().copied()).map(Into::into), &mut output, passwords)
    };
    Ended { exit, results: String::from_utf8(results).unwrap(), notes: String::from_utf8(notes).unwrap() }
}

/// A registry, a client for it, and a folder with `sources.yaml`.
pub(crate) struct World {
    pub(crate) embedded: EmbeddedRegistry,
    pub(crate) registry: Registry,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let embedded = EmbeddedRegistry::start().unwrap();
        let options = RegistryOptions {
            sources: Sources::insecure([embedded.address()]),
            cached_for: std::time::Duration::ZERO,
            ..RegistryOptions::default()
        };
        let registry = Registry::new(options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sources.yaml"), format!("insecure_sources: ['{}']\n", embedded.address())).unwrap();
        Self { embedded, registry, folder }
    }

    /// `127.0.0.1:1234/rest`.
    pub(crate) fn image(&self, rest: &str) -> String {
        format!("{}/{rest}", self.embedded.address())
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// `gatectl attach … --sources`.
    pub(crate) fn attach(&self, arguments: &[&str]) -> Ended {
        let sources = self.path("sources.yaml");
        gatectl(&[&["attach", "--sources", &sources], arguments].concat())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        Path::new(self.folder.path()).join(name).display().to_string()
    }

    /// Pushes an image of one platform; its digest and the digest of its configuration.
    pub(crate) fn push_image(&self, image: &str, architecture: &str) -> (String, String) {
        let config =
            json!({ "architecture": architecture, "os": "linux", "rootfs": { "type": "layers", "diff_ids": [] } }).to_string();
        let config_digest = self.registry.push_blob(image, config.as_bytes()).unwrap();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config.len() },
        });
        (self.registry.push_manifest_raw(image, manifest.to_string().as_bytes(), MANIFEST).unwrap(), config_digest)
    }
}
