//! What YAML 1.1 reads otherwise than it is meant: kubectl and Gatekeeper read that version, where `no` is false and `0440` is 288.

use documents::yaml::{self, Span};
use serde_json::Value;

use super::{FOLDER, files, read};

/// Words that are booleans in YAML 1.1 and texts in 1.2, in lower case (<https://yaml.org/type/bool.html>).
const BOOLEANS: [&str; 6] = ["y", "yes", "n", "no", "on", "off"];

/// What is wrong with a scalar as it is written.
fn trap(written: &str, value: Option<&Value>) -> Option<&'static str> {
    // A text in a block ends with a line's end.
    let is_plain = !written.starts_with(['"', '\'']) && value.and_then(Value::as_str).is_none_or(|text| text == written);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if is_plain && BOOLEANS.contains(&written.to_lowercase().as_str()) {
        return Some("is a boolean");
    }
    let number = written.trim_start_matches(['-', '+']);
    if is_plain && number.len() > 1 && number.starts_with('0') && is_digits(number) {
        return Some("is an octal number");
    }
    // 1:30 is 90, 1_000 is 1000.
    let is_text = !matches!(value, Some(Value::Number(_)));
    let parts: Vec<&str> = number.split(':').collect();
    if is_plain && is_text && parts.len() > 1 && parts.iter().all(|part| is_digits(part)) {
        return Some("is a number of base 60");
    }
    (is_plain && is_text && number.contains('_') && is_digits(number)).then_some("is a number")
}

/// The traps of a text, and how many scalars were looked at.
fn traps(text: &str) -> (Vec<String>, usize) {
    let (mut found, mut looked) = (Vec::new(), 0);
    for document in yaml::read(text).unwrap() {
        let mut look = |span: &Span, value: Option<&Value>| {
            let written = text.get(span.start..span.end).unwrap().trim();
            looked += 1;
            found.extend(trap(written, value).map(|what| format!("line {}: `{written}` {what}", span.line)));
        };
        document.keys.values().for_each(|span| look(span, None));
        for (pointer, span) in &document.spans {
            match document.value.pointer(pointer) {
                Some(Value::Object(_) | Value::Array(_)) | None => {}
                value => look(span, value),
            }
        }
    }
    (found, looked)
}

#[test]
fn both_versions_of_yaml_read_the_same() {
    for (text, n) in [
        ("a: no", 1),
        ("n: 1", 1),
        ("a: [On, 'on', \"no\"]", 1),
        ("a: 0440", 1),
        ("a: 0", 0),
        ("a: 12:30", 1),
        ("a: \"12:30\"", 0),
        ("a: 1_000", 1),
        ("a: true", 0),
        ("a: |\n  no\n", 0),
        ("a: nothing", 0),
    ] {
        assert_eq!(traps(text).0.len(), n, "{text}: {:?}", traps(text));
    }
    let mut looked = 0;
    for file in files() {
        let (found, n) = traps(&read(&format!("{FOLDER}/{file}")));
        assert!(found.is_empty(), "{file}: {found:?}");
        looked += n;
    }
    assert!(looked > 500, "only {looked} scalars");
}
