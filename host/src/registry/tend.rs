//! What looking after a repository needs: its tags, whether a manifest is gone, and removing one. Nothing here is cached.

use std::collections::BTreeSet;

use oci_client::errors::OciDistributionError;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use reqwest::Method;
use serde::Deserialize;

use super::answer::Answer;
use super::http::Request;
use super::{Registry, RegistryError, parse};
use crate::limits::{REGISTRY_ANSWER_BYTES, TAGS};

/// What a client takes. A registry may deny a manifest whose kind is not asked for, so that every kind is.
const ANY_MANIFEST: [&str; 5] =
    [OCI_IMAGE_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, "*/*"];
/// How many tags are asked for at once; registries may give fewer.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct TagsAnswer {
    /// `null` of a repository whose tags are all gone.
    tags: Option<Vec<String>>,
}

impl Registry {
    /// All tags of a repository, page after page.
    ///
    /// # Errors
    /// [`RegistryError`]; [`RegistryError::is_not_found`] where the registry does not know the repository. A list that goes round in a
    /// circle or is above the cap is one, too: a part of the tags is never taken for all.
    ///
    /// Source: OCI distribution specification 1.1, "Listing Tags"; RFC 8288.
    pub fn tags(&self, repository: &str) -> Result<Vec<String>, RegistryError> {
        let reference = parse(repository)?;
        let mut tags = Vec::new();
        let mut path = format!("/v2/{}/tags/list?n={PAGE}", reference.repository());
        let mut seen = BTreeSet::new();
        loop {
            if !seen.insert(path.clone()) {
                return Err(RegistryError::Invalid(format!(
                    "`{repository}`: the registry's list of tags goes round in a circle"
                )));
            }
            let (page, next) = self.clients.ask(&reference, &request(Method::GET, path.clone(), ""), page)?;
            tags.extend(page);
            if tags.len() > TAGS {
                return Err(RegistryError::Invalid(format!("`{repository}`: expected at most {TAGS} tags, found more")));
            }
            match next {
                None => return Ok(tags),
                Some(next) => path = next_page(&next, &path)?,
            }
        }
    }

    /// Whether the registry says definitely, by its status 404, that it has no manifest or index of a digest in a repository.
    ///
    /// # Errors
    /// [`RegistryError`] for every other answer but 200, and for none.
    pub fn is_gone(&self, repository: &str, digest: &str) -> Result<bool, RegistryError> {
        let reference = parse(&format!("{repository}@{digest}"))?;
        let path = format!("/v2/{}/manifests/{digest}", reference.repository());
        self.clients.ask(&reference, &request(Method::HEAD, path, &ANY_MANIFEST.join(", ")), |answer| match answer.status {
            200 => Ok(false),
            404 => Ok(true),
            _ => Err(answer.into_error()),
        })
    }

    /// Removes a manifest by its digest, and with it every tag that stands for it. One that is gone already is no error.
    ///
    /// # Errors
    /// [`RegistryError`]; [`RegistryError::forbids`] where the registry does not allow it.
    ///
    /// Source: OCI distribution specification 1.1, "Deleting Manifests".
    pub fn delete_manifest(&self, repository: &str, digest: &str) -> Result<(), RegistryError> {
        let reference = parse(&format!("{repository}@{digest}"))?;
        let path = format!("/v2/{}/manifests/{digest}", reference.repository());
        self.clients.ask(&reference, &request(Method::DELETE, path, ""), |answer| match answer.status {
            200 | 202 | 204 | 404 => Ok(()),
            _ => Err(answer.into_error()),
        })
    }
}

/// A request whose status counts.
fn request(method: Method, path: String, accept: &str) -> Request {
    Request { method, path, accept: accept.to_owned(), cap: REGISTRY_ANSWER_BYTES, follows: false }
}

/// The tags of a page, and where the next one is.
fn page(answer: Answer) -> Result<(Vec<String>, Option<String>), OciDistributionError> {
    if answer.status != 200 {
        return Err(answer.into_error());
    }
    let read: TagsAnswer = serde_json::from_slice(&answer.body)?;
    Ok((read.tags.unwrap_or_default(), answer.next().map(str::to_owned)))
}

/// The path of the next page, on the same host whatever the address names.
fn next_page(next: &str, path: &str) -> Result<String, RegistryError> {
    let wrong = || RegistryError::Invalid(format!("expected the next page of a list of tags, found `{next}`"));
    let base = url::Url::parse("http://registry.invalid").and_then(|base| base.join(path));
    let url = base.and_then(|base| base.join(next)).map_err(|_| wrong())?;
    match (url.path().starts_with("/v2/"), url.query()) {
        (true, Some(query)) => Ok(format!("{}?{query}", url.path())),
        (true, None) => Ok(url.path().to_owned()),
        (false, _) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_on_the_same_host() {
        let next = |address| next_page(address, "/v2/app/tags/list?n=2").map_err(|error| error.to_string());
        for address in ["/v2/app/tags/list?last=b&n=2", "http://elsewhere.example/v2/app/tags/list?last=b&n=2", "?last=b&n=2"] {
            assert_eq!(next(address), Ok("/v2/app/tags/list?last=b&n=2".to_owned()), "{address}");
        }
        assert!(next("/admin?last=b").is_err());
    }
}
