//! The members of a Snyk report that are read, as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::scalar::{Scalar, filled};

/// The image, or an application in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Project {
    pub(super) error: Option<Scalar>,
    pub(super) vulnerabilities: Option<Vec<Vulnerability>>,
    pub(super) applications: Option<Vec<Project>>,
    pub(super) dependency_count: Option<u64>,
    pub(super) package_manager: Option<String>,
    pub(super) project_name: Option<String>,
    pub(super) path: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) target_file: Option<String>,
    /// What was asked for with `--severity-threshold`.
    pub(super) severity_threshold: Option<String>,
    pub(super) docker: Option<Docker>,
    pub(super) filtered: Option<Filtered>,
    scan_result: Option<ScanResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Docker {
    base_image_remediation: Option<Remediation>,
}

#[derive(Deserialize)]
struct Remediation {
    code: Option<String>,
    advice: Option<Vec<Advice>>,
}

#[derive(Deserialize)]
struct Advice {
    message: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Filtered {
    pub(super) ignore: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct ScanResult {
    facts: Option<Vec<Fact>>,
}

#[derive(Deserialize)]
struct Fact {
    #[serde(rename = "type")]
    kind: Option<String>,
    data: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vulnerability {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) severity_with_critical: Option<String>,
    pub(super) cvss_score: Option<Scalar>,
    pub(super) epss_details: Option<Epss>,
    pub(super) publication_time: Option<Scalar>,
    /// By catalogue: `CVE`, `GHSA`, `CWE`, `ALTERNATIVE`, a distribution's own.
    pub(super) identifiers: Option<BTreeMap<String, Option<Vec<Scalar>>>>,
    pub(super) package_manager: Option<String>,
    pub(super) package_name: Option<String>,
    /// For packages of the operating system `source/binary`.
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) fixed_in: Option<Vec<String>>,
    pub(super) nearest_fixed_in_version: Option<String>,
    /// From the project down to the package, each `name@version`, or `false` where a step stays as it is.
    pub(super) upgrade_path: Option<Vec<Scalar>>,
    pub(super) is_upgradable: Option<bool>,
    pub(super) is_ignored: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Epss {
    pub(super) probability: Option<Scalar>,
}

impl Project {
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
        filled(serde_json::from_str::<String>(fact.data.as_ref()?.get()).ok())
    }
}
