//! Where commands write: results for the next program, notes for the person at the terminal.

use std::fmt;
use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use crate::visible;
pub use crate::visible::Terminal;

/// The two handles of a command.
pub struct Output<'a> {
    /// Results: stdout.
    pub results: &'a mut dyn Write,
    /// Progress, notes and errors: stderr.
    pub notes: &'a mut dyn Write,
    /// Whether results may carry colour: only on a terminal.
    pub is_coloured: bool,
    /// Whether notes go to a terminal, on which progress is drawn.
    pub is_interactive: bool,
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("is_coloured", &self.is_coloured).finish_non_exhaustive()
    }
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: one JSON document with a `schemaVersion`.
    Json,
}

impl Output<'_> {
    pub(crate) fn note(&mut self, note: impl fmt::Display) -> io::Result<()> {
        writeln!(self.notes, "note: {}", visible::line(&note.to_string()))
    }

    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.results, "{}", visible::json(&serde_json::to_string_pretty(value)?))
    }

    /// How many characters fit into a line: those of the terminal, where results go to one.
    pub(crate) fn width(&self) -> Option<usize> {
        let size = self.is_coloured.then(terminal_size::terminal_size).flatten();
        size.map(|(terminal_size::Width(width), _)| usize::from(width))
    }

    /// Text in a colour, where colour is wanted.
    pub(crate) fn paint(&self, colour: Colour, text: &str) -> String {
        if self.is_coloured { colour.wrap(text) } else { text.to_owned() }
    }
}

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Denied, refused.
    Bad,
    /// Audited.
    Doubtful,
    /// Admitted.
    Good,
    /// A heading.
    Heading,
}

impl Colour {
    /// Text between the terminal's codes for the colour.
    pub(crate) fn wrap(self, text: &str) -> String {
        format!("\x1b[{}m{text}\x1b[0m", self.code())
    }

    fn code(self) -> &'static str {
        match self {
            Self::Bad => "31;1",
            Self::Doubtful => "33;1",
            Self::Good => "32;1",
            Self::Heading => "1",
        }
    }
}
