//! Patterns with `*` → entries of a scope. A scope has an operator for a `*` at either end, and none for one in the middle.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How a value is compared, and with what. `None`: with anything.
pub(crate) type Compared<'t> = Option<(&'static str, &'t str)>;

/// What a glob says in the operators of the rule language; an error where it says something else, or where what is compared is no part of
/// a name of Kubernetes or of a host.
pub(crate) fn of_glob(glob: &str) -> Result<Compared<'_>, ()> {
    let (operator, value) = match (glob.strip_prefix('*'), glob.strip_suffix('*')) {
        (Some(""), _) => return Ok(None),
        (Some(rest), Some(_)) => ("contains", rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => ("endsWith", end),
        (None, Some(start)) => ("startsWith", start),
        (None, None) => ("equals", glob),
    };
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':');
    if value.is_empty() || !value.bytes().all(is_plain) { Err(()) } else { Ok(Some((operator, value))) }
}

/// The same for several of which any one is enough: an entry for each operator, in alphabetical order. None: anything holds.
pub(crate) fn of_globs(field: &str, globs: &[&str]) -> Result<Vec<Value>, ()> {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for glob in globs {
        let Some((operator, value)) = of_glob(glob)? else { return Ok(Vec::new()) };
        entries.entry(operator).or_default().push(value);
    }
    Ok(entries.into_iter().map(|(operator, values)| entry(field, operator, &values)).collect())
}

/// An entry of a scope.
pub(crate) fn entry(field: &str, operator: &str, values: &[&str]) -> Value {
    json!({ "field": field, "operator": operator, "values": values })
}
