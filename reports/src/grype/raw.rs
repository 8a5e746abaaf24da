//! The members of a Grype report that are read, as they are written. Unknown members are passed over: the format grows.

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) matches: Option<Vec<Match>>,
    #[serde(rename = "ignoredMatches")]
    pub(super) ignored: Option<Vec<Match>>,
    pub(super) source: Option<Source>,
    pub(super) distro: Option<Distro>,
    pub(super) descriptor: Descriptor,
}

#[derive(Debug, Deserialize)]
pub(super) struct Distro {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

#[derive(Debug, Deserialize)]
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
pub(super) struct Match {
    pub(super) vulnerability: Vulnerability,
    #[serde(rename = "relatedVulnerabilities")]
    pub(super) related: Option<Vec<Related>>,
    pub(super) artifact: Artifact,
    #[serde(rename = "appliedIgnoreRules")]
    pub(super) rules: Option<Vec<Rule>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vulnerability {
    pub(super) id: String,
    pub(super) severity: Option<String>,
    pub(super) cvss: Option<Vec<Score>>,
    pub(super) epss: Option<Vec<EpssEntry>>,
    pub(super) known_exploited: Option<Vec<IgnoredAny>>,
    pub(super) fix: Option<Fix>,
    pub(super) advisories: Option<Vec<Related>>,
}

/// A record of the same vulnerability elsewhere, or an advisory.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Related {
    pub(super) id: Option<String>,
    pub(super) cvss: Option<Vec<Score>>,
    pub(super) epss: Option<Vec<EpssEntry>>,
    pub(super) known_exploited: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Score {
    version: Option<String>,
    vector: Option<String>,
    pub(super) metrics: Option<Metrics>,
}

impl Score {
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

#[derive(Debug, Deserialize)]
pub(super) struct Fix {
    pub(super) versions: Option<Vec<String>>,
    pub(super) state: Option<String>,
    pub(super) available: Option<Vec<Available>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Available {
    pub(super) date: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Artifact {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) purl: Option<String>,
    pub(super) locations: Option<Vec<Location>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Location {
    pub(super) path: Option<String>,
    annotations: Option<Annotations>,
}

impl Location {
    /// Whether the package was found by this file, not merely mentioned in it.
    pub(super) fn is_primary(&self) -> bool {
        self.annotations.as_ref().and_then(|a| a.evidence.as_deref()) == Some("primary")
    }
}

#[derive(Debug, Deserialize)]
struct Annotations {
    evidence: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    #[serde(rename = "vex-status")]
    pub(super) vex_status: Option<String>,
    pub(super) reason: Option<String>,
}
