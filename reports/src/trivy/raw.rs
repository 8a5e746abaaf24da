//! The members of a Trivy report that are read, as they are written. Unknown members are passed over: the format grows.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Report {
    pub(super) schema_version: i64,
    pub(super) trivy: Option<Trivy>,
    pub(super) created_at: Option<Created>,
    pub(super) artifact_name: Option<String>,
    pub(super) artifact_type: Option<String>,
    pub(super) metadata: Option<Metadata>,
    pub(super) results: Option<Vec<ResultOf>>,
}

/// A time as text, or as Unix seconds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Created {
    Text(String),
    Seconds(i64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Trivy {
    pub(super) version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    #[serde(rename = "OS")]
    pub(super) os: Option<Os>,
    #[serde(rename = "ImageID")]
    pub(super) image_id: Option<String>,
    pub(super) repo_digests: Option<Vec<String>>,
    pub(super) image_config: Option<ImageConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Os {
    pub(super) family: Option<String>,
    pub(super) name: Option<String>,
    #[serde(rename = "EOSL")]
    pub(super) eosl: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ImageConfig {
    pub(super) os: Option<String>,
    pub(super) architecture: Option<String>,
    pub(super) variant: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResultOf {
    pub(super) target: Option<String>,
    pub(super) class: Option<String>,
    #[serde(rename = "Type")]
    pub(super) kind: Option<String>,
    pub(super) vulnerabilities: Option<Vec<Vulnerability>>,
    #[serde(rename = "ExperimentalModifiedFindings")]
    pub(super) modified: Option<Vec<Modified>>,
}

/// A finding that a VEX document or an ignore file took out of the list. Of other kinds of findings the same members are read, and
/// nothing is made of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Modified {
    #[serde(rename = "Type")]
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) source: Option<String>,
    pub(super) finding: Option<Vulnerability>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    pub(super) id: Option<String>,
    #[serde(rename = "VendorIDs")]
    pub(super) vendor_ids: Option<Vec<String>>,
    #[serde(rename = "PkgName")]
    pub(super) package: Option<String>,
    #[serde(rename = "PkgPath")]
    pub(super) path: Option<String>,
    #[serde(rename = "PkgIdentifier")]
    pub(super) identifier: Option<Identifier>,
    #[serde(rename = "InstalledVersion")]
    pub(super) installed: Option<String>,
    #[serde(rename = "FixedVersion")]
    pub(super) fixed: Option<String>,
    pub(super) status: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) severity_source: Option<String>,
    #[serde(rename = "CVSS")]
    pub(super) cvss: Option<Scores>,
    #[serde(rename = "PublishedDate")]
    pub(super) published: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Identifier {
    #[serde(rename = "PURL")]
    pub(super) purl: Option<String>,
}

/// By source: `nvd`, `ghsa`, `redhat`, …
pub(super) type Scores = BTreeMap<String, Score>;

#[derive(Debug, Deserialize)]
pub(super) struct Score {
    #[serde(rename = "V2Score")]
    pub(super) v2: Option<f64>,
    #[serde(rename = "V3Score")]
    pub(super) v3: Option<f64>,
    #[serde(rename = "V40Score")]
    pub(super) v4: Option<f64>,
}

/// `trivy k8s --report all --format json`: Kubernetes objects, each with the results of its images. `Vulnerabilities` before 0.46.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Cluster {
    pub(super) cluster_name: Option<String>,
    pub(super) resources: Option<Vec<Resource>>,
    pub(super) vulnerabilities: Option<Vec<Resource>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    pub(super) results: Option<Vec<ResultOf>>,
}
