//! Every block of YAML is what it seems to be: settings that are accepted, objects with such settings, pipelines with commands that parse.

use documents::yaml;
use host::sources::Sources;
use policy::settings::Settings;
use serde_json::Value;

use crate::pages::Page;
use crate::shell;

/// The one document of a block.
pub(crate) fn parse(place: &str, block: &str) -> Value {
    let mut documents = yaml::read(block).unwrap_or_else(|e| panic!("{place}: {e}\n{block}"));
    assert_eq!(documents.len(), 1, "{place}: one document in a block:\n{block}");
    documents.remove(0).value
}

/// What a block of YAML is, by the keys that it has.
fn check(place: &str, value: &Value) -> &'static str {
    let settings = match value["kind"].as_str() {
        Some("ClusterAdmissionPolicy" | "AdmissionPolicy") => &value["spec"]["settings"],
        Some(_) => return "object",
        None if value["rules"].is_array() => value,
        None if value["insecure_sources"].is_array() => {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), value.to_string()).unwrap();
            Sources::load(file.path()).unwrap_or_else(|e| panic!("{place}: {e}"));
            return "sources";
        }
        None => {
            let n_commands = shell::of_pipeline(value).iter().map(|command| shell::assert_parses(place, command)).count();
            assert!(n_commands > 0, "{place}: neither settings nor an object nor a pipeline that runs gatectl");
            return "pipeline";
        }
    };
    if let Err(problems) = Settings::read(settings) {
        panic!("{place}: {problems:#?}");
    }
    "settings"
}

#[test]
fn blocks_of_yaml_are_accepted() {
    let mut kinds = Vec::new();
    for page in Page::all() {
        for block in page.blocks() {
            let place = format!("{}:{}", page.name, block.line);
            match block.language {
                "yaml" => kinds.push(check(&place, &parse(&place, &block.text))),
                "yaml,refused" => assert!(Settings::read(&parse(&place, &block.text)).is_err(), "{place}: is accepted"),
                _ => {}
            }
        }
    }
    for kind in ["settings", "object", "pipeline"] {
        assert!(kinds.iter().filter(|found| **found == kind).count() >= 2, "blocks that are {kind}: {kinds:?}");
    }
}
