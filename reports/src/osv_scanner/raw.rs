//! The members of an OSV-Scanner report that are read, as they are written.

use crate::json::members;
use crate::scalar::Scalar;

members! {
    pub(super) struct Report {
        pub(super) results: Vec<Source>,
        pub(super) image_metadata: ImageMetadata,
    }

    pub(super) struct ImageMetadata {
        pub(super) os: String,
    }

    /// A file that lists packages, or a place of the image.
    pub(super) struct Source {
        pub(super) source: SourceInfo,
        pub(super) packages: Vec<Package>,
    }

    pub(super) struct SourceInfo {
        pub(super) path: String,
        pub(super) kind: String = "type",
    }

    pub(super) struct Package {
        pub(super) package: PackageInfo,
        pub(super) vulnerabilities: Vec<Record>,
        pub(super) groups: Vec<Group>,
    }

    pub(super) struct PackageInfo {
        pub(super) name: String,
        /// The installed package, where `name` is that of its source.
        pub(super) os_package_name: String,
        pub(super) version: String,
        pub(super) ecosystem: String,
        pub(super) commit: String,
    }

    /// Records that are one vulnerability.
    pub(super) struct Group {
        pub(super) ids: Vec<String>,
        pub(super) aliases: Vec<String>,
        pub(super) max_severity: Scalar,
    }

    /// A record of OSV.
    pub(super) struct Record {
        pub(super) id: String,
        pub(super) summary: String,
        pub(super) aliases: Vec<String>,
        /// What a distribution's record was made of.
        pub(super) upstream: Vec<String>,
        pub(super) published: Scalar,
        pub(super) withdrawn: String,
        pub(super) database_specific: Specific,
        pub(super) affected: Vec<Affected>,
    }

    pub(super) struct Specific {
        pub(super) severity: Scalar,
    }

    pub(super) struct Affected {
        pub(super) package: AffectedPackage,
        pub(super) ranges: Vec<Range>,
    }

    pub(super) struct AffectedPackage {
        pub(super) name: String,
        pub(super) ecosystem: String,
    }

    pub(super) struct Range {
        pub(super) kind: String = "type",
        pub(super) events: Vec<Event>,
    }

    pub(super) struct Event {
        pub(super) fixed: String,
    }
}
