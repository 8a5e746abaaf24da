//! The registry client against a registry as clusters have it, and against one that answers oddly.
//!
//! The texts are those a guest decides by, as measured on a policy server; where a newer client library says something else, the case
//! says so.

#![expect(clippy::expect_used, reason = "a test's helpers fail as the test itself does")]

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use host::credentials::Credentials;
use host::registry::{Registry, RegistryError, RegistryOptions};
use host::sources::Sources;
use host_tests::docker_registry::{DockerRegistry, Options};
use host_tests::odd_registry::{Answer, OddRegistry};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// User `tester` with the password `secret`.
const USERS: &str = "tester:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

fn client(sources: Sources) -> Registry {
    Registry::new(RegistryOptions { sources, ..RegistryOptions::default() }).expect("a client")
}

fn insecure(address: &str) -> Registry {
    client(Sources::insecure([address]))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn value(answer: Result<Vec<u8>, RegistryError>) -> Value {
    serde_json::from_slice(&answer.expect("an answer")).expect("JSON")
}

fn manifest(config: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.example.v1+json", "digest": sha256(config), "size": config.len()},
        "layers": [],
    })
}

/// Pushes a config and a manifest around it; gives the manifest's digest.
fn publish(client: &Registry, image: &str, config: &[u8]) -> Result<String, RegistryError> {
    client.push_blob(image, config)?;
    client.push_manifest_raw(image, manifest(config).to_string().as_bytes(), MANIFEST)
}

/// A registry that answers a manifest of these bytes under `app:v1`, and this config.
fn odd(manifest: &[u8], config: &[u8], config_answer: Answer) -> OddRegistry {
    let answer = Answer::new(200, manifest).header("Content-Type", MANIFEST);
    OddRegistry::start([
        ("/v2/app/manifests/v1".to_owned(), answer),
        (format!("/v2/app/blobs/{}", sha256(config)), config_answer),
    ])
    .expect("a registry")
}

fn image(address: &str) -> String {
    format!("{address}/app:v1")
}

#[test]
fn a_usual_registry_takes_and_gives() {
    let registry = DockerRegistry::start().expect("a registry");
    let client = insecure(&registry.address());
    let image = format!("{}/team/app:v1", registry.address());
    let digest = publish(&client, &image, br#"{"b":1,"a":2}"#).expect("taken");
    assert_eq!(client.resolve(&image).expect("an answer").digest, digest);
    assert_eq!(value(client.manifest_digest(&image)), json!({"digest": digest}));
    assert_eq!(value(client.oci_manifest(&image)), manifest(br#"{"b":1,"a":2}"#));
    let answer = client.oci_manifest_config(&format!("{}/team/app@{digest}", registry.address())).expect("an answer");
    assert!(String::from_utf8(answer).expect("UTF-8").ends_with(r#""config":{"a":2,"b":1}}"#));
    assert_eq!(publish(&client, &image, br#"{"b":1,"a":2}"#).expect("taken twice"), digest);
    let large = vec![b'x'; 9_000_000];
    let digest = client.push_blob(&image, &large).expect("taken in pieces");
    assert_eq!(client.pull_blob(&image, &digest, large.len()).expect("the blob"), large);
}

#[test]
fn a_usual_registry_says_manifest_unknown_for_whatever_is_absent() {
    let registry = DockerRegistry::start().expect("a registry");
    let client = insecure(&registry.address());
    publish(&client, &format!("{}/app:v1", registry.address()), b"{}").expect("taken");
    let zero = format!("app@sha256:{}", "0".repeat(64));
    for absent in ["app:v2", "nothing:v1", zero.as_str()] {
        let image = format!("{}/{absent}", registry.address());
        assert!(!client.exists(&image).expect("an answer"));
        for error in [client.manifest_digest(&image), client.oci_manifest(&image), client.oci_manifest_config(&image)] {
            let error = error.expect_err("absent");
            let found = error.report();
            assert!(error.is_not_found(), "{found}");
            let first = found.lines().next().expect("a line");
            assert!(first.ends_with(", envelope: OCI API errors: [OCI API error: manifest unknown]"), "{found}");
            assert!(
                first.starts_with(&format!(
                    "Fail to interact with OCI registry: Registry error: url http://{}",
                    registry.address()
                )),
                "{found}"
            );
        }
    }
    let absent = client.pull_blob(&format!("{}/app", registry.address()), &zero.replace("app@", ""), 1).expect_err("absent");
    assert!(absent.to_string().ends_with("[OCI API error: blob unknown to registry]"), "{absent}");
}

#[test]
fn credentials_are_used_and_their_absence_told() {
    let registry =
        DockerRegistry::start_with(&Options { htpasswd: Some(USERS.to_owned()), ..Options::default() }).expect("a registry");
    let image = image(&registry.address());
    let folder = tempfile::tempdir().expect("a folder");
    let client = |password: &str| {
        let auths = json!({"auths": {registry.address(): {"username": "tester", "password": password}}});
        fs::write(folder.path().join("config.json"), auths.to_string()).expect("a file");
        let credentials = Credentials::from_folder(folder.path());
        let sources = Sources::insecure([registry.address()]);
        Registry::new(RegistryOptions { sources, credentials, ..RegistryOptions::default() }).expect("a client")
    };
    let digest = publish(&client("secret"), &image, b"{}").expect("taken");
    assert_eq!(client("secret").resolve(&image).expect("an answer").digest, digest);
    assert_eq!(value(client("secret").oci_manifest_config(&image))["digest"], digest);
    for refused in [insecure(&registry.address()), client("wrong")] {
        for error in [refused.manifest_digest(&image), refused.oci_manifest(&image), refused.oci_manifest_config(&image)] {
            let error = error.expect_err("refused");
            assert!(error.is_unauthorized(), "{error}");
            let expected = format!(
                "Fail to interact with OCI registry: Not authorized: url http://{}/v2/app/manifests/v1",
                registry.address()
            );
            assert_eq!(error.to_string(), expected);
        }
        assert!(publish(&refused, &image, b"{}").is_err());
    }
}

#[test]
fn a_private_authority_is_trusted_where_it_is_named() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = key.cert.pem();
    let options = Options { tls: Some((certificate.clone(), key.signing_key.serialize_pem())), ..Options::default() };
    let registry = DockerRegistry::start_with(&options).expect("a registry");
    let image = image(&registry.address());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    fs::write(&path, &certificate).expect("a file");

    let untrusted = client(Sources::default()).resolve(&image).expect_err("untrusted").report();
    assert!(
        untrusted.contains("error sending request for url (https://") && untrusted.contains("invalid peer certificate"),
        "{untrusted}"
    );

    let by_data = json!({"source_authorities": {registry.address(): [{"type": "Data", "data": certificate}]}}).to_string();
    let by_path = json!({"source_authorities": {registry.address(): [{"type": "Path", "path": path}]}}).to_string();
    let digest = publish(&client(Sources::parse(&by_data).expect("valid sources")), &image, b"{}").expect("taken");
    for sources in [by_path, json!({"insecure_sources": [registry.address()]}).to_string()] {
        let client = client(Sources::parse(&sources).expect("valid sources"));
        assert_eq!(value(client.manifest_digest(&image)), json!({"digest": digest}), "{sources}");
    }
    let broken =
        json!({"source_authorities": {registry.address(): [{"type": "Data", "data": "-----BEGIN CERTIFICATE-----\n!"}]}})
            .to_string();
    assert!(client(Sources::parse(&broken).expect("valid sources")).resolve(&image).is_err());
}

#[test]
fn plain_http_is_spoken_to_listed_hosts_only() {
    let registry = DockerRegistry::start().expect("a registry");
    publish(&insecure(&registry.address()), &image(&registry.address()), b"{}").expect("taken");
    let error = client(Sources::default()).resolve(&image(&registry.address())).expect_err("not listed").report();
    assert!(error.contains("error sending request for url (https://"), "{error}");
}

#[test]
fn status_codes_read_as_measured() {
    for (answer, expected) in [
        (Answer::new(401, ""), "Not authorized: url {url}"),
        (
            Answer::error(403, "DENIED", "requested access to the resource is denied"),
            "Registry error: url {url}, envelope: OCI API errors: [OCI API error: requested access to the resource is denied]",
        ),
        (
            Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            "Registry error: url {url}, envelope: OCI API errors: [OCI API error: manifest unknown]",
        ),
        (
            Answer::error(429, "TOOMANYREQUESTS", "slow down"),
            "Registry error: url {url}, envelope: OCI API errors: [OCI API error: slow down]",
        ),
        (Answer::new(404, "<html>no</html>"), "Server error: url {url}, code: 404, message: <html>no</html>"),
        (Answer::new(500, "boom"), "Server error: url {url}, code: 500, message: boom"),
    ] {
        let registry = OddRegistry::start([("/v2/app/manifests/v1", answer)]).expect("a registry");
        let client = insecure(&registry.address());
        let image = image(&registry.address());
        let expected = expected.replace("{url}", &format!("http://{}/v2/app/manifests/v1", registry.address()));
        let expected = format!("Fail to interact with OCI registry: {expected}\n\nCaused by:\n    {expected}");
        for error in [client.manifest_digest(&image), client.oci_manifest(&image), client.oci_manifest_config(&image)] {
            assert_eq!(error.expect_err("refused").report(), expected);
        }
    }
}

#[test]
fn a_registry_that_is_not_there_reads_as_measured() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port();
    let image = format!("127.0.0.1:{port}/app:v1");
    for (client, scheme) in [(client(Sources::default()), "https"), (insecure(&format!("127.0.0.1:{port}")), "http")] {
        let report = client.oci_manifest(&image).expect_err("refused").report();
        let mut lines = report.lines();
        let url = format!("error sending request for url ({scheme}://127.0.0.1:{port}/v2/app/manifests/v1)");
        assert_eq!(lines.next(), Some(format!("Fail to interact with OCI registry: {url}").as_str()));
        assert_eq!(lines.next(), Some(""));
        assert_eq!(lines.next(), Some("Caused by:"));
        assert_eq!(lines.next(), Some(format!("    0: {url}").as_str()));
        assert_eq!(lines.next(), Some("    1: client error (Connect)"));
        assert!(report.contains("Connection refused"), "{report}");
    }
}

#[test]
fn odd_configs_read_as_measured() {
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let gzip: &[u8] = &[0x1f, 0x8b, 0x08, 0x00];
    for (config, expected) in [
        (b"plain".as_slice(), "expected value at line 1 column 1"),
        (b"", "EOF while parsing a value at line 1 column 0"),
        (gzip, "Cannot parse config as UTF-8 string"),
        (b"\xff{}", "Cannot parse config as UTF-8 string"),
        (nested.as_bytes(), "recursion limit exceeded at line 1 column 128"),
    ] {
        let registry = odd(manifest(config).to_string().as_bytes(), config, Answer::new(200, config));
        let error = insecure(&registry.address()).oci_manifest_config(&image(&registry.address())).expect_err("odd");
        assert!(error.to_string().contains(expected), "{error}");
    }
    for scalar in ["42", "null", "\"text\"", "[1]"] {
        let registry = odd(manifest(scalar.as_bytes()).to_string().as_bytes(), scalar.as_bytes(), Answer::new(200, scalar));
        let answer = value(insecure(&registry.address()).oci_manifest_config(&image(&registry.address())));
        assert_eq!(answer["config"].to_string(), scalar);
    }

    let registry = odd(manifest(b"{}").to_string().as_bytes(), b"{}", Answer::new(200, "other"));
    let error = insecure(&registry.address()).oci_manifest_config(&image(&registry.address())).expect_err("odd").to_string();
    let expected = format!("Digest error: Invalid digest. Expected {}, got {}", sha256(b"{}"), sha256(b"other"));
    assert!(error.ends_with(&expected), "{error}");

    // Measured with an older client library: `HTTP status client error (404 Not Found) for url (…)`.
    let missing = Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    let registry = odd(manifest(b"{}").to_string().as_bytes(), b"{}", missing);
    let error = insecure(&registry.address()).oci_manifest_config(&image(&registry.address())).expect_err("odd").to_string();
    assert!(error.contains("/v2/app/blobs/sha256:") && error.ends_with("[OCI API error: blob unknown to registry]"), "{error}");
}

#[test]
fn numbers_keys_and_text_of_a_config_come_as_measured() {
    let config = br#"{"z":12345678901234567890123,"max":18446744073709551615,"a":1.10,"twice":1,"twice":2,"nul":"\u0000"}"#;
    let registry = odd(manifest(config).to_string().as_bytes(), config, Answer::new(200, config.as_slice()));
    let answer = insecure(&registry.address()).oci_manifest_config(&image(&registry.address())).expect("an answer");
    let text = String::from_utf8(answer).expect("UTF-8");
    let expected = r#""config":{"a":1.1,"max":18446744073709551615,"nul":"\u0000","twice":2,"z":1.2345678901234568e+22}}"#;
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn odd_manifests_read_as_measured() {
    let artifact = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]}"#;
    for (body, expected) in [
        (artifact, "Unsupported media type: application/vnd.oci.artifact.manifest.v1+json"),
        (r#"{"schemaVersion":1}"#, "Unsupported schema version: 1"),
        (r#"{"schemaVersion":2,"config":{}}"#, "data did not match any variant of untagged enum OciManifest"),
        ("[]", "Failed to parse manifest: "),
    ] {
        let registry = odd(body.as_bytes(), b"", Answer::new(200, ""));
        let error = insecure(&registry.address()).oci_manifest(&image(&registry.address())).expect_err(body);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_wrong_digest_is_believed_on_head_and_refused_on_get() {
    let body = manifest(b"{}").to_string();
    let lie = sha256(b"something else");
    let answer = Answer::new(200, body.clone()).header("Docker-Content-Digest", &lie);
    let registry = OddRegistry::start([("/v2/app/manifests/v1", answer)]).expect("a registry");
    let client = insecure(&registry.address());
    assert_eq!(value(client.manifest_digest(&image(&registry.address())))["digest"], lie);
    let error = client.oci_manifest(&image(&registry.address())).expect_err("a lie").to_string();
    assert!(
        error.ends_with(&format!("Digest error: Invalid digest. Expected {lie}, got {}", sha256(body.as_bytes()))),
        "{error}"
    );
}

#[test]
fn what_survives_is_what_was_measured() {
    let descriptor = |more: Value| {
        let mut all = json!({
            "mediaType": "a/b", "digest": sha256(b"{}"), "size": 2, "annotations": {"k": "v"}, "artifactType": "c/d", "urls": ["https://x.example/"],
        });
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    let lossy = json!({"data": "e30=", "platform": {"os": "linux", "architecture": "amd64"}, "unknown": 1});
    let kept = json!({});
    let image_manifest = |descriptors: &Value| {
        json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "x/y", "annotations": {"k": "v"},
            "config": descriptor(descriptors.clone()), "layers": [descriptor(descriptors.clone())], "subject": descriptor(descriptors.clone()),
        })
    };
    let mut sent = image_manifest(&lossy);
    sent["unknown"] = json!(1);
    let registry = odd(sent.to_string().as_bytes(), b"{}", Answer::new(200, "{}"));
    let client = insecure(&registry.address());
    assert_eq!(value(client.oci_manifest(&image(&registry.address()))), image_manifest(&kept));
    assert_eq!(value(client.oci_manifest_config(&image(&registry.address())))["manifest"], image_manifest(&kept));

    let platform = json!({"architecture": "amd64", "os": "linux", "os.version": "1", "os.features": ["f"], "variant": "v2", "features": ["g"]});
    let entry = json!({"mediaType": MANIFEST, "digest": sha256(b"{}"), "size": 2, "platform": platform, "annotations": {"k": "v"}, "artifactType": "c/d"});
    let index =
        json!({"schemaVersion": 2, "mediaType": INDEX, "artifactType": "x/y", "annotations": {"k": "v"}, "manifests": [entry]});
    let mut sent = index.clone();
    sent["subject"] = descriptor(kept.clone());
    sent["manifests"][0]["data"] = json!("e30=");
    sent["manifests"][0]["urls"] = json!(["https://x.example/"]);
    let registry = odd(sent.to_string().as_bytes(), b"", Answer::new(200, ""));
    assert_eq!(value(insecure(&registry.address()).oci_manifest(&image(&registry.address()))), index);
}

#[test]
fn an_index_without_this_platform_and_one_inside_another_are_errors() {
    let entry = |digest: &str, os: &str| {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        json!({"mediaType": INDEX, "digest": digest, "size": 1, "platform": {"architecture": architecture, "os": os}})
    };
    let index = |entry: Value| json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).to_string();
    let foreign = index(entry(&sha256(b"x"), "plan9"));
    let nested = index(entry(&sha256(foreign.as_bytes()), "linux"));
    let registry = OddRegistry::start([
        ("/v2/app/manifests/v1".to_owned(), Answer::new(200, foreign.clone())),
        ("/v2/app/manifests/v2".to_owned(), Answer::new(200, nested)),
        (format!("/v2/app/manifests/{}", sha256(foreign.as_bytes())), Answer::new(200, foreign.clone())),
    ])
    .expect("a registry");
    let client = insecure(&registry.address());
    for (tag, expected) in [
        ("v1", "no entry found in image index manifest matching client's default platform"),
        ("v2", "received Image Index manifest instead"),
    ] {
        let error = client.oci_manifest_config(&format!("{}/app:{tag}", registry.address())).expect_err(tag).to_string();
        assert!(error.ends_with(expected), "{error}");
    }
}

#[test]
fn the_requests_are_those_of_the_policy_server() {
    let registry = OddRegistry::start(BTreeMap::<String, Answer>::new()).expect("a registry");
    let client = insecure(&registry.address());
    assert!(client.manifest_digest(&image(&registry.address())).is_err());
    let manifest = "/v2/app/manifests/v1";
    assert_eq!(registry.requests(), ["GET /v2/", &format!("HEAD {manifest}"), "GET /v2/", &format!("GET {manifest}")]);
    assert!(client.oci_manifest(&image(&registry.address())).is_err());
    assert_eq!(registry.requests().len(), 6, "{:?}", registry.requests());
    assert!(client.oci_manifest(&image(&registry.address())).is_err());
    assert_eq!(registry.requests().len(), 8, "a failure is not kept: {:?}", registry.requests());

    let body = self::manifest(b"{}").to_string();
    let registry = OddRegistry::start([(manifest, Answer::new(200, body))]).expect("a registry");
    let client = insecure(&registry.address());
    for _ in 0..3 {
        value(client.oci_manifest(&image(&registry.address())));
    }
    assert_eq!(registry.requests().len(), 2, "a success is kept: {:?}", registry.requests());
    // Another string for the same manifest is another look-up, as in the policy server.
    let digest = sha256(self::manifest(b"{}").to_string().as_bytes());
    assert!(client.oci_manifest(&format!("{}@{digest}", image(&registry.address()))).is_err());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it measures how long something takes")]
fn time_can_be_limited_and_a_slow_registry_holds_up_no_other() {
    let body = manifest(b"{}").to_string();
    let slow = OddRegistry::start([("/v2/app/manifests/v1", Answer::new(200, body.clone()).after(Duration::from_secs(3)))])
        .expect("a registry");
    let quick = OddRegistry::start([("/v2/app/manifests/v1", Answer::new(200, body))]).expect("a registry");
    let sources = Sources::insecure([slow.address(), quick.address()]);
    let timeout = Some(Duration::from_millis(1_500));
    let client = Registry::new(RegistryOptions { sources, timeout, ..RegistryOptions::default() }).expect("a client");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.oci_manifest(&image(&slow.address())));
        std::thread::sleep(Duration::from_millis(200));
        let since = Instant::now();
        value(client.oci_manifest(&image(&quick.address())));
        assert!(since.elapsed() < Duration::from_millis(1_200), "{:?}", since.elapsed());
        let error = waiting.join().expect("no panic").expect_err("too slow");
        assert_eq!(error.to_string(), "the registry did not answer within 1.5 s");
    });
}

#[test]
fn a_registry_that_hangs_up_is_an_error_and_no_panic() {
    let broken = Answer::new(200, "").header("Location", "not a url").header("WWW-Authenticate", "Bearer realm=\"");
    for path in ["/v2/", "/v2/app/manifests/v1", "/v2/app/blobs/uploads/"] {
        let registry = OddRegistry::start([(path, broken.clone())]).expect("a registry");
        let client = insecure(&registry.address());
        assert!(publish(&client, &image(&registry.address()), b"{}").is_err(), "{path}");
        assert!(client.oci_manifest(&image(&registry.address())).is_err(), "{path}");
    }
}

/// The host parses references with its own parser: what the policy writes must name the same registry, repository and version there.
#[test]
fn the_hosts_parser_reads_references_as_the_policy_does() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = format!("GHCR.io:443/acme/web:v1@{digest}");
    for text in [
        "nginx",
        "nginx:1.27",
        "bitnami/redis",
        "index.docker.io/nginx",
        "GHCR.io/acme/web:v1",
        "ghcr.io:0443/acme/web",
        "localhost/web",
        "localhost:443/web",
        "localhost:5000/a/b/c",
        "registry:443/team/app:v1",
        "registry:5000/app",
        "MYREG/app",
        "127.0.0.1:5000/app",
        "a.b/c__d-e---f.g:T_1.-x",
        &pinned,
    ] {
        let ours = policy::image::Reference::parse(text).expect(text);
        let theirs: oci_client::Reference = ours.to_string().parse().expect(text);
        let repository = format!("{}/{}", theirs.registry(), theirs.repository());
        assert_eq!(
            (theirs.registry(), repository, theirs.tag(), theirs.digest()),
            (ours.registry(), ours.repository(), ours.tag(), ours.digest().map(policy::image::Digest::as_str)),
            "{text}"
        );
    }
}
