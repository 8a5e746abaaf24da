//! The gate in Gatekeeper: the templates as they are committed, evaluated by a Rego engine, and the provider over real TLS.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's failed expectation is its report")]

mod deploy;
mod engine;
mod opa;
mod origin;
mod parity;
mod served;
mod template;
mod trouble;
#[path = "../validated/mod.rs"]
mod validated;
