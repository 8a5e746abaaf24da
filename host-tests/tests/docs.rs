//! The documents are true: their settings are accepted, their documents are read, their commands run, their lists are complete.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's failed expectation is its report")]

use std::collections::BTreeSet;

use gatectl::ExitCode;
use host::yaml;
use host_tests::case;
use host_tests::engine::{Engine, root};
use host_tests::world::{World, deployment, report};
use policy::findings::json as findings;
use policy::settings::Settings;
use serde_json::{Value, json};

const DOCUMENTS: [&str; 9] = [
    "README.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "docs/rules.md",
    "docs/findings.md",
    "docs/codes.md",
    "docs/alerts.md",
    "docs/observability.md",
];

fn read(document: &str) -> String {
    std::fs::read_to_string(root().join(document)).unwrap_or_else(|e| panic!("{document}: {e}"))
}

/// The fenced blocks of a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = read(document);
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once(&format!("\n```{language}\n")) {
        let (block, after) = after.split_once("\n```").unwrap_or_else(|| panic!("{document}: a block without end"));
        blocks.push(format!("{block}\n"));
        rest = after;
    }
    blocks
}

fn parse(document: &str, block: &str) -> Value {
    let mut documents = yaml::read(block).unwrap_or_else(|e| panic!("{document}: {e}\n{block}"));
    assert_eq!(documents.len(), 1, "{document}: one document in a block:\n{block}");
    documents.remove(0).value
}

#[test]
fn settings_are_accepted() {
    let mut checked = 0;
    for document in DOCUMENTS {
        for block in blocks(document, "yaml") {
            let value = parse(document, &block);
            let settings = if value["kind"].is_null() { &value } else { &value["spec"]["settings"] };
            if let Err(problems) = Settings::read(settings) {
                panic!("{document}:\n{block}\n{problems:#?}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 3, "only {checked} blocks of settings were found");
}

#[test]
fn the_policy_of_the_readme_is_registered_for_what_is_judged() {
    let metadata = parse("metadata.yml", &read("metadata.yml"));
    let policies: Vec<Value> = blocks("README.md", "yaml")
        .iter()
        .map(|block| parse("README.md", block))
        .filter(|value| value["kind"] == "ClusterAdmissionPolicy")
        .collect();
    assert_eq!(policies.len(), 1);
    let resources = |rules: &Value| -> BTreeSet<(String, String)> {
        let each = |rule: &Value| {
            let groups: Vec<String> = serde_json::from_value(rule["apiGroups"].clone()).unwrap();
            let resources: Vec<String> = serde_json::from_value(rule["resources"].clone()).unwrap();
            groups
                .into_iter()
                .flat_map(move |group| resources.clone().into_iter().map(move |resource| (group.clone(), resource)))
                .collect::<Vec<_>>()
        };
        rules.as_array().unwrap().iter().flat_map(each).collect()
    };
    assert_eq!(resources(&policies[0]["spec"]["rules"]), resources(&metadata["rules"]));
}

#[test]
fn the_document_of_the_format_is_read() {
    let blocks = blocks("docs/findings.md", "json");
    let document = findings::read(&blocks[0]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(document.provides, policy::findings::Field::ALL, "the example shows every optional field");
}

/// What a wrong key is answered with: `expected one of a, b, c`.
fn keys_of(settings: Value) -> Vec<String> {
    let problems = Settings::read(&settings).unwrap_err();
    let listed =
        problems.iter().find_map(|problem| problem.message.split_once("expected one of ").map(|(_, keys)| keys.to_owned()));
    let listed = listed.unwrap_or_else(|| panic!("{problems:?}"));
    listed.split(", found").next().unwrap().split(", ").map(str::to_owned).collect()
}

#[test]
fn the_rule_language_is_described_whole() {
    let text = read("docs/rules.md");
    let rule = |more: Value| {
        let mut rule = json!({ "name": "a", "action": "deny", "conditions": [{ "severity": "high" }] });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "rules": [rule] })
    };
    let scope = |entry: Value| rule(json!({ "scope": [entry] }));
    let signer = |signer: Value| json!({ "trust": { "anyOf": [signer] }, "rules": [] });
    for settings in [
        json!({ "?": 1, "rules": [] }),
        json!({ "evaluation": "?", "rules": [] }),
        json!({ "unknownSeverity": "?", "rules": [] }),
        rule(json!({ "?": 1 })),
        rule(json!({ "conditions": [{ "?": 1 }] })),
        rule(json!({ "evidence": { "?": 1 } })),
        rule(json!({ "evidence": { "stale": "?" } })),
        scope(json!({ "field": "?", "operator": "equals", "values": ["a"] })),
        scope(json!({ "field": "kind", "operator": "?", "values": ["a"] })),
        json!({ "pinDigests": "?", "rules": [] }),
        json!({ "controllerPods": "?", "rules": [] }),
        json!({ "findings": { "?": 1 }, "rules": [] }),
        json!({ "findings": { "sources": [{ "?": 1 }] }, "rules": [] }),
        json!({ "findings": { "sources": [{ "registry": { "?": 1 } }] }, "rules": [] }),
        json!({ "breakGlass": { "?": 1 }, "rules": [] }),
        json!({ "trust": { "?": 1 }, "rules": [] }),
        signer(json!({ "?": 1 })),
        signer(json!({ "keyless": { "?": 1 } })),
        signer(json!({ "githubAction": { "?": 1 } })),
        signer(json!({ "certificate": { "?": 1 } })),
        signer(json!({ "certificate": { "rekorBundle": "?" } })),
        json!({ "rules": rule(json!({}))["rules"], "exemptions": [{ "?": 1, "name": "e", "reason": "r", "ids": ["CVE-1"] }] }),
    ] {
        for key in keys_of(settings.clone()) {
            assert!(text.contains(&key), "docs/rules.md does not mention `{key}` of {settings}");
        }
    }
}

/// The fields that a table names in its first column.
fn fields_of(table: &str) -> BTreeSet<String> {
    let first = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |")).map(|(first, _)| first);
    first.flat_map(|names| names.split(", ")).map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_alerts_of_all_cases_are_described() {
    let (mut events, mut images) = (BTreeSet::new(), BTreeSet::new());
    let mut largest = 0;
    for case in case::read_all(&root().join("host-tests/cases")) {
        for alert in Engine::Native.validate(&case).alerts {
            largest = largest.max(alert.to_string().len());
            let each = alert["images"].as_array().into_iter().flatten().filter_map(Value::as_object);
            images.extend(each.flat_map(|image| image.keys().cloned()));
            events.extend(alert.as_object().unwrap().keys().cloned());
        }
    }
    let text = read("docs/alerts.md");
    let (of_event, of_image) = text.split_once("Of each image").unwrap();
    assert_eq!(fields_of(of_event), events);
    images.remove("more");
    assert_eq!(fields_of(of_image), images);
    // Fifty images of five vulnerabilities.
    assert!(largest > 10_000 && largest < 128 * 1024, "the largest event has {largest} bytes");
}

const GRYPE: &str = r#"{ "descriptor": { "name": "grype", "version": "0.104.0", "timestamp": "2026-11-21T11:00:00Z" },
    "source": { "type": "image", "target": { "userInput": "web" } }, "matches": [] }"#;
const VEX: &str = r#"{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/web", "author": "Team", "version": 1,
    "timestamp": "2026-11-21T00:00:00Z", "statements": [] }"#;

#[test]
fn the_commands_of_the_readme_run() {
    let [_, world] = World::both();
    let image = world.image("acme/web:v1");
    world.push(&image, "amd64");
    let settings = blocks("README.md", "yaml").remove(0);
    for (name, content) in [
        ("settings.yaml", settings),
        ("trivy.json", report(&["LOW"])),
        ("grype.json", GRYPE.to_owned()),
        ("web.openvex.json", VEX.to_owned()),
        ("deployment.yaml", deployment(&image)),
    ] {
        world.file(name, &content);
    }
    let module = root().join("dist/policy.wasm").display().to_string();
    let mut ran = 0;
    for line in blocks("README.md", "sh").iter().flat_map(|block| block.lines()) {
        let Some(command) = line.strip_prefix("gatectl ") else { continue };
        let words: Vec<String> = command
            .split_whitespace()
            .map(|word| match word {
                file if std::path::Path::new(&world.path(file)).is_file() => world.path(file),
                word => word.replace("ghcr.io", &world.address),
            })
            .collect();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let is_check = words[0] == "check";
        if is_check {
            words.extend(["--policy", &module]);
        }
        if words[0] == "findings" {
            words.push("--no-cache");
        }
        let ended = if words[0] == "settings" { world.gatectl_plain(&words) } else { world.gatectl(&words) };
        assert_eq!(ended.exit, ExitCode::Admitted, "{line}: {ended:?}");
        ran += 1;
    }
    assert_eq!(ran, 6, "the README shows six commands of gatectl");
}

#[test]
fn the_commands_about_logs_run() {
    let [_, world] = World::both();
    let case =
        case::read_all(&root().join("host-tests/cases/answer")).into_iter().find(|case| case.raw_payload.is_none()).unwrap();
    let alert = &Engine::Native.validate(&case).alerts[0];
    let data = alert.to_string();
    let record = json!({ "timestamp": "2026-11-22T12:00:00.000001Z", "level": "WARN", "fields": { "message": "m", "data": data }, "target": "policy_log" });
    for name in ["policy-server.log", "audit.log", "audit-2026-11-08.log.gz"] {
        world.file(name, &format!("{record}\n"));
    }
    let mut ran = 0;
    for line in blocks("docs/observability.md", "sh").iter().flat_map(|block| block.lines()) {
        let Some(command) = line.strip_prefix("gatectl ") else { continue };
        let command = command.split(" > ").next().unwrap();
        let words: Vec<String> = command
            .split_whitespace()
            .map(|word| match word.trim_matches('\'') {
                file if std::path::Path::new(&world.path(file)).is_file() => world.path(file),
                word => word.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ended = world.gatectl_plain(&words);
        assert_eq!(ended.exit, ExitCode::Admitted, "{line}: {ended:?}");
        assert!(!ended.notes.contains(" 0 answers of the gate"), "{line}: {ended:?}");
        ran += 1;
    }
    assert_eq!(ran, 13, "docs/observability.md shows so many commands");
}

#[test]
fn links_lead_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        for (_, after) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let target = after.split(')').next().unwrap();
            let path = root().join(document).parent().unwrap().join(target.split('#').next().unwrap());
            assert!(target.starts_with("https://") || path.exists(), "{document}: `{target}` does not exist");
        }
    }
}
