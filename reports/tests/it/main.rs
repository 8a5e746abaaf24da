//! The readers as a whole: small reports of our own, and real ones where they are at hand.

#[cfg(test)]
mod cyclonedx;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod grype;
#[cfg(test)]
mod intoto;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sarif;
#[cfg(test)]
mod trivy;
#[cfg(test)]
mod trivy_others;
#[cfg(test)]
mod vex;
