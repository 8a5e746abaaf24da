//! kwctl's `sources.yaml` → how each registry is reached.
//!
//! The shape is the policy server's (`--sources-path`): `insecure_sources`, `source_authorities`, `proxies`. The policy server ignores
//! keys it does not know; here a misspelt key is refused, because ignoring it would end in certificates that are not trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use documents::yaml::{self, Document};

/// How registries are reached; by default over HTTPS with the system's authorities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    insecure: BTreeSet<String>,
    authorities: BTreeMap<String, Vec<Vec<u8>>>,
    proxies: Proxies,
}

/// The proxies named in the file; where none is named, the environment's are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Address of the proxy for plain HTTP.
    pub http: Option<String>,
    /// Address of the proxy for HTTPS.
    pub https: Option<String>,
    /// Hosts reached without a proxy, separated by commas.
    pub none: Option<String>,
}

/// Why a `sources.yaml` cannot be used: the place in it, what may stand there, what does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcesError(String);

impl fmt::Display for SourcesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sources: {}", self.0)
    }
}

impl std::error::Error for SourcesError {}

impl Sources {
    /// Reaches the named hosts (`host` or `host:port`, exactly as in image references) without verification: HTTPS first, then HTTP.
    #[must_use]
    pub fn insecure<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Self {
        Self { insecure: hosts.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Adds one host to those reached without verification.
    #[must_use]
    pub fn with_insecure(mut self, host: impl Into<String>) -> Self {
        self.insecure.insert(host.into());
        self
    }

    /// Reads a file. Certificates it names by path are read now, relative to the working directory as kwctl does.
    ///
    /// # Errors
    /// [`SourcesError`] names the file or the place in it.
    pub fn load(path: &Path) -> Result<Self, SourcesError> {
        let text = std::fs::read_to_string(path).map_err(|error| SourcesError(format!("`{}`: {error}", path.display())))?;
        Self::parse(&text)
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// [`SourcesError`] names the place.
    pub fn parse(text: &str) -> Result<Self, SourcesError> {
        let documents = yaml::read(text).map_err(|error| SourcesError(error.to_string()))?;
        match documents.as_slice() {
            [] => Ok(Self::default()),
            [document] if document.value.is_null() => Ok(Self::default()),
            [document] => Reader { document }.sources(),
            more => Err(SourcesError(format!("expected one document, found {}", more.len()))),
        }
    }

    /// Whether `host` may be reached without verification and over plain HTTP.
    #[must_use]
    pub fn is_insecure(&self, host: &str) -> bool {
        self.insecure.contains(host)
    }

    /// The certificates, PEM or DER, that are trusted for `host` beside the system's.
    #[must_use]
    pub fn authorities(&self, host: &str) -> &[Vec<u8>] {
        self.authorities.get(host).map_or(&[], Vec::as_slice)
    }

    /// The proxies the file names.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }
}

/// Walks one document and knows where it is.
struct Reader<'a> {
    document: &'a Document,
}

impl Reader<'_> {
    fn sources(&self) -> Result<Sources, SourcesError> {
        let root = self.mapping(&self.document.value, "", &["insecure_sources", "source_authorities", "proxies"])?;
        let mut sources = Sources::default();
        if let Some(hosts) = present(root, "insecure_sources") {
            for (place, host) in self.sequence(hosts, "/insecure_sources")? {
                sources.insecure.insert(self.text(host, &place)?.to_owned());
            }
        }
        if let Some(hosts) = present(root, "source_authorities") {
            let Value::Object(hosts) = hosts else {
                return Err(self.error("/source_authorities", "a mapping of hosts", hosts));
            };
            for (host, authorities) in hosts {
                let place = format!("/source_authorities/{}", host.replace('~', "~0").replace('/', "~1"));
                let authorities = self.sequence(authorities, &place)?;
                let certificates = authorities.into_iter().map(|(place, authority)| self.authority(authority, &place));
                sources.authorities.insert(host.clone(), certificates.collect::<Result<_, _>>()?);
            }
        }
        if let Some(proxies) = present(root, "proxies") {
            let proxies = self.mapping(proxies, "/proxies", &["http_proxy", "https_proxy", "no_proxy"])?;
            let text = |key| match present(proxies, key) {
                None => Ok(None),
                Some(value) => self.text(value, &format!("/proxies/{key}")).map(|text| Some(text.to_owned())),
            };
            sources.proxies = Proxies { http: text("http_proxy")?, https: text("https_proxy")?, none: text("no_proxy")? };
        }
        Ok(sources)
    }

    /// `{type: Path, path: ca.pem}` or `{type: Data, data: "PEM"}` → the certificate's bytes.
    fn authority(&self, value: &Value, place: &str) -> Result<Vec<u8>, SourcesError> {
        let Value::Object(entries) = value else { return Err(self.error(place, "a mapping", value)) };
        let kind = entries.get("type").unwrap_or(&Value::Null);
        let key = match kind.as_str() {
            Some("Path") => "path",
            Some("Data") => "data",
            _ => return Err(self.error(&format!("{place}/type"), "`Path` or `Data`", kind)),
        };
        let entries = self.mapping(value, place, &["type", key])?;
        let place = format!("{place}/{key}");
        let text = self.text(entries.get(key).unwrap_or(&Value::Null), &place)?;
        let bytes = match key {
            "path" => std::fs::read(text).map_err(|error| self.complaint(&place, format!("`{text}`: {error}")))?,
            _ => text.as_bytes().to_vec(),
        };
        Ok(bytes)
    }

    fn mapping<'v>(&self, value: &'v Value, place: &str, keys: &[&str]) -> Result<&'v Map<String, Value>, SourcesError> {
        let Value::Object(entries) = value else { return Err(self.error(place, "a mapping", value)) };
        match entries.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(entries),
            Some(key) => {
                let expected = format!("one of {}", keys.join(", "));
                Err(self.complaint(&format!("{place}/{key}"), format!("expected {expected}, found key `{key}`")))
            }
        }
    }

    fn sequence<'v>(&self, value: &'v Value, place: &str) -> Result<Vec<(String, &'v Value)>, SourcesError> {
        let Value::Array(values) = value else { return Err(self.error(place, "a sequence", value)) };
        Ok(values.iter().enumerate().map(|(n, value)| (format!("{place}/{n}"), value)).collect())
    }

    fn text<'v>(&self, value: &'v Value, place: &str) -> Result<&'v str, SourcesError> {
        value.as_str().ok_or_else(|| self.error(place, "a string", value))
    }

    fn error(&self, place: &str, expected: &str, found: &Value) -> SourcesError {
        self.complaint(place, format!("expected {expected}, found {}", named(found)))
    }

    fn complaint(&self, place: &str, complaint: String) -> SourcesError {
        let line = self.document.span(place).line;
        let place = if place.is_empty() { String::new() } else { format!("`{place}`: ") };
        match line {
            0 => SourcesError(format!("{place}{complaint}")),
            line => SourcesError(format!("line {line}: {place}{complaint}")),
        }
    }
}

/// An entry that is there and not `null`.
fn present<'v>(entries: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    entries.get(key).filter(|value| !value.is_null())
}

/// A value as a complaint shows it.
pub(crate) fn named(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("`{value}`"),
        Value::String(value) => format!("`{value}`"),
        Value::Array(_) => "a sequence".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kwctls_file_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "PEM one").expect("a file");
        let text = format!(
            "insecure_sources:\n- localhost:5000\nsource_authorities:\n  registry.example:5443:\n  - type: Path\n    path: {}\n  \
             - type: Data\n    data: PEM two\nproxies:\n  http_proxy: http://proxy.example:3128\n  no_proxy: localhost\n",
            path.display()
        );
        let sources = Sources::parse(&text).expect("valid sources");
        assert!(sources.is_insecure("localhost:5000"));
        assert!(!sources.is_insecure("localhost"));
        assert_eq!(sources.authorities("registry.example:5443"), [b"PEM one".to_vec(), b"PEM two".to_vec()]);
        assert_eq!(sources.authorities("registry.example").len(), 0);
        assert_eq!(sources.proxies().http.as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(Sources::parse("").expect("no document"), Sources::default());
        assert_eq!(Sources::parse("insecure_sources:\n").expect("null"), Sources::default());
    }

    #[test]
    fn each_refusal_has_a_place() {
        for (text, expected) in [
            ("[]", "sources: line 1: expected a mapping, found a sequence"),
            (
                "insecure_source: [a]",
                "sources: line 1: `/insecure_source`: expected one of insecure_sources, source_authorities, proxies, \
                 found key `insecure_source`",
            ),
            ("insecure_sources:\n- a\n- 1", "sources: line 3: `/insecure_sources/1`: expected a string, found `1`"),
            (
                "source_authorities:\n  h:\n  - type: File",
                "sources: line 3: `/source_authorities/h/0/type`: expected `Path` or `Data`, found `File`",
            ),
            (
                "source_authorities:\n  h:\n  - type: Path\n    data: x",
                "sources: line 4: `/source_authorities/h/0/data`: expected one of type, path, found key `data`",
            ),
            (
                "source_authorities:\n  h:\n  - type: Data",
                "sources: line 3: `/source_authorities/h/0/data`: expected a string, found nothing",
            ),
            (
                "proxies: {ftp_proxy: x}",
                "sources: line 1: `/proxies/ftp_proxy`: expected one of http_proxy, https_proxy, no_proxy, found key `ftp_proxy`",
            ),
            ("a: b\n---\nc: d", "sources: expected one document, found 2"),
        ] {
            assert_eq!(Sources::parse(text).expect_err(text).to_string(), expected);
        }
        let missing = Sources::parse("source_authorities: {h: [{type: Path, path: /no/such/ca.pem}]}").expect_err("no file");
        assert!(missing.to_string().contains("`/source_authorities/h/0/path`: `/no/such/ca.pem`: No such file"), "{missing}");
    }
}
