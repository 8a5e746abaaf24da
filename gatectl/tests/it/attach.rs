//! `gatectl attach` against a registry: what is pushed, what is refused, and that a gate can read it.

use crate::world::{self, World};
use gatectl::ExitCode;
use policy::findings::{self, packed, summary};
use serde_json::Value;

/// A report of an image with one critical and one low vulnerability; `subject` are members of its metadata.
pub(crate) fn report(subject: &str) -> String {
    format!(
        r#"{{ "SchemaVersion": 2, "Trivy": {{ "Version": "0.69.3" }}, "CreatedAt": "2026-11-21T10:00:00Z", "ArtifactType": "container_image",
        "Metadata": {{ "OS": {{ "Family": "alpine", "Name": "3.20.1" }}{subject} }},
        "Results": [{{ "Class": "os-pkgs", "Type": "alpine", "Vulnerabilities": [
            {{ "VulnerabilityID": "CVE-2026-1", "PkgName": "musl", "InstalledVersion": "1.2.5-r0", "FixedVersion": "1.2.5-r1", "Status": "fixed", "Severity": "CRITICAL" }},
            {{ "VulnerabilityID": "CVE-2026-2", "PkgName": "musl", "InstalledVersion": "1.2.5-r0", "Status": "affected", "Severity": "LOW" }}
        ] }}] }}"#
    )
}

pub(crate) fn stating(digest: &str) -> String {
    report(&format!(r#", "RepoDigests": ["registry.example/app@{digest}"]"#))
}

pub(crate) fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}

/// The host's answer to a gate that asks for the findings of a digest.
pub(crate) fn answer(world: &World, repository: &str, digest: &str) -> Value {
    let reference = format!("{}:{}", world.image(repository), findings::tag(hex(digest)));
    serde_json::from_slice(&world.registry.oci_manifest_config(&reference).unwrap()).unwrap()
}

#[test]
fn what_is_attached_is_what_a_gate_reads() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &stating(&digest));
    let ended = world.attach(&[&image, "--report", &file]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.results.contains("CRITICAL"), "{}", ended.results);

    let answer = answer(&world, "app", &digest);
    let manifest = &answer["manifest"];
    assert_eq!(manifest["artifactType"], findings::MEDIA_TYPE);
    assert_eq!(manifest["config"]["mediaType"], findings::MEDIA_TYPE);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.aquasec.trivy.report+json");
    assert_eq!(manifest["subject"]["digest"], digest.as_str());
    assert_eq!(manifest["subject"]["mediaType"], world::MANIFEST);
    let raw = world.registry.pull_manifest_raw(&image).unwrap();
    assert_eq!(manifest["subject"]["size"], raw.bytes.len());
    assert_eq!(manifest["annotations"]["org.opencontainers.image.created"], "2026-11-21T10:00:00Z");

    let config = answer["config"].to_string();
    let flat: packed::Flat<'_> = serde_json::from_str(&config).unwrap();
    let bytes = packed::inflate(&flat).unwrap();
    let document = packed::read(&bytes).unwrap();
    assert_eq!(document.subject, digest);
    assert_eq!(document.images[0].vulnerabilities.as_ref().unwrap().len(), 2);
    let annotation = manifest["annotations"][findings::SUMMARY_ANNOTATION].as_str().unwrap();
    let stated = summary::read(annotation).unwrap();
    assert_eq!(stated, summary::summarize(&document, manifest["config"]["digest"].as_str().unwrap()));

    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(
        world.registry.pull_blob(&image, layer, 1 << 20).unwrap(),
        stating(&digest).as_bytes(),
        "the report is kept unchanged"
    );
}

#[test]
fn the_reports_own_words_reach_no_terminal_as_they_stand() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &stating(&digest).replace("0.69.3", "0.69.3\\u001b[2J\\u202e"));
    for more in [&[][..], &["--dry-run"], &["--format", "json"]] {
        let ended = world.attach(&[&[image.as_str(), "--report", &file], more].concat());
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert!(ended.results.contains("0.69.3") && !ended.results.contains(['\u{1b}', '\u{202e}']), "{:?}", ended.results);
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &stating(&digest));
    let digests: Vec<Value> = (0..2)
        .map(|_| {
            let ended = world.attach(&[&image, "--report", &file, "--format", "json"]);
            serde_json::from_str::<Value>(&ended.results).unwrap()["artifacts"][0]["digest"].clone()
        })
        .collect();
    assert_eq!(digests[0], digests[1]);
    assert_eq!(answer(&world, "app", &digest)["digest"], digests[0]);
}

#[test]
fn a_report_of_another_image_is_refused() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, config) = world.push_image(&image, "amd64");
    let other = format!("sha256:{}", "5".repeat(64));
    let file = world.file("report.json", &stating(&other));
    let ended = world.attach(&[&image, "--report", &file]);
    assert_eq!(ended.exit, ExitCode::Failed);
    assert!(
        ended.notes.contains("the report states another image") && ended.notes.contains("--force-subject"),
        "{}",
        ended.notes
    );
    let tag = format!("{}:{}", world.image("app"), findings::tag(hex(&digest)));
    assert!(!world.registry.exists(&tag).unwrap());

    let forced = world.attach(&[&image, "--report", &file, "--force-subject"]);
    assert_eq!(forced.exit, ExitCode::Admitted, "{forced:?}");
    assert!(forced.notes.contains("the report states another image"), "{}", forced.notes);

    let by_id = world.file("by-id.json", &report(&format!(r#", "ImageID": "{config}", "RepoDigests": ["x@{other}"]"#)));
    assert_eq!(world.attach(&[&image, "--report", &by_id]).exit, ExitCode::Admitted, "the image id is that of the image");

    let silent = world.file("silent.json", &report(""));
    let ended = world.attach(&[&image, "--report", &silent]);
    assert_eq!(ended.exit, ExitCode::Admitted);
    assert!(ended.notes.contains("does not state which image"), "{}", ended.notes);
}

#[test]
fn nothing_is_pushed_on_a_dry_run_and_elsewhere_where_asked() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &stating(&digest));
    let tag = |repository: &str| format!("{}:{}", world.image(repository), findings::tag(hex(&digest)));
    let repository = world.image("findings");
    let arguments = [image.as_str(), "--report", &file, "--repository", &repository];
    assert_eq!(world.attach(&[&arguments[..], &["--dry-run"]].concat()).exit, ExitCode::Admitted);
    assert!(!world.registry.exists(&tag("findings")).unwrap());
    assert_eq!(world.attach(&arguments).exit, ExitCode::Admitted);
    assert!(world.registry.exists(&tag("findings")).unwrap() && !world.registry.exists(&tag("app")).unwrap());
}

#[test]
fn mistakes_are_named() {
    let world = World::new();
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    let file = world.file("report.json", &stating(&digest));
    let untimed = world.file("untimed.json", &stating(&digest).replace("CreatedAt", "Other"));
    let absent = world.image("app:absent");
    for (arguments, part) in [
        (&[absent.as_str(), "--report", &file][..], "the registry has no such image"),
        (&[&image, "--report", "/no/such/report"], "/no/such/report: No such file"),
        (&[&image, "--report", &world.path("sources.yaml")], "expected JSON"),
        (&[&image, "--report", &untimed], "--scanned-at"),
        (&[&image, "--report", &file, "--repository", "ghcr.io/acme/findings:tag"], "without tag and digest"),
        (&["Not An Image", "--report", &file], "repository of lower-case letters"),
        (&[&image, "--report", &file, "--scanned-at", "yesterday"], "RFC 3339"),
        (&[&image, "--report", &file, "--sigstore-trust-config", &untimed], "trust root: `"),
        (&[&image], "--report"),
    ] {
        let ended = world.attach(arguments);
        assert_eq!(ended.exit, ExitCode::Failed, "{part}");
        assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
    }
    let ended = world.attach(&[&image, "--report", &untimed, "--scanned-at", "2026-11-20T00:00:00Z"]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let created = answer(&world, "app", &digest)["manifest"]["annotations"]["org.opencontainers.image.created"].clone();
    assert_eq!(created, "2026-11-20T00:00:00Z");
}
