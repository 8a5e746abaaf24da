//! JSON bytes → the top-level keys by which formats are told apart; what is no JSON text, or too long, is refused before.
//!
//! Nothing below the top level is built: a value is looked into only where a format asks. Nesting has no cap of its own: passing over a
//! value takes no stack, and a reader's own values end at serde_json's limit of 128.

use std::collections::BTreeMap;

use memchr::memchr_iter;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::ReportError;

/// The longest report that is read, in bytes (64 MiB).
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most objects of a report: each may become a row, which takes many times the bytes of a short object. What scanners write has one
/// in a hundred bytes or fewer, so that the longest report has less than 700 000.
pub const MAX_OBJECTS: usize = 1_000_000;
/// The most commas of a report, those within texts too: each may part two versions of a list, which take many times the bytes of a short
/// one. What scanners write has one in 25 bytes or fewer, so that the longest report has less than 2 700 000.
pub const MAX_COMMAS: usize = 5_000_000;
/// How much of a text [`Outline::head`] looks at, in bytes (64 KiB).
const HEAD_BYTES: usize = 64 * 1024;

/// The text of a report, without a byte order mark.
///
/// # Errors
/// Above [`MAX_BYTES`], [`MAX_OBJECTS`] or [`MAX_COMMAS`], empty, compressed, or not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, ReportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportError::new(format!("expected at most {MAX_BYTES} bytes, found {}", bytes.len()), None));
    }
    let wrong = |found: &str, hint| Err(ReportError::new(format!("expected JSON in UTF-8, found {found}"), hint));
    match bytes {
        [0x1f, 0x8b, ..] => return wrong("gzip", Some("unpack it before, such as with `gunzip --keep FILE`")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            return wrong("Zstandard", Some("unpack it before, such as with `zstd --decompress FILE`"));
        }
        [b'P', b'K', 3, 4, ..] => return wrong("a ZIP archive", Some("unpack it before, such as with `unzip FILE`")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            let hint = "write it anew, such as with `iconv --from-code UTF-16 --to-code UTF-8 FILE`; older PowerShells write UTF-16 with `>`";
            return wrong("UTF-16", Some(hint));
        }
        _ => {}
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let hint = "write it anew, such as with `iconv --from-code ISO-8859-1 --to-code UTF-8 FILE`";
            return wrong(&format!("other bytes at offset {}", e.valid_up_to()), Some(hint));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        let hint = "the program that should have written it may have failed: see what it printed";
        return Err(ReportError::new("expected JSON, found nothing", Some(hint)));
    }
    // Braces within texts count too: there are few.
    at_most(MAX_OBJECTS, b'{', "JSON objects", text)?;
    at_most(MAX_COMMAS, b',', "commas", text)?;
    Ok(text)
}

/// Refuses a text with more of a character than a report has: `what` is in the plural.
pub(crate) fn at_most(max: usize, character: u8, what: &str, text: &str) -> Result<(), ReportError> {
    // What is no longer than that has no more.
    let found = if text.len() > max { memchr_iter(character, text.as_bytes()).count() } else { 0 };
    if found > max {
        return Err(ReportError::new(format!("expected at most {max} {what}, found {found}"), None));
    }
    Ok(())
}

/// The error of a text that goes on after its first JSON value with another one, as lists of JSON lines and concatenated files do.
pub(crate) fn several(text: &str) -> Option<ReportError> {
    let (IgnoredAny, rest) = next(text)?;
    let second = rest.trim_ascii_start();
    let before = text.get(..text.len().checked_sub(second.len())?)?;
    second.starts_with(['{', '[']).then(|| {
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        let hint = "each report belongs into a file of its own";
        ReportError::new(format!("expected one JSON document, found a second one that begins on line {line}"), Some(hint))
    })
}

/// What a document shows without being read: the members of an object, or the first item of a list; each as its text.
#[derive(Debug)]
pub enum Outline<'a> {
    /// An object.
    Object(BTreeMap<String, &'a str>),
    /// A list, with its first item.
    List(Option<&'a str>),
    /// Neither, with the word for it.
    Other(&'static str),
}

impl<'a> Outline<'a> {
    /// Looks at the top level of a JSON text.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn read(text: &'a str) -> Result<Self, ReportError> {
        let wrong = |e| match text.trim_start().starts_with('<') {
            true => ReportError::new("expected JSON, found XML", Some("let the scanner write its JSON form")),
            false => several(text).unwrap_or_else(|| ReportError::new(format!("expected JSON: {e}"), None)),
        };
        // Objects in one pass: they are what reports are, and large.
        if text.trim_start().starts_with('{') {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(wrong)?;
            return Ok(Self::Object(members.into_iter().map(|(key, value)| (key, value.get())).collect()));
        }
        let raw: &RawValue = serde_json::from_str(text).map_err(wrong)?;
        Ok(Self::of(raw.get()))
    }

    /// What the beginning of a text shows: its first members, of which the last may be cut. The rest is not even known to be JSON.
    #[must_use]
    pub fn head(text: &'a str) -> Self {
        let mut end = HEAD_BYTES.min(text.len());
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        Self::of(text.get(..end).unwrap_or_default().trim_start())
    }

    /// Looks at the top level of a value, as far as it goes.
    #[must_use]
    pub fn of(value: &'a str) -> Self {
        match value.bytes().next() {
            Some(b'{') => Self::Object(members(value)),
            Some(b'[') => Self::List(value.get(1..).map(str::trim_ascii_start).and_then(item)),
            Some(b'"') => Self::Other("a string"),
            Some(b'n') => Self::Other("null"),
            Some(b't' | b'f') => Self::Other("a boolean"),
            _ => Self::Other("a number"),
        }
    }

    /// The outline of a member; `None` where there is none.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<Self> {
        self.raw(key).map(Self::of)
    }

    /// Whether a member is there, of whatever type.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// Whether a member is a list.
    #[must_use]
    pub fn has_list(&self, key: &str) -> bool {
        self.raw(key).is_some_and(|raw| raw.starts_with('['))
    }

    /// Whether a member is an object with this member of its own. What the beginning of the value shows is not looked for in all of it.
    #[must_use]
    pub fn has_within(&self, key: &str, inner: &str) -> bool {
        self.raw(key).is_some_and(|value| Self::head(value).has(inner) || value.len() > HEAD_BYTES && Self::of(value).has(inner))
    }

    /// A member that is a text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        self.typed(key)
    }

    /// A member that is a whole number.
    #[must_use]
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.typed(key)
    }

    /// The outline of a list's first item, or the first item of the list under `key`.
    #[must_use]
    pub fn first(&self) -> Option<Self> {
        match self {
            Self::List(Some(item)) => Some(Self::of(item)),
            _ => None,
        }
    }

    fn typed<T: Deserialize<'a>>(&self, key: &str) -> Option<T> {
        self.raw(key).and_then(|raw| serde_json::from_str(raw).ok())
    }

    fn raw(&self, key: &str) -> Option<&'a str> {
        match self {
            Self::Object(members) => members.get(key).copied(),
            _ => None,
        }
    }
}

/// The members of an object's text. One that is cut is there with what there is of it, and the last.
fn members(object: &str) -> BTreeMap<String, &str> {
    let mut members = BTreeMap::new();
    let mut rest = object.strip_prefix('{').unwrap_or_default();
    while let Some((key, after)) = next::<String>(rest) {
        let Some(value) = after.trim_ascii_start().strip_prefix(':').map(str::trim_ascii_start) else { break };
        let Some(whole) = item(value) else { break };
        members.insert(key, whole);
        let after = value.get(whole.len()..).unwrap_or_default().trim_ascii_start();
        let Some(others) = after.strip_prefix(',') else { break };
        rest = others;
    }
    members
}

/// The value that a text begins with, or what there is of it; `None` where none begins.
fn item(text: &str) -> Option<&str> {
    if text.is_empty() || text.starts_with(['}', ']', ',', ':']) {
        return None;
    }
    Some(next::<&RawValue>(text).map_or(text, |(value, _)| value.get()))
}

/// The value that a text begins with, and what follows.
pub(crate) fn next<'a, T: Deserialize<'a>>(text: &'a str) -> Option<(T, &'a str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_shows_what_there_is_of_it() {
        let whole = r#" {"a": 1, "b": {"c": [ {"d": "x"}, 2 ]}, "e": "f"} "#;
        let shown = |text: &str| {
            let outline = Outline::head(text);
            let inner = outline.member("b").and_then(|b| b.member("c")).and_then(|c| c.first());
            (outline.has("a"), inner.and_then(|d| d.text("d")), outline.text("e"))
        };
        assert_eq!(shown(whole), (true, Some("x".to_owned()), Some("f".to_owned())));
        for end in 0..whole.len() {
            let (has_a, d, e) = shown(whole.get(..end).unwrap());
            assert_eq!(has_a, end > whole.find('1').unwrap(), "{end}");
            assert_eq!(d.is_some(), end > whole.find('x').unwrap() + 1, "{end}");
            assert_eq!(e.is_some(), end > whole.find('f').unwrap() + 1, "{end}");
        }
        assert!(matches!(Outline::of("[ ]"), Outline::List(None)));
        assert!(matches!(Outline::of("[1"), Outline::List(Some("1"))));
        assert!(matches!(Outline::of(""), Outline::Other(_)));
    }

    #[test]
    fn a_beginning_ends_between_characters() {
        let long = format!("{{\"a\": \"{}\", \"b\": 1}}", "é".repeat(HEAD_BYTES));
        for shift in ["", " "] {
            let text = format!("{shift}{long}");
            let head = Outline::head(&text);
            assert!(head.has("a") && !head.has("b") && head.text("a").is_none());
        }
    }
}
