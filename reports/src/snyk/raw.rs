//! The members of a Snyk report that are read, as they are written.

use serde_json::value::RawValue;

use crate::json::{self, Anything, Table, members};
use crate::scalar::{Scalar, filled};

members! {
    /// The image, or an application in it.
    pub(super) struct Project<'a> {
        pub(super) error: Scalar,
        pub(super) vulnerabilities: Vec<Vulnerability>,
        pub(super) applications: Vec<Project<'a>>,
        pub(super) dependency_count: u64 = "dependencyCount",
        pub(super) package_manager: String = "packageManager",
        pub(super) project_name: String = "projectName",
        pub(super) path: String,
        pub(super) platform: String,
        pub(super) target_file: String = "targetFile",
        /// What was asked for with `--severity-threshold`.
        pub(super) severity_threshold: String = "severityThreshold",
        pub(super) docker: Docker,
        pub(super) filtered: Filtered,
        scan_result: ScanResult<'a> = "scanResult",
    }

    pub(super) struct Docker {
        base_image_remediation: Remediation = "baseImageRemediation",
    }

    struct Remediation {
        code: String,
        advice: Vec<Advice>,
    }

    struct Advice {
        message: String,
    }

    pub(super) struct Filtered {
        pub(super) ignore: Vec<Anything>,
    }

    struct ScanResult<'a> {
        facts: Vec<Fact<'a>>,
    }

    struct Fact<'a> {
        kind: String = "type",
        data: &'a RawValue,
    }

    pub(super) struct Vulnerability {
        pub(super) id: String,
        pub(super) title: String,
        pub(super) kind: String = "type",
        pub(super) severity: String,
        pub(super) severity_with_critical: String = "severityWithCritical",
        pub(super) cvss_score: Scalar = "cvssScore",
        pub(super) epss_details: Epss = "epssDetails",
        pub(super) publication_time: Scalar = "publicationTime",
        /// By catalogue: `CVE`, `GHSA`, `CWE`, `ALTERNATIVE`, a distribution's own.
        pub(super) identifiers: Table<String, Option<Vec<Scalar>>>,
        pub(super) package_manager: String = "packageManager",
        pub(super) package_name: String = "packageName",
        /// For packages of the operating system `source/binary`.
        pub(super) name: String,
        pub(super) version: String,
        pub(super) fixed_in: Vec<String> = "fixedIn",
        pub(super) nearest_fixed_in_version: String = "nearestFixedInVersion",
        /// From the project down to the package, each `name@version`, or `false` where a step stays as it is.
        pub(super) upgrade_path: Vec<Scalar> = "upgradePath",
        pub(super) is_upgradable: bool = "isUpgradable",
        pub(super) is_ignored: bool = "isIgnored",
    }

    pub(super) struct Epss {
        pub(super) probability: Scalar,
    }
}

impl Project<'_> {
    /// What Snyk says where it knows the operating system and has no vulnerabilities of it.
    pub(super) fn without_data(&self) -> Option<String> {
        let remediation = self.docker.as_ref()?.base_image_remediation.as_ref()?;
        let is_untracked = remediation.code.as_deref().is_some_and(|code| code.starts_with("UNTRACKED"));
        let message = remediation.advice.iter().flatten().find_map(|advice| advice.message.clone());
        is_untracked.then(|| message.or_else(|| remediation.code.clone()).unwrap_or_default())
    }

    pub(super) fn image_id(&self) -> Option<String> {
        let facts = self.scan_result.as_ref()?.facts.as_ref()?;
        let fact = facts.iter().find(|fact| fact.kind.as_deref() == Some("imageId"))?;
        filled(json::read::<String>(fact.data?.get()).ok())
    }
}
