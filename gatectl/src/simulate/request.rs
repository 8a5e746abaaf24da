//! An admission request → what a simulation keeps of it until it is judged: its bytes, and who made its object.

use documents::request::{Submitted, name};
use policy::workload::KINDS;
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
    if (group, kind) == ("", "Namespace") {
        return Sorted::Namespace(submitted);
    }
    if !KINDS.iter().any(|known| (known.0, known.1) == (group, kind)) {
        return Sorted::Other;
    }
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
    let body = submitted.request.to_string().into_boxed_str();
    Sorted::Workload(Request { place: submitted.place, name, namespace, body, uid, controller })
}

fn text(value: &Value) -> Option<Box<str>> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}

/// Takes out what a controller made of another of these: `kubectl get all` has a Deployment, its ReplicaSets and their pods, and the gate
/// is asked about the same images each time. How many were taken out.
pub(super) fn without_controlled(requests: &mut Vec<Request>) -> usize {
    let before = requests.len();
    let known: std::collections::BTreeSet<Box<str>> = requests.iter().filter_map(|request| request.uid.clone()).collect();
    requests.retain(|request| request.controller.as_ref().is_none_or(|controller| !known.contains(controller)));
    before.saturating_sub(requests.len())
}
