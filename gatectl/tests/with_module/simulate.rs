//! `gatectl simulate` with the built module, a registry in memory and every kind of source.

use gatectl::ExitCode;
use serde_json::{Value, json};

use crate::check::{NOW, module};
use crate::world::{Ended, World, gatectl};

const NEW: &str = "rules:\n- name: few-critical\n  action: deny\n  scope: [{ field: namespace, operator: startsWith, values: [prod] }]\n  conditions: [{ severity: critical, moreThan: 1 }]\n- name: look\n  action: audit\n  conditions: [{ severity: critical }]\n";

/// A row of a report: id, severity, package, fixed version.
type Row = (&'static str, &'static str, &'static str, &'static str);

fn publish(world: &World, tag: &str, rows: &[Row]) {
    let image = world.image(&format!("app:{tag}"));
    world.push_image(&image, tag);
    let vulnerabilities: Vec<Value> = rows
        .iter()
        .map(|(id, severity, package, fixed)| {
            json!({ "VulnerabilityID": id, "PkgName": package, "InstalledVersion": "1", "FixedVersion": fixed, "Severity": severity,
                "PkgIdentifier": { "PURL": format!("pkg:deb/debian/{package}@1?arch=amd64") } })
        })
        .collect();
    let report = json!({ "SchemaVersion": 2, "CreatedAt": "2026-11-21T10:00:00Z", "ArtifactType": "container_image",
        "Results": [{ "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": vulnerabilities }] });
    let file = world.file("report.json", &report.to_string());
    assert_eq!(world.attach(&[&image, "--report", &file]).exit, ExitCode::Admitted);
}

/// `worse` has three critical vulnerabilities in two packages, `stuck` two without a fix, `one` one, `clean` none; `unscanned` has no findings.
fn world() -> World {
    let world = World::new();
    publish(
        &world,
        "worse",
        &[
            ("CVE-2026-1", "CRITICAL", "openssl", "2"),
            ("CVE-2026-1", "CRITICAL", "libssl3", "2"),
            ("CVE-2026-2", "CRITICAL", "zlib", "1.3"),
            ("CVE-2026-3", "CRITICAL", "zlib", "1.4"),
        ],
    );
    publish(&world, "stuck", &[("CVE-2026-8", "CRITICAL", "musl", ""), ("CVE-2026-9", "CRITICAL", "musl", "")]);
    publish(&world, "one", &[("CVE-2026-1", "CRITICAL", "openssl", "2")]);
    publish(&world, "clean", &[("CVE-2026-5", "LOW", "bash", "")]);
    let unscanned = world.image("app:unscanned");
    world.push_image(&unscanned, "unscanned");
    world
}

fn deployment(world: &World, namespace: &str, name: &str, tag: &str) -> Value {
    json!({ "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "managedFields": [{ "manager": "kubectl" }] },
        "spec": { "template": { "spec": { "containers": [{ "name": "c", "image": world.image(&format!("app:{tag}")) }] } } },
        "status": { "replicas": 1 } })
}

fn workloads(world: &World) -> Vec<Value> {
    [
        ("prod-a", "web", "worse"),
        ("prod-a", "api", "worse"),
        ("prod-a", "job", "clean"),
        ("prod-b", "db", "stuck"),
        ("dev", "web", "worse"),
        ("dev", "one", "one"),
    ]
    .map(|(namespace, name, tag)| deployment(world, namespace, name, tag))
    .to_vec()
}

fn list(items: &[Value]) -> String {
    json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } }).to_string()
}

fn simulate(world: &World, settings: &str, arguments: &[&str]) -> Ended {
    let (module, settings, sources) = (module(), world.file("new.yaml", settings), world.path("sources.yaml"));
    let cache = world.path("cache");
    let fixed =
        ["simulate", "--policy", &module, "--settings", &settings, "--sources", &sources, "--now", NOW, "--cache-dir", &cache];
    gatectl(&[&fixed, arguments].concat())
}

fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.results).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}

/// The texts of a column.
fn column<'v>(document: &'v Value, sheet: &str, key: &str) -> Vec<&'v str> {
    document[sheet].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap_or("-")).collect()
}

#[test]
fn a_dump_is_told_by_namespace_rule_image_and_vulnerability() {
    let world = world();
    let dump = world.file("dump.json", &list(&workloads(&world)));
    let ended = simulate(&world, NEW, &[&dump, "--format", "json"]);
    assert_eq!(ended.exit, ExitCode::Denied, "{}", ended.notes);
    let document = json_of(&ended);
    assert_eq!(document["totals"], json!({ "workloads": 6, "deny": 3, "audit": 2, "admit": 1 }));
    assert_eq!(column(&document, "namespaces", "namespace"), ["prod-a", "prod-b", "dev"]);
    assert_eq!(column(&document, "namespaces", "cleared"), ["by 1 package in 1 image", "not by upgrades", "-"]);
    assert_eq!(column(&document, "rules", "rule"), ["look", "few-critical"]);
    assert_eq!(document["rules"][1]["workloads"], 3);
    let of_worse = &document["images"][0];
    assert!(of_worse["image"].as_str().unwrap().ends_with("app:worse") && of_worse["verdict"] == "deny", "{of_worse}");
    // Two of three in zlib: one upgrade is enough.
    assert_eq!((&of_worse["upgrades"], &of_worse["workloads"]), (&json!("zlib"), &json!(2)));
    let upgrades = document["upgrades"].as_array().unwrap();
    assert_eq!(upgrades.len(), 2, "{upgrades:#?}");
    assert_eq!(upgrades[0]["fixed"], json!(["1.3", "1.4"]));
    assert_eq!(upgrades[1]["why"], "no upgrade is known for CVE-2026-8, CVE-2026-9");
    let openssl =
        document["vulnerabilities"].as_array().unwrap().iter().find(|row| row["vulnerability"] == "CVE-2026-1").unwrap();
    assert_eq!((&openssl["verdict"], &openssl["workloads"]), (&json!("deny"), &json!(2)));
}

#[test]
fn upgrades_take_every_package_that_a_vulnerability_is_in() {
    let world = world();
    let dump = world.file("dump.json", &list(&workloads(&world)[..1]));
    let settings = "rules:\n- name: none\n  action: deny\n  conditions: [{ severity: critical }]\n";
    let document = json_of(&simulate(&world, settings, &[&dump, "--format", "json"]));
    assert_eq!(column(&document, "upgrades", "package"), ["libssl3", "openssl", "zlib"]);
    assert_eq!(column(&document, "namespaces", "cleared"), ["by 3 packages in 1 image"]);
}

#[test]
fn what_changes_against_a_baseline_is_told_and_decides_the_exit() {
    let world = world();
    let dump = world.file("dump.json", &list(&workloads(&world)));
    let old = world.file("old.yaml", "rules:\n- name: old\n  action: audit\n  conditions: [{ severity: critical }]\n");
    let ended = simulate(&world, NEW, &[&dump, "--baseline", &old, "--format", "json"]);
    assert_eq!(ended.exit, ExitCode::Worse, "{}", ended.notes);
    let document = json_of(&ended);
    assert_eq!(column(&document, "changes", "change"), ["worse", "worse", "worse", "other-rule", "other-rule"]);
    assert_eq!(column(&document, "changes", "before"), ["audit"; 5]);
    assert!(ended.notes.contains("3 fare worse, 0 better, 2 the same by another rule"), "{}", ended.notes);
    // The other way round nothing is worse, though an image is denied by neither.
    let new = world.path("new.yaml");
    let back = world.file("back.yaml", "rules:\n- name: old\n  action: audit\n  conditions: [{ severity: critical }]\n");
    let settings = std::fs::read_to_string(&back).unwrap();
    let kept = world.file("kept.yaml", NEW);
    let ended = simulate(&world, &settings, &[&dump, "--baseline", &kept, "--rows", "changes"]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{} {new}", ended.notes);
    assert!(ended.results.contains("better"), "{}", ended.results);
    let same = simulate(&world, NEW, &[&dump, "--baseline", &kept, "--format", "json"]);
    assert_eq!((same.exit, json_of(&same)["changes"].as_array().unwrap().len()), (ExitCode::Admitted, 0));
}

#[test]
fn what_a_controller_made_is_judged_once() {
    let world = world();
    let mut items = workloads(&world);
    let mut pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web-1", "namespace": "prod-a", "uid": "p",
        "ownerReferences": [{ "uid": "prod-a-web", "controller": true }] },
        "spec": { "containers": [{ "name": "c", "image": world.image("app:worse") }] } });
    items.push(pod.clone());
    pod["metadata"]["ownerReferences"][0]["uid"] = json!("elsewhere");
    items.push(pod);
    items.push(json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "s" } }));
    let dump = world.file("dump.json", &list(&items));
    let ended = simulate(&world, NEW, &[&dump, "--format", "json"]);
    assert_eq!(json_of(&ended)["totals"]["workloads"], 7);
    assert!(ended.notes.contains("1 object is passed over: a controller made them"), "{}", ended.notes);
    assert!(ended.notes.contains("1 object is of a kind that the policy does not judge"), "{}", ended.notes);
}

#[test]
fn manifests_reviews_folders_and_logs_are_sources_alike() {
    let world = world();
    std::fs::create_dir_all(world.path("deploy")).unwrap();
    world.file("deploy/a.json", &deployment(&world, "prod-a", "web", "worse").to_string());
    world.file("deploy/values.yaml", "replicas: 2\n");
    let review = |name: &str| {
        let object = deployment(&world, "prod-r", name, "worse");
        let kind = json!({ "group": "apps", "version": "v1", "kind": "Deployment" });
        json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": { "uid": name, "kind": kind, "operation": "CREATE", "namespace": "prod-r", "name": name, "userInfo": {}, "object": object } })
    };
    let reviews = world.file("reviews.json", &format!("{}\n{}\n", review("one"), review("two")));
    // The gate told of the workload twice, with another image each time: the last one counts.
    let record = |second: u32, tag: &str| {
        let data = json!({ "event": "gated-deployment", "schemaVersion": 1, "time": format!("2026-11-10T10:00:0{second}Z"), "code": "findings-over-limit",
            "fault": "rule", "verdict": "audit", "cluster": null, "namespace": "prod-l", "kind": "CronJob", "name": "nightly", "operation": "CREATE",
            "user": "alice", "rule": "old", "description": null, "images": [{ "container": "c", "image": world.image(&format!("app:{tag}")),
            "digest": null, "verdict": "audit", "rule": "old", "code": "findings-over-limit", "why": "w", "evidence": {} }] });
        json!({ "timestamp": format!("2026-11-10T10:00:0{second}.000000Z"), "level": "WARN", "target": "policy_log", "spans": [],
            "fields": { "message": "m", "data": data.to_string() } })
    };
    // tracing writes the time first, serde_json by the alphabet.
    let line = |value: Value| {
        format!("{{\"timestamp\":{},{}", value["timestamp"], &value.to_string()[1..].replacen("\"timestamp\"", "\"again\"", 1))
    };
    let log = world.file("server.log", &format!("{}\n{}\n", line(record(1, "clean")), line(record(2, "worse"))));
    let ended = simulate(&world, NEW, &[&world.path("deploy"), &reviews, &log, "--rows", "workloads", "--format", "csv"]);
    assert_eq!(ended.exit, ExitCode::Denied, "{ended:?}");
    let workloads: Vec<&str> = ended.results.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(workloads, ["Deployment prod-a/web", "CronJob prod-l/nightly", "Deployment prod-r/one", "Deployment prod-r/two"]);
    assert!(ended.notes.contains("server.log: 1 workloads as the gate told of them last"), "{}", ended.notes);
    assert!(ended.notes.contains("values.yaml: passed over"), "{}", ended.notes);
}

#[test]
fn reports_for_code_hosts_and_build_servers_name_the_place() {
    let world = world();
    let manifest =
        format!("---\n{}\n---\n{}\n", deployment(&world, "prod-a", "web", "worse"), deployment(&world, "dev", "<one>", "one"));
    let file = world.file("a b.yaml", &manifest);
    let sarif = json_of(&simulate(&world, NEW, &[&file, "--format", "sarif"]));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(
        results.iter().map(|result| result["level"].as_str().unwrap()).collect::<Vec<_>>(),
        ["error", "warning", "warning"]
    );
    let location = &results[0]["locations"][0]["physicalLocation"];
    assert!(location["artifactLocation"]["uri"].as_str().unwrap().ends_with("a%20b.yaml"), "{location}");
    assert_eq!(location["region"]["startLine"], 2);
    assert!(
        results[0]["message"]["text"].as_str().unwrap().contains("CVE-2026-2 critical zlib 1, fixed in 1.3"),
        "{}",
        results[0]
    );
    let ids: Vec<&Value> =
        sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    assert_eq!(ids, ["few-critical", "look"]);
    let xml = simulate(&world, NEW, &[&file, "--format", "junit"]).results;
    assert!(
        xml.contains("tests=\"2\" failures=\"1\"") && xml.contains("<failure type=\"deny\" message=\"few-critical\">"),
        "{xml}"
    );
    assert!(xml.contains("name=\"Deployment dev/&lt;one&gt;\""), "{xml}");
}

#[test]
fn the_page_needs_nothing_else_and_no_text_becomes_markup() {
    let world = world();
    let dump = world.file("dump.json", &list(&[deployment(&world, "prod-<b>", "<script>alert(1)</script>", "worse")]));
    let page = simulate(&world, NEW, &[&dump, "--format", "html"]).results;
    assert!(page.contains("Content-Security-Policy") && page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains("http://") && page.contains("<svg"), "{page}");
}

#[test]
fn bad_input_is_one_sentence() {
    let world = world();
    let good = world.file("good.json", &list(&workloads(&world)));
    let cut = world.file("cut.json", &list(&workloads(&world))[..400]);
    let empty = world.file("empty.yaml", "");
    let old = world.file("bad-baseline.yaml", "rules: 1\n");
    for (arguments, exit, part) in [
        (vec![cut.as_str()], ExitCode::Failed, "cut.json"),
        (vec![empty.as_str()], ExitCode::Failed, "nothing to simulate"),
        (vec![good.as_str(), "--rows", "changes"], ExitCode::Failed, "expected --baseline"),
        (vec![good.as_str(), "--baseline", &old], ExitCode::Settings, "the settings are refused"),
        (vec!["/nowhere.yaml"], ExitCode::Failed, "/nowhere.yaml"),
        (vec!["-", "-"], ExitCode::Failed, "expected `-` once"),
        (vec![], ExitCode::Failed, "SOURCE"),
    ] {
        let ended = simulate(&world, NEW, &arguments);
        assert!(ended.exit == exit && ended.notes.contains(part), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn who_controls_an_object_is_believed_only_where_nothing_hides() {
    let world = world();
    let owned = |name: &str, namespace: &str, tag: &str, by: &str| {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": namespace, "uid": name,
            "ownerReferences": [{ "uid": by, "controller": true }] },
            "spec": { "containers": [{ "name": "c", "image": world.image(&format!("app:{tag}")) }] } })
    };
    let pods = [
        owned("made", "prod-a", "clean", "prod-a-job"),
        owned("injected", "prod-a", "worse", "prod-a-job"),
        owned("elsewhere", "prod-b", "clean", "prod-a-job"),
        owned("own", "prod-a", "clean", "own"),
    ];
    let dump = world.file("dump.json", &list(&[&[deployment(&world, "prod-a", "job", "clean")], &pods[..]].concat()));
    let document = json_of(&simulate(&world, NEW, &[&dump, "--format", "json"]));
    assert_eq!(document["totals"], json!({ "workloads": 4, "deny": 1, "audit": 0, "admit": 3 }));
    let by_kind =
        NEW.replace("field: namespace, operator: startsWith, values: [prod]", "field: kind, operator: equals, values: [Pod]");
    assert_eq!(json_of(&simulate(&world, &by_kind, &[&dump, "--format", "json"]))["totals"]["workloads"], 5);
}

#[test]
fn what_is_given_twice_is_judged_once() {
    let world = world();
    let [one, other] = ["one", "other"].map(|name| deployment(&world, "prod-a", name, "worse"));
    let dump = world.file("dump.json", &list(&[one.clone(), other.clone()]));
    // As `jq` leaves the items of a list.
    let array = world.file("array.json", &json!([other, deployment(&world, "prod-b", "other", "worse")]).to_string());
    let manifest = world.file("one.yaml", &one.to_string());
    let ended = simulate(&world, NEW, &[&dump, &array, &manifest, &dump, "--format", "json"]);
    assert_eq!(json_of(&ended)["totals"]["workloads"], 3);
    assert!(ended.notes.contains("4 objects are passed over: the very same one was given before"), "{}", ended.notes);
}

#[test]
fn text_of_a_manifest_is_no_log_and_a_part_is_no_list() {
    let world = world();
    let manifest = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: notes }}\ndata:\n  log: |\n    2026-11-22T10:00:00Z first release\n---\n{}\n",
        deployment(&world, "prod-a", "web", "worse")
    );
    let file = world.file("notes.yaml", &manifest);
    assert_eq!(simulate(&world, NEW, &[&file]).exit, ExitCode::Denied);
    let part =
        json!({ "apiVersion": "v1", "kind": "List", "metadata": { "continue": "x" }, "items": workloads(&world) }).to_string();
    let file = world.file("part.json", &part);
    let ended = simulate(&world, NEW, &[&file]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("found a part of one"), "{ended:?}");
}

#[test]
fn an_upgrade_is_found_for_each_condition_by_itself() {
    let world = world();
    // The first has no fix in one package and one in another; the second has one.
    publish(
        &world,
        "mixed",
        &[("CVE-2026-1", "CRITICAL", "aaa", ""), ("CVE-2026-1", "CRITICAL", "kkk", "2"), ("CVE-2026-2", "CRITICAL", "mmm", "2")],
    );
    let dump = world.file("dump.json", &list(&[deployment(&world, "prod-a", "web", "mixed")]));
    let settings = "evaluation: strictest\nrules:\n- name: r\n  action: deny\n  conditions: [{ severity: critical, fixable: true }, { severity: critical, moreThan: 1 }]\n";
    let document = json_of(&simulate(&world, settings, &[&dump, "--format", "json"]));
    assert_eq!(column(&document, "upgrades", "package"), ["kkk", "mmm"]);
}

#[test]
fn what_could_not_be_asked_for_is_said_whatever_rules_make_of_it() {
    let world = world();
    let mut pod = deployment(&world, "prod-a", "web", "clean");
    pod["spec"]["template"]["spec"]["containers"][0]["image"] = json!("127.0.0.1:1/app:1");
    let dump = world.file("dump.json", &list(&[pod]));
    let settings = format!("{NEW}  evidence: {{ unavailable: allow, missing: allow }}\n").replace(
        "  conditions: [{ severity: critical, moreThan: 1 }]",
        "  evidence: { unavailable: allow }\n  conditions: [{ severity: critical, moreThan: 1 }]",
    );
    let ended = simulate(&world, &settings, &[&dump]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.notes.contains("the findings of 1 images could not be asked for"), "{}", ended.notes);
}
