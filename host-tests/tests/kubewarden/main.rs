//! The policy at home in Kubewarden: what is published, what catalogues and forms show, the manifests for a cluster, the recordings that kwctl
//! replays, the workflows that release it, and what other pipelines call of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test's failed expectation is its report"
)]

mod artifacthub;
mod deploy;
mod pipelines;
mod publish;
mod questions;
mod refresh;
mod replayed;
#[path = "../validated/mod.rs"]
mod validated;
mod workflows;
