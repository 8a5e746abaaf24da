//! The members of a CSAF document that are read, as they are written (CSAF 2.0, section 3.2).

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Csaf {
    pub(super) document: Document,
    pub(super) product_tree: Option<Tree>,
    pub(super) vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) category: Option<String>,
    pub(super) csaf_version: Option<String>,
    pub(super) publisher: Option<Publisher>,
    pub(super) tracking: Option<Tracking>,
}

#[derive(Deserialize)]
pub(super) struct Publisher {
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Tracking {
    pub(super) id: Option<String>,
    pub(super) current_release_date: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Tree {
    pub(super) branches: Option<Vec<Branch>>,
    pub(super) full_product_names: Option<Vec<Product>>,
    pub(super) relationships: Option<Vec<Relationship>>,
    pub(super) product_groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
pub(super) struct Branch {
    pub(super) branches: Option<Vec<Branch>>,
    pub(super) product: Option<Product>,
}

#[derive(Deserialize)]
pub(super) struct Product {
    pub(super) product_id: String,
    pub(super) product_identification_helper: Option<Helper>,
}

#[derive(Default, Deserialize)]
pub(super) struct Helper {
    pub(super) purl: Option<String>,
    /// Since 2.1.
    pub(super) purls: Option<Vec<String>>,
    pub(super) hashes: Option<Vec<Hashes>>,
}

#[derive(Deserialize)]
pub(super) struct Hashes {
    pub(super) file_hashes: Option<Vec<Hash>>,
}

#[derive(Deserialize)]
pub(super) struct Hash {
    pub(super) algorithm: Option<String>,
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Relationship {
    pub(super) category: Option<String>,
    pub(super) full_product_name: Product,
    pub(super) product_reference: String,
    pub(super) relates_to_product_reference: String,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) group_id: String,
    pub(super) product_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability {
    pub(super) cve: Option<String>,
    pub(super) ids: Option<Vec<Id>>,
    pub(super) product_status: Option<BTreeMap<String, Vec<String>>>,
    pub(super) flags: Option<Vec<Impact>>,
    pub(super) threats: Option<Vec<Impact>>,
}

#[derive(Deserialize)]
pub(super) struct Id {
    pub(super) text: Option<String>,
}

/// A flag, or a threat of the category `impact`.
#[derive(Deserialize)]
pub(super) struct Impact {
    pub(super) label: Option<String>,
    pub(super) category: Option<String>,
    pub(super) details: Option<String>,
    pub(super) product_ids: Option<Vec<String>>,
    pub(super) group_ids: Option<Vec<String>>,
}
