//! What is needed of an OCI image manifest or image index, as the host hands them over.
//!
//! Source: OCI image specification 1.1, image manifest and image index.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

/// An image manifest, or an index where it has `manifests`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest<'a> {
    #[serde(borrow)]
    pub(super) artifact_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) config: Option<Descriptor<'a>>,
    #[serde(borrow)]
    pub(super) subject: Option<Descriptor<'a>>,
    pub(super) annotations: Option<Map<String, Value>>,
    #[serde(borrow)]
    pub(super) manifests: Option<Vec<Descriptor<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    #[serde(borrow)]
    pub(super) media_type: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) digest: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) platform: Option<Platform<'a>>,
    pub(super) annotations: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Platform<'a> {
    #[serde(borrow)]
    pub(super) os: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) architecture: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) variant: Option<Cow<'a, str>>,
}

impl Platform<'_> {
    /// `os/architecture[/variant]`.
    pub(super) fn name(&self) -> String {
        let variant = self.variant.as_deref().map(|variant| format!("/{variant}")).unwrap_or_default();
        format!("{}/{}{variant}", self.os, self.architecture)
    }
}
