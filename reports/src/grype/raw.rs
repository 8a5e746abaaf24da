//! The members of a Grype report that are read, as they are written. Unknown members are passed over: the format grows.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::text::Text;

/// A report, or what another program keeps of one.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Document<'a> {
    #[serde(borrow)]
    pub(crate) matches: Option<Vec<Match<'a>>>,
    #[serde(borrow, rename = "ignoredMatches")]
    pub(super) ignored: Option<Vec<Match<'a>>>,
    pub(super) source: Option<Source>,
    pub(super) distro: Option<Distro>,
    pub(super) descriptor: Option<Descriptor>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Distro {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Descriptor {
    pub(super) version: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) db: Option<Database>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Database {
    pub(super) built: Option<String>,
    pub(super) status: Option<Status>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) schema_version: Option<String>,
    pub(super) built: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) target: Option<Target>,
}

/// An image, or the path of what else was scanned.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Target {
    Image(Box<Image>),
    Path(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image {
    pub(super) user_input: Option<String>,
    #[serde(rename = "imageID")]
    pub(super) image_id: Option<String>,
    pub(super) manifest_digest: Option<String>,
    pub(super) repo_digests: Option<Vec<String>>,
    pub(super) architecture: Option<String>,
    #[serde(rename = "architectureVariant")]
    pub(super) variant: Option<String>,
    pub(super) os: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Match<'a> {
    #[serde(borrow)]
    pub(super) vulnerability: Vulnerability<'a>,
    #[serde(borrow, rename = "relatedVulnerabilities")]
    pub(super) related: Option<Vec<Related<'a>>>,
    #[serde(borrow)]
    pub(super) artifact: Artifact<'a>,
    #[serde(rename = "appliedIgnoreRules")]
    pub(super) rules: Option<Vec<Rule>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) severity: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) cvss: Option<Vec<Score<'a>>>,
    pub(super) epss: Option<Vec<EpssEntry>>,
    pub(super) known_exploited: Option<Vec<IgnoredAny>>,
    #[serde(borrow)]
    pub(super) fix: Option<Fix<'a>>,
    #[serde(borrow)]
    pub(super) advisories: Option<Vec<Related<'a>>>,
}

/// A record of the same vulnerability elsewhere, or an advisory.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Related<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) cvss: Option<Vec<Score<'a>>>,
    pub(super) epss: Option<Vec<EpssEntry>>,
    pub(super) known_exploited: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Score<'a> {
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    vector: Option<Text<'a>>,
    pub(super) metrics: Option<Metrics>,
}

impl Score<'_> {
    /// Of a score without a version, the vector tells: those of version 2 carry no prefix.
    pub(super) fn is_version_2(&self) -> bool {
        match self.version.as_deref().filter(|v| !v.is_empty()) {
            Some(version) => version.starts_with('2'),
            None => self.vector.as_deref().is_some_and(|vector| !vector.starts_with("CVSS:")),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Metrics {
    #[serde(rename = "baseScore")]
    pub(super) base: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EpssEntry {
    pub(super) epss: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Fix<'a> {
    #[serde(borrow)]
    pub(super) versions: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(super) state: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) available: Option<Vec<Available<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Available<'a> {
    #[serde(borrow)]
    pub(super) date: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Artifact<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) purl: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) locations: Option<Vec<Location<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Location<'a> {
    #[serde(borrow)]
    pub(super) path: Option<Text<'a>>,
    #[serde(borrow)]
    annotations: Option<Annotations<'a>>,
}

impl Location<'_> {
    /// Whether the package was found by this file, not merely mentioned in it.
    pub(super) fn is_primary(&self) -> bool {
        self.annotations.as_ref().and_then(|a| a.evidence.as_deref()) == Some("primary")
    }
}

#[derive(Debug, Deserialize)]
struct Annotations<'a> {
    #[serde(borrow)]
    evidence: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    #[serde(rename = "vex-status")]
    pub(super) vex_status: Option<String>,
    pub(super) reason: Option<String>,
}
