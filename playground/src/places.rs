//! Places in a text → lines, columns and offsets as editors count them.
//!
//! Lines and columns count from 1, columns in characters; offsets count the code units of UTF-16 from 0, as JavaScript's strings do.

use documents::settings::Located;
use documents::yaml::Span;
use serde_json::{Value, json};

/// A text with the beginnings of its lines.
#[derive(Debug)]
pub(crate) struct Places<'t> {
    text: &'t str,
    /// Of each line, the byte and the code unit that it begins with.
    lines: Vec<(usize, usize)>,
}

impl<'t> Places<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let (mut byte, mut unit) = (0_usize, 0_usize);
        let mut lines = vec![(0, 0)];
        for line in text.split_inclusive('\n') {
            byte = byte.saturating_add(line.len());
            unit = unit.saturating_add(units(line));
            lines.push((byte, unit));
        }
        Self { text, lines }
    }

    /// The code unit of a byte.
    fn unit(&self, byte: usize) -> usize {
        let next = self.lines.partition_point(|(begins, _)| *begins <= byte);
        let (begins, unit) = next.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or_default();
        unit.saturating_add(self.text.get(begins..byte).map_or(0, units))
    }

    /// The byte of a line and a column; the end of the text where it has fewer.
    fn byte(&self, line: usize, column: usize) -> usize {
        let Some((begins, _)) = line.checked_sub(1).and_then(|line| self.lines.get(line)) else { return self.text.len() };
        let rest = self.text.get(*begins..).unwrap_or_default();
        let mut characters = rest.char_indices().take_while(|(_, c)| *c != '\n');
        let inside = match characters.nth(column.saturating_sub(1)) {
            Some((inside, _)) => inside,
            None => rest.find('\n').unwrap_or(rest.len()),
        };
        begins.saturating_add(inside)
    }

    /// `line`, `column`, `from` and `to`; all 0 where no place is known.
    fn shown(&self, at: Span) -> [usize; 4] {
        let Span { line, column, start, end } = at;
        if line == 0 {
            return [0; 4];
        }
        // Some readers know the line and the column alone.
        let (start, end) = if end == 0 { (self.byte(line, column), self.byte(line, column)) } else { (start, end) };
        [line, column, self.unit(start), self.unit(end)]
    }

    /// Something that is wrong, or to be looked at, at its place.
    pub(crate) fn problem(&self, problem: &Located) -> Value {
        let [line, column, from, to] = self.shown(problem.at);
        json!({ "line": line, "column": column, "from": from, "to": to,
            "path": problem.path, "message": problem.message, "hint": problem.hint })
    }

    /// Each of them.
    pub(crate) fn problems(&self, problems: &[Located]) -> Value {
        problems.iter().map(|problem| self.problem(problem)).collect()
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The place at the end of a JSON reader's sentence, ` at line 3 column 5`, if there is one. Columns are counted in bytes there.
pub(crate) fn of_sentence(sentence: &str, text: &str) -> Span {
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let found = sentence.rsplit_once(" at line ").and_then(|(_, place)| {
        let (line, column) = place.split_once(" column ")?;
        Some((number(line)?, number(column)?))
    });
    let Some((line, bytes)): Option<(usize, usize)> = found.filter(|(line, _)| *line > 0) else { return Span::default() };
    let whole = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let before = whole.char_indices().take_while(|(at, _)| *at < bytes.saturating_sub(1)).count();
    Span { line, column: before.saturating_add(1), start: 0, end: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_editors() {
        let text = "a: 🦀é\nb🦀: [\n";
        let places = Places::of(text);
        let span = |text: &str, part: &str| {
            let start = text.find(part).unwrap();
            Span { line: 1, column: 1, start, end: start + part.len() }
        };
        assert_eq!(places.shown(span(text, "é")), [1, 1, 5, 6]);
        assert_eq!(places.shown(span(text, "b")), [1, 1, 7, 8]);
        assert_eq!(places.shown(span(text, ": [")), [1, 1, 10, 13]);
        assert_eq!(places.shown(Span { line: 2, column: 3, start: 0, end: 0 }), [2, 3, 10, 10]);
        assert_eq!(places.shown(Span { line: 2, column: 99, start: 0, end: 0 }), [2, 99, 13, 13]);
        assert_eq!(places.shown(Span { line: 9, column: 1, start: 0, end: 0 }), [9, 1, 14, 14]);
        assert_eq!(places.shown(Span::default()), [0; 4]);
    }

    #[test]
    fn a_sentence_may_end_in_its_place() {
        let text = "{\n \"é\": x}";
        let at = of_sentence("trivy-json report: expected value at line 2 column 7; hint: x", text);
        assert_eq!((at.line, at.column), (2, 6));
        for none in ["expected JSON, found nothing", " at line x column 1", "looked at line 0 column 0", ""] {
            assert_eq!(of_sentence(none, text), Span::default(), "{none}");
        }
        assert_eq!(of_sentence("x at line 9 column 9", text).column, 1);
    }
}
