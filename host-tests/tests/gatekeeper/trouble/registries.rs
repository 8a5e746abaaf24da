//! What goes wrong behind a provider: registries, and the module itself.

use std::time::Duration;

use host_tests::odd_registry::Answer;
use host_tests::serving::client::request;
use host_tests::serving::process::{Process, key, settings};
use host_tests::world::{MANIFEST, World};
use serde_json::{Value, json};

use super::{is_refused, serving, value};

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
