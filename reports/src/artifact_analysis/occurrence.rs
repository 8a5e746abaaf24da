//! The members of an occurrence that are read, as they are written. Version 1beta1 names some of them otherwise; both are read.

use serde::Deserialize;

use crate::scalar::{Scalar, filled};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Occurrence {
    pub(super) note_name: Option<String>,
    resource_uri: Option<String>,
    resource: Option<Resource>,
    pub(super) vulnerability: Option<Vulnerability>,
    pub(super) discovery: Option<Discovery>,
}

#[derive(Debug, Deserialize)]
struct Resource {
    uri: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Discovery {
    pub(super) analysis_status: Option<String>,
    pub(super) last_scan_time: Option<Scalar>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vulnerability {
    pub(super) short_description: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) effective_severity: Option<String>,
    pub(super) cvss_score: Option<Scalar>,
    pub(super) cvssv3: Option<Cvss>,
    pub(super) package_issue: Option<Vec<Issue>>,
    pub(super) vex_assessment: Option<Assessment>,
    pub(super) risk: Option<Risk>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cvss {
    pub(super) base_score: Option<Scalar>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issue {
    pub(super) affected_package: Option<String>,
    pub(super) affected_version: Option<Version>,
    pub(super) affected_cpe_uri: Option<String>,
    pub(super) affected_location: Option<Location>,
    pub(super) fixed_version: Option<Version>,
    pub(super) fix_available: Option<bool>,
    pub(super) package_type: Option<String>,
    pub(super) effective_severity: Option<String>,
    pub(super) file_location: Option<Vec<File>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Location {
    pub(super) package: Option<String>,
    pub(super) version: Option<Version>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    pub(super) file_path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    full_name: Option<String>,
    name: Option<String>,
    revision: Option<String>,
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Assessment {
    pub(super) state: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Risk {
    pub(super) epss: Option<EpssOf>,
    /// Present for what the CISA lists.
    pub(super) cisa_kev: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EpssOf {
    pub(super) score: Option<Scalar>,
}

impl Occurrence {
    /// What it is about: `host/project/repository/image@sha256:…`, in the API with `https://` before it.
    pub(super) fn resource(&self) -> Option<String> {
        filled(self.resource_uri.clone()).or_else(|| self.resource.as_ref().and_then(|resource| filled(resource.uri.clone())))
    }
}

impl Issue {
    /// Packages of the operating system; the type was not written before there were others.
    pub(super) fn is_of_os(&self) -> bool {
        self.package_type.as_deref().is_none_or(|kind| kind.is_empty() || kind == "OS")
    }
}

impl Version {
    /// As text; `None` for the marks before the first and after the last version (`MINIMUM`, `MAXIMUM`).
    pub(super) fn text(&self) -> Option<String> {
        if self.kind.as_deref().is_some_and(|kind| kind == "MAXIMUM" || kind == "MINIMUM") {
            return None;
        }
        let of_parts = || {
            filled(self.name.clone()).map(|name| match filled(self.revision.clone()) {
                Some(revision) => format!("{name}-{revision}"),
                None => name,
            })
        };
        filled(self.full_name.clone()).or_else(of_parts)
    }
}
