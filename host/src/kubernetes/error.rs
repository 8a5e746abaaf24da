//! What can go wrong with a cluster, and the text the policy server makes of it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::registry::report;
use crate::threads::Interrupted;

/// Why a cluster gave no answer.
#[derive(Debug)]
pub enum ClusterError {
    /// The kubeconfig, or the credentials, certificates or proxy that it names.
    Setup(Box<kube::Error>),
    /// The API server, or the way to it.
    Kube(Box<kube::Error>),
    /// An answer is longer than [`super::ClusterOptions::answer_bytes`].
    TooLong(usize),
    /// The time of [`super::ClusterOptions::timeout`] is over.
    Timeout(Duration),
    /// What was asked for is not there or cannot be asked for, or the client does not work: one sentence.
    Refused(String),
}

impl ClusterError {
    /// The text a guest gets for this error: one line, then `Caused by:` and the chain of causes, where there are any.
    #[must_use]
    pub fn report(&self) -> String {
        match self {
            Self::Kube(error) => report(&**error),
            error => error.to_string(),
        }
    }
}

impl From<kube::Error> for ClusterError {
    fn from(error: kube::Error) -> Self {
        Self::Kube(Box::new(error))
    }
}

impl From<Interrupted> for ClusterError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::TimeOver(limit) => Self::Timeout(limit),
            Interrupted::Failed => Self::Refused("the Kubernetes client failed".to_owned()),
        }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(error) => write!(f, "cannot prepare to reach the cluster: {error}"),
            Self::Kube(error) => write!(f, "{error}"),
            Self::TooLong(limit) => write!(f, "the API server's answer has more than {limit} bytes"),
            Self::Timeout(after) => write!(f, "the cluster did not answer within {} s", after.as_secs_f64()),
            Self::Refused(sentence) => f.write_str(sentence),
        }
    }
}

impl Error for ClusterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Setup(error) | Self::Kube(error) => Some(&**error),
            _ => None,
        }
    }
}
