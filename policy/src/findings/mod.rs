//! The findings document: what is known of an image's vulnerabilities, in the one shape that the gate reads.
//!
//! JSON (for people, the command line and test cases) and MessagePack arrays (for the registry) are two writings of these same types:
//! [`json`] and [`packed`]. Text is borrowed from the buffer it was read from. What holds between the fields is checked in [`check`];
//! nothing here knows of rules. Source: the findings document, schema version 1.

pub mod check;
pub mod json;
pub mod packed;
pub mod scale;
pub mod summary;
mod unpack;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use self::scale::{CvssScore, Epss, FixState, Severity, VexStatus, decimal};
use crate::limits;
use crate::time::Timestamp;

/// The schema version that this module reads and writes.
pub const SCHEMA_VERSION: u32 = 1;
/// `artifactType` of a findings artifact and media type of its config.
pub const MEDIA_TYPE: &str = "application/vnd.gated-deployment.findings.v1+json";
/// Manifest annotation that holds the summary.
pub const SUMMARY_ANNOTATION: &str = "io.gated-deployment.summary";

/// The annotation that a signature of findings carries, so that a key that also signs images does not thereby sign clean bills.
pub const SIGNATURE_ANNOTATION: (&str, &str) = ("io.gated-deployment.type", "findings.v1");

/// The tag under which the findings artifact of an image is kept, from the hex digits of its sha256 digest.
pub fn tag(hex: &str) -> String {
    format!("sha256-{hex}.findings")
}

/// A findings document. Field order is the packed layout's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document<'a> {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Digest of the image manifest or image index that the findings are about.
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    /// Who looked.
    #[serde(borrow)]
    pub scanner: Scanner<'a>,
    /// When the scan was finished.
    pub scanned_at: Timestamp,
    /// The optional fields that the scanner or an enrichment speaks about at all.
    #[serde(deserialize_with = "scale::short_list")]
    pub provides: Vec<Field>,
    /// One entry for a single image, one for every platform of an index.
    #[serde(borrow, deserialize_with = "scale::list::<_, _, { limits::DOCUMENT_IMAGES }>")]
    pub images: Vec<Image<'a>>,
}

impl Document<'_> {
    /// Whether it is about a single image, not about an index.
    pub fn is_single(&self) -> bool {
        matches!(self.images.as_slice(), [image] if image.digest == self.subject)
    }
}

/// The scanner, or several whose reports were merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scanner<'a> {
    /// For people: `trivy`; of several in the order of their names, `grype+trivy`.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its version, where known.
    #[serde(borrow, default, deserialize_with = "scale::optional_text")]
    pub version: Option<Cow<'a, str>>,
    /// When its database was built, where known.
    pub database_updated_at: Option<Timestamp>,
}

/// A field that not every scanner speaks about. Inside `provides`, absence on a finding means "no" or "none known"; outside, unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Other names of the same vulnerability.
    Aliases,
    /// CVSS base score.
    Cvss,
    /// EPSS probability.
    Epss,
    /// Membership in the CISA KEV catalogue.
    KnownExploited,
    /// Date of publication of the vulnerability.
    PublishedAt,
    /// Date since which a fix has been available.
    FixAvailableAt,
    /// Location of the package in the image.
    Path,
    /// VEX status.
    Vex,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 8] = [
        Self::Aliases,
        Self::Cvss,
        Self::Epss,
        Self::KnownExploited,
        Self::PublishedAt,
        Self::FixAvailableAt,
        Self::Path,
        Self::Vex,
    ];

    /// The field that documents write so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The name as documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aliases => "aliases",
            Self::Cvss => "cvss",
            Self::Epss => "epss",
            Self::KnownExploited => "knownExploited",
            Self::PublishedAt => "publishedAt",
            Self::FixAvailableAt => "fixAvailableAt",
            Self::Path => "path",
            Self::Vex => "vex",
        }
    }
}

/// One image: the subject itself, or a platform of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image<'a> {
    /// Digest of the image manifest.
    #[serde(borrow)]
    pub digest: Cow<'a, str>,
    /// `os/architecture[/variant]`, where known.
    #[serde(borrow, default, deserialize_with = "scale::optional_text")]
    pub platform: Option<Cow<'a, str>>,
    /// The operating system, where the scanner saw one.
    #[serde(borrow)]
    pub os: Option<Os<'a>>,
    /// Sorted from critical down, unknown last, then by the bytes of the id. `None`: this platform was not scanned.
    #[serde(borrow, default, deserialize_with = "scale::optional_list::<_, _, { limits::VULNERABILITIES }>")]
    pub vulnerabilities: Option<Vec<Vulnerability<'a>>>,
}

/// The operating system of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Os<'a> {
    /// `debian`, `alpine`, …
    #[serde(borrow)]
    pub family: Cow<'a, str>,
    /// Its version, where known.
    #[serde(borrow, default, deserialize_with = "scale::optional_text")]
    pub version: Option<Cow<'a, str>>,
    /// Whether its publisher has stopped maintaining it; `None` where the scanner does not say.
    pub end_of_life: Option<bool>,
}

/// All findings with the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vulnerability<'a> {
    /// CVE, GHSA, OSV or vendor id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// As the scanner states it; unknown is off the scale until `unknownSeverity` places it.
    pub severity: Severity,
    /// One for each affected package; never empty.
    #[serde(borrow, deserialize_with = "scale::list::<_, _, { limits::LIST_ITEMS }>")]
    pub findings: Vec<Finding<'a>>,
    /// Other ids of this same vulnerability.
    #[serde(borrow, default, deserialize_with = "scale::texts")]
    pub aliases: Vec<Cow<'a, str>>,
    /// Ids of bulletins (DSA, RHSA, USN, …) that cover it among others.
    #[serde(borrow, default, deserialize_with = "scale::texts")]
    pub advisories: Vec<Cow<'a, str>>,
    /// Highest base score.
    pub cvss: Option<CvssScore>,
    /// EPSS probability.
    pub epss: Option<Epss>,
    /// In the CISA KEV catalogue.
    pub known_exploited: Option<bool>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

impl Vulnerability<'_> {
    /// Whether `id` is its id, an alias or an advisory that covers it, without regard to case.
    pub fn is_named(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
            || self.advisories.iter().any(|advisory| advisory.eq_ignore_ascii_case(id))
    }
}

/// One vulnerability in one package of one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding<'a> {
    /// Package URL.
    #[serde(borrow)]
    pub purl: Cow<'a, str>,
    /// Installed version, where known.
    #[serde(borrow, default, deserialize_with = "scale::optional_text")]
    pub installed: Option<Cow<'a, str>>,
    /// Versions that fix it.
    #[serde(borrow, default, deserialize_with = "scale::texts")]
    pub fixed: Vec<Cow<'a, str>>,
    /// What the publisher of the package does about it.
    pub fix_state: FixState,
    /// Since when a fix has been available.
    pub fix_available_at: Option<Timestamp>,
    /// Location in the image, without a leading slash.
    #[serde(borrow, default, deserialize_with = "scale::optional_text")]
    pub path: Option<Cow<'a, str>>,
    /// VEX status.
    pub vex: Option<VexStatus>,
    /// Who stated the VEX status.
    #[serde(borrow, default, deserialize_with = "scale::optional_text")]
    pub vex_source: Option<Cow<'a, str>>,
}

impl Finding<'_> {
    /// A fix is known: the state says so, or a fixed version is named (rule language, `fixable`).
    pub fn is_fixable(&self) -> bool {
        self.fix_state == FixState::Fixed || !self.fixed.is_empty()
    }
}
