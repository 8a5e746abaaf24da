//! Texts → documents with their places.

use documents::yaml;
use policy::text::quote;
use serde_json::Value;

use crate::source::At;
use crate::{File, Refusal, trivy_ignore};

/// The documents of a file.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// What stands before each place: the file's name, where there are several files.
    place: String,
    documents: Vec<Value>,
}

/// Reads a file; `is_named`: places begin with its name.
pub(crate) fn parse(file: &File<'_>, is_named: bool) -> Result<Parsed, Box<Refusal>> {
    let place = if is_named { format!("{}: ", quote(file.name)) } else { String::new() };
    if let Some(document) = trivy_ignore::document(file.name, file.text) {
        return Ok(Parsed { place, documents: vec![document] });
    }
    let read = yaml::read(file.text).map_err(|error| {
        Box::new(Refusal {
            place: format!("{place}line {}, column {}", error.at.line, error.at.column),
            expected: error.expected,
            found: quote(&error.found),
            hint: error.hint,
        })
    })?;
    Ok(Parsed { place, documents: read.into_iter().map(|document| document.value).collect() })
}

impl Parsed {
    /// The objects of all documents: in place of each list of objects what is in it.
    pub(crate) fn objects(&self) -> Result<Vec<At<'_>>, Box<Refusal>> {
        let mut objects = Vec::new();
        let is_one = self.documents.len() == 1;
        for (i, document) in self.documents.iter().enumerate().filter(|(_, document)| !document.is_null()) {
            let place = if is_one { self.place.clone() } else { format!("{}documents[{i}]", self.place) };
            let at = At::new(document, place);
            let is_list = document.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
            if is_list && document.get("items").is_some() {
                objects.extend(at.list_of("items")?);
            } else if document.is_array() {
                objects.extend(at.list()?);
            } else {
                objects.push(at);
            }
        }
        Ok(objects)
    }
}
