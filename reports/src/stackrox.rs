//! StackRox (Red Hat Advanced Cluster Security): an image as its API hands it out (`/v1/images/…`), and the table of `roxctl image scan
//! --output json` → [`Report`].
//!
//! Source: StackRox API 1, "storageImage" and "storageImageScan"; roxctl, "image scan". The API provides `cvss`, `publishedAt`
//! (`publishedOn`), `path` (a component's location) and `vex` (what its users marked as a false positive), and `epss` where rows
//! carry it. The table provides `cvss` alone, and names neither image nor time.

mod image;
mod table;

use crate::report::Report;
use crate::{Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.stackrox.image-scan+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    if outline.member("result").is_some_and(|result| result.member("summary").is_some_and(|s| s.has("TOTAL-VULNERABILITIES"))) {
        return Some("`result.summary.TOTAL-VULNERABILITIES`: roxctl's scan of an image".to_owned());
    }
    let scan = outline.member("scan").filter(|scan| scan.has("components") || scan.has("scanTime"))?;
    let is_image = outline.has("name") || outline.has("metadata");
    (is_image && !scan.has("analyzer"))
        .then(|| "`scan` with `components` beside `name` or `metadata`: an image of StackRox".to_owned())
}

fn read(text: &str) -> Result<Report, ReportError> {
    match Outline::read(text)?.has("result") {
        true => table::read(text),
        false => image::read(text),
    }
}
