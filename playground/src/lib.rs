//! What is typed into a page → verdicts, and the way to each: the policy's own evaluator, over a registry that is in memory.
//!
//! Each function takes a JSON text and gives one, and answers whatever it is given: what is wrong comes back with its place. In the
//! order a question travels: [`judge`] reads settings ([`settings`]), manifests ([`workload`]) and reports ([`entry`]), attaches the
//! findings to the images ([`attach`]), and has the policy ask the [`registry`] and the [`cluster`] for them. Beside it [`review`]
//! judges a payload with scripted answers, [`import`] reads another gate's configuration, [`export`] writes settings as a cluster takes
//! them. Reads no file, clock or network: the same question has the same answer.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic))]

mod attach;
mod cluster;
#[cfg(target_arch = "wasm32")]
pub mod edge;
mod entry;
mod export;
mod import;
mod judge;
mod places;
mod registry;
mod review;
mod settings;
mod shown;
mod verdict;
mod workload;

pub use self::export::export;
pub use self::import::import;
pub use self::judge::judge;
pub use self::review::review;

use serde_json::{Value, json};

/// Version of the JSON that [`judge`] answers with.
pub const SCHEMA_VERSION: u32 = 1;

/// `{ "version": … }`: the release that this is of.
#[must_use]
pub fn version() -> String {
    json!({ "version": env!("CARGO_PKG_VERSION") }).to_string()
}

/// Reads a question; of what is none, the sentence that says so.
fn question<'q, T: serde::Deserialize<'q>>(text: &'q str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("the question is not understood: {error}"))
}

/// An answer of nothing but a sentence.
fn problem(what: &str) -> String {
    Value::from_iter([("schemaVersion", Value::from(SCHEMA_VERSION)), ("problem", what.into())]).to_string()
}
