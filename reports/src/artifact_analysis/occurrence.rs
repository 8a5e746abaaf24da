//! The members of an occurrence that are read, as they are written. Version 1beta1 names some of them otherwise; both are read.

use crate::json::{Anything, members};
use crate::scalar::{Scalar, filled};

members! {
    pub(super) struct Occurrence {
        pub(super) note_name: String = "noteName",
        resource_uri: String = "resourceUri",
        resource: Resource,
        pub(super) vulnerability: Vulnerability,
        pub(super) discovery: Discovery,
    }

    struct Resource {
        uri: String,
    }

    pub(super) struct Discovery {
        pub(super) analysis_status: String = "analysisStatus",
        pub(super) last_scan_time: Scalar = "lastScanTime",
    }

    pub(super) struct Vulnerability {
        pub(super) short_description: String = "shortDescription",
        pub(super) severity: String,
        pub(super) effective_severity: String = "effectiveSeverity",
        pub(super) cvss_score: Scalar = "cvssScore",
        pub(super) cvssv3: Cvss,
        pub(super) package_issue: Vec<Issue> = "packageIssue",
        pub(super) vex_assessment: Assessment = "vexAssessment",
        pub(super) risk: Risk,
    }

    pub(super) struct Cvss {
        pub(super) base_score: Scalar = "baseScore",
    }

    pub(super) struct Issue {
        pub(super) affected_package: String = "affectedPackage",
        pub(super) affected_version: Version = "affectedVersion",
        pub(super) affected_cpe_uri: String = "affectedCpeUri",
        pub(super) affected_location: Location = "affectedLocation",
        pub(super) fixed_version: Version = "fixedVersion",
        pub(super) fix_available: bool = "fixAvailable",
        pub(super) package_type: String = "packageType",
        pub(super) effective_severity: String = "effectiveSeverity",
        pub(super) file_location: Vec<File> = "fileLocation",
    }

    pub(super) struct Location {
        pub(super) package: String,
        pub(super) version: Version,
    }

    pub(super) struct File {
        pub(super) file_path: String = "filePath",
    }

    pub(super) struct Version {
        full_name: String = "fullName",
        name: String,
        revision: String,
        kind: String,
    }

    pub(super) struct Assessment {
        pub(super) state: String,
    }

    pub(super) struct Risk {
        pub(super) epss: EpssOf,
        /// Present for what the CISA lists.
        pub(super) cisa_kev: Anything = "cisaKev",
    }

    pub(super) struct EpssOf {
        pub(super) score: Scalar,
    }
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
