//! The members of a Trivy report that are read, as they are written. Unknown members are passed over: the format grows.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::text::Text;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Report<'a> {
    pub(super) schema_version: i64,
    pub(super) trivy: Option<Trivy>,
    pub(super) created_at: Option<Created>,
    pub(super) artifact_name: Option<String>,
    pub(super) artifact_type: Option<String>,
    pub(super) metadata: Option<Metadata>,
    #[serde(borrow)]
    pub(super) results: Option<Vec<ResultOf<'a>>>,
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
pub(super) struct ResultOf<'a> {
    pub(super) target: Option<String>,
    pub(super) class: Option<String>,
    #[serde(rename = "Type")]
    pub(super) kind: Option<String>,
    #[serde(borrow)]
    pub(super) vulnerabilities: Option<Vec<Vulnerability<'a>>>,
    #[serde(borrow, rename = "ExperimentalModifiedFindings")]
    pub(super) modified: Option<Vec<Modified<'a>>>,
}

/// A finding that a VEX document or an ignore file took out of the list. Of other kinds of findings the same members are read, and
/// nothing is made of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Modified<'a> {
    #[serde(rename = "Type")]
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) source: Option<String>,
    #[serde(borrow)]
    pub(super) finding: Option<Vulnerability<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Vulnerability<'a> {
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
    #[serde(borrow, rename = "FixedVersion")]
    pub(super) fixed: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) severity: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) severity_source: Option<Text<'a>>,
    #[serde(borrow, rename = "CVSS")]
    pub(super) cvss: Option<Scores<'a>>,
    #[serde(borrow, rename = "PublishedDate")]
    pub(super) published: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Identifier {
    #[serde(rename = "PURL")]
    pub(super) purl: Option<String>,
}

/// By source: `nvd`, `ghsa`, `redhat`, …
pub(super) type Scores<'a> = BTreeMap<Text<'a>, Score>;

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
pub(super) struct Cluster<'a> {
    pub(super) cluster_name: Option<String>,
    #[serde(borrow)]
    pub(super) resources: Option<Vec<Resource<'a>>>,
    #[serde(borrow)]
    pub(super) vulnerabilities: Option<Vec<Resource<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub(super) results: Option<Vec<ResultOf<'a>>>,
}
