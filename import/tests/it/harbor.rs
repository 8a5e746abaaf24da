//! Harbor's projects and allow-lists, judged as Harbor lets images be pulled: its middleware `vulnerable` and `GetVulnerable`.

use import::{Format, Imported};
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "harbor.example.com/shop/web:v1";

fn project(metadata: Value, list: Value) -> Value {
    json!({ "project_id": 7, "name": "shop", "metadata": metadata, "cve_allowlist": list, "repo_count": 3, "owner_name": "admin",
        "creation_time": "2026-01-01T00:00:00Z" })
}

fn prevents(severity: &str) -> Value {
    json!({ "prevent_vul": "true", "severity": severity, "reuse_sys_cve_allowlist": "false", "public": "false" })
}

fn list(items: &[&str], expires_at: Value) -> Value {
    let items: Vec<Value> = items.iter().map(|id| json!({ "cve_id": id })).collect();
    json!({ "id": 1, "project_id": 7, "items": items, "expires_at": expires_at, "creation_time": "2026-01-01T00:00:00Z" })
}

fn imported(documents: &[Value]) -> Imported {
    let imported = given::documents(documents).unwrap();
    assert!(given::is_usable(&imported));
    imported
}

#[test]
fn a_project_blocks_from_its_severity_on() {
    let none = || list(&[], Value::Null);
    for (severity, findings, wanted) in [
        ("high", &["CVE-1 high"][..], "deny"),
        ("high", &["CVE-1 critical"], "deny"),
        ("high", &["CVE-1 medium"], "admit"),
        ("critical", &["CVE-1 high"], "admit"),
        ("low", &["CVE-1 low"], "deny"),
        // Harbor's codes: negligible is below low, and what is unknown below everything.
        ("low", &["CVE-1 negligible"], "admit"),
        ("low", &["CVE-1 unknown"], "admit"),
        ("none", &["CVE-1 unknown"], "deny"),
        ("none", &[], "admit"),
    ] {
        let settings = imported(&[project(prevents(severity), none())]).settings;
        assert_eq!(Judge::by(&settings).found(IMAGE, findings).verdict(), wanted, "{severity} {findings:?}");
    }
    let settings = imported(&[project(prevents("high"), none())]).settings;
    // Not scanned is a violation, and another project is another matter.
    assert_eq!(Judge::by(&settings).unscanned(IMAGE).verdict(), "deny");
    assert_eq!(Judge::by(&settings).unscanned("harbor.example.com/other/web:v1").verdict(), "admit");
}

#[test]
fn a_list_is_over_from_its_second_on() {
    // 2026-12-01T00:00:00Z
    let end = 1_796_083_200_i64;
    for (items, end, now, wanted) in [
        (&["CVE-2019-10164"][..], Value::Null, "2026-11-22T12:00:00Z", "admit"),
        (&["CVE-2019-10165"], Value::Null, "2026-11-22T12:00:00Z", "deny"),
        (&["CVE-2019-10164"], json!(end), "2026-11-30T23:59:59Z", "admit"),
        (&["CVE-2019-10164"], json!(end), "2026-12-01T00:00:00Z", "deny"),
        (&["CVE-2019-10164"], json!(0), "2026-11-22T12:00:00Z", "deny"),
    ] {
        let settings = imported(&[project(prevents("high"), list(items, end.clone()))]).settings;
        let judge = Judge::by(&settings).at(now).found(IMAGE, &["CVE-2019-10164 high"]);
        assert_eq!(judge.verdict(), wanted, "{items:?} {end} {now}");
    }
}

#[test]
fn the_systems_list_is_for_the_projects_that_go_by_it() {
    let system = json!({ "id": 1, "project_id": 0, "items": [{ "cve_id": "CVE-1" }] });
    let reusing = json!({ "prevent_vul": "true", "severity": "low" });
    let verdict = |documents: &[Value]| Judge::by(&imported(documents).settings).found(IMAGE, &["CVE-1 high"]).verdict();
    assert_eq!(verdict(&[project(reusing.clone(), Value::Null), system.clone()]), "admit");
    assert_eq!(verdict(&[system.clone(), project(reusing.clone(), Value::Null)]), "admit");
    assert_eq!(verdict(&[project(prevents("low"), Value::Null), system.clone()]), "deny");
    // The project's own list does not count beside the system's.
    assert_eq!(verdict(&[project(reusing, list(&["CVE-1"], Value::Null))]), "deny");
    let alone = imported(std::slice::from_ref(&system));
    assert_eq!((alone.recognised.format, alone.has_rules()), (Format::HarborAllowlist, false));
    assert_eq!(
        alone.settings,
        json!({ "exemptions": [{ "name": "harbor-allowlist", "reason": "on Harbor's allow-list", "ids": ["CVE-1"] }] })
    );
    let losses = given::losses(&imported(&[list(&["CVE-1"], Value::Null)]));
    assert!(matches!(&losses[..], [loss] if loss.starts_with("project_id: the list of one project")), "{losses:?}");
}

#[test]
fn what_is_not_taken_over_is_said() {
    let host = "name: a project does not say the host of its Harbor";
    let mut metadata = prevents("high");
    metadata["enable_content_trust_cosign"] = json!("true");
    for (document, wanted) in [
        (project(prevents("high"), Value::Null), vec![host]),
        (
            project(metadata, Value::Null),
            vec!["metadata.enable_content_trust_cosign: it is about the signatures of images", host],
        ),
        (
            project(json!({ "prevent_vul": "true" }), list(&["CVE-1"], Value::Null)),
            vec![host, "cve_allowlist: the project goes by the system's list"],
        ),
    ] {
        let losses = given::losses(&imported(&[document]));
        assert_eq!(losses.len(), wanted.len(), "{losses:?}");
        assert!(losses.iter().zip(&wanted).all(|(loss, wanted)| loss.starts_with(wanted)), "{losses:?}");
    }
    let refusal = given::documents(&[project(json!({ "prevent_vul": "false" }), Value::Null)]).unwrap_err();
    assert!(refusal.to_string().contains("this project prevents nothing from being pulled"), "{refusal}");
}
