//! Reports + the image in the registry → artifacts; nothing is pushed.

use host::registry::{Registry, Resolved};
use policy::findings::Document;
use policy::time::Timestamp;
use reports::Report;
use reports::document::{self, Target};
use reports::merge::merge;
use reports::report::{self, Notes, SubjectKind};

use super::artifact::Artifact;
use super::bind;
use super::input::{Beside, Read};
use super::subject::{Scanned, Subject};
use crate::exit::Failure;

/// What is made before anything is pushed: one artifact for the image, or one for each scanned platform and one for the index.
pub(crate) struct Prepared {
    pub(crate) artifacts: Vec<(Artifact, Document<'static>)>,
    pub(crate) notes: Notes,
}

/// How the reports are bound to the image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Binding<'a> {
    pub(crate) platform: Option<&'a str>,
    pub(crate) scanned_at: Option<Timestamp>,
    pub(crate) is_forced: bool,
}

/// An image of which there are reports.
struct Group<'a> {
    image: Scanned,
    reports: Vec<Report>,
    layers: Vec<(&'static str, &'a [u8])>,
}

/// Makes the artifacts of reports, and pushes nothing.
pub(crate) fn prepare(
    registry: &Registry,
    resolved: &Resolved,
    repository: &str,
    reports: &[Read],
    beside: &Beside,
    binding: Binding<'_>,
) -> Result<Prepared, Failure> {
    let subject = Subject::fetch(registry, resolved)?;
    let mut prepared = Prepared { artifacts: Vec::new(), notes: Notes::default() };
    beside.notes(&mut prepared.notes);
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut all_layers = Vec::new();
    for Read { report, bytes } in reports {
        let image = bind::scanned(&subject, report, binding.platform)?;
        if let Some(note) = bind::check(&subject, &image, report, registry, resolved, binding.is_forced)? {
            prepared.notes.add(note);
        }
        let layer = (report.format.reader().media_type, bytes.as_slice());
        all_layers.push(layer);
        match groups.iter_mut().find(|group| group.image.digest == image.digest) {
            Some(group) => {
                group.reports.push(report.clone());
                group.layers.push(layer);
            }
            None => groups.push(Group { image, reports: vec![report.clone()], layers: vec![layer] }),
        }
    }
    let mut scanned: Vec<(Scanned, Report)> = Vec::new();
    for Group { image, reports, layers } in groups {
        let Some(mut report) = merge(reports, binding.scanned_at) else { continue };
        report.subject = about(&subject, &image, resolved);
        beside.apply(&mut report);
        prepared.notes.extend(&report.notes);
        let target = Target::image(image.digest.clone(), image.platform.clone(), &report);
        let (document, folded) = document::make(&target, binding.scanned_at).map_err(Failure::new)?;
        prepared.notes.extend(&folded);
        let artifact = Artifact::make(&document, subject.descriptor_of(&image), repository, &layers)?;
        prepared.artifacts.push((artifact, document));
        scanned.push((image, report));
    }
    if let Some(index) = subject.index_target(&scanned) {
        for image in index.images.iter().filter(|image| image.report.is_none()) {
            let platform = image.platform.as_deref().unwrap_or("unknown");
            prepared.notes.add(format!("platform {platform} was not scanned: it has no findings"));
        }
        let (document, _) = document::make(&index, binding.scanned_at).map_err(Failure::new)?;
        let artifact = Artifact::make(&document, subject.descriptor.clone(), repository, &all_layers)?;
        prepared.artifacts.push((artifact, document));
    }
    Ok(prepared)
}

/// The image as it is known to VEX documents: what it is attached to, not what a report says, which may have been forced.
fn about(subject: &Subject, image: &Scanned, resolved: &Resolved) -> report::Subject {
    let mut digests = vec![image.digest.to_string(), subject.digest.to_string()];
    digests.dedup();
    let name = resolved.tag.as_deref().map_or_else(|| resolved.repository.clone(), |tag| resolved.sibling(tag));
    report::Subject { kind: SubjectKind::Image, name: Some(name), digests, image_id: None, platform: image.platform.clone() }
}
