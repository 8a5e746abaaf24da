//! Every reader of foreign bytes as a function: any bytes in, a panic where something that must hold does not.
//!
//! One module a target. They are plain functions, so that what was found is replayed on any toolchain (`tests/corpus.rs`); the programs in
//! `fuzz_targets/` hand them to libFuzzer (`./just fuzz TARGET`).

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a panic is how a target reports")]

pub mod admission_request;
pub mod cluster_report;
pub mod image_reference;
pub mod import;
pub mod packed_document;
pub mod report;
pub mod review;
pub mod settings;
pub mod summary;

use policy::time::Timestamp;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// The targets by name: that of the program, of the module and of the folder in `corpus/`.
pub const TARGETS: [(&str, Target); 9] = [
    ("admission_request", admission_request::run),
    ("cluster_report", cluster_report::run),
    ("image_reference", image_reference::run),
    ("import", import::run),
    ("packed_document", packed_document::run),
    ("report", report::run),
    ("review", review::run),
    ("settings", settings::run),
    ("summary", summary::run),
];

/// When everything is judged that does not say otherwise: 2026-11-22T12:00:00Z, as in the cases.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_795_348_800).expect("within the years that can be written")
}
