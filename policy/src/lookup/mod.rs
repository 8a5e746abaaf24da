//! An image reference → [`Evidence`]: what is known about the image's vulnerabilities, in states that never merge.
//!
//! One look-up per distinct image; nothing is kept between requests.

pub mod budget;
pub mod buffers;
mod evidence;
pub mod fault;
pub mod host;
mod index;
mod manifest;
pub mod namespace;
mod registry;
mod report;
mod sbomscanner;
mod signature;
mod trivy_operator;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::image::{Digest, Reference};
use crate::settings::{Signer, Source, Sources};
use crate::time::Timestamp;

use self::buffers::Buffers;
pub use self::evidence::{Body, Evidence, Kept, PlatformEvidence, Scan, Signature, Wants};
use self::fault::Failure;
use self::host::Host;

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
    /// Whose signature findings in a registry need.
    pub trust: Option<&'a [Signer]>,
    /// The namespace of the workload.
    pub namespace: Option<&'a str>,
}

/// What findings are looked for of.
#[derive(Clone, Copy, Debug)]
struct Subject<'s> {
    /// With its registry.
    repository: &'s str,
    tag: Tag<'s>,
    digest: &'s Digest,
}

/// The tag of an image reference.
#[derive(Clone, Copy, Debug)]
enum Tag<'s> {
    /// The digest is what this tag stands for.
    Resolved(&'s str),
    /// What is written beside the digest, if anything: it may never have stood for it.
    Comment(Option<&'s str>),
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
    /// The reports of the workload's namespace, once they were asked for.
    namespace_reports: Option<Result<Vec<&'a str>, Failure>>,
    report_budget: report::Budget,
}

impl<'a> Lookup<'a> {
    /// Nothing is asked yet.
    pub fn new(inquiry: Inquiry<'a>) -> Self {
        Self {
            inquiry,
            digests: BTreeMap::new(),
            indexes: BTreeMap::new(),
            evidence: BTreeMap::new(),
            namespace_reports: None,
            report_budget: report::Budget::default(),
        }
    }

    /// The digest and the evidence of an image.
    pub fn find(&mut self, reference: &Reference, wants: &Wants<'_, 'a>) -> (Option<Digest>, Rc<Evidence<'a>>) {
        let digest = match self.digest(reference) {
            Ok(digest) => digest,
            Err(failure) => return (None, Rc::new(failure.into_evidence())),
        };
        let tag = reference.tag().map_or(Tag::Comment(reference.comment()), Tag::Resolved);
        let evidence = self.of_image(Subject { repository: &reference.repository(), tag, digest: &digest }, wants);
        (Some(digest), evidence)
    }

    /// Where an index has no findings of its own, those of its platforms.
    fn of_image(&mut self, subject: Subject<'_>, wants: &Wants<'_, 'a>) -> Rc<Evidence<'a>> {
        let Subject { repository, digest, .. } = subject;
        let key = (repository.to_owned(), digest.clone());
        let platforms = match self.indexes.get(&key) {
            // Another container's rules may want more of them.
            Some(known) => known.clone(),
            None => {
                let evidence = self.of_digest(subject, wants);
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
                let of_entry =
                    |entry: index::Entry| entry.settled(|digest| Some(self.of_digest(Subject { digest, ..subject }, wants)));
                Rc::new(Evidence::Index(entries.into_iter().map(of_entry).collect()))
            }
            Err(failure) => Rc::new(failure.into_evidence()),
        }
    }

    /// What the sources hold about one digest, in their order. Only what is missing moves on freely; what is unavailable moves on too, and is
    /// the answer unless another source has findings.
    fn of_digest(&mut self, subject: Subject<'_>, wants: &Wants<'_, 'a>) -> Rc<Evidence<'a>> {
        let Subject { repository, digest, .. } = subject;
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
            None => Rc::new(self.ask_sources(subject, wants)),
        };
        self.evidence.insert(key, Rc::clone(&evidence));
        evidence
    }

    fn ask_sources(&mut self, subject: Subject<'_>, wants: &Wants<'_, 'a>) -> Evidence<'a> {
        let mut unavailable = None;
        for source in &self.inquiry.sources.sources {
            // What nobody trusted signed does not make good that a source before could not be asked, whoever would use it.
            let wants = Wants { document: wants.document, untrusted: wants.untrusted && unavailable.is_none() };
            match self.ask(source, subject, &wants) {
                Evidence::Missing => {}
                Evidence::Unavailable(why) => unavailable = unavailable.or(Some(Evidence::Unavailable(why))),
                // A missing grant is told in any case.
                found @ (Evidence::Scanned(_) | Evidence::NotGranted(_)) => return found,
                other => return unavailable.unwrap_or(other),
            }
        }
        unavailable.unwrap_or(Evidence::Missing)
    }

    fn ask(&mut self, source: &Source, subject: Subject<'_>, wants: &Wants<'_, 'a>) -> Evidence<'a> {
        let Inquiry { host, now, namespace, buffers, .. } = self.inquiry;
        let reported = match source {
            Source::Registry { repository } => {
                let repository = repository.as_deref().unwrap_or(subject.repository);
                return registry::look_up(self.inquiry, repository, subject.digest, wants);
            }
            Source::SbomScanner(scanner) => sbomscanner::look_up(host, scanner, subject, &mut self.report_budget),
            Source::TrivyOperator => {
                match self.namespace_reports.get_or_insert_with(|| trivy_operator::reports(host, namespace, buffers)) {
                    Ok(reports) => trivy_operator::look_up(reports, subject.digest, &mut self.report_budget),
                    Err(failure) => Err(failure.clone()),
                }
            }
        };
        match reported {
            Err(failure) => failure.into_evidence(),
            Ok(scan) => scan.into_evidence(now),
        }
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
