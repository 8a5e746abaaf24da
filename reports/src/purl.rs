//! Type, name and version → a package URL, for reports that carry none; and a package URL → its parts.
//!
//! Source: the package URL specification, "purl-spec" (percent-encoding, types, and how to parse); namespaces of distributions as
//! scanners write them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The parts of a package URL, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purl {
    /// In lower case: `deb`.
    pub(crate) kind: String,
    /// `debian`, `org.apache.logging.log4j`; empty where there is none.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// By key in lower case.
    pub(crate) qualifiers: BTreeMap<String, String>,
    pub(crate) subpath: Option<String>,
}

impl Purl {
    /// Splits a package URL from the right, as the specification says; `None` for text that is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return None;
        }
        let (rest, subpath) = rest.split_once('#').map_or((rest, None), |(rest, subpath)| (rest, Some(subpath)));
        let (rest, qualifiers) = rest.split_once('?').map_or((rest, ""), |(rest, qualifiers)| (rest, qualifiers));
        let (kind, rest) = rest.trim_matches('/').split_once('/')?;
        // An unencoded `@` may begin the namespace of an npm package.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !version.contains('/') => (path, Some(decode(version))),
            _ => (rest, None),
        };
        let (namespace, name) = path.trim_matches('/').rsplit_once('/').unwrap_or(("", path));
        let kind = kind.to_ascii_lowercase();
        let is_folded = matches!(kind.as_str(), "deb" | "apk" | "npm" | "pypi" | "oci" | "github" | "bitbucket" | "composer");
        let fold = |text: &str| match (is_folded, kind.as_str()) {
            (true, "pypi") => decode(text).to_ascii_lowercase().replace('_', "-"),
            (true, _) => decode(text).to_ascii_lowercase(),
            (false, _) => decode(text),
        };
        let (namespace, name) = (fold(namespace), fold(name));
        let pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('=')).filter(|(_, value)| !value.is_empty());
        let qualifiers = pairs.map(|(key, value)| (key.to_ascii_lowercase(), decode(value))).collect();
        let subpath = subpath.map(|s| decode(s.trim_matches('/'))).filter(|s| !s.is_empty());
        let version = version.filter(|v| !v.is_empty());
        (!kind.is_empty() && !name.is_empty()).then_some(Self { kind, namespace, name, version, qualifiers, subpath })
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Makes a package URL. `name` may carry a namespace in the ecosystem's own writing (`@scope/name`, `group:artifact`, `host/path`).
pub(crate) fn make(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> String {
    let lengths = [kind, namespace.unwrap_or_default(), name, version.unwrap_or_default()].map(str::len);
    let mut purl = String::with_capacity(lengths.into_iter().fold("pkg:/@".len().saturating_mul(2), usize::saturating_add));
    purl.push_str("pkg:");
    purl.push_str(kind);
    let name = match kind {
        "maven" => Cow::Owned(name.replacen(':', "/", 1)),
        "pypi" => Cow::Owned(name.to_ascii_lowercase().replace('_', "-")),
        _ => Cow::Borrowed(name),
    };
    let mut push = |segment: &str| {
        purl.push('/');
        encode(segment, &mut purl);
    };
    namespace.into_iter().filter(|segment| !segment.is_empty()).for_each(&mut push);
    // Most names are one segment.
    match name.is_empty() || name.bytes().any(|b| b == b'/') {
        true => name.split('/').filter(|segment| !segment.is_empty()).for_each(push),
        false => push(&name),
    }
    if let Some(version) = version {
        purl.push('@');
        encode(version, &mut purl);
    }
    purl
}

/// Percent-encodes everything but letters, digits, `.`, `-`, `_`, `~` and `:`.
fn encode(text: &str, out: &mut String) {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':');
    let is_kept = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'~' | b':');
    // Most texts stand as they are.
    match text.bytes().all(is_kept) {
        true => out.push_str(text),
        false => out.extend(utf8_percent_encode(text, KEPT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_split_and_decoded() {
        let parts = |text: &str| {
            Purl::parse(text)
                .map(|p| (p.kind, p.namespace, p.name, p.version.unwrap_or_default(), p.qualifiers.len(), p.subpath.is_some()))
        };
        let expected = |kind: &str, namespace: &str, name: &str, version: &str, qualifiers, subpath| {
            Some((kind.to_owned(), namespace.to_owned(), name.to_owned(), version.to_owned(), qualifiers, subpath))
        };
        for (text, found) in [
            (
                "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=",
                expected("deb", "debian", "libstdc++6", "12.2.0-14", 1, false),
            ),
            ("pkg:npm/@babel/core", expected("npm", "@babel", "core", "", 0, false)),
            ("pkg:npm/%40babel/core@7.0.0", expected("npm", "@babel", "core", "7.0.0", 0, false)),
            ("PKG:OCI/Web@sha256%3Aab?repository_url=ghcr.io%2Facme", expected("oci", "", "web", "sha256:ab", 1, false)),
            ("pkg:golang/golang.org/x/net@v0.1.0#http2", expected("golang", "golang.org/x", "net", "v0.1.0", 0, true)),
            ("pkg:pypi/Typing_Extensions@4", expected("pypi", "", "typing-extensions", "4", 0, false)),
            ("pkg:maven/org.A/B@1", expected("maven", "org.A", "B", "1", 0, false)),
            ("pkg:deb", None),
            ("pkg:/x/", None),
            ("nginx", None),
            ("https://example.com/a", None),
        ] {
            assert_eq!(parts(text), found, "{text}");
        }
    }

    #[test]
    fn names_are_split_and_encoded() {
        for (kind, namespace, name, version, purl) in [
            ("deb", Some("debian"), "libstdc++6", Some("1:12.2.0-14"), "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14"),
            ("npm", None, "@babel/core", Some("7.0.0"), "pkg:npm/%40babel/core@7.0.0"),
            (
                "maven",
                None,
                "org.apache.logging.log4j:log4j-core",
                Some("2.14.1"),
                "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            ),
            ("golang", None, "golang.org/x/net", Some("v0.1.0"), "pkg:golang/golang.org/x/net@v0.1.0"),
            ("pypi", None, "Typing_Extensions", None, "pkg:pypi/typing-extensions"),
            ("generic", None, "a b/ü", Some("1+2"), "pkg:generic/a%20b/%C3%BC@1%2B2"),
        ] {
            assert_eq!(make(kind, namespace, name, version), purl);
        }
    }
}
