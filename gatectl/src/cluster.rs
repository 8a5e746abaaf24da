//! The arguments by which a cluster is reached, shared by every command that does.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use host::kubernetes::{Cluster, ClusterOptions};

use crate::exit::Failure;

/// The longest that one request to a cluster may take, a login by a plugin included.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The longest that a connection to a cluster may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Whether a cluster is asked, and which.
#[derive(Debug, Args)]
pub(crate) struct ClusterConnection {
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

impl ClusterConnection {
    /// The cluster, where one is to be asked; asks it nothing yet.
    ///
    /// # Errors
    /// A kubeconfig that cannot be used.
    pub(crate) fn cluster(&self) -> Result<Option<Cluster>, Failure> {
        if !self.cluster {
            return Ok(None);
        }
        let options = ClusterOptions {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            connect_timeout: Some(CONNECT_TIMEOUT),
            timeout: Some(TIMEOUT),
            ..ClusterOptions::default()
        };
        Cluster::new(options).map(Some).map_err(|error| Failure::new(error.report()))
    }
}
