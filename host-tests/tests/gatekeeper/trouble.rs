//! What goes wrong around a provider: each is answered and logged, and nothing of it is "allowed".

mod clients;
mod registries;
mod room;

use std::net::TcpStream;
use std::sync::Arc;

use host_tests::serving::process::Process;
use host_tests::world::World;
use serde_json::Value;

/// A provider that asks the registry of a world.
fn serving(world: &World, more: &[&str]) -> Process {
    Process::start(&[&["--sources", &world.path("sources.yaml")], more].concat())
}

/// There is no item that allows, and no item at all beside a system error.
fn is_refused(response: &Value) -> bool {
    let items = response["items"].as_array().unwrap();
    let is_failed = response["systemError"].as_str().is_some_and(|error| !error.is_empty());
    (is_failed && items.is_empty()) || (!items.is_empty() && items.iter().all(|item| item["value"]["allowed"] == false))
}

fn value(response: &Value) -> &Value {
    assert_eq!(response["systemError"], "", "{response}");
    &response["items"][0]["value"]
}

fn connect(process: &Process) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    let authority = pem::parse(&process.authority.pem).unwrap().into_contents();
    roots.add(rustls::pki_types::CertificateDer::from(authority)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connection = rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    rustls::StreamOwned::new(connection, TcpStream::connect(&process.address).unwrap())
}
