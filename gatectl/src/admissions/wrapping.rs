//! A line as collectors wrap it → the line as it was written.
//!
//! Source: the CRI's log format (`TIME stdout|stderr P|F TEXT`) and Docker's json-file driver (`{"log":…,"stream":…,"time":…}`), both of which cut
//! lines at 16 KiB; `kubectl logs --prefix`, `stern` and tracing's colours, which are looked over where the line is read.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lines::LINE_BYTES;

/// Joins what was cut into pieces; one for each file.
#[derive(Debug, Default)]
pub(super) struct Unwrapper {
    /// The pieces so far of standard output and standard error.
    pending: [String; 2],
}

/// A line without what was wrapped around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unwrapped<'l> {
    /// The line.
    Whole(Cow<'l, str>),
    /// A piece of one: the rest is yet to come.
    Piece,
    /// The pieces together are too long.
    TooLong,
}

#[derive(Deserialize)]
struct Docker<'l> {
    #[serde(borrow)]
    log: Cow<'l, str>,
    #[serde(borrow, default)]
    stream: Cow<'l, str>,
}

/// `stern --output json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stern<'l> {
    #[serde(borrow)]
    message: Cow<'l, str>,
    #[serde(rename = "podName")]
    _pod_name: IgnoredAny,
}

impl Unwrapper {
    pub(super) fn unwrap<'l>(&mut self, line: &'l str) -> Unwrapped<'l> {
        if let Some((stream, is_whole, text)) = cri(line) {
            return self.join(stream, is_whole, Cow::Borrowed(text));
        }
        if line.starts_with("{\"log\":")
            && let Ok(Docker { log, stream }) = serde_json::from_str::<Docker<'_>>(line)
        {
            let is_whole = log.ends_with('\n');
            let text = match log {
                Cow::Borrowed(log) => Cow::Borrowed(log.trim_end_matches('\n')),
                Cow::Owned(log) => Cow::Owned(log.trim_end_matches('\n').to_owned()),
            };
            return self.join(usize::from(stream == "stderr"), is_whole, text);
        }
        if line.starts_with('{')
            && line.contains("\"podName\":")
            && let Ok(Stern { message, .. }) = serde_json::from_str::<Stern<'_>>(line)
        {
            return Unwrapped::Whole(message);
        }
        Unwrapped::Whole(Cow::Borrowed(line))
    }

    /// Whether a line was begun and never ended.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.iter().any(|pending| !pending.is_empty())
    }

    fn join<'l>(&mut self, stream: usize, is_whole: bool, text: Cow<'l, str>) -> Unwrapped<'l> {
        let Some(pending) = self.pending.get_mut(stream) else { return Unwrapped::Whole(text) };
        if pending.len().saturating_add(text.len()) > LINE_BYTES {
            *pending = String::new();
            return Unwrapped::TooLong;
        }
        match (is_whole, pending.is_empty()) {
            (true, true) => Unwrapped::Whole(text),
            (true, false) => {
                pending.push_str(&text);
                Unwrapped::Whole(Cow::Owned(std::mem::take(pending)))
            }
            (false, _) => {
                pending.push_str(&text);
                Unwrapped::Piece
            }
        }
    }
}

/// Stream, whether it is the end of a line, and text.
fn cri(line: &str) -> Option<(usize, bool, &str)> {
    let is_time = line.as_bytes().get(10) == Some(&b'T') && line.bytes().take(4).all(|byte| byte.is_ascii_digit());
    let (_, rest) = is_time.then(|| line.split_once(' ')).flatten()?;
    let (stream, rest) = match (rest.strip_prefix("stdout "), rest.strip_prefix("stderr ")) {
        (Some(rest), _) => (0, rest),
        (_, Some(rest)) => (1, rest),
        _ => return None,
    };
    let (tags, text) = rest.split_once(' ').unwrap_or((rest, ""));
    match tags.split(':').next() {
        Some("F") => Some((stream, true, text)),
        Some("P") => Some((stream, false, text)),
        _ => None,
    }
}

/// Whether a text begins as a JSON object with members does.
pub(super) fn is_object(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|members| members.trim_start().starts_with('"'))
}

/// The text without the terminal's codes for colours (`ESC [ … m`), which tracing writes between a field and its value.
pub(super) fn uncoloured(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut pieces = text.split("\u{1b}[");
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let code = piece.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        let rest = piece.get(code..).unwrap_or_default();
        plain.push_str(rest.strip_prefix('m').unwrap_or(rest));
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Unwrapped<'_> {
        Unwrapped::Whole(Cow::Borrowed(text))
    }

    #[test]
    fn what_the_runtime_cut_is_joined() {
        let mut cri = Unwrapper::default();
        assert_eq!(cri.unwrap("2026-11-22T12:00:00.1Z stdout F a b"), whole("a b"));
        assert_eq!(cri.unwrap("2026-11-22T12:00:00.1Z stdout P {\"a"), Unwrapped::Piece);
        assert_eq!(cri.unwrap("2026-11-22T12:00:00.1Z stderr F between"), whole("between"));
        assert!(cri.is_pending());
        assert_eq!(cri.unwrap("2026-11-22T12:00:00.1Z stdout F \": 1}"), whole("{\"a\": 1}"));
        assert!(!cri.is_pending());
        assert_eq!(cri.unwrap("2026-11-22T12:00:00.1Z stdout F"), whole(""));
        let mut docker = Unwrapper::default();
        assert_eq!(docker.unwrap(r#"{"log":"a\"b","stream":"stdout","time":"t"}"#), Unwrapped::Piece);
        assert_eq!(docker.unwrap(r#"{"log":"c\n","stream":"stdout","time":"t"}"#), whole("a\"bc"));
    }

    #[test]
    fn what_is_not_wrapped_stays() {
        let mut unwrapper = Unwrapper::default();
        for line in ["", "plain", "2026-11-22T12:00:00Z  WARN x", "{\"log\":1}", "2026-11-22T12:00:00Z stdout X y"] {
            assert_eq!(unwrapper.unwrap(line), whole(line));
        }
    }

    #[test]
    fn pieces_without_end_are_not_kept() {
        let mut unwrapper = Unwrapper::default();
        let piece = format!("2026-11-22T12:00:00Z stdout P {}", "x".repeat(LINE_BYTES / 2 + 1));
        assert_eq!(unwrapper.unwrap(&piece), Unwrapped::Piece);
        assert_eq!(unwrapper.unwrap(&piece), Unwrapped::TooLong);
        assert!(!unwrapper.is_pending());
    }

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(uncoloured("\u{1b}[2mdata\u{1b}[0m\u{1b}[2m=\u{1b}[0m{}"), "data={}");
        assert_eq!(uncoloured("\u{1b}[3"), "");
        assert_eq!(uncoloured("\u{1b}[31;1mx\u{1b}["), "x");
    }
}
