//! Type, name and version → a package URL, for reports that carry none.
//!
//! Source: the package URL specification, "purl-spec" (percent-encoding and types); namespaces of distributions as scanners write them.

/// Makes a package URL. `name` may carry a namespace in the ecosystem's own writing (`@scope/name`, `group:artifact`, `host/path`).
pub(crate) fn make(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> String {
    let mut purl = format!("pkg:{kind}");
    let name = match kind {
        "maven" => name.replacen(':', "/", 1),
        "pypi" => name.to_ascii_lowercase().replace('_', "-"),
        _ => name.to_owned(),
    };
    for segment in namespace.into_iter().chain(name.split('/')).filter(|segment| !segment.is_empty()) {
        purl.push('/');
        encode(segment, &mut purl);
    }
    if let Some(version) = version {
        purl.push('@');
        encode(version, &mut purl);
    }
    purl
}

/// Percent-encodes everything but letters, digits, `.`, `-`, `_`, `~` and `:`.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
