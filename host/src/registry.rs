//! Image references → what their registries hold, as the policy server hands it to a guest, and what publishing needs.
//!
//! Requests, digests checks, parsing and losses (unknown fields, a descriptor's `data`, an index' `subject`) are those of crate
//! `oci-client`, which the policy server is built on too. Differences from the policy server: connections and tokens are kept for a
//! minute instead of made for each call, a slow registry does not hold up the others, loopback registries are never reached through
//! a proxy, and times can be limited. What is read for the command line alone goes through `http` where `oci-client` would read without
//! a cap, hide where a list goes on or what the status is.

mod answer;
mod authorization;
mod capped;
mod client;
mod error;
mod http;
mod publish;
mod referrers;
mod signatures;
mod tend;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oci_client::Reference;
use oci_client::manifest::OciImageManifest;
use serde::Serialize;
use serde_json::Value;

use self::client::Clients;
pub(crate) use self::client::loopback;
pub use self::error::RegistryError;
pub(crate) use self::error::report;
pub use self::publish::{RawManifest, Resolved};
pub use self::signatures::SIMPLE_SIGNING;
pub(crate) use self::signatures::{SignatureLayer, SignaturesError, tag as signature_tag};
use crate::cache::Cache;
use crate::credentials::Credentials;
use crate::sources::Sources;
use crate::verify::{self, TrustRoot, VerifyError};

/// How long an answer may be given again, as in the policy server.
const CACHED_FOR: Duration = Duration::from_secs(60);

/// How registries are reached.
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    /// Insecure hosts, private authorities, proxies. Default none.
    pub sources: Sources,
    /// Users and passwords. Default anonymous.
    pub credentials: Credentials,
    /// Whom keyless signatures are trusted from. Default nobody, as a policy server that could not fetch a trust root.
    pub trust_root: Option<TrustRoot>,
    /// When the validity of certificates is judged, in Unix seconds. Default at present.
    pub judged_at: Option<i64>,
    /// The longest a connection may take to come up. Default none, as the policy server.
    pub connect_timeout: Option<Duration>,
    /// The longest one function of [`Registry`] may take, all its requests together. Default none, as the policy server.
    pub timeout: Option<Duration>,
    /// How often publishing and what goes with it is tried where the registry is busy or cannot be reached. Default once, as the policy
    /// server; a guest's look-ups are never tried again.
    pub patience: Patience,
    /// How long a successful answer is given again. Default 60 seconds; zero for never.
    pub cached_for: Duration,
}

/// How often something is tried, and how long is waited in between.
///
/// A registry that answers 429 or 5xx, or that cannot be reached, is asked again after the pause, then after twice as long, and so on.
/// What it says in `Retry-After` is not known here: `oci-client` gives the body of an answer only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Once or more.
    pub tries: u32,
    /// Before the second try.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 1, pause: Duration::ZERO }
    }
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            sources: Sources::default(),
            credentials: Credentials::anonymous(),
            trust_root: None,
            judged_at: None,
            connect_timeout: None,
            timeout: None,
            patience: Patience::default(),
            cached_for: CACHED_FOR,
        }
    }
}

/// A client for all registries, with its own threads. Its functions block and may be called from any thread.
pub struct Registry {
    clients: Clients,
    digests: Cache,
    manifests: Cache,
    configs: Cache,
    verified: Cache,
    trust_root: Option<TrustRoot>,
    judged_at: Option<i64>,
}

/// The policy server's answer to `v1/manifest_digest`.
#[derive(Serialize)]
struct DigestAnswer {
    digest: String,
}

/// The policy server's answer to `v2/verify`.
#[derive(Serialize)]
struct VerifyAnswer {
    is_trusted: bool,
    digest: String,
}

/// The policy server's answer to `v1/oci_manifest_config`.
#[derive(Serialize)]
struct ConfigAnswer {
    manifest: OciImageManifest,
    digest: String,
    config: Value,
}

impl Registry {
    /// Starts the client's threads; no request is made.
    ///
    /// # Errors
    /// [`RegistryError::Setup`] where threads cannot be started.
    pub fn new(mut options: RegistryOptions) -> Result<Self, RegistryError> {
        let cache = || Cache::new(options.cached_for);
        let (digests, manifests, configs, verified) = (cache(), cache(), cache(), cache());
        let (trust_root, judged_at) = (options.trust_root.take(), options.judged_at);
        Ok(Self { clients: Clients::new(options)?, digests, manifests, configs, verified, trust_root, judged_at })
    }

    /// `oci/v1/manifest_digest`: `{"digest":"sha256:…"}` of the manifest or index, by a HEAD request.
    ///
    /// # Errors
    /// [`RegistryError`]; its [`report`](RegistryError::report) is what a guest gets.
    pub fn manifest_digest(&self, image: &str) -> Result<Vec<u8>, RegistryError> {
        self.digests.get_or(image, || {
            let reference = parse(image)?;
            let digest = self.clients.run(&reference, |client, reference, auth| async move {
                client.fetch_manifest_digest(&reference, &auth).await
            })?;
            json(&DigestAnswer { digest })
        })
    }

    /// `oci/v1/oci_manifest`: the image manifest or index, without what `oci-client` does not know.
    ///
    /// # Errors
    /// As [`Registry::manifest_digest`].
    pub fn oci_manifest(&self, image: &str) -> Result<Vec<u8>, RegistryError> {
        self.manifests.get_or(image, || {
            let reference = parse(image)?;
            let (manifest, _) = self
                .clients
                .run(&reference, |client, reference, auth| async move { client.pull_manifest(&reference, &auth).await })?;
            json(&manifest)
        })
    }

    /// `oci/v1/oci_manifest_config`: `{"manifest":{…},"digest":"sha256:…","config":<any JSON>}`. An index is resolved to the manifest
    /// for the platform of *this binary*, whose digest is then the one given.
    ///
    /// # Errors
    /// As [`Registry::manifest_digest`].
    pub fn oci_manifest_config(&self, image: &str) -> Result<Vec<u8>, RegistryError> {
        self.configs.get_or(image, || {
            let reference = parse(image)?;
            let (manifest, digest, config) = self.clients.run(&reference, |client, reference, auth| async move {
                client.pull_manifest_and_config(&reference, &auth).await
            })?;
            let config = serde_json::from_str(&config).map_err(RegistryError::Json)?;
            json(&ConfigAnswer { manifest, digest, config })
        })
    }

    /// `oci/v2/verify`: `{"is_trusted":true,"digest":"sha256:…"}` of the manifest or index whose signatures fulfil the request. Never
    /// `false`: whatever is not fulfilled is an error.
    ///
    /// # Errors
    /// [`VerifyError`]; its [`report`](VerifyError::report) is what a guest gets.
    pub fn verify(&self, request: &verify::Request) -> Result<Vec<u8>, VerifyError> {
        self.verified.get_or(&request.key(), || {
            let digest = verify::verify(self, request, self.trust_root.as_ref(), self.judged_at)?;
            serde_json::to_vec(&VerifyAnswer { is_trusted: true, digest })
                .map(Into::into)
                .map_err(|error| VerifyError::new(&error))
        })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("clients", &self.clients).finish_non_exhaustive()
    }
}

/// Expands and checks an image reference as the policy server does: `busybox` is `docker.io/library/busybox:latest`.
fn parse(image: &str) -> Result<Reference, RegistryError> {
    image.parse().map_err(RegistryError::Reference)
}

fn json(answer: &impl Serialize) -> Result<Arc<[u8]>, RegistryError> {
    serde_json::to_vec(answer).map(Into::into).map_err(RegistryError::Json)
}
