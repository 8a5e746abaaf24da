//! The members of Anchore's answers that are read, in both of their writings.

use serde::Deserialize;

use crate::distro;
use crate::members::members;
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

members! {
    /// A row.
    pub(super) struct Item<'a> {
        vuln: Text<'a> = "vuln",
        vulnerability_id: Text<'a> = "vulnerability_id" | "vulnerabilityId",
        severity: Text<'a> = "severity",
        /// Name and version, joined by a hyphen.
        package: Text<'a> = "package",
        package_name: Text<'a> = "package_name" | "packageName",
        package_version: Text<'a> = "package_version" | "packageVersion",
        package_type: Text<'a> = "package_type" | "packageType",
        package_path: Text<'a> = "package_path" | "packagePath",
        path: Text<'a> = "path",
        purl: Text<'a> = "purl",
        fix: Scalar<Text<'a>> = "fix",
        fix_available: Scalar<Text<'a>> = "fix_available" | "fixAvailable",
        fix_versions: Vec<String> = "fix_versions" | "fixVersions",
        fix_state: Text<'a> = "fix_state" | "fixState",
        will_not_fix: bool = "will_not_fix" | "willNotFix",
        feed_group: Text<'a> = "feed_group" | "feedGroup",
        kev: bool = "kev",
        nvd_data: Vec<Nvd<'a>> = "nvd_data" | "nvdData",
        nvd_score: Scalar<Text<'a>> = "nvdCvssBaseScore",
        /// The CVEs of a vulnerability with another id, separated by commas.
        cves: Text<'a> = "cves",
    }
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
