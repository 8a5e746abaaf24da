//! JSON text → value, faster than through YAML events, with the same refusal of duplicate keys.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Span, YamlError};

/// What the reader's own complaint about a key starts with; the rest is the key.
const DUPLICATE: &str = "duplicate key ";

/// What became of a text.
pub(super) enum Outcome {
    /// It is one JSON value.
    Read(Value),
    /// It does not look like JSON or is not well-formed JSON: read it as YAML, whose complaint is then the one to show.
    NotJson,
    /// It is JSON with a duplicate key.
    Refused(YamlError),
}

pub(super) fn read(text: &str) -> Outcome {
    if !text.trim_start().starts_with(['{', '[']) {
        return Outcome::NotJson;
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match Strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value)) {
        Ok(value) => Outcome::Read(value),
        Err(error) => {
            let message = error.to_string();
            let Some(found) = message.strip_prefix(DUPLICATE) else { return Outcome::NotJson };
            let key = found.rsplit_once(" at line ").map_or(found, |(key, _)| key);
            let at = Span { line: error.line(), column: characters(text, &error), start: 0, end: 0 };
            let expected = "each key once".to_owned();
            Outcome::Refused(YamlError { at, pointer: "".into(), expected, found: format!("{DUPLICATE}{key}"), hint: None })
        }
    }
}

/// The column of an error in characters, as every other column is counted; the reader counts bytes.
fn characters(text: &str, error: &serde_json::Error) -> usize {
    let line = text.split('\n').nth(error.line().saturating_sub(1));
    line.and_then(|line| line.get(..error.column())).map_or(error.column(), |before| before.chars().count())
}

/// Builds a value and refuses a key that was there before.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = mapping.next_key::<String>()? {
            if values.contains_key(&key) {
                return Err(A::Error::custom(format_args!("{DUPLICATE}`{key}`")));
            }
            let value = mapping.next_value_seed(Strict)?;
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}
