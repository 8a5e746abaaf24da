//! Foreign text → text that a terminal shows as it stands: nothing in it moves the cursor, colours, hides or reverses anything.
//!
//! Names of packages, errors of registries and names of files are written by others. Whatever writes them goes through here; and what
//! did not is caught by [`Terminal`], which stands before every terminal.

use std::io::{self, Write};

use policy::text::is_invisible;

/// Foreign text on one line.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// Foreign text that may have several lines.
pub(crate) fn lines(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) && c != '\n' { ' ' } else { c }).collect()
}

/// JSON whose texts are escaped where a terminal would not show them: the same values.
pub(crate) fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        // Line breaks between members are layout; those in texts are escaped already.
        if c == '\n' || !is_invisible(c) {
            escaped.push(c);
        } else {
            let mut units = [0; 2];
            escaped.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped
}

/// The last line of defence: passes on to a terminal what it shows, line breaks, and the codes for colours; of everything else a blank.
pub struct Terminal<W: Write> {
    inner: W,
    /// The beginning of a character or of a colour's code whose rest is yet to come.
    pending: Vec<u8>,
}

/// The longest code for a colour that is passed on, in bytes.
const LONGEST_CODE: usize = 24;

impl<W: Write> Terminal<W> {
    /// Before a terminal.
    pub fn new(inner: W) -> Self {
        Self { inner, pending: Vec::new() }
    }
}

impl<W: Write> std::fmt::Debug for Terminal<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").finish_non_exhaustive()
    }
}

impl<W: Write> Write for Terminal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.pending);
        let whole = match std::str::from_utf8(&held) {
            Ok(_) => held.len(),
            // What can still become a character waits; what cannot is replaced below.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => held.len(),
        };
        let (now, later) = held.split_at(whole);
        let text = String::from_utf8_lossy(now);
        let mut shown = String::with_capacity(text.len());
        let mut rest = text.as_ref();
        while let Some(at) = rest.find('\u{1b}') {
            let (before, code) = rest.split_at(at);
            shown.push_str(&lines(before));
            match colour(code) {
                Colour::Whole(length) => {
                    let (code, after) = code.split_at(length);
                    shown.push_str(code);
                    rest = after;
                }
                Colour::Begun => {
                    self.pending.extend_from_slice(code.as_bytes());
                    rest = "";
                }
                Colour::None => {
                    shown.push(' ');
                    rest = code.strip_prefix('\u{1b}').unwrap_or_default();
                }
            }
        }
        shown.push_str(&lines(rest));
        self.pending.extend_from_slice(later);
        self.inner.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What begins with an escape character.
enum Colour {
    /// A code for a colour, of so many bytes.
    Whole(usize),
    /// It may become one.
    Begun,
    /// Something else.
    None,
}

/// `ESC [ digits and semicolons m`: "select graphic rendition" of ECMA-48.
fn colour(code: &str) -> Colour {
    for (at, byte) in code.bytes().enumerate() {
        match (at, byte) {
            (0, 0x1b) | (1, b'[') => {}
            (LONGEST_CODE.., _) => return Colour::None,
            (2.., b'0'..=b'9' | b';') => {}
            (2.., b'm') => return Colour::Whole(at.saturating_add(1)),
            _ => return Colour::None,
        }
    }
    Colour::Begun
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[&[u8]]) -> String {
        let mut out = Vec::new();
        let mut terminal = Terminal::new(&mut out);
        for part in parts {
            terminal.write_all(part).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn foreign_text_stays_on_its_line() {
        assert_eq!(line("a\x1b[2Jb\rc\nd\u{9b}e\u{202e}f\u{61c}g\u{e0041}h"), "a [2Jb c d e f g h");
        assert_eq!(lines("a\nb\x07"), "a\nb ");
        assert_eq!(line("naïve 漢字 … →"), "naïve 漢字 … →");
    }

    #[test]
    fn json_says_the_same_in_visible_characters() {
        let value = serde_json::json!({ "a": "\x1b[2J\u{202e}\u{9b}\u{7f}\u{e0041}é" });
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| c != '\n' && is_invisible(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_terminal_gets_colours_and_nothing_else_that_it_would_obey() {
        assert_eq!(written(&[b"\x1b[31;1mdeny\x1b[0m\n"]), "\x1b[31;1mdeny\x1b[0m\n");
        assert_eq!(written(&[b"a\x1b]0;title\x07b\x1b[2Jc\x1bc\x1b[6n"]), "a ]0;title b [2Jc c [6n");
        assert_eq!(written(&["\u{202e}evil\u{9b}2J".as_bytes()]), " evil 2J");
        // In pieces, as `write!` hands them over.
        assert_eq!(written(&[b"\x1b", b"[3", b"1m", b"x"]), "\x1b[31mx");
        assert_eq!(written(&[b"\xc3", b"\xa9", b"\xff", b"z"]), "é\u{fffd}z");
        assert_eq!(written(&[b"\x1b[", b"2J"]), " [2J");
        let endless = format!("\x1b[{}m", "1".repeat(100));
        assert!(!written(&[endless.as_bytes()]).contains('\x1b'));
    }
}
