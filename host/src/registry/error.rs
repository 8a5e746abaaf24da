//! What can go wrong with a registry, and the text the policy server makes of it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use oci_client::ParseError;
use oci_client::errors::{OciDistributionError, OciErrorCode};

use crate::threads::Interrupted;

/// Why a registry gave no answer.
#[derive(Debug)]
pub enum RegistryError {
    /// The text is no image reference.
    Reference(ParseError),
    /// The registry, the way to it, or what it holds.
    Registry(Box<OciDistributionError>),
    /// The config blob is no JSON.
    Json(serde_json::Error),
    /// The time of [`super::RegistryOptions::timeout`] is over.
    Timeout(Duration),
    /// What was to be published cannot be: the reason.
    Invalid(String),
    /// The client itself does not work: no threads, no certificates, a defect.
    Setup(String),
}

impl RegistryError {
    /// The text a guest gets for this error: one line, then `Caused by:` and the chain of causes, where there are any.
    #[must_use]
    pub fn report(&self) -> String {
        report(self)
    }

    /// Whether the registry said that it does not hold the manifest, repository or blob asked for.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let Self::Registry(error) = self else { return false };
        match &**error {
            OciDistributionError::ServerError { code, .. } => *code == 404,
            OciDistributionError::RegistryError { envelope, .. } => envelope.errors.iter().any(|error| {
                use OciErrorCode::{BlobUnknown, ManifestUnknown, NameUnknown, NotFound};
                matches!(error.code, BlobUnknown | ManifestUnknown | NameUnknown | NotFound)
            }),
            _ => false,
        }
    }

    /// Whether the registry said that it does not know this kind of request at all.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        let Self::Registry(error) = self else { return false };
        match &**error {
            OciDistributionError::ServerError { code, .. } => matches!(*code, 405 | 501),
            OciDistributionError::RegistryError { envelope, .. } => {
                envelope.errors.iter().any(|error| matches!(error.code, OciErrorCode::Unsupported))
            }
            _ => false,
        }
    }

    /// Whether the registry asked for other credentials.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        let Self::Registry(error) = self else { return false };
        match &**error {
            OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => true,
            OciDistributionError::ServerError { code, .. } => matches!(*code, 401 | 403),
            OciDistributionError::RegistryError { envelope, .. } => {
                let codes = |code: &OciErrorCode| matches!(code, OciErrorCode::Unauthorized | OciErrorCode::Denied);
                envelope.errors.iter().any(|error| codes(&error.code))
            }
            _ => false,
        }
    }

    /// Whether the registry said that it does not allow what was asked for, whoever asks (405) or to this one (401, 403).
    #[must_use]
    pub fn forbids(&self) -> bool {
        let Self::Registry(error) = self else { return false };
        matches!(&**error, OciDistributionError::ServerError { code: 405, .. }) || self.is_unauthorized()
    }

    /// Whether the same request may be answered in a while: the registry is busy, fails, or could not be reached.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let Self::Registry(error) = self else { return false };
        match &**error {
            OciDistributionError::RequestError(_) => true,
            OciDistributionError::ServerError { code, .. } => *code == 429 || *code >= 500,
            OciDistributionError::RegistryError { envelope, .. } => {
                envelope.errors.iter().any(|error| matches!(error.code, OciErrorCode::Toomanyrequests))
            }
            _ => false,
        }
    }

    /// Whether no HTTP answer came at all: no connection, no trust, or it broke off.
    pub(super) fn is_unreached(&self) -> bool {
        matches!(self, Self::Registry(error) if matches!(**error, OciDistributionError::RequestError(_)))
    }
}

/// An error's text, and the chain of its causes below.
pub(crate) fn report(error: &dyn Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let chain = match causes.as_slice() {
        [] => return error.to_string(),
        [cause] => format!("    {}", cause.replace('\n', "\n    ")),
        causes => {
            let numbered = |(n, cause): (usize, &String)| format!("{n:>5}: {}", cause.replace('\n', "\n       "));
            causes.iter().enumerate().map(numbered).collect::<Vec<_>>().join("\n")
        }
    };
    format!("{error}\n\nCaused by:\n{chain}")
}

impl From<Interrupted> for RegistryError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::TimeOver(limit) => Self::Timeout(limit),
            Interrupted::Failed => Self::Setup("the registry client failed".to_owned()),
        }
    }
}

impl From<OciDistributionError> for RegistryError {
    fn from(error: OciDistributionError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(error) => write!(f, "{error}"),
            Self::Registry(error) => write!(f, "Fail to interact with OCI registry: {error}"),
            Self::Json(error) => write!(f, "{error}"),
            Self::Timeout(after) => write!(f, "the registry did not answer within {} s", after.as_secs_f64()),
            Self::Invalid(reason) | Self::Setup(reason) => f.write_str(reason),
        }
    }
}

impl Error for RegistryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Registry(error) => Some(&**error),
            _ => None,
        }
    }
}
