//! An entry that was read → what is shown of it: its format, its counts, its images, and what a person should know.

use policy::findings::Document;
use policy::image::{Digest, Reference};
use policy::settings::{Settings, Source};
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::Notes;
use serde_json::{Value, json};

use crate::entry::{Content, Entry, Read, SEVERITIES, nowhere};
use crate::places::Places;

/// What is shown of an entry.
pub(crate) struct Shown {
    pub(crate) read: Read,
    pub(crate) problems: Vec<Value>,
    pub(crate) notes: Notes,
    /// By severity, and how many of all have a fix; absent until it was counted.
    pub(crate) counts: Option<(Value, usize)>,
    /// The images of the workload that it is about.
    pub(crate) applies_to: Vec<String>,
}

impl Shown {
    pub(crate) fn of(entry: Entry) -> Self {
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

    /// Takes over what was noted of an image, unless it was of another one.
    pub(crate) fn note(&mut self, notes: &Notes) {
        for (note, times) in notes.iter() {
            if !self.notes.iter().any(|(known, _)| known == note) {
                (0..times).for_each(|_| self.notes.add(note));
            }
        }
    }

    /// Notes where a report says that it is about another image: attaching it would be refused, or be a mistake.
    pub(crate) fn hold_against(&mut self, image: &str, reference: &Reference) {
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
    pub(crate) fn finish(&mut self, now: Timestamp) {
        let Some(report) = self.read.report().filter(|_| self.counts.is_none() && self.problems.is_empty()) else { return };
        let target = Target::image(Digest::of(b""), None, report);
        match document::make(&target, Some(now)) {
            Ok((document, _)) => self.counts = Some(counts(&document)),
            Err(error) => self.problems.push(Places::of("").problem(&nowhere(&error))),
        }
    }

    pub(crate) fn show(&self, settings: Option<&Settings>) -> Value {
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

/// The vulnerabilities by severity, and how many of all have a fix.
pub(crate) fn counts(document: &Document<'_>) -> (Value, usize) {
    let all = || document.images.iter().filter_map(|image| image.vulnerabilities.as_ref()).flatten();
    let counts = SEVERITIES.iter().map(|severity| (severity.word(), all().filter(|v| v.severity == *severity).count()));
    let counts = counts.map(|(word, n)| (word.to_owned(), n.into())).collect();
    (Value::Object(counts), all().filter(|v| v.findings.iter().any(|finding| finding.is_fixable())).count())
}
