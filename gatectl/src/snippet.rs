//! A place in a text → the line it stands in, underlined.

use std::io;

use documents::yaml::Span;

use crate::output::{Colour, Output};
use crate::visible;

/// A problem at a place; without one (line 0) only the sentence is written.
pub(crate) struct Snippet<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) at: Span,
    pub(crate) title: &'a str,
    pub(crate) hint: Option<&'a str>,
    /// `error` or `warning`.
    pub(crate) kind: &'static str,
}

impl Snippet<'_> {
    pub(crate) fn write(&self, output: &mut Output<'_>) -> io::Result<()> {
        let colour = if self.kind == "error" { Colour::Bad } else { Colour::Doubtful };
        let kind = output.paint(colour, self.kind);
        writeln!(output.results, "{kind}: {}", visible::line(self.title))?;
        let number = self.at.line.to_string();
        let margin = " ".repeat(number.len());
        if let Some(line) = self.at.line.checked_sub(1).and_then(|index| self.text.lines().nth(index)) {
            let before = self.at.column.saturating_sub(1);
            let marks = output.paint(colour, &"^".repeat(self.width(line, before)));
            writeln!(output.results, "{margin}--> {}:{}:{}", self.file, self.at.line, self.at.column)?;
            writeln!(output.results, "{margin} |")?;
            writeln!(output.results, "{number} | {}", visible::line(line))?;
            writeln!(output.results, "{margin} | {}{marks}", " ".repeat(before))?;
        } else if self.at.line > 0 {
            // The end of the text is a place, too.
            writeln!(output.results, "{margin}--> {}:{}:{}", self.file, self.at.line, self.at.column)?;
        } else {
            writeln!(output.results, "{margin}--> {}", self.file)?;
        }
        if let Some(hint) = self.hint {
            writeln!(output.results, "{margin} = {hint}")?;
        }
        writeln!(output.results)
    }

    /// How many characters of the line belong to the place: to its end, or to the line's.
    fn width(&self, line: &str, before: usize) -> usize {
        let marked = self.text.get(self.at.start..self.at.end).unwrap_or_default();
        let first = marked.lines().next().unwrap_or_default().trim_end().chars().count();
        first.clamp(1, line.chars().count().saturating_sub(before).max(1))
    }
}
