//! Judged digests → the object with its tags pinned: what was judged is what runs.
//!
//! Source: the rule language, "Pinning".

use serde_json::Value;

use crate::image::{Digest, Reference};
use crate::order;
use crate::request::Request;
use crate::settings::PinDigests;
use crate::workload::{Shape, Workload, WorkloadImage};

/// An image with the digest that was judged, where one was.
#[derive(Clone, Copy, Debug)]
pub struct Pinnable<'e> {
    /// Its place in the object.
    pub image: &'e WorkloadImage,
    /// What is written there.
    pub reference: Option<&'e Reference>,
    /// What was judged.
    pub digest: Option<&'e Digest>,
}

/// The object with a digest behind each tag that was judged; `None` where nothing changes. Not for denied workloads.
pub fn pin(mode: PinDigests, request: &Request<'_>, shape: Shape, images: &[Pinnable<'_>]) -> Option<Value> {
    let is_meant = mode == PinDigests::Always || mode == PinDigests::Pods && shape == Shape::Pod;
    if !is_meant || request.operation().is_none() {
        return None;
    }
    let old = request.old_object.filter(|_| request.is("UPDATE")).and_then(|object| Workload::read(object, shape).ok());
    let old = order::set(old.iter().flat_map(|old| &old.images).map(identity));
    let mut object: Option<Value> = None;
    for Pinnable { image, reference, digest } in images {
        let (Some(reference), Some(digest)) = (reference.filter(|reference| reference.digest().is_none()), digest) else {
            continue;
        };
        if list_of(image) == "ephemeralContainers" || old.binary_search(&identity(image)).is_ok() {
            continue;
        }
        if object.is_none() {
            object = request.object.and_then(|text| serde_json::from_str(text.get()).ok());
        }
        if let Some(place) = object.as_mut().and_then(|object| object.pointer_mut(&pointer(image))) {
            *place = Value::String(format!("{reference}@{digest}"));
        }
    }
    object
}

/// What an image is known by in the old object: its list, the container's name, the reference.
fn identity(image: &WorkloadImage) -> (&str, &str, &str) {
    (list_of(image), &image.name, &image.image)
}

/// `containers` of `spec.template.spec.containers[0]`.
fn list_of(image: &WorkloadImage) -> &str {
    let before = image.path.rsplit_once('[').map_or(image.path.as_str(), |(before, _)| before);
    before.rsplit('.').next().unwrap_or_default()
}

/// The JSON pointer of the reference: a container's `image`, a volume's `image.reference`.
fn pointer(image: &WorkloadImage) -> String {
    let place: String = image.path.replace(['.', '['], "/").replace(']', "");
    let member = if list_of(image) == "volumes" { "reference" } else { "image" };
    format!("/{place}/{member}")
}
