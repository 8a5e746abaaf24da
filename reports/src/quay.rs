//! Quay's security information of a manifest (`/api/v1/repository/…/manifest/…/security?vulnerabilities=true`) → [`Report`].
//!
//! Source: Quay's API, "getRepoManifestSecurity". It provides `cvss` (`Metadata.NVD`) alone: no dates, no aliases beyond the ids in the
//! name, no paths, and neither the time of the scan nor the scanner's version.

use policy::findings::{Field, FixState};

use crate::clair::names;
use crate::ecosystem::Ecosystem;
use crate::json::{self, members};
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, Outline, Reader, ReportError, Texts, distro, words};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.quay.security+json", recognise, read };

/// What Quay says of a scan.
const STATUSES: [&str; 4] = ["scanned", "queued", "failed", "unsupported"];

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let is_layer = |o: &Outline<'_>| o.has_within("Layer", "Features");
    let has_status = outline.text("status").is_some_and(|status| STATUSES.contains(&status.as_str())) && outline.has("data");
    let has_layer = || is_layer(outline) || outline.member("data").is_some_and(|data| is_layer(&data));
    (has_status || has_layer())
        .then(|| "`Layer` with `Features`, or a scan `status` beside `data`: Quay's security information".to_owned())
}

members! {
    struct Raw<'a> {
        status: String,
        data: Data<'a>,
        layer: Layer<'a> = "Layer",
    }

    struct Data<'a> {
        layer: Layer<'a> = "Layer",
    }

    struct Layer<'a> {
        name: String = "Name",
        indexed_by_version: i64 = "IndexedByVersion",
        features: Vec<Feature<'a>> = "Features",
    }

    struct Feature<'a> {
        name: Text<'a> = "Name",
        version: Text<'a> = "Version",
        version_format: Text<'a> = "VersionFormat",
        vulnerabilities: Vec<Vulnerability<'a>> = "Vulnerabilities",
    }

    struct Vulnerability<'a> {
        name: Text<'a> = "Name",
        severity: Text<'a> = "Severity",
        fixed_by: Text<'a> = "FixedBy",
        link: Text<'a> = "Link",
        namespace_name: Text<'a> = "NamespaceName",
        metadata: Metadata<'a> = "Metadata",
    }

    struct Metadata<'a> {
        distro_name: Text<'a> = "DistroName",
        distro_version: Text<'a> = "DistroVersion",
        nvd: Nvd<'a> = "NVD",
    }

    struct Nvd<'a> {
        v3: Cvss<'a> = "CVSSv3",
    }

    struct Cvss<'a> {
        score: Scalar<Text<'a>> = "Score",
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw<'_> = json::parse(text, "Quay report")?;
    if let Some(status) = raw.status.filter(|status| status != "scanned") {
        return Err(ReportError::new(
            format!("the scan by Quay is not finished: its status is `{status}`"),
            Some("wait until the status is `scanned`"),
        ));
    }
    let layer = raw.layer.or_else(|| raw.data.and_then(|data| data.layer));
    let Some((features, layer)) = layer.map(|mut layer| (layer.features.take().unwrap_or_default(), layer)) else {
        return Err(ReportError::new(
            "the Quay report holds no `Layer`: the manifest was not scanned",
            Some("wait for the scan"),
        ));
    };
    // Without `vulnerabilities=true` Quay lists features only.
    let claim = if features.iter().any(|feature| feature.vulnerabilities.is_some()) {
        Claim::Vulnerabilities
    } else if features.is_empty() {
        Claim::Unclear(
            "the Quay report lists no package at all, so that it does not show whether anything was looked at".to_owned(),
        )
    } else {
        Claim::None(
            "the Quay report lists packages without their vulnerabilities: ask for it with `?vulnerabilities=true`".to_owned(),
        )
    };
    let mut notes = Notes::default();
    let mut systems: Vec<Os> = features
        .iter()
        .flat_map(|feature| feature.vulnerabilities.iter().flatten())
        .filter_map(|vulnerability| vulnerability.os())
        .collect();
    systems.dedup();
    // Up to Clair 2 the name is that of a layer.
    let digest =
        filled(layer.name).filter(|name| name.starts_with("sha256:") && layer.indexed_by_version.is_some_and(|v| v >= 4));
    Ok(Report {
        format: Format::Quay,
        scanner: Scanner { name: "clair".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os: Some(systems).filter(|systems| systems.len() == 1).and_then(|systems| systems.into_iter().next()),
        subject: Subject {
            kind: SubjectKind::Image,
            name: None,
            digests: digest.into_iter().collect(),
            image_id: None,
            platform: None,
        },
        claim,
        provides: vec![Field::Aliases, Field::Cvss],
        rows: features.into_iter().flat_map(|feature| rows(feature, &mut notes)).collect(),
        notes,
    })
}

fn rows(feature: Feature<'_>, notes: &mut Notes) -> Vec<Row> {
    let mut rows = Vec::new();
    for vulnerability in feature.vulnerabilities.unwrap_or_default() {
        let os = vulnerability.os();
        let name = vulnerability.name.unwrap_or_default();
        let mut ids = names::in_name(&name);
        if !ids.iter().any(|id| words::is_vulnerability_id(id)) {
            ids.extend(names::cves_in_links(vulnerability.link.as_deref().unwrap_or_default()));
        }
        let format = feature.version_format.as_deref().filter(|format| !format.is_empty());
        let family = os.as_ref().map(|os| os.family.as_str());
        let score = vulnerability.metadata.and_then(|m| m.nvd).and_then(|nvd| nvd.v3).and_then(|v3| v3.score);
        let fixed: Texts = filled(vulnerability.fixed_by).filter(|version| version != "0").into_iter().collect();
        let stated = Stated {
            names: ids,
            title: filled(Some(name)),
            severity: vulnerability.severity,
            cvss: scalar::score(score.as_ref(), notes),
            ecosystem: Ecosystem::of(format.unwrap_or("os"), family),
            package: feature.name.clone().map(String::from),
            installed: feature.version.clone().map(String::from),
            fix_state: stated::fix_state(&fixed, FixState::NotFixed),
            fixed,
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}

impl Vulnerability<'_> {
    /// The distribution by which the vulnerability was found; none for language packages, whose updaters are named otherwise.
    fn os(&self) -> Option<Os> {
        let named = self.metadata.as_ref().and_then(|metadata| {
            let os = distro::of(metadata.distro_name.as_deref()?)?;
            let version = metadata.distro_version.as_deref().and_then(|version| version.split(' ').next()).map(str::to_owned);
            Some(Os { version: filled(version).or(os.version), ..os })
        });
        named.or_else(|| self.namespace_name.as_deref().filter(|name| name.contains(':')).and_then(distro::of))
    }
}
