//! OpenVEX 0.2.0, and 0.0.1 with its plainer members → statements.
//!
//! Source: the OpenVEX specification, "The VEX Document", "The VEX Statement", "Status Labels". A statement inherits the document's time.
//! `not_affected` needs a justification or an impact statement; without either the statement is not valid and does not count.

use std::collections::BTreeMap;

use policy::findings::VexStatus;

use super::product::{Identifiers, Product};
use super::{Read, VexStatement};
use crate::ReportError;
use crate::json::{self, members};
use crate::report::Notes;
use crate::scalar::{self, filled};

members! {
    struct Raw {
        context: String = "@context" required,
        id: String = "@id",
        author: String,
        timestamp: String,
        statements: Vec<RawStatement> = "statements" required,
    }

    struct RawStatement {
        vulnerability: RawVulnerability,
        timestamp: String,
        products: Vec<RawProduct>,
        /// Of every product; only before 0.2.0.
        subcomponents: Vec<RawProduct>,
        status: String,
        justification: String,
        impact_statement: String,
    }

    /// Before 0.2.0 the id alone.
    struct RawVulnerability or name {
        name: String,
        aliases: Vec<String>,
    }

    /// Before 0.2.0 the id alone.
    struct RawProduct or id {
        id: String = "@id",
        identifiers: BTreeMap<String, String>,
        hashes: BTreeMap<String, String>,
        subcomponents: Vec<RawProduct>,
    }
}

pub(super) fn read(text: &str) -> Result<Read, ReportError> {
    let raw: Raw = json::parse(text, "OpenVEX document")?;
    let version = raw.context.rsplit("/ns").next().unwrap_or_default().trim_matches('/');
    if !matches!(version, "" | "v0.0.1" | "v0.2.0") {
        let message = format!("expected an OpenVEX document of the version 0.0.1 or 0.2.0, found `{}`", *raw.context);
        return Err(ReportError::new(message, None));
    }
    let mut notes = Notes::default();
    let mut statements = Vec::new();
    for statement in raw.statements.0 {
        statements.extend(self::statement(statement, raw.timestamp.as_deref(), &mut notes));
    }
    Ok(Read { id: filled(raw.id), author: filled(raw.author), statements, notes })
}

fn statement(raw: RawStatement, document_time: Option<&str>, notes: &mut Notes) -> Option<VexStatement> {
    let named = raw.vulnerability.unwrap_or_default();
    let names: Vec<String> =
        named.name.into_iter().chain(named.aliases.into_iter().flatten()).filter(|name| !name.is_empty()).collect();
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
    let own = raw.subcomponents.iter().flatten();
    Product { identifiers: identifiers(raw), subcomponents: own.chain(common).map(identifiers).collect() }
}

fn identifiers(raw: &RawProduct) -> Identifiers {
    let written = raw.identifiers.iter().flatten().filter(|(kind, _)| *kind == "purl").map(|(_, purl)| purl);
    let sums = raw.hashes.iter().flatten().filter(|(kind, _)| *kind == "sha-256").map(|(_, sum)| sum.as_str());
    Identifiers::of(raw.id.iter().chain(written).map(String::as_str), sums)
}
