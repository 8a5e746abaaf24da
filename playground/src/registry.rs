//! What the policy asks its host → answers from memory, in the words of a real host.

use std::collections::BTreeMap;

use policy::image::Reference;
use policy::lookup::host::Host;
use policy::settings::{Settings, Source};
use serde_json::{Value, json};

use crate::attach::{Stored, digest_of};
use crate::cluster::Cluster;

/// All that there is: every image of the workload, what is attached to them, and the cluster.
pub(crate) struct World<'w> {
    by_version: BTreeMap<&'w str, Vec<&'w Stored>>,
    cluster: Cluster<'w>,
    settings: &'w Settings,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl<'w> World<'w> {
    pub(crate) fn new(by_version: BTreeMap<&'w str, Vec<&'w Stored>>, cluster: Cluster<'w>, settings: &'w Settings) -> Self {
        Self { by_version, cluster, settings }
    }

    /// An artifact; in a repository that the settings name, that of any image.
    fn artifact(&self, reference: &str) -> Option<&'w Stored> {
        let (repository, version) = reference.split_once('@').or_else(|| reference.rsplit_once(':'))?;
        let named = |source: &Source| matches!(source, Source::Registry { repository: Some(named) } if named == repository);
        let holds_all = self.settings.findings.sources.iter().any(named);
        self.by_version.get(version)?.iter().copied().find(|stored| holds_all || stored.repository == repository)
    }

    fn oci(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let reference: String = match operation {
            "v2/verify" => {
                serde_json::from_slice::<Value>(payload).ok().and_then(|asked| Some(asked.get("image")?.as_str()?.to_owned()))
            }
            _ => serde_json::from_slice(payload).ok(),
        }
        .ok_or("expected a reference")?;
        let artifact = self.artifact(&reference);
        match (operation, artifact) {
            ("v1/manifest_digest", Some(stored)) => Ok(json!({ "digest": stored.digest }).to_string().into_bytes()),
            ("v1/manifest_digest", None) => {
                let image = Reference::parse(&reference).map_err(|e| e.to_string())?;
                Ok(json!({ "digest": digest_of(&image).as_str() }).to_string().into_bytes())
            }
            ("v1/oci_manifest", Some(stored)) => Ok(stored.manifest.clone()),
            ("v1/oci_manifest_config", Some(stored)) => {
                let digest = json!(stored.digest).to_string();
                let parts: [&[u8]; 7] = [
                    br#"{"manifest":"#,
                    &stored.manifest,
                    br#","digest":"#,
                    digest.as_bytes(),
                    br#","config":"#,
                    &stored.config,
                    b"}",
                ];
                Ok(parts.concat())
            }
            ("v2/verify", Some(stored)) => Ok(json!({ "is_trusted": true, "digest": stored.digest }).to_string().into_bytes()),
            ("v1/oci_manifest" | "v1/oci_manifest_config", None) => {
                Err(format!("Fail to interact with OCI registry: {}", absent(&reference)))
            }
            ("v2/verify", None) => {
                let why = absent(&reference);
                Err(format!("failed to get image trusted layers: Cannot fetch manifest of {reference}: {why}"))
            }
            _ => Err(format!("unknown operation: {operation}")),
        }
    }
}

/// What a registry says of a manifest that it does not have.
fn absent(reference: &str) -> String {
    let url = reference.replacen('/', "/v2/", 1);
    let url = match url.split_once('@').or_else(|| url.rsplit_once(':')) {
        Some((repository, version)) => format!("{repository}/manifests/{version}"),
        None => url,
    };
    format!("Registry error: url https://{url}, envelope: OCI API errors: [OCI API error: manifest unknown]")
}

impl Host for World<'_> {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        match namespace {
            "oci" => self.oci(operation, payload),
            "kubernetes" => self.cluster.answer(operation, payload, self.settings),
            // Nobody reads the alerts here.
            "tracing" => Ok(Vec::new()),
            other => Err(format!("unknown namespace: {other}")),
        }
    }
}
