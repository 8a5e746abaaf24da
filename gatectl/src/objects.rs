//! What look-ups are told of Kubernetes objects: the checked manifests, files of objects, a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use host::kubernetes::{Cluster, ClusterOptions, Layered, Objects};
use serde_json::Value;

use crate::exit::Failure;
use crate::manifests::Submitted;

/// The longest that one request to a cluster may take, a login by a plugin included.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The longest that a connection to a cluster may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Groups whose objects are findings: who submits a workload does not bring its findings along.
const FINDINGS: [&str; 2] = ["aquasecurity.github.io/", "storage.sbomscanner.kubewarden.io/"];

/// Where Kubernetes objects are looked up. Checked manifests always answer first.
#[derive(Debug, Args)]
pub(crate) struct ObjectSources {
    /// File or folder of Kubernetes objects that the cluster has, as `kubectl get -o yaml` writes them; of the kinds in it, what is not
    /// there is taken as absent; can be repeated
    #[arg(long, value_name = "PATH")]
    objects: Vec<PathBuf>,
    /// Ask a cluster for the objects that are not in the files
    #[arg(long)]
    cluster: bool,
    /// The kubeconfig by which the cluster is reached [default: $KUBECONFIG, else ~/.kube/config, else the pod's service account]
    #[arg(long, value_name = "FILE", requires = "cluster")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", requires = "cluster")]
    context: Option<String>,
}

impl ObjectSources {
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
        let cluster = self.cluster.then(|| cluster(self.kubeconfig.clone(), self.context.clone())).transpose()?;
        Ok((Layered::new(proposed, known, cluster), notes))
    }
}

/// A cluster by a kubeconfig and a context of it, or by what is found where none is named.
pub(crate) fn cluster(kubeconfig: Option<PathBuf>, context: Option<String>) -> Result<Cluster, Failure> {
    let (connect_timeout, timeout) = (Some(CONNECT_TIMEOUT), Some(TIMEOUT));
    let options = ClusterOptions { kubeconfig, context, connect_timeout, timeout, ..ClusterOptions::default() };
    Cluster::new(options).map_err(|error| Failure::new(error.report()))
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
