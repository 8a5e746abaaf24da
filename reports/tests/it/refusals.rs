//! What is refused, and with which sentence.

use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::{Format, Leniency};

use crate::trivy::{WEB, digest};

#[test]
fn what_is_not_a_report_of_an_image_is_refused_with_what_it_is() {
    let replaced = |from: &str, to: &str| WEB.replace(from, to);
    let second_line = format!("found a second one that begins on line {}", format!("{WEB}\n").lines().count() + 1);
    for (text, part) in [
        (replaced("container_image", "filesystem"), "the report is about a filesystem, not about a container image"),
        (replaced("\"SchemaVersion\": 2", "\"SchemaVersion\": 3"), "schema version 2, found 3"),
        (replaced("\"CVE-2026-1001\"", "7"), "the Trivy report cannot be read: invalid type: integer `7`"),
        (
            r#"{"SchemaVersion":2,"ArtifactType":"container_image","Results":[{"Class":"secret"},{"Class":"config"}]}"#
                .to_owned(),
            "only results of the class `config`, `secret`",
        ),
        (r#"{"SchemaVersion":2,"ArtifactType":"container_image"}"#.to_owned(), "no result at all"),
        (r#"{"SchemaVersion":"2018-10-08","Findings":[{"ProductArn":"x"}]}"#.to_owned(), "an AWS Security Hub result"),
        (
            r#"{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":[]}"#.to_owned(),
            "about a thing that it does not name",
        ),
        (r#"<?xml version="1.0"?><bom/>"#.to_owned(), "expected JSON, found XML"),
        (r#"{"version":"2.1.0","runs":[]}"#.to_owned(), "the SARIF 2.1.0 log has no run"),
        (r#"{"spdxVersion":"SPDX-2.3"}"#.to_owned(), "an SPDX bill of materials (SPDX-2.3)"),
        (
            r#"{"matches":[],"descriptor":{"name":"xeol"}}"#.to_owned(),
            "the shape of a Grype report whose descriptor does not name grype",
        ),
        (r#"{"matches":[],"descriptor":{"name":"grype"}}"#.to_owned(), "about a thing that it does not name"),
        (
            r#"{"matches":[],"source":{"type":"directory","target":"/"},"descriptor":{"name":"grype"}}"#.to_owned(),
            "about a directory",
        ),
        (r#"{"matches":[{}],"descriptor":{"name":"grype"}}"#.to_owned(), "the Grype report cannot be read: missing field"),
        (r#"[{"Target":"a","Vulnerabilities":null}]"#.to_owned(), "about a thing that it does not name"),
        (r#"{"ClusterName":"a","Resources":[]}"#.to_owned(), "about a Kubernetes cluster"),
        (r#"{"apiVersion":"v1","kind":"Pod"}"#.to_owned(), "a Kubernetes object of kind Pod (v1)"),
        ("{\"a\\nb\":1}".to_owned(), "an object of unknown kind with the keys `a b`"),
        ("{}".to_owned(), "an empty object"),
        ("[]".to_owned(), "an empty list"),
        ("null".to_owned(), "null"),
        (String::new(), "expected JSON, found nothing"),
        (" \n".to_owned(), "expected JSON, found nothing"),
        ("{".to_owned(), "expected JSON: EOF"),
        (format!("{}{}", "[".repeat(200), "]".repeat(200)), "a list without objects"),
        (format!("{WEB}\n{WEB}"), &second_line),
        ("{}\n\n{}\n".to_owned(), "found a second one that begins on line 3"),
        (format!("{WEB}x"), "trailing characters"),
    ] {
        let error = reports::read(text.as_bytes(), None).expect_err(part).to_string();
        assert!(error.contains(part), "{part}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = reports::read(b"{\"spdxVersion\":1}", Some(Format::Trivy)).unwrap_err().to_string();
    assert!(error.contains("not a trivy-json report"), "{error}");
}

#[test]
fn what_is_no_text_in_utf8_is_refused_with_what_it_is() {
    let utf16 = |to: fn(u16) -> [u8; 2]| WEB.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    let latin: Vec<u8> = WEB.replacen("web", "w\u{e9}b", 1).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    for (bytes, part) in [
        (marked(&[0x1f, 0x8b, 8], vec![0; 20]), "found gzip; hint: unpack it before"),
        (marked(&[0x28, 0xb5, 0x2f, 0xfd], vec![0; 20]), "found Zstandard"),
        (marked(b"PK\x03\x04", vec![0; 20]), "found a ZIP archive"),
        (marked(&[0xff, 0xfe], utf16(u16::to_le_bytes)), "found UTF-16; hint: write it anew"),
        (marked(&[0xfe, 0xff], utf16(u16::to_be_bytes)), "found UTF-16"),
        (utf16(u16::to_le_bytes), "found UTF-16"),
        (utf16(u16::to_be_bytes), "found UTF-16"),
        (latin, "found other bytes at offset"),
        (b"\xff".to_vec(), "found other bytes at offset 0"),
        (
            format!("[{}{{}}]", "{},".repeat(reports::MAX_OBJECTS)).into_bytes(),
            "expected at most 1000000 JSON objects, found 1000001",
        ),
        (
            format!(r#"{{"matches":[{{"fixed":"{}a"}}]}}"#, "a,".repeat(reports::MAX_COMMAS + 1)).into_bytes(),
            "expected at most 5000000 commas, found 5000001",
        ),
        (vec![b' '; reports::MAX_BYTES + 1], "expected at most 67108864 bytes, found 67108865"),
    ] {
        for error in [
            reports::read(&bytes, None).unwrap_err(),
            reports::vex::read(&bytes, None).unwrap_err(),
            reports::enrich::kev::read(&bytes).unwrap_err(),
        ] {
            let error = error.to_string();
            assert!(error.contains(part) && !error.contains('\n'), "{part}: {error}");
        }
    }
    let marked = marked(&[0xef, 0xbb, 0xbf], WEB.as_bytes().to_vec());
    assert_eq!(reports::read(&marked, None), reports::read(WEB.as_bytes(), None));
}

#[test]
fn guards_are_let_go_by_name() {
    let empty = br#"{"SchemaVersion":2,"ArtifactType":"filesystem"}"#;
    let all = Leniency { any_subject: true, unclear_claim: true };
    assert!(reports::read_with(empty, None, all).unwrap().rows.is_empty());
    assert!(reports::read_with(empty, None, Leniency { unclear_claim: false, ..all }).is_err());
    assert!(reports::read_with(empty, None, Leniency { any_subject: false, ..all }).is_err());
}

#[test]
fn cut_and_damaged_reports_are_errors_never_panics() {
    for end in (0..WEB.len()).step_by(7) {
        assert!(reports::read(&WEB.as_bytes()[..end], None).is_err(), "cut at {end}");
    }
    for place in (0..WEB.len()).step_by(11) {
        let mut bytes = WEB.as_bytes().to_vec();
        for byte in [0, b'"', b'{', b'9', 0xff] {
            bytes[place] = byte;
            if let Ok(report) = reports::read(&bytes, None) {
                let _ = document::make(&Target::image(digest(), None, &report), Timestamp::from_unix(0));
            }
        }
    }
}
