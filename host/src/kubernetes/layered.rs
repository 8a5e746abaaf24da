//! Objects that are about to be applied, objects from files and a cluster, asked as one.

use std::fmt;

use kube::core::DynamicObject;

use super::request::{Get, List, Request};
use super::{Cluster, ClusterError, Kubernetes, Objects, list_answer, object_answer};

/// Answers from the first that has an object: what is proposed, what is known, and a cluster where there is one.
///
/// Without a cluster, what is in neither set is absent only where `known` holds objects of the kind, or an empty list of it: who exports
/// the reports of a cluster to a file has all of them, and one that is missing is missing. Of any other kind nothing is known, and that
/// is an error which says so, never an object that is not there: that a namespace is not among some manifests is no news of the cluster.
pub struct Layered {
    proposed: Objects,
    known: Objects,
    cluster: Option<Cluster>,
}

impl Layered {
    /// Joins the three.
    #[must_use]
    pub fn new(proposed: Objects, known: Objects, cluster: Option<Cluster>) -> Self {
        Self { proposed, known, cluster }
    }

    fn get(&self, request: &Get) -> Result<Vec<u8>, String> {
        let Get { resource, name, namespace, field_masks, .. } = request;
        for objects in [&self.proposed, &self.known] {
            if let Some(object) = objects.find(request)? {
                return object_answer(object.clone(), field_masks.as_ref());
            }
        }
        match &self.cluster {
            Some(cluster) => cluster.answer(&Request::Get(request.clone())),
            None if self.known.knows(resource) => self.known.answer(&Request::Get(request.clone())),
            None => {
                let place = namespace.as_ref().map(|namespace| format!(" of the namespace `{namespace}`")).unwrap_or_default();
                Err(format!("{resource} `{name}`{place} is not among the files{HINT}"))
            }
        }
    }

    fn list(&self, request: &List) -> Result<Vec<u8>, String> {
        let List { resource, field_masks, .. } = request;
        let live = match &self.cluster {
            Some(cluster) => cluster.list(request).map_err(|error: ClusterError| error.report())?,
            None if self.known.knows(resource) => Vec::new(),
            None => return Err(format!("which {resource} objects there are is not among the files{HINT}")),
        };
        // A later one is replaced by the former, even by one that is not chosen.
        let (proposed, known) = (self.proposed.choose(request)?, self.known.choose(request)?);
        let live = live.into_iter().filter(|object| !self.known.holds(resource, object));
        let rest = live.chain(known.into_iter().cloned()).filter(|object| !self.proposed.holds(resource, object));
        let mut items: Vec<DynamicObject> = rest.chain(proposed.into_iter().cloned()).collect();
        items.sort_by(|a, b| (&a.metadata.namespace, &a.metadata.name).cmp(&(&b.metadata.namespace, &b.metadata.name)));
        list_answer(resource, items, field_masks.as_ref())
    }
}

/// What can be done where nothing is known.
const HINT: &str = ", and no cluster is asked; hint: give what there is with --objects, or ask a cluster with --cluster";

impl Kubernetes for Layered {
    fn answer(&self, request: &Request) -> Result<Vec<u8>, String> {
        match request {
            Request::Get(get) => self.get(get),
            Request::List(list) => self.list(list),
        }
    }
}

impl fmt::Debug for Layered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}
