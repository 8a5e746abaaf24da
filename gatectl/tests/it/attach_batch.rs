//! `gatectl attach --batch`: every row is done or says why not, in the order of the list, and again only where it must be.

use std::process::{Command, Stdio};
use std::time::Duration;

use gatectl::{ExitCode, Passwords};
use policy::findings;
use serde_json::{Value, json};

use crate::attach::{hex, stating};
use crate::flaky::Flaky;
use crate::world::{Ended, World, gatectl_with};

/// Images `app0` and so on with a report each, and a list of them in `list.csv`; their digests.
fn list(world: &World, n: usize) -> Vec<String> {
    let mut text = "image,report\n".to_owned();
    let mut digests = Vec::new();
    for nth in 0..n {
        let image = world.image(&format!("app{nth}:1"));
        let (digest, _) = world.push_image(&image, &format!("amd64-{nth}"));
        world.file(&format!("report{nth}.json"), &stating(&digest));
        text.push_str(&format!("{image},report{nth}.json\n"));
        digests.push(digest);
    }
    world.file("list.csv", &text);
    digests
}

fn batch(world: &World, more: &[&str]) -> Ended {
    let list = world.path("list.csv");
    world.attach(&[&["--batch", &list], more].concat())
}

fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.results).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn findings_of(world: &World, repository: &str, digest: &str) -> String {
    format!("{}:{}", world.image(repository), findings::tag(hex(digest)))
}

#[test]
fn a_failed_one_stops_no_other_and_the_order_is_that_of_the_list() {
    let world = World::new();
    let digests = list(&world, 12);
    // One image that is not there, one report that is not there, one that is about another image.
    world.file("report3.json", &stating(&digests[4]));
    std::fs::remove_file(world.path("report7.json")).unwrap();
    let mut text = std::fs::read_to_string(world.path("list.csv")).unwrap();
    text.push_str(&format!("{},report0.json\n", world.image("absent:1")));
    world.file("list.csv", &text);
    let dry = batch(&world, &["--dry-run", "--format", "json"]);
    assert!(dry.exit == ExitCode::Failed && dry.notes.contains("nothing was pushed"), "{dry:?}");
    assert_eq!(json_of(&dry)["totals"], json!({ "published": 10, "unchanged": 0, "failed": 3 }));
    assert!(!world.registry.exists(&findings_of(&world, "app0", &digests[0])).unwrap());

    let one = batch(&world, &["--jobs", "1", "--dry-run", "--format", "json"]);
    assert_eq!(one.results, dry.results, "however many at a time");
    let ended = batch(&world, &["--jobs", "8", "--format", "json"]);
    assert_eq!(ended.exit, ExitCode::Failed);
    assert_eq!(ended.results.replace("\"pushed\": true", "\"pushed\": false"), dry.results);
    let shown = json_of(&ended);
    assert_eq!(shown["schemaVersion"], 1);
    let results = shown["results"].as_array().unwrap();
    for (nth, result) in results.iter().enumerate() {
        assert_eq!(result["line"], nth + 2);
        let wanted = match nth {
            3 => "the report states another image",
            7 => "report7.json: No such file",
            12 => "the registry has no such image",
            _ => {
                assert_eq!(result["artifacts"][0]["reference"], findings_of(&world, &format!("app{nth}"), &digests[nth]));
                assert_eq!((&result["state"], &result["reason"]), (&json!("published"), &Value::Null));
                assert!(world.registry.exists(&findings_of(&world, &format!("app{nth}"), &digests[nth])).unwrap());
                continue;
            }
        };
        assert!(result["state"] == "failed" && result["reason"].as_str().unwrap().contains(wanted), "{result}");
    }
    assert!(ended.notes.contains("10 published, 0 unchanged, 3 failed"), "{}", ended.notes);
    assert_eq!(ended.notes.lines().filter(|line| line.contains("/13: ")).count(), 13, "{}", ended.notes);

    // Mended, and once more: what is there is left alone.
    world.file("report3.json", &stating(&digests[3]));
    world.file("report7.json", &stating(&digests[7]));
    world.push_image(&world.image("absent:1"), "amd64-0");
    let ended = batch(&world, &[]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.notes.contains("3 published, 10 unchanged, 0 failed"), "{}", ended.notes);
    let head = ended.results.lines().next().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(head, ["LINE", "IMAGE", "STATE", "ARTIFACT", "OR", "REASON"]);
    assert!(ended.results.lines().nth(2).unwrap().contains("unchanged"), "{}", ended.results);
}

#[test]
fn a_bad_list_is_one_error_and_nothing_is_pushed() {
    let world = World::new();
    let digests = list(&world, 2);
    let text = std::fs::read_to_string(world.path("list.csv")).unwrap();
    world.file("list.csv", &format!("{text}ghcr.io/UPPER/x,report0.json\n"));
    let ended = batch(&world, &[]);
    assert!(ended.exit == ExitCode::Failed && ended.results.is_empty(), "{ended:?}");
    assert!(ended.notes.contains("list.csv, line 4, column 1 (`image`): ") && ended.notes.lines().count() == 1, "{ended:?}");
    assert!(!world.registry.exists(&findings_of(&world, "app0", &digests[0])).unwrap());
    for (arguments, part) in [
        (&["--batch", "x.csv", "web"][..], "cannot be used with"),
        (&["--batch", "x.csv", "--vex", "a.json", "b.json"], "cannot be used with"),
        (&["--batch", "x.csv", "--report", "x.json"], "cannot be used with"),
        (&["--batch", "x.csv", "--jobs", "0"], "0 is not in 1..=64"),
        (&["--batch", "x.csv", "--jobs", "65"], "65 is not in 1..=64"),
        (&["--batch", "-", "--vex", "-"], "expected `-` (stdin) for one file, found it for 2"),
        (&["--batch", "/no/such/list"], "/no/such/list: No such file"),
        (&["web", "--report", "x.json", "--jobs", "2"], "cannot be used with"),
        (&["web"], "--report"),
        (&["--report", "x.json"], "<IMAGE"),
    ] {
        let ended = world.attach(arguments);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(part), "{arguments:?}: {ended:?}");
    }
}

/// Two names of one image, and an index with one of its platforms: the first in the list has the tag, whoever is faster.
#[test]
fn one_image_by_two_names_is_told() {
    let world = World::new();
    let (amd64, _) = world.push_image(&world.image("app:amd64"), "amd64");
    let (arm64, _) = world.push_image(&world.image("app:arm64"), "arm64");
    crate::attach_index::push_index(&world, &world.image("app:1"), &[(&amd64, "amd64"), (&arm64, "arm64")]);
    world.file("amd64.json", &stating(&amd64));
    let image = |name: &str| world.image(name);
    world.file(
        "list.csv",
        &format!(
            "report,image\namd64.json,{}\namd64.json,{}\namd64.json,{}\n",
            image("app:amd64"),
            image("app:1"),
            image(&format!("app@{amd64}"))
        ),
    );
    for _ in 0..4 {
        let shown = json_of(&batch(&world, &["--format", "json", "--jobs", "3"]));
        let states: Vec<&str> = shown["results"].as_array().unwrap().iter().map(|r| r["state"].as_str().unwrap()).collect();
        assert_eq!(states[1..], ["failed", "failed"], "{shown}");
        assert!(
            shown["results"][1]["reason"].as_str().unwrap().starts_with("line 2 of the list is about the same image"),
            "{shown}"
        );
    }
}

#[test]
fn what_is_unsigned_is_not_done_where_a_key_is_given() {
    let world = World::new();
    list(&world, 2);
    assert!(batch(&world, &[]).notes.contains("2 published"));
    let prefix = world.path("scan");
    assert_eq!(gatectl_with(&["keys", "generate", "--output", &prefix], &Passwords::given("x")).exit, ExitCode::Admitted);
    let key = world.path("scan.key");
    let signed = |dry: &[&str]| {
        let (sources, list) = (world.path("sources.yaml"), world.path("list.csv"));
        let arguments = [&["attach", "--sources", &sources, "--batch", &list, "--sign-key", &key], dry].concat();
        gatectl_with(&arguments, &Passwords::given("x")).notes
    };
    assert!(signed(&["--dry-run"]).contains("2 published, 0 unchanged"));
    assert!(signed(&[]).contains("2 published, 0 unchanged"));
    assert!(signed(&[]).contains("0 published, 2 unchanged"));
}

#[test]
fn options_of_rows_and_lists_for_all() {
    let world = World::new();
    list(&world, 2);
    let (amd64, _) = world.push_image(&world.image("app:amd64"), "amd64");
    let (arm64, _) = world.push_image(&world.image("app:arm64"), "arm64");
    let index = crate::attach_index::push_index(&world, &world.image("app:1"), &[(&amd64, "amd64"), (&arm64, "arm64")]);
    world.file("silent.json", &crate::attach::report("").replace("\"CreatedAt\": \"2026-11-21T10:00:00Z\",", ""));
    world.file("epss.csv", "#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\nCVE-2026-1,0.5,0.9\n");
    let mut text =
        std::fs::read_to_string(world.path("list.csv")).unwrap().replace("image,report", "image,report,platform,scanned-at");
    text = text.replace(".json\n", ".json,,\n");
    text.push_str(&format!("{},silent.json,linux/arm64,2026-11-20T10:00:00Z\n", world.image("app:1")));
    world.file("list.csv", &text);
    let (epss, findings) = (world.path("epss.csv"), world.image("findings"));
    let ended = batch(&world, &["--format", "json", "--epss", &epss, "--repository", &findings]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let shown = json_of(&ended);
    let artifacts = shown["results"][2]["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 2);
    assert_eq!(artifacts[1]["reference"], findings_of(&world, "findings", &index));
    let raw = world.registry.pull_manifest_raw(artifacts[0]["reference"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(raw.bytes).unwrap().contains("2026-11-20T10:00:00Z"));
    assert!(shown["results"][0]["notes"].to_string().contains("EPSS scores of 2026-11-20"), "{shown}");

    // Alone it is the same artifact as in the list.
    let (image, report) = (world.image("app0:1"), world.path("report0.json"));
    let alone = world.attach(&[&image, "--report", &report, "--epss", &epss, "--repository", &findings, "--format", "json"]);
    assert_eq!(json_of(&alone)["artifacts"][0]["digest"], shown["results"][0]["artifacts"][0]["digest"]);
}

#[test]
fn a_registry_that_fails_for_one_image() {
    let world = World::new();
    let digests = list(&world, 2);
    // Every request of this way is refused; the other image takes another way.
    let broken = Flaky::start(world.embedded.address(), "500 Internal Server Error", usize::MAX);
    world.file("sources.yaml", &format!("insecure_sources: ['{}', '{}']\n", world.embedded.address(), broken.address()));
    world.file(
        "list.csv",
        &format!("image,report\n{}/app0:1,report0.json\n{},report1.json\n", broken.address(), world.image("app1:1")),
    );
    let ended = batch(&world, &["--format", "json"]);
    let shown = json_of(&ended);
    assert_eq!(
        (&shown["results"][0]["state"], &shown["results"][1]["state"]),
        (&json!("failed"), &json!("published")),
        "{shown}"
    );
    assert!(shown["results"][0]["reason"].as_str().unwrap().contains("500"), "{shown}");
    assert!(world.registry.exists(&findings_of(&world, "app1", &digests[1])).unwrap());
}

/// Killed at some instant, the same command goes on: each image is without findings or has them whole.
#[test]
fn what_was_killed_is_resumed() {
    let world = World::new();
    let digests = list(&world, 40);
    let mut process = Command::new(env!("CARGO_BIN_EXE_gatectl"))
        .args(["attach", "--jobs", "2", "--sources", &world.path("sources.yaml"), "--batch", &world.path("list.csv")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let done =
        || (0..40).filter(|n| world.registry.exists(&findings_of(&world, &format!("app{n}"), &digests[*n])).unwrap()).count();
    while done() < 3 {
        assert!(process.try_wait().unwrap().is_none_or(|status| status.success()));
        std::thread::sleep(Duration::from_millis(1));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let before = done();
    let ended = batch(&world, &[]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let wanted = format!("{} published, {before} unchanged, 0 failed", 40 - before);
    assert!(ended.notes.contains(&wanted), "{wanted}: {}", ended.notes);
    assert_eq!(done(), 40);
}

/// On a terminal, which `script` makes.
#[test]
fn progress_is_drawn_on_a_terminal() {
    let world = World::new();
    list(&world, 2);
    std::fs::remove_file(world.path("report1.json")).unwrap();
    let command = format!(
        "{} attach --sources {} --batch {} --format json >{}",
        env!("CARGO_BIN_EXE_gatectl"),
        world.path("sources.yaml"),
        world.path("list.csv"),
        world.path("shown.json")
    );
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let drawn = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{drawn}");
    assert!(drawn.contains("0/2") && drawn.contains(&format!("failed {}", world.image("app1:1"))), "{drawn}");
    assert!(!drawn.contains("1/2: "), "a bar, and no line for each: {drawn}");
    let shown: Value = serde_json::from_str(&std::fs::read_to_string(world.path("shown.json")).unwrap()).unwrap();
    assert_eq!(shown["totals"]["published"], 1);
}

#[test]
fn the_list_may_come_from_stdin() {
    let world = World::new();
    list(&world, 1);
    let run = |folder: &str| {
        Command::new(env!("CARGO_BIN_EXE_gatectl"))
            .args(["attach", "--sources", &world.path("sources.yaml"), "--batch", "-"])
            .current_dir(folder)
            .stdin(std::fs::File::open(world.path("list.csv")).unwrap())
            .output()
            .unwrap()
    };
    let output = run(&world.path(""));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr).lines().next().unwrap(),
        format!("1/1: published {}", world.image("app0:1"))
    );
    assert!(!run("/").status.success(), "paths are relative to the current folder");
}
