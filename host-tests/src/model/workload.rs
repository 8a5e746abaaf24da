//! A request → where its pod is and which images it runs, and whether an UPDATE changes any of what is looked at.
//!
//! Source: the rule language, "What is judged".

use std::collections::BTreeSet;

use serde_json::Value;

use super::{list, text};

/// An object with a pod in it.
pub(super) struct Workload<'a> {
    /// The object's metadata and, where it is no pod, those of its pod template.
    pub(super) metadata: Vec<&'a Value>,
    spec: &'a Value,
    /// Init containers, containers, ephemeral containers, image volumes.
    pub(super) images: Vec<Image>,
}

/// An image by the name of its container or volume.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Image {
    pub(super) name: String,
    /// As written.
    pub(super) reference: String,
}

impl<'a> Workload<'a> {
    /// `None`: what is asked for is not judged.
    pub(super) fn read(request: &'a Value) -> Option<Self> {
        if !matches!(text(&request["operation"]), "" | "CREATE" | "UPDATE") {
            return None;
        }
        let kind = (text(&request["kind"]["group"]), text(&request["kind"]["kind"]));
        match (kind, text(&request["subResource"])) {
            (_, "") | (("", "Pod"), "ephemeralcontainers" | "resize") => Self::of_object(kind, &request["object"]),
            _ => None,
        }
    }

    fn of_object((group, kind): (&str, &str), object: &'a Value) -> Option<Self> {
        let template = match (group, kind) {
            ("", "Pod") => None,
            ("", "PodTemplate") => Some(&object["template"]),
            ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("", "ReplicationController")
            | ("batch", "Job") => Some(&object["spec"]["template"]),
            ("batch", "CronJob") => Some(&object["spec"]["jobTemplate"]["spec"]["template"]),
            _ => return None,
        };
        let spec = &template.unwrap_or(object)["spec"];
        let mut images = Vec::new();
        for containers in ["initContainers", "containers", "ephemeralContainers"] {
            for container in list(&spec[containers]) {
                images.push(Image { name: text(&container["name"]).to_owned(), reference: text(&container["image"]).to_owned() });
            }
        }
        for volume in list(&spec["volumes"]).iter().filter(|volume| !volume["image"].is_null()) {
            let reference = text(&volume["image"]["reference"]).to_owned();
            images.push(Image { name: text(&volume["name"]).to_owned(), reference });
        }
        let metadata = std::iter::once(object).chain(template).map(|of| &of["metadata"]).collect();
        Some(Self { metadata, spec, images })
    }

    pub(super) fn name(&self) -> Option<&'a str> {
        let member =
            |key: &str| self.metadata.first().and_then(|metadata| metadata[key].as_str()).filter(|name| !name.is_empty());
        member("name").or_else(|| member("generateName"))
    }

    pub(super) fn service_account(&self) -> &'a str {
        match text(&self.spec["serviceAccountName"]) {
            "" => "default",
            name => name,
        }
    }
}

/// What an UPDATE is made to, where it can be read.
pub(super) fn old(request: &Value) -> Option<Workload<'_>> {
    let kind = (text(&request["kind"]["group"]), text(&request["kind"]["kind"]));
    let old = Some(&request["oldObject"]).filter(|old| text(&request["operation"]) == "UPDATE" && old.is_object());
    old.and_then(|old| Workload::of_object(kind, old)).filter(|old| old.spec["containers"].is_array())
}

/// Whether the set of images and every field that the scopes in use read are as they were.
pub(super) fn is_unchanged(settings: &Value, old: &Workload<'_>, workload: &Workload<'_>) -> bool {
    let rules = list(&settings["rules"]).iter().filter(|rule| rule["enabled"] != false);
    let mut entries = rules.chain(list(&settings["exemptions"])).flat_map(|with_scope| list(&with_scope["scope"]));
    let references =
        |workload: &Workload<'_>| workload.images.iter().map(|image| image.reference.clone()).collect::<BTreeSet<_>>();
    references(old) == references(workload) && entries.all(|entry| view(entry, old) == view(entry, workload))
}

/// What the entry of a scope reads of a workload; of an update of one object the rest is the same.
fn view(entry: &Value, workload: &Workload<'_>) -> Vec<String> {
    let member = |of: &str| workload.metadata.iter().map(|metadata| metadata[of][text(&entry["key"])].to_string()).collect();
    match text(&entry["field"]) {
        "name" => workload.name().map(str::to_owned).into_iter().collect(),
        "label" => member("labels"),
        "annotation" => member("annotations"),
        "serviceAccount" => vec![workload.service_account().to_owned()],
        "container" => {
            let images: BTreeSet<&Image> = workload.images.iter().collect();
            images.into_iter().map(|image| format!("{image:?}")).collect()
        }
        _ => Vec::new(),
    }
}
