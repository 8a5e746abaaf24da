//! The members of a CSAF document that are read, as they are written (CSAF 2.0, section 3.2).

use crate::json::{Table, members};
members! {
    pub(super) struct Csaf {
        pub(super) document: Document = "document" required,
        pub(super) product_tree: Tree,
        pub(super) vulnerabilities: Vec<Vulnerability>,
    }

    pub(super) struct Document {
        pub(super) category: String,
        pub(super) csaf_version: String,
        pub(super) publisher: Publisher,
        pub(super) tracking: Tracking,
    }

    pub(super) struct Publisher {
        pub(super) name: String,
    }

    pub(super) struct Tracking {
        pub(super) id: String,
        pub(super) current_release_date: String,
    }

    pub(super) struct Tree {
        pub(super) branches: Vec<Branch>,
        pub(super) full_product_names: Vec<Product>,
        pub(super) relationships: Vec<Relationship>,
        pub(super) product_groups: Vec<Group>,
    }

    pub(super) struct Branch {
        pub(super) branches: Vec<Branch>,
        pub(super) product: Product,
    }

    pub(super) struct Product {
        pub(super) product_id: String = "product_id" required,
        pub(super) product_identification_helper: Helper,
    }

    pub(super) struct Helper {
        pub(super) purl: String,
        /// Since 2.1.
        pub(super) purls: Vec<String>,
        pub(super) hashes: Vec<Hashes>,
    }

    pub(super) struct Hashes {
        pub(super) file_hashes: Vec<Hash>,
    }

    pub(super) struct Hash {
        pub(super) algorithm: String,
        pub(super) value: String,
    }

    pub(super) struct Relationship {
        pub(super) category: String,
        pub(super) full_product_name: Product = "full_product_name" required,
        pub(super) product_reference: String = "product_reference" required,
        pub(super) relates_to_product_reference: String = "relates_to_product_reference" required,
    }

    pub(super) struct Group {
        pub(super) group_id: String = "group_id" required,
        pub(super) product_ids: Vec<String>,
    }

    pub(super) struct Vulnerability {
        pub(super) cve: String,
        pub(super) ids: Vec<Id>,
        pub(super) product_status: Table<String, Vec<String>>,
        pub(super) flags: Vec<Impact>,
        pub(super) threats: Vec<Impact>,
    }

    pub(super) struct Id {
        pub(super) text: String,
    }

    /// A flag, or a threat of the category `impact`.
    pub(super) struct Impact {
        pub(super) label: String,
        pub(super) category: String,
        pub(super) details: String,
        pub(super) product_ids: Vec<String>,
        pub(super) group_ids: Vec<String>,
    }
}
