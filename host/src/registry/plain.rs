//! GET requests beside `oci-client`, which reads manifests of any length and gives no headers: these are capped, and say where a list goes
//! on.
//!
//! Connections are made as `oci-client` makes them, and its errors are given, so that nobody else need know which of both asked.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use oci_client::client::ClientConfig;
use oci_client::errors::{OciDistributionError, OciEnvelope};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LINK};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};

/// The longest error that is read, in bytes; what goes on is cut.
const ERROR_BYTES: usize = 64 * 1024;

/// What requests are sent with, and the tokens that were given for repositories.
#[derive(Clone)]
pub(super) struct Plain {
    http: reqwest::Client,
    tokens: Arc<Mutex<BTreeMap<String, Option<String>>>>,
}

/// A successful answer.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    /// What the registry says is the digest of the body.
    pub(super) digest: Option<String>,
    /// The address of the next page, as the registry writes it.
    pub(super) next: Option<String>,
    /// Where the answer came from, after redirects.
    pub(super) url: reqwest::Url,
    /// Whether it says to be JSON.
    pub(super) is_json: bool,
}

impl Plain {
    /// The same as `oci-client` makes of its configuration.
    pub(super) fn new(config: &ClientConfig) -> Result<Self, OciDistributionError> {
        Ok(Self { http: super::http::client(config, Policy::default())?, tokens: Arc::default() })
    }

    /// Asks for a path of the reference's registry; `client` gets the token for its repository.
    pub(super) async fn get(
        self,
        client: Client,
        auth: RegistryAuth,
        reference: Reference,
        url: String,
        accept: String,
        cap: usize,
    ) -> Result<Answer, OciDistributionError> {
        let kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(reference.repository()).cloned();
        let token = match kept {
            Some(token) => token,
            None => {
                let token = client.auth(&reference, &auth, RegistryOperation::Pull).await?;
                let repository = reference.repository().to_owned();
                self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(repository, token.clone());
                token
            }
        };
        let request = self.http.get(&url).header(ACCEPT, accept);
        let request = match (token, &auth) {
            (Some(token), _) => request.bearer_auth(token),
            (None, RegistryAuth::Basic(user, password)) => request.basic_auth(user, Some(password)),
            (None, _) => request,
        };
        let mut response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(refusal(&mut response, url).await);
        }
        let mut body = Vec::new();
        while let Some(more) = response.chunk().await? {
            if more.len() > cap.saturating_sub(body.len()) {
                return Err(io::Error::other(format!("{url}: expected at most {cap} bytes, found more")).into());
            }
            body.extend_from_slice(&more);
        }
        let headers = response.headers();
        let is_json = text(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("json"));
        let digest = text(headers, "Docker-Content-Digest").map(str::to_owned);
        Ok(Answer { body, digest, next: text(headers, LINK.as_str()).and_then(next), url: response.url().clone(), is_json })
    }
}

/// The error that `oci-client` makes of such an answer.
async fn refusal(response: &mut Response, url: String) -> OciDistributionError {
    let status = response.status();
    let mut body = Vec::new();
    while let Ok(Some(more)) = response.chunk().await {
        body.extend_from_slice(&more);
        if body.len() >= ERROR_BYTES {
            body.truncate(ERROR_BYTES);
            break;
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        return OciDistributionError::UnauthorizedError { url };
    }
    match serde_json::from_slice::<OciEnvelope>(&body) {
        Ok(envelope) if status.is_client_error() => OciDistributionError::RegistryError { envelope, url },
        _ => {
            let message = String::from_utf8_lossy(&body).into_owned();
            OciDistributionError::ServerError { code: status.as_u16(), url, message }
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The address in `<address>; rel="next"`. Source: OCI distribution specification 1.1, "Listing Referrers"; RFC 8288.
fn next(link: &str) -> Option<String> {
    let (address, parameters) = link.trim_start().strip_prefix('<')?.split_once('>')?;
    let is_next = parameters.split(';').any(|parameter| matches!(parameter.trim(), r#"rel="next""# | "rel=next"));
    is_next.then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn where_a_list_goes_on() {
        assert_eq!(next(r#"</v2/a/referrers/b?last=c>; rel="next""#).as_deref(), Some("/v2/a/referrers/b?last=c"));
        assert_eq!(next("<x>; title=y; rel=next").as_deref(), Some("x"));
        for other in ["", "x", "<x", r#"<x>; rel="prev""#, "<x>"] {
            assert_eq!(next(other), None, "{other}");
        }
    }
}
