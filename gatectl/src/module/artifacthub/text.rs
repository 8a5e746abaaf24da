//! Ordered entries → YAML text: texts of several lines as blocks, so that what is embedded stays readable.

use serde_json::Value;

/// Writes a mapping; the entries keep their order, what is inside them is in the order of the keys.
pub(super) fn write(entries: &[(&str, Value)]) -> String {
    let mut text = String::new();
    for (key, value) in entries {
        entry(&mut text, key, value, 0);
    }
    text
}

/// Writes a value as a document of its own.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Array(items) => items.iter().for_each(|item| element(&mut text, item, 0)),
        Value::Object(entries) => entries.iter().for_each(|(key, value)| entry(&mut text, key, value, 0)),
        scalar => text = format!("{scalar}\n"),
    }
    text
}

fn entry(text: &mut String, key: &str, value: &Value, depth: usize) {
    text.push_str(&format!("{}{}:", " ".repeat(depth), name(key)));
    behind(text, value, depth);
}

/// What stands behind a key.
fn behind(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            items.iter().for_each(|item| element(text, item, depth.saturating_add(2)));
        }
        Value::Object(entries) if !entries.is_empty() => {
            text.push('\n');
            entries.iter().for_each(|(key, value)| entry(text, key, value, depth.saturating_add(2)));
        }
        Value::String(block) if is_block(block) => {
            text.push_str(" |\n");
            for line in block.lines() {
                let indent = if line.is_empty() { 0 } else { depth.saturating_add(2) };
                text.push_str(&format!("{}{line}\n", " ".repeat(indent)));
            }
        }
        scalar => text.push_str(&format!(" {scalar}\n")),
    }
}

fn element(text: &mut String, item: &Value, depth: usize) {
    match item {
        Value::Object(entries) if !entries.is_empty() => {
            for (n, (key, value)) in entries.iter().enumerate() {
                let mark = if n == 0 { "- " } else { "  " };
                text.push_str(&format!("{}{mark}{}:", " ".repeat(depth), name(key)));
                behind(text, value, depth.saturating_add(2));
            }
        }
        scalar => text.push_str(&format!("{}- {scalar}\n", " ".repeat(depth))),
    }
}

/// A key needs no quotes where it is a word, as all of ours are; else JSON's quotes are YAML's too.
fn name(key: &str) -> String {
    let is_word = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-'));
    if is_word { key.to_owned() } else { Value::from(key).to_string() }
}

/// Whether a text can be a block: whole lines of printable characters, the first of them neither empty nor indented.
fn is_block(text: &str) -> bool {
    let is_plain = |c: char| matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}');
    text.trim_end_matches('\n').contains('\n')
        && text.ends_with('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with([' ', '\n'])
        && text.chars().all(|c| is_plain(c) && !matches!(c, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        for value in [
            json!("a: b"),
            json!("two\nlines\n"),
            json!("a\n\n  b: \"c\" # d\n"),
            json!(" indented\nlines\n"),
            json!("no end\nof line"),
            json!("two ends\n\n"),
            json!("odd \u{7} \u{2028}\nline\n"),
            json!([]),
            json!({}),
            json!(null),
            json!(["yes", "- a", "", 1, true]),
            json!([{ "b": "x\ny\n", "a": { "c": [1, { "d": 2 }] } }, "e"]),
            json!({ "odd key: ": 1, "kubewarden/rules": "x\ny\n", "~": 2 }),
        ] {
            let text = write(&[("z", value.clone()), ("a", json!(1))]);
            let read = documents::yaml::read(&text).expect(&text);
            assert_eq!(read.first().map(|d| &d.value), Some(&json!({ "z": value, "a": 1 })), "{text}");
            let text = document(&value);
            let read = documents::yaml::read(&text).expect(&text);
            let empty = value.as_array().is_some_and(Vec::is_empty) || value == json!({}) || value.is_null();
            assert!(empty || read.first().map(|d| &d.value) == Some(&value), "{text}");
        }
    }

    #[test]
    fn texts_of_several_lines_stay_readable() {
        assert_eq!(write(&[("a", json!({ "b": "x\n\ny\n" }))]), "a:\n  b: |\n    x\n\n    y\n");
    }
}
