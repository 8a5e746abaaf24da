//! CSAF 2.0 and 2.1 documents of the profile VEX → statements.
//!
//! Source: the CSAF 2.0 standard (OASIS), sections 3.2.2 (product tree), 3.2.3.9 (product status) and 4.5 (profile 5, VEX). Of the product
//! status groups `known_not_affected`, `fixed` and `first_fixed`, `known_affected`, `first_affected` and `last_affected`, and
//! `under_investigation` are read; `recommended` says nothing about being affected. A product that a relationship makes of a component and
//! what it is installed on or a part of is that product with the component as its subcomponent: both have to match. As profile 5
//! requires, `known_not_affected` counts only with a flag or an impact statement. Products are compared by package URL and sha256; by CPE
//! they are not.

mod raw;

use std::collections::{BTreeMap, BTreeSet};

use policy::findings::VexStatus;
use policy::time::Timestamp;

use super::product::{Identifiers, Product};
use super::{Read, VexStatement};
use crate::ReportError;
use crate::json;
use crate::report::Notes;
use crate::scalar::{self, filled};

pub(super) fn read(text: &str) -> Result<Read, ReportError> {
    let raw: raw::Csaf = json::parse(text, "CSAF document")?;
    let document = raw.document.0;
    let (version, category) = (document.csaf_version.unwrap_or_default(), document.category.unwrap_or_default());
    if !matches!(version.as_str(), "2.0" | "2.1") {
        return Err(ReportError::new(format!("expected CSAF of the version 2.0 or 2.1, found `{version}`"), None));
    }
    if category != "csaf_vex" {
        return Err(ReportError::new(
            format!("expected a CSAF document of the category `csaf_vex`, found `{category}`"),
            Some("an advisory says what its publisher fixed, not what a product is affected by: ask for the VEX document"),
        ));
    }
    let mut notes = Notes::default();
    let tree = raw.product_tree.unwrap_or_default();
    let known = Tree::of(&tree);
    let tracking = document.tracking;
    let released = tracking.as_ref().and_then(|t| t.current_release_date.as_deref());
    let timestamp = scalar::time(released, "`current_release_date`", &mut notes);
    let mut statements = Vec::new();
    for vulnerability in raw.vulnerabilities.unwrap_or_default() {
        statements.extend(self::statements(vulnerability, &known, timestamp, &mut notes));
    }
    let author = document.publisher.and_then(|p| filled(p.name));
    Ok(Read { id: tracking.and_then(|t| filled(t.id)), author, statements, notes })
}

fn status(group: &str) -> Option<VexStatus> {
    Some(match group {
        "known_not_affected" => VexStatus::NotAffected,
        "fixed" | "first_fixed" => VexStatus::Fixed,
        "known_affected" | "first_affected" | "last_affected" => VexStatus::Affected,
        "under_investigation" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

/// One statement for each group of products.
fn statements(raw: raw::Vulnerability, tree: &Tree<'_>, timestamp: Option<Timestamp>, notes: &mut Notes) -> Vec<VexStatement> {
    let ids = raw.ids.iter().flatten().map(|id| id.text.clone());
    let names: Vec<String> = std::iter::once(raw.cve.clone()).chain(ids).filter_map(filled).collect();
    if names.is_empty() {
        notes.add("VEX statement dropped: it names no vulnerability");
        return Vec::new();
    }
    let impact = Impact::of(&raw, tree);
    let mut statements = Vec::new();
    for (group, ids) in raw.product_status.unwrap_or_default() {
        let Some(status) = status(&group) else { continue };
        let mut products = Vec::new();
        for id in ids {
            if status == VexStatus::NotAffected && !impact.is_stated(&id) {
                notes.add("VEX statement dropped: `known_not_affected` without a flag or an impact statement");
            } else {
                products.push(tree.product(&id));
            }
        }
        let justification = impact.justification.clone().filter(|_| status == VexStatus::NotAffected);
        statements.push(VexStatement { names: names.clone(), status, justification, timestamp, products });
    }
    statements
}

/// Of which products it is said why they are not affected.
struct Impact {
    products: BTreeSet<String>,
    /// A threat that names no product speaks of all.
    is_general: bool,
    justification: Option<String>,
}

impl Impact {
    fn of(raw: &raw::Vulnerability, tree: &Tree<'_>) -> Self {
        let threats = raw.threats.iter().flatten().filter(|threat| threat.category.as_deref() == Some("impact"));
        let mut impact = Self { products: BTreeSet::new(), is_general: false, justification: None };
        for stated in raw.flags.iter().flatten().chain(threats) {
            impact.is_general |= stated.product_ids.is_none() && stated.group_ids.is_none();
            impact.products.extend(stated.product_ids.iter().flatten().cloned());
            let groups = stated.group_ids.iter().flatten().filter_map(|group| tree.groups.get(group.as_str()));
            impact.products.extend(groups.copied().flatten().cloned());
            impact.justification = impact.justification.or_else(|| stated.label.clone()).or_else(|| stated.details.clone());
        }
        impact
    }

    fn is_stated(&self, product: &str) -> bool {
        self.is_general || self.products.contains(product)
    }
}

/// The product tree by product id.
struct Tree<'a> {
    products: BTreeMap<&'a str, Identifiers>,
    relationships: BTreeMap<&'a str, &'a raw::Relationship>,
    groups: BTreeMap<&'a str, &'a [String]>,
}

impl<'a> Tree<'a> {
    fn of(raw: &'a raw::Tree) -> Self {
        let mut products = BTreeMap::new();
        let mut open: Vec<&raw::Branch> = raw.branches.iter().flatten().collect();
        let mut add = |product: &'a raw::Product| products.insert(product.product_id.as_str(), identifiers(product));
        while let Some(branch) = open.pop() {
            open.extend(branch.branches.iter().flatten());
            branch.product.iter().for_each(|product| drop(add(product)));
        }
        raw.full_product_names.iter().flatten().for_each(|product| drop(add(product)));
        let relationships = raw.relationships.iter().flatten();
        let groups = raw.product_groups.iter().flatten();
        Self {
            products,
            relationships: relationships.map(|r| (r.full_product_name.product_id.as_str(), r)).collect(),
            groups: groups.map(|g| (g.group_id.as_str(), g.product_ids.as_deref().unwrap_or_default())).collect(),
        }
    }

    /// A product that is not in the tree, or a relationship of relationships, matches nothing.
    fn product(&self, id: &str) -> Product {
        let known = |id: &str| self.products.get(id).cloned().unwrap_or_default();
        match self.relationships.get(id) {
            // What is installed beside something is not a part of it.
            Some(relationship) if relationship.category.as_deref() == Some("installed_with") => Product::default(),
            Some(relationship) => Product {
                identifiers: known(&relationship.relates_to_product_reference),
                subcomponents: vec![known(&relationship.product_reference)],
            },
            None => Product { identifiers: known(id), subcomponents: Vec::new() },
        }
    }
}

fn identifiers(product: &raw::Product) -> Identifiers {
    let helper = product.product_identification_helper.as_ref();
    let purls = helper.into_iter().flat_map(|h| h.purl.iter().chain(h.purls.iter().flatten()));
    let hashes = helper.into_iter().flat_map(|h| h.hashes.iter().flatten()).flat_map(|h| h.file_hashes.iter().flatten());
    let sums = hashes.filter(|hash| hash.algorithm.as_deref() == Some("sha256")).filter_map(|hash| hash.value.as_deref());
    Identifiers::of(purls.map(String::as_str), sums)
}
