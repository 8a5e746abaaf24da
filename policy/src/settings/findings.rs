//! `findings` as written → [`Sources`]: where findings are looked for, of which platforms, and for how long.
//!
//! Source: the rule language, "Sources" and "What is judged".

use super::language::{FINDINGS_KEYS, REGISTRY_KEYS, SBOM_SCANNER_KEYS, SOURCE_KEYS};
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
    /// Reports of SBOMscanner in the cluster.
    SbomScanner(SbomScanner),
    /// Reports of trivy-operator in the namespace of the workload.
    TrivyOperator,
}

/// Where SBOMscanner keeps its reports, and how it calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SbomScanner {
    /// The namespace of its `Registry` objects and of the reports.
    pub namespace: String,
    /// Registries and repositories in normal form, each with the name of the `Registry` object under which its images are scanned.
    pub registries: Vec<(String, String)>,
}

impl SbomScanner {
    /// The `Registry` object under which the images of a repository are scanned: that of the longest entry that is the repository, or ends
    /// before a `/` of it.
    pub fn registry_object(&self, repository: &str) -> Option<&str> {
        let is_within = |entry: &str| repository.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let fitting = self.registries.iter().filter(|(entry, _)| is_within(entry));
        fitting.max_by_key(|(entry, _)| entry.len()).map(|(_, object)| object.as_str())
    }
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
    read.lookup_budget = members.get("lookupBudget").and_then(|node| read_budget(&node));
    Some(read)
}

/// With none at all nothing would ever be looked up.
fn read_budget(node: &Node<'_>) -> Option<Duration> {
    let budget = read_duration(node)?;
    if budget.millis() == 0 {
        node.expected("a time above zero, such as 800ms");
        return None;
    }
    Some(budget)
}

fn read_source(node: &Node<'_>) -> Option<Source> {
    match node.one_of(&SOURCE_KEYS)? {
        ("registry", node) => {
            let members = node.object(&REGISTRY_KEYS, &[], "")?;
            let what = "a repository such as ghcr.io/acme/findings, without tag or digest";
            let repository = match members.get("repository") {
                Some(node) => Some(node.parsed(what, read_repository)?),
                None => None,
            };
            Some(Source::Registry { repository })
        }
        ("sbomScanner", node) => read_sbom_scanner(&node),
        (_, node) => node.object(&[], &[], "").map(|_| Source::TrivyOperator),
    }
}

fn read_sbom_scanner(node: &Node<'_>) -> Option<Source> {
    let members = node.object(&SBOM_SCANNER_KEYS, &[], "")?;
    let namespace = members.require("namespace").and_then(|node| read_object_name(&node, "the name of a namespace", 63));
    let mut registries: Vec<(String, String)> = Vec::new();
    if let Some(node) = members.get("registries") {
        for (written, node) in node.entries(limits::REGISTRY_OBJECTS)? {
            let object = read_object_name(&node, "the name of a Registry object", 253);
            match read_prefix(written) {
                None => {
                    node.problem("expected the key to be a registry such as ghcr.io, or a repository such as ghcr.io/acme/web")
                }
                Some(entry) if registries.iter().any(|(known, _)| *known == entry) => {
                    node.problem(format!("expected one entry for `{entry}`, found two"));
                }
                Some(entry) => registries.extend(object.map(|object| (entry, object))),
            }
        }
    }
    Some(Source::SbomScanner(SbomScanner { namespace: namespace?, registries }))
}

/// A DNS label or, where it may be longer than one, a subdomain. Source: Kubernetes, "Object Names and IDs".
fn read_object_name(node: &Node<'_>, what: &str, most: usize) -> Option<String> {
    let is_alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = |label: &str| {
        label.bytes().all(|b| is_alphanumeric(b) || b == b'-')
            && label.bytes().next().is_some_and(is_alphanumeric)
            && label.bytes().next_back().is_some_and(is_alphanumeric)
    };
    let is_sound = |text: &str| text.len() <= most && if most > 63 { text.split('.').all(is_label) } else { is_label(text) };
    node.parsed(what, |text| is_sound(text).then(|| text.to_owned()))
}

/// A registry, or a repository or the beginning of one with its registry, in normal form.
fn read_prefix(text: &str) -> Option<String> {
    let (host, _) = text.split_once('/').unwrap_or((text, ""));
    let is_host = host.contains(['.', ':']) || host == "localhost";
    // With two components more no name is short for one of Docker Hub's official images.
    let reference = Reference::parse(&format!("{text}/x/x")).ok().filter(|_| is_host)?;
    reference.repository().strip_suffix("/x/x").map(str::to_owned)
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
    fn the_longest_entry_names_the_registry_object() {
        let entries = ["ghcr.io", "GHCR.io:443/acme", "ghcr.io/acme/web", "index.docker.io", "localhost:5000/a"];
        let registries = entries.iter().map(|entry| (read_prefix(entry).unwrap(), (*entry).to_owned())).collect();
        let scanner = SbomScanner { namespace: "s".to_owned(), registries };
        for (repository, object) in [
            ("ghcr.io/other/web", Some("ghcr.io")),
            ("ghcr.io/acme/api", Some("GHCR.io:443/acme")),
            ("ghcr.io/acmex/api", Some("ghcr.io")),
            ("ghcr.io/acme/web", Some("ghcr.io/acme/web")),
            ("ghcr.io/acme/web/ui", Some("ghcr.io/acme/web")),
            ("docker.io/library/nginx", Some("index.docker.io")),
            ("localhost:5000/b", None),
        ] {
            assert_eq!(scanner.registry_object(repository), object, "{repository}");
        }
        for wrong in ["acme", "acme/web", "ghcr.io/acme:v1", "ghcr.io/Acme", "ghcr.io/", ""] {
            assert_eq!(read_prefix(wrong), None, "{wrong}");
        }
    }

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
