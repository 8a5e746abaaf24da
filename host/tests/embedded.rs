//! The embedded registry and the client, against each other.

#![expect(clippy::expect_used, reason = "a test's helpers fail as the test itself does")]

use std::sync::{Arc, Mutex};

use host::capability::Capabilities;
use host::embedded::EmbeddedRegistry;
use host::live::Live;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn client(registry: &EmbeddedRegistry) -> Registry {
    let options = RegistryOptions { sources: Sources::insecure([registry.address()]), ..RegistryOptions::default() };
    Registry::new(options).expect("a client")
}

/// Pushes a config blob and a manifest around it under `image`; gives the manifest's digest.
fn publish(client: &Registry, image: &str, config: &[u8]) -> String {
    let digest = client.push_blob(image, config).expect("the blob is taken");
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.example",
        "config": {"mediaType": "application/vnd.example.v1+json", "digest": digest, "size": config.len()},
        "layers": [],
        "annotations": {"b": "2", "a": "1"},
    });
    client.push_manifest_raw(image, manifest.to_string().as_bytes(), MANIFEST).expect("the manifest is taken")
}

#[test]
fn what_is_published_can_be_looked_up() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    let image = format!("{}/team/app:v1", registry.address());
    assert!(!client.exists(&image).expect("an answer"));
    let digest = publish(&client, &image, br#"{"z":1,"a":[1.10]}"#);
    assert!(client.exists(&image).expect("an answer"));

    let resolved = client.resolve(&image).expect("an answer");
    assert_eq!(resolved.digest, digest);
    assert_eq!(resolved.tag.as_deref(), Some("v1"));
    assert_eq!(resolved.pinned(), format!("{}/team/app@{digest}", registry.address()));
    assert_eq!(resolved.sibling("x"), format!("{}/team/app:x", registry.address()));

    let raw = client.pull_manifest_raw(&resolved.pinned()).expect("the manifest");
    assert_eq!(raw.digest, digest);
    let manifest: Value = serde_json::from_slice(&raw.bytes).expect("JSON");
    assert_eq!(
        client.pull_blob(&image, manifest["config"]["digest"].as_str().expect("a digest"), 1 << 20).expect("the blob"),
        br#"{"z":1,"a":[1.10]}"#
    );

    let answer: Value = serde_json::from_slice(&client.manifest_digest(&image).expect("an answer")).expect("JSON");
    assert_eq!(answer, json!({"digest": digest}));
    let answer: Value = serde_json::from_slice(&client.oci_manifest(&image).expect("an answer")).expect("JSON");
    assert_eq!(answer, manifest);
    let answer = client.oci_manifest_config(&resolved.pinned()).expect("an answer");
    let text = String::from_utf8(answer).expect("UTF-8");
    assert!(text.ends_with(&format!(r#""digest":"{digest}","config":{{"a":[1.1],"z":1}}}}"#)), "{text}");
}

#[test]
fn an_index_is_kept_by_two_look_ups_and_resolved_by_the_third() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    let image = format!("{}/app:multi", registry.address());
    let here = publish(&client, &format!("{}/app:here", registry.address()), b"{\"here\":true}");
    let there = publish(&client, &format!("{}/app:there", registry.address()), b"{\"here\":false}");
    let size = client.pull_manifest_raw(&format!("{}/app@{here}", registry.address())).expect("the manifest").bytes.len();
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        {"mediaType": MANIFEST, "digest": there, "size": size, "platform": {"architecture": "s390x", "os": "linux"}},
        {"mediaType": MANIFEST, "digest": here, "size": size, "platform": {"architecture": architecture, "os": "linux"}},
    ]});
    let digest = client.push_manifest_raw(&image, index.to_string().as_bytes(), INDEX).expect("the index is taken");
    let answer: Value = serde_json::from_slice(&client.manifest_digest(&image).expect("an answer")).expect("JSON");
    assert_eq!(answer["digest"], digest);
    let answer: Value = serde_json::from_slice(&client.oci_manifest(&image).expect("an answer")).expect("JSON");
    assert_eq!(answer["manifests"][1]["platform"]["os"], "linux");
    let answer: Value = serde_json::from_slice(&client.oci_manifest_config(&image).expect("an answer")).expect("JSON");
    assert_eq!((&answer["digest"], &answer["config"]["here"]), (&json!(here), &json!(true)));
}

#[test]
fn an_absent_tag_is_told_apart() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    publish(&client, &format!("{}/app:v1", registry.address()), b"{}");
    for image in ["app:v2", "nothing:v1"] {
        let image = format!("{}/{image}", registry.address());
        for error in [
            client.resolve(&image).expect_err("absent"),
            client.oci_manifest(&image).expect_err("absent"),
            client.oci_manifest_config(&image).expect_err("absent"),
        ] {
            assert!(error.is_not_found(), "{error}");
            assert!(
                error.report().contains("OCI API error: manifest unknown")
                    || error.report().contains("repository name not known"),
                "{error}"
            );
        }
    }
    let error =
        client.pull_blob(&format!("{}/app", registry.address()), &format!("sha256:{}", "0".repeat(64)), 1).expect_err("absent");
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().ends_with("[OCI API error: blob unknown to registry]"), "{error}");
}

#[test]
fn a_large_config_travels_both_ways() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    let image = format!("{}/app:large", registry.address());
    let config = format!("{{\"x\":\"{}\"}}", "y".repeat(20_000_000));
    publish(&client, &image, config.as_bytes());
    let answer: Value = serde_json::from_slice(&client.oci_manifest_config(&image).expect("an answer")).expect("JSON");
    assert_eq!(answer["config"]["x"].as_str().map(str::len), Some(20_000_000));
}

#[test]
fn what_cannot_be_published_is_refused_before_it_is_sent() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    let other = format!("{}/app@sha256:{}", registry.address(), "0".repeat(64));
    assert!(
        client
            .push_manifest_raw(&other, b"{}", MANIFEST)
            .expect_err("another digest")
            .to_string()
            .contains("expected bytes of this digest")
    );
    let image = format!("{}/app:v1", registry.address());
    assert_eq!(
        client.push_manifest_raw(&image, b"{}", "a\nb").expect_err("no type").to_string(),
        "expected a media type, found `a\nb`"
    );
    assert_eq!(client.resolve("a@b").expect_err("no reference").to_string(), "invalid reference format");
}

#[test]
fn the_dispatcher_knows_what_the_policy_server_calls_unknown() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = Arc::new(client(&registry));
    let image = format!("{}/app:v1", registry.address());
    let digest = publish(&client, &image, b"{}");
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    let live = Live::new(client, Arc::new(move |event| kept.lock().expect("no panic").push(event)));
    let call = |binding: &str, namespace: &str, operation: &str, payload: &str| {
        live.call(binding, namespace, operation, payload.as_bytes()).map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    };
    assert_eq!(
        call("kubewarden", "oci", "v1/manifest_digest", &format!("\"{image}\"")),
        Ok(format!("{{\"digest\":\"{digest}\"}}"))
    );
    for (binding, namespace, operation, expected) in [
        ("kubewarden", "oci", "v1/referrers", "unknown operation: v1/referrers"),
        ("kubewarden", "cache", "get", "unknown namespace: cache"),
        ("kubewarden", "kubernetes", "can_i", "unknown operation: can_i"),
        ("other", "oci", "v1/manifest_digest", "unknown binding: other"),
        ("kubewarden", "tracing", "print", "unknown operation: print"),
        ("kubewarden", "oci", "v1/manifest_digest", "invalid type: integer `1`, expected a string at line 1 column 1"),
    ] {
        assert_eq!(call(binding, namespace, operation, "1"), Err(expected.to_owned()));
    }
    // What failed has something before it, what is refused has not.
    let absent =
        call("kubewarden", "oci", "v1/oci_manifest", &format!("\"{}/absent:v1\"", registry.address())).expect_err("absent");
    assert!(
        absent.starts_with("Callback evaluation failure: Fail to interact with OCI registry: Registry error: url "),
        "{absent}"
    );
    assert_eq!(
        call("kubewarden", "oci", "v1/oci_manifest", "\"Not A Reference\""),
        Err("Callback evaluation failure: invalid reference format".to_owned())
    );
    assert_eq!(
        call("kubewarden", "kubernetes", "list_resources_all", r#"{"api_version":"v1","kind":"Pod"}"#),
        Err("Callback evaluation failure: kube::Client was not initialized properly".to_owned())
    );
    assert_eq!(call("kubewarden", "tracing", "log", r#"{"level":"warning","message":"m","count":3}"#), Ok(String::new()));
    let events = events.lock().expect("no panic");
    assert_eq!((events[0].level.as_str(), events[0].message.as_str(), &events[0].event["count"]), ("warning", "m", &json!(3)));
}

#[test]
fn answers_are_kept_and_failures_are_not() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    let image = format!("{}/app:v1", registry.address());
    assert!(client.manifest_digest(&image).is_err());
    publish(&client, &image, b"{\"n\":1}");
    let first = client.manifest_digest(&image).expect("an answer");
    publish(&client, &image, b"{\"n\":2}");
    assert_eq!(client.manifest_digest(&image).expect("an answer"), first, "kept by the exact string");
    assert_ne!(client.resolve(&image).expect("an answer").digest.as_bytes(), first, "not kept for publishing");
    let config: Value = serde_json::from_slice(&client.oci_manifest_config(&image).expect("an answer")).expect("JSON");
    assert_eq!(config["config"]["n"], 2, "kept per function");
}

#[test]
fn the_registry_stops_when_dropped() {
    let registry = EmbeddedRegistry::start().expect("a registry");
    let client = client(&registry);
    let image = format!("{}/app:v1", registry.address());
    publish(&client, &image, b"{}");
    drop(registry);
    // A connection that was open may end in another way than a refused one; both mean that it is gone.
    assert!(client.resolve(&image).is_err());
}
