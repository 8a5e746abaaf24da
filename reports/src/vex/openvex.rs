//! OpenVEX 0.2.0, and 0.0.1 with its plainer members → statements.
//!
//! Source: the OpenVEX specification, "The VEX Document", "The VEX Statement", "Status Labels". A statement inherits the document's time.
//! `not_affected` needs a justification or an impact statement; without either the statement is not valid and does not count.

use std::collections::BTreeMap;

use policy::findings::VexStatus;
use serde::Deserialize;

use super::product::{Identifiers, Product};
use super::{Read, VexStatement};
use crate::ReportError;
use crate::report::Notes;
use crate::scalar::{self, filled};

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "@context")]
    context: String,
    #[serde(rename = "@id")]
    id: Option<String>,
    author: Option<String>,
    timestamp: Option<String>,
    statements: Vec<RawStatement>,
}

#[derive(Deserialize)]
struct RawStatement {
    vulnerability: Option<RawVulnerability>,
    timestamp: Option<String>,
    products: Option<Vec<RawProduct>>,
    /// Of every product; only before 0.2.0.
    subcomponents: Option<Vec<RawProduct>>,
    status: Option<String>,
    justification: Option<String>,
    impact_statement: Option<String>,
}

/// Before 0.2.0 the id alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawVulnerability {
    Id(String),
    Named { name: Option<String>, aliases: Option<Vec<String>> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawProduct {
    Id(String),
    Component(Box<RawComponent>),
}

#[derive(Deserialize)]
struct RawComponent {
    #[serde(rename = "@id")]
    id: Option<String>,
    identifiers: Option<BTreeMap<String, String>>,
    hashes: Option<BTreeMap<String, String>>,
    subcomponents: Option<Vec<RawProduct>>,
}

pub(super) fn read(text: &str) -> Result<Read, ReportError> {
    let raw: Raw =
        serde_json::from_str(text).map_err(|e| ReportError::new(format!("the OpenVEX document cannot be read: {e}"), None))?;
    let version = raw.context.rsplit("/ns").next().unwrap_or_default().trim_matches('/');
    if !matches!(version, "" | "v0.0.1" | "v0.2.0") {
        let message = format!("expected an OpenVEX document of the version 0.0.1 or 0.2.0, found `{}`", raw.context);
        return Err(ReportError::new(message, None));
    }
    let mut notes = Notes::default();
    let mut statements = Vec::new();
    for statement in raw.statements {
        statements.extend(self::statement(statement, raw.timestamp.as_deref(), &mut notes));
    }
    Ok(Read { id: filled(raw.id), author: filled(raw.author), statements, notes })
}

fn statement(raw: RawStatement, document_time: Option<&str>, notes: &mut Notes) -> Option<VexStatement> {
    let names: Vec<String> = match raw.vulnerability {
        Some(RawVulnerability::Id(id)) => vec![id],
        Some(RawVulnerability::Named { name, aliases }) => name.into_iter().chain(aliases.unwrap_or_default()).collect(),
        None => Vec::new(),
    };
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        notes.add("VEX statement dropped: it names no vulnerability");
        return None;
    }
    let word = raw.status.unwrap_or_default();
    let Some(status) = VexStatus::from_word(&word) else {
        notes.add(format!("VEX statement dropped: status `{word}`"));
        return None;
    };
    let justification = filled(raw.justification).or(filled(raw.impact_statement));
    if status == VexStatus::NotAffected && justification.is_none() {
        notes.add("VEX statement dropped: `not_affected` without a justification or an impact statement");
        return None;
    }
    let common = raw.subcomponents.unwrap_or_default();
    let products = raw.products.unwrap_or_default();
    if products.is_empty() {
        notes.add("VEX statement without products");
    }
    Some(VexStatement {
        names,
        status,
        justification,
        timestamp: scalar::time(raw.timestamp.as_deref().or(document_time), "time of a VEX statement", notes),
        products: products.iter().map(|product| self::product(product, &common)).collect(),
    })
}

fn product(raw: &RawProduct, common: &[RawProduct]) -> Product {
    let own = match raw {
        RawProduct::Component(component) => component.subcomponents.as_deref().unwrap_or_default(),
        RawProduct::Id(_) => &[],
    };
    Product { identifiers: identifiers(raw), subcomponents: own.iter().chain(common).map(identifiers).collect() }
}

fn identifiers(raw: &RawProduct) -> Identifiers {
    match raw {
        RawProduct::Id(id) => Identifiers::of([id.as_str()], []),
        RawProduct::Component(component) => {
            let written = component.identifiers.iter().flatten().filter(|(kind, _)| *kind == "purl").map(|(_, purl)| purl);
            let sums = component.hashes.iter().flatten().filter(|(kind, _)| *kind == "sha-256").map(|(_, sum)| sum.as_str());
            Identifiers::of(component.id.iter().chain(written).map(String::as_str), sums)
        }
    }
}
