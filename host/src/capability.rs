//! A host call → whether the guest may make it, and who answers.
//!
//! The names and the grammar of grants are the policy server's (`hostCapabilities` in `policies.yml`,
//! `--allowed-host-capabilities` of kwctl): the path `namespace/operation`, or a prefix of it that ends in `*`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::kubernetes::{Request, Resource};

/// Every capability that can be granted, by the path a grant names it with.
pub const KNOWN: [&str; 11] = [
    "crypto/v1/is_certificate_trusted",
    "kubernetes/can_i",
    "kubernetes/get_resource",
    "kubernetes/list_resources_all",
    "kubernetes/list_resources_by_namespace",
    "net/v1/dns_lookup_host",
    "oci/v1/manifest_digest",
    "oci/v1/oci_manifest",
    "oci/v1/oci_manifest_config",
    "oci/v1/verify",
    "oci/v2/verify",
];

/// Whoever answers a guest's host calls.
pub trait Capabilities: Send + Sync {
    /// Answers one call: bytes, mostly JSON, both ways.
    ///
    /// # Errors
    /// One free text, which the guest gets as it stands.
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String>;
}

/// Answers no call: for operations such as `validate_settings`, which must make none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCapabilities;

impl Capabilities for NoCapabilities {
    fn call(&self, binding: &str, namespace: &str, operation: &str, _payload: &[u8]) -> Result<Vec<u8>, String> {
        Err(format!("host calls are not available here: {binding} {namespace}/{operation}"))
    }
}

/// Lets through what was granted and `tracing`, which is never gated.
pub struct Granted {
    patterns: Vec<String>,
    inner: Arc<dyn Capabilities>,
}

impl Granted {
    /// Takes grants such as `*`, `oci/*`, `oci/v1/*` and `oci/v1/oci_manifest`; none at all denies everything but `tracing`.
    ///
    /// # Errors
    /// [`GrantError`] for a segment that no capability has at that place.
    pub fn new<P: AsRef<str>>(patterns: &[P], inner: Arc<dyn Capabilities>) -> Result<Self, GrantError> {
        let patterns = patterns.iter().map(|pattern| checked(pattern.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { patterns, inner })
    }

    fn grants(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == pattern,
        })
    }
}

impl Capabilities for Granted {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let path = format!("{namespace}/{operation}");
        if namespace == "tracing" || self.grants(&path) {
            return self.inner.call(binding, namespace, operation, payload);
        }
        Err(format!("Policy has not been granted access to the '{path}' host capability. The violation has been reported."))
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted").field("patterns", &self.patterns).finish_non_exhaustive()
    }
}

/// Lets through requests for the kinds of Kubernetes objects that a policy declares (`contextAwareResources` in `policies.yml`,
/// `--allow-context-aware` of kwctl with those of the metadata), and every other call.
pub struct ContextAware {
    resources: BTreeSet<Resource>,
    inner: Arc<dyn Capabilities>,
}

impl ContextAware {
    /// Takes the kinds that were declared; none at all denies every request for objects.
    pub fn new(resources: impl IntoIterator<Item = Resource>, inner: Arc<dyn Capabilities>) -> Self {
        Self { resources: resources.into_iter().collect(), inner }
    }
}

impl Capabilities for ContextAware {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if (binding, namespace) == ("kubewarden", "kubernetes")
            && let Some(request) = Request::of_call(operation, payload)
        {
            let request = request.map_err(|error| error.to_string())?;
            let resource = request.resource();
            if !self.resources.contains(resource) {
                return Err(format!(
                    "Policy has not been granted access to Kubernetes {resource} resources. The violation has been reported."
                ));
            }
        }
        self.inner.call(binding, namespace, operation, payload)
    }
}

impl fmt::Debug for ContextAware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextAware").field("resources", &self.resources).finish_non_exhaustive()
    }
}

/// A grant that names no capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantError {
    /// The grant as written.
    pub pattern: String,
    /// The segment that fits nothing; empty where the grant ends too early.
    pub segment: String,
    /// What may stand there, sorted.
    pub expected: Vec<String>,
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, segment, expected } = self;
        let expected = expected.join(", ");
        match segment.as_str() {
            "" => write!(f, "host capability `{pattern}`: expected one more segment of {expected}, found the end"),
            segment => write!(f, "host capability `{pattern}`: expected one of {expected}, found `{segment}`"),
        }
    }
}

impl std::error::Error for GrantError {}

fn checked(pattern: &str) -> Result<String, GrantError> {
    let mut fitting: Vec<Vec<&str>> = KNOWN.iter().map(|path| path.split('/').collect()).collect();
    let segments: Vec<&str> = pattern.split('/').collect();
    let refused = |segment: &str, fitting: &[Vec<&str>], place: usize| {
        let mut expected: Vec<String> = fitting.iter().filter_map(|path| path.get(place)).map(|&s| s.to_owned()).collect();
        expected.push("*".to_owned());
        expected.sort();
        expected.dedup();
        GrantError { pattern: pattern.to_owned(), segment: segment.to_owned(), expected }
    };
    for (place, &segment) in segments.iter().enumerate() {
        if segment == "*" && place + 1 == segments.len() && fitting.iter().any(|path| path.len() > place) {
            return Ok(pattern.to_owned());
        }
        let next: Vec<Vec<&str>> = fitting.iter().filter(|path| path.get(place) == Some(&segment)).cloned().collect();
        if next.is_empty() {
            return Err(refused(segment, &fitting, place));
        }
        fitting = next;
    }
    if fitting.iter().any(|path| path.len() == segments.len()) {
        return Ok(pattern.to_owned());
    }
    Err(refused("", &fitting, segments.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl Capabilities for Echo {
        fn call(&self, _: &str, namespace: &str, operation: &str, _: &[u8]) -> Result<Vec<u8>, String> {
            Ok(format!("{namespace}/{operation}").into_bytes())
        }
    }

    fn granted(patterns: &[&str], namespace: &str, operation: &str) -> Result<Vec<u8>, String> {
        Granted::new(patterns, Arc::new(Echo)).expect("valid grants").call("kubewarden", namespace, operation, b"")
    }

    #[test]
    fn grants_are_paths_and_prefixes() {
        for (patterns, namespace, operation, open) in [
            (&["*"][..], "oci", "v1/oci_manifest", true),
            (&["*"], "nothing", "known", true),
            (&["oci/*"], "oci", "v2/verify", true),
            (&["oci/*"], "kubernetes", "get_resource", false),
            (&["oci/v1/*"], "oci", "v1/manifest_digest", true),
            (&["oci/v1/*"], "oci", "v2/verify", false),
            (&["oci/v1/oci_manifest"], "oci", "v1/oci_manifest", true),
            (&["oci/v1/oci_manifest"], "oci", "v1/oci_manifest_config", false),
            (&["kubernetes/can_i", "oci/*"], "oci", "v1/verify", true),
            (&[], "oci", "v1/verify", false),
            (&[], "tracing", "log", true),
        ] {
            assert_eq!(granted(patterns, namespace, operation).is_ok(), open, "{patterns:?} {namespace}/{operation}");
        }
    }

    #[test]
    fn a_denial_reads_as_measured() {
        assert_eq!(
            granted(&[], "oci", "v1/manifest_digest"),
            Err("Policy has not been granted access to the 'oci/v1/manifest_digest' host capability. \
                 The violation has been reported."
                .to_owned())
        );
    }

    #[test]
    fn kinds_of_objects_are_declared() {
        let reports = Resource { api_version: "example.com/v1".to_owned(), kind: "Report".to_owned() };
        let call = |declared: &[Resource], namespace: &str, operation: &str, payload: &str| {
            let host = ContextAware::new(declared.to_vec(), Arc::new(Echo));
            host.call("kubewarden", namespace, operation, payload.as_bytes())
        };
        let request = r#"{"api_version":"example.com/v1","kind":"Report","name":"a","namespace":"b","disable_cache":false}"#;
        for operation in ["get_resource", "list_resources_by_namespace", "list_resources_all"] {
            assert_eq!(
                call(std::slice::from_ref(&reports), "kubernetes", operation, request),
                Ok(format!("kubernetes/{operation}").into_bytes())
            );
            let refused = "Policy has not been granted access to Kubernetes example.com/v1/Report resources. The violation has been reported.";
            let other = Resource { api_version: "example.com/v2".to_owned(), ..reports.clone() };
            for declared in [&[][..], &[other]] {
                assert_eq!(call(declared, "kubernetes", operation, request), Err(refused.to_owned()));
            }
        }
        assert!(call(&[reports], "kubernetes", "get_resource", "{}").is_err_and(|text| text.starts_with("missing field")));
        for (namespace, operation) in [("oci", "v1/oci_manifest"), ("kubernetes", "can_i"), ("tracing", "log")] {
            assert!(call(&[], namespace, operation, "{}").is_ok(), "{namespace}/{operation}");
        }
    }

    #[test]
    fn an_unknown_segment_is_refused_with_what_is_valid() {
        for (pattern, expected) in [
            ("ocy/*", "host capability `ocy/*`: expected one of *, crypto, kubernetes, net, oci, found `ocy`"),
            ("oci/v3/*", "host capability `oci/v3/*`: expected one of *, v1, v2, found `v3`"),
            ("oci/v2/verif", "host capability `oci/v2/verif`: expected one of *, verify, found `verif`"),
            ("oci/v2", "host capability `oci/v2`: expected one more segment of *, verify, found the end"),
            ("*/v1", "host capability `*/v1`: expected one of *, crypto, kubernetes, net, oci, found `*`"),
            ("", "host capability ``: expected one more segment of *, crypto, kubernetes, net, oci, found the end"),
        ] {
            let error = Granted::new(&[pattern], Arc::new(Echo)).expect_err(pattern);
            assert_eq!(error.to_string(), expected);
        }
    }
}
