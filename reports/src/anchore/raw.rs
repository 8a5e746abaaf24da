//! The members of Anchore's answers that are read, in both of their writings.

use serde::Deserialize;

use crate::distro;
use crate::report::Os;
use crate::scalar::{Scalar, filled};
use crate::text::Text;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    registry: Option<String>,
    repository: Option<String>,
    tag: Option<String>,
    pub(super) image_digest: Option<String>,
    pub(super) timestamp: Option<Scalar>,
}

#[derive(Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    pub(super) vuln: Option<Text<'a>>,
    #[serde(borrow, alias = "vulnerabilityId")]
    pub(super) vulnerability_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) severity: Option<Text<'a>>,
    /// Name and version, joined by a hyphen.
    #[serde(borrow)]
    pub(super) package: Option<Text<'a>>,
    #[serde(borrow, alias = "packageName")]
    pub(super) package_name: Option<Text<'a>>,
    #[serde(borrow, alias = "packageVersion")]
    pub(super) package_version: Option<Text<'a>>,
    #[serde(borrow, alias = "packageType")]
    pub(super) package_type: Option<Text<'a>>,
    #[serde(borrow, alias = "packagePath")]
    pub(super) package_path: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) path: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) purl: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) fix: Option<Scalar<Text<'a>>>,
    #[serde(borrow, alias = "fixAvailable")]
    pub(super) fix_available: Option<Scalar<Text<'a>>>,
    #[serde(alias = "fixVersions")]
    pub(super) fix_versions: Option<Vec<String>>,
    #[serde(borrow, alias = "fixState")]
    pub(super) fix_state: Option<Text<'a>>,
    #[serde(alias = "willNotFix")]
    pub(super) will_not_fix: Option<bool>,
    #[serde(borrow, alias = "feedGroup")]
    pub(super) feed_group: Option<Text<'a>>,
    kev: Option<bool>,
    #[serde(borrow, alias = "nvdData")]
    pub(super) nvd_data: Option<Vec<Nvd<'a>>>,
    #[serde(borrow, rename = "nvdCvssBaseScore")]
    pub(super) nvd_score: Option<Scalar<Text<'a>>>,
    /// The CVEs of a vulnerability with another id, separated by commas.
    #[serde(borrow)]
    pub(super) cves: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Nvd<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(alias = "isKev")]
    is_kev: Option<bool>,
    #[serde(borrow, alias = "cvssV3")]
    pub(super) cvss_v3: Option<Cvss<'a>>,
    #[serde(borrow, alias = "cvssV2")]
    pub(super) cvss_v2: Option<Cvss<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Cvss<'a> {
    #[serde(borrow, alias = "baseScore")]
    pub(super) base_score: Option<Scalar<Text<'a>>>,
}

impl Metadata {
    pub(super) fn name(&self) -> Option<String> {
        let parts: Vec<String> =
            [&self.registry, &self.repository].into_iter().flatten().filter(|p| !p.is_empty()).cloned().collect();
        let name = Some(parts.join("/")).filter(|name| !name.is_empty())?;
        Some(match filled(self.tag.clone()) {
            Some(tag) => format!("{name}:{tag}"),
            None => name,
        })
    }
}

impl Item<'_> {
    /// In the KEV catalogue, where the row speaks of it.
    pub(super) fn known_exploited(&self) -> Option<bool> {
        self.nvd_data.iter().flatten().filter_map(|nvd| nvd.is_kev).chain(self.kev).max()
    }

    /// The distribution whose feed the row is from (`debian:12`).
    pub(super) fn os(&self) -> Option<Os> {
        self.feed_group.as_deref().filter(|group| group.contains(':')).and_then(distro::of)
    }
}
