//! Foreign text made fit to be quoted: one line, no control characters, and no longer than an answer can bear.

use crate::limits;

/// Foreign text on one line, without control characters, cut at [`limits::QUOTE_BYTES`].
pub fn quote(text: &str) -> String {
    let start = shorten(text, limits::QUOTE_BYTES);
    start.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// Control characters, and those that hide text, reverse it, break its line, or are no characters (Unicode 16: `Bidi_Control`,
/// `Default_Ignorable_Code_Point`, the separators of lines and paragraphs).
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_stays_within_its_bytes() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcdef", 5), "ab…");
        // The cut would be within the second `é`.
        assert_eq!(shorten("ééé", 5), "é…");
        assert_eq!(shorten("abc", 1), "…", "the mark is there even where there is no room for it");
        for length in 195..=205 {
            assert!(quote(&"é".repeat(length)).len() <= limits::QUOTE_BYTES);
        }
    }

    #[test]
    fn what_is_quoted_is_one_visible_line() {
        assert_eq!(quote("a\nb\r\tc\u{7f}d\u{85}e\u{2028}f\u{202e}g\u{200b}h\u{feff}i"), "a b  c d e f g h i");
        assert_eq!(quote("a\u{61c}b\u{9b}c\u{2066}d\u{ad}e\u{e0041}f\u{fe0f}g\u{3164}h"), "a b c d e f g h");
        assert_eq!(quote("naïve 漢字"), "naïve 漢字");
    }
}
