//! The members of a Trivy report that are read, as they are written. Unknown members are passed over: the format grows.

use crate::json::{Table, members};
use crate::scalar::Scalar;
use crate::text::Text;

members! {
    pub(super) struct Report<'a> {
        pub(super) schema_version: i64 = "SchemaVersion" required,
        pub(super) trivy: Trivy = "Trivy",
        pub(super) created_at: Scalar = "CreatedAt",
        pub(super) artifact_name: String = "ArtifactName",
        pub(super) artifact_type: String = "ArtifactType",
        pub(super) metadata: Metadata = "Metadata",
        pub(super) results: Vec<ResultOf<'a>> = "Results",
    }

    pub(super) struct Trivy {
        pub(super) version: String = "Version",
    }

    pub(super) struct Metadata {
        pub(super) os: Os = "OS",
        pub(super) image_id: String = "ImageID",
        pub(super) repo_digests: Vec<String> = "RepoDigests",
        pub(super) image_config: ImageConfig = "ImageConfig",
    }

    pub(super) struct Os {
        pub(super) family: String = "Family",
        pub(super) name: String = "Name",
        pub(super) eosl: bool = "EOSL",
    }

    pub(super) struct ImageConfig {
        pub(super) os: String,
        pub(super) architecture: String,
        pub(super) variant: String,
    }

    pub(super) struct ResultOf<'a> {
        pub(super) target: String = "Target",
        pub(super) class: String = "Class",
        pub(super) kind: String = "Type",
        pub(super) vulnerabilities: Vec<Vulnerability<'a>> = "Vulnerabilities",
        pub(super) modified: Vec<Modified<'a>> = "ExperimentalModifiedFindings",
    }

    /// A finding that a VEX document or an ignore file took out of the list. Of other kinds of findings the same members are read, and
    /// nothing is made of them.
    pub(super) struct Modified<'a> {
        pub(super) kind: String = "Type",
        pub(super) status: String = "Status",
        pub(super) source: String = "Source",
        pub(super) finding: Vulnerability<'a> = "Finding",
    }

    pub(super) struct Vulnerability<'a> {
        pub(super) id: String = "VulnerabilityID",
        pub(super) vendor_ids: Vec<String> = "VendorIDs",
        pub(super) package: String = "PkgName",
        pub(super) path: String = "PkgPath",
        pub(super) identifier: Identifier = "PkgIdentifier",
        pub(super) installed: String = "InstalledVersion",
        pub(super) fixed: Text<'a> = "FixedVersion",
        pub(super) status: Text<'a> = "Status",
        pub(super) severity: Text<'a> = "Severity",
        pub(super) severity_source: Text<'a> = "SeveritySource",
        pub(super) cvss: Scores<'a> = "CVSS",
        pub(super) published: Text<'a> = "PublishedDate",
    }

    pub(super) struct Identifier {
        pub(super) purl: String = "PURL",
    }
}

/// By source: `nvd`, `ghsa`, `redhat`, …
pub(super) type Scores<'a> = Table<Text<'a>, Score>;

members! {
    pub(super) struct Score {
        pub(super) v2: f64 = "V2Score",
        pub(super) v3: f64 = "V3Score",
        pub(super) v4: f64 = "V40Score",
    }

    /// `trivy k8s --report all --format json`: Kubernetes objects, each with the results of its images. `Vulnerabilities` before 0.46.
    pub(super) struct Cluster<'a> {
        pub(super) cluster_name: String = "ClusterName",
        pub(super) resources: Vec<Resource<'a>> = "Resources",
        pub(super) vulnerabilities: Vec<Resource<'a>> = "Vulnerabilities",
    }

    pub(super) struct Resource<'a> {
        pub(super) results: Vec<ResultOf<'a>> = "Results",
    }
}
