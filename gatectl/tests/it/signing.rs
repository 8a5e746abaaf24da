//! `gatectl keys` and `gatectl attach --sign-key`: the key files, and that what is attached is signed before a gate can find it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use gatectl::{ExitCode, Passwords};
use host::capability::Capabilities;
use host::live::Live;
use host::registry::{Registry, RegistryOptions};
use host::signing::KeyPair;
use host::sources::Sources;
use policy::findings;
use serde_json::{Value, json};

use crate::attach::{hex, stating};
use crate::world::{Ended, World, gatectl_with};

/// Makes `scan.key` and `scan.pub`; the public key.
fn keys(world: &World, password: &str) -> String {
    let prefix = world.path("scan");
    let ended = gatectl_with(&["keys", "generate", "--output", &prefix], &Passwords::given(password));
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    std::fs::read_to_string(format!("{prefix}.pub")).unwrap()
}

fn attach(world: &World, arguments: &[&str], password: &str) -> Ended {
    let (sources, key) = (world.path("sources.yaml"), world.path("scan.key"));
    let all = [&["attach", "--sources", &sources, "--sign-key", &key], arguments].concat();
    gatectl_with(&all, &Passwords::given(password))
}

/// What a gate is told about the findings of an image.
fn verify(world: &World, image: &str, public: &str) -> Result<String, String> {
    let sources = Sources::insecure([world.embedded.address()]);
    let registry = Registry::new(RegistryOptions { sources, ..RegistryOptions::default() }).unwrap();
    let request = json!({ "type": "SigstorePubKeyVerify", "image": image, "pub_keys": [public],
        "annotations": { "io.gated-deployment.type": "findings.v1" } });
    let live = Live::new(Arc::new(registry), Arc::new(|_| {}));
    let answer = live.call("kubewarden", "oci", "v2/verify", request.to_string().as_bytes())?;
    Ok(serde_json::from_slice::<Value>(&answer).unwrap()["digest"].as_str().unwrap().to_owned())
}

fn findings_of(world: &World, digest: &str) -> String {
    format!("{}:{}", world.image("app"), findings::tag(hex(digest)))
}

#[test]
fn a_key_pair_is_made_once() {
    let world = World::new();
    let public = keys(&world, "secret");
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\n") && public.ends_with("-----END PUBLIC KEY-----\n"));
    let private = std::fs::read_to_string(world.path("scan.key")).unwrap();
    assert_eq!(KeyPair::open(&private, b"secret").unwrap().public_pem(), public);
    let prefix = world.path("scan");
    let again = ["keys", "generate", "--output", prefix.as_str(), "--format", "json"];
    let ended = gatectl_with(&again, &Passwords::given("x"));
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("scan.key: the file is there already; hint:"), "{ended:?}");
    assert_eq!(std::fs::read_to_string(world.path("scan.key")).unwrap(), private);
    std::fs::remove_file(world.path("scan.key")).unwrap();
    let ended = gatectl_with(&again, &Passwords::given("x"));
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("scan.pub: the file is there already"), "{ended:?}");
    assert!(!Path::new(&world.path("scan.key")).exists(), "neither or both");
    // A file that others may read, and that is another file by a link.
    std::os::unix::fs::symlink(world.path("elsewhere"), world.path("scan.key")).unwrap();
    let ended = gatectl_with(&[&again[..], &["--force"]].concat(), &Passwords::given(""));
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(!Path::new(&world.path("elsewhere")).exists());
    let shown: Value = serde_json::from_str(&ended.results).unwrap();
    assert_eq!(shown["publicKeyPem"], std::fs::read_to_string(world.path("scan.pub")).unwrap().as_str());
    assert_eq!((&shown["schemaVersion"], &shown["privateKey"]), (&json!(1), &json!(world.path("scan.key"))));
    for (file, mode) in [("scan.key", 0o600), ("scan.pub", 0o644)] {
        let found = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(world.path(file)).unwrap().permissions()) & 0o777;
        assert_eq!(found & !0o022, mode & !0o022, "{file}: {found:o}");
    }
}

/// The environment is that of a process, so this is one.
#[test]
fn the_password_is_cosigns() {
    let world = World::new();
    let run = |password: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatectl"));
        command
            .args(["keys", "generate", "--force", "--output", &world.path("scan")])
            .env_remove("COSIGN_PASSWORD")
            .stdin(Stdio::null());
        command.envs(password.map(|password| ("COSIGN_PASSWORD", password)));
        // A session of its own has no terminal.
        let mut without_terminal = Command::new("setsid");
        without_terminal.arg("--wait").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => without_terminal.env(name, value),
                None => without_terminal.env_remove(name),
            };
        }
        without_terminal.stdin(Stdio::null()).output().unwrap()
    };
    for password in ["from the environment", ""] {
        let output = run(Some(password));
        assert!(output.status.success(), "{output:?}");
        let private = std::fs::read_to_string(world.path("scan.key")).unwrap();
        assert!(KeyPair::open(&private, password.as_bytes()).is_ok());
        assert_eq!(String::from_utf8_lossy(&output.stderr).contains("has no password"), password.is_empty());
    }
    let output = run(None);
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        notes.contains("scan.key: there is no terminal to ask for the password on: ")
            && notes.contains("hint: set COSIGN_PASSWORD"),
        "{notes}"
    );
}

/// On a terminal, which `script` makes: the password is asked for twice and not shown.
#[test]
fn the_password_is_asked_for_on_a_terminal() {
    let world = World::new();
    let run = |typed: &'static str| {
        let command = format!("{} keys generate --force --output {}", env!("CARGO_BIN_EXE_gatectl"), world.path("scan"));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--echo", "never", "--command", &command, "/dev/null"]).env_remove("COSIGN_PASSWORD");
        let mut process = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        process.wait_with_output().unwrap()
    };
    let output = run("typed in\ntyped in\n");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("New password of ") && shown.contains("Repeat the password of ") && !shown.contains("typed in"),
        "{shown}"
    );
    let private = std::fs::read_to_string(world.path("scan.key")).unwrap();
    assert!(KeyPair::open(&private, b"typed in").is_ok());

    let output = run("one\nanother\n");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && shown.contains("the two passwords differ; nothing was written"), "{shown}");
    assert_eq!(std::fs::read_to_string(world.path("scan.key")).unwrap(), private);
}

#[test]
fn what_is_attached_is_signed() {
    let world = World::new();
    let public = keys(&world, "secret");
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let report = world.file("report.json", &stating(&digest));
    let dry = attach(&world, &[&image, "--report", &report, "--format", "json", "--dry-run"], "secret");
    let dry: Value = serde_json::from_str(&dry.results).unwrap();
    let artifact = dry["artifacts"][0]["digest"].as_str().unwrap().to_owned();
    let signature = format!("{}:sha256-{}.sig", world.image("app"), hex(&artifact));
    assert_eq!(dry["artifacts"][0]["signature"], json!({ "reference": signature, "digest": null, "added": false }));
    assert!(!world.registry.exists(&signature).unwrap() && !world.registry.exists(&findings_of(&world, &digest)).unwrap());

    let shown = attach(&world, &[&image, "--report", &report, "--format", "json"], "secret");
    let shown: Value = serde_json::from_str(&shown.results).unwrap();
    let signed = world.registry.resolve(&signature).unwrap().digest;
    assert_eq!(shown["artifacts"][0]["signature"], json!({ "reference": signature, "digest": signed, "added": true }));
    assert_eq!(verify(&world, &findings_of(&world, &digest), &public), Ok(artifact.clone()));

    // Once more: the same artifact, which this key has signed; and unsigned, which leaves the signature.
    let again = attach(&world, &[&image, "--report", &report], "secret");
    assert!(again.results.contains(&format!("signed as    {signature} (signed with this key before)\n")), "{again:?}");
    assert_eq!(world.registry.resolve(&signature).unwrap().digest, signed);
    let unsigned = world.attach(&[&image, "--report", &report, "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&unsigned.results).unwrap()["artifacts"][0]["signature"], Value::Null);
    assert_eq!(verify(&world, &findings_of(&world, &digest), &public), Ok(artifact));

    // Another report is another artifact, and its signature another one.
    let other = world.file("other.json", &stating(&digest).replace("CRITICAL", "LOW"));
    assert_eq!(world.attach(&[&image, "--report", &other]).exit, ExitCode::Admitted);
    let found = verify(&world, &findings_of(&world, &digest), &public);
    assert!(
        found.as_ref().is_err_and(|found| found.starts_with("Callback evaluation failure: no signatures found for image: ")),
        "{found:?}"
    );
}

#[test]
fn every_artifact_of_an_index_is_signed() {
    let world = World::new();
    let public = keys(&world, "");
    let (amd64, _) = world.push_image(&world.image("app:amd64"), "amd64");
    let (arm64, _) = world.push_image(&world.image("app:arm64"), "arm64");
    let image = world.image("app:1");
    let index = crate::attach_index::push_index(&world, &image, &[(&amd64, "amd64"), (&arm64, "arm64")]);
    let [first, second] = [&amd64, &arm64].map(|digest| world.file(hex(digest), &stating(digest)));
    let ended = attach(&world, &[&image, "--report", &first, "--report", &second], "");
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert_eq!(ended.results.matches("signed as").count(), 3, "{}", ended.results);
    for digest in [&amd64, &arm64, &index] {
        let tag = findings_of(&world, digest);
        assert_eq!(verify(&world, &tag, &public), Ok(world.registry.resolve(&tag).unwrap().digest));
    }
}

/// Where the signature cannot be kept, the findings stay what they were: a gate that wants signatures never meets them without.
#[test]
fn the_findings_tag_moves_after_the_signature() {
    let world = World::new();
    let public = keys(&world, "secret");
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let report = world.file("report.json", &stating(&digest));
    assert_eq!(attach(&world, &[&image, "--report", &report], "secret").exit, ExitCode::Admitted);
    let tag = findings_of(&world, &digest);
    let before = world.registry.resolve(&tag).unwrap().digest;

    let rescan = world.file("rescan.json", &stating(&digest).replace("LOW", "HIGH"));
    let arguments = [image.as_str(), "--report", &rescan, "--format", "json"];
    let dry = attach(&world, &[&arguments[..], &["--dry-run"]].concat(), "secret");
    let dry: Value = serde_json::from_str(&dry.results).unwrap();
    let signature = dry["artifacts"][0]["signature"]["reference"].as_str().unwrap().to_owned();
    let foreign = world.registry.pull_manifest_raw(&tag).unwrap().bytes;
    world.registry.push_manifest_raw(&signature, &foreign, crate::world::MANIFEST).unwrap();
    let ended = attach(&world, &arguments, "secret");
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("expected an image manifest of signatures"), "{ended:?}");
    assert!(ended.notes.contains(&signature) && ended.results.is_empty(), "{ended:?}");
    assert_eq!(verify(&world, &tag, &public).as_ref(), Ok(&before));
    assert!(world.registry.exists(&world.image(&format!("app@{}", dry["artifacts"][0]["digest"].as_str().unwrap()))).unwrap());
}

#[test]
fn a_key_that_cannot_be_used_is_one_clear_error() {
    let world = World::new();
    keys(&world, "secret");
    let key = world.path("scan.key");
    let public = world.path("scan.pub");
    for (key, password, text) in [
        (
            key.as_str(),
            "wrong",
            "the password does not open this key; hint: where COSIGN_PASSWORD is set, it is the one that is tried\n",
        ),
        (&public, "secret", "found the public key; hint: sign with the private one, `cosign.key`\n"),
        ("/no/such/key", "secret", "/no/such/key: No such file or directory"),
        (&world.path("sources.yaml"), "secret", "expected a PEM block `ENCRYPTED SIGSTORE PRIVATE KEY`: "),
    ] {
        let ended = gatectl_with(
            &["attach", "ghcr.io/a/b", "--report", "/no/such/report", "--sign-key", key],
            &Passwords::given(password),
        );
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(text), "{text}: {ended:?}");
        assert!(ended.notes.starts_with("gatectl: ") && ended.notes.lines().count() == 1, "{ended:?}");
    }
}
