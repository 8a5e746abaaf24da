//! Values held against a JSON Schema.

use boon::{Compiler, Draft, Schemas};
use serde_json::Value;

/// Panics where one of the values, each with its place, is not of the schema.
pub(crate) fn validated(schema: Value, values: Vec<(String, Value)>) {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    for (place, value) in values {
        if let Err(error) = schemas.validate(&value, index) {
            panic!("{place}: {error:#}");
        }
    }
}
