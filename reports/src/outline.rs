//! JSON bytes → the top-level keys by which formats are told apart; caps on size and depth come first.
//!
//! Nothing below the top level is built: a value is looked into only where a format asks.

use std::collections::BTreeMap;

use memchr::memchr2;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ReportError;

/// The longest report that is read, in bytes (64 MiB).
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 128;

/// The text of a report, without a byte order mark.
///
/// # Errors
/// Above [`MAX_BYTES`], not UTF-8, nested deeper than [`MAX_DEPTH`].
pub fn text(bytes: &[u8]) -> Result<&str, ReportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportError::new(format!("expected at most {MAX_BYTES} bytes, found {}", bytes.len()), None));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        ReportError::new(format!("expected JSON in UTF-8, found other bytes at offset {}", e.valid_up_to()), None)
    })?;
    if depth(text) > MAX_DEPTH {
        return Err(ReportError::new(format!("expected at most {MAX_DEPTH} nested objects and lists, found more"), None));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The deepest nesting of brackets outside of strings. Strings, the larger part of a report, are passed over as a whole.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = after_string(after),
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What follows the string that begins here; nothing where it does not end.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some((_, found)) = memchr2(b'"', b'\\', rest).and_then(|place| rest.split_at_checked(place)) {
        match found {
            [b'"', after @ ..] => return after,
            [_, _, after @ ..] => rest = after,
            _ => break,
        }
    }
    &[]
}

/// What a document shows without being read: the members of an object, or the first item of a list.
#[derive(Debug)]
pub enum Outline<'a> {
    /// An object.
    Object(BTreeMap<String, &'a RawValue>),
    /// A list, with its first item.
    List(Option<&'a RawValue>),
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
            false => ReportError::new(format!("expected JSON: {e}"), None),
        };
        // Objects in one pass: they are what reports are, and large.
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map(Self::Object).map_err(wrong);
        }
        let raw: &RawValue = serde_json::from_str(text).map_err(wrong)?;
        Ok(Self::of(raw))
    }

    /// Looks at the top level of a value.
    pub fn of(raw: &'a RawValue) -> Self {
        match raw.get().bytes().next() {
            Some(b'{') => serde_json::from_str(raw.get()).map_or(Self::Other("a value"), Self::Object),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw.get())
                .map_or(Self::Other("a value"), |items| Self::List(items.first().copied())),
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
        self.raw(key).is_some_and(|raw| raw.get().starts_with('['))
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
        self.raw(key).and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    fn raw(&self, key: &str) -> Option<&'a RawValue> {
        match self {
            Self::Object(members) => members.get(key).copied(),
            _ => None,
        }
    }
}
