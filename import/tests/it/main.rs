//! Foreign configurations and what becomes of them.

#[cfg(test)]
mod azure_policy;
#[cfg(test)]
mod given;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod microsoft_vectors;
#[cfg(test)]
mod recognise;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod security_artifact_policy;
