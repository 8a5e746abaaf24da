//! What goes wrong around a provider: each is answered and logged, and nothing of it is "allowed".

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use host_tests::engine::root;
use host_tests::odd_registry::Answer;
use host_tests::serving::client::{Authority, client, request};
use host_tests::serving::process::{Process, key, settings};
use host_tests::world::{MANIFEST, World};
use serde_json::{Value, json};

/// A guest that traps on every call.
const TRAPS: &str = r#"(module
    (import "wapc" "__guest_request" (func (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "__guest_call") (param i32 i32) (result i32) unreachable))"#;
/// A guest that never ends.
const SPINS: &str = r#"(module
    (import "wapc" "__guest_request" (func (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "__guest_call") (param i32 i32) (result i32) (loop (br 0)) unreachable))"#;

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

#[test]
fn a_registry_that_is_there_is_asked_once_for_a_hundred_pods() {
    let [world, _] = World::both();
    let image = world.image("acme/web:1");
    world.push(&image, "amd64");
    world.attach(&image, &["CRITICAL"], &[]);
    let process = serving(&world, &[]);
    let rules = settings(&json!({}));
    let keys: Vec<String> = (0..100).map(|i| key(&rules, &format!("web-{i}"), &image)).collect();
    let answer = process.post("/validate", request(&keys));
    let items = answer["response"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 100, "{answer}");
    for (item, key) in items.iter().zip(&keys) {
        assert_eq!(item["key"], key.as_str());
        assert_eq!((&item["value"]["allowed"], &item["value"]["rule"]), (&json!(false), &json!("r")), "{item}");
    }
    // The tag, the findings' manifest, their document.
    assert_eq!(process.metric(r#"gated_deployment_lookups_total{operation="v1/manifest_digest",source="asked"}"#), 1.0);
    assert_eq!(process.metric("gated_deployment_verdicts_total{verdict=\"deny\"}"), 100.0);
    let asked = ["v1/manifest_digest", "v1/oci_manifest", "v1/oci_manifest_config"].map(|operation| {
        process.metric(&format!("gated_deployment_lookups_total{{operation=\"{operation}\",source=\"asked\"}}"))
    });
    assert!(asked.iter().sum::<f64>() <= 3.0, "{asked:?}");
    let alerts = process.events().iter().filter(|event| event["target"] == "policy_log").count();
    assert_eq!(alerts, 100, "each is announced as policy servers announce it");
    let inventory =
        world.gatectl_plain(&["admissions", &world.file("provider.log", &process.log()), "--format", "json", "--top", "rules"]);
    let inventory: Value = serde_json::from_str(&inventory.results).unwrap_or_else(|e| panic!("{e}: {inventory:?}"));
    assert_eq!(inventory["totals"]["byAction"]["deny"], 100, "{inventory:#}");
}

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
fn a_registry_that_hangs_leaves_the_rule_to_decide_in_time() {
    let hangs = Answer::new(200, "{}").after(Duration::from_secs(60));
    let world = World::odd(vec![("/v2/acme/web/manifests/1".to_owned(), hangs)]);
    let process = serving(&world, &["--patience", "4000"]);
    let image = world.image("acme/web:1");
    // A denial for the moment is not one that Gatekeeper may remember.
    let denied = process.validate(&key(&settings(&json!({})), "web", &image));
    assert!(is_refused(&denied), "{denied}");
    assert!(denied["systemError"].as_str().is_some_and(|e| e.contains("rule `r`") && e.contains("unavailable")), "{denied}");
    let audited = process.validate(&key(&settings(&json!({ "unavailable": "audit" })), "web", &image));
    assert_eq!(value(&audited)["verdict"], "audit", "{audited}");
    let other = world.image("acme/absent:1");
    let absent = process.validate(&key(&settings(&json!({ "missing": "deny" })), "web", &other));
    assert!(is_refused(&absent), "who asks about another image does not wait: {absent}");
}

#[test]
fn a_registry_that_is_gone_is_a_verdict_like_any_other() {
    let [mut world, _] = World::both();
    let image = world.image("acme/web:1");
    let process = serving(&world, &[]);
    world.stop();
    let denied = process.validate(&key(&settings(&json!({})), "web", &image));
    assert_eq!(value(&denied)["allowed"], false, "{denied}");
    assert!(value(&denied)["message"].as_str().is_some_and(|message| message.contains("unavailable")), "{denied}");
}

#[test]
fn a_registry_that_lies_is_not_believed() {
    let claimed = format!("sha256:{}", "a".repeat(64));
    let lie = |body: &str| Answer::new(200, body).header("Content-Type", MANIFEST).header("Docker-Content-Digest", &claimed);
    let tag = format!("sha256-{}.findings", "a".repeat(64));
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": claimed, "size": 2 } })
    .to_string();
    let artifact =
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.gated-deployment.findings.v1+json",
        "annotations": { "io.gated-deployment.type": "findings.v1" }, "layers": [],
        "config": { "mediaType": "application/vnd.gated-deployment.findings.v1+json", "digest": claimed, "size": 2 } })
        .to_string();
    for body in [artifact.as_str(), "{}", "null", "", "<html>", &"[".repeat(10_000), &"x".repeat(5_000_000)] {
        let world = World::odd(vec![
            ("/v2/acme/web/manifests/1".to_owned(), lie(&manifest)),
            (format!("/v2/acme/web/manifests/{claimed}"), lie(body)),
            (format!("/v2/acme/web/manifests/{tag}"), lie(body)),
            (format!("/v2/acme/web/blobs/{claimed}"), Answer::new(200, "{}")),
        ]);
        let process = serving(&world, &[]);
        for image in [world.image("acme/web:1"), world.image(&format!("acme/web@{claimed}"))] {
            let answer = process.validate(&key(&settings(&json!({ "missing": "deny" })), "web", &image));
            assert!(is_refused(&answer), "{image}: {answer}");
        }
    }
}

#[test]
fn a_module_that_gives_no_verdict_denies() {
    for (text, part) in [(TRAPS, "gave no verdict"), (SPINS, "no verdict")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("odd.wat");
        std::fs::write(&file, text).unwrap();
        let mut process = Process::start(&["--policy", file.to_str().unwrap(), "--patience", "500"]);
        let answer = process.validate(&key(&settings(&json!({})), "web", "nginx"));
        assert!(is_refused(&answer), "{answer}");
        assert!(answer["systemError"].as_str().is_some_and(|error| error.contains(part)), "{answer}");
        assert_eq!(process.event("a request was not answered")["level"], "ERROR");
    }
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
fn who_is_slow_is_told_so_and_holds_up_nobody() {
    let process = Process::start(&[]);
    let mut tls = connect(&process);
    tls.write_all(b"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let mut silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(&process.address).unwrap()).collect();
    assert!(is_refused(&process.validate(&key(&settings(&json!({})), "web", "localhost:1/acme/web:1"))), "others are answered");
    let mut answer = String::new();
    let _ = tls.read_to_string(&mut answer);
    assert!(answer.contains("200 OK") && answer.contains("took longer than 10 s to arrive"), "{answer}");
    // A connection without a word is closed.
    let mut rest = Vec::new();
    silent[0].set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let ended = silent[0].read_to_end(&mut rest);
    assert!(ended.is_ok() && rest.is_empty(), "{ended:?}");
}

/// What is announced and does not come takes no room.
#[test]
fn who_announces_much_and_sends_little_holds_up_nobody() {
    let process = Process::start(&[]);
    let mut slow: Vec<_> = (0..8).map(|_| connect(&process)).collect();
    for tls in &mut slow {
        tls.write_all(b"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777216\r\n\r\n{").unwrap();
    }
    assert!(is_refused(&process.validate(&key(&settings(&json!({})), "web", "localhost:1/acme/web:1"))));
    for tls in &mut slow {
        tls.sock.set_nonblocking(true).unwrap();
        let found = tls.read(&mut [0; 1]).unwrap_err();
        assert_eq!(found.kind(), std::io::ErrorKind::WouldBlock, "they are still waited for");
    }
}

/// Many images that cannot be looked up are nobody else's trouble: what is not tried is no evidence.
#[test]
fn one_workload_does_not_use_up_the_look_ups_of_others() {
    let hangs = Answer::new(200, "{}").after(Duration::from_secs(60));
    let world = World::odd((0..400).map(|i| (format!("/v2/acme/web{i}/manifests/1"), hangs.clone())).collect());
    let [good, _] = World::both();
    let image = good.image("acme/web:1");
    good.push(&image, "amd64");
    good.attach(&image, &["CRITICAL"], &[]);
    let sources = world.file("both.yaml", &format!("insecure_sources: ['{}', '{}']\n", world.address, good.address));
    let process = Process::start(&["--sources", &sources, "--patience", "6000"]);
    let rules = settings(&json!({ "unavailable": "audit" }));
    let mut many: Value = serde_json::from_str(&key(&rules, "many", &image)).unwrap();
    let containers: Vec<Value> =
        (0..400).map(|i| json!({ "name": format!("c{i}"), "image": world.image(&format!("acme/web{i}:1")) })).collect();
    many["request"]["object"]["spec"]["containers"] = containers.into();
    let (url, client, body) = (format!("https://{}/validate", process.address), process.client(), request(&[many.to_string()]));
    let asking = process.runtime().spawn(async move { client.post(url).body(body).send().await.unwrap().text().await.unwrap() });
    while process.metric("gated_deployment_workloads_in_flight") < 1.0 {}
    let other = process.validate(&key(&rules, "web", &image));
    assert_eq!(value(&other)["allowed"], false, "the findings were there to be had: {other}");
    process.runtime().block_on(asking).unwrap();
    let other = process.validate(&key(&rules, "web-2", &image));
    assert_eq!(value(&other)["allowed"], false, "{other}");
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

/// As many as there is room for are judged; the rest is told to come again, at once.
#[test]
fn what_is_too_much_is_refused_at_once() {
    let hangs = Answer::new(200, "{}").after(Duration::from_secs(60));
    let answers = (0..50).map(|i| (format!("/v2/acme/web{i}/manifests/1"), hangs.clone())).collect();
    let world = World::odd(answers);
    let process = serving(&world, &["--workers", "2", "--waiting", "3"]);
    let rules = settings(&json!({ "unavailable": "audit" }));
    let (url, client) = (format!("https://{}/validate", process.address), process.client());
    let asking: Vec<_> = (0..50)
        .map(|i| {
            let body = request(&[key(&rules, "web", &world.image(&format!("acme/web{i}:1")))]);
            let asked = client.post(&url).body(body);
            process.runtime().spawn(async move { asked.send().await.unwrap().text().await.unwrap() })
        })
        .collect();
    let (mut judged, mut refused) = (0, 0);
    for answer in asking {
        let answer: Value = serde_json::from_str(&process.runtime().block_on(answer).unwrap()).unwrap();
        match answer["response"]["systemError"].as_str() {
            Some("") => judged += 1,
            Some(error) if error.contains("too many workloads") => refused += 1,
            _ => panic!("{answer}"),
        }
    }
    assert!(judged >= 2 && refused >= 10, "{judged} judged, {refused} refused");
}

/// What is written in place of a tag is what a policy server with `pinDigests` writes.
#[test]
fn the_mutation_pins_and_leaves_alone_what_it_cannot_pin() {
    let [world, _] = World::both();
    let image = world.image("acme/web:1");
    let (digest, _) = world.push(&image, "amd64");
    let process = serving(&world, &[]);
    let absent = world.image("acme/absent:1");
    let pinned = format!("{image}@{digest}");
    let keys = [image.clone(), absent.clone(), pinned.clone(), "UPPER CASE".to_owned()];
    let answer = process.post("/mutate", request(&keys));
    assert_eq!(answer["response"]["idempotent"], true);
    let items: Vec<(&str, &str)> = answer["response"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["key"].as_str().unwrap(), item["value"].as_str().unwrap()))
        .collect();
    assert_eq!(items, [(image.as_str(), pinned.as_str()), (&absent, &absent), (&pinned, &pinned), ("UPPER CASE", "UPPER CASE")]);
}

/// Two thousand requests, two hundred at a time: all are answered, and memory does not grow with their number.
#[test]
fn two_hundred_at_once_are_answered() {
    let [world, _] = World::both();
    let image = world.image("acme/web:1");
    world.push(&image, "amd64");
    world.attach(&image, &["CRITICAL"], &[]);
    let process = serving(&world, &["--patience", "30000"]);
    let rules = settings(&json!({}));
    let mut memory = Vec::new();
    for round in 0..10 {
        let asking: Vec<_> = (0..200)
            .map(|i| {
                let body = request(&[key(&rules, &format!("web-{round}-{i}"), &image)]);
                let asked = process.client().post(format!("https://{}/validate", process.address)).body(body);
                process.runtime().spawn(async move { asked.send().await.unwrap().text().await.unwrap() })
            })
            .collect();
        for answer in asking {
            let answer: Value = serde_json::from_str(&process.runtime().block_on(answer).unwrap()).unwrap();
            assert_eq!(value(&answer["response"])["allowed"], false, "{answer}");
        }
        memory.push(process.memory("VmRSS:"));
    }
    assert!(memory[9] < memory[2] + 32 * 1024 * 1024, "{memory:?}");
}

/// Since 3.22 Gatekeeper says what labels the namespace has; before, the provider asks the cluster.
#[test]
fn the_namespaces_labels_are_those_that_gatekeeper_gave() {
    let process = Process::start(&[]);
    let mut rules = settings(&json!({ "unavailable": "deny" }));
    rules["rules"][0]["scope"] = json!([{ "field": "namespaceLabel", "key": "gate", "operator": "equals", "values": ["on"] }]);
    let labelled = |labels: Value| {
        let mut key: Value = serde_json::from_str(&key(&rules, "web", "localhost:1/acme/web:1")).unwrap();
        key["namespaceLabels"] = labels;
        process.validate(&key.to_string())
    };
    assert_eq!(value(&labelled(json!({ "gate": "on" })))["allowed"], false);
    assert_eq!(value(&labelled(json!({ "gate": "off" })))["allowed"], true);
    assert_eq!(value(&labelled(Value::Null))["allowed"], false, "no cluster can be asked");
}
