//! The JSON form of a findings document, for people, the command line and test cases.

use serde_json::Value;

use super::Document;
use super::check::{self, DocumentError};

/// Reads and checks a document.
///
/// # Errors
/// Names the place (line and column, or a JSON path), what was expected and what was found.
pub fn read(text: &str) -> Result<Document<'_>, DocumentError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let document: Document<'_> = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|e| DocumentError(format!("`{}`: {}", e.path(), e.inner())))?;
    deserializer.end().map_err(|e| DocumentError(e.to_string()))?;
    check::check(&document)?;
    Ok(document)
}

/// The document as a JSON value without the members that say nothing (null, empty lists of aliases, advisories and fixed versions).
pub fn write(document: &Document<'_>) -> Value {
    let mut value = serde_json::to_value(document).unwrap_or(Value::Null);
    prune(&mut value);
    value
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, member| match member {
                // A platform that was not scanned says so.
                Value::Null => key == "vulnerabilities",
                Value::Array(items) => !items.is_empty() || !matches!(key.as_str(), "aliases" | "advisories" | "fixed"),
                _ => true,
            });
            members.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}
