//! Kubernetes objects for a guest: one by its name, or a list, from a [`Cluster`], from [`Objects`] that were read from files, or from
//! both ([`Layered`]).
//!
//! In the order a request travels: [`Request`] is what the guest asks for, `cluster` or `objects` find it (`read` fills the latter from
//! files, `selector` chooses among them), `mask` prunes what was not asked for. Requests, answers and texts are the policy server's
//! (`policy-evaluator`, `callback_handler/kubernetes`); where this differs, [`Cluster`] says so.

mod cluster;
mod error;
mod layered;
mod mask;
mod objects;
mod read;
mod request;
mod selector;

use std::collections::BTreeSet;

use kube::ResourceExt as _;
use kube::core::{DynamicObject, ListMeta, ObjectList, TypeMeta};

pub use self::cluster::{Cluster, ClusterOptions};
pub use self::error::ClusterError;
pub use self::layered::Layered;
pub use self::objects::{Objects, ObjectsError};
pub use self::request::{Get, List, Request, Resource};

/// Whoever knows Kubernetes objects.
pub trait Kubernetes: Send + Sync {
    /// Answers a request with the object, or with a list `{apiVersion, kind, metadata, items}` of objects, as JSON.
    ///
    /// # Errors
    /// One text, which a guest gets behind [`crate::live::FAILED`].
    fn answer(&self, request: &Request) -> Result<Vec<u8>, String>;
}

/// Where `kubectl apply` keeps the whole object a second time.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object as a guest gets it by name.
fn object_answer(mut object: DynamicObject, masks: Option<&BTreeSet<String>>) -> Result<Vec<u8>, String> {
    mask::prune(&mut object.data, masks);
    serde_json::to_vec(&object).map_err(|error| error.to_string())
}

/// Objects as a guest gets them in a list: without what only tells how they came about.
fn list_answer(resource: &Resource, mut items: Vec<DynamicObject>, masks: Option<&BTreeSet<String>>) -> Result<Vec<u8>, String> {
    for object in &mut items {
        object.managed_fields_mut().clear();
        object.annotations_mut().remove(LAST_APPLIED);
        mask::prune(&mut object.data, masks);
    }
    let types = TypeMeta { api_version: resource.api_version.clone(), kind: format!("{}List", resource.kind) };
    serde_json::to_vec(&ObjectList { types, metadata: ListMeta::default(), items }).map_err(|error| error.to_string())
}

/// The policy server's text for an object that is not there.
fn not_found(resource: &Resource, name: &str, namespace: Option<&str>) -> String {
    format!("Cannot find {resource} named '{name}' inside of namespace '{namespace:?}'")
}

/// The policy server's text for a kind that its group does not have.
fn unknown_kind(resource: &Resource) -> String {
    format!("Cannot find resource {resource}")
}

/// The policy server's text where a namespace is wanting.
fn no_namespace(resource: &Resource) -> String {
    format!("Resource {resource} is namespaced, but no namespace was provided")
}

/// The policy server's text where a namespace has no meaning.
fn cluster_wide(resource: &Resource) -> String {
    format!("resource {resource} is cluster wide. Cannot search for it inside of a namespace")
}
