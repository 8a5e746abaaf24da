//! Reports and the images of a workload → findings artifacts, as `gatectl attach` would push them; and what is to be shown of each report.

use std::collections::BTreeMap;

use policy::image::{Digest, Reference};
use policy::settings::Settings;
use policy::time::Timestamp;
use reports::artifact::{Artifact, Descriptor, MANIFEST};
use reports::document::{self, Target};
use reports::merge::merge;
use reports::report::{Notes, SubjectKind};
use reports::{Report, ReportError, report, vex};
use serde_json::Value;

use crate::entry::{Content, Entry, nowhere};
use crate::places::Places;
use crate::shown::{Shown, counts};

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
        // One that cannot be read names its image too: no other report may pass for it.
        let is_named = self.entries.iter().any(|shown| !shown.read.is_beside() && about(shown) == Some(true));
        let mut here: Vec<&mut Shown> = Vec::new();
        for shown in &mut self.entries {
            let applies = about(shown).unwrap_or(shown.read.is_beside() || !is_named);
            if applies && !matches!(shown.read.content, Content::Nothing | Content::Refused) {
                shown.applies_to.push(image.to_owned());
                here.push(shown);
            }
        }
        // What was noted of each is shown already: what follows is of the image.
        let of_image = |report: &Report| Report { notes: Notes::default(), ..report.clone() };
        let reports: Vec<Report> = here.iter().filter_map(|shown| shown.read.report()).map(of_image).collect();
        let is_single = reports.len() == 1;
        let Some(mut report) = merge(reports, Some(now)) else { return };
        let digest = digest_of(reference);
        for shown in &mut here {
            shown.hold_against(image, reference);
            if let Some(object) = shown.read.object.as_ref().and_then(|text| serde_json::from_str(text).ok()) {
                self.reported.push(Reported { image: reference.clone(), digest: digest.clone(), object });
            }
        }
        report.subject = subject(reference, &digest, report.subject.platform);
        enrich(&mut report, &here);
        match artifact(&report, reference, &digest, now) {
            Ok((stored, counts, folded)) => {
                self.stored.push(stored);
                for shown in here.iter_mut().filter(|shown| shown.read.report().is_some()) {
                    shown.note(&report.notes);
                    shown.note(&folded);
                    if is_single {
                        shown.counts = Some(counts.clone());
                    }
                }
            }
            Err(error) => {
                let problem = Places::of("").problem(&nowhere(&error));
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

/// The artifacts by what comes behind their repository in a reference: the tag, or their own digest.
pub(crate) fn by_version(stored: &[Stored]) -> BTreeMap<&str, Vec<&Stored>> {
    let mut by_version: BTreeMap<&str, Vec<&Stored>> = BTreeMap::new();
    for one in stored {
        by_version.entry(&one.tag).or_default().push(one);
        by_version.entry(&one.digest).or_default().push(one);
    }
    by_version
}
