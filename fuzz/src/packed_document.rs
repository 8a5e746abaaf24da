//! Bytes → findings document, three ways in: as MessagePack, as a deflate stream of it, as the flat JSON object that a registry keeps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::findings::packed::{self, ENCODING, Flat};
use policy::findings::{Document, json, summary};

/// A document that is read is written and read again as the same one, packed, in JSON and as a summary.
pub fn run(data: &[u8]) {
    if let Ok(document) = packed::read(data) {
        hold(&document);
    }
    let deflated =
        Flat { schema_version: 1, subject: "".into(), encoding: ENCODING.into(), findings: STANDARD.encode(data).into() };
    read_flat(&deflated);
    if let Some(flat) = std::str::from_utf8(data).ok().and_then(|text| serde_json::from_str::<Flat<'_>>(text).ok()) {
        read_flat(&flat);
    }
}

fn read_flat(flat: &Flat<'_>) {
    let Ok(bytes) = packed::inflate(flat) else { return };
    if let Ok(document) = packed::read(&bytes) {
        hold(&document);
    }
}

fn hold(document: &Document<'_>) {
    let flat = packed::pack(document).expect("what was read can be packed");
    let bytes = packed::inflate(&flat).expect("what was packed inflates");
    let again = packed::read(&bytes).expect("what was packed is read");
    assert_eq!(&again, document, "packed");
    let text = json::write(document).to_string();
    assert_eq!(&json::read(&text).expect("what was written is read"), document, "JSON");
    let summary = summary::summarize(document, "sha256:config");
    let text = serde_json::to_string(&summary).expect("a summary is JSON");
    if text.len() <= policy::limits::SUMMARY_BYTES {
        assert_eq!(summary::read(&text).expect("what was summarised is read"), summary, "summary");
    }
}
