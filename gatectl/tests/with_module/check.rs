//! `gatectl check` and `demo` with the built module; without one (`./just module` makes it) these tests fail, they do not pass by.

use std::path::Path;

use gatectl::ExitCode;
use serde_json::Value;

use crate::world::{Ended, World, gatectl};

const SETTINGS: &str = "rules:\n- name: block\n  action: deny\n  conditions: [{ severity: critical }]\n";
pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";

pub(crate) fn module() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/policy.wasm");
    assert!(path.is_file(), "{}: build the module with `./just module`", path.display());
    path.display().to_string()
}

fn check(world: &World, arguments: &[&str]) -> Ended {
    let (module, settings, sources) = (module(), world.file("settings.yaml", SETTINGS), world.path("sources.yaml"));
    gatectl(&[&["check", "--policy", &module, "--settings", &settings, "--sources", &sources, "--now", NOW], arguments].concat())
}

fn pod(name: &str, image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {name} }}\nspec: {{ containers: [{{ name: c, image: '{image}' }}] }}\n"
    )
}

/// Images `bad` and `good`, scanned; a folder `deploy` with a pod of each, and things that are no workloads.
fn world() -> World {
    let world = World::new();
    for (tag, severity) in [("bad", "CRITICAL"), ("good", "LOW")] {
        let image = world.image(&format!("app:{tag}"));
        world.push_image(&image, if tag == "bad" { "amd64" } else { "arm64" });
        let report = format!(
            r#"{{ "SchemaVersion": 2, "CreatedAt": "2026-11-21T10:00:00Z", "ArtifactType": "container_image", "Results": [{{ "Class": "os-pkgs", "Type": "alpine",
            "Vulnerabilities": [{{ "VulnerabilityID": "CVE-2026-1", "PkgName": "musl", "InstalledVersion": "1", "FixedVersion": "2", "Severity": "{severity}" }}] }}] }}"#
        );
        let file = world.file("report.json", &report);
        assert_eq!(world.attach(&[&image, "--report", &file]).exit, ExitCode::Admitted);
    }
    std::fs::create_dir_all(world.path("deploy/nested")).unwrap();
    world.file("deploy/nested/bad.yaml", &pod("bad", &world.image("app:bad")));
    world.file(
        "deploy/good.yml",
        &format!("---\n{}---\napiVersion: v1\nkind: Service\nmetadata: {{ name: s }}\n", pod("good", &world.image("app:good"))),
    );
    world.file("deploy/values.yaml", "replicas: 2\n");
    world.file("deploy/README.md", "not read");
    world
}

#[test]
fn a_folder_is_judged_object_by_object() {
    let world = world();
    let ended = check(&world, &[&world.path("deploy")]);
    assert_eq!(ended.exit, ExitCode::Denied, "{ended:?}");
    assert!(ended.results.contains("CVE-2026-1 (musl 1, fixed in 2)"), "{}", ended.results);
    assert!(
        ended.notes.contains("values.yaml: passed over") && ended.notes.contains("3 judged: 1 denied, 0 audited, 2 admitted"),
        "{}",
        ended.notes
    );
    let good = check(&world, &[&world.path("deploy/good.yml")]);
    assert_eq!(good.exit, ExitCode::Admitted, "{good:?}");
    let named = check(&world, &[&world.path("deploy/values.yaml")]);
    assert!(named.exit == ExitCode::Failed && named.notes.contains("no `kind`"), "{named:?}");
}

#[test]
fn json_has_one_result_for_each_object() {
    let world = world();
    let ended = check(&world, &["--format", "json", &world.path("deploy")]);
    let document: Value = serde_json::from_str(&ended.results).unwrap();
    assert_eq!((&document["schemaVersion"], &document["verdict"]), (&1.into(), &"deny".into()));
    let verdicts: Vec<&str> = document["results"].as_array().unwrap().iter().map(|r| r["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["admit", "admit", "deny"]);
    assert_eq!(document["results"][2]["object"], "Pod default/bad");
    assert_eq!(document["results"][2]["rule"], "block");
}

#[test]
fn verdicts_are_explained() {
    let world = world();
    let bad = world.path("deploy/nested/bad.yaml");
    let ended = check(&world, &["--explain", &bad]);
    assert_eq!(ended.exit, ExitCode::Denied, "{ended:?}");
    for line in ["  rule       block (deny): takes part", "critical   block condition 1, ", "  <- decides", "  in all     "] {
        assert!(ended.results.contains(line), "{line}: {}", ended.results);
    }
    let ended = check(&world, &["--explain", "--format", "json", &bad]);
    let document: Value = serde_json::from_str(&ended.results).unwrap();
    let step = &document["results"][0]["images"][0]["platforms"][0]["steps"][0];
    assert_eq!((&step["decides"], &step["rule"], &step["answer"]), (&true.into(), &"block".into(), &"deny".into()), "{document}");
    // What was recorded explains as well as what was asked.
    let calls = world.path("calls.yaml");
    let live = check(&world, &["--explain", &bad, "--record", &calls]);
    let replayed = check(&world, &["--explain", &bad, "--replay", &calls]);
    assert_eq!(live.results, replayed.results);
}

#[test]
fn recordings_are_replayed_without_a_registry() {
    let world = world();
    let (deploy, calls) = (world.path("deploy"), world.path("calls.yaml"));
    let live = check(&world, &[&deploy, "--record", &calls]);
    assert_eq!(live.exit, ExitCode::Denied, "{live:?}");
    drop(world.embedded);
    let world = World { embedded: host::embedded::EmbeddedRegistry::start().unwrap(), ..world };
    let replayed = check(&world, &[&deploy, "--replay", &calls]);
    assert_eq!((replayed.exit, replayed.results), (live.exit, live.results));
    let empty = world.file("empty.yaml", "[]");
    let ended = check(&world, &[&deploy, "--replay", &empty]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("unexpected request"), "{ended:?}");
}

#[test]
fn refused_settings_end_with_three() {
    let world = World::new();
    let manifest = world.file("pod.yaml", &pod("a", "b"));
    let settings = world.file("bad.yaml", &SETTINGS.replace("severity", "severty"));
    let ended = gatectl(&["check", "--policy", &module(), "--settings", &settings, &manifest]);
    assert_eq!(ended.exit, ExitCode::Settings, "{ended:?}");
    assert!(ended.results.contains("did you mean `severity`?"), "{}", ended.results);
}

#[test]
fn a_missing_module_is_a_failure() {
    let world = World::new();
    let manifest = world.file("pod.yaml", &pod("a", "b"));
    let settings = world.file("settings.yaml", SETTINGS);
    let ended = gatectl(&["check", "--policy", "/no/such.wasm", "--settings", &settings, &manifest]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("./just build"), "{ended:?}");
}

#[test]
fn the_demonstration_comes_out_as_expected() {
    let ended = gatectl(&["demo", "--policy", &module()]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    assert!(ended.results.contains("5 of 5 answers are as expected"), "{}", ended.results);
}

#[test]
fn namespaces_among_the_files_have_labels() {
    let world = world();
    let scoped = SETTINGS.replace(
        "  action: deny\n",
        "  action: deny\n  scope: [{ field: namespaceLabel, key: tier, operator: equals, values: [prod] }]\n",
    );
    let settings = world.file("scoped.yaml", &scoped);
    let namespace =
        |tier: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: default, labels: {{ tier: {tier} }} }}\n");
    let sources = world.path("sources.yaml");
    let check = |files: &[&str]| {
        gatectl(
            &[&["check", "--policy", &module(), "--settings", &settings, "--sources", &sources, "--now", NOW], files].concat(),
        )
    };
    let bad = world.path("deploy/nested/bad.yaml");
    let (prod, dev) = (world.file("prod.yaml", &namespace("prod")), world.file("dev.yaml", &namespace("dev")));
    assert_eq!(check(&[&bad, &prod]).exit, ExitCode::Denied);
    assert_eq!(check(&[&bad, &dev]).exit, ExitCode::Admitted);
    let unknown = check(&[&bad]);
    assert!(
        unknown.exit == ExitCode::Denied && unknown.results.contains("v1/Namespace `default` is not among the files"),
        "{unknown:?}"
    );
    // As the cluster has it, as an export of several; the manifest that is checked is what will be there.
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}", namespace("prod").trim_end().replace('\n', "\n  "));
    let given = world.file("cluster.yaml", &list);
    assert_eq!(check(&[&bad, "--objects", &given]).exit, ExitCode::Denied);
    assert_eq!(check(&[&bad, &dev, "--objects", &given]).exit, ExitCode::Admitted);
    let calls = world.path("calls.yaml");
    assert_eq!(check(&[&bad, "--objects", &dev, "--record", &calls]).exit, ExitCode::Admitted);
    assert!(std::fs::read_to_string(&calls).unwrap().contains("!KubernetesGetResource"));
    assert_eq!(check(&[&bad, "--replay", &calls]).exit, ExitCode::Admitted);
    let other = world.file("other.yaml", &namespace("prod").replace("default", "other"));
    let absent = check(&[&bad, "--objects", &other]);
    let text = "Cannot find v1/Namespace named 'default' inside of namespace 'None'";
    assert!(absent.exit == ExitCode::Denied && absent.results.contains(text), "{absent:?}");
    let rivals = check(&[&bad, &dev, &prod]);
    assert!(rivals.exit == ExitCode::Denied && rivals.results.contains("is there twice and not the same"), "{rivals:?}");
}

#[test]
fn reports_of_scanners_in_the_cluster_are_findings() {
    let world = world();
    let digest = format!("sha256:{}", "a1".repeat(32));
    let pod = world.file("pod.yaml", &pod("web", &format!("ghcr.io/acme/web:v1@{digest}")));
    let summary = |severity: &str| format!("{{ \"{severity}\": 1 }}");
    let trivy = |severity: &str| {
        format!(
            "apiVersion: aquasecurity.github.io/v1alpha1\nkind: VulnerabilityReport\nmetadata: {{ name: r, namespace: default }}\nreport:\n  artifact: {{ digest: '{digest}' }}\n  \
             updateTimestamp: 2026-11-21T11:00:00Z\n  summary: {}\n  vulnerabilities: [{{ vulnerabilityID: CVE-2026-1, resource: musl, severity: {severity} }}]\n",
            summary(&format!("{}Count", severity.to_lowercase()))
        )
    };
    let sbom = |severity: &str| {
        format!(
            "apiVersion: storage.sbomscanner.kubewarden.io/v1alpha1\nkind: VulnerabilityReport\nmetadata: {{ name: r, namespace: scans }}\nimageMetadata: {{ digest: '{digest}' }}\n\
             report:\n  summary: {}\n  results: [{{ vulnerabilities: [{{ cve: CVE-2026-1, purl: pkg:apk/alpine/musl@1, severity: {severity} }}] }}]\n",
            summary(&severity.to_lowercase())
        )
    };
    let judged = |source: &str, files: &[&str]| {
        let settings = world.file("cluster.yaml", &format!("findings: {{ sources: [{{ {source} }}] }}\n{SETTINGS}"));
        gatectl(&[&["check", "--policy", &module(), "--settings", &settings, "--now", NOW, &pod], files].concat())
    };
    let registries = "sbomScanner: { namespace: scans, registries: { ghcr.io: all } }";
    let by_digest = "sbomScanner: { namespace: scans }";
    for (source, report) in [("trivyOperator: {}", &trivy as &dyn Fn(&str) -> String), (by_digest, &sbom), (registries, &sbom)] {
        let (bad, good) = (world.file("bad.yaml", &report("CRITICAL")), world.file("good.yaml", &report("LOW")));
        let ended = judged(source, &["--objects", &bad]);
        assert!(ended.exit == ExitCode::Denied && ended.results.contains("CVE-2026-1"), "{source}: {ended:?}");
        assert_eq!(judged(source, &["--objects", &good]).exit, ExitCode::Admitted, "{source}");
        // Who submits a workload brings no findings along.
        let ended = judged(source, &[&good]);
        assert!(ended.exit == ExitCode::Denied && ended.notes.contains("a report of findings among the manifests"), "{ended:?}");
        assert!(ended.results.contains("[evidence-unavailable]"), "{ended:?}");
    }
}

#[test]
fn files_of_objects_are_read_before_anything_is_judged() {
    let world = world();
    let (good, wrong) = (world.path("deploy/good.yml"), world.file("wrong.yaml", "a: b\n"));
    let ended = check(&world, &[&good, "--objects", &wrong]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("wrong.yaml:1: expected a Kubernetes object"), "{ended:?}");
    let ended = check(&world, &[&good, "--objects", &good, "--objects", &good]);
    assert!(
        ended.exit == ExitCode::Failed && ended.notes.contains("good.yml:2: expected each object once, found v1/Pod good again"),
        "{ended:?}"
    );
    let ended = check(&world, &[&good, "--cluster", "--kubeconfig", &world.path("absent")]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("cannot prepare to reach the cluster: "), "{ended:?}");
    for arguments in [&["--objects", "x", "--replay", "y"][..], &["--cluster", "--replay", "y"], &["--context", "x"]] {
        let ended = check(&world, &[&[good.as_str()], arguments].concat());
        assert!(ended.exit == ExitCode::Failed && !ended.notes.contains("judged"), "{ended:?}");
    }
}

#[test]
fn nothing_to_judge_is_no_admission() {
    let world = World::new();
    let empty = world.file("empty.yaml", "---\n# helm rendered nothing\n");
    let ended = check(&world, &[&empty]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("nothing to judge"), "{ended:?}");
}
