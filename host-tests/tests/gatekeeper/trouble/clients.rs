//! What goes wrong before a provider: clients, certificates, and its own beginning and end.

use std::sync::Arc;
use std::time::Duration;

use host_tests::engine::root;
use host_tests::odd_registry::Answer;
use host_tests::serving::client::{Authority, client, request};
use host_tests::serving::process::{Process, key, settings};
use host_tests::world::World;
use serde_json::{Value, json};

use super::{is_refused, serving, value};

#[test]
fn a_killed_provider_knows_no_less_when_it_is_back() {
    let [world, _] = World::both();
    let image = world.image("acme/web:1");
    world.push(&image, "amd64");
    world.attach(&image, &["CRITICAL"], &[]);
    let process = serving(&world, &[]);
    let key = key(&settings(&json!({})), "web", &image);
    let before = process.validate(&key);
    assert!(is_refused(&before), "{before}");
    let process = process.killed_and_started(&["--sources", &world.path("sources.yaml")]);
    assert_eq!(process.validate(&key), before);
}

#[test]
fn it_ends_when_it_is_told_to_and_not_before_what_has_arrived_is_answered() {
    let slow = Answer::new(200, "{}").after(Duration::from_millis(800));
    let world = World::odd(vec![("/v2/acme/web/manifests/1".to_owned(), slow)]);
    let mut process = serving(&world, &[]);
    assert_eq!(process.plain("/readyz").0, 200);
    assert_eq!(process.plain("/healthz").0, 200);
    assert_eq!(process.plain("/secrets").0, 404);
    let (url, client) = (format!("https://{}/validate", process.address), process.client());
    let body = request(&[key(&settings(&json!({})), "web", &world.image("acme/web:1"))]);
    let asking = process.runtime().spawn(async move { client.post(url).body(body).send().await.unwrap().text().await.unwrap() });
    while process.metric("gated_deployment_workloads_in_flight") < 1.0 {}
    process.terminate();
    let answer: Value = serde_json::from_str(&process.runtime().block_on(asking).unwrap()).unwrap();
    assert!(is_refused(&answer["response"]), "{answer}");
    assert!(process.ended().success());
    assert_eq!(process.events().last().map(|event| event["fields"]["message"].clone()), Some("ended".into()));
}

#[test]
fn what_is_no_question_is_answered_and_never_with_a_yes() {
    let process = Process::start(&[]);
    let rules = settings(&json!({}));
    let large = format!("{{\"keys\":[\"{}\"]}}", "x".repeat(17 * 1024 * 1024));
    for body in ["", "{}", "null", &"[".repeat(100_000), "{\"apiVersion\":\"v1\"}", &large] {
        for path in ["/validate", "/mutate"] {
            let answer = process.post(path, body.to_owned());
            assert_eq!(answer["kind"], "ProviderResponse");
            assert!(is_refused(&answer["response"]), "{path}: {answer}");
        }
    }
    let no_key = process.validate("nginx");
    assert!(no_key["items"][0]["error"].as_str().is_some_and(|error| error.contains("the key cannot be read")), "{no_key}");
    let invalid = process.validate(&key(&json!({ "rules": [{ "nmae": "r" }] }), "web", "nginx"));
    assert!(value(&invalid)["message"].as_str().is_some_and(|m| m.contains("settings-invalid")), "{invalid}");
    let (many, _) = ((0..5_001).map(|i| i.to_string()).collect::<Vec<_>>(), ());
    assert!(is_refused(&process.post("/validate", request(&many))["response"]));
    assert!(is_refused(&process.validate(&key(&rules, "web", &format!("{}/acme/web:1", "localhost:1")))));
}

#[test]
fn only_gatekeeper_may_ask_where_it_is_said_so() {
    const NAME: &str = "gatekeeper-webhook-service.gatekeeper-system.svc";
    let gatekeeper = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    std::fs::write(&file, &gatekeeper.pem).unwrap();
    let mut process = Process::start(&["--client-authority", file.to_str().unwrap(), "--client-name", NAME]);
    let body = || request(&[key(&settings(&json!({})), "web", "localhost:1/acme/web:1")]);
    let trusted = |identity: (String, String)| {
        let client = client(&process.authority.pem, Some((&identity.0, &identity.1))).build().unwrap();
        process.ask(&client, "/validate", body())
    };
    assert!(trusted(gatekeeper.issue(NAME)).is_ok());
    assert!(trusted(gatekeeper.issue("somebody.default.svc")).is_err());
    assert!(trusted(Authority::new().issue(NAME)).is_err());
    let nobody = client(&process.authority.pem, None).build().unwrap();
    assert!(process.ask(&nobody, "/validate", body()).is_err());
    process.event("a connection was refused");
}

#[test]
fn older_tls_is_refused() {
    let process = Process::start(&[]);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from(pem::parse(&process.authority.pem).unwrap().into_contents())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS12]).unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let old = reqwest::Client::builder().tls_backend_preconfigured(config).build().unwrap();
    assert!(process.ask(&old, "/validate", request(&[])).is_err());
    assert!(process.ask(&process.client(), "/validate", request(&[])).is_ok());
}

#[test]
fn a_new_certificate_is_used_and_a_broken_one_is_not() {
    let mut process = Process::start(&[]);
    let next = Authority::new();
    let of_next = || client(&next.pem, None).build().unwrap();
    assert!(process.ask(&of_next(), "/validate", request(&[])).is_err());
    let (certificate, key) = next.issue("localhost");
    std::fs::write(process.path("tls.key"), key).unwrap();
    std::fs::write(process.path("tls.crt"), certificate).unwrap();
    process.event("the certificate was read again");
    assert!(process.ask(&of_next(), "/validate", request(&[])).is_ok());
    std::fs::write(process.path("tls.crt"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    process.event("the new certificate is not used");
    assert!(process.ask(&of_next(), "/validate", request(&[])).is_ok());
}

#[test]
fn what_cannot_serve_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = Authority::new().issue("localhost");
    let (_, other) = Authority::new().issue("localhost");
    for (name, text) in [("tls.crt", certificate.as_str()), ("tls.key", &key), ("other.key", &other), ("text", "text")] {
        std::fs::write(path(name), text).unwrap();
    }
    let module = root().join("dist/policy.wasm").display().to_string();
    let pinned = format!("registry://localhost:1/acme/policy@sha256:{}", "a".repeat(64));
    for (arguments, part) in [
        (vec!["--tls-certificate", &path("absent"), "--tls-key", &path("tls.key")], "absent"),
        (vec!["--tls-certificate", &path("text"), "--tls-key", &path("tls.key")], "expected a certificate, found none"),
        (vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.crt")], "expected a private key"),
        (vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("other.key")], "tls.crt and "),
        (vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.key"), "--policy", &path("text")], "text"),
        (vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.key"), "--policy", &path("none.wasm")], "none.wasm"),
        (
            vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.key"), "--policy", "registry://ghcr.io/a/b:1"],
            "by digest",
        ),
        (vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.key"), "--policy", &pinned], "localhost:1"),
        (
            vec![
                "--tls-certificate",
                &path("tls.crt"),
                "--tls-key",
                &path("tls.key"),
                "--policy",
                &module,
                "--policy-key",
                &path("tls.key"),
            ],
            "only artifacts are signed",
        ),
        (vec!["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.key"), "--listen", "nowhere"], "nowhere"),
        (vec!["--tls-certificate", &path("tls.crt")], "--tls-key"),
        (vec!["--client-authority", &path("tls.crt")], "cannot be used with"),
    ] {
        let output = std::process::Command::new(root().join("dist/gatectl"))
            .args(["serve", "--allow-any-client"])
            .args(&arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: expected `{part}`: {said}");
    }
}
