//! An image reference → [`Evidence`]: what is known about the image's vulnerabilities, in states that never merge.
//!
//! One look-up per distinct image; nothing is kept between requests.

pub mod buffers;
pub mod fault;
pub mod host;
pub mod namespace;
mod registry;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::findings::{Document, Field, summary::Summary};
use crate::image::{Digest, Reference};
use crate::time::Timestamp;

use self::buffers::Buffers;
use self::fault::Failure;
use self::host::Host;

/// What was found for an image. Being stale (per rule) or incomplete (per condition) is judged on top of `Scanned`.
#[derive(Clone, Debug)]
pub enum Evidence<'a> {
    /// Findings exist and are of the findings document's form.
    Scanned(Box<Scan<'a>>),
    /// There are none.
    Missing,
    /// They could not be asked for; why, in one line.
    Unavailable(String),
    /// They are there but not usable; why, in one line.
    Unreadable(String),
    /// The host refused the call: the policy was not granted a capability.
    NotGranted(String),
}

/// The findings of an image or image index.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    /// Digest of the findings artifact; known once its document was read.
    pub artifact: Option<String>,
    /// Name and version of the scanner.
    pub scanner: (String, Option<String>),
    /// When the scan was finished.
    pub scanned_at: Option<Timestamp>,
    /// When the scanner's database was built.
    pub database_updated_at: Option<Timestamp>,
    /// The optional fields that the document speaks about.
    pub provides: Vec<Field>,
    /// The findings themselves, or their counts where those settle the matter.
    pub body: Body<'a>,
}

/// Counts, or everything.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// The summary proves that no condition is fulfilled.
    Summary(Summary<'a>),
    /// The whole document.
    Document(Document<'a>),
}

/// The look-ups of one request.
#[derive(Debug)]
pub struct Lookup<'a> {
    host: &'a dyn Host,
    buffers: &'a Buffers,
    now: Timestamp,
    digests: BTreeMap<Reference, Result<Digest, Failure>>,
    evidence: BTreeMap<(String, Digest), Rc<Evidence<'a>>>,
}

impl<'a> Lookup<'a> {
    /// Nothing is asked yet. Answers are kept in `buffers`, where evidence borrows from them.
    pub fn new(host: &'a dyn Host, buffers: &'a Buffers, now: Timestamp) -> Self {
        Self { host, buffers, now, digests: BTreeMap::new(), evidence: BTreeMap::new() }
    }

    /// The digest and the evidence of an image. `matters` says whether the document behind a summary can change the verdict.
    pub fn find(&mut self, reference: &Reference, matters: &dyn Fn(&Scan<'a>) -> bool) -> (Option<Digest>, Rc<Evidence<'a>>) {
        let digest = match self.digest(reference) {
            Ok(digest) => digest,
            Err(failure) => return (None, Rc::new(failure.into_evidence())),
        };
        let key = (reference.repository(), digest.clone());
        let evidence = match self.evidence.get(&key).map(|known| (known, known.as_ref())) {
            // Another container's rules were content with the summary.
            Some((_, Evidence::Scanned(scan))) if matches!(scan.body, Body::Summary(_)) && matters(scan) => {
                Rc::new(registry::read_document(self.host, self.buffers, &key.0, &digest, self.now))
            }
            Some((known, _)) => Rc::clone(known),
            None => Rc::new(registry::look_up(self.host, self.buffers, &key.0, &digest, self.now, matters)),
        };
        self.evidence.insert(key, Rc::clone(&evidence));
        (Some(digest), evidence)
    }

    /// What is known of an image in the end. Asks nothing: another container's rules may have needed more than this one's, and what was
    /// found then holds for all of them.
    pub fn settled(&self, reference: &Reference) -> Option<Rc<Evidence<'a>>> {
        let digest = reference.digest().or_else(|| self.digests.get(reference).and_then(|digest| digest.as_ref().ok()))?;
        self.evidence.get(&(reference.repository(), digest.clone())).cloned()
    }

    fn digest(&mut self, reference: &Reference) -> Result<Digest, Failure> {
        if let Some(digest) = reference.digest() {
            return Ok(digest.clone());
        }
        let host = self.host;
        self.digests.entry(reference.clone()).or_insert_with(|| registry::resolve(host, reference)).clone()
    }
}
