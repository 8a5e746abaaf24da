//! Host calls → the same answers, those about a digest from a [`Store`].
//!
//! What a digest names never changes. So a manifest with its config, asked for by digest, is asked for once; asked for by tag, the digest
//! behind the tag is asked for, which is one short request instead of two long ones. Nothing else is kept: a tag, a signature and an absence
//! are what the registry says now. A kept answer is given for the very repository that gave it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::capability::Capabilities;
use crate::store::Store;

/// Answers from a store where it can, and keeps there what it could not.
pub struct Kept {
    inner: Arc<dyn Capabilities>,
    store: Store,
    trouble: Mutex<Option<String>>,
}

#[derive(Deserialize)]
struct WithDigest {
    digest: String,
}

impl Kept {
    /// In front of whoever answers else.
    #[must_use]
    pub fn new(inner: Arc<dyn Capabilities>, store: Store) -> Self {
        Self { inner, store, trouble: Mutex::default() }
    }

    /// Why an answer could not be kept, the first time that one could not.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn manifest_config(&self, image: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let ask = |operation: &str| self.inner.call("kubewarden", "oci", operation, payload);
        let (repository, digest) = match image.split_once('@') {
            Some((name, digest)) => (without_tag(name), Some(digest.to_owned())),
            // Where it cannot be asked for, the call itself fails by what is told.
            None => (without_tag(image), ask("v1/manifest_digest").ok().and_then(|answer| digest_in(&answer))),
        };
        if let Some(answer) = digest.and_then(|digest| self.store.get(&key(repository, &digest))) {
            return Ok(answer);
        }
        let answer = ask("v1/oci_manifest_config")?;
        // By the digest of what was sent: the tag may have moved in the meantime, and of an index it is that of a platform.
        if let Some(digest) = digest_in(&answer)
            && let Err(error) = self.store.put(&key(repository, &digest), &answer)
        {
            self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
        }
        Ok(answer)
    }
}

impl Capabilities for Kept {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if (binding, namespace, operation) == ("kubewarden", "oci", "v1/oci_manifest_config")
            && let Ok(image) = serde_json::from_slice::<String>(payload)
        {
            return self.manifest_config(&image, payload);
        }
        self.inner.call(binding, namespace, operation, payload)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("store", &self.store).finish_non_exhaustive()
    }
}

fn key(repository: &str, digest: &str) -> String {
    format!("{repository}@{digest}")
}

fn digest_in(answer: &[u8]) -> Option<String> {
    serde_json::from_slice::<WithDigest>(answer).ok().map(|answer| answer.digest)
}

/// A colon behind the last slash begins a tag, one before it a port.
fn without_tag(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A registry with one artifact under a tag, which counts what it is asked.
    #[derive(Default)]
    struct Counting {
        asked: Mutex<Vec<String>>,
        is_down: Mutex<bool>,
    }

    impl Capabilities for Counting {
        fn call(&self, _: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
            self.asked.lock().unwrap().push(format!("{operation} {}", String::from_utf8_lossy(payload)));
            match operation {
                _ if *self.is_down.lock().unwrap() => Err("down".to_owned()),
                "v1/manifest_digest" => Ok(br#"{"digest":"sha256:1"}"#.to_vec()),
                "v1/oci_manifest_config" => Ok(br#"{"manifest":{},"digest":"sha256:1","config":{"a":1}}"#.to_vec()),
                _ => Ok(namespace.as_bytes().to_vec()),
            }
        }
    }

    #[test]
    fn what_a_digest_names_is_fetched_once() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Arc::new(Counting::default());
        let kept = || Kept::new(registry.clone(), Store::new(folder.path().to_owned(), 1 << 20));
        let ask = |image: &str| kept().call("kubewarden", "oci", "v1/oci_manifest_config", format!("\"{image}\"").as_bytes());
        let asked = || std::mem::take(&mut *registry.asked.lock().unwrap());
        let first = ask("r:5000/a@sha256:1").unwrap();
        assert_eq!(asked(), ["v1/oci_manifest_config \"r:5000/a@sha256:1\""]);
        assert_eq!(ask("r:5000/a@sha256:1"), Ok(first.clone()));
        assert_eq!(ask("r:5000/a:t@sha256:1"), Ok(first.clone()));
        assert!(asked().is_empty());
        assert_eq!(ask("r:5000/a:t"), Ok(first.clone()));
        assert_eq!(asked(), ["v1/manifest_digest \"r:5000/a:t\""]);
        assert!(ask("r:5000/b@sha256:1").is_ok());
        assert_eq!(asked().len(), 1, "another repository may not have it");
        *registry.is_down.lock().unwrap() = true;
        assert_eq!(ask("r:5000/a:t"), Err("down".to_owned()), "what a tag stands for is not kept");
        assert_eq!(ask("r:5000/a@sha256:1"), Ok(first));
        assert_eq!(ask("r:5000/a@sha256:2"), Err("down".to_owned()));
    }

    #[test]
    fn other_calls_are_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Arc::new(Counting::default());
        let kept = Kept::new(registry.clone(), Store::new(folder.path().to_owned(), 1 << 20));
        for (namespace, operation) in [("oci", "v1/oci_manifest"), ("oci", "v2/verify"), ("kubernetes", "get_resource")] {
            assert_eq!(kept.call("kubewarden", namespace, operation, b"\"a@sha256:1\""), Ok(namespace.as_bytes().to_vec()));
        }
        assert_eq!(registry.asked.lock().unwrap().len(), 3);
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_only_the_cache() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let kept = Kept::new(Arc::new(Counting::default()), Store::new(file.path().to_owned(), 1 << 20));
        assert_eq!(kept.trouble(), None);
        assert!(kept.call("kubewarden", "oci", "v1/oci_manifest_config", b"\"a@sha256:1\"").is_ok());
        assert!(kept.trouble().is_some());
    }
}
