//! kwctl's file of recorded host calls: one exchange is a request and its response.
//!
//! The shape (kwctl 1.36, `--record-host-capabilities-interactions` and `--replay-host-capabilities-interactions`):
//! ```yaml
//! - type: Exchange
//!   request: |
//!     !OciManifestAndConfig
//!     image: localhost:5000/app:v1
//!   response:
//!     type: Success      # or: Error, with `message` for `payload`
//!     payload: '{"manifest":{…},"digest":"…","config":…}'
//! ```
//! [`Request`] is the place for further kinds of request: a variant, its tag and its host call.

mod request;

use std::fmt;

use serde_json::{Map, Value};

pub use self::request::{Request, VERIFY};

use crate::sources::named;
use documents::yaml;

/// What a host call was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The bytes of the answer, mostly JSON.
    Success(String),
    /// The error's text.
    Error(String),
}

/// One entry of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
}

/// Why a file of exchanges cannot be read: the place, what may stand there, what does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeError(String);

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recorded host calls: {}", self.0)
    }
}

impl std::error::Error for ExchangeError {}

/// Reads the text of such a file.
///
/// # Errors
/// [`ExchangeError`]: malformed YAML, unknown keys, unknown kinds of request.
pub fn parse(text: &str) -> Result<Vec<Exchange>, ExchangeError> {
    let documents = yaml::read(text).map_err(|error| ExchangeError(error.to_string()))?;
    match documents.as_slice() {
        [] => Ok(Vec::new()),
        [document] => from_value(&document.value),
        more => Err(ExchangeError(format!("expected one document, found {}", more.len()))),
    }
}

/// Reads the content of such a file where it is part of another; `null` is none.
///
/// # Errors
/// As [`parse`].
pub fn from_value(value: &Value) -> Result<Vec<Exchange>, ExchangeError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(entries) => entries.iter().enumerate().map(|(n, entry)| exchange(entry, &format!("/{n}"))).collect(),
        other => Err(complaint("/", format!("expected a sequence, found {}", named(other)))),
    }
}

fn exchange(value: &Value, place: &str) -> Result<Exchange, ExchangeError> {
    let entries = mapping(value, place, &["type", "request", "response"])?;
    let kind = text_of(entries, "type", place)?;
    if kind != "Exchange" {
        return Err(complaint(&format!("{place}/type"), format!("expected `Exchange`, found `{kind}`")));
    }
    let request = Request::from_yaml(&text_of(entries, "request", place)?, &format!("{place}/request"))?;
    let place = format!("{place}/response");
    let response = entries.get("response").unwrap_or(&Value::Null);
    let response = match response.get("type").and_then(Value::as_str) {
        Some("Success") => Response::Success(text_of(mapping(response, &place, &["type", "payload"])?, "payload", &place)?),
        Some("Error") => Response::Error(text_of(mapping(response, &place, &["type", "message"])?, "message", &place)?),
        _ => {
            let found = named(response.get("type").unwrap_or(&Value::Null));
            return Err(complaint(&format!("{place}/type"), format!("expected `Success` or `Error`, found {found}")));
        }
    };
    Ok(Exchange { request, response })
}

fn mapping<'v>(value: &'v Value, place: &str, keys: &[&str]) -> Result<&'v Map<String, Value>, ExchangeError> {
    let Value::Object(entries) = value else {
        return Err(complaint(place, format!("expected a mapping, found {}", named(value))));
    };
    match entries.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(entries),
        Some(key) => Err(complaint(place, format!("expected one of {}, found key `{key}`", keys.join(", ")))),
    }
}

fn text_of(entries: &Map<String, Value>, key: &str, place: &str) -> Result<String, ExchangeError> {
    match entries.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        other => {
            let found = named(other.unwrap_or(&Value::Null));
            Err(complaint(&format!("{place}/{key}"), format!("expected a string, found {found}")))
        }
    }
}

fn complaint(place: &str, complaint: String) -> ExchangeError {
    ExchangeError(format!("`{place}`: {complaint}"))
}

/// Writes such a file; [`parse`] reads the same exchanges back.
#[must_use]
pub fn write(exchanges: &[Exchange]) -> String {
    if exchanges.is_empty() {
        return "[]\n".to_owned();
    }
    let mut text = String::new();
    for Exchange { request, response } in exchanges {
        text.push_str("- type: Exchange\n  request: |\n");
        for line in request.to_yaml().lines() {
            text.push_str(&format!("    {line}\n"));
        }
        let (kind, key, content) = match response {
            Response::Success(payload) => ("Success", "payload", payload),
            Response::Error(message) => ("Error", "message", message),
        };
        text.push_str(&format!("  response:\n    type: {kind}\n    {key}: {}\n", scalar(content)));
    }
    text
}

/// A string as a YAML scalar on one line: plain where it looks like an image reference, else quoted.
fn scalar(text: &str) -> String {
    let looks_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains(['/', ':'])
        && !text.ends_with(':')
        && text.chars().all(looks_plain);
    let printable = |c: char| {
        matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{10000}'..)
            && !matches!(c, '\u{2028}' | '\u{2029}')
    };
    if plain {
        return text.to_owned();
    }
    if text.chars().all(printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        c if printable(c) => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests;
