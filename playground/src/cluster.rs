//! What the policy asks of a cluster → answers from memory: namespaces with their labels, and reports that scanners keep as objects.

use std::collections::BTreeMap;

use policy::image::{DOCKER_HUB, Digest};
use policy::settings::{Settings, Source};
use serde_json::{Value, json};

use crate::attach::Reported;

const SBOM_SCANNER: &str = "storage.sbomscanner.kubewarden.io/v1alpha1";
const TRIVY_OPERATOR: &str = "aquasecurity.github.io/v1alpha1";

/// The objects of a cluster.
#[derive(Clone)]
pub(crate) struct Cluster<'w> {
    /// The namespaces among the manifests.
    pub(crate) namespaces: BTreeMap<&'w str, &'w Value>,
    /// The labels of every other one; `None`: there is no other.
    pub(crate) labels: Option<&'w BTreeMap<String, String>>,
    pub(crate) reported: &'w [Reported],
}

impl Cluster<'_> {
    pub(crate) fn answer(&self, operation: &str, payload: &[u8], settings: &Settings) -> Result<Vec<u8>, String> {
        let asked: Value = serde_json::from_slice(payload).map_err(|e| e.to_string())?;
        let text = |key: &str| asked.get(key).and_then(Value::as_str).unwrap_or_default();
        let (version, namespace) = (text("api_version"), text("namespace"));
        let found = match operation {
            "get_resource" if version == "v1" => self.namespace(text("name")),
            "get_resource" => self.named(text("name"), namespace, settings),
            "list_resources_by_namespace" => {
                Some(json!({ "apiVersion": "v1", "kind": "List", "items": self.reports(version, namespace) }))
            }
            _ => return Err(format!("unknown operation: {operation}")),
        };
        let found = found.map(|object| object.to_string().into_bytes());
        found.ok_or_else(|| {
            let within = asked.get("namespace").and_then(Value::as_str);
            format!("Cannot find {version}/{} named '{}' inside of namespace '{within:?}'", text("kind"), text("name"))
        })
    }

    fn namespace(&self, name: &str) -> Option<Value> {
        let made = |labels| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
        self.namespaces.get(name).map(|object| (*object).clone()).or_else(|| self.labels.map(made))
    }

    /// The reports of a version, each about the image that it is held for, wherever the scanner found it.
    fn reports(&self, version: &str, namespace: &str) -> Vec<Value> {
        self.reported.iter().filter_map(|reported| about(reported, version, namespace)).collect()
    }

    /// SBOMscanner's report by the name that it makes of an image.
    fn named(&self, name: &str, namespace: &str, settings: &Settings) -> Option<Value> {
        let reported = self.reported.iter().find(|reported| names(reported, settings).any(|of| of.hex() == name))?;
        about(reported, SBOM_SCANNER, namespace)
    }
}

fn about(reported: &Reported, version: &str, namespace: &str) -> Option<Value> {
    let mut object = reported.object.clone();
    if object.get("apiVersion").and_then(Value::as_str) != Some(version) {
        return None;
    }
    let members = object.as_object_mut()?;
    let place = match version {
        SBOM_SCANNER => members.entry("imageMetadata").or_insert_with(|| json!({})),
        TRIVY_OPERATOR => members.get_mut("report")?.as_object_mut()?.entry("artifact").or_insert_with(|| json!({})),
        _ => return None,
    };
    place.as_object_mut()?.insert("digest".to_owned(), reported.digest.as_str().into());
    members.entry("metadata").or_insert_with(|| json!({})).as_object_mut()?.insert("namespace".to_owned(), namespace.into());
    Some(object)
}

/// The names that an image's report has under the `Registry` objects of the settings.
fn names<'n>(reported: &'n Reported, settings: &'n Settings) -> impl Iterator<Item = Digest> + 'n {
    let Reported { image, digest, .. } = reported;
    let repository = image.repository();
    settings.findings.sources.iter().filter_map(move |source| {
        let Source::SbomScanner(scanner) = source else { return None };
        let object = scanner.registry_object(&repository)?;
        let host = if image.registry() == DOCKER_HUB { "index." } else { "" };
        let tag = image.tag().or_else(|| image.comment())?;
        Some(Digest::of(format!("{object}/{host}{repository}:{tag}@{digest}").as_bytes()))
    })
}
