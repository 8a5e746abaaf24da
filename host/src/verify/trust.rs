//! A file with a trust root → what it vouches for: entries of the transparency log, and the identities of certificates.
//!
//! Source: sigstore/protobuf-specs, `TrustedRoot` and `ClientTrustConfig` as JSON (what kwctl takes with `--sigstore-trust-config`); the
//! log's entry is that of cosign's annotation `dev.sigstore.cosign/bundle`. As in the policy server, every certificate of an authority
//! is an anchor, logs count by the time of their own validity, and only logs with a key on the curve P-256 are known.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::{Anchors, Signer, instant};
use super::key::PublicKey;
use crate::limits;

/// Whom signatures without a key of their own are trusted from.
#[derive(Clone)]
pub struct TrustRoot {
    logs: BTreeMap<String, PublicKey>,
    anchors: Anchors,
    /// When validity is judged, in Unix seconds; at present where it is not said.
    at: Option<i64>,
}

/// Why a trust root cannot be used: the place in it, what may stand there, what does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRootError(String);

impl fmt::Display for TrustRootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trust root: {}", self.0)
    }
}

impl std::error::Error for TrustRootError {}

impl fmt::Debug for TrustRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustRoot").field("logs", &self.logs.keys()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientTrustConfig {
    trusted_root: TrustedRoot,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrustedRoot {
    #[serde(default)]
    tlogs: Vec<Log>,
    #[serde(default)]
    certificate_authorities: Vec<Authority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    public_key: LogKey,
    log_id: LogId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogKey {
    raw_bytes: String,
    valid_for: Option<Range>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogId {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authority {
    cert_chain: Chain,
    valid_for: Option<Range>,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<RawCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCertificate {
    raw_bytes: String,
}

#[derive(Deserialize)]
struct Range {
    start: Option<String>,
    end: Option<String>,
}

/// An entry of the transparency log, signed by the log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Bundle {
    signed_entry_timestamp: String,
    payload: Entry,
}

/// What the log signed: canonical JSON, which these members in this order are.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    body: String,
    integrated_time: i64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: i64,
}

impl Bundle {
    /// When the log took the entry, in Unix seconds.
    pub(super) fn integrated_time(&self) -> i64 {
        self.payload.integrated_time
    }
}

impl TrustRoot {
    /// Reads a file. Validity is judged at an instant in Unix seconds, or at present.
    ///
    /// # Errors
    /// [`TrustRootError`] names the file or the place in it.
    pub fn load(path: &Path, at: Option<i64>) -> Result<Self, TrustRootError> {
        let named = |error: &dyn fmt::Display| TrustRootError(format!("`{}`: {error}", path.display()));
        let mut text = String::new();
        let cap = u64::try_from(limits::TRUST_ROOT_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let file = File::open(path).map_err(|error| named(&error))?;
        file.take(cap).read_to_string(&mut text).map_err(|error| named(&error))?;
        Self::parse(&text, at).map_err(|error| named(&error.0))
    }

    /// Reads the text of such a file: a `ClientTrustConfig`, or the `TrustedRoot` in it alone.
    ///
    /// # Errors
    /// [`TrustRootError`] names the place; a root without authorities that are in force is an error.
    pub fn parse(text: &str, at: Option<i64>) -> Result<Self, TrustRootError> {
        if text.len() > limits::TRUST_ROOT_BYTES {
            return Err(TrustRootError(format!("expected at most {} bytes, found more", limits::TRUST_ROOT_BYTES)));
        }
        let complaint = |error: serde_json::Error| TrustRootError(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(complaint)?;
        let root = match value.get("trustedRoot") {
            Some(_) => serde_json::from_value::<ClientTrustConfig>(value).map(|config| config.trusted_root),
            None => serde_json::from_value(value),
        }
        .map_err(complaint)?;
        Self::of(root, at)
    }

    fn of(root: TrustedRoot, at: Option<i64>) -> Result<Self, TrustRootError> {
        let mut logs = BTreeMap::new();
        for (n, log) in root.tlogs.iter().enumerate() {
            let place = format!("/tlogs/{n}");
            if !is_in_force(log.public_key.valid_for.as_ref(), false, at, &place)? {
                continue;
            }
            let id: String = bytes(&log.log_id.key_id, &place)?.iter().map(|byte| format!("{byte:02x}")).collect();
            if let Ok(key) = PublicKey::from_der(&bytes(&log.public_key.raw_bytes, &place)?)
                && key.is_p256()
            {
                logs.insert(id, key);
            }
        }
        let mut certificates = Vec::new();
        for (n, authority) in root.certificate_authorities.iter().enumerate() {
            let place = format!("/certificateAuthorities/{n}");
            // What was signed while the authority was in force stays signed.
            if is_in_force(authority.valid_for.as_ref(), true, at, &place)? {
                for certificate in &authority.cert_chain.certificates {
                    certificates.push(bytes(&certificate.raw_bytes, &place)?);
                }
            }
        }
        if certificates.is_empty() {
            return Err(TrustRootError(
                "`/certificateAuthorities`: expected one whose validity has begun, found none".to_owned(),
            ));
        }
        let anchors =
            Anchors::new(&certificates).map_err(|error| TrustRootError(format!("`/certificateAuthorities`: {error}")))?;
        Ok(Self { logs, anchors, at })
    }

    /// Without any log, entries of logs are not looked at.
    pub(super) fn knows_logs(&self) -> bool {
        !self.logs.is_empty()
    }

    /// An entry, where a known log signed it.
    pub(super) fn verified(&self, text: &str) -> Option<Bundle> {
        let bundle: Bundle = serde_json::from_str(text).ok()?;
        let signed = serde_json::to_vec(&bundle.payload).ok()?;
        let key = self.logs.get(&bundle.payload.log_id)?;
        key.made(&bundle.signed_entry_timestamp, &signed).then_some(bundle)
    }

    /// Who signed, where an authority vouches for the certificate at the time of the entry.
    pub(super) fn signer(&self, certificate: &str, bundle: &Bundle) -> Option<Signer> {
        self.anchors.signer(certificate, bundle.integrated_time(), instant(self.at)).ok()
    }
}

fn bytes(text: &str, place: &str) -> Result<Vec<u8>, TrustRootError> {
    STANDARD.decode(text).map_err(|error| TrustRootError(format!("`{place}`: expected base64: {error}")))
}

fn is_in_force(range: Option<&Range>, even_after: bool, at: Option<i64>, place: &str) -> Result<bool, TrustRootError> {
    let seconds = |text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        OffsetDateTime::parse(text, &Rfc3339)
            .map(|time| Some(time.unix_timestamp()))
            .map_err(|_| TrustRootError(format!("`{place}`: expected an RFC 3339 time, found `{text}`")))
    };
    let Some(range) = range else { return Ok(true) };
    let now = i64::try_from(instant(at).as_secs()).unwrap_or(i64::MAX);
    let (start, end) = (seconds(&range.start)?, seconds(&range.end)?);
    // Without a beginning there is no end either: so does the policy server.
    let Some(start) = start else { return Ok(true) };
    Ok(start <= now && (even_after || end.is_none_or(|end| now <= end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_names_its_place() {
        let authority = r#"{"certificateAuthorities": [{"certChain": {"certificates": [{"rawBytes": "AAAA"}]}, "validFor": {"start": "S"}}]}"#;
        for (text, expected) in [
            ("no JSON", "trust root: expected ident at line 1 column 2"),
            ("{}", "trust root: `/certificateAuthorities`: expected one whose validity has begun, found none"),
            (r#"{"trustedRoot": {"tlogs": 1}}"#, "trust root: invalid type: integer `1`, expected a sequence"),
            (authority, "trust root: `/certificateAuthorities/0`: expected an RFC 3339 time, found `S`"),
            (
                &authority.replace("\"S\"", "\"2999-01-01T00:00:00Z\""),
                "trust root: `/certificateAuthorities`: expected one whose validity has begun, found none",
            ),
            (
                &authority.replace("\"S\"", "\"2020-01-01T00:00:00Z\""),
                "trust root: `/certificateAuthorities`: TrailingData(SignedData)",
            ),
            (
                &authority.replace("AAAA", "!").replace("\"S\"", "null"),
                "trust root: `/certificateAuthorities/0`: expected base64: Invalid symbol 33, offset 0.",
            ),
        ] {
            assert_eq!(TrustRoot::parse(text, None).expect_err(text).to_string(), expected, "{text}");
        }
        let large = " ".repeat(limits::TRUST_ROOT_BYTES + 1);
        assert!(
            TrustRoot::parse(&large, None)
                .is_err_and(|error| error.to_string().ends_with("expected at most 4194304 bytes, found more"))
        );
        assert!(TrustRoot::load(Path::new("/no/such/root"), None).is_err_and(|e| e.to_string().contains("/no/such/root")));
    }
}
