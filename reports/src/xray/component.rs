//! Xray's ids of components: `deb://debian:bookworm:libssl3:3.0.13-1`, `alpine://3.12:openssl:1.1.1k-r0`, `gav://group:artifact:1.0`,
//! `npm://lodash:4.17.20`, also without the kind → name, version and package URL.

use crate::distro;
use crate::ecosystem::Ecosystem;

/// A component of the image.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Component {
    /// As Xray writes it, without the kind: with distribution and release where it has them.
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) purl: String,
}

impl Component {
    /// Of an id that may end in a version.
    pub(super) fn of(id: &str) -> Self {
        let (stated, rest) = split(id);
        let kind = stated.or_else(|| kind_of(rest));
        // A version of Debian may itself have a colon, after its epoch: `deb://debian:stretch:libx11:2:1.6.4-3`.
        let before_version = match kind {
            Some("deb") => 3,
            Some("rpm" | "alpine" | "gav") => 2,
            _ => 1,
        };
        let parts: Vec<&str> = rest.split(':').collect();
        match parts.split_at_checked(before_version) {
            Some((name, version)) if !version.is_empty() && kind.is_some() => {
                Self::new(kind, name.join(":"), Some(version.join(":")))
            }
            _ => match rest.rsplit_once(':').filter(|_| kind.is_none()) {
                Some((name, version)) => Self::new(None, name.to_owned(), Some(version.to_owned())),
                None => Self::new(kind, rest.to_owned(), None),
            },
        }
    }

    /// Of an id without a version, and the version beside it.
    pub(super) fn with_version(id: &str, kind: Option<&str>, version: Option<String>) -> Self {
        let (own, rest) = split(id);
        Self::new(own.or(kind), rest.to_owned(), version)
    }

    fn new(kind: Option<&str>, name: String, version: Option<String>) -> Self {
        let version = version.filter(|version| !version.is_empty());
        let kind = kind.map(str::to_ascii_lowercase).unwrap_or_default();
        let parts: Vec<&str> = name.split(':').collect();
        // Packages of distributions begin with distribution and release, those of Alpine with the release.
        let (family, bare) = match (kind.as_str(), parts.as_slice()) {
            ("deb" | "debian" | "rpm", [distribution, .., bare]) => (distro::of(distribution).map(|os| os.family), *bare),
            ("alpine", [.., bare]) => (None, *bare),
            _ => (None, name.as_str()),
        };
        let ecosystem = Ecosystem::of(if kind == "debian" { "deb" } else { &kind }, family.as_deref());
        let purl = ecosystem.purl(bare, version.as_deref());
        Self { name, version, purl }
    }
}

/// Paths name components without their kind: packages of distributions begin with the distribution, those of Alpine with its release.
fn kind_of(rest: &str) -> Option<&'static str> {
    let parts: Vec<&str> = rest.split(':').collect();
    match parts.as_slice() {
        [distribution, _, _, _, ..] => distro::family(distribution).and_then(distro::packages).map(|(_, kind)| kind),
        [release, _, _] if release.starts_with(|c: char| c.is_ascii_digit()) => Some("alpine"),
        _ => None,
    }
}

fn split(id: &str) -> (Option<&str>, &str) {
    match id.split_once("://") {
        Some((kind, rest)) => (Some(kind), rest),
        None => (None, id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_components_are_taken_apart() {
        for (id, name, version, purl) in [
            ("deb://debian:bookworm:libssl3:3.0", "debian:bookworm:libssl3", Some("3.0"), "pkg:deb/debian/libssl3@3.0"),
            ("deb://debian:stretch:libx11:2:1.6.4", "debian:stretch:libx11", Some("2:1.6.4"), "pkg:deb/debian/libx11@2:1.6.4"),
            ("alpine://3.12:openssl:1.1.1k-r0", "3.12:openssl", Some("1.1.1k-r0"), "pkg:apk/alpine/openssl@1.1.1k-r0"),
            ("gav://org.yaml:snakeyaml:1.16", "org.yaml:snakeyaml", Some("1.16"), "pkg:maven/org.yaml/snakeyaml@1.16"),
            ("gav://test", "test", None, "pkg:maven/test"),
            ("npm://acorn:5.7.3", "acorn", Some("5.7.3"), "pkg:npm/acorn@5.7.3"),
            ("3.12:busybox:1.31.1-r20", "3.12:busybox", Some("1.31.1-r20"), "pkg:apk/alpine/busybox@1.31.1-r20"),
            ("debian:bookworm:libssl3:3.0", "debian:bookworm:libssl3", Some("3.0"), "pkg:deb/debian/libssl3@3.0"),
            ("rpm://el8:zlib:0:1.2.11", "el8:zlib", Some("0:1.2.11"), "pkg:rpm/zlib@0:1.2.11"),
            ("test_item", "test_item", None, "pkg:generic/test_item"),
        ] {
            let expected = Component { name: name.to_owned(), version: version.map(str::to_owned), purl: purl.to_owned() };
            assert_eq!(Component::of(id), expected, "{id}");
        }
        let component = Component::with_version("debian:bookworm:openssl", Some("deb"), Some("3.0".to_owned()));
        assert_eq!(component.purl, "pkg:deb/debian/openssl@3.0");
    }
}
