//! What look-ups are told of Kubernetes objects: the checked manifests, files of objects, a cluster.

use std::path::PathBuf;

use clap::Args;
use host::kubernetes::{Cluster, Layered, Objects};
use serde_json::Value;

use crate::cluster::ClusterConnection;
use crate::exit::Failure;
use crate::manifests::Submitted;

/// Groups whose objects are findings: who submits a workload does not bring its findings along.
const FINDINGS: [&str; 2] = ["aquasecurity.github.io/", "storage.sbomscanner.kubewarden.io/"];

/// Where Kubernetes objects are looked up. Checked manifests always answer first.
#[derive(Debug, Args)]
pub(crate) struct ObjectSources {
    /// File or folder of Kubernetes objects that the cluster has, as `kubectl get -o yaml` writes them; of the kinds in it, what is not
    /// there is taken as absent; can be repeated
    #[arg(long, value_name = "PATH")]
    objects: Vec<PathBuf>,
    #[command(flatten)]
    cluster: ClusterConnection,
}

impl ObjectSources {
    /// The cluster, where one is to be asked.
    ///
    /// # Errors
    /// A kubeconfig that cannot be used.
    pub(crate) fn cluster(&self) -> Result<Option<Cluster>, Failure> {
        self.cluster.cluster()
    }

    /// Joins them; and a note for each manifest that cannot answer.
    ///
    /// # Errors
    /// A file of objects that cannot be read, a kubeconfig that cannot be used.
    pub(crate) fn layered(&self, submitted: &[Submitted]) -> Result<(Layered, Vec<String>), Failure> {
        let (mut proposed, mut notes) = (Objects::default(), Vec::new());
        for one in submitted {
            if is_findings(one) {
                notes.push(format!(
                    "{}: a report of findings among the manifests is not shown to look-ups; --objects is",
                    one.place
                ));
                continue;
            }
            if let Some(object) = proposal(one)
                && let Err(error) = proposed.propose(&one.place, object)
            {
                notes.push(format!("{error}; it is not shown to look-ups"));
            }
        }
        let known = Objects::read(&self.objects).map_err(Failure::new)?;
        Ok((Layered::new(proposed, known, self.cluster.cluster()?), notes))
    }
}

fn is_findings(submitted: &Submitted) -> bool {
    let group = submitted.request.pointer("/object/apiVersion").and_then(Value::as_str);
    group.is_some_and(|group| FINDINGS.iter().any(|findings| group.starts_with(findings)))
}

/// The object as it will be in the cluster: with its namespace. What has no name yet cannot be asked for.
fn proposal(submitted: &Submitted) -> Option<Value> {
    let mut object = submitted.request.get("object").filter(|object| object.pointer("/metadata/name").is_some())?.clone();
    let namespace = submitted.request.get("namespace").filter(|namespace| namespace.as_str().is_some_and(|n| !n.is_empty()));
    let is_namespace = object.get("kind").and_then(Value::as_str) == Some("Namespace");
    if let (Some(namespace), Some(metadata), false) =
        (namespace, object.get_mut("metadata").and_then(Value::as_object_mut), is_namespace)
    {
        metadata.entry("namespace").or_insert_with(|| namespace.clone());
    }
    Some(object)
}
