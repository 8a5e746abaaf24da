//! What the gate sees of an image → one HTML page that needs nothing else.
//!
//! Every text of others is escaped. The page's policy (CSP) allows its own style and script by their hashes, and nothing else: were
//! anything let through, it would not be run, and nothing is loaded from anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::findings::summary::{self, ImageSummary};
use policy::findings::{Document, Image, Severity};
use policy::settings::Settings;
use policy::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::chart;
use super::seen::{self, Part, Seen};
use super::table;
use super::worst::{self, Row};
use crate::visible;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const HEADING: [&str; 9] = ["Vulnerability", "Severity", "Package", "Installed", "Fixed", "CVSS", "EPSS", "KEV", "VEX"];

/// The page; with so many vulnerabilities of each platform, or all.
pub(super) fn page(seen: &Seen<'_>, settings: &Settings, now: Timestamp, top: Option<usize>) -> String {
    let image = escape(&seen.reference.to_string());
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Findings of {image}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Findings of {image}</h1>\n"
    );
    let digest = seen.digest.iter().map(|digest| ("digest", digest.as_str().to_owned()));
    list(&mut page, digest);
    for part in &seen.parts {
        write_part(&mut page, part, settings, now, top);
    }
    page.push_str(&format!("</main>\n<footer>As a gate would have seen it at {now}.</footer>\n<script>{SCRIPT}</script>\n"));
    page.push_str("</body>\n</html>\n");
    page
}

fn write_part(page: &mut String, part: &Part<'_>, settings: &Settings, now: Timestamp, top: Option<usize>) {
    if let Some(platform) = &part.platform {
        page.push_str(&format!("<h2>{}</h2>\n", escape(platform)));
        list(page, part.digest.iter().map(|digest| ("digest", digest.as_str().to_owned())));
    }
    list(page, table::facts(part, settings, now).into_iter());
    let Some(document) = part.document() else { return };
    let summary = summary::summarize(&document, "");
    for (image, counts) in document.images.iter().zip(&summary.images) {
        if !document.is_single() {
            page.push_str(&format!("<h2>{}</h2>\n", escape(image.platform.as_deref().unwrap_or(&image.digest))));
        }
        if !seen::is_judged(&document, image, settings) {
            page.push_str("<p>Not judged: <code>findings.platforms</code> selects others.</p>\n");
        } else if image.vulnerabilities.is_none() {
            page.push_str("<p class=\"state\">Missing: this platform was not scanned.</p>\n");
        } else {
            write_image(page, &document, image, counts, top);
        }
    }
}

fn write_image(page: &mut String, document: &Document<'_>, image: &Image<'_>, counts: &ImageSummary<'_>, top: Option<usize>) {
    page.push_str(&chart::svg(&counts.counts.unwrap_or_default()));
    page.push_str(&format!("<p>{}</p>\n", escape(&table::maxima(document, image, counts))));
    let all = worst::first(image);
    let shown = all.iter().take(top.unwrap_or(usize::MAX));
    if all.is_empty() {
        page.push_str("<p>No vulnerability is known.</p>\n");
        return;
    }
    page.push_str("<div class=\"wide\">\n<table class=\"list\">\n<thead>\n<tr>");
    for name in HEADING {
        let class = if matches!(name, "CVSS" | "EPSS") { " class=\"number\"" } else { "" };
        page.push_str(&format!("<th scope=\"col\"{class}>{name}</th>"));
    }
    page.push_str("</tr>\n</thead>\n<tbody>\n");
    for vulnerability in shown {
        for finding in &vulnerability.findings {
            write_row(page, &worst::row(document, vulnerability, finding), finding.path.as_deref());
        }
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
    if let Some(more @ 1..) = top.and_then(|top| all.len().checked_sub(top)) {
        page.push_str(&format!("<p>And {more} more vulnerabilities.</p>\n"));
    }
}

fn write_row(page: &mut String, row: &Row, path: Option<&str>) {
    let (severity, fixable) = (row.severity.word(), if row.is_fixable { "yes" } else { "no" });
    let rank = Severity::ALL.iter().position(|of| *of == row.severity).unwrap_or(0);
    let path = path.map(|path| format!("<br><small>{}</small>", escape(path))).unwrap_or_default();
    let [id, package, installed, fixed, cvss, epss] =
        [&row.id, &row.package, &row.installed, &row.fixed, &row.cvss, &row.epss].map(|text| escape(text));
    page.push_str(&format!(
        "<tr data-severity=\"{severity}\" data-fixable=\"{fixable}\"><td>{id}</td><td class=\"{severity}\" data-sort=\"{rank}\">{severity}</td>\
         <td>{package}{path}</td><td>{installed}</td><td>{fixed}</td><td class=\"number\">{cvss}</td><td class=\"number\">{epss}</td>\
         <td>{}</td><td>{}</td></tr>\n",
        row.known_exploited, row.vex
    ));
}

fn list(page: &mut String, pairs: impl Iterator<Item = (&'static str, String)>) {
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
fn escape(text: &str) -> String {
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
