//! Images whose findings are missing, unusable, unsigned or old are scanned by the program that was named; the others are left alone.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use gatectl::ExitCode;
use host_tests::api_server::{ApiServer, kinds};
use host_tests::odd_registry::{Answer, OddRegistry};
use host_tests::world::{Ended, MANIFEST, NOW, World};
use serde_json::{Value, json};

use crate::{findings_of, json_of};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A report of the image `DIGEST`, made an hour before `NOW`.
const REPORT: &str = r#"{ "SchemaVersion": 2, "Trivy": { "Version": "0.69.0" }, "CreatedAt": "2026-11-22T11:00:00Z", "ArtifactType": "container_image",
    "Metadata": { "OS": { "Family": "debian", "Name": "12.5" }, "RepoDigests": ["scanned@DIGEST"] },
    "Results": [{ "Target": "app", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [{ "VulnerabilityID": "CVE-2026-1", "PkgName": "openssl",
        "InstalledVersion": "3.0.1", "Severity": "LOW", "Status": "affected" }] }] }"#;

/// A scanner that notes its words and writes a report; `before` is done first. Its path.
fn scanner(world: &World, before: &str) -> String {
    world.file("template.json", REPORT);
    let [log, template] = ["calls.log", "template.json"].map(|name| world.path(name));
    let script = format!(
        "#!/bin/sh\nset -eu\nprintf '%s\\n' \"$# $*\" >>{log}\n{before}\nout=${{2:-/dev/stdout}}\nsed \"s/DIGEST/${{1##*@}}/\" {template} >\"$out\"\n"
    );
    let path = world.file("scanner", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What the scanner was called with so far, sorted.
fn calls(world: &World) -> Vec<String> {
    let text = std::fs::read_to_string(world.path("calls.log")).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn refresh(world: &World, more: &[&str]) -> Ended {
    world.gatectl(&[&["refresh", "--now", NOW, "--format", "json"], more].concat())
}

/// State and reason of each image.
fn states(ended: &Ended) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    json_of(ended)["images"].as_array().unwrap().iter().map(|one| (text(&one["state"]), text(&one["why"]))).collect()
}

#[test]
fn what_is_missing_or_old_is_scanned_and_then_left_alone() {
    for world in World::both() {
        let program = scanner(&world, "");
        let command = format!("{program} {{image}} {{report}}");
        let [(young, _), (old, _), (none, _)] =
            ["young", "old", "none"].map(|name| world.push(&world.image(&format!("{name}:v1")), "amd64"));
        world.file("of-young.json", &REPORT.replace("DIGEST", &young));
        world.attach(&world.image("old:v1"), &["LOW"], &[]);
        let of_young = world.path("of-young.json");
        assert_eq!(world.gatectl(&["attach", &world.image("young:v1"), "--report", &of_young]).exit, ExitCode::Admitted);
        let list = world.file(
            "images.txt",
            &format!(
                "# ours\n\n{0}\n{1}\n{2}\n{1}\n",
                world.image("young:v1"),
                world.image("old:v1"),
                world.image(&format!("none@{none}"))
            ),
        );
        let dry = refresh(&world, &["--images", &list, "--dry-run"]);
        assert_eq!(dry.exit, ExitCode::Admitted, "{dry:?}");
        assert_eq!(json_of(&dry)["totals"], json!({ "fresh": 1, "due": 2, "refreshed": 0, "failed": 0 }));
        assert_eq!(
            states(&dry)[..2],
            [("due", "it has no findings"), ("due", "its findings are of 2026-11-21T10:00:00Z")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert!(calls(&world).is_empty() && dry.notes.contains("nothing was scanned"), "{dry:?}");
        assert_eq!(json_of(&dry)["images"][1]["used"], 2);

        let ended = refresh(&world, &["--images", &list, "--scanner", &command]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert_eq!(json_of(&ended)["totals"], json!({ "fresh": 1, "due": 0, "refreshed": 2, "failed": 0 }));
        let called = calls(&world);
        assert_eq!(called.len(), 2, "{called:?}");
        for (call, (name, digest)) in called.iter().zip([("none", &none), ("old", &old)]) {
            assert!(call.starts_with(&format!("2 {}@{digest} /", world.image(name))), "{call}");
            let report = call.rsplit(' ').next().unwrap();
            assert!(!std::path::Path::new(report).parent().unwrap().exists(), "its folder is gone");
            assert!(world.registry.exists(&findings_of(&world, name, digest)).unwrap());
        }
        assert_eq!(json_of(&ended)["images"][0]["scannedAt"], "2026-11-22T11:00:00Z");
        let again = refresh(&world, &["--images", &list, "--scanner", &command]);
        assert_eq!(json_of(&again)["totals"]["fresh"], 3);
        // A scanner that hands out what it found long ago: that takes nothing's place.
        let ended = refresh(&world, &["--images", &list, "--scanner", &command, "--older-than", "30m"]);
        assert!(
            ended.exit == ExitCode::Failed
                && states(&ended).iter().all(|(_, why)| why.contains("the report is of 2026-11-22T11:00:00Z")),
            "{ended:?}"
        );
        assert_eq!(calls(&world).len(), 5);
        // A scanner that writes to stdout, and findings elsewhere.
        let elsewhere = world.image("findings");
        let command = format!("{program} '{{image}}'");
        let ended = refresh(&world, &["--images", &list, "--scanner", &command, "--repository", &elsewhere, "--jobs", "1"]);
        assert_eq!(json_of(&ended)["totals"]["refreshed"], 3, "{ended:?}");
        assert!(world.registry.exists(&findings_of(&world, "findings", &young)).unwrap());
        let table = world.gatectl(&["refresh", "--now", NOW, "--images", &list, "--scanner", &command]);
        assert!(table.results.starts_with("IMAGE ") && table.notes.contains("3 fresh, 0 refreshed, 0 failed"), "{table:?}");
    }
}

#[test]
fn one_that_fails_stops_no_other() {
    let [_, world] = World::both();
    let broken =
        OddRegistry::start([(format!("/v2/app/manifests/sha256-{}.findings", "1".repeat(64)), Answer::new(500, ""))]).unwrap();
    let names = ["escapes", "good", "hangs", "long", "silent", "wrong"];
    let case = "case $1 in\n\
        */escapes@*) printf 'first\\n\\033[2Jno \\033]0;title\\007such\\n\\nlayer\\n' >&2; exit 3;;\n\
        */hangs@*) sleep 600 & echo $! >FOLDER/child; sleep 600;;\n\
        */long@*) head -c 70000000 /dev/zero >\"$2\"; sleep 600;;\n\
        */silent@*) exit 0;;\n\
        */wrong@*) set -- x@sha256:0000000000000000000000000000000000000000000000000000000000000000 \"$2\";;\nesac";
    let program = scanner(&world, &case.replace("FOLDER", world.path("").trim_end_matches('/')));
    let mut list = String::new();
    for name in names {
        world.push(&world.image(&format!("{name}:v1")), "amd64");
        list.push_str(&format!("{}\n", world.image(&format!("{name}:v1"))));
    }
    list.push_str(&format!("{}\n{}/app@sha256:{}\n", world.image("absent:v1"), broken.address(), "1".repeat(64)));
    let list = world.file("images.txt", &list);
    world.file("sources.yaml", &format!("insecure_sources: ['{}', '{}']\n", world.address, broken.address()));
    let command = format!("{program} {{image}} {{report}}");
    let ended = refresh(&world, &["--images", &list, "--scanner", &command, "--scanner-timeout", "2s", "--jobs", "8"]);
    assert_eq!(ended.exit, ExitCode::Failed);
    let shown = json_of(&ended);
    let why = |name: &str| {
        let image = shown["images"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["image"].as_str().unwrap().contains(&format!("/{name}")))
            .unwrap();
        format!("{}: {}", image["state"].as_str().unwrap(), image["why"].as_str().unwrap())
    };
    let its = format!("failed: scanner `{program}`: ");
    for (name, wanted) in [
        ("absent", "failed: image `".to_owned()),
        (
            "escapes",
            format!("{its}it ended with exit status: 3; its last words: first /  [2Jno  ]0;title such / layer")
                .replace("/  [", "/ ["),
        ),
        ("good", "refreshed: it has no findings".to_owned()),
        ("hangs", format!("{its}it took longer than 2 s (--scanner-timeout) and was ended")),
        ("long", format!("{its}it ")),
        ("silent", format!("{its}its report could not be read: No such file")),
        ("wrong", "failed: the report states another image: sha256:000".to_owned()),
        ("app", "failed: findings could not be looked up: ".to_owned()),
    ] {
        assert!(why(name).starts_with(&wanted), "{wanted}\n{}", why(name));
    }
    assert!(!ended.notes.contains('\u{1b}') && !ended.results.contains('\u{1b}'));
    // What the scanner began is ended with it.
    let child = std::fs::read_to_string(world.path("child")).unwrap();
    let runs = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).is_ok_and(|state| !state.contains(") Z "));
    let is_over = || {
        std::thread::sleep(Duration::from_millis(5));
        !runs()
    };
    assert!((0..400).any(|_| is_over()), "what the scanner began still runs");
    for (command, part) in [
        ("/no/such/scanner {image}", "it could not be started: No such file"),
        ("/bin/false {image}", "it ended with exit status: 1"),
        ("/bin/echo {image}", "the report of `/bin/echo`: "),
    ] {
        let good = world.file("one.txt", &world.image("silent:v1"));
        let ended = refresh(&world, &["--images", &good, "--scanner", command]);
        assert!(ended.exit == ExitCode::Failed && states(&ended)[0].1.contains(part), "{command}: {ended:?}");
    }
}

#[test]
fn each_platform_of_an_index_by_itself() {
    for world in World::both() {
        let program = scanner(&world, "");
        let part = |architecture: &str| {
            let (digest, size) = world.push(&world.image(&format!("app:{architecture}")), architecture);
            (
                digest.clone(),
                json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": { "os": "linux", "architecture": architecture } }),
            )
        };
        let [(amd64, first), (arm64, second)] = ["amd64", "arm64"].map(part);
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [first, second] }).to_string();
        let digest = world.registry.push_manifest_raw(&world.image("app:v1"), index.as_bytes(), INDEX).unwrap();
        let list = world.file("images.txt", &format!("{}\n{}\n", world.image("app:v1"), world.image("app:amd64")));
        let command = format!("{program} {{image}} {{report}} {{platform}}");
        let ended = refresh(&world, &["--images", &list, "--scanner", &command, "--jobs", "1"]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        for of in [&amd64, &arm64, &digest] {
            assert!(world.registry.exists(&findings_of(&world, "app", of)).unwrap());
        }
        let called = calls(&world);
        for (of, platform) in [(&amd64, "linux/amd64"), (&arm64, "linux/arm64")] {
            assert!(
                called
                    .iter()
                    .any(|call| call.starts_with(&format!("3 {}@{of} ", world.image("app"))) && call.ends_with(platform)),
                "{called:?}"
            );
        }
        // Findings of one platform only: enough where nobody asks for each.
        let report = world.file("amd64.json", &REPORT.replace("DIGEST", &amd64));
        assert_eq!(
            world.gatectl(&["attach", &world.image("app:v1"), "--report", &report, "--no-carry-over"]).exit,
            ExitCode::Admitted
        );
        let list = world.file("images.txt", &world.image("app:v1"));
        assert_eq!(states(&refresh(&world, &["--images", &list, "--scanner", &format!("{program} {{image}}")]))[0].0, "fresh");
        let again = refresh(&world, &["--images", &list, "--scanner", &command]);
        assert_eq!(
            states(&again),
            [("refreshed".to_owned(), "platform linux/arm64: it has no findings".to_owned())],
            "{again:?}"
        );
    }
}

#[test]
fn what_the_key_has_not_signed_is_scanned() {
    let [_, world] = World::both();
    let command = format!("{} {{image}} {{report}}", scanner(&world, ""));
    let keys = ["ours", "theirs"].map(|name| {
        let prefix = world.path(name);
        assert_eq!(world.gatectl_plain(&["keys", "generate", "--output", &prefix]).exit, ExitCode::Admitted);
        format!("{prefix}.key")
    });
    world.push(&world.image("app:v1"), "amd64");
    let list = world.file("images.txt", &world.image("app:v1"));
    let state = |more: &[&str]| states(&refresh(&world, &[&["--images", &list, "--scanner", &command], more].concat())).remove(0);
    assert_eq!(state(&[]).0, "refreshed");
    assert_eq!(state(&[]).0, "fresh");
    for key in &keys {
        let (state_now, why) = state(&["--sign-key", key, "--dry-run"]);
        assert!(state_now == "due" && why.starts_with("its findings are not signed by the key: "), "{why}");
        assert_eq!(state(&["--sign-key", key]).0, "refreshed");
        assert_eq!(state(&["--sign-key", key]).0, "fresh");
    }
    // Of a later scan, and signed by nobody: they stand in nobody's way.
    let future = world.file("future.json", &world_report("2026-11-22T12:01:00Z", &world));
    assert_eq!(world.gatectl(&["attach", &world.image("app:v1"), "--report", &future]).exit, ExitCode::Admitted);
    assert_eq!(state(&["--sign-key", &keys[0]]).0, "refreshed");
    // What cannot be read is as good as nothing.
    let digest = world.registry.resolve(&world.image("app:v1")).unwrap().digest;
    world.push(&findings_of(&world, "app", &digest), "amd64");
    let (_, why) = state(&["--dry-run"]);
    assert!(why.starts_with("its findings are not usable: "), "{why}");
}

fn world_report(created_at: &str, world: &World) -> String {
    let digest = world.registry.resolve(&world.image("app:v1")).unwrap().digest;
    REPORT.replace("DIGEST", &digest).replace("2026-11-22T11:00:00Z", created_at)
}

/// Pods with an image each in every list of containers.
fn pods(world: &World, digests: &[String; 3]) -> Value {
    let container = |name: &str| json!({ "name": name, "image": world.image(&format!("{name}:v1")) });
    let status = |name: &str, digest: &str| json!({ "name": name, "imageID": format!("mirror.example/{name}@{digest}") });
    json!({ "apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [
        { "metadata": { "name": "a", "namespace": "prod" },
          "spec": { "initContainers": [container("init")], "containers": [container("main"), container("late")], "ephemeralContainers": [container("debug")] },
          "status": { "initContainerStatuses": [status("init", &digests[0])], "containerStatuses": [status("main", &digests[1])],
                      "ephemeralContainerStatuses": [status("debug", &digests[2])] } },
        { "metadata": { "name": "b", "namespace": "prod" }, "spec": { "containers": [container("main")] },
          "status": { "containerStatuses": [status("main", &digests[1])] } },
    ] })
}

#[test]
fn images_of_pods_from_a_file_and_from_a_cluster() {
    let [_, world] = World::both();
    let digests = ["init", "main", "debug"].map(|name| world.push(&world.image(&format!("{name}:v1")), "amd64").0);
    world.push(&world.image("late:v1"), "amd64");
    let pods = pods(&world, &digests);
    let wanted = ["debug", "init", "late", "main"];
    let server = ApiServer::start([
        ("/api/v1", kinds("v1", &[("pods", "Pod", true)])),
        ("/api/v1/pods", Answer::new(200, pods.to_string())),
        ("/api/v1/pods?", Answer::new(200, pods.to_string())),
    ]);
    let kubeconfig = world.file("kubeconfig", &server.kubeconfig());
    let file = world.file("pods.json", &pods.to_string());
    for source in [&["--objects", file.as_str()][..], &["--cluster", "--kubeconfig", &kubeconfig]] {
        let ended = refresh(&world, &[&["--dry-run"], source].concat());
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        let shown = json_of(&ended);
        let images = shown["images"].as_array().unwrap();
        let names: Vec<&str> = images
            .iter()
            .map(|one| one["image"].as_str().unwrap().rsplit('/').next().unwrap().split('@').next().unwrap())
            .collect();
        assert_eq!(names, wanted);
        assert_eq!(images[3]["image"], format!("{}@{}", world.image("main"), digests[1]), "where a gate looks");
        assert_eq!(images[3]["used"], 2);
        assert!(ended.notes.contains("a container's status names no digest"), "{}", ended.notes);
    }
    let mixed = json!({ "apiVersion": "v1", "kind": "List", "items": [{ "apiVersion": "v1", "kind": "Service" }, { "apiVersion": "v1", "kind": "Pod", "spec": { "containers": [{ "name": "a", "image": "UPPER" }] } }] });
    let mixed = world.file("mixed.json", &mixed.to_string());
    let ended = refresh(&world, &["--dry-run", "--objects", &mixed]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("a Service is no pod"), "{ended:?}");
    assert!(states(&ended)[0].1.contains("found `UPPER`"), "{ended:?}");
    let empty = world.file("empty.json", "{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\": []}");
    for (arguments, part) in [
        (&["--objects", empty.as_str(), "--dry-run"][..], "there is nothing to look at"),
        (&["--dry-run"], "required"),
        (&["--objects", &file], "--scanner"),
        (&["--objects", &file, "--scanner", "trivy image"], "expected {image}"),
        (&["--objects", "-", "--images", "-", "--dry-run"], "expected `-` (stdin) for one file"),
        (&["--objects", &file, "--dry-run", "--older-than", "yesterday"], "expected a whole number and a unit"),
        (&["--images", &world.file("bad.txt", "\nUPPER\n"), "--dry-run"], "bad.txt, line 2: "),
    ] {
        let ended = refresh(&world, arguments);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(part), "{arguments:?}: {ended:?}");
    }
}

/// Neither a platform nor a later scan that a gate can use by now.
#[test]
fn nothing_that_a_gate_can_use_is_lost() {
    for world in World::both() {
        let part = |architecture: &str| {
            let (digest, size) = world.push(&world.image(&format!("app:{architecture}")), architecture);
            let platform = json!({ "os": "linux", "architecture": architecture });
            (digest.clone(), json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": platform }))
        };
        let [(amd64, first), (arm64, second)] = ["amd64", "arm64"].map(part);
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [first, second] }).to_string();
        let image = world.image("app:v1");
        world.registry.push_manifest_raw(&image, index.as_bytes(), INDEX).unwrap();
        let report = |of: &str, time: &str| REPORT.replace("DIGEST", of).replace("T11:00:00Z", time);
        let [a, b] = [("a.json", &amd64), ("b.json", &arm64)].map(|(name, of)| world.file(name, &report(of, "T11:00:00Z")));
        assert_eq!(world.gatectl(&["attach", &image, "--report", &a, "--report", &b]).exit, ExitCode::Admitted);

        let list = world.file("images.txt", &image);
        let due = ["--images", &list, "--older-than", "1h", "--now", "2026-11-22T12:30:00Z", "--format", "json"];
        let of_one = world.file("one.json", &report(&amd64, "T12:00:00Z"));
        let scan = |scanner: &str| world.gatectl(&[&["refresh"], &due[..], &["--scanner", scanner]].concat());
        let ended = scan(&format!("/bin/cat {of_one} {{image}}"));
        assert!(ended.exit == ExitCode::Failed, "cat fails on the image: {ended:?}");
        let only = scanner(&world, &format!("cp {of_one} \"$2\"; exit 0"));
        let ended = scan(&format!("{only} {{image}} {{report}}"));
        assert!(states(&ended)[0].1.starts_with("there is no report of platform linux/arm64: nothing was attached"), "{ended:?}");

        let newer = world.file("newer.json", &report(&amd64, "T12:20:00Z"));
        let attached = world.gatectl(&["attach", &image, "--report", &newer, "--no-carry-over"]);
        assert_eq!(attached.exit, ExitCode::Admitted, "{attached:?}");
        world.file("template.json", &REPORT.replace("T11:00:00Z", "T12:00:00Z"));
        let each = world.path("each");
        let script = format!("#!/bin/sh\nsed \"s/DIGEST/${{1##*@}}/\" {} >\"$2\"\n", world.path("template.json"));
        std::fs::write(&each, script).unwrap();
        std::fs::set_permissions(&each, std::fs::Permissions::from_mode(0o755)).unwrap();
        let ended = scan(&format!("{each} {{image}} {{report}} {{platform}}"));
        let kept = "the report is of 2026-11-22T12:00:00Z, and findings of 2026-11-22T12:20:00Z are there by now";
        assert!(states(&ended)[0].1.starts_with(kept), "{ended:?}");
        // A clock that is ahead makes findings that no gate reads.
        world.file("template.json", &REPORT.replace("2026-11-22T11:00:00Z", "2099-01-01T00:00:00Z"));
        let ended = scan(&format!("{each} {{image}} {{report}} {{platform}}"));
        assert!(states(&ended)[0].1.starts_with("expected a scan that is finished by now"), "{ended:?}");
        let future = world.file("future.json", &report(&amd64, "T11:00:00Z").replace("2026-11-22T", "2099-11-22T"));
        let ended = world.gatectl(&["attach", &image, "--report", &future]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains("found one of 2099-11-22T11:00:00Z"), "{ended:?}");
    }
}
