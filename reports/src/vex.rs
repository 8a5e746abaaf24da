//! VEX documents (OpenVEX, CSAF, CycloneDX) → statements → the VEX status of a report's rows.
//!
//! [`read`] makes one shape of the three formats, [`apply`] holds its statements against a report. A statement counts for a row where
//! one of its names is the row's id or an alias, and one of its products is the image or the package (see [`product`]). Of several the
//! latest counts; of equally late ones the one that keeps the finding counted. What a document says takes the place of what the report
//! itself says: it was handed in for this report. A statement that cannot be read, or that matches nothing, changes nothing and is noted.

mod csaf;
mod cyclonedx;
mod index;
mod openvex;
pub mod product;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use policy::findings::{Field, VexStatus};
use policy::time::Timestamp;

use self::index::{Index, Place};
use self::product::{Image, Product};
use crate::report::{Notes, Report, Statement};
use crate::{Outline, ReportError, foreign, outline, words};

/// A VEX document.
#[derive(Clone, Debug, PartialEq)]
pub struct VexDocument {
    /// Where its statements come from, as findings show it: the name that the caller gave or the document's id, and its author.
    pub source: String,
    /// In the document's order.
    pub statements: Vec<VexStatement>,
    /// What a person should know about the reading.
    pub notes: Notes,
}

/// A statement about one vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct VexStatement {
    /// Its id and its other names; never empty.
    pub names: Vec<String>,
    /// What is stated.
    pub status: VexStatus,
    /// Why a product is not affected, in the format's own words.
    pub justification: Option<String>,
    /// Since when it is known to be true; without a time it is older than any other.
    pub timestamp: Option<Timestamp>,
    /// What it is about.
    pub products: Vec<Product>,
}

/// What is read of a document before the caller's name for it is known.
struct Read {
    id: Option<String>,
    author: Option<String>,
    statements: Vec<VexStatement>,
    notes: Notes,
}

/// Reads a VEX document; `name` is what findings call it, such as its file name.
///
/// # Errors
/// A sentence that says what the document is, where it is not a VEX document that can be read.
pub fn read(bytes: &[u8], name: Option<&str>) -> Result<VexDocument, ReportError> {
    let text = outline::text(bytes)?;
    let outline = Outline::read(text)?;
    let is_openvex = outline.text("@context").is_some_and(|context| context.contains("openvex.dev/ns"));
    let read = if is_openvex {
        openvex::read(text)?
    } else if outline.member("document").is_some_and(|document| document.has("csaf_version")) {
        csaf::read(text)?
    } else if outline.text("bomFormat").as_deref() == Some("CycloneDX") {
        cyclonedx::read(text)?
    } else {
        let hint = "VEX documents that can be read: OpenVEX, CSAF of the profile VEX, CycloneDX with analyses";
        return Err(ReportError::new(format!("not a VEX document: the document is {}", foreign::describe(&outline)), Some(hint)));
    };
    let name = name.map(str::to_owned).or(read.id).unwrap_or_else(|| "VEX document without an id".to_owned());
    let source = match read.author {
        Some(author) => format!("{name} ({author})"),
        None => name,
    };
    Ok(VexDocument { source: words::one_line(&source), statements: read.statements, notes: read.notes })
}

/// Sets the VEX status of the rows that the documents speak about, and notes what matched nothing.
pub fn apply(report: &mut Report, documents: &[VexDocument]) {
    if documents.is_empty() {
        return;
    }
    let mut index = Index::of(documents, &Image::of(&report.subject));
    let mut used = BTreeSet::new();
    for row in &mut report.rows {
        let Some(places) = index.about(row) else {
            report.notes.add("row that no VEX statement was held against: too many statements are about the same package");
            continue;
        };
        let statement = |place: &Place| {
            let document = documents.get(place.0)?;
            Some(Candidate { document, statement: document.statements.get(place.1)? })
        };
        let mut matching: Vec<Candidate<'_>> = places.iter().filter_map(statement).collect();
        used.extend(places);
        matching.sort_by_key(Candidate::rank);
        let Some(last) = matching.last() else { continue };
        if matching.iter().any(|other| other.statement.status != last.statement.status) {
            report.notes.add("VEX statements that disagree about a finding: the latest counts");
        }
        if row.vex.as_ref().is_some_and(|own| own.status != last.statement.status) {
            report.notes.add("VEX status of the report replaced by that of a document");
        }
        row.vex = Some(Box::new(Statement { status: last.statement.status, source: last.document.source.clone() }));
    }
    for document in documents {
        report.notes.extend(&document.notes);
    }
    if index.n_too_long > 0 {
        report
            .notes
            .add(format!("VEX statements that do not count, since all together list too many products: {}", index.n_too_long));
    }
    for (document, _) in index.all.iter().filter(|place| !used.contains(*place)) {
        let source = documents.get(*document).map_or("", |d| d.source.as_str());
        report.notes.add(format!("VEX statement that no finding matches ({source})"));
    }
    if !report.provides.contains(&Field::Vex) {
        report.provides.push(Field::Vex);
    }
}

struct Candidate<'a> {
    document: &'a VexDocument,
    statement: &'a VexStatement,
}

impl Candidate<'_> {
    /// The one that counts sorts last: the latest, then the one that keeps the finding counted, then the first by its source, so that
    /// the order of documents changes nothing.
    fn rank(&self) -> (Option<Timestamp>, u8, Reverse<String>) {
        let weight = match self.statement.status {
            VexStatus::NotAffected => 0,
            VexStatus::Fixed => 1,
            VexStatus::UnderInvestigation => 2,
            VexStatus::Affected => 3,
        };
        (self.statement.timestamp, weight, Reverse(self.document.source.clone()))
    }
}
