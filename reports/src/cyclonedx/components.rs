//! Components of a document by their `bom-ref`, wherever they are nested.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::raw::{Bom, Component, Evidence, Property};
use crate::json::{self, Read};
use crate::purl::Purl;
use crate::report::{Notes, Package};
use crate::{purl, scalar};

/// Components by `bom-ref`.
pub(crate) struct Components<'a>(BTreeMap<&'a str, &'a Component<'a>>);

impl<'a> Components<'a> {
    /// Those of the document and the one that it is about.
    pub(crate) fn of(bom: &'a Bom<'a>) -> Self {
        let mut open: Vec<&Component<'_>> = bom.components.iter().flatten().collect();
        open.extend(bom.metadata.iter().filter_map(|m| m.component.as_ref()));
        let mut by_ref = BTreeMap::new();
        while let Some(component) = open.pop() {
            open.extend(component.components.iter().flatten());
            if let Some(bom_ref) = component.bom_ref.as_deref() {
                by_ref.entry(bom_ref).or_insert(component);
            }
        }
        Self(by_ref)
    }

    /// The component of a reference, also of a BOM-Link (`urn:cdx:SERIAL/VERSION#REF`) whose last part is known here.
    pub(crate) fn get(&self, reference: &str) -> Option<&'a Component<'a>> {
        self.0.get(reference).or_else(|| self.0.get(local(reference))).copied()
    }

    /// The operating system among them.
    pub(crate) fn os(&self) -> Option<&'a Component<'a>> {
        self.0.values().find(|c| c.kind.as_deref() == Some("operating-system")).copied()
    }
}

/// The part of a BOM-Link that names the component.
pub(crate) fn local(reference: &str) -> &str {
    match reference.split_once('#') {
        Some((link, local)) if link.starts_with("urn:cdx:") => local,
        _ => reference,
    }
}

impl Component<'_> {
    /// With its group, as the format's examples write it: `org.acme/web`.
    pub(crate) fn full_name(&self) -> Option<String> {
        let name = scalar::filled(self.name.clone())?;
        Some(match self.group.as_deref().filter(|g| !g.is_empty()) {
            Some(group) => format!("{group}/{name}"),
            None => name,
        })
    }

    /// Values of properties by their names.
    pub(crate) fn properties(&self, names: &[&str]) -> Vec<String> {
        let is_there = |raw: &&RawValue| names.iter().any(|name| raw.get().contains(name));
        let all: Vec<Property<'_>> = lazily(self.properties.filter(is_there));
        let named = |name: &str| all.iter().filter(|p| p.name.as_deref() == Some(name)).cloned().collect::<Vec<_>>();
        names.iter().flat_map(|name| named(name)).filter_map(|property| scalar::filled(property.value)).collect()
    }

    /// Where it lies in the image: the format's own evidence, else the properties of Trivy and Syft.
    fn path(&self) -> Option<String> {
        let evidence: Evidence<'_> = lazily(self.evidence);
        let place =
            evidence.occurrences.unwrap_or_default().into_iter().find_map(|occurrence| scalar::filled(occurrence.location));
        let own = || self.properties(&["aquasecurity:trivy:FilePath", "syft:location:0:path"]).into_iter().next();
        scalar::path(place.or_else(own).as_deref())
    }
}

/// A value that was left unread; what is not of its shape says nothing.
fn lazily<'a, T: Read<'a> + Default>(raw: Option<&'a RawValue>) -> T {
    raw.and_then(|raw| json::read(raw.get()).ok()).unwrap_or_default()
}

/// The packages of references, each made once: one package has many vulnerabilities.
pub(super) struct Packages<'a> {
    components: &'a Components<'a>,
    known: BTreeMap<&'a str, (Package, Option<&'static str>)>,
}

impl<'a> Packages<'a> {
    pub(super) fn of(components: &'a Components<'a>) -> Self {
        Self { components, known: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, reference: &'a str, notes: &mut Notes) -> Package {
        let (package, note) = self.known.entry(reference).or_insert_with(|| package(reference, self.components));
        if let Some(note) = note {
            notes.add(*note);
        }
        package.clone()
    }
}

/// The package of a reference, and what is to be noted of it. A reference that does not lead to a component may still be a package URL.
fn package(reference: &str, components: &Components<'_>) -> (Package, Option<&'static str>) {
    let Some(component) = components.get(reference) else {
        return (unlisted(local(reference)), Some("affected component that is not in the document"));
    };
    let written = component.purl.as_deref().filter(|p| !p.is_empty());
    let name = component.full_name().unwrap_or_else(|| reference.to_owned());
    let installed = scalar::filled(component.version.clone()).or_else(|| written.and_then(Purl::parse).and_then(|p| p.version));
    let note = installed.is_none().then_some("row without an installed version");
    let purl = written.map_or_else(|| purl::make("generic", None, &name, installed.as_deref()), str::to_owned);
    (Package { purl, name, installed, path: component.path() }, note)
}

fn unlisted(written: &str) -> Package {
    match Purl::parse(written) {
        Some(purl) => {
            let name = if purl.namespace.is_empty() { purl.name } else { format!("{}/{}", purl.namespace, purl.name) };
            Package { name, installed: purl.version, purl: written.to_owned(), path: None }
        }
        None => {
            Package { purl: purl::make("generic", None, written, None), name: written.to_owned(), installed: None, path: None }
        }
    }
}
