//! The documents are true: settings are accepted, commands run and write what is shown, lists are complete, links lead somewhere, and what
//! is made of the code is what the code makes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test's failed expectation is its report"
)]

mod commands;
mod completeness;
mod evaluation;
mod generated;
mod links;
mod pages;
mod settings;
mod shell;
