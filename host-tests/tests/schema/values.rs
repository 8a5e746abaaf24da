//! What damaged settings documents are damaged with: the keys and words of the language, and values at and beyond every limit.

use std::collections::BTreeSet;

use policy::limits;
use policy::settings::language as words;
use serde_json::{Value, json};

/// Every key of the language, some that are refused, and one that is none.
pub(crate) fn keys() -> Vec<&'static str> {
    let mut keys: Vec<&str> = Vec::new();
    keys.extend(words::SETTINGS_KEYS.iter().chain(&words::LATER_KEYS).chain(&words::RULE_KEYS));
    keys.extend(words::ABSENCE_KEYS.iter().chain(&words::FLAW_KEYS).chain(&words::SCOPE_KEYS).chain(&words::CONDITION_KEYS));
    keys.extend(words::EXEMPTION_KEYS.iter().chain(&words::EXEMPTION_PREDICATES).chain(&words::EXEMPTION_REFUSED_KEYS));
    keys.push("Rules");
    keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Values at and beyond the limits of every kind of value.
pub(crate) fn values() -> Vec<Value> {
    let name = |length: usize| "n".repeat(length);
    let mut values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!(["", "a"]),
        json!([1]),
        json!(-1),
        json!(0),
        json!(-0.0),
        json!(1),
        json!(3.0),
        json!(3.5),
        json!(-0.5),
        json!(0.5),
        json!(1.000_004),
        json!(1.000_005),
        json!(10),
        json!(10.04),
        json!(10.05),
        json!(11),
        json!(u32::MAX),
        json!(u64::from(u32::MAX) + 1),
        json!(1e300),
    ];
    let texts = [
        "",
        " ",
        "\t\n",
        "\u{85}",
        "\u{a0}",
        "\u{feff}",
        "\u{2028}",
        "\u{200b}",
        " a ",
        "a",
        "A",
        "0",
        "-",
        "true",
        "é",
        "a b",
        "a\n",
        "\na",
        "CVE-2021-44228",
        "cve\u{7f}",
        "!~",
        "pkg:",
        "pkg:a",
        "pkg:/",
        "PKG:a",
        "pkg:a b",
        "pkg:a\u{a0}",
        "pkg:a\u{feff}",
        "pkg:a/b@1?c#d",
        "npm/a",
        "/",
        "//",
        "/a",
        "a/",
        "a/\nb",
        "**",
        "7",
        "d",
        "7d",
        "07d",
        "0ms",
        "1 d",
        "7D",
        "-7d",
        "1.5h",
        "7dd",
        "7d\n",
        "2w",
        "418985w",
        "418986w",
        "99999999999999999999s",
        "٧d",
        "2026-12-31",
        "2026-1-1",
        "2026-13-01",
        "2026-00-10",
        "2026-02-30",
        "2026-02-29",
        "2024-02-29",
        "2026-11-31",
        "2026-12-32",
        "2026-12-00",
        "1969-12-31",
        "1970-01-01",
        "9999-12-31",
        "10000-01-01",
        "2026-12-31\n",
        "2026-12-31T",
        "2026-12-31Z",
        "2026-12-31T23:59:59Z",
        "2026-12-31t23:59:59z",
        "2026-12-31 23:59:59Z",
        "2026-12-31\n23:59:59Z",
        "2026-12-31é23:59:59Z",
        "2026-12-31T24:00:00Z",
        "2026-12-31T23:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-12-31T23:00:60Z",
        "2026-12-31T23:59:61Z",
        "2026-12-31T23:59:59",
        "2026-12-31T23:59Z",
        "2026-12-31T23:59:59.Z",
        "2026-12-31T23:59:59.123456789012Z",
        "2026-12-31T23:59:59+23:59",
        "2026-12-31T23:59:59+24:00",
        "2026-12-31T23:59:59-12:60",
        "2026-12-31T23:59:59+1:00",
        "2026-12-31T23:59:59+0100",
        "1969-12-31T23:59:59-01:00",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ];
    values.extend(texts.map(Value::from));
    values.extend([limits::NAME_CHARS, limits::NAME_CHARS + 1, limits::ID_CHARS, limits::ID_CHARS + 1].map(|n| json!(name(n))));
    let glob = |slashes: usize, letter: &str, n: usize| json!("/".repeat(slashes) + &letter.repeat(n));
    let bytes = limits::GLOB_BYTES;
    values.extend([
        glob(0, "a", bytes),
        glob(3, "a", bytes),
        glob(0, "a", bytes + 1),
        glob(0, "é", bytes / 2),
        glob(0, "é", bytes / 2 + 1),
    ]);
    values.extend(vocabulary().into_iter().map(Value::from));
    values
}

/// Every word that a value may be.
fn vocabulary() -> BTreeSet<&'static str> {
    fn first<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
        words.iter().map(|(word, _)| *word).collect()
    }
    let lists = [
        first(&words::EVALUATIONS),
        first(&words::UNKNOWN_SEVERITIES),
        first(&words::VEX),
        first(&words::ACTIONS),
        first(&words::TRUSTING_ANSWERS),
        first(&words::COUNTINGS),
        first(&words::UNITS),
        first(&words::OPERATORS),
        first(&words::FIELDS),
    ];
    lists.concat().into_iter().chain(["unknown"]).collect()
}
