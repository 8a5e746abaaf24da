//! The readers as a whole: small reports of our own, and real ones where they are at hand.

#[cfg(test)]
mod argued;
#[cfg(test)]
mod aws;
#[cfg(test)]
mod clair;
#[cfg(test)]
mod common;
#[cfg(test)]
mod google;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod registries;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod snyk;
#[cfg(test)]
mod trivy;
#[cfg(test)]
mod xray;
