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
mod cyclonedx;
#[cfg(test)]
mod enrich;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod google;
#[cfg(test)]
mod grype;
#[cfg(test)]
mod intoto;
#[cfg(test)]
mod merge;
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
mod sarif;
#[cfg(test)]
mod snyk;
#[cfg(test)]
mod trivy;
#[cfg(test)]
mod trivy_others;
#[cfg(test)]
mod vex;
#[cfg(test)]
mod xray;
