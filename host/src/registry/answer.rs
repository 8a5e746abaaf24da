//! A registry's answer: its status, what its headers say, and its body up to a cap.

use std::io;

use oci_client::errors::{OciDistributionError, OciEnvelope};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LINK};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;

use super::authorization::Authorization;

/// The longest error that is read, in bytes; what goes on is cut.
const ERROR_BYTES: usize = 64 * 1024;
/// What is kept of an error's text, in bytes.
const TEXT_BYTES: usize = 1024;

/// An answer.
pub(super) struct Answer {
    /// What was asked for.
    asked: String,
    /// Where the answer came from, after redirects.
    pub(super) url: Url,
    pub(super) status: u16,
    headers: HeaderMap,
    /// Of an error, the beginning.
    pub(super) body: Vec<u8>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl Answer {
    /// Reads it; a success that is longer than the cap is an error.
    pub(super) async fn read(asked: String, mut response: Response, cap: usize) -> Result<Self, OciDistributionError> {
        let mut body = Vec::new();
        if response.status().is_success() {
            while let Some(more) = response.chunk().await? {
                if more.len() > cap.saturating_sub(body.len()) {
                    let message = format!("{asked}: expected an answer of at most {cap} bytes, found more");
                    return Err(io::Error::other(message).into());
                }
                body.extend_from_slice(&more);
            }
        } else {
            // The status says enough, whatever becomes of the rest.
            while let (Ok(Some(more)), true) = (response.chunk().await, body.len() < ERROR_BYTES) {
                body.extend_from_slice(&more);
            }
            body.truncate(ERROR_BYTES);
        }
        let (url, status, headers) = (response.url().clone(), response.status().as_u16(), response.headers().clone());
        Ok(Self { asked, url, status, headers, body })
    }

    /// What the registry says is the digest of the body.
    pub(super) fn digest(&self) -> Option<&str> {
        self.headers.get("Docker-Content-Digest")?.to_str().ok()
    }

    /// Whether it says to be JSON.
    pub(super) fn is_json(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.contains("json"))
    }

    /// The address of the next page, as the registry writes it.
    pub(super) fn next(&self) -> Option<&str> {
        self.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next)
    }

    /// The token in it.
    pub(super) fn token(self) -> Result<Option<Authorization>, OciDistributionError> {
        if self.status != StatusCode::OK.as_u16() {
            return Err(OciDistributionError::AuthenticationFailure(self.text()));
        }
        let read = serde_json::from_slice::<TokenAnswer>(&self.body);
        let read = read.map_err(|error| OciDistributionError::RegistryTokenDecodeError(error.to_string()))?;
        Ok(read.token.or(read.access_token).map(Authorization::Bearer))
    }

    /// The beginning of the body.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.body.get(..TEXT_BYTES).unwrap_or(&self.body)).into_owned()
    }

    /// As an error, with its status.
    pub(super) fn into_error(self) -> OciDistributionError {
        match self.status {
            401 => OciDistributionError::UnauthorizedError { url: self.asked },
            code => OciDistributionError::ServerError { code, message: self.text(), url: self.asked },
        }
    }

    /// As the error that `oci-client` makes of it: what the registry itself says, where it says something, counts more than the status.
    pub(super) fn into_refusal(self) -> OciDistributionError {
        match (self.status, serde_json::from_slice::<OciEnvelope>(&self.body)) {
            (400 | 402..500, Ok(envelope)) => OciDistributionError::RegistryError { envelope, url: self.asked },
            _ => self.into_error(),
        }
    }
}

/// The address of `rel="next"` in a header `Link`. Source: OCI distribution specification 1.1, "Listing Tags"; RFC 8288.
fn next(link: &str) -> Option<&str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        let end = parameters.find('<').unwrap_or(parameters.len());
        let (own, later) = parameters.split_at_checked(end)?;
        let mut each = own.split(';').map(|one| one.trim().trim_end_matches(',').trim().replace('"', "").to_ascii_lowercase());
        if each.any(|one| one == "rel=next") {
            return Some(target);
        }
        rest = later;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn where_a_list_goes_on() {
        assert_eq!(next(r#"</v2/a/referrers/b?last=c>; rel="next""#), Some("/v2/a/referrers/b?last=c"));
        assert_eq!(next("<x>; title=y; rel=next"), Some("x"));
        assert_eq!(next(r#"<y>; rel="first", <?last=b>; title=x; rel="next""#), Some("?last=b"));
        for other in ["", "x", "<x", r#"<x>; rel="prev""#, "<x>"] {
            assert_eq!(next(other), None, "{other}");
        }
    }
}
