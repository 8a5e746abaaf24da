//! The parser's positions (characters) → ours (bytes, lines and columns from 1).

use saphyr_parser::{Marker, Span as Parsed};

use super::Span;

/// A checkpoint is kept for every so many characters.
const STEP: usize = 256;

/// Translates character offsets of one text into byte offsets.
pub(super) struct Positions<'a> {
    text: &'a str,
    /// Bytes in front of `text` that the parser never saw (a byte order mark).
    skipped: usize,
    /// Byte offset of every [`STEP`]th character; empty for ASCII, where both counts agree.
    checkpoints: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(text: &'a str, skipped: usize) -> Self {
        let checkpoints =
            if text.is_ascii() { Vec::new() } else { text.char_indices().step_by(STEP).map(|(byte, _)| byte).collect() };
        Self { text, skipped, checkpoints }
    }

    fn byte(&self, character: usize) -> usize {
        if self.checkpoints.is_empty() {
            return self.skipped + character.min(self.text.len());
        }
        let base = self.checkpoints.get(character / STEP).or(self.checkpoints.last()).copied().unwrap_or(0);
        let rest = self.text.get(base..).unwrap_or("");
        let inside = rest.char_indices().nth(character % STEP).map_or(rest.len(), |(byte, _)| byte);
        self.skipped + base + inside
    }

    /// The stretch between two of the parser's markers.
    pub(super) fn between(&self, start: &Marker, end: &Marker) -> Span {
        Span { line: start.line(), column: start.col() + 1, start: self.byte(start.index()), end: self.byte(end.index()) }
    }

    pub(super) fn span(&self, span: &Parsed) -> Span {
        self.between(&span.start, &span.end)
    }
}
