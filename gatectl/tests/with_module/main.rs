//! The commands that run `dist/policy.wasm`. Not part of `cargo test`: `cargo test -p gatectl --test with_module`, after the module.

#[cfg(test)]
mod check;
#[cfg(test)]
mod simulate;
#[cfg(test)]
#[path = "../it/world.rs"]
mod world;
