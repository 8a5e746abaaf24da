//! Objects in a registry, signatures of them, and questions to the host.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use host::capability::Capabilities;
use host::embedded::EmbeddedRegistry;
use host::live::{FAILED, Live};
use host::registry::{Registry, RegistryOptions};
use host::signing::{self, KeyPair, Signed};
use host::sources::Sources;
use host::verify::TrustRoot;
use host_tests::docker_registry::DockerRegistry;
use serde_json::{Value, json};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// A registry and clients of it.
pub(crate) struct Place {
    pub(crate) address: String,
    pub(crate) registry: Arc<Registry>,
    _server: Box<dyn std::any::Any>,
}

impl Place {
    fn new(address: String, server: Box<dyn std::any::Any>) -> Self {
        let registry = Arc::new(client(&address, None));
        Self { address, registry, _server: server }
    }

    /// Debian's registry.
    pub(crate) fn debian() -> Self {
        let server = DockerRegistry::start().unwrap();
        Self::new(server.address(), Box::new(server))
    }

    /// Debian's registry and the embedded one.
    pub(crate) fn both() -> [Self; 2] {
        let embedded = EmbeddedRegistry::start().unwrap();
        [Self::debian(), Self::new(embedded.address(), Box::new(embedded))]
    }

    /// `ADDRESS/app`.
    pub(crate) fn repository(&self) -> String {
        format!("{}/app", self.address)
    }

    /// Pushes an artifact that differs by its content; its digest.
    pub(crate) fn push(&self, tag: &str, content: &str) -> String {
        let image = format!("{}:{tag}", self.repository());
        let config = self.registry.push_blob(&image, content.as_bytes()).unwrap();
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
            "config": { "mediaType": "application/vnd.example.v1+json", "digest": config, "size": content.len() } });
        self.registry.push_manifest_raw(&image, manifest.to_string().as_bytes(), MANIFEST).unwrap()
    }

    pub(crate) fn pinned(&self, digest: &str) -> String {
        format!("{}@{digest}", self.repository())
    }

    /// Signs as `gatectl attach` does.
    pub(crate) fn sign(&self, digest: &str, key: &KeyPair, annotations: &[(&str, &str)]) -> Signed {
        signing::sign(&self.registry, &self.repository(), digest, key, &map(annotations)).unwrap()
    }

    /// Pushes a signature manifest of layers made by hand: payload, annotations.
    pub(crate) fn push_layers(&self, digest: &str, layers: &[(&[u8], Value)]) {
        let reference = signing::reference(&self.repository(), digest);
        let descriptor = |(payload, annotations): &(&[u8], Value)| {
            let digest = self.registry.push_blob(&reference, payload).unwrap();
            json!({ "mediaType": SIMPLE_SIGNING, "size": payload.len(), "digest": digest, "annotations": annotations })
        };
        let layers: Vec<Value> = layers.iter().map(descriptor).collect();
        let config = self.registry.push_blob(&reference, b"{}").unwrap();
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": layers,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2 } });
        self.registry.push_manifest_raw(&reference, manifest.to_string().as_bytes(), MANIFEST).unwrap();
    }

    /// What a guest gets for a request; the digest, or the error's text.
    pub(crate) fn verify(&self, request: &Value) -> Result<String, String> {
        ask(&self.registry, request)
    }

    /// What a guest gets where a trust root is known.
    pub(crate) fn verify_with(&self, trust_root: &Value, request: &Value) -> Result<String, String> {
        let trust_root = TrustRoot::parse(&trust_root.to_string(), None).unwrap();
        ask(&Arc::new(client(&self.address, Some(trust_root))), request)
    }
}

fn client(address: &str, trust_root: Option<TrustRoot>) -> Registry {
    client_at(address, trust_root, None)
}

/// One for which certificates are as valid as at an instant.
pub(crate) fn client_at(address: &str, trust_root: Option<TrustRoot>, judged_at: Option<i64>) -> Registry {
    let sources = Sources::insecure([address]);
    let options = RegistryOptions { sources, trust_root, judged_at, cached_for: Duration::ZERO, ..RegistryOptions::default() };
    Registry::new(options).unwrap()
}

/// Calls the host as a guest does; an error without what stands before each that is no refusal.
pub(crate) fn ask(registry: &Arc<Registry>, request: &Value) -> Result<String, String> {
    let live = Live::new(Arc::clone(registry), Arc::new(|_| {}));
    let answer = live.call("kubewarden", "oci", "v2/verify", request.to_string().as_bytes());
    let answer = answer.map_err(|text| text.strip_prefix(FAILED).map(str::to_owned).unwrap_or(text))?;
    let answer = String::from_utf8(answer).unwrap();
    let digest = answer.strip_prefix(r#"{"is_trusted":true,"digest":""#).and_then(|rest| rest.strip_suffix(r#""}"#));
    Ok(digest.unwrap_or_else(|| panic!("{answer}")).to_owned())
}

/// A request by public keys.
pub(crate) fn by_keys(image: &str, keys: &[&str], annotations: Option<&[(&str, &str)]>) -> Value {
    json!({ "type": "SigstorePubKeyVerify", "image": image, "pub_keys": keys, "annotations": annotations.map(map) })
}

pub(crate) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
