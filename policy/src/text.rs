//! Foreign text made fit to be quoted: one line, no control characters, and no longer than an answer can bear.

use crate::limits;

/// Foreign text on one line, without control characters, cut at [`limits::QUOTE_BYTES`].
pub fn quote(text: &str) -> String {
    let start = shorten(text, limits::QUOTE_BYTES);
    start.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// Control characters, and those that hide text, reverse it or break its line.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text, cut at a character's boundary to so many bytes, the mark of the cut included.
pub(crate) fn shorten(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let mut end = bytes.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}
