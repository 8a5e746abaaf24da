//! The provider's certificate: certificates.sh makes one that the provider serves with and that Gatekeeper believes, cert-manager.yaml asks for
//! the same one.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use documents::yaml;
use host_tests::engine::root;
use provider::tls::{self, Files};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, RootCertStore, ServerConfig, ServerConnection};
use serde_json::Value;

use super::{FOLDER, of_kind, one, wiring};
use host_tests::serving::client::Authority;

fn script(arguments: &[&Path]) -> Output {
    Command::new("sh").arg(root().join(FOLDER).join("certificates.sh")).args(arguments).output().unwrap()
}

fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    yaml::read(&text).unwrap().into_iter().map(|document| document.value).collect()
}

fn decoded(value: &Value) -> String {
    String::from_utf8(STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap()
}

/// What the files of a folder have the provider serve with, and the authority that they have Gatekeeper believe.
fn deployed(folder: &Path, client_authority: &str) -> (Arc<ServerConfig>, String) {
    let secret = documents(&folder.join("secret.yaml")).remove(0);
    let deployed = one("Deployment");
    let volumes = deployed["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    assert!(volumes.iter().any(|volume| volume["secret"]["secretName"] == secret["metadata"]["name"]));
    assert_eq!(secret["metadata"]["namespace"], deployed["metadata"]["namespace"]);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = Files {
        certificate: write("served.crt", &decoded(&secret["data"]["tls.crt"])),
        key: write("served.key", &decoded(&secret["data"]["tls.key"])),
        client_authority: Some(write("client.crt", client_authority)),
    };
    let providers = documents(&folder.join("providers.yaml"));
    let bundles: Vec<String> = providers.iter().map(|provider| decoded(&provider["spec"]["caBundle"])).collect();
    assert_eq!((bundles.len(), &bundles[0]), (2, &bundles[1]));
    assert_eq!(bundles[0], std::fs::read_to_string(folder.join("ca.crt")).unwrap());
    // All else is as in the manifest.
    for (made, (_, manifest)) in providers.into_iter().zip(of_kind("Provider")) {
        let mut made = made;
        made["spec"]["caBundle"] = manifest["spec"]["caBundle"].clone();
        assert_eq!(made, manifest);
    }
    (files.load().unwrap(), bundles[0].clone())
}

fn der(text: &str) -> CertificateDer<'static> {
    CertificateDer::from(pem::parse(text).unwrap().into_contents())
}

/// A handshake as Gatekeeper makes it: the certificate that the client showed.
fn shake(
    server: &Arc<ServerConfig>,
    believed: &str,
    host: &str,
    (certificate, key): &(String, String),
) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut roots = RootCertStore::empty();
    roots.add(der(believed)).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    let key = PrivatePkcs8KeyDer::from(pem::parse(key).unwrap().into_contents());
    let config = config.with_root_certificates(roots).with_client_auth_cert(vec![der(certificate)], key.into()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(host.to_owned()).unwrap()).unwrap();
    let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
    for _ in 0..4 {
        pass(&mut client, &mut server).map_err(|error| format!("server: {error}"))?;
        pass(&mut server, &mut client).map_err(|error| format!("client: {error}"))?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(server.peer_certificates().unwrap().iter().map(|one| one.clone().into_owned()).collect())
}

/// Everything that one end has to say reaches the other.
fn pass<A, B>(from: &mut ConnectionCommon<A>, to: &mut ConnectionCommon<B>) -> Result<(), rustls::Error> {
    let mut wire = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut wire).unwrap();
    }
    let mut rest = wire.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn what_the_script_makes_is_served_and_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("certificates"), folder.path().join("deeper/renewed"));
    let made = script(&[&first]);
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    assert!(said.contains(&wiring::host()) && said.contains("kubectl apply"), "{said}");
    let renewed = script(&[&second, &first]);
    assert!(renewed.status.success(), "{renewed:?}");
    let gatekeeper = Authority::new();
    let name = wiring::argument("--client-name");
    let shown = gatekeeper.issue(&name);
    let (server, believed) = deployed(&first, &gatekeeper.pem);
    let (later, still_believed) = deployed(&second, &gatekeeper.pem);
    assert_eq!(believed, still_believed, "a renewed certificate is of the authority that Gatekeeper has");
    for server in [&server, &later] {
        let certificates = shake(server, &believed, &wiring::host(), &shown).unwrap();
        assert_eq!(tls::is_of(Some(&certificates), &name), Ok(()));
    }
    // Neither another host, nor another authority, on either side; and no other client of Gatekeeper's authority.
    assert!(shake(&server, &believed, "gated-deployment.other.svc", &shown).is_err());
    assert!(shake(&server, &Authority::new().pem, &wiring::host(), &shown).is_err());
    assert!(shake(&server, &believed, &wiring::host(), &Authority::new().issue(&name)).is_err());
    let other = shake(&server, &believed, &wiring::host(), &gatekeeper.issue("other.gatekeeper-system.svc")).unwrap();
    assert!(tls::is_of(Some(&other), &name).is_err());
}

#[test]
fn the_script_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (there, new) = (folder.path().join("there"), folder.path().join("new"));
    std::fs::create_dir(&there).unwrap();
    for (arguments, says) in [
        (vec![there.as_path()], "nothing is overwritten"),
        (vec![new.as_path(), there.as_path()], "expected the authority"),
        (vec![], "expected FOLDER"),
    ] {
        let ended = script(&arguments);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && said.contains(says), "{said}");
        assert!(!new.exists() && std::fs::read_dir(&there).unwrap().next().is_none());
    }
    // What fails on its way leaves nothing half done behind.
    std::fs::write(there.join("ca.crt"), "none").unwrap();
    std::fs::write(there.join("ca.key"), "none").unwrap();
    assert!(!script(&[&new, &there]).status.success());
    assert!(!new.exists());
}

#[test]
fn cert_manager_is_asked_for_the_same() {
    let certificates = of_kind("Certificate");
    let issuers = of_kind("Issuer");
    let server = certificates.iter().map(|(_, one)| &one["spec"]).find(|spec| !spec["dnsNames"].is_null()).unwrap();
    assert_eq!(server["dnsNames"], serde_json::json!([wiring::host()]));
    let pod = one("Deployment")["spec"]["template"]["spec"].clone();
    let volumes = pod["volumes"].as_array().unwrap();
    assert!(volumes.iter().any(|volume| volume["secret"]["secretName"] == server["secretName"]));
    let hours = |spec: &Value, key: &str| spec[key].as_str().unwrap().trim_end_matches('h').parse::<u32>().unwrap();
    let authority = certificates.iter().map(|(_, one)| &one["spec"]).find(|spec| spec["isCA"] == true).unwrap();
    // Nobody renews what the Providers believe, so that it has to outlive what it issues.
    assert!(hours(authority, "renewBefore") > hours(server, "duration"));
    for (_, certificate) in &certificates {
        let issuer = &certificate["spec"]["issuerRef"]["name"];
        assert!(issuers.iter().any(|(_, one)| one["metadata"]["name"] == *issuer), "{issuer}");
        assert!(hours(&certificate["spec"], "renewBefore") < hours(&certificate["spec"], "duration"));
    }
    assert!(issuers.iter().any(|(_, one)| one["spec"]["ca"]["secretName"] == authority["secretName"]));
}
