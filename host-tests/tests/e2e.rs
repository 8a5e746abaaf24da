//! The whole way, on real parts: an image pushed to a registry, findings attached by `gatectl`, a workload judged by the built module
//! through the host. Each story is told by Debian's `docker-registry` and by the embedded one.

use gatectl::ExitCode;
use host_tests::docker_registry::{DockerRegistry, Options};
use host_tests::engine;
use host_tests::odd_registry::Answer;
use host_tests::world::{MANIFEST, NOW, World, deployment, report};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DENY_CRITICAL: &str = "rules: [{ name: block, action: deny, maxAge: 7d, conditions: [{ severity: critical }] }]";

/// Pushes the images `NAME:amd64` and `NAME:arm64`, and the index `NAME:v1` of both; its reference.
fn push_index(world: &World, name: &str) -> String {
    let part = |architecture: &str| {
        let (digest, size) = world.push(&world.image(&format!("{name}:{architecture}")), architecture);
        json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": { "os": "linux", "architecture": architecture } })
    };
    let parts = ["amd64", "arm64"].map(part);
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": parts }).to_string();
    let image = world.image(&format!("{name}:v1"));
    let pushed = world.registry.push_manifest_raw(&image, index.as_bytes(), INDEX);
    assert!(pushed.is_ok(), "{pushed:?}");
    image
}

#[test]
fn from_never_scanned_to_fixed() {
    for world in World::both() {
        let image = world.image("team/shop/web:v1");
        let (digest, _) = world.push(&image, "amd64");
        world.wants(DENY_CRITICAL, &image, ExitCode::Denied, "[evidence-missing]");
        world.wants(
            "rules: [{ name: block, action: deny, conditions: [{ severity: critical }], evidence: { missing: allow } }]",
            &image,
            ExitCode::Admitted,
            "admit",
        );
        world.attach(&image, &["CRITICAL", "HIGH"], &[]);
        world.wants(
            DENY_CRITICAL,
            &image,
            ExitCode::Denied,
            "CVE-2026-0000 (openssl 3.0.1, fixed in 3.0.2) [findings-over-limit]",
        );
        let by_digest = world.image(&format!("team/shop/web@{digest}"));
        world.wants(DENY_CRITICAL, &by_digest, ExitCode::Denied, "[findings-over-limit]");
        world.wants(&DENY_CRITICAL.replace("deny", "audit"), &image, ExitCode::Admitted, "audit");
        let exempted = format!(
            "{DENY_CRITICAL}\nexemptions: [{{ name: known, reason: reviewed, packages: ['pkg:deb/debian/openssl'], until: 2026-11-22 }}]"
        );
        world.wants(&exempted, &image, ExitCode::Admitted, "known");
        world.wants(&exempted.replace("2026-11-22", "2026-11-21"), &image, ExitCode::Denied, "[findings-over-limit]");
        world.wants(&DENY_CRITICAL.replace("maxAge: 7d", "maxAge: 1h"), &image, ExitCode::Denied, "[evidence-stale]");
        world.wants(
            "rules: [{ name: block, action: deny, conditions: [{ epss: 0.5 }] }]",
            &image,
            ExitCode::Denied,
            "[evidence-incomplete]",
        );
        // A rescan replaces what was there, and another image keeps its own.
        world.attach(&image, &["LOW"], &[]);
        world.wants(DENY_CRITICAL, &image, ExitCode::Admitted, "summary");
        world.wants(DENY_CRITICAL, &world.image("team/shop/web:v2"), ExitCode::Denied, "[evidence-unavailable]");
    }
}

#[test]
fn only_signed_findings_count() {
    for world in World::both() {
        let keys = ["ours", "theirs"].map(|name| {
            let prefix = world.path(name);
            assert_eq!(world.gatectl_plain(&["keys", "generate", "--output", &prefix]).exit, ExitCode::Admitted);
            (format!("{prefix}.key"), std::fs::read_to_string(format!("{prefix}.pub")).unwrap())
        });
        let [(ours, our_public), (theirs, their_public)] = &keys;
        let aged = |max_age: &str, keys: &[&String], evidence: &str| {
            json!({ "trust": { "anyOf": [{ "publicKeys": keys }] }, "rules": [{ "name": "block", "action": "deny", "maxAge": max_age,
                "conditions": [{ "severity": "critical" }], "evidence": serde_json::from_str::<Value>(evidence).unwrap() }] })
            .to_string()
        };
        let settings = |keys: &[&String], evidence: &str| aged("7d", keys, evidence);
        let (strict, either) = (settings(&[our_public], "{}"), settings(&[their_public, our_public], "{}"));
        let image = world.image("signed/web:v1");
        world.push(&image, "amd64");
        world.wants(&strict, &image, ExitCode::Denied, "[evidence-missing]");
        world.attach(&image, &["LOW"], &[]);
        world.wants(&strict, &image, ExitCode::Denied, "no signatures found");
        world.wants(&settings(&[our_public], r#"{ "untrusted": "use" }"#), &image, ExitCode::Admitted, "untrusted");
        world.attach(&image, &["LOW"], &["--sign-key", theirs]);
        world.wants(&strict, &image, ExitCode::Denied, "[evidence-untrusted]");
        world.wants(&either, &image, ExitCode::Admitted, "public key");
        world.attach(&image, &["LOW"], &["--sign-key", ours]);
        world.wants(&strict, &image, ExitCode::Admitted, "public key");
        world.attach(&image, &["CRITICAL"], &["--sign-key", ours]);
        world.wants(&strict, &image, ExitCode::Denied, "[findings-over-limit]");
        // Whoever can push, and cannot sign.
        world.attach(&image, &["MEDIUM"], &[]);
        world.wants(&strict, &image, ExitCode::Denied, "[evidence-untrusted]");
        // What was signed once stays signed, byte for byte: only its age tells that it is old.
        world.attach(&image, &["LOW"], &[]);
        world.wants(&strict, &image, ExitCode::Admitted, "public key");
        world.wants(&aged("1h", &[our_public], "{}"), &image, ExitCode::Denied, "[evidence-stale]");
    }
}

/// A report of Grype about one package with one vulnerability of a severity.
fn grype(severity: &str) -> String {
    json!({ "descriptor": { "name": "grype", "version": "0.104.0", "timestamp": "2026-11-21T11:00:00Z" },
        "source": { "type": "image", "target": { "userInput": "web" } }, "distro": { "name": "debian", "version": "12" },
        "matches": [{ "vulnerability": { "id": "CVE-2026-0000", "severity": severity },
            "artifact": { "name": "openssl", "version": "3.0.1", "type": "deb", "purl": "pkg:deb/debian/openssl@3.0.1" } }] })
    .to_string()
}

#[test]
fn several_reports_are_judged_by_the_worse_and_statements_set_aside() {
    for world in World::both() {
        let image = world.image("merged/web:v1");
        let (digest, _) = world.push(&image, "amd64");
        world.attach(&image, &["LOW"], &[]);
        world.wants(DENY_CRITICAL, &image, ExitCode::Admitted, "summary");
        let second = world.file("grype.json", &grype("Critical"));
        world.attach(&image, &["LOW"], &["--report", &second]);
        world.wants(
            DENY_CRITICAL,
            &image,
            ExitCode::Denied,
            "CVE-2026-0000 (openssl 3.0.1, fixed in 3.0.2) [findings-over-limit]",
        );
        world.wants(DENY_CRITICAL, &image, ExitCode::Denied, "grype+trivy");
        let vex = json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/web", "author": "Team", "version": 1,
            "timestamp": "2026-11-21T00:00:00Z", "statements": [{ "vulnerability": { "name": "CVE-2026-0000" }, "status": "not_affected",
                "justification": "vulnerable_code_not_present", "products": [{ "@id": format!("pkg:oci/web@{}", digest.replace(':', "%3A")) }] }] });
        let vex = world.file("web.openvex.json", &vex.to_string());
        world.attach(&image, &["LOW"], &["--report", &second, "--vex", &vex]);
        world.wants(DENY_CRITICAL, &image, ExitCode::Admitted, "web.openvex.json (Team)");
        world.wants(&format!("vex: ignore\n{DENY_CRITICAL}"), &image, ExitCode::Denied, "[findings-over-limit]");
    }
}

#[test]
fn lists_of_exploited_vulnerabilities_decide() {
    let deny = |condition: &str| format!("rules: [{{ name: block, action: deny, conditions: [{{ {condition} }}] }}]");
    for world in World::both() {
        let image = world.image("enriched/web:v1");
        world.push(&image, "amd64");
        world.attach(&image, &["LOW"], &[]);
        for condition in ["epss: 0.5", "knownExploited: true"] {
            world.wants(&deny(condition), &image, ExitCode::Denied, "[evidence-incomplete]");
        }
        let header = "#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\n";
        let scores = world.file("epss.csv", &format!("{header}CVE-2026-0000,0.61,0.98\n"));
        let catalogue = |cve: &str| {
            let listed = json!({ "catalogVersion": "2026.11.20", "count": 1, "vulnerabilities": [{ "cveID": cve }] });
            world.file("kev.json", &listed.to_string())
        };
        world.attach(&image, &["LOW"], &["--epss", &scores, "--kev", &catalogue("CVE-2020-1")]);
        world.wants(&deny("epss: 0.5"), &image, ExitCode::Denied, "[findings-over-limit]");
        world.wants(&deny("epss: 0.7"), &image, ExitCode::Admitted, "admit");
        world.wants(&deny("knownExploited: true"), &image, ExitCode::Admitted, "admit");
        world.attach(&image, &["LOW"], &["--kev", &catalogue("CVE-2026-0000")]);
        world.wants(&deny("knownExploited: true"), &image, ExitCode::Denied, "[findings-over-limit]");
    }
}

#[test]
fn an_older_scan_does_not_take_the_place_of_a_newer() {
    for world in World::both() {
        let image = world.image("order/web:v1");
        world.push(&image, "amd64");
        world.attach(&image, &["CRITICAL"], &[]);
        let older = world.file("older.json", &report(&["LOW"]).replace("2026-11-21T", "2026-11-20T"));
        let attach = |more: &[&str]| world.gatectl(&[&["attach", &image, "--report", &older], more].concat());
        let ended = attach(&[]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains("`--replace-newer`"), "{ended:?}");
        world.wants(DENY_CRITICAL, &image, ExitCode::Denied, "[findings-over-limit]");
        assert_eq!(attach(&["--replace-newer"]).exit, ExitCode::Admitted);
        world.wants(DENY_CRITICAL, &image, ExitCode::Admitted, "summary");
    }
}

#[test]
fn the_platforms_of_an_index_without_findings_are_judged_by_theirs() {
    for world in World::both() {
        let image = push_index(&world, "apart");
        world.attach(&world.image("apart:amd64"), &["LOW"], &[]);
        world.wants(DENY_CRITICAL, &image, ExitCode::Denied, "platform `linux/arm64`: rule `block`: no findings");
        let one = format!("findings: {{ platforms: [linux/amd64] }}\n{DENY_CRITICAL}");
        world.wants(&one, &image, ExitCode::Admitted, "index");
        world.attach(&world.image("apart:arm64"), &["CRITICAL"], &[]);
        world.wants(DENY_CRITICAL, &image, ExitCode::Denied, "platform `linux/arm64`: rule `block`: 1 critical");
    }
}

#[test]
fn an_index_is_judged_by_its_worst_platform() {
    for world in World::both() {
        let image = push_index(&world, "multi");
        world.attach(&image, &["LOW"], &["--platform", "linux/amd64"]);
        world.wants(DENY_CRITICAL, &image, ExitCode::Denied, "platform `linux/arm64`: rule `block`: no findings");
        // The platform's findings stand under its own digest too.
        world.wants(DENY_CRITICAL, &world.image("multi:amd64"), ExitCode::Admitted, "summary");
        world.wants(DENY_CRITICAL, &world.image("multi:arm64"), ExitCode::Denied, "[evidence-missing]");
    }
}

#[test]
fn a_registry_that_wants_credentials_is_unavailable_without_them() {
    let htpasswd = "tester:$2y$05$Jjrd7h1SaMRkvWRjsyCu5OYgUNMKLL8BhUuUW4zWzJdzj3VR9Ihce\n".to_owned();
    let debian = DockerRegistry::start_with(&Options { htpasswd: Some(htpasswd), ..Options::default() }).unwrap();
    let world = World::new(debian.address(), Box::new(debian));
    let digest = format!("sha256:{}", "a".repeat(64));
    world.wants(DENY_CRITICAL, &world.image(&format!("web@{digest}")), ExitCode::Denied, "[evidence-unavailable]");
}

#[test]
fn odd_registries_never_admit() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let path = format!("/v2/web/manifests/sha256-{}.findings", "a".repeat(64));
    let of = |answer: Answer| World::odd(vec![("/v2/".to_owned(), Answer::new(200, "{}")), (path.clone(), answer)]);
    let json = |body: Value| Answer::new(200, body.to_string()).header("Content-Type", MANIFEST);
    let foreign = json(json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [], "artifactType": "application/vnd.other",
        "config": { "mediaType": "application/vnd.other", "digest": digest, "size": 2 } }));
    for (answer, code) in [
        (Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown"), "[evidence-missing]"),
        (Answer::new(404, "<html>not here</html>"), "[evidence-missing]"),
        (Answer::error(401, "UNAUTHORIZED", "authentication required"), "[evidence-unavailable]"),
        (Answer::error(403, "DENIED", "requested access to the resource is denied"), "[evidence-unavailable]"),
        (Answer::error(429, "TOOMANYREQUESTS", "slow down"), "[evidence-unavailable]"),
        (Answer::new(500, "boom"), "[evidence-unavailable]"),
        (Answer::new(200, "<html>hello</html>").header("Content-Type", "text/html"), "[evidence-unreadable]"),
        (json(json!({ "schemaVersion": 2, "mediaType": MANIFEST })), "[evidence-unreadable]"),
        (foreign, "[evidence-unreadable]"),
    ] {
        let status = answer.status;
        let world = of(answer);
        let (exit, result) = world.check(DENY_CRITICAL, &world.image(&format!("web@{digest}")));
        assert!(exit == ExitCode::Denied && result.to_string().contains(code), "{status}: wanted {code}, found {result:#}");
    }
    // Nobody listens any more.
    let mut world = World::odd(Vec::new());
    world.stop();
    world.wants(DENY_CRITICAL, &world.image(&format!("web@{digest}")), ExitCode::Denied, "[evidence-unavailable]");
}

#[test]
fn what_is_recorded_is_replayed_to_the_same_answer() {
    let [world, _] = World::both();
    let image = world.image("web:v1");
    world.push(&image, "amd64");
    world.attach(&image, &["CRITICAL"], &[]);
    let (settings, manifest) = (world.file("settings.yaml", DENY_CRITICAL), world.file("deployment.yaml", &deployment(&image)));
    let (module, calls) = (engine::root().join("dist/policy.wasm").display().to_string(), world.file("calls.yaml", ""));
    let check = |way: &str| {
        world.gatectl(&[
            "check",
            &manifest,
            "--settings",
            &settings,
            "--policy",
            &module,
            "--now",
            NOW,
            "--format",
            "json",
            way,
            &calls,
        ])
    };
    let (live, replayed) = (check("--record"), check("--replay"));
    assert_eq!((live.exit, &live.results), (ExitCode::Denied, &replayed.results), "{live:?} {replayed:?}");
}
