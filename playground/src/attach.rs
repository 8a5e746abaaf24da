//! Reports and the images of a workload → findings artifacts, as `gatectl attach` would push them; and what is to be shown of each report.

use std::collections::BTreeMap;

use policy::findings::Document;
use policy::image::{Digest, Reference};
use policy::settings::{Settings, Source};
use policy::time::Timestamp;
use reports::artifact::{Artifact, Descriptor, MANIFEST};
use reports::document::{self, Target};
use reports::merge::merge;
use reports::report::{Notes, SubjectKind};
use reports::{Report, ReportError, report, vex};
use serde_json::{Value, json};

use crate::entry::{Content, Entry, Read, SEVERITIES, nowhere};
use crate::places::Places;

/// An artifact as a registry holds it.
pub(crate) struct Stored {
    pub(crate) repository: String,
    pub(crate) tag: String,
    /// Its own.
    pub(crate) digest: String,
    pub(crate) manifest: Vec<u8>,
    pub(crate) config: Vec<u8>,
}

/// An object of a cluster that is a report about an image.
pub(crate) struct Reported {
    pub(crate) image: Reference,
    pub(crate) digest: Digest,
    pub(crate) object: Value,
}

/// What is attached to the images.
pub(crate) struct Attached {
    pub(crate) stored: Vec<Stored>,
    pub(crate) reported: Vec<Reported>,
    entries: Vec<Shown>,
}

/// What is shown of an entry.
struct Shown {
    read: Read,
    problems: Vec<Value>,
    notes: Notes,
    counts: Option<(Value, usize)>,
    applies_to: Vec<String>,
}

/// The digest that an image has here: the one that is written, or one made of the reference.
pub(crate) fn digest_of(image: &Reference) -> Digest {
    image.digest().cloned().unwrap_or_else(|| Digest::of(image.to_string().as_bytes()))
}

impl Attached {
    pub(crate) fn make(entries: Vec<Entry>, images: &[String], now: Timestamp) -> Self {
        let mut attached = Self { stored: Vec::new(), reported: Vec::new(), entries: Vec::new() };
        for entry in entries {
            attached.entries.push(Shown::of(entry));
        }
        for image in images {
            if let Ok(reference) = Reference::parse(image) {
                attached.attach(image, &reference, now);
            }
        }
        for shown in &mut attached.entries {
            shown.finish(now);
        }
        attached
    }

    fn attach(&mut self, image: &str, reference: &Reference, now: Timestamp) {
        let about = |shown: &Shown| shown.read.image.as_ref().map(|named| is_same(named, image, reference));
        let is_named = self.entries.iter().any(|shown| shown.read.report().is_some() && about(shown) == Some(true));
        let mut here: Vec<&mut Shown> = Vec::new();
        for shown in &mut self.entries {
            let applies = match (about(shown), shown.read.report().is_some()) {
                (Some(is_about), _) => is_about,
                // What is held against reports holds for all.
                (None, is_report) => !(is_report && is_named),
            };
            if applies && !matches!(shown.read.content, Content::Nothing | Content::Refused) {
                shown.applies_to.push(image.to_owned());
                here.push(shown);
            }
        }
        let reports: Vec<Report> = here.iter().filter_map(|shown| shown.read.report()).cloned().collect();
        let is_single = reports.len() == 1;
        let Some(mut report) = merge(reports, Some(now)) else { return };
        let digest = digest_of(reference);
        for shown in &mut here {
            shown.hold_against(image, reference);
            if let Some(object) = shown.read.object.as_ref().and_then(|text| serde_json::from_str(text).ok()) {
                self.reported.push(Reported { image: reference.clone(), digest: digest.clone(), object });
            }
        }
        report.notes = Notes::default();
        report.subject = subject(reference, &digest, report.subject.platform);
        enrich(&mut report, &here);
        match artifact(&report, reference, &digest, now) {
            Ok((stored, counts, folded)) => {
                self.stored.push(stored);
                for shown in here.iter_mut().filter(|shown| shown.read.report().is_some()) {
                    shown.notes.extend(&report.notes);
                    shown.notes.extend(&folded);
                    if is_single {
                        shown.counts = Some(counts.clone());
                    }
                }
            }
            Err(error) => {
                let problem = Places::of("").problem(&nowhere(error));
                for shown in here.iter_mut().filter(|shown| shown.read.report().is_some() && !shown.problems.contains(&problem)) {
                    shown.problems.push(problem.clone());
                }
            }
        }
    }

    /// What is to be shown of each entry, in their order.
    pub(crate) fn shown(&self, settings: Option<&Settings>) -> Value {
        self.entries.iter().map(|shown| shown.show(settings)).collect()
    }
}

/// Whether an entry names an image, in whatever spelling.
fn is_same(named: &str, image: &str, reference: &Reference) -> bool {
    named == image || Reference::parse(named).is_ok_and(|named| named == *reference)
}

/// The image as VEX documents know it.
fn subject(reference: &Reference, digest: &Digest, platform: Option<String>) -> report::Subject {
    let name = reference.tag().map_or_else(|| reference.repository(), |_| reference.to_string());
    report::Subject { kind: SubjectKind::Image, name: Some(name), digests: vec![digest.to_string()], image_id: None, platform }
}

/// Holds what is beside the reports against them.
fn enrich(report: &mut Report, here: &[&mut Shown]) {
    let documents: Vec<_> = here
        .iter()
        .filter_map(|shown| match &shown.read.content {
            Content::Vex(document) => Some(document.clone()),
            _ => None,
        })
        .collect();
    vex::apply(report, &documents);
    for shown in here {
        match &shown.read.content {
            Content::Kev(catalogue) => catalogue.apply(report),
            Content::Epss(scores) => scores.apply(report),
            _ => {}
        }
    }
}

type Made = (Stored, (Value, usize), Notes);

fn artifact(report: &Report, reference: &Reference, digest: &Digest, now: Timestamp) -> Result<Made, ReportError> {
    let target = Target::image(digest.clone(), report.subject.platform.clone(), report);
    let (document, notes) = document::make(&target, Some(now))?;
    let described = Descriptor { media_type: MANIFEST.to_owned(), digest: digest.to_string(), size: 0 };
    let artifact = Artifact::make(&document, described, &reference.repository(), &[])?;
    let stored = Stored {
        repository: reference.repository(),
        tag: policy::findings::tag(digest.hex()),
        digest: artifact.digest(),
        manifest: artifact.manifest,
        config: artifact.config,
    };
    Ok((stored, counts(&document), notes))
}

/// The vulnerabilities by severity, and how many of all have a fix.
fn counts(document: &Document<'_>) -> (Value, usize) {
    let all = || document.images.iter().filter_map(|image| image.vulnerabilities.as_ref()).flatten();
    let counts = SEVERITIES.iter().map(|severity| (severity.word(), all().filter(|v| v.severity == *severity).count()));
    let counts = counts.map(|(word, n)| (word.to_owned(), n.into())).collect();
    (Value::Object(counts), all().filter(|v| v.findings.iter().any(|finding| finding.is_fixable())).count())
}

impl Shown {
    fn of(entry: Entry) -> Self {
        let (read, problems) = Read::of(entry);
        let mut notes = Notes::default();
        match &read.content {
            Content::Report(report) => {
                notes.extend(&report.notes);
                if report.scanned_at.is_none() {
                    notes.add("the report does not say when the scan was finished: it counts as finished at the time that is judged for");
                }
            }
            Content::Vex(document) => notes.extend(&document.notes),
            _ => {}
        }
        Self { read, problems, notes, counts: None, applies_to: Vec::new() }
    }

    /// Notes where a report says that it is about another image: attaching it would be refused, or be a mistake.
    fn hold_against(&mut self, image: &str, reference: &Reference) {
        let Some(subject) = self.read.report().map(|report| &report.subject) else { return };
        let stated = &subject.digests;
        let other = match reference.digest() {
            Some(digest) if !stated.is_empty() && !stated.iter().any(|stated| stated == digest.as_str()) => Some(format!(
                "the report states another image, {}: attaching it to `{image}` would be refused",
                stated.join(", ")
            )),
            _ => {
                let named = subject.name.as_deref().and_then(|name| Reference::parse(name).ok());
                let is_other =
                    named.filter(|named| named.repository() != reference.repository() || named.tag() != reference.tag());
                is_other.map(|named| format!("the report is about `{named}`: here it counts for `{image}`"))
            }
        };
        if let Some(other) = other {
            self.notes.add(other);
        }
    }

    /// Counts what was merged with others, or applies to no image.
    fn finish(&mut self, now: Timestamp) {
        let Some(report) = self.read.report().filter(|_| self.counts.is_none() && self.problems.is_empty()) else { return };
        let target = Target::image(Digest::of(b""), None, report);
        match document::make(&target, Some(now)) {
            Ok((document, _)) => self.counts = Some(counts(&document)),
            Err(error) => self.problems.push(Places::of("").problem(&nowhere(error))),
        }
    }

    fn show(&self, settings: Option<&Settings>) -> Value {
        let report = self.read.report();
        let mut notes: Vec<String> = self.notes.iter().map(|(note, times)| counted(note, times)).collect();
        if report.is_some() {
            notes.extend(settings.into_iter().flat_map(|settings| self.about_settings(settings)));
        }
        if let Some(image) = self.read.image.as_ref().filter(|_| self.applies_to.is_empty()) {
            notes.push(format!("no container runs `{image}`"));
        }
        let (format, reason) = self.read.format.as_ref().map(|(name, reason)| (*name, reason.as_str())).unzip();
        let (counts, fixable) = match &self.counts {
            Some((counts, fixable)) => (counts.clone(), *fixable),
            None => {
                (SEVERITIES.iter().map(|severity| (severity.word(), 0)).map(|(word, n)| (word.to_owned(), json!(n))).collect(), 0)
            }
        };
        json!({
            "name": self.read.name,
            "format": format,
            "formatReason": reason,
            "problems": self.problems,
            "notes": notes,
            "counts": counts,
            "fixable": fixable,
            "subject": report.and_then(|report| report.subject.name.as_deref()),
            "scannedAt": report.and_then(|report| report.scanned_at).map(|at| at.to_string()),
            "appliesTo": self.applies_to,
        })
    }

    /// Where a page cannot be what a cluster is.
    fn about_settings(&self, settings: &Settings) -> Vec<String> {
        let mut notes = Vec::new();
        if settings.trust.is_some() {
            notes.push("nothing is signed here: the findings count as signed by the first signer of `trust`".to_owned());
        }
        let is_asked = |source: &Source| match source {
            Source::Registry { .. } => true,
            Source::SbomScanner(_) => self.read.format.as_ref().is_some_and(|(name, _)| *name == "sbomscanner"),
            Source::TrivyOperator => self.read.format.as_ref().is_some_and(|(name, _)| *name == "trivy-operator"),
        };
        if !settings.findings.sources.iter().any(is_asked) {
            notes.push("no source in `findings.sources` holds a report of this format: add `registry: {}` to them".to_owned());
        }
        notes
    }
}

fn counted(note: &str, times: usize) -> String {
    if times > 1 { format!("{times} × {note}") } else { note.to_owned() }
}

/// The artifacts by what comes behind their repository in a reference: the tag, or their own digest.
pub(crate) fn by_version(stored: &[Stored]) -> BTreeMap<&str, Vec<&Stored>> {
    let mut by_version: BTreeMap<&str, Vec<&Stored>> = BTreeMap::new();
    for one in stored {
        by_version.entry(&one.tag).or_default().push(one);
        by_version.entry(&one.digest).or_default().push(one);
    }
    by_version
}
