//! The digest of an image → the artifacts that name it as their subject, as its registry lists them.
//!
//! Source: OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema". Both are asked, always: what was pushed
//! before a registry had the API may be in the tag only. A list that cannot be had is an error, never an empty one; what is no list (a
//! page for people, the image itself under the tag, as GitLab has it) is a registry without that way.

use std::collections::BTreeSet;

use oci_client::Reference;
use serde::Deserialize;

use super::answer::Answer;
use super::{Registry, RegistryError, parse};
use crate::limits;

/// Media type of an index.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Only what is not believed of a list in any case is left out: descriptors are wrong often enough.
#[derive(Deserialize)]
struct List {
    manifests: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

/// A page of a list.
struct Page {
    digests: Vec<String>,
    /// The path of the next one.
    next: Option<String>,
}

impl Registry {
    /// The digests of the manifests that the registry lists as referrers of `repository@digest`, sorted. What they are, and whether they
    /// name that subject, only the manifests say.
    ///
    /// # Errors
    /// [`RegistryError`]; also where there are more than [`limits::REFERRERS`], or the list goes on at another host.
    pub fn referrers(&self, repository: &str, digest: &str) -> Result<Vec<String>, RegistryError> {
        let image = format!("{repository}@{digest}");
        let invalid = |expected: &str| Err(RegistryError::Invalid(format!("`{image}`: expected {expected}")));
        let mut all = BTreeSet::new();
        let reference = parse(&image)?;
        let mut path = Some(format!("referrers/{digest}"));
        let mut n_pages = 0_usize;
        while let Some(now) = path.take() {
            match self.page(&reference, &now)? {
                Some(page) => {
                    all.extend(page.digests);
                    path = page.next;
                }
                None if n_pages == 0 => {}
                None => return invalid("the next page of its referrers, found none"),
            }
            n_pages = n_pages.saturating_add(1);
            if n_pages >= limits::REFERRERS_PAGES && path.is_some() {
                return invalid(&format!("at most {} pages of referrers, found more", limits::REFERRERS_PAGES));
            }
        }
        let tag = format!("{repository}:{}", digest.replace(':', "-"));
        match self.pull_manifest_raw(&tag) {
            // The image itself.
            Ok(raw) if raw.digest == digest => {}
            Ok(raw) => all.extend(list(&raw.bytes)?.unwrap_or_default()),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        if all.len() > limits::REFERRERS {
            return invalid(&format!("at most {} referrers, found {}", limits::REFERRERS, all.len()));
        }
        Ok(all.into_iter().collect())
    }

    /// `None` where the registry has no such API.
    fn page(&self, reference: &Reference, path: &str) -> Result<Option<Page>, RegistryError> {
        let answer = match self.clients.get(reference, path, INDEX, limits::REFERRERS_BYTES) {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() || error.is_unsupported() => return Ok(None),
            Err(error) => return Err(error),
        };
        // A page for people, whatever its status, is no list.
        let is_elsewhere = answer.url.host_str() != reference_host(reference).as_deref();
        if !answer.is_json() || is_elsewhere {
            return Ok(None);
        }
        let next = next(&answer)?;
        Ok(list(&answer.body)?.map(|digests| Page { digests, next }))
    }
}

/// The digests of a list; `None` of what is none.
fn list(bytes: &[u8]) -> Result<Option<Vec<String>>, RegistryError> {
    let list: List = serde_json::from_slice(bytes).map_err(RegistryError::Json)?;
    Ok(list.manifests.map(|all| all.into_iter().map(|descriptor| descriptor.digest).collect()))
}

/// The path of the next page, which is at the same place as this one.
fn next(answer: &Answer) -> Result<Option<String>, RegistryError> {
    let Some(next) = answer.next() else { return Ok(None) };
    let joined = answer.url.join(next).ok().filter(|joined| joined.origin() == answer.url.origin());
    let Some(joined) = joined else {
        let message = format!("{}: expected a list of referrers that goes on at the same registry, found `{next}`", answer.url);
        return Err(RegistryError::Invalid(message));
    };
    let query = joined.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(Some(format!("{}{query}", joined.path())))
}

fn reference_host(reference: &Reference) -> Option<String> {
    let url = reqwest::Url::parse(&format!("https://{}/", reference.resolve_registry())).ok()?;
    url.host_str().map(str::to_owned)
}
