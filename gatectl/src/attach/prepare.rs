//! Reports + the image in the registry → artifacts; nothing is pushed.

use host::registry::{Registry, Resolved};
use host::signing::KeyPair;
use policy::findings::{self, Document};
use policy::time::Timestamp;
use reports::Report;
use reports::document::{self, Target};
use reports::merge::merge;
use reports::report::{self, Notes, SubjectKind};

use super::input::{Beside, Read};
use super::subject::{Scanned, Subject};
use super::{bind, carry};
use crate::exit::Failure;
use reports::artifact::Artifact;

/// What is made before anything is pushed: one artifact for the image, or one for each scanned platform and one for the index.
pub(crate) struct Prepared {
    pub(crate) artifacts: Vec<(Artifact, Document<'static>)>,
    pub(crate) notes: Notes,
    /// Digest of the index' earlier artifact, where all of its findings are in the new one.
    pub(super) carried: Option<String>,
}

/// How the reports are bound to the image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Binding<'a> {
    pub(crate) platform: Option<&'a str>,
    pub(crate) scanned_at: Option<Timestamp>,
    pub(crate) is_forced: bool,
    /// Whether platforms of an index that no report is about keep their earlier findings.
    pub(crate) carries_over: bool,
    /// Who signs: what is carried over has to be signed by the same key.
    pub(crate) key: Option<&'a KeyPair>,
}

/// An image of which there are reports.
struct Group<'a> {
    image: Scanned,
    reports: Vec<Report>,
    layers: Vec<(&'a str, &'a [u8])>,
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
    let mut prepared = Prepared { artifacts: Vec::new(), notes: Notes::default(), carried: None };
    beside.notes(&mut prepared.notes);
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut all_layers = Vec::new();
    for read in reports {
        let report = &read.report;
        let image = match &read.carried {
            Some(carried) => carried.image.clone(),
            None => {
                let image = bind::scanned(&subject, report, binding.platform)?;
                if let Some(note) = bind::check(&subject, &image, report, registry, resolved, binding.is_forced)? {
                    prepared.notes.add(note);
                }
                image
            }
        };
        let layer = (read.media_type(), read.bytes.as_slice());
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
        let artifact = Artifact::make(&document, subject.descriptor_of(&image), repository, &layers).map_err(Failure::new)?;
        prepared.artifacts.push((artifact, document));
        scanned.push((image, report));
    }
    if let Some(index) = subject.index_target(&scanned) {
        let (mut document, _) = document::make(&index, binding.scanned_at).map_err(Failure::new)?;
        if binding.carries_over {
            let place = (repository, findings::tag(subject.digest.hex()));
            let carried = carry::over(registry, (place.0, &place.1), document, binding.key, &mut prepared.notes)?;
            (document, prepared.carried) = (carried.document, carried.whole);
        }
        for image in document.images.iter().filter(|image| image.vulnerabilities.is_none()) {
            let platform = image.platform.as_deref().unwrap_or("unknown");
            prepared.notes.add(format!("platform {platform} was not scanned: it has no findings"));
        }
        let artifact = Artifact::make(&document, subject.descriptor.clone(), repository, &all_layers).map_err(Failure::new)?;
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
