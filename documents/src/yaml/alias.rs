//! Anchors and what becomes of them: aliases and merge keys, within their caps.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{MAX_ALIASED, MAX_DEPTH};

/// What was expected, and what was found instead.
pub(super) type Refusal = (String, &'static str);

/// What an anchor stands for.
struct Anchored {
    value: Value,
    /// Nodes plus bytes of text.
    weight: usize,
    /// Levels of nesting.
    height: usize,
}

/// The anchors of one document, and how much they and their aliases have cost.
#[derive(Default)]
pub(super) struct Anchors {
    kept: BTreeMap<usize, Anchored>,
    cost: usize,
}

impl Anchors {
    /// Remembers a finished value.
    pub(super) fn keep(&mut self, anchor: usize, value: &Value) -> Result<(), Refusal> {
        let (weight, height) = measure(value);
        self.charge(weight)?;
        self.kept.insert(anchor, Anchored { value: value.clone(), weight, height });
        Ok(())
    }

    /// The value an alias stands for, `depth` levels below the root.
    pub(super) fn resolve(&mut self, anchor: usize, depth: usize) -> Result<Value, Refusal> {
        let Some(Anchored { weight, height, .. }) = self.kept.get(&anchor) else {
            return Err(("an anchor of this document that is complete".to_owned(), "an alias to another"));
        };
        if depth + height > MAX_DEPTH {
            return Err((format!("at most {MAX_DEPTH} levels of nesting"), "an alias that goes deeper"));
        }
        self.charge(*weight)?;
        Ok(self.kept.get(&anchor).map_or(Value::Null, |anchored| anchored.value.clone()))
    }

    fn charge(&mut self, weight: usize) -> Result<(), Refusal> {
        self.cost = self.cost.saturating_add(weight);
        if self.cost > MAX_ALIASED {
            return Err((format!("aliases that add up to at most {MAX_ALIASED}"), "more"));
        }
        Ok(())
    }
}

/// Adds a merge key's entries; what the mapping says itself wins, and of several mappings the first.
pub(super) fn merge(entries: &mut Map<String, Value>, merged: Value) -> Result<(), Refusal> {
    let mappings = match merged {
        Value::Array(mappings) => mappings,
        other => vec![other],
    };
    for mapping in mappings {
        let Value::Object(mapping) = mapping else {
            return Err(("a mapping, or a sequence of mappings, under `<<`".to_owned(), "something else"));
        };
        for (key, value) in mapping {
            entries.entry(key).or_insert(value);
        }
    }
    Ok(())
}

/// Nodes plus bytes of text, and levels of nesting. By the depth cap this recursion ends.
fn measure(value: &Value) -> (usize, usize) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => (1, 0),
        Value::String(text) => (1 + text.len(), 0),
        Value::Array(values) => values.iter().map(measure).fold((1, 1), around),
        Value::Object(entries) => {
            let parts = entries.iter().map(|(key, value)| {
                let (weight, height) = measure(value);
                (weight + key.len(), height)
            });
            parts.fold((1, 1), around)
        }
    }
}

fn around(whole: (usize, usize), part: (usize, usize)) -> (usize, usize) {
    (whole.0.saturating_add(part.0), whole.1.max(part.1 + 1))
}
