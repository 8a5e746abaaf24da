//! `gatectl findings` against a registry: what is shown of findings that are there, and of those that are not.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use gatectl::{ExitCode, Passwords};
use host::capability::Capabilities as _;
use host::live::Live;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use policy::findings::{self, Document};
use policy::time::Timestamp;
use serde_json::{Value, json};

use crate::attach::{hex, report, stating};
use crate::attach_index::push_index;
use crate::world::{Ended, MANIFEST, World, gatectl, gatectl_with};

const NOW: &str = "2026-11-22T12:00:00Z";

/// `gatectl findings …` with everything that a test needs; nothing is kept where the user's cache is.
pub(crate) fn show(world: &World, arguments: &[&str]) -> Ended {
    let (sources, cache) = (world.path("sources.yaml"), world.path("cache"));
    let common = ["--sources", &sources, "--cache-dir", &cache, "--now", NOW];
    match arguments {
        ["diff", rest @ ..] => gatectl(&[&["findings", "diff"], rest, &common].concat()),
        rest => gatectl(&[&["findings"], rest, &common].concat()),
    }
}

/// An image with a report attached to it; the image and its digest.
pub(crate) fn scanned(world: &World, name: &str, change: impl Fn(String) -> String) -> (String, String) {
    let image = world.image(name);
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &change(stating(&digest)));
    let ended = world.attach(&[&image, "--report", &file]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    (image, digest)
}

fn same(text: String) -> String {
    text
}

#[test]
fn what_the_gate_sees_is_shown() {
    let world = World::new();
    let (image, digest) = scanned(&world, "app:1", same);
    let ended = show(&world, &[&image]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let tag = format!("{}:{}", world.image("app"), findings::tag(hex(&digest)));
    let artifact = crate::attach::answer(&world, "app", &digest)["digest"].as_str().unwrap().to_owned();
    for line in [
        format!("image      {image}\n"),
        format!("digest     {digest}\n"),
        format!("kept as    {tag}\n"),
        format!("artifact   {artifact}\n"),
        "signed by  unsigned or not checked\n".to_owned(),
        "scanner    trivy 0.69.3\n".to_owned(),
        "scanned    2026-11-21T10:00:00Z, 1d 2h ago\n".to_owned(),
        "critical                  1        1         1\n".to_owned(),
        "low                       1        0         1\n".to_owned(),
        "alpine 3.20.1; known exploited ?; highest EPSS ?; highest CVSS none\n".to_owned(),
        "CVE-2026-1     critical  musl     1.2.5-r0   1.2.5-r1     -     ?  ?    -\n".to_owned(),
        "CVE-2026-2     low       musl     1.2.5-r0   not yet      -     ?  ?    -\n".to_owned(),
    ] {
        assert!(ended.results.contains(&line), "{line}{}", ended.results);
    }
    let one = show(&world, &[&image, "--top", "1"]);
    assert!(one.results.contains("and 1 more, which `--top` shows") && !one.results.contains("CVE-2026-2"), "{}", one.results);
}

#[test]
fn json_is_the_findings_document() {
    let world = World::new();
    let (image, digest) = scanned(&world, "app:1", same);
    let ended = show(&world, &[&image, "--format", "json"]);
    let document: Document<'_> = findings::json::read(&ended.results).unwrap();
    assert_eq!((document.subject.as_ref(), document.images[0].vulnerabilities.as_ref().unwrap().len()), (digest.as_str(), 2));
    assert_eq!(ended.notes, "");
}

/// The sentences are the gate's: the policy itself is asked about the same image.
#[test]
fn what_cannot_be_shown_is_said_as_the_gate_says_it() {
    let world = World::new();
    let (image, digest) = scanned(&world, "app:1", same);
    let bare = world.image("bare:1");
    world.push_image(&bare, "arm64");
    let broken = world.image("broken:1");
    let (of_broken, _) = world.push_image(&broken, "s390x");
    let tag = format!("{}:{}", world.image("broken"), findings::tag(hex(&of_broken)));
    let raw = world.registry.pull_manifest_raw(&broken).unwrap();
    world.registry.push_manifest_raw(&tag, &raw.bytes, MANIFEST).unwrap();
    let absent = world.image("app:none");
    let keys = world.path("key");
    let made = gatectl_with(&["keys", "generate", "--output", &keys], &Passwords::given("x"));
    assert_eq!(made.exit, ExitCode::Admitted, "{made:?}");
    let key = world.path("key.pub");
    for (image, more, state, exit) in [
        (&bare, &[][..], "missing: no findings for this image", ExitCode::Failed),
        (&broken, &[], "unreadable: findings are not usable: findings artifact: `/artifactType`: expected", ExitCode::Failed),
        (&absent, &[], "unavailable: findings could not be looked up: Fail to interact with OCI registry: ", ExitCode::Failed),
        (&image, &["--key", &key], "untrusted: findings are not signed by anyone trusted: ", ExitCode::Admitted),
    ] {
        let ended = show(&world, &[&[image.as_str()], more].concat());
        assert_eq!(ended.exit, exit, "{ended:?}");
        assert!(ended.results.contains(&format!("state      {state}")), "{}", ended.results);
        let told = ended.results.lines().find_map(|line| line.strip_prefix("state      ")).unwrap();
        let (_, sentence) = told.split_once(": ").unwrap();
        let trust = more.last().map(|key| std::fs::read_to_string(key).unwrap());
        let gate = gate_says(&world, image, trust.as_deref());
        assert!(gate.contains(&format!("rule `a`: {sentence} [evidence-")), "{sentence}: {gate}");
        let ended = show(&world, &[&[image.as_str(), "--format", "json"], more].concat());
        assert_eq!((ended.exit, ended.results.is_empty()), (exit, exit == ExitCode::Failed));
        assert!(ended.notes.contains(state), "{}", ended.notes);
    }
    let signed = world.file("signed.json", &stating(&digest));
    let arguments = ["attach", &image, "--report", &signed, "--sources", &world.path("sources.yaml"), "--sign-key"];
    let ended = gatectl_with(&[&arguments[..], &[&world.path("key.key")]].concat(), &Passwords::given("x"));
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let ended = show(&world, &[&image, "--key", &key]);
    assert!(ended.results.contains("signed by  public key\n") && !ended.results.contains("state"), "{}", ended.results);
}

/// What the policy answers to a pod of the image, with one rule `a`, and with a key that must have signed its findings.
fn gate_says(world: &World, image: &str, key: Option<&str>) -> String {
    #[derive(Debug)]
    struct Gate(Live);
    impl policy::lookup::host::Host for Gate {
        fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
            self.0.call("kubewarden", namespace, operation, payload)
        }
    }
    let mut settings = json!({ "rules": [{ "name": "a", "action": "deny", "conditions": [{ "severity": "critical" }] }] });
    if let Some(key) = key {
        settings["trust"] = json!({ "anyOf": [{ "publicKeys": [key] }] });
    }
    let request = json!({ "uid": "x", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "operation": "CREATE", "namespace": "shop",
        "userInfo": { "username": "a" }, "object": { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" },
            "spec": { "containers": [{ "name": "c", "image": image }] } } });
    let sources = Sources::insecure([world.embedded.address()]);
    let registry = Registry::new(RegistryOptions { sources, ..RegistryOptions::default() }).unwrap();
    let host = Gate(Live::new(Arc::new(registry), Arc::new(|_| {})));
    let payload = json!({ "request": request, "settings": settings }).to_string();
    let answer = policy::review::validate(payload.as_bytes(), Timestamp::parse(NOW).unwrap(), &host);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    answer["status"]["message"].as_str().or(answer["message"].as_str()).unwrap_or_default().to_owned()
}

#[test]
fn settings_say_where_and_of_whom() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &stating(&digest));
    let elsewhere = world.image("findings");
    world.attach(&[&image, "--report", &file, "--repository", &elsewhere]);
    assert_eq!(show(&world, &[&image]).exit, ExitCode::Failed, "not beside the image");
    assert_eq!(show(&world, &[&image, "--repository", &elsewhere]).exit, ExitCode::Admitted);
    let rules = "rules: [{ name: a, action: deny, conditions: [{ severity: high }] }]\n";
    let settings = world
        .file("settings.yaml", &format!("findings: {{ sources: [{{ registry: {{ repository: '{elsewhere}' }} }}] }}\n{rules}"));
    assert_eq!(show(&world, &[&image, "--settings", &settings]).exit, ExitCode::Admitted);

    let in_cluster = world.file("cluster.yaml", &format!("findings: {{ sources: [{{ trivyOperator: {{}} }}] }}\n{rules}"));
    let ended = show(&world, &[&image, "--settings", &in_cluster]);
    assert!(ended.results.contains("state      unavailable: findings could not be looked up: "), "{}", ended.results);
    let report = json!({ "apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport",
        "metadata": { "name": "r", "namespace": "shop" },
        "report": { "updateTimestamp": "2026-11-22T11:00:00Z", "scanner": { "name": "Trivy", "version": "1" }, "artifact": { "digest": digest },
            "summary": { "highCount": 1 },
            "vulnerabilities": [{ "vulnerabilityID": "CVE-1", "severity": "HIGH", "resource": "musl" }] } });
    let objects = world.file("reports.yaml", &report.to_string());
    let ended = show(&world, &[&image, "--settings", &in_cluster, "--objects", &objects, "--namespace", "shop"]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    for part in ["kept as    shop/r (VulnerabilityReport of the Trivy operator)", "API server", "1h ago", "CVE-1"] {
        assert!(ended.results.contains(part), "{part}: {}", ended.results);
    }
    let ended = show(&world, &[&image, "--settings", &in_cluster, "--objects", &objects, "--namespace", "other"]);
    assert!(ended.results.contains("state      missing: no findings for this image"), "{}", ended.results);
}

#[test]
fn platforms_of_an_index_are_shown_each() {
    let world = World::new();
    let [(amd64, _), (arm64, _)] = ["amd64", "arm64"].map(|name| world.push_image(&world.image(&format!("multi:{name}")), name));
    let index = world.image("multi:1");
    push_index(&world, &index, &[(&amd64, "amd64"), (&arm64, "arm64")]);
    let file = world.file("one.json", &stating(&amd64));
    let ended = world.attach(&[&world.image(&format!("multi@{amd64}")), "--report", &file]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let ended = show(&world, &[&index]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.results.contains("platform   linux/amd64\n") && ended.results.contains("platform   linux/arm64\n"));
    assert!(ended.results.contains("state      missing: no findings for this image\n"), "{}", ended.results);
    let ended = show(&world, &[&index, "--format", "json"]);
    let list: Value = serde_json::from_str(&ended.results).unwrap();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert!(ended.notes.contains("platform linux/arm64: missing"), "{}", ended.notes);
}

#[test]
fn mistakes_are_named() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", same);
    let bad = world.file("settings.yaml", "rules: []\nfoo: 1\n");
    let not_a_key = world.file("not-a-key", "x");
    for (arguments, part) in [
        (&["Not An Image"][..], "repository of lower-case letters"),
        (&[&image, "--key", &not_a_key], "not-a-key: expected one block of PEM"),
        (&[&image, "--key", "/no/such/key"], "/no/such/key: No such file"),
        (&[&image, "--repository", "ghcr.io/acme/findings:tag"], "without tag or digest"),
        (&[&image, "--key", &not_a_key, "--settings", &bad], "cannot be used with"),
        (&[], "required"),
    ] {
        let ended = show(&world, arguments);
        assert_eq!(ended.exit, ExitCode::Failed, "{part}");
        assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
    }
    assert_eq!(show(&world, &[&image, "--settings", &bad]).exit, ExitCode::Settings);
}

#[test]
fn documents_are_fetched_once_and_damage_is_noticed() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", same);
    let first = show(&world, &[&image, "--format", "json"]);
    let folder = std::path::PathBuf::from(world.path("cache"));
    let entries = || std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let [entry] = <[_; 1]>::try_from(entries()).unwrap();
    let kept = std::fs::read(&entry).unwrap();
    assert_eq!(show(&world, &[&image, "--format", "json"]).results, first.results);

    // That it is read at all: an entry about the same digest with other findings would be shown, were its checksum right.
    let mut damaged = kept.clone();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(&entry, &damaged).unwrap();
    assert_eq!(show(&world, &[&image, "--format", "json"]).results, first.results);
    assert_eq!(std::fs::read(&entry).unwrap(), kept, "what was damaged is fetched again");

    std::fs::remove_dir_all(&folder).unwrap();
    let sources = world.path("sources.yaml");
    let ended = gatectl(&["findings", &image, "--sources", &sources, "--no-cache"]);
    assert_eq!((ended.exit, folder.exists()), (ExitCode::Admitted, false));
}

/// What an attacker who names a package, or answers for a registry, would have a terminal do.
#[test]
fn foreign_text_moves_no_cursor() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", |report| {
        report
            .replace(r#""PkgName": "musl""#, r#""PkgName": "mu\u001b[2J\u001b]0;x\u0007sl\u202e\u009b""#)
            .replace("1.2.5-r1", "1\\u001b[31m")
    });
    let hostile = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202e}' | '\u{200b}'));
    let raw = show(&world, &[&image, "--format", "json"]);
    assert!(!raw.results.contains(hostile) && raw.results.contains("\\u001b"), "{}", raw.results);
    let value: Value = serde_json::from_str(&raw.results).unwrap();
    assert!(value.to_string().contains('\u{202e}') || value.to_string().contains("%E2%80%AE"), "the document is whole: {value}");
    for format in ["table", "html"] {
        let ended = show(&world, &[&image, "--format", format]);
        assert!(!ended.results.contains(hostile) && !ended.notes.contains(hostile), "{format}: {:?}", ended.results);
    }
    let hostile_registry = Refusing::start(r#"{"errors":[{"code":"DENIED","message":"\u001b[2Jgo \u202eaway\u009b1m"}]}"#);
    let of_it = format!("{}/a:1", hostile_registry.0);
    let sources = world.file("hostile.yaml", &format!("insecure_sources: ['{}']\n", hostile_registry.0));
    for arguments in
        [&["findings", &of_it, "--no-cache"][..], &["attach", &of_it, "--report", &world.file("r.json", &report(""))]]
    {
        let ended = gatectl(&[arguments, &["--sources", &sources]].concat());
        let said = format!("{}{}", ended.results, ended.notes);
        assert!(ended.exit == ExitCode::Failed && said.contains("away") && !said.contains(hostile), "{said:?}");
    }
    let other = world.file("other.json", &report("").replace("CVE-2026-1", "CVE-\\u001b[2J"));
    let ended = show(&world, &["diff", &image, &other]);
    assert!(!ended.results.contains(hostile) && !ended.notes.contains(hostile), "{ended:?}");
}

/// A server that answers every request with one error; its address.
struct Refusing(String);

impl Refusing {
    fn start(body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                let head = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ";
                let _ = stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes());
            }
        });
        Self(address)
    }
}
