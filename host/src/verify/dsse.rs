//! A DSSE envelope → its payload, and whether a key signed it.
//!
//! Source: DSSE 1.0.2, "Envelope" and "Protocol". What is verified is what is handed on: the decoded payload, with its type.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::key::PublicKey;
use crate::limits;

/// An envelope, read and not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is, such as `application/vnd.in-toto+json`.
    pub payload_type: String,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    signatures: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    payload_type: String,
    payload: String,
    signatures: Vec<RawSignature>,
}

#[derive(Deserialize)]
struct RawSignature {
    sig: String,
}

impl Envelope {
    /// Reads the JSON text of an envelope.
    ///
    /// # Errors
    /// One sentence: not the JSON of an envelope, not base64, or more than [`limits::ENVELOPE_SIGNATURES`] signatures.
    pub fn read(text: &str) -> Result<Self, String> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| format!("the DSSE envelope cannot be read: {error}"))?;
        let base64 = |of: &str, text: &str| {
            decode(text).ok_or_else(|| format!("expected base64 as the `{of}` of the DSSE envelope, found something else"))
        };
        if raw.signatures.len() > limits::ENVELOPE_SIGNATURES {
            let (n, cap) = (raw.signatures.len(), limits::ENVELOPE_SIGNATURES);
            return Err(format!("expected at most {cap} signatures of the DSSE envelope, found {n}"));
        }
        let signatures = raw.signatures.iter().map(|signature| base64("sig", &signature.sig)).collect::<Result<_, _>>()?;
        Ok(Self { payload: base64("payload", &raw.payload)?, payload_type: raw.payload_type, signatures })
    }

    /// Whether this key made any of its signatures.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signed = pre_authentication_encoding(&self.payload_type, &self.payload);
        self.signatures.iter().any(|signature| key.made_raw(signature, &signed))
    }
}

/// The bytes that are signed.
fn pre_authentication_encoding(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Standard or URL-safe.
fn decode(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { alphabet::URL_SAFE } else { alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;
    use crate::signing::KeyPair;

    fn key(pair: &KeyPair) -> PublicKey {
        PublicKey::from_pem(pair.public_pem().as_bytes()).expect("a public key")
    }

    #[test]
    fn the_example_of_the_specification() {
        // DSSE, "Test Vectors".
        assert_eq!(
            pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_signature_is_about_payload_and_type() {
        let (pair, other) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
        let payload = b"{\"a\":\"\xc3\xbf\xc3\xbe\"}";
        let made = pair.sign(&pre_authentication_encoding("application/vnd.in-toto+json", payload)).expect("a signature");
        let envelope = |kind: &str, payload: String, sig: &str| {
            let text = json!({ "payloadType": kind, "payload": payload, "signatures": [{ "sig": "AAAA" }, { "keyid": "", "sig": sig }] });
            Envelope::read(&text.to_string()).expect("an envelope")
        };
        let (standard, safe) = (STANDARD.encode(&made), URL_SAFE_NO_PAD.encode(&made));
        for (payload, sig) in [(STANDARD.encode(payload), &standard), (URL_SAFE_NO_PAD.encode(payload), &safe)] {
            let read = envelope("application/vnd.in-toto+json", payload.clone(), sig);
            assert!(read.is_signed_by(&key(&pair)) && !read.is_signed_by(&key(&other)));
            assert!(!envelope("application/json", payload, sig).is_signed_by(&key(&pair)), "another type");
        }
        let tampered = envelope("application/vnd.in-toto+json", STANDARD.encode(b"{}"), &standard);
        assert!(!tampered.is_signed_by(&key(&pair)));
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        let many = json!({ "payloadType": "x", "payload": "", "signatures": vec![json!({ "sig": "" }); 101] }).to_string();
        for (text, part) in [
            ("{}", "missing field `payloadType`"),
            (r#"{"payloadType":"x","payload":"!","signatures":[]}"#, "expected base64 as the `payload`"),
            (r#"{"payloadType":"x","payload":"","signatures":[{"sig":"!"}]}"#, "expected base64 as the `sig`"),
            (r#"{"payloadType":"x","payload":"","payload":"","signatures":[]}"#, "duplicate field `payload`"),
            (many.as_str(), "at most 100 signatures"),
        ] {
            let error = Envelope::read(text).expect_err(text);
            assert!(error.contains(part), "{error}");
        }
    }
}
