//! A registry with images, and the command line run against it with the built module.

use gatectl::ExitCode;
use gatectl::output::Output;
use host::embedded::EmbeddedRegistry;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use serde_json::{Value, json};

use crate::docker_registry::DockerRegistry;
use crate::engine;
use crate::odd_registry::{Answer, OddRegistry};

/// When workloads are judged.
pub const NOW: &str = "2026-11-22T12:00:00Z";
/// Media type of an image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry, a client for it, and a folder for files.
pub struct World {
    /// Where the registry listens.
    pub address: String,
    /// A client for it.
    pub registry: Registry,
    folder: tempfile::TempDir,
    server: Option<Box<dyn std::any::Any>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "World at {}", self.address)
    }
}

/// What a command ended with, wrote and noted.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub exit: ExitCode,
    /// What it wrote to stdout.
    pub results: String,
    /// What it wrote to stderr.
    pub notes: String,
}

impl World {
    /// A registry that runs as long as `server` lives.
    pub fn new(address: String, server: Box<dyn std::any::Any>) -> Self {
        let sources = Sources::insecure([address.clone()]);
        let registry =
            Registry::new(RegistryOptions { sources, cached_for: std::time::Duration::ZERO, ..RegistryOptions::default() })
                .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sources.yaml"), format!("insecure_sources: ['{address}']\n")).unwrap();
        Self { address, registry, folder, server: Some(server) }
    }

    /// Debian's registry and the embedded one.
    pub fn both() -> [Self; 2] {
        let (debian, embedded) = (DockerRegistry::start().unwrap(), EmbeddedRegistry::start().unwrap());
        [Self::new(debian.address(), Box::new(debian)), Self::new(embedded.address(), Box::new(embedded))]
    }

    /// A server that answers as it is told.
    pub fn odd(answers: Vec<(String, Answer)>) -> Self {
        let odd = OddRegistry::start(answers).unwrap();
        Self::new(odd.address(), Box::new(odd))
    }

    /// Stops the server.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// `ADDRESS/rest`.
    pub fn image(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs the command line with the registry's `--sources`.
    pub fn gatectl(&self, arguments: &[&str]) -> Ended {
        self.gatectl_plain(&[arguments, &["--sources", &self.path("sources.yaml")]].concat())
    }

    /// Runs the command line.
    pub fn gatectl_plain(&self, arguments: &[&str]) -> Ended {
        let (mut results, mut notes) = (Vec::new(), Vec::new());
        let mut output = Output { results: &mut results, notes: &mut notes, is_coloured: false, is_interactive: false };
        let arguments = [&["gatectl"], arguments].concat();
        let passwords = gatectl::Passwords::given("of the world's keys");
        let exit = gatectl::run_with(arguments.into_iter().map(Into::into), &mut output, &passwords);
        Ended { exit, results: String::from_utf8(results).unwrap(), notes: String::from_utf8(notes).unwrap() }
    }

    /// Pushes an image that differs by its name; its digest and size.
    pub fn push(&self, image: &str, architecture: &str) -> (String, usize) {
        let config = json!({ "architecture": architecture, "os": "linux", "config": { "Labels": { "image": image } }, "rootfs": { "type": "layers", "diff_ids": [] } });
        let config = config.to_string();
        let digest = self.registry.push_blob(image, config.as_bytes()).unwrap();
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len() } })
        .to_string();
        (self.registry.push_manifest_raw(image, manifest.as_bytes(), MANIFEST).unwrap(), manifest.len())
    }

    /// Attaches a report with a vulnerability of each severity.
    pub fn attach(&self, image: &str, severities: &[&str], more: &[&str]) {
        let report = self.file("report.json", &report(severities));
        let ended = self.gatectl(&[&["attach", image, "--report", &report], more].concat());
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    }

    /// The exit code and the one result of `gatectl check` on a Deployment of one image.
    pub fn check(&self, settings: &str, image: &str) -> (ExitCode, Value) {
        let (settings, manifest) = (self.file("settings.yaml", settings), self.file("deployment.yaml", &deployment(image)));
        let module = engine::root().join("dist/policy.wasm").display().to_string();
        let ended =
            self.gatectl(&["check", &manifest, "--settings", &settings, "--policy", &module, "--now", NOW, "--format", "json"]);
        let document: Value = serde_json::from_str(&ended.results).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
        (ended.exit, document["results"][0].clone())
    }

    /// Asserts the exit code of [`World::check`] and a part of its result.
    pub fn wants(&self, settings: &str, image: &str, exit: ExitCode, part: &str) {
        let (found, result) = self.check(settings, image);
        assert!(
            found == exit && result.to_string().contains(part),
            "{} on {image}: wanted {exit:?} and `{part}`, found {found:?}: {result:#}",
            self.address
        );
    }
}

/// A report of Trivy's with a vulnerability of each severity.
pub fn report(severities: &[&str]) -> String {
    let vulnerability = |(i, severity): (usize, &&str)| {
        json!({ "VulnerabilityID": format!("CVE-2026-{i:04}"), "PkgName": "openssl", "InstalledVersion": "3.0.1", "FixedVersion": "3.0.2",
            "Status": "fixed", "Severity": severity, "PkgIdentifier": { "PURL": "pkg:deb/debian/openssl@3.0.1?arch=amd64" } })
    };
    let vulnerabilities: Vec<Value> = severities.iter().enumerate().map(vulnerability).collect();
    json!({ "SchemaVersion": 2, "CreatedAt": "2026-11-21T10:00:00Z", "ArtifactName": "web", "ArtifactType": "container_image",
        "Metadata": { "OS": { "Family": "debian", "Name": "12.5" } }, "Trivy": { "Version": "0.69.0" },
        "Results": [{ "Target": "web", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": vulnerabilities }] })
    .to_string()
}

/// A Deployment of one image.
pub fn deployment(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web, namespace: prod }}\nspec:\n  template:\n    spec:\n      containers: [{{ name: web, image: '{image}' }}]\n"
    )
}
