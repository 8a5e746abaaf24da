//! Statements by what they are about (name, package, version), so that a row is held only against those that may cover it: rows times
//! products would be without bound.

use std::collections::{BTreeMap, BTreeSet};

use super::VexDocument;
use super::product::{Identifiers, Image, Product, covers};
use crate::purl::Purl;
use crate::report::Row;

/// How many products the statements may list, each once for each name of its vulnerability. Those of the largest public collections of
/// statements are less than a tenth.
const PRODUCTS: usize = 2_000_000;
/// How many products the rows of a report may be held against: about a second. An honest row is held against a handful.
const COMPARISONS: usize = 10_000_000;

/// Number of the document and of the statement in it.
pub(super) type Place = (usize, usize);

/// Statements by name, package and version.
pub(super) struct Index<'a> {
    /// Name of a vulnerability in upper case → its number.
    names: BTreeMap<String, usize>,
    /// By the name's number: statements about everything in the image.
    of_image: BTreeMap<usize, BTreeSet<Place>>,
    of_packages: BTreeMap<Key<'a>, Vec<About<'a>>>,
    /// Every statement but those that list more than can be held.
    pub(super) all: BTreeSet<Place>,
    /// Those that list more than can be held: they count for nothing.
    pub(super) n_too_long: usize,
    /// How many comparisons are left.
    left: usize,
}

/// What must be the same in a row for a package URL to cover it. A package URL without a version stands under none.
type Key<'a> = (usize, &'a str, &'a str, &'a str, Option<&'a str>);

struct About<'a> {
    place: Place,
    purl: &'a Purl,
    /// Where there are any, one of them must be the package too.
    parts: &'a [Identifiers],
}

impl<'a> Index<'a> {
    /// Of statements that are to be held against the report of an image.
    pub(super) fn of(documents: &'a [VexDocument], image: &Image<'_>) -> Self {
        let mut index = Self {
            names: BTreeMap::new(),
            of_image: BTreeMap::new(),
            of_packages: BTreeMap::new(),
            all: BTreeSet::new(),
            n_too_long: 0,
            left: COMPARISONS,
        };
        let mut left = PRODUCTS;
        for (d, document) in documents.iter().enumerate() {
            for (s, statement) in document.statements.iter().enumerate() {
                let listed = statement.products.iter().map(Product::n_identifiers).fold(0, usize::saturating_add);
                let Some(rest) = left.checked_sub(listed.max(1).saturating_mul(statement.names.len())) else {
                    index.n_too_long = index.n_too_long.saturating_add(1);
                    continue;
                };
                left = rest;
                index.all.insert((d, s));
                for name in &statement.names {
                    let known = index.names.len();
                    let name = *index.names.entry(name.to_ascii_uppercase()).or_insert(known);
                    statement.products.iter().for_each(|product| index.add(name, (d, s), product, image));
                }
            }
        }
        index
    }

    fn add(&mut self, name: usize, place: Place, product: &'a Product, image: &Image<'_>) {
        let parts = product.subcomponents.as_slice();
        // Of the image itself everything is covered, or the parts that are named; of a package itself, or those that it is.
        match (product.identifiers.is_image(image), parts) {
            (true, []) => {
                self.of_image.entry(name).or_default().insert(place);
            }
            (true, parts) => parts.iter().for_each(|part| self.add_purls(name, place, part, &[])),
            (false, parts) => self.add_purls(name, place, &product.identifiers, parts),
        }
    }

    fn add_purls(&mut self, name: usize, place: Place, of: &'a Identifiers, parts: &'a [Identifiers]) {
        for purl in of.purls() {
            let key = (name, purl.kind.as_str(), purl.namespace.as_str(), purl.name.as_str(), purl.version.as_deref());
            self.of_packages.entry(key).or_default().push(About { place, purl, parts });
        }
    }

    /// The statements about a row; `None` where the rows before were compared with too many.
    pub(super) fn about(&mut self, row: &Row) -> Option<BTreeSet<Place>> {
        let names = std::iter::once(&row.id).chain(&row.aliases);
        let numbers: BTreeSet<usize> = names.filter_map(|name| self.names.get(&name.to_ascii_uppercase()).copied()).collect();
        let mut found = BTreeSet::new();
        if numbers.is_empty() {
            return Some(found);
        }
        if self.left == 0 {
            return None;
        }
        let package = Purl::parse(&row.package.purl);
        let installed = row.package.installed.as_deref();
        for number in numbers {
            let of_image = self.of_image.get(&number);
            let mut n_compared = of_image.map_or(1, BTreeSet::len);
            found.extend(of_image.into_iter().flatten());
            let Some(package) = &package else { continue };
            let versions = BTreeSet::from([None, package.version.as_deref(), installed]);
            for version in versions {
                let key = (number, package.kind.as_str(), package.namespace.as_str(), package.name.as_str(), version);
                for about in self.of_packages.get(&key).into_iter().flatten() {
                    n_compared = n_compared.saturating_add(about.parts.len()).saturating_add(1);
                    let is_part =
                        about.parts.is_empty() || about.parts.iter().any(|part| part.is_package(Some(package), installed));
                    if covers(about.purl, package, installed) && is_part {
                        found.insert(about.place);
                    }
                }
            }
            self.left = self.left.saturating_sub(n_compared);
        }
        Some(found)
    }
}
