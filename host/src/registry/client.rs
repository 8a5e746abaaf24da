//! A reference's host → connections to it, and the order in which ways are tried.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use reqwest::Method;

use super::answer::Answer;
use super::http::{Http, Request};
use super::{RegistryError, RegistryOptions};
use crate::cache::now;
use crate::threads::Threads;

/// How long a connection, its token and what is known about its host are used.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How many hosts are kept at one time: a client takes a hundred kilobytes.
const KEPT: usize = 128;

/// Where nothing listens: the proxy that is named so that the environment's is not used.
const NO_PROXY_AT_ALL: &str = "http://127.0.0.1:9";

/// How a host is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// HTTPS; for an insecure host without verification.
    Https,
    /// Plain HTTP, for insecure hosts that do not speak HTTPS.
    Http,
}

/// What a connection is for: the policy server reaches insecure hosts in one way for reading, in another for verifying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// Insecure hosts over HTTPS, then over plain HTTP.
    Reading,
    /// Insecure hosts over plain HTTP only.
    Verifying,
}

/// What is kept of a host.
#[derive(Clone)]
struct Host {
    since: Instant,
    way: Way,
    client: Client,
    auth: RegistryAuth,
    /// Made when it is needed first.
    http: Arc<OnceLock<Http>>,
}

/// The connections of a [`super::Registry`] and the threads they run on.
pub(super) struct Clients {
    options: RegistryOptions,
    threads: Threads,
    hosts: Mutex<BTreeMap<(Purpose, String), Host>>,
}

impl Clients {
    pub(super) fn new(options: RegistryOptions) -> Result<Self, RegistryError> {
        // Fails only where a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let threads = Threads::start("registry").map_err(RegistryError::Setup)?;
        Ok(Self { options, threads, hosts: Mutex::new(BTreeMap::new()) })
    }

    /// Runs `ask` against the reference's registry. An insecure host that cannot be reached over HTTPS is asked once more over HTTP.
    pub(super) fn run<T, F, A>(&self, reference: &Reference, ask: A) -> Result<T, RegistryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OciDistributionError>> + Send + 'static,
        A: Fn(Client, Reference, RegistryAuth) -> F,
    {
        self.run_on(reference, |host| Ok(ask(host.client.clone(), reference.clone(), host.auth.clone())))
    }

    fn run_on<T, F, A>(&self, reference: &Reference, ask: A) -> Result<T, RegistryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OciDistributionError>> + Send + 'static,
        A: Fn(&Host) -> Result<F, RegistryError>,
    {
        let host = self.host(reference, Purpose::Reading, None)?;
        let answer = self.block_on(ask(&host)?);
        if host.way == Way::Https
            && self.options.sources.is_insecure(reference.registry())
            && answer.as_ref().is_err_and(RegistryError::is_unreached)
        {
            let host = self.host(reference, Purpose::Reading, Some(Way::Http))?;
            let answer = self.block_on(ask(&host)?);
            if answer.as_ref().is_err_and(RegistryError::is_unreached) {
                self.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(Purpose::Reading, reference));
            }
            return answer;
        }
        answer
    }

    /// Like [`Clients::run`], and again where the registry was busy or could not be reached, as often as the options say.
    pub(super) fn run_patiently<T, F, A>(&self, reference: &Reference, ask: A) -> Result<T, RegistryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OciDistributionError>> + Send + 'static,
        A: Fn(Client, Reference, RegistryAuth) -> F,
    {
        self.patiently(|| self.run(reference, &ask))
    }

    /// Asks, as patiently, for `/v2/<repository>/` and a path below it, or for a path that begins with `/`; reads at most `cap` bytes.
    pub(super) fn get(&self, reference: &Reference, path: &str, accept: &str, cap: usize) -> Result<Answer, RegistryError> {
        let path = match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("/v2/{}/{path}", reference.repository()),
        };
        let request = Request { method: Method::GET, path, accept: accept.to_owned(), cap, follows: true };
        self.ask(reference, &request, |answer| if answer.status == 200 { Ok(answer) } else { Err(answer.into_refusal()) })
    }

    /// Like [`Clients::run_patiently`], for requests that `oci-client` has not; `judge` knows the statuses.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        reference: &Reference,
        request: &Request,
        judge: fn(Answer) -> Result<T, OciDistributionError>,
    ) -> Result<T, RegistryError> {
        self.patiently(|| {
            self.run_on(reference, |host| {
                let (http, auth) = (self.http(host, reference)?, host.auth.clone());
                let (request, reference) = (request.clone(), reference.clone());
                Ok(async move { judge(http.send(&request, &reference, &auth).await?) })
            })
        })
    }

    fn http(&self, host: &Host, reference: &Reference) -> Result<Http, RegistryError> {
        if let Some(http) = host.http.get() {
            return Ok(http.clone());
        }
        let scheme = if host.way == Way::Https { "https" } else { "http" };
        let made = guarded(|| Http::new(&self.config(reference, host.way), scheme))?;
        Ok(host.http.get_or_init(|| made).clone())
    }

    fn patiently<T>(&self, ask: impl Fn() -> Result<T, RegistryError>) -> Result<T, RegistryError> {
        let mut pause = self.options.patience.pause;
        for _ in 1..self.options.patience.tries {
            match ask() {
                Err(error) if error.is_passing() => std::thread::sleep(pause),
                answer => return answer,
            }
            pause = pause.saturating_mul(2);
        }
        ask()
    }

    /// Runs `ask` once, as the policy server does where it verifies signatures: an insecure host is asked over plain HTTP only.
    pub(super) fn run_once<T, F, A>(&self, reference: &Reference, ask: A) -> Result<T, RegistryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OciDistributionError>> + Send + 'static,
        A: Fn(Client, Reference, RegistryAuth) -> F,
    {
        let way = if self.options.sources.is_insecure(reference.registry()) { Way::Http } else { Way::Https };
        let host = self.host(reference, Purpose::Verifying, Some(way))?;
        self.block_on(ask(host.client, reference.clone(), host.auth))
    }

    /// What is kept of the reference's host, made where it is absent, old, or of another way than demanded.
    fn host(&self, reference: &Reference, purpose: Purpose, way: Option<Way>) -> Result<Host, RegistryError> {
        let key = key(purpose, reference);
        let kept = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let fresh = kept.filter(|host| now().duration_since(host.since) < KEPT_FOR);
        if let Some(host) = fresh.filter(|host| way.is_none_or(|way| way == host.way)) {
            return Ok(host);
        }
        let way = way.unwrap_or(Way::Https);
        let client = guarded(|| Client::try_from(self.config(reference, way)))?;
        let auth = self.options.credentials.auth(reference);
        let host = Host { since: now(), way, client, auth, http: Arc::default() };
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever names images names hosts too: none is kept for longer than it is used, and not all of those.
        hosts.retain(|_, kept| host.since.duration_since(kept.since) < KEPT_FOR);
        if hosts.len() >= KEPT {
            let oldest = hosts.iter().min_by_key(|(_, kept)| kept.since).map(|(key, _)| key.clone());
            oldest.map(|oldest| hosts.remove(&oldest));
        }
        hosts.insert(key, host.clone());
        drop(hosts);
        Ok(host)
    }

    fn config(&self, reference: &Reference, way: Way) -> ClientConfig {
        let sources = &self.options.sources;
        let proxies = sources.proxies();
        let mut config = ClientConfig {
            accept_invalid_certificates: sources.is_insecure(reference.registry()),
            extra_root_certificates: sources.authorities(reference.registry()).iter().map(|bytes| certificate(bytes)).collect(),
            connect_timeout: self.options.connect_timeout,
            user_agent: concat!("gated-deployment/", env!("CARGO_PKG_VERSION")),
            http_proxy: proxies.http.clone(),
            https_proxy: proxies.https.clone(),
            no_proxy: proxies.none.clone(),
            ..ClientConfig::default()
        };
        config.protocol = match way {
            Way::Https => ClientProtocol::Https,
            Way::Http => ClientProtocol::Http,
        };
        if let Some(host) = loopback(reference.resolve_registry()) {
            config.http_proxy = Some(NO_PROXY_AT_ALL.to_owned());
            config.https_proxy = Some(NO_PROXY_AT_ALL.to_owned());
            config.no_proxy = Some(host.to_owned());
        }
        config
    }

    /// Runs a future on the client's own threads, within the time of one function.
    fn block_on<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, OciDistributionError>> + Send + 'static,
    ) -> Result<T, RegistryError> {
        self.threads.run(self.options.timeout, future)?.map_err(RegistryError::from)
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("options", &self.options).finish_non_exhaustive()
    }
}

fn key(purpose: Purpose, reference: &Reference) -> (Purpose, String) {
    (purpose, reference.resolve_registry().to_owned())
}

/// Makes a client. Where the system trusts no authority at all, making one panics inside the HTTP library: that is an error here.
fn guarded<T>(make: impl Fn() -> Result<T, OciDistributionError>) -> Result<T, RegistryError> {
    catch_unwind(AssertUnwindSafe(make))
        .map_err(|_| RegistryError::Setup("cannot prepare TLS: does this system have any certificate authorities?".to_owned()))?
        .map_err(RegistryError::from)
}

fn certificate(bytes: &[u8]) -> Certificate {
    let pem = bytes.windows(10).any(|window| window == b"-----BEGIN");
    Certificate { encoding: if pem { CertificateEncoding::Pem } else { CertificateEncoding::Der }, data: bytes.to_vec() }
}

/// The host without port, where it is this machine.
pub(crate) fn loopback(registry: &str) -> Option<&str> {
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(host, _)| host),
        None => registry.rsplit_once(':').map_or(registry, |(host, _)| host),
    };
    let address = host.parse::<std::net::IpAddr>();
    (host == "localhost" || address.is_ok_and(|address| address.is_loopback())).then_some(host)
}
