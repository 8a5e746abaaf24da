//! The members of an OSV-Scanner report that are read, as they are written.

use serde::Deserialize;

use crate::scalar::Scalar;

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) results: Option<Vec<Source>>,
    pub(super) image_metadata: Option<ImageMetadata>,
}

#[derive(Deserialize)]
pub(super) struct ImageMetadata {
    pub(super) os: Option<String>,
}

/// A file that lists packages, or a place of the image.
#[derive(Deserialize)]
pub(super) struct Source {
    pub(super) source: Option<SourceInfo>,
    pub(super) packages: Option<Vec<Package>>,
}

#[derive(Deserialize)]
pub(super) struct SourceInfo {
    pub(super) path: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) package: Option<PackageInfo>,
    pub(super) vulnerabilities: Option<Vec<Record>>,
    pub(super) groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
pub(super) struct PackageInfo {
    pub(super) name: Option<String>,
    /// The installed package, where `name` is that of its source.
    pub(super) os_package_name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) ecosystem: Option<String>,
    pub(super) commit: Option<String>,
}

/// Records that are one vulnerability.
#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) ids: Option<Vec<String>>,
    pub(super) aliases: Option<Vec<String>>,
    pub(super) max_severity: Option<Scalar>,
}

/// A record of OSV.
#[derive(Deserialize)]
pub(super) struct Record {
    pub(super) id: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) aliases: Option<Vec<String>>,
    /// What a distribution's record was made of.
    pub(super) upstream: Option<Vec<String>>,
    pub(super) published: Option<Scalar>,
    pub(super) withdrawn: Option<String>,
    pub(super) database_specific: Option<Specific>,
    pub(super) affected: Option<Vec<Affected>>,
}

#[derive(Deserialize)]
pub(super) struct Specific {
    pub(super) severity: Option<Scalar>,
}

#[derive(Deserialize)]
pub(super) struct Affected {
    pub(super) package: Option<AffectedPackage>,
    pub(super) ranges: Option<Vec<Range>>,
}

#[derive(Deserialize)]
pub(super) struct AffectedPackage {
    pub(super) name: Option<String>,
    pub(super) ecosystem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Range {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) events: Option<Vec<Event>>,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) fixed: Option<String>,
}
