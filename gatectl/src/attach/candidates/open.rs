//! The bytes of a layer → the document in them, out of its envelope, with the signatures of that.
//!
//! Sources: DSSE 1.0.2, "Envelope"; sigstore's protobuf-specs, `Bundle` as JSON (`dsseEnvelope`). What is handed on is what was signed.

use host::verify::Envelope;
use reports::outline;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// What an envelope has to hold.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A document, with the envelope that it came in.
#[derive(Debug)]
pub(super) struct Opened {
    /// The document's bytes: a statement, or a report.
    pub(super) document: Vec<u8>,
    /// The media type of what was opened, where an envelope was.
    pub(super) media_type: Option<&'static str>,
    pub(super) envelope: Option<Envelope>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer<'a> {
    #[serde(borrow)]
    dsse_envelope: Option<&'a RawValue>,
    payload_type: Option<IgnoredAny>,
    payload: Option<IgnoredAny>,
}

/// # Errors
/// One sentence: what is no JSON, too large or too deep, or an envelope of something else.
pub(super) fn open(bytes: &[u8]) -> Result<Opened, String> {
    let text = outline::text(bytes).map_err(|e| e.to_string())?;
    let is_object = text.trim_start().starts_with('{');
    // Of a document that begins like none nothing is expected here: who reads it says what is wrong.
    let outer: Option<Outer<'_>> = if is_object { Some(serde_json::from_str(text).map_err(|e| e.to_string())?) } else { None };
    let (envelope, media_type) = match outer {
        Some(Outer { dsse_envelope: Some(envelope), .. }) => (envelope.get(), "application/vnd.dev.sigstore.bundle.v0.3+json"),
        Some(Outer { payload_type: Some(_), payload: Some(_), .. }) => (text, "application/vnd.dsse.envelope.v1+json"),
        _ => return Ok(Opened { document: text.as_bytes().to_vec(), media_type: None, envelope: None }),
    };
    let envelope = Envelope::read(envelope)?;
    if envelope.payload_type != IN_TOTO {
        return Err(format!("expected an envelope of `{IN_TOTO}`, found one of `{}`", envelope.payload_type));
    }
    Ok(Opened { document: envelope.payload.clone(), media_type: Some(media_type), envelope: Some(envelope) })
}
