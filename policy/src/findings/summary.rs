//! The summary of a findings document: counts, made before anything is set aside. Most admissions are settled by it.
//!
//! Source: the findings document, "The summary".

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{CvssScore, Document, Epss, Field, Image, SCHEMA_VERSION, Severity};
use crate::limits;

/// The value of the manifest annotation [`super::SUMMARY_ANNOTATION`], as compact JSON. Units are those of the packed document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary<'a> {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The document's subject.
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    /// The document's scanner.
    #[serde(borrow)]
    pub scanner: ScannerSummary<'a>,
    /// Unix seconds.
    pub scanned_at: i64,
    /// The document's `provides`.
    pub provides: Vec<Field>,
    /// Digest of the config blob.
    #[serde(borrow)]
    pub config: Cow<'a, str>,
    /// One entry for each of the document's images, in its order.
    #[serde(borrow)]
    pub images: Vec<ImageSummary<'a>>,
}

impl Summary<'_> {
    /// Whether the document is about a single image, not about an index.
    pub fn is_single(&self) -> bool {
        matches!(self.images.as_slice(), [image] if image.digest == self.subject)
    }
}

/// The document's scanner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScannerSummary<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Version, where known.
    #[serde(borrow)]
    pub version: Option<Cow<'a, str>>,
    /// Unix seconds, where known.
    pub database_updated_at: Option<i64>,
}

/// The counts of one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageSummary<'a> {
    /// Digest of the image manifest.
    #[serde(borrow)]
    pub digest: Cow<'a, str>,
    /// As in the document.
    #[serde(borrow)]
    pub platform: Option<Cow<'a, str>>,
    /// As in the document; absent where the scanner does not say.
    pub os_end_of_life: Option<bool>,
    /// `None`: this platform was not scanned.
    pub counts: Option<Counts>,
    /// Vulnerabilities in the KEV catalogue.
    pub known_exploited: u32,
    /// Highest EPSS, where any vulnerability has one; hundred-thousandths.
    pub max_epss: Option<u32>,
    /// Highest CVSS score, where any vulnerability has one; tenths.
    pub max_cvss: Option<u32>,
}

/// Vulnerabilities, those of them with at least one fixable finding, and findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count(pub u32, pub u32, pub u32);

/// A count for each severity as the document states it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the severities speak for themselves")]
pub struct Counts {
    pub critical: Count,
    pub high: Count,
    pub medium: Count,
    pub low: Count,
    pub negligible: Count,
    pub unknown: Count,
}

impl Counts {
    /// The count of one severity.
    pub fn of(&self, severity: Severity) -> Count {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Negligible => self.negligible,
            Severity::Unknown => self.unknown,
        }
    }

    fn of_mut(&mut self, severity: Severity) -> &mut Count {
        match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Negligible => &mut self.negligible,
            Severity::Unknown => &mut self.unknown,
        }
    }
}

/// Summarises a document whose config blob has the digest `config`.
pub fn summarize<'a>(document: &'a Document<'_>, config: &'a str) -> Summary<'a> {
    Summary {
        schema_version: SCHEMA_VERSION,
        subject: Cow::Borrowed(&document.subject),
        scanner: ScannerSummary {
            name: Cow::Borrowed(&document.scanner.name),
            version: document.scanner.version.as_deref().map(Cow::Borrowed),
            database_updated_at: document.scanner.database_updated_at.map(|t| t.unix()),
        },
        scanned_at: document.scanned_at.unix(),
        provides: document.provides.clone(),
        config: Cow::Borrowed(config),
        images: document.images.iter().map(summarize_image).collect(),
    }
}

fn summarize_image<'a>(image: &'a Image<'_>) -> ImageSummary<'a> {
    let vulnerabilities = image.vulnerabilities.as_deref().unwrap_or_default();
    let mut counts = Counts::default();
    for vulnerability in vulnerabilities {
        let count = counts.of_mut(vulnerability.severity);
        count.0 = count.0.saturating_add(1);
        count.1 = count.1.saturating_add(u32::from(vulnerability.findings.iter().any(|f| f.is_fixable())));
        count.2 = count.2.saturating_add(u32::try_from(vulnerability.findings.len()).unwrap_or(u32::MAX));
    }
    let exploited = vulnerabilities.iter().filter(|v| v.known_exploited == Some(true)).count();
    ImageSummary {
        digest: Cow::Borrowed(&image.digest),
        platform: image.platform.as_deref().map(Cow::Borrowed),
        os_end_of_life: image.os.as_ref().and_then(|os| os.end_of_life),
        counts: image.vulnerabilities.is_some().then_some(counts),
        known_exploited: u32::try_from(exploited).unwrap_or(u32::MAX),
        max_epss: vulnerabilities.iter().filter_map(|v| v.epss).max().map(Epss::units),
        max_cvss: vulnerabilities.iter().filter_map(|v| v.cvss).max().map(CvssScore::units),
    }
}

/// Reads an annotation; `None` where it is malformed or larger than [`limits::SUMMARY_BYTES`], which means: read the document.
pub fn read(annotation: &str) -> Option<Summary<'_>> {
    if annotation.len() > limits::SUMMARY_BYTES {
        return None;
    }
    let summary: Summary<'_> = serde_json::from_str(annotation).ok()?;
    let is_single = summary.images.iter().any(|image| image.digest == summary.subject);
    let is_sound = summary.schema_version == SCHEMA_VERSION
        && crate::time::Timestamp::from_unix(summary.scanned_at).is_some()
        && (!is_single || summary.images.len() == 1);
    is_sound.then_some(summary)
}
