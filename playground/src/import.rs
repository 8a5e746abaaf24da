//! The configuration of another gate → settings as YAML, and what was lost.

use import::{File, Recognised};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{SCHEMA_VERSION, problem, question};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    files: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    text: String,
}

/// Makes settings of `files`. The answer has `recognised`, `beside`, `hasRules`, `settings`, `losses` and `notes`, or `refusal` alone; of what is
/// no such question, `problem` alone.
#[must_use]
pub fn import(text: &str) -> String {
    let question: Question = match question(text) {
        Ok(question) => question,
        Err(what) => return problem(&what),
    };
    let files: Vec<File<'_>> = question.files.iter().map(|file| File { name: &file.name, text: &file.text }).collect();
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    let imported = match import::import(&files) {
        Ok(imported) => imported,
        Err(refusal) => {
            let refused = json!({ "place": refusal.place, "expected": refusal.expected, "found": refusal.found,
                "hint": refusal.hint, "message": refusal.to_string() });
            return json!({ "schemaVersion": SCHEMA_VERSION, "refusal": refused }).to_string();
        }
    };
    let losses = imported.losses.iter().map(|loss| json!({ "place": loss.place, "what": loss.what, "why": loss.why }));
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "recognised": recognised(&imported.recognised),
        "beside": imported.beside.iter().map(recognised).collect::<Value>(),
        "hasRules": imported.has_rules(),
        "settings": imported.to_yaml(&names),
        "losses": losses.collect::<Value>(),
        "notes": imported.notes,
    })
    .to_string()
}

fn recognised(recognised: &Recognised) -> Value {
    json!({ "format": recognised.format.word(), "title": recognised.format.title(), "reason": recognised.reason })
}
