//! The members of a Clair report that are read, as they are written. Packages and vulnerabilities are joined by their numbers.

use serde_json::value::RawValue;

use crate::json::{Table, members};
use crate::scalar::Scalar;

members! {
    pub(super) struct Report<'a> {
        pub(super) manifest_hash: String,
        pub(super) packages: Table<String, Package>,
        pub(super) distributions: Table<String, Distribution>,
        pub(super) environments: Table<String, Vec<Environment>>,
        pub(super) vulnerabilities: Table<String, Vulnerability>,
        pub(super) package_vulnerabilities: Table<String, Option<Vec<String>>>,
        /// By media type; each item's shape is the enricher's own.
        pub(super) enrichments: Table<String, &'a RawValue>,
    }

    pub(super) struct Package {
        pub(super) name: String,
        pub(super) version: String,
    }

    pub(super) struct Distribution {
        pub(super) did: String,
        pub(super) name: String,
        pub(super) version: String,
        pub(super) version_id: String,
    }

    pub(super) struct Environment {
        pub(super) package_db: String,
        pub(super) distribution_id: String,
    }

    pub(super) struct Vulnerability {
        pub(super) name: String,
        pub(super) links: String,
        pub(super) severity: String,
        pub(super) normalized_severity: String,
        pub(super) issued: Scalar,
        pub(super) fixed_in_version: String,
    }
}
