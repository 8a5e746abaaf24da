//! Matches in the shape of Grype's model, as documents of other programs embed them → rows.
//!
//! Source: Grype, `grype/presenter/models`; Kubescape keeps the same members in `spdx.softwarecomposition.kubescape.io/v1beta1`.

use policy::findings::{CvssScore, FixState};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::distro;
use crate::ecosystem::Ecosystem;
use crate::report::{Notes, Os, Row};
use crate::scalar::{self, Scalar, filled};
use crate::stated::{self, Stated};

/// The document.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) matches: Option<Vec<Match>>,
    pub(crate) ignored_matches: Option<Vec<IgnoredAny>>,
    pub(crate) source: Option<Source>,
    distro: Option<Distro>,
}

#[derive(Deserialize)]
pub(crate) struct Source {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) target: Option<Target>,
}

/// An image, or the path of something else.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Target {
    Image(Box<ImageTarget>),
    Other(IgnoredAny),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageTarget {
    pub(crate) user_input: Option<String>,
    #[serde(rename = "imageID")]
    pub(crate) image_id: Option<String>,
    pub(crate) manifest_digest: Option<String>,
    pub(crate) repo_digests: Option<Vec<String>>,
    pub(crate) os: Option<String>,
    pub(crate) architecture: Option<String>,
}

#[derive(Deserialize)]
struct Distro {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Match {
    vulnerability: Option<Vulnerability>,
    related_vulnerabilities: Option<Vec<Related>>,
    artifact: Option<Artifact>,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: Option<String>,
    severity: Option<String>,
    cvss: Option<Vec<Cvss>>,
    fix: Option<Fix>,
    advisories: Option<Vec<Advisory>>,
}

#[derive(Deserialize)]
struct Related {
    id: Option<String>,
    cvss: Option<Vec<Cvss>>,
}

#[derive(Deserialize)]
struct Cvss {
    version: Option<String>,
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    base_score: Option<Scalar>,
}

#[derive(Deserialize)]
struct Fix {
    versions: Option<Vec<String>>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Advisory {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Artifact {
    name: Option<String>,
    version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    purl: Option<String>,
    locations: Option<Vec<Location>>,
}

#[derive(Deserialize)]
struct Location {
    path: Option<String>,
}

impl Document {
    /// The operating system by whose packages was matched.
    pub(crate) fn os(&self) -> Option<Os> {
        let distro = self.distro.as_ref()?;
        let name = filled(distro.name.clone())?;
        let version = filled(distro.version.clone());
        let family = distro::of(&name).map_or(name, |os| os.family);
        Some(Os { family, version, end_of_life: None })
    }

    /// The image that was looked at; `None` where it was something else.
    pub(crate) fn image(&self) -> Option<&ImageTarget> {
        match self.source.as_ref().filter(|source| source.kind.as_deref() == Some("image"))?.target.as_ref()? {
            Target::Image(image) => Some(image),
            Target::Other(_) => None,
        }
    }

    /// The rows of all matches; ignored ones are only counted.
    pub(crate) fn rows(self, notes: &mut Notes) -> Vec<Row> {
        for _ in self.ignored_matches.iter().flatten() {
            notes.add("row left out by the scan's own configuration (`ignoredMatches`)");
        }
        let family = self.os().map(|os| os.family);
        self.matches.unwrap_or_default().into_iter().flat_map(|found| rows(found, family.as_deref(), notes)).collect()
    }
}

fn rows(found: Match, family: Option<&str>, notes: &mut Notes) -> Vec<Row> {
    let Some(vulnerability) = found.vulnerability else {
        notes.add("row dropped: it names no vulnerability");
        return Vec::new();
    };
    let related = found.related_vulnerabilities.unwrap_or_default();
    // Distributions often have no score of their own.
    let cvss = newest(vulnerability.cvss.as_deref().unwrap_or_default(), notes)
        .or_else(|| related.iter().filter_map(|r| newest(r.cvss.as_deref().unwrap_or_default(), notes)).max());
    let (fixed, state) = vulnerability.fix.map_or((Vec::new(), None), |fix| (fix.versions.unwrap_or_default(), fix.state));
    let fixed: Vec<String> = fixed.into_iter().filter(|version| !version.is_empty()).collect();
    let fix_state = match state.as_deref().unwrap_or_default() {
        "fixed" => FixState::Fixed,
        "not-fixed" => FixState::NotFixed,
        "wont-fix" => FixState::WontFix,
        "" | "unknown" => stated::fix_state(&fixed, FixState::Unknown),
        other => {
            notes.add(format!("fix state `{other}`: unknown"));
            FixState::Unknown
        }
    };
    let (package, installed, kind, purl, locations) =
        found.artifact.map_or((None, None, None, None, None), |a| (a.name, a.version, a.kind, a.purl, a.locations));
    let stated = Stated {
        id: filled(vulnerability.id),
        names: related.into_iter().filter_map(|related| related.id).collect(),
        advisories: vulnerability.advisories.unwrap_or_default().into_iter().filter_map(|a| filled(a.id)).collect(),
        severity: vulnerability.severity,
        cvss,
        purl: filled(purl),
        ecosystem: Ecosystem::of(kind.as_deref().unwrap_or_default(), family),
        package,
        installed,
        path: scalar::path(locations.into_iter().flatten().next().and_then(|location| location.path)),
        fixed,
        fix_state,
        ..Stated::default()
    };
    stated.rows(notes)
}

/// The highest score of the newest version of CVSS.
fn newest(scores: &[Cvss], notes: &mut Notes) -> Option<CvssScore> {
    let scores = scores.iter().filter_map(|cvss| {
        let score = scalar::score(cvss.metrics.as_ref().and_then(|metrics| metrics.base_score.as_ref()), notes)?;
        Some((cvss.version.as_deref().unwrap_or_default().chars().next(), score))
    });
    scores.max().map(|(_, score)| score)
}
