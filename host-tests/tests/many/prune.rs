//! Findings go when their image is definitely gone, with their signatures, and stay for every other reason.

use gatectl::ExitCode;
use host_tests::docker_registry::{DockerRegistry, Options};
use host_tests::odd_registry::{Answer, OddRegistry};
use host_tests::world::{Ended, MANIFEST, World};
use policy::findings;
use serde_json::{Value, json};

use crate::{findings_of, json_of};

fn keys(world: &World) -> String {
    let prefix = world.path("scan");
    assert_eq!(world.gatectl_plain(&["keys", "generate", "--output", &prefix]).exit, ExitCode::Admitted);
    format!("{prefix}.key")
}

fn prune(world: &World, more: &[&str]) -> Ended {
    world.gatectl(&[&["prune", "--format", "json"], more].concat())
}

/// State and reason of each artifact, by the tag.
fn states(ended: &Ended) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown = json_of(ended);
    shown["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["tag"]), text(&one["state"]), text(&one["reason"])))
        .collect()
}

fn signature_of(world: &World, findings: &str) -> String {
    let digest = world.registry.resolve(findings).unwrap().digest;
    host::signing::reference(&world.image("app"), &digest)
}

#[test]
fn what_is_gone_goes_with_its_signature() {
    for world in World::both() {
        let key = keys(&world);
        let repository = world.image("app");
        let mut digests = Vec::new();
        for name in ["a", "b", "c"] {
            let image = world.image(&format!("app:{name}"));
            digests.push(world.push(&image, "amd64").0);
            world.attach(&image, &["LOW"], &["--sign-key", &key]);
        }
        let tags: Vec<String> = digests.iter().map(|digest| findings_of(&world, "app", digest)).collect();
        let signatures: Vec<String> = tags.iter().map(|tag| signature_of(&world, tag)).collect();
        let there = |reference: &str| world.registry.exists(reference).unwrap();
        // Nothing is gone yet.
        let ended = prune(&world, &[&repository]);
        assert_eq!((ended.exit, json_of(&ended)["totals"]["kept"].as_u64()), (ExitCode::Admitted, Some(3)), "{ended:?}");

        world.registry.delete_manifest(&repository, &digests[0]).unwrap();
        world.registry.delete_manifest(&repository, &digests[1]).unwrap();
        // The scan was on the 21st at 10 o'clock.
        for (older_than, gone) in [("26h", "kept"), ("25h", "orphaned")] {
            let young = prune(&world, &[&repository, "--older-than", older_than, "--now", "2026-11-22T12:00:00Z", "--dry-run"]);
            let shown = states(&young);
            assert_eq!(
                shown.iter().filter(|(_, state, _)| state == gone).count(),
                if gone == "kept" { 3 } else { 2 },
                "{shown:?}"
            );
        }
        assert!(tags.iter().chain(&signatures).all(|reference| there(reference)), "a dry run removes nothing");

        let table = world.gatectl(&["prune", &repository, "--dry-run"]);
        assert!(table.results.contains(&tags[0]) && !table.results.contains(&tags[2]), "{}", table.results);
        assert!(table.notes.contains("2 orphaned, 1 kept, 0 failed"), "{}", table.notes);

        let ended = prune(&world, &[&repository]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert_eq!(json_of(&ended)["totals"], json!({ "kept": 1, "orphaned": 0, "removed": 2, "failed": 0 }));
        let left: Vec<bool> = tags.iter().chain(&signatures).map(|reference| there(reference)).collect();
        assert_eq!(left, [false, false, true, false, false, true]);
        assert!(there(&world.image("app:c")));
        assert_eq!(json_of(&prune(&world, &[&repository]))["totals"]["removed"], 0);
    }
}

#[test]
fn a_manifest_with_another_tag_stays() {
    for world in World::both() {
        let repository = world.image("app");
        let image = world.image("app:a");
        let (digest, _) = world.push(&image, "amd64");
        world.attach(&image, &["LOW"], &[]);
        let tag = findings_of(&world, "app", &digest);
        let raw = world.registry.pull_manifest_raw(&tag).unwrap();
        world.registry.push_manifest_raw(&world.image("app:copy"), &raw.bytes, MANIFEST).unwrap();
        // A tag of that form that is no findings artifact, and findings of another image under it.
        let [other, foreign] = ["1", "2"].map(|c| format!("sha256:{}", c.repeat(64)));
        world.push(&findings_of(&world, "app", &other), "amd64");
        world.registry.push_manifest_raw(&findings_of(&world, "app", &foreign), &raw.bytes, MANIFEST).unwrap();
        world.registry.delete_manifest(&repository, &digest).unwrap();
        let ended = prune(&world, &[&repository]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        let shown = states(&ended);
        let reason = |tag: &str| {
            shown.iter().find(|(known, _, _)| tag.ends_with(known)).map(|(_, state, reason)| format!("{state}: {reason}"))
        };
        assert_eq!(reason(&findings_of(&world, "app", &other)).unwrap(), "kept: it is no findings artifact");
        assert_eq!(reason(&findings_of(&world, "app", &foreign)).unwrap(), "kept: it is about another image");
        // Two other tags stand for it; the last of them is named.
        let shared = reason(&tag).unwrap();
        assert!(shared.starts_with("kept: the tag `") && shared.ends_with("` stands for it, too"), "{shared}");
        assert!(world.registry.exists(&tag).unwrap());
    }
}

#[test]
fn images_may_be_in_other_repositories() {
    for world in World::both() {
        let (image, findings) = (world.image("team/app:a"), world.image("findings"));
        let (digest, _) = world.push(&image, "amd64");
        world.push(&world.image("team/db:a"), "amd64");
        world.push(&world.image("team/app:b"), "arm64");
        world.attach(&image, &["LOW"], &["--repository", &findings]);
        let tag = findings_of(&world, "findings", &digest);
        let (app, db) = (world.image("team/app"), world.image("team/db"));
        let arguments = [findings.as_str(), "--images-in", &db, "--images-in", &app];
        assert_eq!(json_of(&prune(&world, &arguments))["totals"]["kept"], 1);
        // A slip in the name of a repository must not have everything removed.
        let slip = world.image("team/ap");
        let ended = prune(&world, &[&findings, "--images-in", &slip]);
        let says = |ended: &Ended| {
            let text = format!("{}{}", ended.notes, ended.results);
            text.contains("the registry has no such repository; nothing")
                || text.contains("expected tags in it, found none; nothing")
        };
        assert!(ended.exit == ExitCode::Failed && says(&ended), "{ended:?}");
        assert!(world.registry.exists(&tag).unwrap());
        let ended = prune(&world, &[&slip, &findings, "--images-in", &app]);
        assert!(says(&ended) && json_of(&ended)["totals"]["kept"] == 1, "{ended:?}");

        world.registry.delete_manifest(&app, &digest).unwrap();
        assert_eq!(json_of(&prune(&world, &arguments))["totals"]["removed"], 1);
        assert!(!world.registry.exists(&tag).unwrap());
        for wrong in ["team/app:a", "UPPER CASE"] {
            assert_eq!(prune(&world, &[wrong]).exit, ExitCode::Failed, "{wrong}");
        }
    }
}

/// A registry where the image `1…` is gone, with one answer different.
fn odd(path: &str, answer: Answer) -> OddRegistry {
    let hex = "1".repeat(64);
    let tag = findings::tag(&hex);
    let artifact = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": findings::MEDIA_TYPE,
        "config": { "mediaType": findings::MEDIA_TYPE, "digest": format!("sha256:{hex}"), "size": 1 }, "layers": [],
        "subject": { "mediaType": MANIFEST, "digest": format!("sha256:{hex}"), "size": 1 },
        "annotations": { "org.opencontainers.image.created": "2026-11-21T10:00:00Z" } })
    .to_string();
    let digest = gatectl_digest(&artifact);
    let manifest = Answer::new(200, artifact).header("Content-Type", MANIFEST).header("Docker-Content-Digest", &digest);
    let other = Answer::new(200, "{}").header("Content-Type", MANIFEST).header("Docker-Content-Digest", &gatectl_digest("{}"));
    let tags = json!({ "name": "app", "tags": ["latest", tag] }).to_string();
    let path = path.replace("ARTIFACT", &digest).replace("TAG", &tag).replace("IMAGE", &format!("sha256:{hex}"));
    OddRegistry::start([
        ("/v2/app/tags/list?n=1000".to_owned(), Answer::new(200, tags)),
        (format!("/v2/app/manifests/{tag}"), manifest),
        ("/v2/app/manifests/latest".to_owned(), other),
        (format!("/v2/app/manifests/{digest}"), Answer::new(202, "")),
        (path, answer),
    ])
    .unwrap()
}

fn gatectl_digest(text: &str) -> String {
    use sha2::Digest as _;
    let hex: String = sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[test]
fn whatever_is_no_definite_answer_keeps_the_findings() {
    let error = |status: u16| Answer::error(status, "UNKNOWN", "out of order");
    for (path, answer, wanted, is_removed) in [
        ("/nothing", error(500), "", true),
        ("/v2/app/manifests/IMAGE", error(500), "is gone is not known", false),
        ("/v2/app/manifests/IMAGE", error(403), "is gone is not known", false),
        // An error code that says so is not the status that does.
        ("/v2/app/manifests/IMAGE", Answer::error(400, "MANIFEST_UNKNOWN", "manifest unknown"), "is gone is not known", false),
        (
            "/v2/app/manifests/IMAGE",
            Answer::new(307, "").header("Location", "/v2/app/manifests/absent"),
            "is gone is not known",
            false,
        ),
        ("/v2/app/manifests/IMAGE", Answer::new(200, ""), "its image is there", false),
        ("/v2/app/manifests/TAG", error(500), "the findings could not be fetched", false),
        ("/v2/app/manifests/latest", error(500), "what the tag `latest` stands for is not known", false),
        ("/v2/app/tags/list?n=1000", error(500), "its tags could not be listed", false),
        ("/v2/app/tags/list?n=1000", Answer::new(200, "{\"tags\": 1}"), "its tags could not be listed", false),
        (
            "/v2/app/tags/list?n=1000",
            Answer::new(200, "{\"tags\": []}").header("Link", "<?n=1000>; rel=next"),
            "goes round in a circle",
            false,
        ),
        ("/v2/app/manifests/ARTIFACT", error(500), "could not be deleted", false),
        ("/v2/app/manifests/ARTIFACT", error(405), "the registry does not allow deletion in `", false),
        ("/v2/app/manifests/ARTIFACT", error(403), "the registry does not allow deletion in `", false),
    ] {
        let server = odd(path, answer);
        let world = World::new(server.address(), Box::new(()));
        let ended = prune(&world, &[&world.image("app")]);
        let asked = server.requests();
        let n_deleted = asked.iter().filter(|request| request.starts_with("DELETE ")).count();
        if is_removed {
            assert_eq!((ended.exit, n_deleted), (ExitCode::Admitted, 1), "{path}: {ended:?} {asked:?}");
            continue;
        }
        let shown = states(&ended);
        let is_there = wanted == "its image is there";
        assert_eq!(ended.exit, if is_there { ExitCode::Admitted } else { ExitCode::Failed }, "{path}: {ended:?}");
        assert!(shown.len() == 1 && shown[0].2.contains(wanted), "{path}: {shown:?}");
        assert_eq!(shown[0].1, if is_there { "kept" } else { "failed" });
        assert!(path.contains("ARTIFACT") || n_deleted == 0, "{path}: {asked:?}");
    }
}

#[test]
fn tags_come_page_by_page() {
    let page = |tags: &[&str]| Answer::new(200, json!({ "tags": tags }).to_string());
    let server = OddRegistry::start([
        ("/v2/app/tags/list?n=1000", page(&["a", "b"]).header("Link", "</v2/app/tags/list?n=1000&last=b>; rel=\"next\"")),
        (
            "/v2/app/tags/list?n=1000&last=b",
            page(&["c"]).header("Link", "<https://elsewhere.invalid/v2/app/tags/list?n=1000&last=c>; rel=\"next\""),
        ),
        ("/v2/app/tags/list?n=1000&last=c", Answer::new(200, "{\"name\": \"app\", \"tags\": null}")),
    ])
    .unwrap();
    let world = World::new(server.address(), Box::new(()));
    assert_eq!(world.registry.tags(&world.image("app")).unwrap(), ["a", "b", "c"]);
}

/// Whoever may push can have the signature's tag stand for an image that is in use.
#[test]
fn what_is_no_signature_is_not_removed() {
    for world in World::both() {
        let (repository, image) = (world.image("app"), world.image("app:gone"));
        let (digest, _) = world.push(&image, "amd64");
        world.push(&world.image("app:stays"), "amd64");
        world.attach(&image, &["LOW"], &[]);
        let findings = findings_of(&world, "app", &digest);
        let signature = signature_of(&world, &findings);
        let (used, _) = world.push(&signature, "arm64");
        world.registry.delete_manifest(&repository, &digest).unwrap();
        let ended = prune(&world, &[&repository]);
        let shown = states(&ended);
        assert!(shown.iter().all(|(_, state, reason)| state == "kept" && reason.contains("is no signature")), "{ended:?}");
        assert!(world.registry.exists(&format!("{repository}@{used}")).unwrap());
    }
}

#[test]
fn a_registry_without_deletion_says_so_once() {
    let debian = DockerRegistry::start_with(&Options { forbids_deletion: true, ..Options::default() }).unwrap();
    let world = World::new(debian.address(), Box::new(debian));
    let (app, findings) = (world.image("app"), world.image("findings"));
    for name in ["a", "b"] {
        let image = world.image(&format!("app:{name}"));
        world.push(&image, "amd64");
        world.attach(&image, &["LOW"], &["--repository", &findings]);
    }
    assert!(world.registry.delete_manifest(&app, &world.registry.resolve(&world.image("app:a")).unwrap().digest).is_err());
    // Both images are only in `app`, which nobody names: that may be forgotten, and is no reason to remove anything.
    let ended = prune(&world, &[&findings]);
    assert_eq!(ended.exit, ExitCode::Failed);
    assert!(states(&ended).iter().all(|(_, state, reason)| state == "failed" && reason.starts_with("no tag of `")), "{ended:?}");
    // Where this repository is meant.
    let ended = prune(&world, &[&findings, "--images-in", &findings]);
    assert_eq!(ended.exit, ExitCode::Failed);
    let shown = states(&ended);
    assert!(
        shown
            .iter()
            .all(|(_, state, reason)| state == "failed" && reason.starts_with("the registry does not allow deletion in `")),
        "{shown:?}"
    );
    assert_eq!(shown.iter().filter(|(_, _, reason)| reason.contains("hint: ")).count(), 1, "{shown:?}");
}
