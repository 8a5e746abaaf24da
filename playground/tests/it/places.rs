//! Places are those that editors count by.

use serde_json::{Value, json};

use crate::typed::{judged, question};

/// What a problem underlines, by the code units of UTF-16, as JavaScript cuts strings.
fn underlined(text: &str, problem: &Value) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let at = |key: &str| usize::try_from(problem[key].as_u64().unwrap()).unwrap();
    String::from_utf16(&units[at("from")..at("to")]).unwrap()
}

#[test]
fn characters_beyond_the_first_plane_are_one_column_and_two_units() {
    let text = "# 🦀🦀\nrules:\n- name: a # é🦀\n  description: 🦀\n  action: no\n  conditions: [{ severity: high, \"🦀🦀\": 1, moreThan: x }]\n";
    let answer = judged(&question(text, "", &[]));
    let problems = answer["settings"]["problems"].as_array().unwrap();
    let of = |path: &str| problems.iter().find(|problem| problem["path"] == path).unwrap_or_else(|| panic!("{path}: {answer}"));
    let action = of("rules[0].action");
    assert_eq!((underlined(text, action).as_str(), &action["line"], &action["column"]), ("no", &json!(5), &json!(11)));
    let more = of("rules[0].conditions[0].moreThan");
    assert_eq!((underlined(text, more).as_str(), &more["line"], &more["column"]), ("x", &json!(6), &json!(53)));
    let unknown = problems.iter().find(|problem| problem["message"].as_str().unwrap().contains("unknown key")).unwrap();
    assert_eq!(underlined(text, unknown), "\"🦀🦀\"");
}

#[test]
fn the_place_of_a_report_is_where_its_reader_stopped() {
    let text = "{\n  \"SchemaVersion\": 2,\n  \"é🦀\": x\n}";
    let problem = &judged(&question("", "", &[json!({ "name": "a", "text": text })]))["findings"][0]["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&json!(3), &json!(9)), "{problem}");
    let from = usize::try_from(problem["from"].as_u64().unwrap()).unwrap();
    let units: Vec<u16> = text.encode_utf16().collect();
    assert_eq!(String::from_utf16(&units[from..]).unwrap(), "x\n}");
}

#[test]
fn a_byte_order_mark_is_a_unit() {
    let text = "\u{feff}rules: 7\n";
    let problem = &judged(&question(text, "", &[]))["settings"]["problems"][0];
    assert_eq!(underlined(text, problem), "7");
}
