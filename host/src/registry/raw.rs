//! Requests that `oci-client` does not make → answers with their status: listing tags, asking whether a manifest is there, deleting it.
//!
//! The connection is made as that client makes its own. It follows no redirect: what another place says is not what the registry says.
//! Source: OCI distribution specification 1.1; "Token Authentication Specification" of the `distribution` project.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use oci_client::Reference;
use oci_client::client::ClientConfig;
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use reqwest::header::{ACCEPT, LINK, WWW_AUTHENTICATE};
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use serde::Deserialize;

use crate::limits::REGISTRY_ANSWER_BYTES;

/// What is kept of an error's text, in bytes.
const ERROR_BYTES: usize = 1024;

/// A client for one host.
#[derive(Clone)]
pub(super) struct Raw {
    http: reqwest::Client,
    scheme: &'static str,
    /// By repository, and whether it allows deletion.
    tokens: Arc<Mutex<BTreeMap<(String, bool), String>>>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) url: String,
    pub(super) status: u16,
    /// The header that names the next page.
    pub(super) link: Option<String>,
    pub(super) body: Vec<u8>,
}

/// How a request says who asks.
enum Authorization {
    Bearer(String),
    Basic(String, String),
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl Raw {
    pub(super) fn new(config: &ClientConfig, scheme: &'static str) -> Result<Self, OciDistributionError> {
        Ok(Self { http: super::http::client(config, Policy::none())?, scheme, tokens: Arc::default() })
    }

    /// Sends a request about the reference's repository; `path` begins with `/v2/`. A registry that wants to know who asks is told.
    pub(super) async fn send(
        &self,
        method: Method,
        reference: &Reference,
        path: &str,
        accept: &[&str],
        auth: &RegistryAuth,
    ) -> Result<Answer, OciDistributionError> {
        let url = format!("{}://{}{path}", self.scheme, reference.resolve_registry());
        let key = (reference.repository().to_owned(), method == Method::DELETE);
        let kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned().map(Authorization::Bearer);
        let response = self.once(method.clone(), &url, accept, kept.as_ref()).await?;
        if response.status() != reqwest::StatusCode::UNAUTHORIZED {
            return answer(url, response).await;
        }
        let challenges = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<String> = challenges.map(str::to_owned).collect();
        let Some(authorization) = self.authorization(&challenges, &key, auth).await? else {
            return answer(url, response).await;
        };
        if let Authorization::Bearer(token) = &authorization {
            self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(key, token.clone());
        }
        let response = self.once(method, &url, accept, Some(&authorization)).await?;
        answer(url, response).await
    }

    async fn once(
        &self,
        method: Method,
        url: &str,
        accept: &[&str],
        authorization: Option<&Authorization>,
    ) -> Result<Response, OciDistributionError> {
        let mut request = self.http.request(method, url);
        for kind in accept {
            request = request.header(ACCEPT, *kind);
        }
        request = match authorization {
            Some(Authorization::Bearer(token)) => request.bearer_auth(token),
            Some(Authorization::Basic(user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// What a challenge is answered with; `None` where there is nothing to answer it with.
    async fn authorization(
        &self,
        challenges: &[String],
        (repository, deletes): &(String, bool),
        auth: &RegistryAuth,
    ) -> Result<Option<Authorization>, OciDistributionError> {
        if let RegistryAuth::Bearer(token) = auth {
            return Ok(Some(Authorization::Bearer(token.clone())));
        }
        let parsed = challenges.iter().filter_map(|text| http_auth::parse_challenges(text).ok()).flatten();
        let parsed: Vec<http_auth::ChallengeRef<'_>> = parsed.collect();
        let of = |scheme: &str| parsed.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme));
        let Some(challenge) = of("Bearer") else {
            return Ok(match (of("Basic"), auth) {
                (Some(_), RegistryAuth::Basic(user, password)) => Some(Authorization::Basic(user.clone(), password.clone())),
                _ => None,
            });
        };
        let parameter = |name: &str| {
            let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        let Some(realm) = parameter("realm") else { return Ok(None) };
        // A password that was meant for a line that nobody reads is not sent over one that everybody reads.
        if self.scheme == "https" && !realm.starts_with("https://") {
            return Err(OciDistributionError::AuthenticationFailure(format!("expected a realm of HTTPS, found `{realm}`")));
        }
        let actions = if *deletes { "pull,push,delete" } else { "pull" };
        let scope = parameter("scope").unwrap_or_else(|| format!("repository:{repository}:{actions}"));
        let mut request = self.http.get(&realm).query(&[("scope", &scope)]);
        if let Some(service) = parameter("service") {
            request = request.query(&[("service", &service)]);
        }
        if let RegistryAuth::Basic(user, password) = auth {
            request = request.basic_auth(user, Some(password));
        }
        let answer = answer(realm, request.send().await?).await?;
        if answer.status != 200 {
            return Err(OciDistributionError::AuthenticationFailure(answer.text()));
        }
        let read = serde_json::from_slice::<TokenAnswer>(&answer.body);
        let read = read.map_err(|error| OciDistributionError::RegistryTokenDecodeError(error.to_string()))?;
        Ok(read.token.or(read.access_token).map(Authorization::Bearer))
    }
}

impl Answer {
    /// The beginning of the body.
    fn text(&self) -> String {
        let end = self.body.len().min(ERROR_BYTES);
        String::from_utf8_lossy(self.body.get(..end).unwrap_or_default()).into_owned()
    }

    /// As an error, with its status.
    pub(super) fn into_error(self) -> OciDistributionError {
        match self.status {
            401 => OciDistributionError::UnauthorizedError { url: self.url },
            code => OciDistributionError::ServerError { code, message: self.text(), url: self.url },
        }
    }
}

/// Reads an answer up to the cap.
async fn answer(url: String, mut response: Response) -> Result<Answer, OciDistributionError> {
    let status = response.status().as_u16();
    let link = response.headers().get(LINK).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if chunk.len() > REGISTRY_ANSWER_BYTES.saturating_sub(body.len()) {
            let message = format!("{url}: expected an answer of at most {REGISTRY_ANSWER_BYTES} bytes, found more");
            return Err(std::io::Error::other(message).into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { url, status, link, body })
}
