//! A JSON value → block YAML that [`read`](super::read) and Kubernetes' readers (YAML 1.1) read as that value.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// What stands first in a mapping, because a reader looks for it first; the rest follows by the alphabet.
const FIRST: [&str; 4] = ["apiVersion", "kind", "metadata", "name"];

/// Writes a value, with a line break at the end.
#[must_use]
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    node(&mut text, value, 0);
    text
}

/// A value as it stands behind a key or a dash of this indent: on the same line, or on the lines below.
fn node(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => mapping(text, members, indent),
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(text, "{:indent$}- ", "");
                let mut below = String::new();
                node(&mut below, item, indent.saturating_add(2));
                text.push_str(below.trim_start_matches(' '));
            }
        }
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn mapping(text: &mut String, members: &Map<String, Value>, indent: usize) {
    let first = FIRST.into_iter().filter_map(|key| members.get_key_value(key));
    let rest = members.iter().filter(|(key, _)| !FIRST.contains(&key.as_str()));
    for (key, value) in first.chain(rest) {
        let _ = write!(text, "{:indent$}{}:", "", string(key));
        match value {
            Value::Object(members) if !members.is_empty() => {
                text.push('\n');
                mapping(text, members, indent.saturating_add(2));
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                node(text, value, indent);
            }
            _ => {
                text.push(' ');
                node(text, value, 0);
            }
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        // Empty lists and mappings are written as in JSON, which YAML has too.
        other => other.to_string(),
    }
}

/// Plain where no reader of any version takes it for something else; else quoted as in JSON, which YAML reads alike.
fn string(text: &str) -> String {
    // `y`, `no`, `null`, `1e3`, `0x1f`, `.inf` and `2026-01-01` are no strings to one reader or another.
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@' | '+'));
    let is_other = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
    if is_word && !is_other { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // Not printable, or a break of lines to some readers.
            c if policy::text::is_invisible(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::read;

    #[test]
    fn what_is_written_is_read_again() {
        for value in [
            json!(null),
            json!("a"),
            json!([]),
            json!({}),
            json!({ "rules": [{ "name": "a b", "action": "deny", "conditions": [{ "moreThan": 2, "cves": [] }, {}] }] }),
            json!([[1, [2, 3]], [], [{ "a": [{ "b": null }] }]]),
            json!({ "": "", "y": "no", "1": "1", "a: b": "- c", "d #": "# e", "f\ng": "h\u{0}\u{2028}\u{feff}\t\"\\'" }),
            json!({ "days": 1.5, "big": u64::MAX, "small": -3, "yes": true, "when": "2026-01-01", "hex": "0x1f", "inf": ".inf" }),
            json!("Null"),
        ] {
            let text = write(&value);
            let documents = read(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
            assert_eq!(documents.len(), 1, "{text}");
            assert_eq!(documents[0].value, value, "{text}");
        }
    }

    #[test]
    fn it_is_what_a_person_would_write() {
        let value = json!({ "rules": [{ "name": "block", "action": "deny", "conditions": [{ "severity": "critical", "moreThan": 2 }] }] });
        assert_eq!(
            write(&value),
            "rules:\n- name: block\n  action: deny\n  conditions:\n  - moreThan: 2\n    severity: critical\n"
        );
    }
}
