//! The table of the page on evaluation is what the module answers.

use host::embedded::EmbeddedRegistry;
use host_tests::engine::root;
use host_tests::world::{World, deployment};
use serde_json::Value;

use crate::pages::Page;

#[test]
fn the_table_of_evaluation_is_what_the_module_answers() {
    let page = Page::read("docs/concepts/evaluation.md");
    let embedded = EmbeddedRegistry::start().unwrap();
    let world = World::new(embedded.address(), Box::new(embedded));
    let rows: Vec<Vec<&str>> = page
        .text
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    let [head, _, rows @ ..] = rows.as_slice() else { panic!("a table") };
    // One check of all images for each order of evaluation.
    let mut manifests = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let (number, severity) = row[0].split_once(' ').unwrap();
        let image = world.image(&format!("acme/table:{n}"));
        world.push(&image, "amd64");
        world.attach(&image, &vec![severity.to_uppercase().as_str(); number.parse().unwrap()], &[]);
        manifests.push(deployment(&image));
    }
    let manifests = world.file("all.yaml", &manifests.join("---\n"));
    let module = root().join("dist/policy.wasm").display().to_string();
    assert_eq!(rows.len(), 5);
    for (column, evaluation) in head.iter().enumerate().skip(1) {
        let settings = page.blocks_of("yaml")[0].replace("evaluation: severityFirst", &format!("evaluation: {evaluation}"));
        let settings = world.file("settings.yaml", &settings);
        let ended = world.gatectl(&["check", &manifests, "--settings", &settings, "--policy", &module, "--format", "json"]);
        let document: Value = serde_json::from_str(&ended.results).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
        for (n, row) in rows.iter().enumerate() {
            let result = &document["results"][n];
            let rule = result["rule"].as_str().map(|rule| format!(", `{rule}")).unwrap_or_default();
            let found = format!("{}{rule}", result["verdict"].as_str().unwrap());
            assert_eq!(found, row[column], "{evaluation}, {}: {result:#}", row[0]);
        }
    }
}
