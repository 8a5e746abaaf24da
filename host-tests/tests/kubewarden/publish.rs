//! The built module as what policy servers pull: pushed to Debian's `docker-registry` and to the embedded one, pulled back, refused where
//! it is none.

use gatectl::ExitCode;
use host::annotate;
use host_tests::engine::root;
use host_tests::world::{MANIFEST, World};
use serde_json::{Value, json};

fn module() -> (String, Vec<u8>) {
    let path = root().join("dist/policy.wasm");
    let bytes = std::fs::read(&path).expect("dist/policy.wasm; build it first: ./just build");
    (path.display().to_string(), bytes)
}

/// `gatectl module … --sources`.
fn gatectl(world: &World, arguments: &[&str]) -> host_tests::world::Ended {
    let sources = world.path("sources.yaml");
    world.gatectl_plain(&[&["module"], arguments, &["--sources", &sources]].concat())
}

#[test]
fn what_is_pushed_is_what_policy_servers_pull() {
    let (path, bytes) = module();
    let mut references = Vec::new();
    for world in World::both() {
        let image = world.image("acme/gated-deployment:v1");
        let pushed = gatectl(&world, &["push", &path, &format!("registry://{image}")]);
        assert_eq!(pushed.exit, ExitCode::Admitted, "{pushed:?}");
        let pinned = pushed.results.trim().to_owned();
        let digest = world.registry.resolve(&image).unwrap().digest;
        assert_eq!(pinned, world.image(&format!("acme/gated-deployment@{digest}")));
        let manifest: Value = serde_json::from_slice(&world.registry.pull_manifest_raw(&pinned).unwrap().bytes).unwrap();
        assert_eq!(
            (&manifest["mediaType"], &manifest["config"]["mediaType"], &manifest["config"]["size"], &manifest["artifactType"]),
            (&MANIFEST.into(), &"application/vnd.wasm.config.v1+json".into(), &2.into(), &Value::Null)
        );
        let layers = manifest["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 1);
        assert_eq!(layers[0]["mediaType"], "application/vnd.wasm.content.layer.v1+wasm");
        assert_eq!(layers[0]["size"], bytes.len());
        assert_eq!(world.registry.pull_blob(&image, manifest["config"]["digest"].as_str().unwrap(), 1 << 20).unwrap(), b"{}");
        // Every annotation of one line, and no other.
        let metadata = annotate::metadata(&bytes).unwrap();
        let (mut copied, mut left_out) = (0, 0);
        for (key, text) in metadata["annotations"].as_object().unwrap() {
            if text.as_str().unwrap().contains('\n') {
                assert_eq!(manifest["annotations"].get(key), None, "{key}");
                left_out += 1;
            } else {
                assert_eq!(&manifest["annotations"][key], text, "{key}");
                copied += 1;
            }
        }
        assert_eq!(manifest["annotations"].as_object().unwrap().len(), copied);
        assert!(copied > 5 && left_out > 0, "{copied} annotations of one line, {left_out} of several: both should be tried");
        // What a policy server's OCI client does with it: the first layer of that type.
        for reference in [&image, &pinned] {
            let file = world.path("pulled.wasm");
            let pulled = gatectl(&world, &["pull", reference, "-o", &file]);
            assert_eq!((pulled.exit, pulled.results.trim()), (ExitCode::Admitted, pinned.as_str()), "{pulled:?}");
            assert_eq!(std::fs::read(&file).unwrap(), bytes);
        }
        // Once more is the same artifact.
        assert_eq!(gatectl(&world, &["push", &path, &image]).results.trim(), pinned);
        references.push(digest);
    }
    assert_eq!(references[0], references[1], "the same module is the same artifact in every registry");
}

#[test]
fn a_dry_run_touches_no_registry() {
    let (path, bytes) = module();
    let [world, _] = World::both();
    let image = world.image("acme/dry:v1");
    let ended = gatectl(&world, &["push", "--dry-run", &path, &image]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.notes.contains(&format!("{} equal bytes", bytes.len())), "{}", ended.notes);
    assert!(!world.registry.exists(&image).unwrap());
    assert_eq!(ended.results.trim(), {
        gatectl(&world, &["push", &path, &image]);
        world.registry.resolve(&image).unwrap().digest
    });
}

#[test]
fn what_no_policy_server_takes_is_not_pushed() {
    let (_, bytes) = module();
    let [world, _] = World::both();
    let image = world.image("acme/wrong:v1");
    let empty = b"\0asm\x01\0\0\0";
    for (name, content, says) in [
        ("bare.wasm", &empty[..], "gatectl module annotate"),
        ("text.wasm", b"no module", "no metadata"),
        ("short.wasm", &bytes[..bytes.len() / 2], "no metadata"),
    ] {
        let file = world.path(name);
        std::fs::write(&file, content).unwrap();
        let ended = gatectl(&world, &["push", &file, &image]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(says), "{name}: {ended:?}");
    }
    assert!(!world.registry.exists(&image).unwrap());
    for (arguments, says) in
        [(["push", "/no/such.wasm", image.as_str()], "/no/such.wasm"), (["push", &module().0, "Not/A:Reference:"], "Not/A")]
    {
        let ended = gatectl(&world, &arguments);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(says), "{ended:?}");
    }
}

#[test]
fn what_is_no_module_is_not_pulled() {
    let mut n_taken = 0;
    for world in World::both() {
        let file = world.path("pulled.wasm");
        let refused = |tag: &str, says: &str| {
            let ended = gatectl(&world, &["pull", &world.image(&format!("acme/foreign:{tag}")), "-o", &file]);
            assert!(ended.exit == ExitCode::Failed && ended.notes.contains(says), "{tag}: {ended:?}");
            assert!(!std::path::Path::new(&file).exists(), "{tag}");
        };
        refused("absent", "manifest unknown");
        world.push(&world.image("acme/foreign:image"), "amd64");
        refused("image", "expected a config of type `application/vnd.wasm.config.v1+json`");
        let repository = world.image("acme/foreign");
        let blob = world.registry.push_blob(&repository, b"{}").unwrap();
        let wasm = |size: u64| json!({ "mediaType": "application/vnd.wasm.content.layer.v1+wasm", "digest": blob, "size": size });
        let other = json!({ "mediaType": "text/plain", "digest": blob, "size": 2 });
        for (tag, layers, says) in [
            ("none", json!([]), "expected one layer, found 0"),
            ("two", json!([wasm(2), other]), "expected one layer, found 2"),
            ("text", json!([other]), "expected a layer of type"),
            ("large", json!([wasm(100_000_000)]), "expected at most"),
            ("longer", json!([wasm(3)]), "expected a layer of 3 bytes, found 2"),
            ("shorter", json!([wasm(1)]), "blob: more than 1 bytes"),
        ] {
            let config = json!({ "mediaType": "application/vnd.wasm.config.v1+json", "digest": blob, "size": 2 });
            let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers }).to_string();
            if world.registry.push_manifest_raw(&format!("{repository}:{tag}"), manifest.as_bytes(), MANIFEST).is_ok() {
                n_taken += 1;
                refused(tag, says);
            }
        }
        let index = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [] });
        let kind = "application/vnd.oci.image.index.v1+json";
        if world.registry.push_manifest_raw(&format!("{repository}:index"), index.to_string().as_bytes(), kind).is_ok() {
            n_taken += 1;
            refused("index", "expected an image manifest");
        }
    }
    assert!(n_taken >= 7, "registries took {n_taken} of the foreign artifacts only");
}

#[test]
fn the_metadata_of_a_module_is_shown() {
    let (path, bytes) = module();
    let [world, _] = World::both();
    let plain = |arguments: &[&str]| world.gatectl_plain(&[&["module", "inspect"], arguments].concat());
    let table = plain(&[&path]).results;
    for part in
        ["protocolVersion", "oci/v1/oci_manifest_config", "storage.sbomscanner.kubewarden.io/v1alpha1 VulnerabilityReport"]
    {
        assert!(table.contains(part), "`{part}` in:\n{table}");
    }
    assert!(table.contains("CREATE, UPDATE of deployments, replicasets, statefulsets, daemonsets (apps v1)"), "{table}");
    let document: Value = serde_json::from_str(&plain(&[&path, "--format", "json"]).results).unwrap();
    assert_eq!(Some(document["metadata"].clone()), annotate::metadata(&bytes));
    assert_eq!((&document["schemaVersion"], &document["bytes"]), (&1.into(), &bytes.len().into()));
    for missing in [world.file("text.wasm", "no module"), "/no/such.wasm".to_owned()] {
        let ended = plain(&[&missing]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(&missing), "{ended:?}");
    }
}
