//! What the gate sees of an image → one HTML page.

use policy::findings::summary::{self, ImageSummary};
use policy::findings::{Document, Image, Severity};
use policy::settings::Settings;
use policy::time::Timestamp;

use super::chart;
use super::seen::{self, Part, Seen};
use super::table;
use super::worst::{self, Row};
use crate::page::{self, Listed, escape};

const LISTED: Listed = Listed {
    noun: "findings",
    hint: "id, package, version …",
    choice: Some(("severity", "critical high medium low negligible unknown")),
    flag: Some("fixable"),
};
const HEADING: [&str; 9] = ["Vulnerability", "Severity", "Package", "Installed", "Fixed", "CVSS", "EPSS", "KEV", "VEX"];

/// The page; with so many vulnerabilities of each platform, or all.
pub(super) fn page(seen: &Seen<'_>, settings: &Settings, now: Timestamp, top: Option<usize>) -> String {
    let mut page = page::open(&format!("Findings of {}", seen.reference));
    let digest = seen.digest.iter().map(|digest| ("digest", digest.as_str().to_owned()));
    page::list(&mut page, digest);
    for part in &seen.parts {
        write_part(&mut page, part, settings, now, top);
    }
    page::close(&mut page, &format!("As a gate would have seen it at {now}."));
    page
}

fn write_part(page: &mut String, part: &Part<'_>, settings: &Settings, now: Timestamp, top: Option<usize>) {
    if let Some(platform) = &part.platform {
        page.push_str(&format!("<h2>{}</h2>\n", escape(platform)));
        page::list(page, part.digest.iter().map(|digest| ("digest", digest.as_str().to_owned())));
    }
    page::list(page, table::facts(part, settings, now).into_iter());
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
    page::open_table(page, LISTED, HEADING.map(|name| (name, matches!(name, "CVSS" | "EPSS"))));
    for vulnerability in shown {
        for finding in &vulnerability.findings {
            write_row(page, &worst::row(document, vulnerability, finding), finding.path.as_deref());
        }
    }
    page::close_table(page);
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
