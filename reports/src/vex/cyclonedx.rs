//! CycloneDX with analyses (`vulnerabilities[].analysis`) → statements.
//!
//! Source: the CycloneDX specification, "Vulnerability Exploitability"; which status a state stands for: [`crate::cyclonedx`]. Without a
//! state nothing is stated. An analysis holds in the context of what the document is about (`metadata.component`): where that can be
//! compared, it has to be the report's image, and the affected component is a part of it. Versions that `affects` lists are the ones that
//! the statement is about; ranges are not compared, so that a statement with nothing but ranges matches nothing.

use super::product::{Identifiers, Product};
use super::{Read, VexStatement};
use crate::ReportError;
use crate::cyclonedx::components::{Components, local};
use crate::cyclonedx::{bom, digests, raw, status};
use crate::purl::Purl;
use crate::report::Notes;
use crate::scalar::{self, filled};

pub(super) fn read(text: &str) -> Result<Read, ReportError> {
    let bom = bom(text)?;
    let mut notes = Notes::default();
    let components = Components::of(&bom);
    let metadata = bom.metadata.as_ref();
    let whole = metadata.and_then(|m| m.component.as_ref());
    let timestamp = metadata.and_then(|m| m.timestamp.as_deref());
    let mut statements = Vec::new();
    for vulnerability in bom.vulnerabilities.as_deref().unwrap_or_default() {
        let Some((analysis, state)) = vulnerability.analysis.as_ref().and_then(|a| Some((a, filled(a.state.clone())?))) else {
            continue;
        };
        let Some(status) = status(&state) else {
            notes.add(format!("VEX statement dropped: analysis state `{state}`"));
            continue;
        };
        let references = vulnerability.references.iter().flatten().map(|reference| reference.id.clone());
        let names: Vec<String> = std::iter::once(vulnerability.id.clone()).chain(references).filter_map(filled).collect();
        if names.is_empty() {
            notes.add("VEX statement dropped: it names no vulnerability");
            continue;
        }
        let own = analysis.last_updated.as_deref().or(analysis.first_issued.as_deref());
        let affected = vulnerability.affects.as_deref().unwrap_or_default();
        statements.push(VexStatement {
            names,
            status,
            justification: filled(analysis.justification.clone()),
            timestamp: scalar::time(own.or(timestamp), "time of a VEX statement", &mut notes),
            products: affected.iter().flat_map(|affected| products(affected, whole, &components, &mut notes)).collect(),
        });
    }
    if statements.is_empty() && notes.is_empty() {
        return Err(ReportError::new(
            "the CycloneDX document has no vulnerability with an analysis, so that it is not a VEX document",
            None,
        ));
    }
    let named = |named: Option<&raw::Named<'_>>| named.and_then(|n| filled(n.name.clone()));
    let author = metadata.and_then(|m| {
        let first = m.authors.iter().flatten().next();
        named(first)
            .or_else(|| named(m.manufacturer.as_ref()))
            .or_else(|| named(m.manufacture.as_ref()))
            .or_else(|| named(m.supplier.as_ref()))
    });
    Ok(Read { id: filled(bom.serial_number), author, statements, notes })
}

/// One product for each listed version, or one for all versions.
fn products(
    affected: &raw::Affected<'_>,
    whole: Option<&raw::Component<'_>>,
    components: &Components<'_>,
    notes: &mut Notes,
) -> Vec<Product> {
    let Some(reference) = affected.reference.as_deref() else { return Vec::new() };
    let listed = affected.versions.as_deref().unwrap_or_default();
    let (exact, ranges): (Vec<_>, Vec<_>) = listed.iter().partition(|v| v.version.is_some());
    if ranges.iter().any(|v| v.range.is_some()) {
        notes.add("range of versions of a VEX statement, which is not compared");
    }
    let component = components.get(reference);
    let is_whole = component.zip(whole).is_some_and(|(component, whole)| std::ptr::eq(component, whole));
    let written = component.and_then(|c| c.purl.as_deref()).unwrap_or_else(|| local(reference));
    if listed.is_empty() {
        return vec![product(identifiers(component, written), is_whole, whole)];
    }
    let versions = exact.into_iter().filter_map(|v| v.version.as_deref());
    versions
        .filter_map(|version| {
            let given = Purl::parse(written)?;
            let is_same = given.version.as_deref().is_none_or(|own| own == version);
            is_same.then(|| product(Identifiers::of_purl(Purl { version: Some(version.to_owned()), ..given }), is_whole, whole))
        })
        .collect()
}

/// A component of the thing that the document is about, or that thing itself.
fn product(part: Identifiers, is_whole: bool, whole: Option<&raw::Component<'_>>) -> Product {
    let context = whole.map(|whole| identifiers(Some(whole), whole.purl.as_deref().unwrap_or_default())).unwrap_or_default();
    match is_whole || context.is_empty() {
        true => Product { identifiers: part, subcomponents: Vec::new() },
        false => Product { identifiers: context, subcomponents: vec![part] },
    }
}

fn identifiers(component: Option<&raw::Component<'_>>, purl: &str) -> Identifiers {
    let is_container = component.is_some_and(|c| c.kind.as_deref() == Some("container"));
    let digests = component.filter(|_| is_container).map(digests).unwrap_or_default();
    Identifiers::of([purl], digests.iter().filter_map(|digest| digest.strip_prefix("sha256:")))
}
