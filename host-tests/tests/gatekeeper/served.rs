//! A provider in this process, and a client that asks it as Gatekeeper does: over TLS 1.3 and HTTP/1.1, trusting one authority.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use host::capability::Capabilities;
use host::module::{CallOptions, PolicyModule};
use provider::flight::Room;
use provider::judge::Judge;
use provider::lookups::{Lifetimes, Lookups};
use provider::metrics::Metrics;
use provider::server::{Parts, Provider};
use provider::tls::{Files, Reloading};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// An authority and what it issues.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(parameters, key) }
    }

    /// Certificate and key of a host, PEM.
    pub(crate) fn issue(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// How a provider is made.
pub(crate) struct Setup {
    pub(crate) module: Arc<PolicyModule>,
    pub(crate) capabilities: Arc<dyn Capabilities>,
    pub(crate) now: Option<i64>,
    pub(crate) room: Room,
    pub(crate) lifetimes: Lifetimes,
}

/// A provider that serves until it is dropped.
pub(crate) struct Served {
    pub(crate) address: String,
    pub(crate) plain: String,
    pub(crate) authority: Authority,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    client: reqwest::Client,
    runtime: Arc<Runtime>,
    end: Option<oneshot::Sender<()>>,
    _files: TempDir,
}

/// Threads that all providers of a test share.
pub(crate) fn runtime() -> Arc<Runtime> {
    Arc::new(Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

impl Served {
    pub(crate) fn start(setup: Setup, runtime: &Arc<Runtime>) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let files = Files {
            certificate: folder.path().join("tls.crt"),
            key: folder.path().join("tls.key"),
            client_authority: None,
        };
        let (certificate, key) = authority.issue("localhost");
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        let lookups = Lookups::new(setup.capabilities, setup.lifetimes, Arc::new(|_, _| {}));
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = Arc::clone(&log);
        let provider = Provider::new(Parts {
            judge: Arc::new(Judge::new(setup.module, lookups.clone(), CallOptions { now: setup.now })),
            lookups,
            room: setup.room,
            metrics: Metrics::default(),
            tls: Arc::new(Reloading::new(files).unwrap()),
            client_name: None,
            log: Arc::new(move |level, message, _| lines.lock().unwrap().push(format!("{level}: {message}"))),
        });
        let (end, ended) = oneshot::channel();
        let (secure, plain) = runtime.block_on(async {
            let bind = || TcpListener::bind("127.0.0.1:0");
            (bind().await.unwrap(), bind().await.unwrap())
        });
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let (address, plain_address) = (format!("localhost:{}", port(&secure)), format!("localhost:{}", port(&plain)));
        runtime.spawn(provider.serve(secure, plain, async {
            let _ = ended.await;
        }));
        let client = client(&authority.pem, None).build().unwrap();
        Self { address, plain: plain_address, authority, log, client, runtime: Arc::clone(runtime), end: Some(end), _files: folder }
    }

    /// What Rego sees of the provider's answer about these keys.
    pub(crate) fn external_data(&self, keys: &[String]) -> Value {
        seen(&self.post("/validate", &request(keys)))
    }

    /// The answer to a body.
    pub(crate) fn post(&self, path: &str, body: &str) -> Value {
        let url = format!("https://{}{path}", self.address);
        let (client, body) = (self.client.clone(), body.to_owned());
        self.runtime.block_on(async move {
            let answer = client.post(url).header("Content-Type", "application/json").body(body).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.end.take().map(|end| end.send(()));
    }
}

/// A client that trusts one authority, and shows a certificate where it has one.
pub(crate) fn client(authority: &str, identity: Option<(&str, &str)>) -> reqwest::ClientBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der(authority)).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
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
pub(crate) fn request(keys: &[String]) -> String {
    json!({ "apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest", "request": { "keys": keys } }).to_string()
}

/// What Gatekeeper makes of an answer: items with an error are not among the responses.
pub(crate) fn seen(answer: &Value) -> Value {
    let items = answer["response"]["items"].as_array().unwrap();
    let is_error = |item: &&Value| item["error"].as_str().is_some_and(|error| !error.is_empty());
    let responses: Vec<Value> = items.iter().filter(|item| !is_error(item)).map(|item| json!([item["key"], item["value"]])).collect();
    let errors: Vec<Value> = items.iter().filter(is_error).map(|item| json!([item["key"], item["error"]])).collect();
    json!({ "responses": responses, "errors": errors, "status_code": 200, "system_error": answer["response"]["systemError"] })
}
