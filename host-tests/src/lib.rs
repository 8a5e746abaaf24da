//! What proves the module: cases run natively and through the built module, and the tools they are made with.
//!
//! [`case`] reads a case, [`document`] its findings documents, [`engine`] runs it, [`model`] judges it a second time by a shorter statement of the rules;
//! [`completeness`] is what no case shows, [`generate`] draws inputs for the laws, [`metered`] counts fuel, [`world`] is a registry with the command line, [`api_server`] a cluster's API server,
//! [`reference`] the documents that are made of the code, [`template`] Gatekeeper's templates,
//! [`serving`] the provider and its clients. The tests are in `tests/`, the cases in
//! `cases/`.

#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test's failed expectation is its report"
)]

pub mod api_server;
pub mod case;
pub mod completeness;
pub mod docker_registry;
pub mod document;
pub mod engine;
pub mod generate;
pub mod metered;
pub mod model;
pub mod odd_registry;
pub mod reference;
pub mod serving;
pub mod template;
pub mod world;
