//! A sheet → one JSON document; one answer → a line of JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::event::{Answer, Log};
use super::inventory::Inventory;
use super::summary::{self, Summary};
use crate::sheet::Sheet;

/// Version of both forms.
const SCHEMA_VERSION: u32 = 1;

/// The document: what was read, totals, and the rows of the view under its name.
pub(super) fn document(sheet: &Sheet, inventory: &Inventory, summary: &Summary) -> Value {
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "read": summary::json(summary, inventory),
        "totals": summary::totals_json(&summary::totals(inventory)),
        sheet.name: sheet.json(),
    })
}

/// An answer by itself, as it was read.
pub(super) fn answer(answer: &Answer) -> Value {
    let or_null = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let shape = &answer.shape;
    let entries: Vec<Value> = shape
        .entries
        .iter()
        .map(|entry| {
            json!({
                "action": entry.action.word(),
                "image": or_null(&entry.image),
                "rule": or_null(&entry.rule),
                "code": or_null(&entry.code),
                "vulnerabilities": answer.vulnerabilities.get(entry),
            })
        })
        .collect();
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "time": answer.time,
        "log": if answer.log == Log::Server { "policy-server" } else { "audit" },
        "origin": shape.origin.word(),
        "namespace": or_null(&shape.namespace),
        "workload": or_null(&shape.workload.to_string()),
        "name": or_null(&answer.name),
        "verdict": shape.verdict.word(),
        "entries": entries,
        "vulnerabilities": answer.vulnerabilities.values().flatten().collect::<BTreeSet<_>>(),
    })
}
