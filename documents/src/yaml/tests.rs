//! What the reader accepts, what it refuses, and the sentence for each refusal.

use serde_json::{Value, json};

use super::{Document, MAX_DEPTH, read};

fn one(text: &str) -> Document {
    let mut documents = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(documents.len(), 1, "{text:?}");
    documents.remove(0)
}

fn value(text: &str) -> Value {
    one(text).value
}

fn refused(text: &str) -> String {
    match read(text) {
        Ok(documents) => panic!("{text:?} was read as {documents:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn core_scalars() {
    for (text, expected) in [
        ("null", Value::Null),
        ("~", Value::Null),
        ("true", json!(true)),
        ("False", json!(false)),
        ("yes", json!("yes")),
        ("on", json!("on")),
        ("0", json!(0)),
        ("-12", json!(-12)),
        ("+12", json!(12)),
        ("0644", json!(644)),
        ("0o644", json!(420)),
        ("0x1F", json!(31)),
        ("18446744073709551615", json!(u64::MAX)),
        ("12345678901234567890123", json!(1.2345678901234568e22)),
        ("1.10", json!(1.1)),
        (".5", json!(0.5)),
        ("1.", json!(1.0)),
        ("7.449999999999999", json!(7.449999999999999)),
        ("1e3", json!(1000.0)),
        ("-1.5E-2", json!(-0.015)),
        ("1.2.3", json!("1.2.3")),
        ("2026-01-01", json!("2026-01-01")),
        ("1_000", json!("1_000")),
        ("0o9", json!("0o9")),
        (".", json!(".")),
        ("e3", json!("e3")),
        ("'12'", json!("12")),
        ("\"a\\u00e9b\"", json!("aéb")),
        ("!!str 12", json!("12")),
        ("! 12", json!("12")),
        ("!!int 12", json!(12)),
        ("!!float 12", json!(12)),
        ("!!null ''", Value::Null),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn collections_and_streams() {
    assert_eq!(value("a: [1, {b: c}]\nd:\n- e\n-\n"), json!({"a": [1, {"b": "c"}], "d": ["e", null]}));
    assert_eq!(value("text: |\n  one\n  two\nfolded: >-\n  one\n  two\n"), json!({"text": "one\ntwo\n", "folded": "one two"}));
    let documents = read("--- 1\n---\n---\na: b\n...\n").expect("a stream");
    assert_eq!(documents.iter().map(|d| d.value.clone()).collect::<Vec<_>>(), [json!(1), Value::Null, json!({"a": "b"})]);
    assert_eq!(read("").expect("nothing"), []);
    assert_eq!(read("# only a comment\n").expect("nothing"), []);
}

#[test]
fn places_are_lines_columns_and_bytes() {
    let text = "rules:\n- name: blöck\n  with/slash: [a, bc]\nlast: x\n";
    let document = one(text);
    let at = |pointer: &str| {
        let span = document.spans[pointer];
        (span.line, span.column, text.get(span.start..span.end).expect("a place"))
    };
    assert_eq!(at("/rules/0/name"), (2, 9, "blöck"));
    assert_eq!(at("/rules/0/with~1slash"), (3, 15, "[a, bc]"));
    assert_eq!(at("/rules/0/with~1slash/1"), (3, 19, "bc"));
    assert_eq!(at("/rules/0"), (2, 3, "name: blöck\n  with/slash: [a, bc]"));
    assert_eq!(at("/last"), (4, 7, "x"));
    let key = document.keys["/rules/0/with~1slash"];
    assert_eq!((key.line, key.column, text.get(key.start..key.end).expect("a place")), (3, 3, "with/slash"));
    assert_eq!(document.span("/rules/0/name/deeper"), document.spans["/rules/0/name"]);
    let marked = "\u{feff}a: bc";
    let span = one(marked).spans["/a"];
    assert_eq!(marked.get(span.start..span.end), Some("bc"));
}

#[test]
fn places_stay_right_far_into_a_text_that_is_not_ascii() {
    let mut text = String::new();
    for n in 0..500 {
        text.push_str(&format!("k{n}: ü{n}\n"));
    }
    let document = one(&text);
    for n in [0, 254, 255, 256, 499] {
        let span = document.spans[&format!("/k{n}")];
        assert_eq!(text.get(span.start..span.end), Some(format!("ü{n}").as_str()));
    }
}

#[test]
fn aliases_and_merges() {
    assert_eq!(value("a: &x {b: 1}\nc: *x\n"), json!({"a": {"b": 1}, "c": {"b": 1}}));
    assert_eq!(
        value("base: &x {b: 1, c: 2}\nmine:\n  <<: *x\n  b: 3\n")["mine"],
        json!({"b": 3, "c": 2}),
        "the mapping's own entry wins"
    );
    assert_eq!(value("- &x {b: 1}\n- &y {b: 2, c: 2}\n- <<: [*x, *y]\n")[2], json!({"b": 1, "c": 2}));
    assert_eq!(value("'<<': {a: 1}"), json!({"<<": {"a": 1}}), "a quoted key is a key");
    assert_eq!(value("&k key: 1\nother: *k\n"), json!({"key": 1, "other": "key"}));
}

#[test]
fn json_is_read_with_places_where_both_agree() {
    let document = one("{\n  \"rules\": [\n\t{\"name\": \"x\"}\n  ]\n}\n");
    assert_eq!(document.value, json!({"rules": [{"name": "x"}]}));
    assert_eq!(value(r#"{"smile": "\ud83d\ude00", "slash": "\/"}"#), json!({"smile": "😀", "slash": "/"}));
    assert_eq!(one(r#"{"a": {"b": "c"}}"#).spans["/a/b"].column, 13);
    assert_eq!(value("{a: b}"), json!({"a": "b"}), "a flow mapping is no JSON");
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(super::MAX_BYTES_WITH_SPANS));
    assert!(one(&long).spans.is_empty());
}

#[test]
fn tags() {
    let document = one("!OciManifest\nimage: x\n");
    assert_eq!(document.tag.as_deref(), Some("!OciManifest"));
    assert_eq!(document.value, json!({"image": "x"}));
    assert_eq!(one("!!map {a: b}").tag, None);
}

#[test]
fn each_refusal_has_a_place_and_a_sentence() {
    for (text, expected) in [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: expected each key once, found duplicate key `a`; hint: the first is in line 1"),
        (
            "x:\n  - {b: 2, b: 3}\n",
            "line 2, column 12: `/x/0`: expected each key once, found duplicate key `b`; hint: the first is in line 2",
        ),
        (r#"{"a": 1, "a": 2}"#, "line 1, column 12: expected each key once, found duplicate key `a`"),
        ("{\n\"ä\": \"öü\", \"ä\": 2}", "line 2, column 14: expected each key once, found duplicate key `ä`"),
        ("12: a", "line 1, column 1: expected a string as key, found `12`; hint: quote it"),
        ("true: a", "line 1, column 1: expected a string as key, found `true`; hint: quote it"),
        ("? [a]\n: b", "line 1, column 3: expected a string as key, found a collection"),
        ("a: .inf", "line 1, column 4: expected a number that JSON can hold, found `.inf`"),
        ("a: !!int x", "line 1, column 4: expected a value of type `!!int`, found `x`"),
        ("a: !Custom x", "line 1, column 4: expected no tag other than those of the core schema, found `!Custom`"),
        ("a: &x\n  b: *x\n", "line 2, column 6: expected an anchor of this document that is complete, found an alias to another"),
        ("<<: 1", "line 1, column 1: expected a mapping, or a sequence of mappings, under `<<`, found something else"),
    ] {
        let found = refused(text);
        // Where the complaint names an entry, its pointer stands in front.
        assert_eq!(found.replace("`/a`: ", ""), expected, "{text:?}");
    }
    for malformed in ["a: [1", "a: 'x", "a: b: c", "a:\n\t- x", "a: *unknown", "%YAML 3", "{\"a\": 1 \"b\": 2}"] {
        assert!(refused(malformed).contains("expected well-formed YAML, found "), "{malformed:?}: {}", refused(malformed));
    }
}

#[test]
fn caps_hold() {
    let deep = format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(read(&deep).is_ok());
    assert!(refused(&format!("[{deep}]")).contains("at most 128 levels"));
    let endless = refused(&"[".repeat(1_000_000));
    assert!(endless.contains("at most 128 levels") || endless.contains("recursion limit exceeded"), "{endless}");
    assert!(refused(&"- ".repeat(1_000)).contains("at most 128 levels"));
    let half = format!("- &x {}1{}\n", "[".repeat(70), "]".repeat(70));
    assert!(refused(&format!("{half}- {}*x{}\n", "[".repeat(70), "]".repeat(70))).contains("an alias that goes deeper"));

    let mut laughs = "- &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..20 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        laughs.push_str(&format!("- &a{n} [{aliases}]\n"));
    }
    assert!(refused(&laughs).contains("aliases that add up to at most"));
    assert!(refused(&" ".repeat(super::MAX_BYTES + 1)).contains("at most 67108864 bytes"));
}

#[test]
fn scrambled_texts_never_panic() {
    let seeds = [
        "rules:\n- name: block\n  with: [a, {b: c}]\n  text: |\n    one\n    two\n",
        "&a {x: *a, <<: [*a, {y: 1}]}\n--- !T\n? k\n: 'v'\n...\n%YAML 1.2\n---\n\"q\\u00e9\": >-\n  x\n",
        "{\"a\": [1, 2.5e3, null, \"\\ud83d\\ude00\"], \"b\": {}}",
    ];
    // A small generator of our own, so that a failure repeats.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("64 bits") % below
    };
    let pieces: Vec<char> = "\n\t :-?#&*!|>'\"%@`{}[],<~.0xé\u{feff}\u{85}\\\r".chars().collect();
    for _ in 0..20_000 {
        let mut text: Vec<char> = seeds[random(seeds.len())].chars().collect();
        for _ in 0..=random(6) {
            let at = random(text.len());
            match random(3) {
                0 => text.insert(at, pieces[random(pieces.len())]),
                1 => text[at] = pieces[random(pieces.len())],
                _ if text.len() > 1 => drop(text.remove(at)),
                _ => {}
            }
        }
        let text: String = text.into_iter().collect();
        for document in read(&text).unwrap_or_default() {
            for span in document.spans.values().chain(document.keys.values()) {
                assert!(text.get(span.start..span.end).is_some(), "{text:?}: {span:?}");
            }
        }
    }
}
