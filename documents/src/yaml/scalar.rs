//! A scalar's text, style and tag → JSON value, by the YAML 1.2 core schema.
//!
//! Source: <https://yaml.org/spec/1.2.2/#1032-tag-resolution>. `yes`, `no`, `on` and `off` are strings; `0644` is six hundred and
//! forty-four, `0o644` is octal.

use policy::findings;
use saphyr_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

/// What the core schema calls its tags.
const CORE: &str = "tag:yaml.org,2002:";

/// A tag, sorted by what this reader does with it.
pub(super) enum Known {
    /// None, or the non-specific `!`: a string for scalars.
    Plain,
    NonSpecific,
    /// A core tag by its short name, such as `str`.
    Core(String),
    /// Anything else, as written.
    Custom(String),
}

pub(super) fn sort(tag: Option<&Tag>) -> Known {
    let Some(tag) = tag else { return Known::Plain };
    let whole = format!("{}{}", tag.handle, tag.suffix);
    match whole.strip_prefix(CORE) {
        Some(name) => Known::Core(name.to_owned()),
        None if whole == "!" => Known::NonSpecific,
        None => Known::Custom(whole),
    }
}

/// Resolves a scalar.
///
/// # Errors
/// What was expected, where the tag demands what the text is not, or the number has no JSON form.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: &Known) -> Result<Value, String> {
    let plain = style == ScalarStyle::Plain;
    match tag {
        Known::Plain | Known::Custom(_) if plain => by_pattern(text),
        Known::Plain | Known::NonSpecific | Known::Custom(_) => Ok(Value::String(text.to_owned())),
        Known::Core(name) => by_core_tag(text, name),
    }
}

fn by_core_tag(text: &str, name: &str) -> Result<Value, String> {
    let value = by_pattern(text)?;
    match (name, &value) {
        ("str", _) => Ok(Value::String(text.to_owned())),
        ("null", Value::Null) | ("bool", Value::Bool(_)) | ("float", Value::Number(_)) => Ok(value),
        ("int", Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(value),
        ("null" | "bool" | "int" | "float", _) => Err(format!("a value of type `!!{name}`")),
        _ => Err(format!("a scalar tag of the core schema (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`), not `!!{name}`")),
    }
}

fn by_pattern(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if is_special_float(text) {
        return Err("a number that JSON can hold".to_owned());
    }
    Ok(number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number))
}

fn is_special_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// `[-+]?[0-9]+`, `0o[0-7]+`, `0x[0-9a-fA-F]+`, `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn number(text: &str) -> Option<Number> {
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8).and_then(|_| u64::from_str_radix(octal, 8).ok()).map(Number::from);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return digits(hexadecimal, 16).and_then(|_| u64::from_str_radix(hexadecimal, 16).ok()).map(Number::from);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits(unsigned, 10).is_some() {
        let positive = text.strip_prefix('+').unwrap_or(text);
        let whole = positive.parse::<i64>().map(Number::from).or_else(|_| positive.parse::<u64>().map(Number::from));
        return whole.ok().or_else(|| findings::decimal(text).and_then(Number::from_f64));
    }
    let (mantissa, power) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(mantissa, power)| (mantissa, Some(power)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_mantissa = match (whole, fraction) {
        ("", fraction) => digits(fraction, 10).is_some(),
        (whole, "") => digits(whole, 10).is_some(),
        (whole, fraction) => digits(whole, 10).is_some() && digits(fraction, 10).is_some(),
    };
    let has_power = power.is_none_or(|power| digits(power.strip_prefix(['-', '+']).unwrap_or(power), 10).is_some());
    (has_mantissa && has_power).then(|| findings::decimal(text).and_then(Number::from_f64)).flatten()
}

fn digits(text: &str, radix: u32) -> Option<()> {
    (!text.is_empty() && text.chars().all(|c| c.is_digit(radix))).then_some(())
}
