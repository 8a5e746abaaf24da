//! Records tests/e2e anew: what the registry and the cluster answer to the look-ups of each folder's request, in kwctl's shape.
//!
//! A folder has `request.json` and `settings.yaml`, and `objects.yaml` where its settings read the cluster; `replay.yaml` is written.
//! `registry.example` stands for a registry in memory with the images that are pushed here. Where settings name a public key, it is replaced
//! by that of the key pair made for this recording.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use gatectl::ExitCode;
use host::embedded::EmbeddedRegistry;
use host_tests::engine::root;
use host_tests::world::{MANIFEST, World, report};
use serde_json::{Value, json};

/// What stands for the registry's address in the recorded files.
const NAME: &str = "registry.example";
/// When the images were scanned: before any clock that the files are replayed by.
const SCANNED: &str = "2026-01-15T10:00:00Z";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn main() -> Result<(), Box<dyn Error>> {
    let embedded = EmbeddedRegistry::start()?;
    let world = World::new(embedded.address(), Box::new(embedded));
    let keys = world.path("keys");
    done(world.gatectl_plain(&["keys", "generate", "--output", &keys]).exit, "keys")?;
    let public = std::fs::read_to_string(format!("{keys}.pub"))?;
    let private = format!("{keys}.key");
    for (tag, severities, more) in [
        ("1.4", &["CRITICAL", "HIGH"][..], &[][..]),
        ("1.5", &["LOW"], &[]),
        ("signed", &["LOW"], &["--sign-key", private.as_str()]),
    ] {
        push(&world, tag, "amd64")?;
        attach(&world, tag, severities, more)?;
    }
    push(&world, "unscanned", "amd64")?;
    index(&world)?;
    let mut folders: Vec<_> = std::fs::read_dir(root().join("tests/e2e"))?.collect::<Result<_, _>>()?;
    folders.sort_by_key(std::fs::DirEntry::path);
    for folder in folders {
        record(&world, &folder.path(), &public)?;
    }
    Ok(())
}

fn record(world: &World, folder: &Path, public: &str) -> Result<(), Box<dyn Error>> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name));
    let settings = with_key(&read("settings.yaml")?, public);
    std::fs::write(folder.join("settings.yaml"), &settings)?;
    let there = |text: &str| text.replace(NAME, &world.address);
    let files = [
        world.file("request.json", &there(&read("request.json")?)),
        world.file("settings.yaml", &there(&settings)),
        world.path("replay.yaml"),
        root().join("dist/policy.wasm").display().to_string(),
        folder.join("objects.yaml").display().to_string(),
    ];
    let [request, settings, replay, module, objects] = &files;
    let mut arguments = vec!["check", request, "--settings", settings, "--record", replay, "--policy", module];
    if Path::new(objects).is_file() {
        arguments.extend(["--objects", objects]);
    }
    let ended = world.gatectl(&arguments);
    if !matches!(ended.exit, ExitCode::Admitted | ExitCode::Denied) {
        return Err(format!("{}: {}", folder.display(), ended.notes).into());
    }
    std::fs::write(folder.join("replay.yaml"), std::fs::read_to_string(replay)?.replace(&world.address, NAME))?;
    writeln!(std::io::stderr(), "{}: {:?}", folder.display(), ended.exit)?;
    Ok(())
}

/// The settings with this public key in place of the one they have.
fn with_key(settings: &str, public: &str) -> String {
    let mut out = String::new();
    let mut is_key = false;
    for line in settings.lines() {
        let indent = line.len().saturating_sub(line.trim_start().len());
        if line.trim() == "-----BEGIN PUBLIC KEY-----" {
            is_key = true;
            public.lines().for_each(|key| out.push_str(&format!("{}{key}\n", " ".repeat(indent))));
        }
        if !is_key {
            out.push_str(&format!("{line}\n"));
        }
        is_key &= line.trim() != "-----END PUBLIC KEY-----";
    }
    out
}

/// Pushes an image that is the same in every recording; its manifest's digest and size.
fn push(world: &World, tag: &str, architecture: &str) -> Result<(String, usize), Box<dyn Error>> {
    let image = world.image(&format!("shop/web:{tag}"));
    let config = json!({ "architecture": architecture, "os": "linux", "config": { "Labels": { "tag": tag } },
        "rootfs": { "type": "layers", "diff_ids": [] } })
    .to_string();
    let digest = world.registry.push_blob(&image, config.as_bytes())?;
    let config = json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len() });
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [] }).to_string();
    Ok((world.registry.push_manifest_raw(&image, manifest.as_bytes(), MANIFEST)?, manifest.len()))
}

fn index(world: &World) -> Result<(), Box<dyn Error>> {
    let mut entries: Vec<Value> = Vec::new();
    for (architecture, severities) in [("amd64", &["LOW"]), ("arm64", &["CRITICAL"])] {
        let (digest, size) = push(world, &format!("multi-{architecture}"), architecture)?;
        attach(world, &format!("multi-{architecture}"), severities, &[])?;
        let platform = json!({ "os": "linux", "architecture": architecture });
        entries.push(json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": platform }));
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }).to_string();
    world.registry.push_manifest_raw(&world.image("shop/web:multi"), index.as_bytes(), INDEX)?;
    Ok(())
}

fn attach(world: &World, tag: &str, severities: &[&str], more: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut document: Value = serde_json::from_str(&report(severities))?;
    if let Some(created) = document.get_mut("CreatedAt") {
        *created = SCANNED.into();
    }
    let (file, image) = (world.file("report.json", &document.to_string()), world.image(&format!("shop/web:{tag}")));
    let ended = world.gatectl(&[&["attach", &image, "--report", &file], more].concat());
    done(ended.exit, &ended.notes)
}

fn done(exit: ExitCode, notes: &str) -> Result<(), Box<dyn Error>> {
    if exit == ExitCode::Admitted { Ok(()) } else { Err(notes.to_owned().into()) }
}
