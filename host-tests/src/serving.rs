//! The provider for Gatekeeper as its users meet it: a process, and clients that ask it.

pub mod client;
pub mod process;

/// The heading of BENCHMARKS.md below which `sweep` writes, and above which `bench` does.
pub const SECTION: &str = "## The provider for Gatekeeper";
