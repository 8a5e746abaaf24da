//! Pods → the images of their containers, init and ephemeral ones included.
//!
//! A gate looks for findings in the repository that the specification names, and what runs is the digest that the status names: a node
//! that has the same digest under several names reports any of them. Source: Kubernetes API, `core/v1` Pod: `spec.containers[].image`,
//! `status.containerStatuses[].imageID`.

use std::path::Path;

use host::kubernetes::{Cluster, List, Resource};
use policy::image::{Digest, Reference};
use serde_json::Value;

use super::images::{Images, full};
use crate::exit::Failure;

/// Containers, and where the status tells of them.
const KINDS: [(&str, &str); 3] = [
    ("initContainers", "initContainerStatuses"),
    ("containers", "containerStatuses"),
    ("ephemeralContainers", "ephemeralContainerStatuses"),
];
/// What older container runtimes write before an image's name.
const PULLABLE: &str = "docker-pullable://";

/// Takes the images of all pods of a cluster.
pub(super) fn of_cluster(cluster: &Cluster, images: &mut Images) -> Result<(), Failure> {
    let resource = Resource { api_version: "v1".to_owned(), kind: "Pod".to_owned() };
    let list = List { resource, namespace: None, label_selector: None, field_selector: None, field_masks: None };
    let pods = cluster.list(&list).map_err(|error| Failure::at("the pods of the cluster", error.report()))?;
    for pod in pods {
        let pod = serde_json::to_value(&pod).map_err(|error| Failure::at("a pod of the cluster", error))?;
        of_pod(&pod, images);
    }
    Ok(())
}

/// Takes the images of the pods in a file, as YAML or JSON: pods, and lists of them.
pub(super) fn of_file(file: &Path, images: &mut Images) -> Result<(), Failure> {
    let name = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    let text = String::from_utf8(crate::manifests::read_bytes(file)?).map_err(|e| Failure::at(&name, e.utf8_error()))?;
    let documents = documents::yaml::read(&text).map_err(|e| Failure::at(&name, e))?;
    let documents: Vec<Value> = documents.into_iter().map(|document| document.value).filter(|value| !value.is_null()).collect();
    match documents.is_empty() {
        true => Err(Failure::at(name, "expected pods, found nothing")),
        false => documents.iter().try_for_each(|document| of_object(document, None, &name, images)),
    }
}

fn of_object(object: &Value, kind_of_list: Option<&str>, name: &str, images: &mut Images) -> Result<(), Failure> {
    let kind = object.get("kind").and_then(Value::as_str).or(kind_of_list).unwrap_or_default();
    match (kind, object.get("items").and_then(Value::as_array)) {
        ("Pod", None) => of_pod(object, images),
        (list, Some(items)) if list.ends_with("List") => {
            let of_items = list.strip_suffix("List").filter(|kind| !kind.is_empty());
            // As deep as the document, which the reader limits.
            items.iter().try_for_each(|item| of_object(item, of_items, name, images))?;
        }
        ("", _) => return Err(Failure::at(name, "expected Kubernetes objects, found something without `kind`")),
        (other, _) => images.notes.add(format!("{name}: a {other} is no pod: it is passed over")),
    }
    Ok(())
}

fn of_pod(pod: &Value, images: &mut Images) {
    for (containers, statuses) in KINDS {
        let list = |pointer: &str| pod.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (containers, statuses) = (list(&format!("/spec/{containers}")), list(&format!("/status/{statuses}")));
        for container in containers {
            let status = statuses.iter().find(|status| status.get("name") == container.get("name"));
            of_container(text(container, "image"), status.map_or("", |status| text(status, "imageID")), images);
        }
    }
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// One container: its image as specified, and as it runs.
fn of_container(image: &str, image_id: &str, images: &mut Images) {
    let running = image_id.strip_prefix(PULLABLE).unwrap_or(image_id);
    let digest = running.rsplit_once('@').and_then(|(_, digest)| Digest::parse(digest));
    // The id of a configuration, which an image without a name is specified by, has the form of a name and a tag.
    let specified = match Digest::parse(image) {
        Some(_) => Err("an image's id names no repository".to_owned()),
        None => Reference::parse(image).map_err(|error| error.to_string()),
    };
    match (specified, digest) {
        // A digest that is specified is what runs, whatever a runtime writes of it.
        (Ok(specified), _) if specified.digest().is_some() => images.add(full(&specified)),
        (Ok(specified), Some(digest)) => images.add(format!("{}@{digest}", specified.repository())),
        (Ok(specified), None) => {
            images.notes.add("a container's status names no digest: what its image's tag stands for now is taken");
            images.add(full(&specified));
        }
        (Err(error), _) => match Reference::parse(running) {
            Ok(running) if running.digest().is_some() => images.add(full(&running)),
            _ => images.add_wrong(image.to_owned(), format!("expected an image reference, found `{image}`: {error}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_the_specified_one_and_the_digest_the_running_one() {
        let [a, b] = ["a", "b"].map(|c| format!("sha256:{}", c.repeat(64)));
        for (image, image_id, wanted) in [
            ("nginx:1", format!("docker.io/library/nginx@{a}"), format!("docker.io/library/nginx@{a}")),
            ("ghcr.io/acme/web:1", format!("mirror.example/web@{a}"), format!("ghcr.io/acme/web@{a}")),
            ("ghcr.io/acme/web:1", format!("docker-pullable://ghcr.io/acme/web@{a}"), format!("ghcr.io/acme/web@{a}")),
            (&format!("ghcr.io/acme/web:1@{b}"), format!("ghcr.io/acme/web@{a}"), format!("ghcr.io/acme/web@{b}")),
            (&a, format!("ghcr.io/acme/web@{b}"), format!("ghcr.io/acme/web@{b}")),
            ("ghcr.io/acme/web:1", String::new(), "ghcr.io/acme/web:1".to_owned()),
            ("ghcr.io/acme/web", format!("docker://{a}"), "ghcr.io/acme/web:latest".to_owned()),
        ] {
            let mut images = Images::default();
            of_container(image, &image_id, &mut images);
            let mut wanted_images = Images::default();
            wanted_images.add(wanted);
            let plain = |images: &Images| format!("{images:?}").split("notes").next().unwrap().to_owned();
            assert_eq!(plain(&images), plain(&wanted_images), "{image} {image_id}");
            assert_eq!(images.notes.is_empty(), image_id.contains('@'), "{image} {image_id}");
        }
        let mut images = Images::default();
        of_container("UPPER", "", &mut images);
        assert!(format!("{images:?}").contains("expected an image reference, found `UPPER`"), "{images:?}");
    }
}
