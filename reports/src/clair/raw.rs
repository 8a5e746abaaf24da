//! The members of a Clair report that are read, as they are written. Packages and vulnerabilities are joined by their numbers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::scalar::Scalar;

#[derive(Deserialize)]
pub(super) struct Report<'a> {
    pub(super) manifest_hash: Option<String>,
    pub(super) packages: Option<BTreeMap<String, Package>>,
    pub(super) distributions: Option<BTreeMap<String, Distribution>>,
    pub(super) environments: Option<BTreeMap<String, Vec<Environment>>>,
    pub(super) vulnerabilities: Option<BTreeMap<String, Vulnerability>>,
    pub(super) package_vulnerabilities: Option<BTreeMap<String, Option<Vec<String>>>>,
    /// By media type; each item's shape is the enricher's own.
    #[serde(borrow)]
    pub(super) enrichments: Option<BTreeMap<String, &'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Distribution {
    pub(super) did: Option<String>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) version_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Environment {
    pub(super) package_db: Option<String>,
    pub(super) distribution_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability {
    pub(super) name: Option<String>,
    pub(super) links: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) normalized_severity: Option<String>,
    pub(super) issued: Option<Scalar>,
    pub(super) fixed_in_version: Option<String>,
}
