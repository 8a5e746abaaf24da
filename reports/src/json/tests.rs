//! JSON texts → where their values went, and what was refused where.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Anything, Table, Value, each, members, read};
use crate::scalar::Scalar;
use crate::text::Text;

members! {
    struct Row<'a> {
        name: Text<'a> = "name" | "Name",
        score: Scalar<Text<'a>>,
        is_fixed: bool = "fixed",
        inner: Inner<'a>,
        list: Vec<Inner<'a>>,
        map: BTreeMap<String, Option<u64>>,
        boxed: Box<i64>,
        number: f64,
        table: Table<String, &'a RawValue>,
    }

    struct Inner<'a> or id {
        id: String = "@id" required,
        any: Anything,
        raw: &'a RawValue,
    }
}

fn shown(json: &str) -> String {
    let row = match read::<Row<'_>>(json) {
        Ok(row) => row,
        Err(e) => return e.to_string(),
    };
    let inner = |inner: &Inner<'_>| format!("{} {} {}", *inner.id, inner.any.is_some(), inner.raw.map_or("-", RawValue::get));
    let parts = [
        row.name.map(|name| name.to_string()),
        row.score.and_then(|score| score.text()),
        row.is_fixed.map(|is| is.to_string()),
        row.inner.as_ref().map(inner),
        row.list.map(|list| list.iter().map(inner).collect::<Vec<_>>().join(", ")),
        row.map.map(|map| format!("{map:?}")),
        row.boxed.map(|number| number.to_string()),
        row.number.map(|number| number.to_string()),
        row.table.map(|table| {
            let first = format!("{}{}", table.is_empty(), table.get("a").map_or("-", |raw| raw.get()));
            let all: Vec<String> = table.into_iter().map(|(name, raw)| format!("{name}={}", raw.get())).collect();
            format!("{first} {}", all.join(" "))
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[test]
fn values_are_put_to_their_places() {
    for (json, expected) in [
        (r#"{"Name":"a\n","other":[{}],"score":7.5,"fixed":true}"#, "a\n; 7.5; true"),
        (r#"{"name":null,"score":null,"inner":null,"list":null,"map":null}"#, ""),
        (
            r#"{"inner":"x","list":["y",{"@id":"z","any":[{"a":1}],"raw": {"b" : 2}}]}"#,
            r#"x false -; y false -, z true {"b" : 2}"#,
        ),
        (r#"{"inner":{"@id":"x","any":null,"raw":null}}"#, "x false -"),
        (r#"{"map":{"a":1,"b":null,"a":2},"boxed":-3,"number":4}"#, r#"{"a": Some(2), "b": None}; -3; 4"#),
        (r#"{"table":{"b":{ "x":1},"a":null,"c":2,"b":3}}"#, "falsenull a=null b=3 c=2"),
        (r#"{"table":{}}"#, "true- "),
        (r#"{"score":{"a":[1,2,{"b":3}]},"number":-4.5}"#, "-4.5"),
        (r#"{"n\u0061me":"escaped \u00e4"}"#, "escaped ä"),
    ] {
        assert_eq!(shown(json), expected, "{json}");
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    for (json, error) in [
        (r#"{"name":"a","Name":null}"#, "duplicate field `name` at line 1 column 18"),
        (r#"{"name":1}"#, "invalid type: integer `1`, expected a string at line 1 column 9"),
        (r#"{"fixed":"true"}"#, "invalid type: string \"true\", expected a boolean at line 1 column 15"),
        (r#"{"boxed":1.5}"#, "invalid type: floating point `1.5`, expected i64 at line 1 column 12"),
        (r#"{"boxed":9223372036854775808}"#, "invalid value: integer `9223372036854775808`, expected i64 at line 1 column 28"),
        (r#"{"map":{"a":-1}}"#, "invalid value: integer `-1`, expected u64 at line 1 column 14"),
        (r#"{"list":["x",null]}"#, "invalid type: null, expected struct Inner at line 1 column 17"),
        (r#"{"list":{}}"#, "invalid type: map, expected a sequence at line 1 column 10"),
        (r#"{"inner":{}}"#, "missing field `@id` at line 1 column 11"),
        (r#"{"inner":{"@id":null}}"#, "invalid type: null, expected a string at line 1 column 20"),
        ("[]", "invalid type: sequence, expected struct Row at line 1 column 2"),
        ("null", "invalid type: null, expected struct Row at line 1 column 4"),
        ("{} {}", "trailing characters at line 1 column 4"),
        (r#"{"list":["x","#, "EOF while parsing a value at line 1 column 13"),
        ("{\n \"inner\": {\"@id\": \"a\\q\"}}", "invalid escape at line 2 column 22"),
    ] {
        assert_eq!(shown(json), error, "{json}");
    }
}

#[test]
fn of_a_long_text_an_error_shows_the_beginning_and_the_place() {
    let json = format!(r#"{{"fixed":"{}"}}"#, "é".repeat(1_000_000));
    let error = format!("invalid type: string \"{}\"…, expected a boolean at line 1 column 2000011", "é".repeat(100));
    assert_eq!(shown(&json), error);
}

#[test]
fn the_one_place_of_a_list_is_filled_anew_by_each_object() {
    struct Names(Vec<String>);

    impl<'de> super::Read<'de> for Names {
        fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), super::Refused> {
            let mut names = None;
            each(value, &mut names, |names: &mut Vec<String>, row: &mut Row<'_>| {
                names.push(row.name.take().map_or_else(|| "-".to_owned(), String::from));
            })?;
            *place = names.map(Self);
            Ok(())
        }
    }

    assert_eq!(read::<Names>(r#"[{"name":"a"},{},{"name":"b"}]"#).unwrap().0, ["a", "-", "b"]);
    assert!(read::<Names>(r#"[{"name":"a"},1]"#).is_err());
}
