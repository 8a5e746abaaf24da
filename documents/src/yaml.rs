//! Text → JSON values with the place of each: the one YAML reader of the workspace.
//!
//! It reads YAML 1.2 with the core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>), as a stream of documents; JSON is read by
//! the same function. It refuses what would be guessed otherwise: duplicate keys, keys that are not strings, unknown tags below the
//! root, `.inf` and `.nan`, and documents too deep, too large or too often aliased. It knows nothing of settings or Kubernetes.
//!
//! Merge keys (`<<`) are honoured, because `kubectl` honours them: a container that arrives by a merge must not be overlooked.

mod alias;
mod build;
mod json;
mod position;
mod scalar;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use saphyr_parser::Parser;

pub use self::write::write;

/// The deepest nesting of mappings and sequences that is read; the same as `serde_json`'s own limit.
pub const MAX_DEPTH: usize = 128;

/// The longest text that is read, in bytes (64 MiB).
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Above this length (4 MiB) a text is read without places: [`Document::spans`] and [`Document::keys`] stay empty.
pub const MAX_BYTES_WITH_SPANS: usize = 4 * 1024 * 1024;

/// What anchors and aliases of one document may add up to, in nodes plus bytes of text (16 Mi): the end of a "billion laughs".
pub const MAX_ALIASED: usize = 16 * 1024 * 1024;

/// A stretch of the text. Empty (all zero) where no place is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Line of the first character, counted from 1.
    pub line: usize,
    /// Column of the first character, in characters, counted from 1.
    pub column: usize,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The content; an empty document is `null`.
    pub value: serde_json::Value,
    /// The root's own tag as written, such as `!OciManifest`; core tags (`!!map`) do not show.
    pub tag: Option<String>,
    /// The place of each value by its JSON pointer (RFC 6901: `/rules/0/name`, the root is the empty string, `~` and `/` in keys are
    /// `~0` and `~1`). Values that came through an alias have the alias' place; what is inside them, and merged entries, have none.
    pub spans: BTreeMap<String, Span>,
    /// The place of each key, by the pointer of its value.
    pub keys: BTreeMap<String, Span>,
}

impl Document {
    /// The place of the value at `pointer`, or of the nearest value around it that has one; the empty span where none is known.
    #[must_use]
    pub fn span(&self, pointer: &str) -> Span {
        let mut pointer = pointer;
        loop {
            if let Some(span) = self.spans.get(pointer) {
                return *span;
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return Span::default(),
            }
        }
    }
}

/// Why a text cannot be read. Printed as `line 3, column 5: `/rules/0`: expected …, found …; hint: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Where; line and column are always set.
    pub at: Span,
    /// JSON pointer of the value or entry concerned; empty at the root or where the text is not well-formed.
    pub pointer: Box<str>,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// What the reader can do, if that is known.
    pub hint: Option<String>,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.at.line, self.at.column)?;
        if !self.pointer.is_empty() {
            write!(f, "`{}`: ", self.pointer)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        if let Some(hint) = &self.hint {
            write!(f, "; hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for YamlError {}

/// Reads every document of a stream, in order. An empty text holds no document.
///
/// A text that starts with `{` or `[` is tried as JSON first; where that succeeds there is one document, with places unless it is
/// long ([`MAX_BYTES_WITH_SPANS`]) or uses what only JSON has (surrogate escapes).
///
/// # Errors
/// [`YamlError`] names the first place that cannot be read: malformed text, a duplicate key, a key that is no string, an unknown tag
/// below the root, a number JSON cannot hold, nesting above [`MAX_DEPTH`], a text above [`MAX_BYTES`], aliases above [`MAX_ALIASED`].
///
/// # Example
/// ```
/// let documents = documents::yaml::read("rules:\n- name: block\n").unwrap();
/// assert_eq!(documents[0].value["rules"][0]["name"], "block");
/// assert_eq!(documents[0].spans["/rules/0/name"].line, 2);
/// ```
pub fn read(text: &str) -> Result<Vec<Document>, YamlError> {
    if text.len() > MAX_BYTES {
        let found = format!("{} bytes", text.len());
        let at = Span { line: 1, column: 1, start: 0, end: 0 };
        return Err(YamlError { at, pointer: "".into(), expected: format!("at most {MAX_BYTES} bytes"), found, hint: None });
    }
    let (text, skipped) = text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, '\u{feff}'.len_utf8()));
    match json::read(text) {
        json::Outcome::NotJson => events(text, skipped),
        json::Outcome::Refused(error) => Err(error),
        json::Outcome::Read(value) if text.len() > MAX_BYTES_WITH_SPANS => Ok(vec![without_places(value)]),
        json::Outcome::Read(value) => match events(text, skipped) {
            Ok(documents) if documents.len() == 1 && documents.first().is_some_and(|d| d.value == value) => Ok(documents),
            _ => Ok(vec![without_places(value)]),
        },
    }
}

fn without_places(value: serde_json::Value) -> Document {
    Document { value, tag: None, spans: BTreeMap::new(), keys: BTreeMap::new() }
}

/// Feeds the parser's events to the builder until the stream ends.
fn events(text: &str, skipped: usize) -> Result<Vec<Document>, YamlError> {
    let positions = position::Positions::new(text, skipped);
    let mut builder = build::Builder::new(positions, text.len() <= MAX_BYTES_WITH_SPANS);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => return Err(builder.malformed(&error)),
        }
    }
    Ok(builder.documents)
}

#[cfg(test)]
mod tests;
