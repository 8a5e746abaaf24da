//! Foreign configurations and what becomes of them.

#[cfg(test)]
mod azure_policy;
#[cfg(test)]
mod binary_authorization;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod given;
#[cfg(test)]
mod grype;
#[cfg(test)]
mod harbor;
#[cfg(test)]
mod image_cve_policy;
#[cfg(test)]
mod inspector;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod kritis;
#[cfg(test)]
mod kubescape;
#[cfg(test)]
mod microsoft_vectors;
#[cfg(test)]
mod neuvector;
#[cfg(test)]
mod recognise;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod security_artifact_policy;
#[cfg(test)]
mod stackrox;
#[cfg(test)]
mod trivy_ignore;
#[cfg(test)]
mod whole;
