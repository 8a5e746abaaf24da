//! `gatectl attach` to an image index: every platform has an entry, and each scanned one an artifact of its own.

use gatectl::ExitCode;
use policy::findings::{self, packed};
use serde_json::{Value, json};

use crate::attach::{answer, hex, report, stating};
use crate::attach_several::grype;
use crate::world::{self, World};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Pushes an index of the images and one attestation; its digest.
pub(crate) fn push_index(world: &World, image: &str, platforms: &[(&str, &str)]) -> String {
    let size = |digest: &str| {
        let repository = image.rsplit_once(':').unwrap().0;
        world.registry.pull_manifest_raw(&format!("{repository}@{digest}")).unwrap().bytes.len()
    };
    let mut manifests: Vec<Value> = platforms
        .iter()
        .map(|(digest, architecture)| {
            json!({ "mediaType": world::MANIFEST, "digest": digest, "size": size(digest), "platform": { "os": "linux", "architecture": architecture } })
        })
        .collect();
    let (attested, _) = platforms[0];
    manifests.push(json!({
        "mediaType": world::MANIFEST, "digest": attested, "size": size(attested), "platform": { "os": "unknown", "architecture": "unknown" },
        "annotations": { "vnd.docker.reference.type": "attestation-manifest" },
    }));
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
    world.registry.push_manifest_raw(image, index.to_string().as_bytes(), INDEX).unwrap()
}

#[test]
fn an_index_states_every_platform() {
    let world = World::new();
    let (amd64, _) = world.push_image(&world.image("app:amd64"), "amd64");
    let (arm64, config) = world.push_image(&world.image("app:arm64"), "arm64");
    let image = world.image("app:1");
    let index = push_index(&world, &image, &[(&amd64, "amd64"), (&arm64, "arm64")]);
    let silent = world.file("silent.json", &report(""));
    let ended = world.attach(&[&image, "--report", &silent]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("`--platform`, one of linux/amd64, linux/arm64"), "{ended:?}");

    for (metadata, arguments) in [
        (String::new(), &["--platform", "linux/arm64"][..]),
        (format!(r#", "RepoDigests": ["x@{arm64}"]"#), &[]),
        (format!(r#", "RepoDigests": ["x@{index}"], "ImageConfig": {{ "os": "linux", "architecture": "arm64" }}"#), &[]),
        (format!(r#", "ImageID": "{config}", "ImageConfig": {{ "os": "linux", "architecture": "arm64" }}"#), &[]),
    ] {
        let file = world.file("report.json", &report(&metadata));
        let ended = world.attach(&[&[image.as_str(), "--report", &file][..], arguments].concat());
        assert_eq!(ended.exit, ExitCode::Admitted, "{metadata}: {ended:?}");
        assert!(ended.notes.contains("platform linux/amd64 was not scanned"), "{}", ended.notes);
        for (subject, media_type, n_images) in [(&index, INDEX, 2), (&arm64, world::MANIFEST, 1)] {
            let answer = answer(&world, "app", subject);
            assert_eq!(answer["manifest"]["subject"]["mediaType"], media_type);
            let config = answer["config"].to_string();
            let bytes = packed::inflate(&serde_json::from_str(&config).unwrap()).unwrap();
            let document = packed::read(&bytes).unwrap();
            assert_eq!((document.subject.as_ref(), document.images.len()), (subject.as_str(), n_images));
            for image in &document.images {
                assert_eq!(image.vulnerabilities.is_some(), image.digest == arm64);
            }
        }
    }
    // Every platform's report states the index; the platform that was scanned is another one than the one that is named.
    let other = format!(r#", "RepoDigests": ["x@{index}"], "ImageConfig": {{ "os": "linux", "architecture": "arm64" }}"#);
    let file = world.file("report.json", &report(&other));
    let ended = world.attach(&[&image, "--report", &file, "--platform", "linux/amd64"]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("linux/arm64 of the index, not linux/amd64"), "{ended:?}");
    let tag = format!("{}:{}", world.image("app"), findings::tag(hex(&amd64)));
    assert!(!world.registry.exists(&tag).unwrap(), "a platform that was not scanned has no artifact");

    let [first, second] = [&amd64, &arm64].map(|digest| world.file(hex(digest), &stating(digest)));
    let ended = world.attach(&[&image, "--report", &first, "--report", &second]);
    assert_eq!((ended.exit, ended.notes.as_str()), (ExitCode::Admitted, ""), "{ended:?}");
    let both = answer(&world, "app", &index);
    assert_eq!(both["manifest"]["layers"].as_array().unwrap().len(), 2);
    let flat = both["config"].to_string();
    let bytes = packed::inflate(&serde_json::from_str(&flat).unwrap()).unwrap();
    assert!(packed::read(&bytes).unwrap().images.iter().all(|image| image.vulnerabilities.is_some()));
    assert!(world.registry.exists(&tag).unwrap());
    let ended = world.attach(&[&image, "--report", &first, "--report", &first]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("found the bytes of another one"), "{ended:?}");
}

#[test]
fn several_reports_of_a_platform_are_merged_and_each_platform_keeps_its_own() {
    let world = World::new();
    let (amd64, _) = world.push_image(&world.image("app:amd64"), "amd64");
    let (arm64, _) = world.push_image(&world.image("app:arm64"), "arm64");
    let image = world.image("app:1");
    let index = push_index(&world, &image, &[(&amd64, "amd64"), (&arm64, "arm64")]);
    let [first, second] = [&amd64, &arm64].map(|digest| world.file(hex(digest), &stating(digest)));
    let grype = world.file("grype.json", &grype(&arm64));
    let ended = world.attach(&[&image, "--report", &first, "--report", &second, "--report", &grype]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    for (subject, scanner, n_layers) in [(&amd64, "trivy", 1), (&arm64, "grype+trivy", 2), (&index, "grype+trivy", 3)] {
        let answer = answer(&world, "app", subject);
        assert_eq!(answer["manifest"]["annotations"]["io.gated-deployment.scanner.name"], scanner, "{subject}");
        assert_eq!(answer["manifest"]["layers"].as_array().unwrap().len(), n_layers, "{subject}");
    }
}
