//! A provider in this process, whose look-ups are answered as a case says.

use std::sync::Arc;

use host::capability::Capabilities;
use host::module::{CallOptions, PolicyModule};
use host_tests::serving::client::{Authority, client, request, seen};
use provider::flight::Room;
use provider::judge::Judge;
use provider::lookups::{Lifetimes, Lookups};
use provider::metrics::Metrics;
use provider::server::{Parts, Provider};
use provider::tls::{Files, Reloading};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

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
    address: String,
    client: reqwest::Client,
    runtime: Arc<Runtime>,
    end: Option<oneshot::Sender<()>>,
    _files: TempDir,
}

impl Served {
    pub(crate) fn start(setup: Setup, runtime: &Arc<Runtime>) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let files =
            Files { certificate: folder.path().join("tls.crt"), key: folder.path().join("tls.key"), client_authority: None };
        let (certificate, key) = authority.issue("localhost");
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        let lookups = Lookups::new(setup.capabilities, setup.lifetimes, Arc::new(|_, _| {}));
        let provider = Provider::new(Parts {
            judge: Arc::new(Judge::new(setup.module, lookups.clone(), CallOptions { now: setup.now })),
            lookups,
            room: setup.room,
            pin_patience: setup.room.patience,
            metrics: Metrics::default(),
            tls: Arc::new(Reloading::new(files).unwrap()),
            client_name: None,
            log: Arc::new(|_, _, _| {}),
        });
        let (end, ended) = oneshot::channel();
        let (secure, plain) = runtime.block_on(async {
            let bind = || TcpListener::bind("127.0.0.1:0");
            (bind().await.unwrap(), bind().await.unwrap())
        });
        let address = format!("localhost:{}", secure.local_addr().unwrap().port());
        runtime.spawn(provider.serve(secure, plain, async {
            let _ = ended.await;
        }));
        let client = client(&authority.pem, None).build().unwrap();
        Self { address, client, runtime: Arc::clone(runtime), end: Some(end), _files: folder }
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
