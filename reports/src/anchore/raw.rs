//! The members of Anchore's answers that are read, in both of their writings.

use crate::distro;
use crate::json::members;
use crate::report::Os;
use crate::scalar::{Scalar, filled};
use crate::text::Text;

members! {
    pub(super) struct Metadata {
        registry: String,
        repository: String,
        tag: String,
        pub(super) image_digest: String = "imageDigest",
        pub(super) timestamp: Scalar,
    }
}

members! {
    /// A row; first what every row has, since names are looked for in this order.
    pub(super) struct Item<'a> {
        pub(super) vulnerability_id: Text<'a> = "vulnerability_id" | "vulnerabilityId",
        pub(super) severity: Text<'a> = "severity",
        /// The CVEs of a vulnerability with another id, separated by commas.
        pub(super) cves: Text<'a> = "cves",
        /// Name and version, joined by a hyphen.
        pub(super) package: Text<'a> = "package",
        pub(super) package_type: Text<'a> = "package_type" | "packageType",
        pub(super) path: Text<'a> = "path",
        pub(super) fix_available: Scalar<Text<'a>> = "fix_available" | "fixAvailable",
        pub(super) nvd_score: Scalar<Text<'a>> = "nvdCvssBaseScore",
        pub(super) vuln: Text<'a> = "vuln",
        pub(super) package_name: Text<'a> = "package_name" | "packageName",
        pub(super) package_version: Text<'a> = "package_version" | "packageVersion",
        pub(super) package_path: Text<'a> = "package_path" | "packagePath",
        pub(super) purl: Text<'a> = "purl",
        pub(super) fix: Scalar<Text<'a>> = "fix",
        pub(super) fix_versions: Vec<String> = "fix_versions" | "fixVersions",
        pub(super) fix_state: Text<'a> = "fix_state" | "fixState",
        pub(super) will_not_fix: bool = "will_not_fix" | "willNotFix",
        pub(super) feed_group: Text<'a> = "feed_group" | "feedGroup",
        pub(super) kev: bool = "kev",
        pub(super) nvd_data: Vec<Nvd<'a>> = "nvd_data" | "nvdData",
    }
}

members! {
    pub(super) struct Nvd<'a> {
        pub(super) id: Text<'a>,
        is_kev: bool = "is_kev" | "isKev",
        pub(super) cvss_v3: Cvss<'a> = "cvss_v3" | "cvssV3",
        pub(super) cvss_v2: Cvss<'a> = "cvss_v2" | "cvssV2",
    }

    pub(super) struct Cvss<'a> {
        pub(super) base_score: Scalar<Text<'a>> = "base_score" | "baseScore",
    }
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
