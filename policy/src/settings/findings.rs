//! `findings` as written → [`Sources`]: where findings are looked for, of which platforms, and for how long.
//!
//! Source: the rule language, "Sources" and "What is judged".

use super::language::{FINDINGS_KEYS, LATER_SOURCE_KEYS, REGISTRY_KEYS, SOURCE_KEYS};
use super::node::Node;
use super::rule::read_duration;
use crate::image::Reference;
use crate::limits;
use crate::time::Duration;

/// Where findings are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// In the order in which they are tried; at least one.
    pub sources: Vec<Source>,
    /// Which platforms of an image index are judged; none: every one.
    pub platforms: Vec<Platform>,
    /// No look-up begins after this, all images together.
    pub lookup_budget: Option<Duration>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { sources: vec![Source::Registry { repository: None }], platforms: Vec::new(), lookup_budget: None }
    }
}

impl Sources {
    /// Whether a platform of an index is judged. What names no platform always is.
    pub fn selects(&self, platform: Option<&str>) -> bool {
        self.platforms.is_empty() || platform.is_none_or(|name| self.platforms.iter().any(|wanted| wanted.selects(name)))
    }
}

/// A place where findings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Artifacts in a registry.
    Registry {
        /// `registry/path`; `None`: beside the image.
        repository: Option<String>,
    },
}

/// `os/architecture`, which selects every variant, or `os/architecture/variant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform(String);

impl Platform {
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let is_sound = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
        };
        ((2..=3).contains(&parts.len()) && parts.iter().all(is_sound)).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn selects(&self, platform: &str) -> bool {
        platform.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

pub(super) fn read(node: &Node<'_>) -> Option<Sources> {
    let members = node.object(&FINDINGS_KEYS, &[], "")?;
    let mut read = Sources::default();
    if let Some(node) = members.get("sources") {
        read.sources = node.list(limits::SOURCES)?.filter_map(|source| read_source(&source)).collect();
    }
    if let Some(node) = members.get("platforms") {
        let platform = |node: Node<'_>| node.parsed("a platform such as linux/amd64 or linux/arm/v7", Platform::parse);
        read.platforms = node.list(limits::INDEX_PLATFORMS)?.filter_map(platform).collect();
    }
    read.lookup_budget = members.get("lookupBudget").and_then(|node| read_duration(&node));
    Some(read)
}

fn read_source(node: &Node<'_>) -> Option<Source> {
    let why = "is part of the rule language but not of this version of the policy";
    let members = node.object(&SOURCE_KEYS, &LATER_SOURCE_KEYS, why)?;
    if LATER_SOURCE_KEYS.iter().any(|key| members.has(key)) {
        return None;
    }
    let registry = members.require("registry")?;
    let members = registry.object(&REGISTRY_KEYS, &[], "")?;
    let repository = match members.get("repository") {
        Some(node) => Some(node.parsed("a repository such as ghcr.io/acme/findings, without tag or digest", read_repository)?),
        None => None,
    };
    Some(Source::Registry { repository })
}

/// A repository with its registry, in normal form.
fn read_repository(text: &str) -> Option<String> {
    let name = text.rsplit('/').next().unwrap_or_default();
    let is_plain = text.contains('/') && !name.contains([':', '@']);
    is_plain.then(|| Reference::parse(text).ok()).flatten().map(|reference| reference.repository())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_without_a_variant_selects_every_variant() {
        for (pattern, platform, selects) in [
            ("linux/arm64", "linux/arm64", true),
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm", "linux/arm64", false),
            ("linux/arm/v7", "linux/arm/v7", true),
            ("linux/arm/v7", "linux/arm/v6", false),
            ("linux/arm/v7", "linux/arm", false),
        ] {
            let sources = Sources { platforms: vec![Platform::parse(pattern).unwrap()], ..Sources::default() };
            assert_eq!(sources.selects(Some(platform)), selects, "{pattern} {platform}");
            assert!(sources.selects(None));
        }
        for wrong in ["linux", "linux/", "/amd64", "linux/amd64/v1/x", "Linux/amd64", "linux/*"] {
            assert_eq!(Platform::parse(wrong), None, "{wrong}");
        }
    }
}
