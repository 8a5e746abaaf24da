//! What looking after a repository needs: its tags, whether a manifest is gone, and removing one. Nothing here is cached.

use std::collections::BTreeSet;

use oci_client::Reference;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use oci_client::secrets::RegistryAuth;
use reqwest::Method;
use serde::Deserialize;

use super::raw::Raw;
use super::{Registry, RegistryError, parse};
use crate::limits::TAGS;

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
            let (page, link) =
                self.clients.run_raw(&reference, |raw, reference, auth| page(raw, reference, auth, path.clone()))?;
            tags.extend(page);
            if tags.len() > TAGS {
                return Err(RegistryError::Invalid(format!("`{repository}`: expected at most {TAGS} tags, found more")));
            }
            match link.as_deref().and_then(|link| next_page(link, &path)) {
                None => return Ok(tags),
                Some(next) => path = next?,
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
        self.clients.run_raw(&reference, |raw, reference, auth| {
            let path = path.clone();
            async move {
                let answer = raw.send(Method::HEAD, &reference, &path, &ANY_MANIFEST, &auth).await?;
                match answer.status {
                    200 => Ok(false),
                    404 => Ok(true),
                    _ => Err(answer.into_error()),
                }
            }
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
        self.clients.run_raw(&reference, |raw, reference, auth| {
            let path = path.clone();
            async move {
                let answer = raw.send(Method::DELETE, &reference, &path, &[], &auth).await?;
                match answer.status {
                    200 | 202 | 204 | 404 => Ok(()),
                    _ => Err(answer.into_error()),
                }
            }
        })
    }
}

async fn page(
    raw: Raw,
    reference: Reference,
    auth: RegistryAuth,
    path: String,
) -> Result<(Vec<String>, Option<String>), OciDistributionError> {
    let mut answer = raw.send(Method::GET, &reference, &path, &[], &auth).await?;
    if answer.status != 200 {
        return Err(answer.into_error());
    }
    let read: TagsAnswer = serde_json::from_slice(&answer.body)?;
    Ok((read.tags.unwrap_or_default(), answer.link.take()))
}

/// The path of the next page, on the same host whatever the header names; `None` where it names none.
fn next_page(link: &str, path: &str) -> Option<Result<String, RegistryError>> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        let end = parameters.find('<').unwrap_or(parameters.len());
        let (own, later) = parameters.split_at_checked(end)?;
        let is_next = own.split(';').map(|one| one.trim().trim_end_matches(',').trim().replace('"', "").to_ascii_lowercase());
        if is_next.into_iter().any(|one| one == "rel=next") {
            let base = url::Url::parse("http://registry.invalid").and_then(|base| base.join(path));
            let wrong = || RegistryError::Invalid(format!("expected the next page of a list of tags, found `{target}`"));
            let next = base.and_then(|base| base.join(target)).map_err(|_| wrong());
            return Some(next.and_then(|url| match (url.path().starts_with("/v2/"), url.query()) {
                (true, Some(query)) => Ok(format!("{}?{query}", url.path())),
                (true, None) => Ok(url.path().to_owned()),
                (false, _) => Err(wrong()),
            }));
        }
        rest = later;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_on_the_same_host() {
        let next = |link| next_page(link, "/v2/app/tags/list?n=2").map(|next| next.map_err(|error| error.to_string()));
        for link in [
            "</v2/app/tags/list?last=b&n=2>; rel=\"next\"",
            "<http://elsewhere.example/v2/app/tags/list?last=b&n=2>; rel=next",
            "</v2/app/tags/list?n=2>; rel=\"first\", <?last=b&n=2>; title=x; rel=\"next\"",
        ] {
            assert_eq!(next(link), Some(Ok("/v2/app/tags/list?last=b&n=2".to_owned())), "{link}");
        }
        for link in ["", "nonsense", "</v2/app/tags/list?n=2>; rel=\"prev\"", "</v2/app"] {
            assert_eq!(next(link), None, "{link}");
        }
        assert!(next("</admin?last=b>; rel=\"next\"").is_some_and(|next| next.is_err()));
    }
}
