//! An image reference → [`Evidence`]: what is known about the image's vulnerabilities, in states that never merge.
//!
//! One look-up per distinct image; nothing is kept between requests.

pub mod budget;
pub mod buffers;
pub mod fault;
pub mod host;
mod index;
mod manifest;
pub mod namespace;
mod registry;
mod signature;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::findings::{Document, Field, summary::Summary};
use crate::image::{Digest, Reference};
use crate::settings::{Signer, Source, Sources};
use crate::time::Timestamp;

use self::buffers::Buffers;
use self::fault::Failure;
use self::host::Host;

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
    /// The reference that the findings artifact was read by.
    pub source: String,
    /// Digest of the findings artifact; known once it was verified or its document read.
    pub artifact: Option<String>,
    /// What is known of who signed it.
    pub signature: Signature,
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

/// What is known of who signed a findings artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
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
    /// The whole document.
    Document(Document<'a>),
}

/// Whom to ask, where answers are kept, and what they are held against.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// Who answers.
    pub host: &'a dyn Host,
    /// Where answers are kept: evidence borrows from them.
    pub buffers: &'a Buffers,
    /// The present.
    pub now: Timestamp,
    /// Where findings are looked for.
    pub sources: &'a Sources,
    /// Whose signature findings need.
    pub trust: Option<&'a [Signer]>,
}

/// A repository and the digest of something in it.
type Key = (String, Digest);
/// What is known about the platforms of an image; `None`: it is no index.
type Platforms = Result<Option<Vec<index::Entry>>, Failure>;

/// The look-ups of one request.
#[derive(Debug)]
pub struct Lookup<'a> {
    inquiry: Inquiry<'a>,
    digests: BTreeMap<Reference, Result<Digest, Failure>>,
    /// Of images without findings of their own: their platforms, if they are indexes.
    indexes: BTreeMap<Key, Platforms>,
    evidence: BTreeMap<Key, Rc<Evidence<'a>>>,
}

impl<'a> Lookup<'a> {
    /// Nothing is asked yet.
    pub fn new(inquiry: Inquiry<'a>) -> Self {
        Self { inquiry, digests: BTreeMap::new(), indexes: BTreeMap::new(), evidence: BTreeMap::new() }
    }

    /// The digest and the evidence of an image.
    pub fn find(&mut self, reference: &Reference, wants: &Wants<'_, 'a>) -> (Option<Digest>, Rc<Evidence<'a>>) {
        let digest = match self.digest(reference) {
            Ok(digest) => digest,
            Err(failure) => return (None, Rc::new(failure.into_evidence())),
        };
        let evidence = self.of_image(&reference.repository(), &digest, wants);
        (Some(digest), evidence)
    }

    /// Where an index has no findings of its own, those of its platforms.
    fn of_image(&mut self, repository: &str, digest: &Digest, wants: &Wants<'_, 'a>) -> Rc<Evidence<'a>> {
        let key = (repository.to_owned(), digest.clone());
        let platforms = match self.indexes.get(&key) {
            // Another container's rules may want more of them.
            Some(known) => known.clone(),
            None => {
                let evidence = self.of_digest(repository, digest, wants);
                if !matches!(*evidence, Evidence::Missing) {
                    return evidence;
                }
                let image = format!("{repository}@{digest}");
                let platforms = index::platforms(self.inquiry.host, &image, self.inquiry.sources);
                self.indexes.insert(key, platforms.clone());
                platforms
            }
        };
        match platforms {
            Ok(None) => Rc::new(Evidence::Missing),
            Ok(Some(entries)) => {
                let each = entries.into_iter().map(|entry| self.of_entry(repository, entry, wants));
                Rc::new(Evidence::Index(each.collect()))
            }
            Err(failure) => Rc::new(failure.into_evidence()),
        }
    }

    fn of_entry(&mut self, repository: &str, entry: index::Entry, wants: &Wants<'_, 'a>) -> PlatformEvidence<'a> {
        entry.settled(|digest| Some(self.of_digest(repository, digest, wants)))
    }

    /// What the sources hold about one digest, in their order. Only what is missing moves on freely; what is unavailable moves on too, and is
    /// the answer unless another source has findings.
    fn of_digest(&mut self, repository: &str, digest: &Digest, wants: &Wants<'_, 'a>) -> Rc<Evidence<'a>> {
        let key = (repository.to_owned(), digest.clone());
        let evidence = match self.evidence.get(&key).map(|known| (known, known.as_ref())) {
            // Another container's rules were content with the summary, or with its being untrusted.
            Some((_, Evidence::Scanned(scan))) if matches!(scan.body, Body::Summary(_)) && (wants.document)(scan) => {
                Rc::new(registry::read_document(self.inquiry, &scan.source, digest, &scan.signature))
            }
            Some((_, Evidence::Untrusted { source, why, then: None })) if wants.untrusted => {
                Rc::new(registry::read_untrusted(self.inquiry, source, digest, wants, why.clone()))
            }
            Some((known, _)) => Rc::clone(known),
            None => Rc::new(self.ask_sources(repository, digest, wants)),
        };
        self.evidence.insert(key, Rc::clone(&evidence));
        evidence
    }

    fn ask_sources(&self, repository: &str, digest: &Digest, wants: &Wants<'_, 'a>) -> Evidence<'a> {
        let mut unavailable = None;
        for Source::Registry { repository: elsewhere } in &self.inquiry.sources.sources {
            // What nobody trusted signed does not make good that a source before could not be asked, whoever would use it.
            let wants = Wants { document: wants.document, untrusted: wants.untrusted && unavailable.is_none() };
            match registry::look_up(self.inquiry, elsewhere.as_deref().unwrap_or(repository), digest, &wants) {
                Evidence::Missing => {}
                Evidence::Unavailable(why) => unavailable = unavailable.or(Some(Evidence::Unavailable(why))),
                // A missing grant is told in any case.
                found @ (Evidence::Scanned(_) | Evidence::NotGranted(_)) => return found,
                other => return unavailable.unwrap_or(other),
            }
        }
        unavailable.unwrap_or(Evidence::Missing)
    }

    /// What is known of an image in the end. Asks nothing: another container's rules may have needed more than this one's, and what was
    /// found then holds for all of them.
    pub fn settled(&self, reference: &Reference) -> Option<Rc<Evidence<'a>>> {
        let digest = reference.digest().or_else(|| self.digests.get(reference).and_then(|digest| digest.as_ref().ok()))?;
        let repository = reference.repository();
        let of_digest = |digest: &Digest| self.evidence.get(&(repository.clone(), digest.clone())).cloned();
        match self.indexes.get(&(repository.clone(), digest.clone())) {
            Some(Ok(Some(entries))) => {
                let of_entry = |entry: &index::Entry| entry.settled(|digest| of_digest(digest));
                Some(Rc::new(Evidence::Index(entries.iter().map(of_entry).collect())))
            }
            Some(Err(failure)) => Some(Rc::new(failure.clone().into_evidence())),
            Some(Ok(None)) | None => of_digest(digest),
        }
    }

    fn digest(&mut self, reference: &Reference) -> Result<Digest, Failure> {
        if let Some(digest) = reference.digest() {
            return Ok(digest.clone());
        }
        let host = self.inquiry.host;
        self.digests.entry(reference.clone()).or_insert_with(|| registry::resolve(host, reference)).clone()
    }
}
