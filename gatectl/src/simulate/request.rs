//! An admission request → what a simulation keeps of it until it is judged: its bytes, and who made its object.

use std::collections::{BTreeMap, BTreeSet};

use documents::request::{Submitted, name};
use policy::workload::{KINDS, Shape, Workload};
use serde_json::Value;

/// A request about a workload.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// `deploy/web.yaml:12`, `cluster` …
    pub(super) place: String,
    /// `Deployment prod/web`.
    pub(super) name: String,
    pub(super) namespace: String,
    /// The request as JSON, without what only tells how the object came about.
    pub(super) body: Box<str>,
    /// The object's own id, and that of the object that controls it.
    uid: Option<Box<str>>,
    controller: Option<Box<str>>,
    images: BTreeSet<Box<str>>,
    /// It changes an object: where it changes nothing that matters, the gate lets it pass unseen.
    pub(super) is_update: bool,
}

/// What a request is for a simulation.
#[derive(Debug)]
pub(super) enum Sorted {
    /// About a workload: it is judged.
    Workload(Request),
    /// About a namespace: look-ups may ask for its labels.
    Namespace(Submitted),
    /// About something that the policy does not judge.
    Other,
}

/// Sorts a request.
pub(super) fn sort(mut submitted: Submitted) -> Sorted {
    let kind = |part: &str| submitted.request.pointer(&format!("/kind/{part}")).and_then(Value::as_str).unwrap_or_default();
    let (group, kind) = (kind("group"), kind("kind"));
    // What is taken away is no workload any more.
    if submitted.request.get("operation").is_some_and(|operation| operation == "DELETE" || operation == "CONNECT") {
        return Sorted::Other;
    }
    if (group, kind) == ("", "Namespace") {
        return Sorted::Namespace(submitted);
    }
    let Some((_, _, shape)) = KINDS.iter().find(|known| (known.0, known.1) == (group, kind)) else { return Sorted::Other };
    let images = images(&submitted.request, *shape);
    let metadata = submitted.request.pointer("/object/metadata");
    let uid = metadata.and_then(|metadata| text(metadata.get("uid")?));
    let owners = metadata.and_then(|metadata| metadata.get("ownerReferences")?.as_array());
    let controller = owners.into_iter().flatten().find(|owner| owner["controller"] == true);
    let controller = controller.and_then(|owner| text(owner.get("uid")?));
    let namespace = submitted.request.get("namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = name(&submitted.request);
    for object in ["object", "oldObject"] {
        if let Some(object) = submitted.request.get_mut(object).and_then(Value::as_object_mut) {
            object.remove("status");
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("managedFields");
            }
        }
    }
    let is_update = submitted.request.get("operation").is_some_and(|operation| operation == "UPDATE");
    let body = submitted.request.to_string().into_boxed_str();
    Sorted::Workload(Request { place: submitted.place, name, namespace, body, uid, controller, images, is_update })
}

fn text(value: &Value) -> Option<Box<str>> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}

/// The images that an object names; none where it cannot be read, which is for the gate to say.
fn images(request: &Value, shape: Shape) -> BTreeSet<Box<str>> {
    let object = request.get("object").and_then(|object| serde_json::value::to_raw_value(object).ok());
    let workload = object.and_then(|object| Workload::read(&object, shape).ok());
    workload.into_iter().flat_map(|workload| workload.images).map(|image| image.image.into_boxed_str()).collect()
}

/// Takes out what was given before, byte by byte: a file that is named twice does not make a workload two. How many were taken out.
pub(super) fn without_repeated(requests: &mut Vec<Request>) -> usize {
    let mut known = BTreeSet::new();
    let is_new: Vec<bool> = requests.iter().map(|request| known.insert(&*request.body)).collect();
    let before = requests.len();
    let mut is_new = is_new.into_iter();
    requests.retain(|_| is_new.next() != Some(false));
    before.saturating_sub(requests.len())
}

/// Takes out what a controller made of another of these: `kubectl get all` has a Deployment, its ReplicaSets and their pods, and the gate
/// is asked about the same images each time. How many were taken out.
///
/// Who controls an object, any user can write: it has to be another one of the same namespace that has every image of it.
pub(super) fn without_controlled(requests: &mut Vec<Request>) -> usize {
    let before = requests.len();
    let mut known: BTreeMap<Box<str>, (String, BTreeSet<Box<str>>)> = BTreeMap::new();
    for request in requests.iter() {
        if let Some(uid) = &request.uid {
            known.insert(uid.clone(), (request.namespace.clone(), request.images.clone()));
        }
    }
    let is_of = |request: &Request| {
        let controller = request.controller.as_ref().filter(|controller| Some(*controller) != request.uid.as_ref())?;
        let (namespace, images) = known.get(controller)?;
        Some(*namespace == request.namespace && !request.images.is_empty() && request.images.is_subset(images))
    };
    requests.retain(|request| is_of(request) != Some(true));
    before.saturating_sub(requests.len())
}
