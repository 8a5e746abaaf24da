//! `oci/v2/verify` and the signatures it judges, against the registry that clusters have and the embedded one.
//!
//! What is trusted, what is not, and each error's text were compared with crate `sigstore` 0.13, which the policy server 1.36 is built
//! on: a guest decides by these texts.

#[cfg(test)]
mod certificates;
#[cfg(test)]
mod keyless;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod place;
#[cfg(test)]
mod ways;
