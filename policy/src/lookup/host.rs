//! The only caller of host functions. Payloads are JSON both ways, as the host's ABI has them.
//!
//! Source: Kubewarden documentation, "Writing policies / Spec / Host capabilities".

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::findings::SIGNATURE_ANNOTATION;
use crate::image::Digest;

/// What a policy can ask its host. The guest's implementation is one waPC call; tests answer from a script.
pub trait Host: fmt::Debug {
    /// Calls an operation of the binding `kubewarden`.
    ///
    /// # Errors
    /// The host's error text; it may have several lines.
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String>;

    /// Milliseconds since the request arrived.
    fn elapsed_millis(&self) -> i64 {
        0
    }
}

/// `oci` `v1/manifest_digest`: the digest of what a reference names.
///
/// # Errors
/// The host's text, or what is wrong with its answer.
pub fn manifest_digest(host: &dyn Host, image: &str) -> Result<Digest, String> {
    #[derive(Deserialize)]
    struct Answer {
        digest: String,
    }
    let answer = host.call("oci", "v1/manifest_digest", &quoted(image))?;
    let answer = String::from_utf8(answer).map_err(|_| "the host's answer is not UTF-8".to_owned())?;
    let answer: Answer = serde_json::from_str(&answer).map_err(|e| format!("the host's answer is not understood: {e}"))?;
    Digest::parse(&answer.digest).ok_or_else(|| format!("the registry answers with `{}`, not a sha256 digest", answer.digest))
}

/// `oci` `v1/oci_manifest`: an image manifest or index, as JSON.
///
/// # Errors
/// The host's text.
pub fn oci_manifest(host: &dyn Host, image: &str) -> Result<Vec<u8>, String> {
    host.call("oci", "v1/oci_manifest", &quoted(image))
}

/// `oci` `v1/oci_manifest_config`: a manifest with its digest and config, as JSON.
///
/// # Errors
/// The host's text.
pub fn oci_manifest_config(host: &dyn Host, image: &str) -> Result<Vec<u8>, String> {
    host.call("oci", "v1/oci_manifest_config", &quoted(image))
}

/// `oci` `v2/verify`: the digest of what a reference names, where one signer signed it with the annotation of findings.
///
/// # Errors
/// The host's text: every failure is one, a missing signature and a broken network alike.
pub fn verify(host: &dyn Host, image: &str, signer: &SignedBy<'_>) -> Result<Digest, String> {
    let mut request = match signer {
        SignedBy::PublicKey(key) => json!({ "type": "SigstorePubKeyVerify", "pub_keys": [key] }),
        SignedBy::Keyless { issuer, subject } => {
            json!({ "type": "SigstoreKeylessVerify", "keyless": [{ "issuer": issuer, "subject": subject }] })
        }
        SignedBy::KeylessPrefix { issuer, prefix } => {
            json!({ "type": "SigstoreKeylessPrefixVerify", "keyless_prefix": [{ "issuer": issuer, "url_prefix": prefix }] })
        }
        SignedBy::GithubAction { owner, repository } => {
            json!({ "type": "SigstoreGithubActionsVerify", "owner": owner, "repo": repository })
        }
        SignedBy::Certificate { certificate, chain, requires_rekor_bundle } => {
            let chain: Vec<&[u8]> = chain.iter().map(String::as_bytes).collect();
            json!({ "type": "SigstoreCertificateVerify", "certificate": certificate.as_bytes(),
                "certificate_chain": (!chain.is_empty()).then_some(chain), "require_rekor_bundle": requires_rekor_bundle })
        }
    };
    if let Value::Object(members) = &mut request {
        members.insert("image".to_owned(), image.into());
        members.insert("annotations".to_owned(), json!({ SIGNATURE_ANNOTATION.0: SIGNATURE_ANNOTATION.1 }));
    }
    let answer = host.call("oci", "v2/verify", request.to_string().as_bytes())?;
    let answer = String::from_utf8(answer).map_err(|_| "the host's answer is not UTF-8".to_owned())?;
    let answer: Verified = serde_json::from_str(&answer).map_err(|e| format!("the host's answer is not understood: {e}"))?;
    let digest = Digest::parse(&answer.digest).filter(|_| answer.is_trusted);
    digest.ok_or_else(|| "the host does not trust the signature, without a reason".to_owned())
}

#[derive(Deserialize)]
struct Verified {
    is_trusted: bool,
    digest: String,
}

/// One question about a signature.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are those of the settings' signers")]
pub enum SignedBy<'s> {
    /// The host's own list of keys means all of them, so each is asked for by itself.
    PublicKey(&'s str),
    Keyless {
        issuer: &'s str,
        subject: &'s str,
    },
    KeylessPrefix {
        issuer: &'s str,
        prefix: &'s str,
    },
    GithubAction {
        owner: &'s str,
        repository: Option<&'s str>,
    },
    Certificate {
        certificate: &'s str,
        chain: &'s [String],
        requires_rekor_bundle: bool,
    },
}

/// A kind of Kubernetes objects, and what is read of one.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// `group/version`, or the version alone.
    pub api_version: &'static str,
    /// In the singular.
    pub kind: &'static str,
    /// The paths that are asked for, with dots; lists are transparent. The same for all settings: the host keeps a watch for each set of
    /// them, and a field that is read but not asked for is silently absent.
    pub fields: &'static [&'static str],
}

impl Resource {
    fn request(&self, more: Value) -> Vec<u8> {
        let mut request = json!({ "api_version": self.api_version, "kind": self.kind, "field_masks": self.fields });
        if let (Value::Object(request), Value::Object(more)) = (&mut request, more) {
            request.extend(more.into_iter().filter(|(_, member)| !member.is_null()));
        }
        request.to_string().into_bytes()
    }
}

/// `kubernetes` `get_resource`: one object.
///
/// # Errors
/// The host's text.
pub fn get_resource(host: &dyn Host, resource: &Resource, namespace: Option<&str>, name: &str) -> Result<Vec<u8>, String> {
    let request = resource.request(json!({ "name": name, "namespace": namespace, "disable_cache": false }));
    host.call("kubernetes", "get_resource", &request)
}

/// `kubernetes` `list_resources_by_namespace`: the objects of a namespace, by the value of a field or all of them. The host keeps a watch for
/// each selector, for ever.
///
/// # Errors
/// The host's text.
pub fn list_resources(
    host: &dyn Host,
    resource: &Resource,
    namespace: &str,
    field_selector: Option<&str>,
) -> Result<Vec<u8>, String> {
    let request = resource.request(json!({ "namespace": namespace, "field_selector": field_selector }));
    host.call("kubernetes", "list_resources_by_namespace", &request)
}

/// `tracing` `log`: one event. Never gated; a failure is nobody's.
pub fn log(host: &dyn Host, event: &[u8]) {
    let _ = host.call("tracing", "log", event);
}

fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}

/// The policy server or kwctl, through waPC.
#[cfg(target_os = "wasi")]
#[derive(Debug)]
pub struct WapcHost;

#[cfg(target_os = "wasi")]
impl Host for WapcHost {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        wapc_guest::host_call("kubewarden", namespace, operation, payload).map_err(|error| {
            // The guest library names the side that failed; what the host said is what natively arrives.
            let text = error.to_string();
            text.strip_prefix("Host error: ").map(str::to_owned).unwrap_or(text)
        })
    }
}
