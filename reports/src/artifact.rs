//! A findings document → the bytes of its OCI artifact.
//!
//! Source: the findings document, "The artifact"; OCI image specification 1.1, "Image Manifest".

use std::fmt;

use policy::findings::{self, Document, packed, summary};
use policy::image::Digest;
use policy::limits;
use serde::Serialize;
use serde_json::json;

use crate::ReportError;

/// Media type of the artifact's manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Annotation: when the scan was finished.
pub const CREATED: &str = "org.opencontainers.image.created";
/// Annotation: the scanner's name.
const SCANNER_NAME: &str = "io.gated-deployment.scanner.name";
/// Annotation: its version.
const SCANNER_VERSION: &str = "io.gated-deployment.scanner.version";

/// An OCI descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Media type of what it describes.
    pub media_type: String,
    /// `sha256:…`.
    pub digest: String,
    /// In bytes.
    pub size: usize,
}

impl Descriptor {
    /// The descriptor of these bytes.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self { media_type: media_type.to_owned(), digest: Digest::of(bytes).to_string(), size: bytes.len() }
    }
}

/// The artifact, ready to be pushed.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Repository and findings tag.
    pub reference: String,
    /// The image manifest, JSON.
    pub manifest: Vec<u8>,
    /// Its config, JSON: the packed document.
    pub config: Vec<u8>,
    /// The scanners' reports, unchanged, each with its media type.
    pub reports: Vec<(String, Vec<u8>)>,
}

impl Artifact {
    /// Makes the artifact of a document, with the scanners' reports, each with its media type, as layers.
    ///
    /// # Errors
    /// The document breaks a law of findings documents, or is larger than the policy reads.
    pub fn make(
        document: &Document<'_>,
        subject: Descriptor,
        repository: &str,
        reports: &[(&str, &[u8])],
    ) -> Result<Self, ReportError> {
        let flat = packed::pack(document).map_err(|e| at("findings document", &e))?;
        let config = serde_json::to_vec(&flat).map_err(|e| at("findings document", &e))?;
        let config_descriptor = Descriptor::of(findings::MEDIA_TYPE, &config);
        let summary =
            serde_json::to_string(&summary::summarize(document, &config_descriptor.digest)).map_err(|e| at("summary", &e))?;
        let mut annotations = json!({
            CREATED: document.scanned_at.to_string(),
            SCANNER_NAME: document.scanner.name,
        });
        if let Some(members) = annotations.as_object_mut() {
            if let Some(version) = &document.scanner.version {
                members.insert(SCANNER_VERSION.to_owned(), json!(version));
            }
            // A reader ignores a larger one and reads the document.
            if summary.len() <= limits::SUMMARY_BYTES {
                members.insert(findings::SUMMARY_ANNOTATION.to_owned(), json!(summary));
            }
        }
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": findings::MEDIA_TYPE,
            "config": config_descriptor,
            "layers": reports.iter().map(|(media_type, bytes)| Descriptor::of(media_type, bytes)).collect::<Vec<_>>(),
            "subject": subject,
            "annotations": annotations,
        });
        let manifest = serde_json::to_vec(&manifest).map_err(|e| at("manifest", &e))?;
        // What the guest gets is both together in one answer.
        let answer = config.len().saturating_add(manifest.len());
        if answer > limits::HOST_ANSWER_BYTES {
            let cap = limits::HOST_ANSWER_BYTES;
            return Err(at("findings document", &format_args!("expected at most {cap} bytes packed, found {answer}")));
        }
        let digest = Digest::parse(&document.subject).ok_or_else(|| at("findings document", &"its subject is no digest"))?;
        Ok(Self {
            reference: findings_reference(repository, &digest),
            manifest,
            config,
            reports: reports.iter().map(|(media_type, bytes)| ((*media_type).to_owned(), bytes.to_vec())).collect(),
        })
    }

    /// Its repository, without the tag.
    #[must_use]
    pub fn repository(&self) -> &str {
        self.reference.rsplit_once(':').map_or(&self.reference, |(repository, _)| repository)
    }

    /// The digest of the manifest.
    #[must_use]
    pub fn digest(&self) -> String {
        Digest::of(&self.manifest).to_string()
    }
}

/// The tag of an image's findings in a repository.
#[must_use]
pub fn findings_reference(repository: &str, digest: &Digest) -> String {
    format!("{repository}:{}", findings::tag(digest.hex()))
}

fn at(place: &str, error: &dyn fmt::Display) -> ReportError {
    ReportError::new(format!("{place}: {error}"), None)
}
