//! `gatectl findings diff`: images, reports and findings documents against each other.

use gatectl::ExitCode;
use serde_json::{Value, json};

use crate::attach::{report, stating};
use crate::attach_index::push_index;
use crate::findings::{scanned, show};
use crate::world::World;

/// The report with CVE-2026-1 no longer, CVE-2026-2 worse and fixed, and CVE-2026-3.
fn later(report: String) -> String {
    report
        .replace("CVE-2026-1", "CVE-2026-3")
        .replace(r#""Status": "affected", "Severity": "LOW""#, r#""FixedVersion": "1.3", "Status": "fixed", "Severity": "HIGH""#)
}

#[test]
fn images_and_reports_compare_alike() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", |report| report);
    let (other, _) = scanned(&world, "other:1", later);
    let file = world.file("before.json", &report(""));
    let other_file = world.file("after.json", &later(report("")));
    let document = world.file("document.json", &show(&world, &[&image, "--format", "json"]).results);
    let mut first: Option<Value> = None;
    let text = std::fs::read_to_string(&document).unwrap();
    let list = world.file("list.json", &format!("[{text}]"));
    let mut timeless: Value = serde_json::from_str(&text).unwrap();
    timeless.as_object_mut().unwrap().remove("scannedAt").unwrap();
    let timeless = world.file("timeless.json", &timeless.to_string());
    for (a, b) in
        [(&image, &other), (&file, &other_file), (&image, &other_file), (&document, &other), (&list, &other), (&timeless, &other)]
    {
        let ended = show(&world, &["diff", a, b, "--format", "json"]);
        assert_eq!(ended.exit, ExitCode::Worse, "{ended:?}");
        let mut value: Value = serde_json::from_str(&ended.results).unwrap();
        assert_eq!((&value["before"]["name"], &value["after"]["name"]), (&json!(a), &json!(b)));
        value["before"]["name"] = Value::Null;
        value["after"]["name"] = Value::Null;
        assert_eq!(first.get_or_insert_with(|| value.clone()), &value);
    }
    let fixed_high = json!({ "id": "CVE-2026-2", "severity": "high", "packages": ["musl"], "fixable": true, "fixed": ["1.3"] });
    let mut changed = fixed_high.clone();
    changed["severityBefore"] = json!("low");
    assert_eq!(
        first.unwrap(),
        json!({ "schemaVersion": 1, "worse": true, "severity": null,
            "before": { "name": null, "scanner": "trivy" }, "after": { "name": null, "scanner": "trivy" },
            "added": [{ "id": "CVE-2026-3", "severity": "critical", "packages": ["musl"], "fixable": true, "fixed": ["1.2.5-r1"] }],
            "removed": [{ "id": "CVE-2026-1", "severity": "critical", "packages": ["musl"], "fixable": true, "fixed": ["1.2.5-r1"] }],
            "severityChanged": [changed], "newlyFixable": [fixed_high] })
    );
    let table = show(&world, &["diff", &image, &other]).results;
    for line in [
        "added        CVE-2026-3     critical    musl      1.2.5-r1\n",
        "severity     CVE-2026-2     low → high  musl      1.3\n",
        "fixable now  CVE-2026-2     high        musl      1.3\n",
        "removed      CVE-2026-1     critical    musl      1.2.5-r1\n",
        "\n1 added, 1 removed, 1 with another severity, 1 newly fixable\n",
    ] {
        assert!(table.contains(line), "{line}{table}");
    }
}

#[test]
fn the_exit_code_says_whether_something_is_worse() {
    let world = World::new();
    let file = |name: &str, text: String| world.file(name, &text);
    let (before, same) = (file("a.json", report("")), file("b.json", report("")));
    let fewer = file("c.json", report("").replace("CRITICAL", "MEDIUM"));
    for (a, b, more, exit) in [
        (&before, &same, &[][..], ExitCode::Admitted),
        (&before, &fewer, &[], ExitCode::Admitted),
        (&fewer, &before, &[], ExitCode::Worse),
        (&fewer, &before, &["--severity", "critical"], ExitCode::Worse),
    ] {
        let ended = show(&world, &[&["diff", a, b], more].concat());
        assert_eq!(ended.exit, exit, "{ended:?}");
    }
    let new_low = file("d.json", report("").replace("CVE-2026-2", "CVE-2026-4"));
    assert_eq!(show(&world, &["diff", &before, &new_low]).exit, ExitCode::Worse);
    assert_eq!(show(&world, &["diff", &before, &new_low, "--severity", "medium"]).exit, ExitCode::Admitted);
}

#[test]
fn less_than_the_image_is_not_compared() {
    let world = World::new();
    let [(amd64, _), (arm64, _)] = ["amd64", "arm64"].map(|name| world.push_image(&world.image(&format!("app:{name}")), name));
    let index = world.image("app:1");
    push_index(&world, &index, &[(&amd64, "amd64"), (&arm64, "arm64")]);
    let before = world.file("before.json", &report(""));
    let attached = world.file("report.json", &stating(&amd64));
    for attach in [&world.image(&format!("app@{amd64}")), &index] {
        let ended = show(&world, &["diff", &before, &index]);
        assert_eq!(ended.exit, ExitCode::Failed, "{ended:?}");
        assert!(!ended.results.contains("added"), "{ended:?}");
        assert_eq!(world.attach(&[attach, "--report", &attached]).exit, ExitCode::Admitted);
        let ended = show(&world, &["diff", &before, &index]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains("platform linux/arm64"), "{ended:?}");
        assert_eq!(show(&world, &["diff", &before, &index, "--platform", "linux/amd64"]).exit, ExitCode::Admitted);
        assert_eq!(show(&world, &["diff", &before, &index, "--platform", "linux/arm64"]).exit, ExitCode::Failed);
        assert_eq!(show(&world, &["diff", &before, &index, "--platform", "linux/ppc64le"]).exit, ExitCode::Failed);
    }
}

#[test]
fn mistakes_are_named() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", |report| report);
    let key = world.path("k.pub");
    let made = crate::world::gatectl_with(&["keys", "generate", "--output", &world.path("k")], &gatectl::Passwords::given("x"));
    assert_eq!(made.exit, ExitCode::Admitted);
    let file = world.file("a.json", &report(""));
    let no_report = world.file("b.json", "{}");
    let broken = world.file("c.json", r#"{ "schemaVersion": 1, "subject": "x", "provides": [], "images": [] }"#);
    let absent = world.image("app:none");
    for (arguments, part) in [
        (&["-", "-"][..], "at most one `-`"),
        (&[&image], "<B>"),
        (&[&file, &no_report], "b.json: "),
        (&[&file, &broken], "c.json: findings document: "),
        (&[&file, &absent], "unavailable: findings could not be looked up"),
        (&[&file, &image, "--key", &key], "untrusted: findings are not signed by anyone trusted"),
        (&[&file, &image, "--severity", "unknown"], "expected one of critical, high"),
        (&[&file, "/no/such/file"], "image `/no/such/file`"),
    ] {
        let ended = show(&world, &[&["diff"], arguments].concat());
        assert_eq!(ended.exit, ExitCode::Failed, "{part}");
        assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
    }
}
