//! Components of a document by their `bom-ref`, wherever they are nested.

use std::collections::BTreeMap;

use super::raw::{Bom, Component};
use crate::purl::Purl;
use crate::report::{Notes, Package};
use crate::{fields, purl};

/// Components by `bom-ref`.
#[derive(Debug)]
pub(crate) struct Components<'a>(BTreeMap<&'a str, &'a Component>);

impl<'a> Components<'a> {
    /// Those of the document and the one that it is about.
    pub(crate) fn of(bom: &'a Bom) -> Self {
        let mut open: Vec<&Component> = bom.components.iter().flatten().collect();
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
    pub(crate) fn get(&self, reference: &str) -> Option<&'a Component> {
        self.0.get(reference).or_else(|| self.0.get(local(reference))).copied()
    }

    /// The operating system among them.
    pub(crate) fn os(&self) -> Option<&'a Component> {
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

impl Component {
    /// With its group, as the format's examples write it: `org.acme/web`.
    pub(crate) fn full_name(&self) -> Option<String> {
        let name = self.name.clone().filter(|n| !n.is_empty())?;
        Some(match self.group.as_deref().filter(|g| !g.is_empty()) {
            Some(group) => format!("{group}/{name}"),
            None => name,
        })
    }

    /// Values of a property.
    pub(crate) fn properties<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.properties.iter().flatten().filter(move |p| p.name.as_deref() == Some(name));
        named.filter_map(|p| p.value.as_deref()).filter(|value| !value.is_empty())
    }

    /// Where it lies in the image: the format's own evidence, else the properties of Trivy and Syft.
    fn path(&self) -> Option<String> {
        let occurrences = self.evidence.iter().filter_map(|e| e.occurrences.as_ref()).flatten();
        let evidence = occurrences.filter_map(|o| o.location.as_deref()).next();
        let own = ["aquasecurity:trivy:FilePath", "syft:location:0:path"];
        fields::path(evidence.or_else(|| own.into_iter().find_map(|name| self.properties(name).next())))
    }
}

/// The package of a reference. One that does not lead to a component may still be a package URL.
pub(super) fn package(reference: &str, components: &Components<'_>, notes: &mut Notes) -> Package {
    let Some(component) = components.get(reference) else {
        notes.add("affected component that is not in the document");
        let written = local(reference);
        return match Purl::parse(written) {
            Some(purl) => Package {
                name: match purl.namespace.is_empty() {
                    true => purl.name,
                    false => format!("{}/{}", purl.namespace, purl.name),
                },
                installed: purl.version,
                purl: written.to_owned(),
                path: None,
            },
            None => Package {
                purl: purl::make("generic", None, written, None),
                name: written.to_owned(),
                installed: None,
                path: None,
            },
        };
    };
    let written = component.purl.as_deref().filter(|p| !p.is_empty());
    let name = component.full_name().unwrap_or_else(|| reference.to_owned());
    let installed = fields::filled(component.version.clone()).or_else(|| written.and_then(Purl::parse).and_then(|p| p.version));
    if installed.is_none() {
        notes.add("row without an installed version");
    }
    Package {
        purl: written.map_or_else(|| purl::make("generic", None, &name, installed.as_deref()), str::to_owned),
        name,
        installed,
        path: component.path(),
    }
}
