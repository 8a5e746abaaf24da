//! A client that asks a provider as Gatekeeper does: over TLS 1.3 and HTTP/1.1, trusting one authority.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// An authority and what it issues.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate.
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new one, that signs itself.
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(parameters, key) }
    }

    /// Certificate and key of a host, PEM.
    pub fn issue(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// The threads of clients.
pub fn runtime() -> Arc<Runtime> {
    Arc::new(Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// A client that trusts one authority, and shows a certificate where it has one.
pub fn client(authority: &str, identity: Option<(&str, &str)>) -> reqwest::ClientBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der(authority)).unwrap();
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    let config = config.with_root_certificates(roots);
    let config = match identity {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = rustls::pki_types::PrivatePkcs8KeyDer::from(pem::parse(key).unwrap().into_contents());
            config.with_client_auth_cert(vec![der(certificate)], key.into()).unwrap()
        }
    };
    reqwest::Client::builder().tls_backend_preconfigured(config).timeout(Duration::from_secs(60)).user_agent("Go-http-client/1.1")
}

fn der(text: &str) -> rustls::pki_types::CertificateDer<'static> {
    rustls::pki_types::CertificateDer::from(pem::parse(text).unwrap().into_contents())
}

/// The body that Gatekeeper sends.
pub fn request(keys: &[String]) -> String {
    json!({ "apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest", "request": { "keys": keys } })
        .to_string()
}

/// What Gatekeeper makes of an answer: items with an error are not among the responses.
pub fn seen(answer: &Value) -> Value {
    let items = answer["response"]["items"].as_array().unwrap();
    let is_error = |item: &&Value| item["error"].as_str().is_some_and(|error| !error.is_empty());
    let responses: Vec<Value> =
        items.iter().filter(|item| !is_error(item)).map(|item| json!([item["key"], item["value"]])).collect();
    let errors: Vec<Value> = items.iter().filter(is_error).map(|item| json!([item["key"], item["error"]])).collect();
    json!({ "responses": responses, "errors": errors, "status_code": 200, "system_error": answer["response"]["systemError"] })
}
