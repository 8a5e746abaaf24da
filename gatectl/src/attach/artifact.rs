//! A findings document → the bytes of its OCI artifact.
//!
//! Source: the findings document, "The artifact"; OCI image specification 1.1, "Image Manifest".

use policy::findings::{self, Document, packed, summary};
use policy::image::Digest;
use policy::limits;
use serde::Serialize;
use serde_json::json;
use sha2::Digest as _;

use crate::exit::Failure;

/// Media type of the artifact's manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Annotation: when the scan was finished.
pub(crate) const CREATED: &str = "org.opencontainers.image.created";
/// Annotation: the scanner's name.
const SCANNER_NAME: &str = "io.gated-deployment.scanner.name";
/// Annotation: its version.
const SCANNER_VERSION: &str = "io.gated-deployment.scanner.version";

/// An OCI descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: usize,
}

impl Descriptor {
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self { media_type: media_type.to_owned(), digest: sha256(bytes), size: bytes.len() }
    }
}

/// The artifact, ready to be pushed.
#[derive(Clone, Debug)]
pub(crate) struct Artifact {
    /// Repository and findings tag.
    pub(crate) reference: String,
    pub(crate) manifest: Vec<u8>,
    pub(crate) config: Vec<u8>,
    /// The scanners' reports, unchanged, each with its media type.
    pub(crate) reports: Vec<(String, Vec<u8>)>,
}

impl Artifact {
    pub(crate) fn make(
        document: &Document<'_>,
        subject: Descriptor,
        repository: &str,
        reports: &[(&str, &[u8])],
    ) -> Result<Self, Failure> {
        let flat = packed::pack(document).map_err(|e| Failure::at("findings document", e))?;
        let config = serde_json::to_vec(&flat).map_err(|e| Failure::at("findings document", e))?;
        let config_descriptor = Descriptor::of(findings::MEDIA_TYPE, &config);
        let summary = serde_json::to_string(&summary::summarize(document, &config_descriptor.digest))
            .map_err(|e| Failure::at("summary", e))?;
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
        let manifest = serde_json::to_vec(&manifest).map_err(|e| Failure::at("manifest", e))?;
        // What the guest gets is both together in one answer.
        let answer = config.len().saturating_add(manifest.len());
        if answer > limits::HOST_ANSWER_BYTES {
            let cap = limits::HOST_ANSWER_BYTES;
            return Err(Failure::at("findings document", format_args!("expected at most {cap} bytes packed, found {answer}")));
        }
        let digest =
            Digest::parse(&document.subject).ok_or_else(|| Failure::at("findings document", "its subject is no digest"))?;
        Ok(Self {
            reference: super::findings_reference(repository, &digest),
            manifest,
            config,
            reports: reports.iter().map(|(media_type, bytes)| ((*media_type).to_owned(), bytes.to_vec())).collect(),
        })
    }

    /// Its repository, without the tag.
    pub(crate) fn repository(&self) -> &str {
        self.reference.rsplit_once(':').map_or(&self.reference, |(repository, _)| repository)
    }

    /// The digest of the manifest.
    pub(crate) fn digest(&self) -> String {
        sha256(&self.manifest)
    }
}

/// `sha256:` and the hex digits of these bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hex: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
