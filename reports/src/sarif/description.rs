//! The descriptions of rules (SARIF 2.1.0, section 3.12) that were left unread: of each no more is made out than what a result is told by.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr_iter};
use serde_json::value::RawValue;

use super::text::between;
use crate::json;
use crate::outline;
use crate::text::{Text, trim};

/// The plain text of a description; empty where there is none.
pub(super) fn plain(raw: Option<&RawValue>) -> Text<'_> {
    raw.and_then(|raw| member(raw, "text")).map(made_out).unwrap_or_default()
}

/// What stands in a description's Markdown text below the first heading that is written so, up to the next one of the same level; empty
/// where there is none.
pub(super) fn section<'a>(raw: Option<&'a RawValue>, heading: &str) -> Text<'a> {
    static UNICODE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(br"\u"));
    static NEXT: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(br"\n## "));
    let Some(literal) = raw.and_then(|raw| member(raw, "markdown")).filter(|raw| raw.starts_with('"')) else {
        return Text::default();
    };
    // An escape may stand for a character of the heading.
    if UNICODE.find(literal.as_bytes()).is_some() {
        let whole = made_out(literal);
        return Text::from(between(&whole, heading, "\n## ").unwrap_or_default().to_owned());
    }
    let below =
        memmem::find(literal.as_bytes(), heading.as_bytes()).and_then(|at| literal.get(at.saturating_add(heading.len())..));
    let Some(rest) = below.and_then(|below| below.strip_suffix('"')) else { return Text::default() };
    let next = NEXT.find_iter(rest.as_bytes()).find(|at| !is_escaped(rest, *at));
    let section = next.and_then(|at| rest.get(..at)).unwrap_or(rest).trim_start_matches(r"\n");
    match memchr(b'\\', section.as_bytes()) {
        None => Text::from(trim(section)),
        Some(_) => Text::from(trim(&made_out(&format!("\"{section}\""))).to_owned()),
    }
}

/// A member of a description, as it is written. What follows it is not looked at again: it is known to be JSON.
fn member<'a>(description: &'a RawValue, name: &str) -> Option<&'a str> {
    let mut rest = description.get().strip_prefix('{')?;
    loop {
        let (key, after) = value(rest)?;
        let (value, after) = value(after.trim_ascii_start().strip_prefix(':')?)?;
        if &*made_out(key) == name {
            return Some(value);
        }
        rest = after.trim_ascii_start().strip_prefix(',')?;
    }
}

/// The value that a piece of JSON begins with, as it is written, and what follows.
fn value(json: &str) -> Option<(&str, &str)> {
    let json = json.trim_ascii_start();
    let Some(text) = json.strip_prefix('"') else {
        return outline::next::<&RawValue>(json).map(|(value, rest)| (value.get(), rest));
    };
    let end = memchr_iter(b'"', text.as_bytes()).find(|at| !is_escaped(text, *at))?;
    json.split_at_checked(end.saturating_add(2))
}

/// Whether the byte there belongs to an escape that begins before it.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.len().saturating_sub(before.trim_end_matches('\\').len()) % 2 == 1
}

/// A text as JSON writes it → the text; empty of anything else.
fn made_out(literal: &str) -> Text<'_> {
    let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner.filter(|inner| memchr(b'\\', inner.as_bytes()).is_none()) {
        Some(plain) => Text::from(plain),
        None => json::read(literal).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn texts_are_found_among_other_members() {
        for (json, text) in [
            (r#"{"text": "a"}"#, "a"),
            (r#"{ "x" : {"text": "no"} , "text" : "a\nb" , "markdown": "c" }"#, "a\nb"),
            (r#"{"\u0074ext": "a"}"#, "a"),
            (r#"{"markdown": "c"}"#, ""),
            (r#"{"text": 1}"#, ""),
            (r#"{"text": null}"#, ""),
            ("{}", ""),
            ("[]", ""),
            ("1", ""),
        ] {
            assert_eq!(&*plain(Some(&raw(json))), text, "{json}");
        }
        assert_eq!(&*plain(None), "");
    }

    #[test]
    fn a_section_ends_at_the_next_heading() {
        for (markdown, found) in [
            (r#"a\n## Fix\nb \"c\"\n## More\nd"#, "b \"c\""),
            (r"## Fix b", "b"),
            (r"## Fix\n\nb\n", "b"),
            (r"## Fix \\n## b\n### c\n## d", "\\n## b\n### c"),
            (r"## Fix\\\n## b", "\\"),
            (r#"## Fix \\"#, "\\"),
            (r"## Fix", ""),
            (r"Fix", ""),
            ("", ""),
            (r"a\n#\u0023 Fix\nb\n## c", "b"),
        ] {
            let json = format!("{{\"text\": \"## Fix no\", \"markdown\": \"{markdown}\", \"x\": \"## Fix no\"}}");
            assert_eq!(&*section(Some(&raw(&json)), "## Fix"), found, "{markdown}");
        }
        assert_eq!(&*section(Some(&raw(r###"{"markdown": ["## Fix b"]}"###)), "## Fix"), "");
    }
}
