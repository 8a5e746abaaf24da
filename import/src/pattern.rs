//! Patterns with `*` → entries of a scope. A scope has an operator for a `*` at either end, and none for one in the middle.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How a value is compared, and with what. `None`: with anything.
pub(crate) type Compared<'t> = Option<(&'static str, &'t str)>;

/// What a glob says in the operators of the rule language; an error where it says something else, or where what is compared is no part of
/// a name of Kubernetes or of a host.
pub(crate) fn of_glob(glob: &str) -> Result<Compared<'_>, ()> {
    of_glob_of(glob, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':'))
}

/// The same where what is compared has other characters.
pub(crate) fn of_glob_of(glob: &str, is_plain: impl Fn(u8) -> bool) -> Result<Compared<'_>, ()> {
    let (operator, value) = match (glob.strip_prefix('*'), glob.strip_suffix('*')) {
        (Some(""), _) => return Ok(None),
        (Some(rest), Some(_)) => ("contains", rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => ("endsWith", end),
        (None, Some(start)) => ("startsWith", start),
        (None, None) => ("equals", glob),
    };
    if value.is_empty() || !value.bytes().all(is_plain) { Err(()) } else { Ok(Some((operator, value))) }
}

/// The same for several of which any one is enough: an entry for each operator, in alphabetical order. None: anything holds.
pub(crate) fn of_globs(field: &str, globs: &[&str]) -> Result<Vec<Value>, ()> {
    let compared = globs.iter().map(|glob| of_glob(glob)).collect::<Result<Vec<_>, ()>>()?;
    Ok(any_of(field, &compared))
}

/// An entry for each operator, in alphabetical order. None: anything holds.
pub(crate) fn any_of(field: &str, compared: &[Compared<'_>]) -> Vec<Value> {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in compared {
        let Some((operator, value)) = one else { return Vec::new() };
        entries.entry(operator).or_default().push(value);
    }
    entries.into_iter().map(|(operator, values)| entry(field, operator, &values)).collect()
}

/// Scopes of which any one is enough, as many as one rule may become.
const ALTERNATIVES: usize = 16;

/// Two sets of scopes of which one of each must hold; `None`: they would be too many.
pub(crate) fn and(scopes: &[Vec<Value>], others: &[Vec<Value>]) -> Option<Vec<Vec<Value>>> {
    let is_few = scopes.len().saturating_mul(others.len()) <= ALTERNATIVES;
    let with = |scope: &Vec<Value>| others.iter().map(|other| [scope.clone(), other.clone()].concat()).collect::<Vec<_>>();
    is_few.then(|| scopes.iter().flat_map(with).collect())
}

/// An entry of a scope.
pub(crate) fn entry(field: &str, operator: &str, values: &[&str]) -> Value {
    json!({ "field": field, "operator": operator, "values": values })
}
