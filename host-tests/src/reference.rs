//! The files that are made of the code: the settings' page, of their JSON Schema; the command line's, of its own help; the templates.

use std::fmt::Write as _;

use gatectl::ExitCode;
use gatectl::output::Output;
use serde_json::{Map, Value};

use crate::template::TEMPLATES;

const SETTINGS: &str = "# Settings

Made of the [JSON Schema](../settings.schema.json) that `gatectl settings schema` writes; what the settings mean is in [The rule language](../rules.md).
A list is written as `list of …`; what has no default and is not required is absent by default.
";

const COMMANDS: &str = "# The command line

What `gatectl --help` and the `--help` of each command say. `gatectl man` writes the same as manual pages, `gatectl completions` what a shell
completes by. Results go to stdout, notes and errors to stderr.
";

/// Every file: its path in the repository and its text.
///
/// # Panics
/// Where the schema is not of the form that this reads, which is a mistake here.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let pages = [("docs/reference/settings.md".to_owned(), settings()), ("docs/reference/cli.md".to_owned(), commands())];
    pages.into_iter().chain(TEMPLATES.map(|template| (template.file(), template.yaml()))).collect()
}

/// The JSON Schema of the settings, as the command line writes it.
///
/// # Panics
/// The command line fails.
#[must_use]
pub fn schema() -> Value {
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    let mut output = Output { results: &mut results, notes: &mut notes, is_coloured: false, is_interactive: false };
    let exit = gatectl::run(["gatectl", "settings", "schema"].map(Into::into), &mut output);
    assert_eq!(exit, ExitCode::Admitted, "the schema is written");
    serde_json::from_slice(&results).expect("the schema is JSON")
}

fn settings() -> String {
    let schema = schema();
    let mut page = SETTINGS.to_owned();
    let mut seen = Vec::new();
    section(&mut page, &mut seen, "", &schema);
    page
}

/// The table of an object's members, and then those of the objects in them.
fn section(page: &mut String, seen: &mut Vec<(String, Value)>, path: &str, schema: &Value) {
    let title = if path.is_empty() { "The document".to_owned() } else { format!("`{path}`") };
    write!(page, "\n## {title}\n\n{}\n\n", text(schema, "description")).expect("memory");
    if let Some((first, _)) = seen.iter().find(|(_, other)| other == schema) {
        writeln!(page, "The keys are those of `{first}`.").expect("memory");
        return;
    }
    seen.push((path.to_owned(), schema.clone()));
    page.push_str("| key | value | |\n|---|---|---|\n");
    let none = Map::new();
    let members = schema["properties"].as_object().unwrap_or(&none);
    let is_required = |key: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
    for (key, member) in members {
        let default = match &member["default"] {
            Value::Null if is_required(key) => "; required".to_owned(),
            Value::Null => String::new(),
            value => format!("; default `{}`", plain(value)),
        };
        let about = text(member, "description").replace('|', "\\|");
        writeln!(page, "| `{key}` | {}{default} | {about} |", value_of(member)).expect("memory");
    }
    for (key, member) in members {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if member["properties"].is_object() {
            section(page, seen, &path, member);
        } else if member["items"]["properties"].is_object() {
            section(page, seen, &format!("{path}[]"), &member["items"]);
        }
    }
}

/// What may stand for a key, in a few words.
fn value_of(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_str().unwrap_or_default())).collect();
        return words.join(", ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", value_of(&schema["items"])),
        Some("object") if schema["properties"].is_object() => "object".to_owned(),
        Some("object") => "map".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some(name) => {
            let example = schema["examples"].get(0).map(|example| format!(", such as `{}`", plain(example)));
            format!("{name}{}{}", range(schema), example.unwrap_or_default())
        }
        None => "value".to_owned(),
    }
}

fn range(schema: &Value) -> String {
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (from, Value::Null) => format!(" from {from}"),
        (Value::Null, to) => format!(" to {to}"),
        (from, to) => format!(" {from} to {to}"),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn text(schema: &Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().to_owned()
}

/// The help of every command, as on a terminal of 90 columns.
fn commands() -> String {
    let mut page = COMMANDS.to_owned();
    let mut command = gatectl::command().term_width(90);
    command.build();
    help(&mut page, &mut command);
    page
}

fn help(page: &mut String, command: &mut clap::Command) {
    let name = command.get_bin_name().unwrap_or("gatectl").to_owned();
    let text = command.render_long_help().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).expect("memory");
    for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
        help(page, sub);
    }
}
