//! What the command line needs beside a guest's look-ups: exact bytes, and putting them there. Nothing here is cached.

use oci_client::Reference;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use policy::image::Digest;

use super::capped::Capped;
use super::{Registry, RegistryError, parse};
use crate::limits;

/// The kinds of manifest that are asked for, as the policy server's client does.
const MANIFESTS: [&str; 4] =
    [IMAGE_MANIFEST_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE];

/// An image reference and what it stands for at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Registry and repository in full, such as `docker.io/library/busybox` or `localhost:5000/app`.
    pub repository: String,
    /// The tag of the reference, `latest` where it has neither tag nor digest.
    pub tag: Option<String>,
    /// Digest of the manifest or index, `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

impl Resolved {
    /// The reference that stands for these bytes only: `repository@digest`.
    #[must_use]
    pub fn pinned(&self) -> String {
        format!("{}@{}", self.repository, self.digest)
    }

    /// Another tag of the same repository.
    #[must_use]
    pub fn sibling(&self, tag: &str) -> String {
        format!("{}:{tag}", self.repository)
    }
}

/// A manifest or index as the registry sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawManifest {
    /// The bytes; their digest was checked.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: String,
}

impl Registry {
    /// Asks what a reference stands for.
    ///
    /// # Errors
    /// [`RegistryError`]; [`RegistryError::is_not_found`] tells an absent image from an unreachable one.
    pub fn resolve(&self, image: &str) -> Result<Resolved, RegistryError> {
        let reference = parse(image)?;
        let digest = self.clients.run_patiently(&reference, |client, reference, auth| async move {
            client.fetch_manifest_digest(&reference, &auth).await
        })?;
        let repository = format!("{}/{}", reference.registry(), reference.repository());
        Ok(Resolved { repository, tag: reference.tag().map(str::to_owned), digest })
    }

    /// Whether the registry holds a manifest or index under this reference.
    ///
    /// # Errors
    /// [`RegistryError`] where the registry gave neither answer.
    pub fn exists(&self, image: &str) -> Result<bool, RegistryError> {
        match self.resolve(image) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Fetches a manifest or index without reading it. An index is not resolved.
    ///
    /// # Errors
    /// [`RegistryError`]; also where it is larger than [`limits::MANIFEST_BYTES`], or its digest is not the one asked for.
    pub fn pull_manifest_raw(&self, image: &str) -> Result<RawManifest, RegistryError> {
        let reference = parse(image)?;
        let path = format!("manifests/{}", reference.digest().or(reference.tag()).unwrap_or("latest"));
        let answer = self.clients.get(&reference, &path, &MANIFESTS.join(", "), limits::MANIFEST_BYTES)?;
        let digest = Digest::of(&answer.body).to_string();
        if let Some(expected) = [reference.digest(), answer.digest()].into_iter().flatten().find(|one| *one != digest) {
            let message = format!("`{image}`: expected a manifest of the digest {expected}, found {digest}");
            return Err(RegistryError::Invalid(message));
        }
        Ok(RawManifest { bytes: answer.body, digest })
    }

    /// Fetches a blob of the reference's repository, checks its digest, and gives up after `cap` bytes, whatever the registry goes on
    /// sending.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn pull_blob(&self, image: &str, digest: &str, cap: usize) -> Result<Vec<u8>, RegistryError> {
        let reference = parse(image)?;
        self.clients.run_patiently(&reference, |client, reference, auth| {
            let digest = digest.to_owned();
            async move {
                client.store_auth_if_needed(reference.resolve_registry(), &auth).await;
                let mut bytes = Capped::new(cap);
                client.pull_blob(&reference, digest.as_str(), &mut bytes).await?;
                Ok(bytes.into_bytes())
            }
        })
    }

    /// Puts a blob into the reference's repository, unless it is there, and gives its digest.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn push_blob(&self, image: &str, bytes: &[u8]) -> Result<String, RegistryError> {
        let reference = parse(image)?;
        let digest = Digest::of(bytes).to_string();
        self.clients.run_patiently(&reference, |client, reference, auth| {
            let (bytes, digest) = (bytes.to_vec(), digest.clone());
            async move {
                client.store_auth_if_needed(reference.resolve_registry(), &auth).await;
                if client.blob_exists(&reference, &digest).await? {
                    return Ok(());
                }
                client.push_blob(&reference, bytes, &digest).await.map(|_| ())
            }
        })?;
        Ok(digest)
    }

    /// Puts a manifest or index under the reference's tag, or under its own digest where the reference has one, and gives its digest.
    /// The bytes are sent as they are.
    ///
    /// # Errors
    /// [`RegistryError`]; a reference with a digest that is not that of `bytes`, and a media type that is none, are refused before
    /// anything is sent.
    pub fn push_manifest_raw(&self, image: &str, bytes: &[u8], media_type: &str) -> Result<String, RegistryError> {
        let reference = parse(image)?;
        let digest = Digest::of(bytes).to_string();
        if let Some(expected) = reference.digest()
            && expected != digest
        {
            return Err(RegistryError::Invalid(format!("`{image}`: expected bytes of this digest, found {digest}")));
        }
        if media_type.is_empty() || !media_type.chars().all(|c| c.is_ascii_graphic()) {
            return Err(RegistryError::Invalid(format!("expected a media type, found `{media_type}`")));
        }
        self.clients.run_patiently(&reference, |client, reference: Reference, auth| {
            let (bytes, media_type) = (bytes.to_vec(), media_type.to_owned());
            async move {
                client.store_auth_if_needed(reference.resolve_registry(), &auth).await;
                let media_type = media_type
                    .parse()
                    .map_err(|_| oci_client::errors::OciDistributionError::UnsupportedMediaTypeError(media_type.clone()))?;
                client.push_manifest_raw(&reference, bytes, media_type).await
            }
        })?;
        Ok(digest)
    }
}
