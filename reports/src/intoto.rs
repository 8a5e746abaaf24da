//! in-toto statements about vulnerabilities, bare or in a DSSE envelope → [`Report`].
//!
//! Source: in-toto's attestation framework, "Statement" v0.1 and v1; the DSSE specification, "Envelope". The predicate is one of
//! `https://in-toto.io/attestation/vulns/v0.1` and `v0.2` ([`vulns`], Microsoft Defender's findings artifact among them) or cosign's
//! `https://cosign.sigstore.dev/attestation/vuln/v1` ([`crate::predicate`]); any other is refused.
//!
//! The subject is the statement's: its sha256 digests stand in for what a report inside says of itself. It is an image's only if it has
//! such a digest, and no package URL of something else. The signature of an envelope is not checked here: the findings that are made of
//! it are signed anew. The plain vulns predicate names no package and provides nothing; Defender's members add `cvss` and `path`.

mod vulns;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use policy::image::Digest;
use serde_json::value::RawValue;

use crate::json::{self, members};
use crate::purl::Purl;
use crate::report::{Report, Subject, SubjectKind};
use crate::scalar::filled;
use crate::{Format, Outline, Reader, ReportError, outline, predicate};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.in-toto+json", recognise, read };

const STATEMENT: &str = "https://in-toto.io/Statement/";
const VULNS: [&str; 2] = ["https://in-toto.io/attestation/vulns/v0.1", "https://in-toto.io/attestation/vulns/v0.2"];
/// Older versions of cosign left the scheme out.
const COSIGN: [&str; 2] = ["https://cosign.sigstore.dev/attestation/vuln/v1", "cosign.sigstore.dev/attestation/vuln/v1"];

fn recognise(outline: &Outline<'_>) -> Option<String> {
    if outline.has_list("signatures") && outline.has("payload") && outline.text("payloadType")? == "application/vnd.in-toto+json"
    {
        return Some("a DSSE envelope whose `payloadType` is that of in-toto".to_owned());
    }
    let is_statement = outline.text("_type")?.starts_with(STATEMENT);
    let predicate = outline.text("predicateType").filter(|kind| is_known(kind))?;
    is_statement.then(|| format!("an in-toto statement of the predicate type `{predicate}`"))
}

/// Whether statements of this predicate type are read: it is one about vulnerabilities.
#[must_use]
pub fn is_known(kind: &str) -> bool {
    VULNS.contains(&kind) || COSIGN.contains(&kind)
}

members! {
    struct RawEnvelope {
        payload: String = "payload" required,
    }

    struct RawStatement<'a> {
        kind: String = "_type" required,
        subject: Vec<RawSubject>,
        predicate_type: String = "predicateType" required,
        predicate: &'a RawValue,
    }

    struct RawSubject {
        name: String,
        uri: String,
        digest: BTreeMap<String, String>,
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    if !Outline::head(text).has("payloadType") && !Outline::read(text)?.has("payloadType") {
        return statement(text);
    }
    let envelope: RawEnvelope = json::parse(text, "DSSE envelope")?;
    let payload = decode(&envelope.payload)
        .ok_or_else(|| ReportError::new("expected base64 as the `payload` of the DSSE envelope, found something else", None))?;
    statement(outline::text(&payload)?)
}

/// Standard or URL-safe (DSSE, "Parameters").
fn decode(payload: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if payload.contains(['-', '_']) { alphabet::URL_SAFE } else { alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(payload).ok()
}

fn statement(text: &str) -> Result<Report, ReportError> {
    let raw: RawStatement<'_> = json::parse(text, "in-toto statement")?;
    if !raw.kind.starts_with(STATEMENT) || !is_known(&raw.predicate_type) {
        let message = format!(
            "the in-toto statement is of the predicate type `{}`, which is not about vulnerabilities",
            *raw.predicate_type
        );
        let hint = format!("predicate types that can be read: {}, {}", VULNS.join(", "), COSIGN.first().unwrap_or(&""));
        return Err(ReportError::new(message, Some(&hint)));
    }
    let subject = subject(raw.subject.unwrap_or_default());
    let Some(predicate) = raw.predicate else {
        return Err(ReportError::new("the in-toto statement has no predicate", None));
    };
    if VULNS.contains(&raw.predicate_type.as_str()) {
        return vulns::read(predicate.get(), subject);
    }
    let mut report = predicate::predicate(predicate.get())?;
    let inner = report.subject;
    if !inner.digests.is_empty() && !inner.digests.iter().any(|digest| subject.digests.contains(digest)) {
        report.notes.add("the report in the statement names other digests than the statement");
    }
    // The statement says which image; that it is a scan of one, only the report can say.
    let is_something_else = matches!(&inner.kind, SubjectKind::Other(_)) && !inner.kind.is_unnamed();
    let kind = if is_something_else { inner.kind } else { subject.kind };
    let name = subject.name.or(inner.name);
    let subject = Subject { kind, name, digests: subject.digests, image_id: inner.image_id, platform: inner.platform };
    Ok(Report { format: Format::InToto, subject, ..report })
}

fn subject(all: Vec<RawSubject>) -> Subject {
    let other = all
        .iter()
        .filter_map(|s| s.uri.as_deref().and_then(Purl::parse))
        .find(|purl| !matches!(purl.kind.as_str(), "oci" | "docker"));
    let name = all.iter().find_map(|s| filled(s.name.clone()).or_else(|| filled(s.uri.clone())));
    let hex = all.iter().filter_map(|s| s.digest.as_ref()?.get("sha256"));
    let digests: Vec<String> = hex.filter_map(|hex| Digest::parse(&format!("sha256:{hex}"))).map(|d| d.to_string()).collect();
    let kind = match other {
        Some(purl) => SubjectKind::Other(format!("package ({})", purl.kind)),
        None if digests.is_empty() => SubjectKind::Other("thing of which the statement has no sha256 digest".to_owned()),
        None => SubjectKind::Image,
    };
    Subject { kind, name, digests, image_id: None, platform: None }
}
