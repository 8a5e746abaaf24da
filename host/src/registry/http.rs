//! Requests beside `oci-client`, which reads manifests of any length, hides where a list goes on and the status of an error, and does not
//! delete.
//!
//! The connection is made as that client makes its own, and its errors are given, so that nobody else need know which of both asked. Who
//! reads says at once who asks, since a registry may hide from strangers what it has; who deletes is told first what that takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use oci_client::Reference;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Method, NoProxy, Proxy, Response, StatusCode, Url};

use super::answer::Answer;
use super::authorization::{Authorization, Challenge};
use crate::limits::REGISTRY_ANSWER_BYTES;

/// A repository, and whether something is deleted there.
type Place = (String, bool);
/// Whom to be.
type Known = BTreeMap<Place, Option<Authorization>>;

/// A client for one host.
#[derive(Clone)]
pub(super) struct Http {
    /// Goes where a redirect says.
    following: reqwest::Client,
    /// Takes a redirect for the answer.
    staying: reqwest::Client,
    scheme: &'static str,
    known: Arc<Mutex<Known>>,
}

/// What is asked of a registry.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Begins with `/v2/`.
    pub(super) path: String,
    /// The media types that are taken, separated by commas; empty for any.
    pub(super) accept: String,
    /// The longest body that is read, in bytes.
    pub(super) cap: usize,
    /// Whether another place may answer. Where the status counts it may not: what that place says is not what the registry says.
    pub(super) follows: bool,
}

impl Http {
    /// No connection is made yet.
    pub(super) fn new(config: &ClientConfig, scheme: &'static str) -> Result<Self, OciDistributionError> {
        let (following, staying) = (client(config, Policy::default())?, client(config, Policy::none())?);
        Ok(Self { following, staying, scheme, known: Arc::default() })
    }

    /// Asks for something of the reference's repository.
    pub(super) async fn send(
        &self,
        request: &Request,
        reference: &Reference,
        auth: &RegistryAuth,
    ) -> Result<Answer, OciDistributionError> {
        let url = self.url(reference, &request.path);
        let place = (reference.repository().to_owned(), request.method == Method::DELETE);
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        let known = match kept {
            Some(known) => known,
            None if place.1 => None,
            None => self.introduced(&place, reference, auth).await?,
        };
        let response = self.once(request, &url, known.as_ref()).await?;
        // Another place, where a redirect led, is told nothing.
        let is_own = Url::parse(&url).is_ok_and(|asked| asked.origin() == response.url().origin());
        if response.status() == StatusCode::UNAUTHORIZED
            && is_own
            && let Some(challenge) = Challenge::of(response.headers())
            && let Some(other) = self.answered(&challenge, &place, auth).await?.filter(|other| Some(other) != known.as_ref())
        {
            self.keep(place, Some(&other));
            let response = self.once(request, &url, Some(&other)).await?;
            return Answer::read(url, response, request.cap).await;
        }
        Answer::read(url, response, request.cap).await
    }

    fn url(&self, reference: &Reference, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, reference.resolve_registry())
    }

    fn keep(&self, place: Place, authorization: Option<&Authorization>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(place, authorization.cloned());
    }

    /// Whom to be for reading: what the registry's front door asks for, the password also where it asks for nothing.
    async fn introduced(
        &self,
        place: &Place,
        reference: &Reference,
        auth: &RegistryAuth,
    ) -> Result<Option<Authorization>, OciDistributionError> {
        let door = self.following.get(self.url(reference, "/v2/")).send().await?;
        let authorization = match Challenge::of(door.headers()) {
            // Whatever scope is named there is an example.
            Some(challenge) => self.answered(&challenge.without_scope(), place, auth).await?,
            None => None,
        };
        let authorization = authorization.or_else(|| Authorization::given(auth));
        self.keep(place.clone(), authorization.as_ref());
        Ok(authorization)
    }

    async fn once(
        &self,
        request: &Request,
        url: &str,
        authorization: Option<&Authorization>,
    ) -> Result<Response, OciDistributionError> {
        let client = if request.follows { &self.following } else { &self.staying };
        let mut sent = client.request(request.method.clone(), url);
        if !request.accept.is_empty() {
            sent = sent.header(ACCEPT, &request.accept);
        }
        sent = match authorization {
            Some(Authorization::Bearer(token)) => sent.bearer_auth(token),
            Some(Authorization::Basic(user, password)) => sent.basic_auth(user, Some(password)),
            None => sent,
        };
        Ok(sent.send().await?)
    }

    /// What a challenge is answered with; `None` where there is nothing to answer it with.
    async fn answered(
        &self,
        challenge: &Challenge,
        (repository, deletes): &Place,
        auth: &RegistryAuth,
    ) -> Result<Option<Authorization>, OciDistributionError> {
        let (realm, service, scope) = match (challenge, auth) {
            (_, RegistryAuth::Bearer(_)) | (Challenge::Password, _) => return Ok(Authorization::given(auth)),
            (Challenge::Token { realm, service, scope }, _) => (realm, service, scope),
        };
        // A password that was meant for a line that nobody reads is not sent over one that everybody reads.
        if self.scheme == "https" && !realm.starts_with("https://") {
            return Err(OciDistributionError::AuthenticationFailure(format!("expected a realm of HTTPS, found `{realm}`")));
        }
        let actions = if *deletes { "pull,push,delete" } else { "pull" };
        let scope = scope.clone().unwrap_or_else(|| format!("repository:{repository}:{actions}"));
        let mut request = self.following.get(realm).query(&[("scope", &scope)]);
        if let Some(service) = service {
            request = request.query(&[("service", service)]);
        }
        if let RegistryAuth::Basic(user, password) = auth {
            request = request.basic_auth(user, Some(password));
        }
        Answer::read(realm.clone(), request.send().await?, REGISTRY_ANSWER_BYTES).await?.token()
    }
}

/// A client of the same authorities, proxies and times; `redirect` says where it follows.
fn client(config: &ClientConfig, redirect: Policy) -> Result<reqwest::Client, OciDistributionError> {
    let authorities: Result<Vec<_>, _> = config.extra_root_certificates.iter().map(authority).collect();
    let mut builder = reqwest::Client::builder()
        .redirect(redirect)
        .danger_accept_invalid_certs(config.accept_invalid_certificates)
        .tls_certs_merge(authorities?)
        .user_agent(config.user_agent);
    if let Some(timeout) = config.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    let none = || config.no_proxy.as_deref().and_then(NoProxy::from_string);
    if let Some(address) = &config.https_proxy {
        builder = builder.proxy(Proxy::https(address)?.no_proxy(none()));
    }
    if let Some(address) = &config.http_proxy {
        builder = builder.proxy(Proxy::http(address)?.no_proxy(none()));
    }
    Ok(builder.build()?)
}

fn authority(certificate: &Certificate) -> Result<reqwest::Certificate, reqwest::Error> {
    match certificate.encoding {
        CertificateEncoding::Der => reqwest::Certificate::from_der(&certificate.data),
        CertificateEncoding::Pem => reqwest::Certificate::from_pem(&certificate.data),
    }
}
