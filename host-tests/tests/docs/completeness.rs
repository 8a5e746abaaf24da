//! What the documents list is all that there is.

use std::collections::BTreeSet;

use host::embedded::EmbeddedRegistry;
use host_tests::case;
use host_tests::engine::{Engine, root};
use host_tests::world::World;
use policy::findings::json as findings;
use policy::settings::Settings;
use serde_json::{Value, json};

use crate::pages::Page;
use crate::settings::parse;

#[test]
fn the_policy_of_the_readme_is_registered_for_what_is_judged() {
    let metadata = parse("metadata.yml", &Page::read("metadata.yml").text);
    let policies: Vec<Value> = Page::read("README.md")
        .blocks_of("yaml")
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
    let blocks = Page::read("docs/findings.md").blocks_of("json");
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
    let text = Page::read("docs/rules.md").text;
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
    let text = Page::read("docs/alerts.md").text;
    let (of_event, of_image) = text.split_once("Of each image").unwrap();
    assert_eq!(fields_of(of_event), events);
    images.remove("more");
    assert_eq!(fields_of(of_image), images);
    // Fifty images of five vulnerabilities.
    assert!(largest > 10_000 && largest < 128 * 1024, "the largest event has {largest} bytes");
}

#[test]
fn annotations_are_described() {
    let page = Page::read("docs/reference/annotations.md").text;
    let section = |title: &str| fields_of(page.split_once(title).unwrap().1.split("\n## ").next().unwrap());
    let mut keys = BTreeSet::new();
    for case in case::read_all(&root().join("host-tests/cases")) {
        if let Ok(answer) = serde_json::from_slice::<Value>(&Engine::Native.validate(&case).answer) {
            keys.extend(answer["audit_annotations"].as_object().into_iter().flatten().map(|(key, _)| key.clone()));
        }
    }
    assert_eq!(section("## In the API server's audit log"), keys);

    let embedded = EmbeddedRegistry::start().unwrap();
    let world = World::new(embedded.address(), Box::new(embedded));
    let image = world.image("acme/web:v1");
    let (digest, _) = world.push(&image, "amd64");
    world.attach(&image, &["LOW"], &[]);
    let artifact = world.image(&format!("acme/web:{}.findings", digest.replace(':', "-")));
    let manifest = world.registry.pull_manifest_raw(&artifact).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    let keys: BTreeSet<String> = manifest["annotations"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(section("## On the findings artifact"), keys);
}
