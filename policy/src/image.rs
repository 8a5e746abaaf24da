//! Image references: text as a workload writes it → [`Reference`], normalised as container runtimes do.
//!
//! Source: the grammar of the CNCF distribution project's `reference` package and its `ParseDockerRef`; OCI image specification 1.1,
//! "Digests".

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::limits;

/// A sha256 digest of an OCI manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("sha256:{hex}"))
    }

    /// `sha256:` and 64 lower-case hex digits; other algorithms are not supported, since no findings tag can be made of them.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let is_hex = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (hex.len() == 64 && is_hex).then(|| Self(text.to_owned()))
    }

    /// `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hex digits alone.
    pub fn hex(&self) -> &str {
        self.0.strip_prefix("sha256:").unwrap_or_default()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A normalised image reference. A tag beside a digest is only a comment: it is no part of the normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    registry: String,
    path: String,
    version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    Tag(String),
    Digest(Digest, Option<String>),
}

/// Why a text is not an image reference. One line, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceError(pub &'static str);

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The one name of Docker Hub.
pub const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_ALIASES: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

impl Reference {
    /// Parses and normalises: host in lower case, `:443` dropped, Docker Hub's aliases one name, `library/` and `latest` filled in.
    ///
    /// # Errors
    /// Which part of the reference is not of the grammar.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError("expected an image reference, found none"));
        }
        if text.len() > limits::REFERENCE_CHARS {
            return Err(ReferenceError("expected at most 512 characters"));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest =
                    Digest::parse(digest).ok_or(ReferenceError("expected a digest `sha256:` and 64 hex digits after `@`"))?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let (host, remainder) = match rest.split_once('/') {
            Some((first, remainder)) if is_host_like(first) => (first, remainder),
            _ => (DOCKER_HUB, rest),
        };
        let (path, tag) = match remainder.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (remainder, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ReferenceError("expected a tag of up to 128 letters, digits, `_`, `.` and `-` after `:`"));
        }
        let registry =
            normalize_host(host).ok_or(ReferenceError("expected a registry host with an optional port before the first `/`"))?;
        if !path.split('/').all(is_component) {
            return Err(ReferenceError(
                "expected a repository of lower-case letters, digits and single separators `.`, `_`, `__`, `-`, in components between `/`",
            ));
        }
        if host == DOCKER_HUB && rest.len() == 64 && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceError("expected a repository, found a bare image id"));
        }
        let path = if registry == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        if registry.len().saturating_add(path.len()) > 254 {
            return Err(ReferenceError("expected a registry and repository of at most 255 characters"));
        }
        let version = match (digest, tag) {
            (Some(digest), tag) => Version::Digest(digest, tag.map(str::to_owned)),
            (None, tag) => Version::Tag(tag.unwrap_or("latest").to_owned()),
        };
        Ok(Self { registry, path, version })
    }

    /// Host and port: `ghcr.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository with its registry: `docker.io/library/nginx`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.registry, self.path)
    }

    /// The tag, `latest` where none is written; `None` where a digest is.
    pub fn tag(&self) -> Option<&str> {
        match &self.version {
            Version::Tag(tag) => Some(tag),
            Version::Digest(..) => None,
        }
    }

    /// The tag that is written beside a digest: it may never have stood for it.
    pub fn comment(&self) -> Option<&str> {
        match &self.version {
            Version::Tag(_) => None,
            Version::Digest(_, tag) => tag.as_deref(),
        }
    }

    /// The digest, where one is written.
    pub fn digest(&self) -> Option<&Digest> {
        match &self.version {
            Version::Digest(digest, _) => Some(digest),
            Version::Tag(_) => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Version::Tag(tag) => write!(f, "{}/{}:{tag}", self.registry, self.path),
            Version::Digest(digest, _) => write!(f, "{}/{}@{digest}", self.registry, self.path),
        }
    }
}

/// What tells a host from the first component of a Docker Hub repository.
fn is_host_like(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
}

/// Lower case, without `:443`, Docker Hub by its one name; `None` where it is not `host[:port]`.
fn normalize_host(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (name, port) = match lower.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (lower.as_str(), None),
    };
    // An IPv6 literal is none of these: no host can look it up.
    let labels_are_sound = name.split('.').all(|label| {
        let is_sound = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(is_sound)
    });
    if !labels_are_sound || port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    // By its number: `:0443` is the same port.
    let port = port.map(str::parse::<u16>).transpose().ok()?;
    let name = if DOCKER_HUB_ALIASES.contains(&name) { DOCKER_HUB } else { name };
    // Without dot or port a name is read as a Docker Hub repository again: it keeps its port, or gets one.
    let is_plainly_a_host = name.contains('.') || name == "localhost";
    Some(match port.unwrap_or(443) {
        443 if is_plainly_a_host => name.to_owned(),
        port => format!("{name}:{port}"),
    })
}

fn is_tag(tag: &str) -> bool {
    let first_is_sound = tag.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    first_is_sound && tag.len() <= 128 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(component: &str) -> bool {
    let is_alphanumeric = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9');
    let mut separator = String::new();
    let mut after_alphanumeric = false;
    for byte in component.bytes() {
        if is_alphanumeric(byte) {
            let is_separator = matches!(separator.as_str(), "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
            if !is_separator {
                return false;
            }
            separator.clear();
            after_alphanumeric = true;
        } else if after_alphanumeric && matches!(byte, b'.' | b'_' | b'-') {
            separator.push(char::from(byte));
        } else {
            return false;
        }
    }
    after_alphanumeric && separator.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a";

    #[test]
    fn accepted_references_are_normalised() {
        let digest = format!("sha256:{HEX}");
        for (text, normal) in [
            ("nginx", "docker.io/library/nginx:latest".to_owned()),
            ("nginx:1.27", "docker.io/library/nginx:1.27".to_owned()),
            ("bitnami/redis", "docker.io/bitnami/redis:latest".to_owned()),
            ("index.docker.io/nginx", "docker.io/library/nginx:latest".to_owned()),
            ("registry-1.docker.io/library/nginx", "docker.io/library/nginx:latest".to_owned()),
            ("GHCR.io/acme/web:v1", "ghcr.io/acme/web:v1".to_owned()),
            ("ghcr.io:443/acme/web:v1", "ghcr.io/acme/web:v1".to_owned()),
            ("localhost/web", "localhost/web:latest".to_owned()),
            ("localhost:5000/a/b/c", "localhost:5000/a/b/c:latest".to_owned()),
            ("registry:443/team/app:v1", "registry:443/team/app:v1".to_owned()),
            ("MYREG/app", "myreg:443/app:latest".to_owned()),
            ("registry:05000/app", "registry:5000/app:latest".to_owned()),
            ("localhost:443/app", "localhost/app:latest".to_owned()),
            ("a.b/c__d-e---f.g:T_1.-x", "a.b/c__d-e---f.g:T_1.-x".to_owned()),
            (&format!("ghcr.io/acme/web:v1@{digest}"), format!("ghcr.io/acme/web@{digest}")),
            (&format!("web@{digest}"), format!("docker.io/library/web@{digest}")),
        ] {
            let reference = Reference::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(reference.to_string(), normal, "{text}");
            assert_eq!(Reference::parse(&normal).unwrap().to_string(), normal, "normalising twice changes nothing: {text}");
        }
    }

    #[test]
    fn rejected_references_name_the_part() {
        for (text, part) in [
            ("", "found none"),
            (" nginx", "repository"),
            ("nginx ", "repository"),
            ("Nginx", "repository"),
            ("ghcr.io/Acme/web", "repository"),
            ("ghcr.io/acme//web", "repository"),
            ("ghcr.io/acme/web:", "tag"),
            ("ghcr.io/acme/web:a b", "tag"),
            ("ghcr.io/acme/web:.x", "tag"),
            ("ghcr.io/acme/web@sha256:abc", "digest"),
            (&format!("ghcr.io/acme/web@sha512:{HEX}{HEX}"), "digest"),
            (&format!("ghcr.io/acme/web@sha256:{}", HEX.to_uppercase()), "digest"),
            ("ghcr.io:port/acme/web", "host"),
            ("ghcr.io:99999/acme/web", "host"),
            ("-a.b/c", "host"),
            ("[::1]:5000/a", "host"),
            ("a..b/c", "host"),
            ("a/b_-c", "repository"),
            ("a/-b", "repository"),
            ("a/b-", "repository"),
            ("ghcr.io/", "repository"),
            ("naïve/image", "repository"),
            (HEX, "bare image id"),
        ] {
            let error = Reference::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Reference::parse(&format!("a.b/{}", "x".repeat(300))).is_err());
    }

    #[test]
    fn a_tag_beside_a_digest_is_only_a_comment() {
        let reference = Reference::parse(&format!("web:v1@sha256:{HEX}")).unwrap();
        assert_eq!((reference.tag(), reference.digest().map(Digest::hex)), (None, Some(HEX)));
        assert_eq!(reference.comment(), Some("v1"));
    }
}
