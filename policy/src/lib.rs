//! Judges the images of a Kubernetes workload by their vulnerability findings.
//!
//! In the order a request travels: the guest hands bytes to [`review`], which reads the [`request`], lists the images of the
//! [`workload`], looks their [`findings`] up ([`lookup`]), judges them by the [`settings`] ([`evaluate`]) and answers ([`render`]).
//! ARCHITECTURE.md has the map and the invariants.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic))]

#[cfg(target_os = "wasi")]
pub mod guest;
pub mod review;

pub mod break_glass;
pub mod evaluate;
pub mod exempt;
pub mod findings;
pub mod image;
pub mod lookup;
pub mod order;
pub mod pin;
pub mod render;
pub mod request;
pub mod restart;
pub mod settings;
pub mod unchanged;
pub mod verdict;
pub mod workload;

pub mod diagnostic;
pub mod limits;
pub mod place;
pub mod text;
pub mod time;
