//! What a look-up ends in.

use std::rc::Rc;

use crate::findings::summary::Summary;
use crate::findings::{Field, Image};
use crate::image::Digest;
use crate::limits;
use crate::time::Timestamp;

/// What was found for an image. Being stale (per rule) or incomplete (per condition) is judged on top of `Scanned`.
#[derive(Clone, Debug)]
pub enum Evidence<'a> {
    /// Findings exist and are of the findings document's form.
    Scanned(Box<Scan<'a>>),
    /// An image index without findings of its own: what is known of each selected platform.
    Index(Vec<PlatformEvidence<'a>>),
    /// There are none.
    Missing,
    /// Nobody trusted signed them, and there is nothing to judge, or no rule that would.
    Untrusted {
        /// The reference of the artifact.
        source: String,
        /// Why, in one line.
        why: String,
        /// What was found where a rule is judged by it all the same, and nothing could be judged.
        then: Option<Box<Evidence<'a>>>,
    },
    /// They could not be asked for; why, in one line.
    Unavailable(String),
    /// They are there but not usable; why, in one line.
    Unreadable(String),
    /// The host refused the call: the policy was not granted a capability.
    NotGranted(String),
}

/// What is known of one platform of an index.
#[derive(Clone, Debug)]
pub struct PlatformEvidence<'a> {
    /// `os/architecture[/variant]`, or the digest where the index does not say.
    pub name: String,
    /// Digest of its manifest, where it is one.
    pub digest: Option<Digest>,
    /// What was found for that.
    pub evidence: Rc<Evidence<'a>>,
}

/// The findings of an image or image index.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    /// The kind of place where they are kept.
    pub kept: Kept,
    /// The reference that the findings artifact was read by, or `NAMESPACE/NAME` of the report in the cluster.
    pub source: String,
    /// Digest of the findings artifact; known once it was verified or its document read.
    pub artifact: Option<String>,
    /// What is known of who signed it.
    pub signature: Signature,
    /// Name and version of the scanner.
    pub scanner: (String, Option<String>),
    /// When the scan was finished; unknown where a report does not say.
    pub scanned_at: Option<Timestamp>,
    /// When the scanner's database was built.
    pub database_updated_at: Option<Timestamp>,
    /// The optional fields that the document speaks about.
    pub provides: Vec<Field>,
    /// The findings themselves, or their counts where those settle the matter.
    pub body: Body<'a>,
}

impl<'a> Scan<'a> {
    /// As evidence, unless it lies in the future.
    pub(super) fn into_evidence(self, now: Timestamp) -> Evidence<'a> {
        match self.scanned_at {
            Some(scanned_at) if scanned_at.seconds_since(now) > limits::CLOCK_SKEW_SECONDS => {
                Evidence::Unreadable(format!("expected a scan in the past, found one at {scanned_at}"))
            }
            _ => Evidence::Scanned(Box::new(self)),
        }
    }
}

/// The kind of place where findings are kept, as `findings.sources` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// An artifact in a registry.
    Registry,
    /// A report of SBOMscanner.
    SbomScanner,
    /// A report of trivy-operator.
    TrivyOperator,
}

/// What is known of who signed findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// They are a report in the cluster: who may write it is up to the API server's access control.
    ApiServer,
    /// The settings ask for none.
    NotAskedFor,
    /// The signer at a position of the settings' `trust`.
    By(usize),
    /// Nobody trusted; why, in one line. It was read because a rule is judged by it all the same.
    Untrusted(String),
}

/// What the rules about an image want of its evidence.
pub struct Wants<'w, 'a> {
    /// Whether the document behind a summary can change the verdict.
    pub document: &'w dyn Fn(&Scan<'a>) -> bool,
    /// Whether a rule is judged by findings that nobody trusted signed.
    pub untrusted: bool,
}

impl std::fmt::Debug for Wants<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wants").field("untrusted", &self.untrusted).finish_non_exhaustive()
    }
}

/// Counts, or everything.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// The summary proves that no condition is fulfilled.
    Summary(Summary<'a>),
    /// Everything that is known.
    Findings {
        /// They are about one image, not about the platforms of an index.
        is_single: bool,
        /// Those of the image, or of each platform of the index.
        images: Vec<Image<'a>>,
    },
}
