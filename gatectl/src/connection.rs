//! The arguments by which registries are reached, shared by every command that does.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use host::credentials::Credentials;
use host::registry::{Patience, Registry, RegistryOptions};
use host::sources::Sources;
use host::verify::TrustRoot;

use crate::exit::Failure;

/// The longest that one function of the registry client may take: a large report over a slow line has room.
const TIMEOUT: Duration = Duration::from_secs(300);
/// The longest that a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest that a look-up may take for which an admission waits, and its connection to come up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(15);
const LOOKUP_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A busy registry is asked four times, over three and a half seconds.
const PATIENCE: Patience = Patience { tries: 4, pause: Duration::from_millis(500) };

#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// File that says how registries are reached (kwctl's sources.yaml: insecure_sources, source_authorities, proxies)
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,
    /// Folder of Docker's config.json with the credentials [default: $DOCKER_CONFIG, else ~/.docker]
    #[arg(long, value_name = "DIR")]
    docker_config: Option<PathBuf>,
    /// Trust root for signatures without a key, as JSON (kwctl's, or cosign's trusted_root.json) [default: none is trusted]
    #[arg(long, value_name = "FILE")]
    sigstore_trust_config: Option<PathBuf>,
}

impl Connection {
    pub(crate) fn registry(&self) -> Result<Registry, Failure> {
        self.registry_at(None)
    }

    /// With certificates as valid as they are at an instant in Unix seconds.
    pub(crate) fn registry_at(&self, judged_at: Option<i64>) -> Result<Registry, Failure> {
        Registry::new(self.options(judged_at)?).map_err(Failure::new)
    }

    /// For look-ups whose answers somebody waits for, and which are remembered elsewhere.
    pub(crate) fn lookup_registry(&self) -> Result<Registry, Failure> {
        let (connect_timeout, timeout) = (Some(LOOKUP_CONNECT_TIMEOUT), Some(LOOKUP_TIMEOUT));
        Registry::new(RegistryOptions { connect_timeout, timeout, cached_for: Duration::ZERO, ..self.options(None)? })
            .map_err(Failure::new)
    }

    fn options(&self, judged_at: Option<i64>) -> Result<RegistryOptions, Failure> {
        let sources = match &self.sources {
            Some(file) => Sources::load(file).map_err(Failure::new)?,
            None => Sources::default(),
        };
        let credentials = match &self.docker_config {
            Some(folder) => Credentials::from_folder(folder),
            None => Credentials::from_environment(),
        };
        let trust_root = self
            .sigstore_trust_config
            .as_deref()
            .map(|file| TrustRoot::load(file, judged_at))
            .transpose()
            .map_err(Failure::new)?;
        Ok(RegistryOptions {
            sources,
            credentials,
            trust_root,
            judged_at,
            connect_timeout: Some(CONNECT_TIMEOUT),
            timeout: Some(TIMEOUT),
            patience: PATIENCE,
            ..RegistryOptions::default()
        })
    }
}
