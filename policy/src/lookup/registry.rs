//! Findings in the registry: digest → `sha256-<hex>.findings` → manifest with its summary → where it matters, the document.
//!
//! Source: the findings document, "The artifact", "The summary", "Packed".

use serde::Deserialize;
use serde_json::Value;

use super::fault::{Asked, Failure, classify};
use super::host::{self, Host};
use super::manifest::Manifest;
use super::{Body, Evidence, Inquiry, Kept, Scan, Signature, Wants, signature};
use crate::findings::packed::{self, Flat};
use crate::findings::summary::{self, Summary};
use crate::findings::{self, MEDIA_TYPE, SUMMARY_ANNOTATION};
use crate::image::{Digest, Reference};
use crate::limits;
use crate::text::quote;
use crate::time::Timestamp;

#[derive(Debug, Deserialize)]
struct WithConfig<'a> {
    #[serde(borrow)]
    manifest: Manifest<'a>,
    digest: String,
    #[serde(borrow)]
    config: Flat<'a>,
}

/// The digest that a tag stands for.
pub(super) fn resolve(host: &dyn Host, reference: &Reference) -> Result<Digest, Failure> {
    host::manifest_digest(host, &reference.to_string()).map_err(|text| classify(&text, Asked::Digest))
}

/// The evidence for an image: by the summary alone where the document changes nothing. Under `trust` only what was verified is read.
pub(super) fn look_up<'a>(inquiry: Inquiry<'a>, repository: &str, subject: &Digest, wants: &Wants<'_, 'a>) -> Evidence<'a> {
    let tag = artifact(repository, subject);
    let Some(trust) = inquiry.trust else { return read(inquiry, &tag, subject, wants, &Signature::NotAskedFor) };
    match signature::verify(inquiry.host, &tag, trust) {
        Ok((digest, position)) => read(inquiry, &format!("{repository}@{digest}"), subject, wants, &Signature::By(position)),
        Err(Failure::Untrusted(why)) if wants.untrusted => read_untrusted(inquiry, &tag, subject, wants, why),
        Err(Failure::Untrusted(why)) => Evidence::Untrusted { source: tag, why, then: None },
        Err(failure) => failure.into_evidence(),
    }
}

/// The evidence that nobody trusted signed.
pub(super) fn read_untrusted<'a>(
    inquiry: Inquiry<'a>,
    source: &str,
    subject: &Digest,
    wants: &Wants<'_, 'a>,
    why: String,
) -> Evidence<'a> {
    match read(inquiry, source, subject, wants, &Signature::Untrusted(why.clone())) {
        found @ Evidence::Scanned(_) => found,
        other => Evidence::Untrusted { source: source.to_owned(), why, then: Some(Box::new(other)) },
    }
}

fn artifact(repository: &str, subject: &Digest) -> String {
    format!("{repository}:{}", findings::tag(subject.hex()))
}

fn read<'a>(inquiry: Inquiry<'a>, source: &str, subject: &Digest, wants: &Wants<'_, 'a>, signature: &Signature) -> Evidence<'a> {
    match read_summary(inquiry, source, subject) {
        Err(failure) => failure.into_evidence(),
        Ok(None) => read_document(inquiry, source, subject, signature),
        Ok(Some(summary)) => {
            let scan = of_summary(summary, source, signature);
            match scan.into_evidence(inquiry.now) {
                Evidence::Scanned(scan) if (wants.document)(&scan) => read_document(inquiry, source, subject, signature),
                evidence => evidence,
            }
        }
    }
}

/// The evidence for an image from its findings document. Relies on nothing that was read before but the signature.
pub(super) fn read_document<'a>(inquiry: Inquiry<'a>, source: &str, subject: &Digest, signature: &Signature) -> Evidence<'a> {
    match document(inquiry, source, subject, signature) {
        Err(failure) => failure.into_evidence(),
        Ok(scan) => scan.into_evidence(inquiry.now),
    }
}

/// `None`: there is an artifact, without a summary that can be used.
fn read_summary<'a>(inquiry: Inquiry<'a>, source: &str, subject: &Digest) -> Result<Option<Summary<'a>>, Failure> {
    let answer = host::oci_manifest(inquiry.host, source).map_err(|text| classify(&text, Asked::Artifact))?;
    check_size(&answer)?;
    let manifest: Manifest<'_> = parse(&answer)?;
    let config = check_manifest(&manifest, subject)?;
    let Some(annotation) = annotation(&manifest) else { return Ok(None) };
    let Some(summary) = summary::read(inquiry.buffers.keep_text(annotation.to_owned())) else { return Ok(None) };
    if summary.subject != subject.as_str() {
        return unreadable("summary: `/subject`", subject.as_str(), &summary.subject);
    }
    if summary.config != config {
        return unreadable("summary: `/config`", config, &summary.config);
    }
    Ok(Some(summary))
}

fn document<'a>(inquiry: Inquiry<'a>, source: &str, subject: &Digest, signature: &Signature) -> Result<Scan<'a>, Failure> {
    let buffers = inquiry.buffers;
    let answer = host::oci_manifest_config(inquiry.host, source).map_err(|text| classify(&text, Asked::Artifact))?;
    check_size(&answer)?;
    let answer: WithConfig<'_> = parse(&answer)?;
    let config = check_manifest(&answer.manifest, subject)?;
    if answer.config.subject != subject.as_str() {
        return unreadable("config: `/subject`", subject.as_str(), &answer.config.subject);
    }
    let broken = |error: findings::check::DocumentError| Failure::Unreadable(quote(&format!("findings document: {error}")));
    if buffers.bytes() > limits::REQUEST_BYTES {
        let why = "the findings of this workload's other images are too large to read these too";
        return Err(Failure::Unavailable(why.to_owned()));
    }
    let bytes = buffers.keep(packed::inflate(&answer.config).map_err(broken)?);
    let document = packed::read(bytes).map_err(broken)?;
    if document.subject != subject.as_str() {
        return unreadable("findings document: `/subject`", subject.as_str(), &document.subject);
    }
    if let Some(annotation) = annotation(&answer.manifest)
        && summary::read(annotation).is_some()
        && serde_json::from_str::<Value>(annotation).ok() != serde_json::to_value(summary::summarize(&document, config)).ok()
    {
        return Err(Failure::Unreadable("summary: expected the counts of the findings document, found others".to_owned()));
    }
    Ok(Scan {
        kept: Kept::Registry,
        source: source.to_owned(),
        artifact: Some(answer.digest),
        signature: signature.clone(),
        scanner: (document.scanner.name.clone().into_owned(), document.scanner.version.as_deref().map(str::to_owned)),
        scanned_at: Some(document.scanned_at),
        database_updated_at: document.scanner.database_updated_at,
        provides: document.provides.clone(),
        body: Body::Findings { is_single: document.is_single(), images: document.images },
    })
}

fn of_summary<'a>(summary: Summary<'a>, source: &str, signature: &Signature) -> Scan<'a> {
    Scan {
        kept: Kept::Registry,
        source: source.to_owned(),
        artifact: source.split_once('@').map(|(_, digest)| digest.to_owned()),
        signature: signature.clone(),
        scanner: (summary.scanner.name.clone().into_owned(), summary.scanner.version.as_deref().map(str::to_owned)),
        scanned_at: Timestamp::from_unix(summary.scanned_at),
        database_updated_at: summary.scanner.database_updated_at.and_then(Timestamp::from_unix),
        provides: summary.provides.clone(),
        body: Body::Summary(summary),
    }
}

fn parse<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Failure> {
    let text = std::str::from_utf8(answer).map_err(|_| Failure::Unreadable("findings artifact: expected UTF-8".to_owned()))?;
    serde_json::from_str(text).map_err(|error| Failure::Unreadable(quote(&format!("findings artifact: {error}"))))
}

fn check_size(answer: &[u8]) -> Result<(), Failure> {
    if answer.len() <= limits::HOST_ANSWER_BYTES {
        return Ok(());
    }
    unreadable("findings artifact", &format!("at most {} bytes", limits::HOST_ANSWER_BYTES), &answer.len().to_string())
}

/// The digest of the config of a manifest that is a findings artifact about the subject.
fn check_manifest<'m>(manifest: &'m Manifest<'_>, subject: &Digest) -> Result<&'m str, Failure> {
    if manifest.manifests.is_some() {
        return unreadable("findings artifact", "an image manifest", "an image index");
    }
    let artifact_type = manifest.artifact_type.as_deref().unwrap_or("none");
    if artifact_type != MEDIA_TYPE {
        return unreadable("findings artifact: `/artifactType`", MEDIA_TYPE, artifact_type);
    }
    match manifest.subject.as_ref() {
        Some(found) if found.digest == subject.as_str() => {}
        found => {
            let found = found.map_or("none", |descriptor| &descriptor.digest);
            return unreadable("findings artifact: `/subject/digest`", subject.as_str(), found);
        }
    }
    match manifest.config.as_ref() {
        Some(config) if config.media_type == MEDIA_TYPE => Ok(&config.digest),
        found => {
            let found = found.map_or("none", |descriptor| &descriptor.media_type);
            unreadable("findings artifact: `/config/mediaType`", MEDIA_TYPE, found)
        }
    }
}

fn annotation<'m>(manifest: &'m Manifest<'_>) -> Option<&'m str> {
    manifest.annotations.as_ref()?.get(SUMMARY_ANNOTATION)?.as_str()
}

fn unreadable<T>(place: &str, expected: &str, found: &str) -> Result<T, Failure> {
    Err(Failure::Unreadable(format!("{place}: expected {expected}, found {}", quote(found))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::json;
    use crate::lookup::buffers::Buffers;
    use serde_json::json;

    const SUBJECT: &str = "sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a";

    /// Gives one answer to everything.
    #[derive(Debug)]
    struct Answering(String);

    impl Host for Answering {
        fn call(&self, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, String> {
            Ok(self.0.clone().into_bytes())
        }
    }

    /// The documents of one request are held together: where they fill the cap, the next one is not inflated.
    #[test]
    fn documents_beyond_the_cap_of_a_request_are_not_read() {
        let text =
            json!({ "schemaVersion": 1, "subject": SUBJECT, "scanner": { "name": "trivy" }, "scannedAt": "2026-11-21T10:00:00Z",
            "provides": [], "images": [{ "digest": SUBJECT, "vulnerabilities": [] }] })
            .to_string();
        let document = json::read(&text).unwrap();
        let manifest = json!({ "artifactType": MEDIA_TYPE, "config": { "mediaType": MEDIA_TYPE, "digest": "sha256:config" },
            "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": SUBJECT } });
        let answer = json!({ "manifest": manifest, "digest": "sha256:manifest", "config": packed::pack(&document).unwrap() });
        let (host, now) = (Answering(answer.to_string()), document.scanned_at);
        let buffers = Buffers::default();
        let sources = crate::settings::Sources::default();
        let inquiry = Inquiry { host: &host, buffers: &buffers, now, sources: &sources, trust: None, namespace: None };
        let read = || read_document(inquiry, "ghcr.io/acme/web", &Digest::parse(SUBJECT).unwrap(), &Signature::NotAskedFor);
        assert!(matches!(read(), Evidence::Scanned(_)));
        buffers.keep(vec![0; limits::REQUEST_BYTES]);
        assert!(matches!(read(), Evidence::Unavailable(why) if why.contains("too large to read these too")));
    }
}
