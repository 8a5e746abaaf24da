//! What every HTML page of this program is: one file that needs nothing else.
//!
//! Every text of others is escaped. The page's policy (CSP) allows its own style and script by their hashes, and nothing else: were
//! anything let through, it would not be run, and nothing is loaded from anywhere.

pub(crate) mod bars;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::visible;

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// A table that the page's script sorts and filters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// What its rows are, in the plural.
    pub(crate) noun: &'static str,
    /// What can be looked for.
    pub(crate) hint: &'static str,
    /// The attribute `data-…` of rows by which they are chosen, and its values.
    pub(crate) choice: Option<(&'static str, &'static str)>,
    /// The attribute that is `yes` or `no`.
    pub(crate) flag: Option<&'static str>,
}

/// Everything up to the page's own content, the title's heading included.
pub(crate) fn open(title: &str) -> String {
    let title = escape(title);
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    )
}

/// Everything after it.
pub(crate) fn close(page: &mut String, footer: &str) {
    page.push_str(&format!("</main>\n<footer>{}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n", escape(footer)));
}

/// The beginning of a table, up to its rows; a column is a heading and whether it has numbers.
pub(crate) fn open_table<'h>(page: &mut String, listed: Listed, columns: impl IntoIterator<Item = (&'h str, bool)>) {
    page.push_str(&format!(
        "<div class=\"wide\">\n<table class=\"list\" data-noun=\"{}\" data-hint=\"{}\"",
        listed.noun, listed.hint
    ));
    if let Some((choice, choices)) = listed.choice {
        page.push_str(&format!(" data-choice=\"{choice}\" data-choices=\"{choices}\""));
    }
    if let Some(flag) = listed.flag {
        page.push_str(&format!(" data-flag=\"{flag}\""));
    }
    page.push_str(">\n<thead>\n<tr>");
    for (name, is_number) in columns {
        let class = if is_number { " class=\"number\"" } else { "" };
        page.push_str(&format!("<th scope=\"col\"{class}>{name}</th>"));
    }
    page.push_str("</tr>\n</thead>\n<tbody>\n");
}

/// The end of a table.
pub(crate) fn close_table(page: &mut String) {
    page.push_str("</tbody>\n</table>\n</div>\n");
}

/// Names with values; a `state` stands out.
pub(crate) fn list(page: &mut String, pairs: impl Iterator<Item = (&'static str, String)>) {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_none() {
        return;
    }
    page.push_str("<dl>\n");
    for (name, value) in pairs {
        let class = if name == "state" { " class=\"state\"" } else { "" };
        page.push_str(&format!("<dt>{name}</dt><dd{class}>{}</dd>\n", escape(&value)));
    }
    page.push_str("</dl>\n");
}

/// As text or as a quoted attribute; what would hide or reverse text is a blank.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible::line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The source expression of an inline element (Content Security Policy Level 3, "hash-source").
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escape("<a href=\"x\" b='&'>\x1b\u{202e}"), "&lt;a href=&quot;x&quot; b=&#39;&amp;&#39;&gt;  ");
    }

    #[test]
    fn style_and_script_end_where_their_elements_do() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"), "an element would end within");
            assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("url(") && !text.contains("@import"));
        }
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("eval"));
    }
}
