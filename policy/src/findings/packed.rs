//! The form that a registry keeps: a flat JSON object whose one payload is the document in MessagePack, deflated, in base64.
//!
//! The host copies a config as a tree of JSON values for every admission, so the fewer values the better. Source: the findings
//! document, "Packed".

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::check::{self, DocumentError};
use super::{Document, SCHEMA_VERSION, unpack};
use crate::limits;

/// The only encoding of schema version 1.
pub const ENCODING: &str = "msgpack+deflate+base64";

/// The config blob of a findings artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flat<'a> {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The document's subject.
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    /// Always [`ENCODING`].
    #[serde(borrow)]
    pub encoding: Cow<'a, str>,
    /// The document, in that encoding.
    #[serde(borrow)]
    pub findings: Cow<'a, str>,
}

/// Packs a document.
///
/// # Errors
/// The document breaks a law of findings documents, or is larger than a reader accepts.
pub fn pack<'a>(document: &'a Document<'_>) -> Result<Flat<'a>, DocumentError> {
    check::check(document)?;
    let plain = rmp_serde::to_vec(document).map_err(|e| DocumentError(e.to_string()))?;
    if plain.len() > limits::DOCUMENT_BYTES {
        return Err(too_large());
    }
    let deflated = miniz_oxide::deflate::compress_to_vec(&plain, 9);
    Ok(Flat {
        schema_version: SCHEMA_VERSION,
        subject: Cow::Borrowed(&document.subject),
        encoding: Cow::Borrowed(ENCODING),
        findings: Cow::Owned(STANDARD.encode(deflated)),
    })
}

/// The MessagePack bytes of a flat object, to be kept where [`read`] can borrow from them.
///
/// # Errors
/// Another version or encoding, broken base64 or deflate, or more than [`limits::DOCUMENT_BYTES`].
pub fn inflate(flat: &Flat<'_>) -> Result<Vec<u8>, DocumentError> {
    if flat.schema_version != SCHEMA_VERSION {
        return Err(DocumentError(format!("`/schemaVersion`: expected {SCHEMA_VERSION}, found {}", flat.schema_version)));
    }
    if flat.encoding != ENCODING {
        return Err(DocumentError(format!("`/encoding`: expected `{ENCODING}`, found `{}`", flat.encoding)));
    }
    let deflated =
        STANDARD.decode(flat.findings.as_bytes()).map_err(|e| DocumentError(format!("`/findings`: expected base64: {e}")))?;
    miniz_oxide::inflate::decompress_to_vec_with_limit(&deflated, limits::DOCUMENT_BYTES).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => too_large(),
        _ => DocumentError("`/findings`: expected a raw deflate stream".to_owned()),
    })
}

/// Reads and checks the document in MessagePack bytes.
///
/// # Errors
/// Names the place, what was expected and what was found.
pub fn read(bytes: &[u8]) -> Result<Document<'_>, DocumentError> {
    let document = unpack::document(bytes)?;
    check::check(&document)?;
    Ok(document)
}

fn too_large() -> DocumentError {
    DocumentError(format!("expected at most {} bytes inflated, found more", limits::DOCUMENT_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::json;

    const DOCUMENT: &str = r#"{
        "schemaVersion": 1, "subject": "sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a",
        "scanner": { "name": "trivy", "version": "0.66.0", "databaseUpdatedAt": "2026-11-20T06:12:00Z" },
        "scannedAt": "2026-11-21T10:00:00Z", "provides": ["aliases", "cvss", "epss", "knownExploited", "publishedAt", "fixAvailableAt", "path", "vex"],
        "images": [{ "digest": "sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a", "platform": "linux/amd64",
            "os": { "family": "debian", "version": "12.5", "endOfLife": false },
            "vulnerabilities": [{ "id": "CVE-2024-3094", "severity": "critical", "aliases": ["GHSA-rxwq-x6h5-x525"], "advisories": ["DSA-5649-1"],
                "cvss": 10.0, "epss": 0.92, "knownExploited": true, "publishedAt": "2024-03-29T00:00:00Z",
                "findings": [{ "purl": "pkg:deb/debian/xz-utils@5.6.0-0.2", "installed": "5.6.0-0.2", "fixed": ["5.6.1"], "fixState": "fixed",
                    "fixAvailableAt": "2024-03-29T00:00:00Z", "path": "usr/bin/xz", "vex": "not_affected", "vexSource": "vex/debian.json" }] }] }] }"#;

    #[test]
    fn both_forms_say_the_same() {
        let document = json::read(DOCUMENT).unwrap();
        let flat = pack(&document).unwrap();
        let bytes = inflate(&flat).unwrap();
        assert_eq!(read(&bytes).unwrap(), document);
        let text = json::write(&document).to_string();
        assert_eq!(json::read(&text).unwrap(), document);
    }

    #[test]
    fn text_is_borrowed_from_the_buffer() {
        let document = json::read(DOCUMENT).unwrap();
        let bytes = inflate(&pack(&document).unwrap()).unwrap();
        let read = read(&bytes).unwrap();
        let vulnerability = &read.images[0].vulnerabilities.as_ref().unwrap()[0];
        assert!(matches!(vulnerability.id, Cow::Borrowed(_)) && matches!(vulnerability.aliases[0], Cow::Borrowed(_)));
        assert!(matches!(vulnerability.findings[0].installed, Some(Cow::Borrowed(_))));
    }

    #[test]
    fn other_lengths_versions_and_bytes_are_refused() {
        let document = json::read(DOCUMENT).unwrap();
        let bytes = inflate(&pack(&document).unwrap()).unwrap();
        let with_more = [bytes.as_slice(), &[0xc0]].concat();
        assert!(read(&with_more).unwrap_err().0.contains("more bytes"));
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "cut at {end}");
        }
        // An array one shorter and one longer: marker 0x96 is an array of six.
        assert_eq!(bytes[0], 0x96);
        for marker in [0x95, 0x97] {
            let mut other = bytes.clone();
            other[0] = marker;
            assert!(read(&other).is_err());
        }
        let version = Flat { schema_version: 2, ..pack(&document).unwrap() };
        assert!(inflate(&version).unwrap_err().0.contains("schemaVersion"));
        let encoding = Flat { encoding: "gzip".into(), ..pack(&document).unwrap() };
        assert!(inflate(&encoding).unwrap_err().0.contains("encoding"));
        let base64 = Flat { findings: "%".into(), ..pack(&document).unwrap() };
        assert!(inflate(&base64).unwrap_err().0.contains("base64"));
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; limits::DOCUMENT_BYTES + 1], 9);
        let bomb = Flat { findings: STANDARD.encode(bomb).into(), ..pack(&document).unwrap() };
        assert!(inflate(&bomb).unwrap_err().0.contains("at most"));
    }

    #[test]
    fn every_law_is_checked() {
        for (from, to, place) in [
            ("\"schemaVersion\": 1", "\"schemaVersion\": 2", "/schemaVersion"),
            ("\"subject\": \"sha256:3f", "\"subject\": \"sha256:XX", "/subject"),
            ("\"digest\": \"sha256:3f", "\"digest\": \"sha1:3f", "/images/0/digest"),
            ("\"id\": \"CVE-2024-3094\"", "\"id\": \"\"", "/images/0/vulnerabilities/0/id"),
            ("\"aliases\": [\"GHSA-rxwq-x6h5-x525\"]", "\"aliases\": [\"cve-2024-3094\"]", "unique"),
            ("\"knownExploited\", ", "", "/images/0/vulnerabilities/0/knownExploited"),
            ("\"path\", ", "", "/images/0/vulnerabilities/0/path"),
            ("\"cvss\": 10.0", "\"cvss\": 11", "CVSS"),
            ("\"severity\": \"critical\"", "\"severity\": null", "severity"),
            ("\"scannedAt\": \"2026-11-21T10:00:00Z\"", "\"scannedAt\": \"yesterday\"", "RFC 3339"),
            ("\"provides\": [", "\"provides\": [\"colour\", ", "colour"),
        ] {
            assert!(DOCUMENT.contains(from), "{from}");
            let error = json::read(&DOCUMENT.replacen(from, to, 1)).expect_err(to).0;
            assert!(error.contains(place), "{to}: {error}");
        }
    }

    #[test]
    fn what_no_reader_accepts_is_not_written() {
        let mut document = json::read(DOCUMENT).unwrap();
        document.scanner.name = "x".repeat(limits::DOCUMENT_BYTES).into();
        assert_eq!(pack(&document), Err(too_large()));
    }

    #[test]
    fn lengths_are_held_against_their_caps_before_anything_is_reserved() {
        let mut document = json::read(DOCUMENT).unwrap();
        document.images.clear();
        let bytes = inflate(&pack(&document).unwrap()).unwrap();
        // The last byte is the empty list of images, here with a length of 32 bits and nothing behind it.
        let with_length = |length: u32| [&bytes[..bytes.len() - 1], &[0xdd], &length.to_be_bytes()].concat();
        let too_many = u32::try_from(limits::DOCUMENT_IMAGES + 1).unwrap();
        assert_eq!(read(&with_length(too_many)).unwrap_err().0, "images: expected at most 256 elements, found 257");
        assert!(read(&with_length(too_many - 1)).is_err());
        assert_eq!(read(&with_length(0)).unwrap(), document);
    }
}
