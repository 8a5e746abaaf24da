//! Evidence → what there is to show of an image: parts with a state each, and behind it the findings document.

use std::rc::Rc;

use policy::findings::{Document, Image, SCHEMA_VERSION, Scanner, json};
use policy::image::{Digest, Reference};
use policy::lookup::{Body, Evidence, Kept, Scan, Signature};
use policy::settings::{Settings, Signer};
use policy::time::Timestamp;
use serde_json::Value;

/// What the gate sees of an image.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) reference: Reference,
    pub(super) digest: Option<Digest>,
    /// One, or one for each platform of an index whose platforms have findings of their own.
    pub(super) parts: Vec<Part<'a>>,
}

/// What the gate sees of one digest.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The platform of an index that has no findings of its own.
    pub(super) platform: Option<String>,
    pub(super) digest: Option<Digest>,
    evidence: Rc<Evidence<'a>>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(reference: Reference, digest: Option<Digest>, evidence: Rc<Evidence<'a>>) -> Self {
        let parts = match evidence.as_ref() {
            Evidence::Index(platforms) => platforms
                .iter()
                .map(|platform| Part {
                    platform: Some(platform.name.clone()),
                    digest: platform.digest.clone(),
                    evidence: Rc::clone(&platform.evidence),
                })
                .collect(),
            _ => vec![Part { platform: None, digest: digest.clone(), evidence }],
        };
        Self { reference, digest, parts }
    }

    /// Whether there are findings of any part.
    pub(super) fn has_findings(&self) -> bool {
        self.parts.iter().any(|part| part.scan().is_some())
    }
}

impl<'a> Part<'a> {
    /// What was found, if anything can be used.
    pub(super) fn scan(&self) -> Option<&Scan<'a>> {
        match self.evidence.as_ref() {
            Evidence::Scanned(scan) => Some(scan),
            _ => None,
        }
    }

    /// Its state in the rule language's word, and why, in the words of the gate's answers; `None`: findings that rules are judged by.
    pub(super) fn state(&self) -> Option<(&'static str, String)> {
        state(&self.evidence)
    }

    /// The findings document; of a report in the cluster, the one that it stands for.
    pub(super) fn document(&self) -> Option<Document<'a>> {
        let scan = self.scan()?;
        let (name, version) = scan.scanner.clone();
        Some(Document {
            schema_version: SCHEMA_VERSION,
            subject: self.digest.as_ref()?.as_str().to_owned().into(),
            scanner: Scanner {
                name: name.into(),
                version: version.map(Into::into),
                database_updated_at: scan.database_updated_at,
            },
            // Where a report does not say, what is shown and written does not say either.
            scanned_at: scan.scanned_at.unwrap_or(Timestamp::EPOCH),
            provides: scan.provides.clone(),
            images: images(scan).to_vec(),
        })
    }

    /// The JSON form of the document, without `scannedAt` where the source has no time.
    pub(super) fn document_json(&self) -> Option<Value> {
        let mut value = json::write(&self.document()?);
        if let (None, Some(members)) = (self.scan()?.scanned_at, value.as_object_mut()) {
            members.remove("scannedAt");
        }
        Some(value)
    }
}

fn images<'s, 'a>(scan: &'s Scan<'a>) -> &'s [Image<'a>] {
    match &scan.body {
        Body::Findings { images, .. } => images,
        // The document was asked for.
        Body::Summary(_) => &[],
    }
}

fn state(evidence: &Evidence<'_>) -> Option<(&'static str, String)> {
    Some(match evidence {
        Evidence::Scanned(scan) => match &scan.signature {
            Signature::Untrusted(why) => ("untrusted", untrusted(why)),
            _ => return None,
        },
        Evidence::Missing => ("missing", "no findings for this image".to_owned()),
        Evidence::Unavailable(why) => ("unavailable", format!("findings could not be looked up: {why}")),
        Evidence::Unreadable(why) => ("unreadable", format!("findings are not usable: {why}")),
        Evidence::NotGranted(why) => ("not granted", why.clone()),
        Evidence::Untrusted { why, then, .. } => {
            let then = then.as_deref().and_then(state).map(|(_, then)| format!("; and {then}")).unwrap_or_default();
            ("untrusted", format!("{}{then}", untrusted(why)))
        }
        // An index within an index is unreadable, so that this one has no state of its own.
        Evidence::Index(_) => return None,
    })
}

fn untrusted(why: &str) -> String {
    format!("findings are not signed by anyone trusted: {why}")
}

/// What is known of who signed findings, in words.
pub(super) fn signer(scan: &Scan<'_>, settings: &Settings) -> String {
    let trust = settings.trust.as_deref().unwrap_or_default();
    match &scan.signature {
        Signature::By(position) => trust.get(*position).map_or_else(String::new, Signer::describe),
        Signature::NotAskedFor => "unsigned or not checked".to_owned(),
        Signature::Untrusted(_) => "nobody trusted".to_owned(),
        Signature::ApiServer => "nobody: who may write reports is up to the API server's access control".to_owned(),
    }
}

/// What keeps findings, in words.
pub(super) fn source(scan: &Scan<'_>) -> String {
    let kind = match scan.kept {
        Kept::Registry => return scan.source.clone(),
        Kept::SbomScanner => "SBOMscanner",
        Kept::TrivyOperator => "the Trivy operator",
    };
    format!("{} (VulnerabilityReport of {kind})", scan.source)
}

/// Whether rules are judged by an image of a document.
pub(super) fn is_judged(document: &Document<'_>, image: &Image<'_>, settings: &Settings) -> bool {
    document.is_single() || settings.findings.selects(image.platform.as_deref())
}
