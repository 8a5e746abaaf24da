//! What a SARIF log is about, as far as its tool says.

use policy::image::Digest;

use super::drivers::Driver;
use super::raw::{Finding, Run};
use crate::report::{Subject, SubjectKind};
use crate::scalar::filled;

pub(super) fn subject(driver: &Driver, runs: &[Run<'_>]) -> Subject {
    let unnamed = Subject::unnamed();
    match driver {
        Driver::Trivy => trivy(runs).unwrap_or(unnamed),
        Driver::Grype => runs.iter().flat_map(|run| run.results.iter().flatten()).find_map(grype).unwrap_or(unnamed),
        // These tools look at nothing but container images.
        Driver::Anchore | Driver::Snyk => Subject { kind: SubjectKind::Image, ..unnamed },
        Driver::Scout | Driver::Other(_) => unnamed,
    }
}

/// `runs[].properties`, only for images and only since Trivy 0.30.
fn trivy(runs: &[Run<'_>]) -> Option<Subject> {
    let properties = runs.iter().find_map(|run| run.properties.as_ref().filter(|p| p.image_name.is_some()))?;
    let digests = properties.repo_digests.iter().flatten().filter_map(|d| d.split_once('@')).map(|(_, digest)| digest.to_owned());
    Some(Subject {
        kind: SubjectKind::Image,
        name: filled(properties.image_name.clone()),
        digests: digests.collect(),
        image_id: filled(properties.image_id.clone()),
        platform: None,
    })
}

/// `image@layer:/path` as the qualified name of a place, and a message that says "container".
fn grype(finding: &Finding<'_>) -> Option<Subject> {
    let location = finding.location();
    let place = location.qualified_name().and_then(|name| name.split_once(":/")).map(|(place, _)| place);
    let is_of_image =
        finding.message().contains("in the container") || location.uri().is_some_and(|uri| uri.starts_with("image/"));
    let image = place.and_then(|place| place.rsplit_once('@')).map(|(image, _)| image.to_owned());
    let digest = image.as_deref().and_then(|image| image.split_once('@')).and_then(|(_, digest)| Digest::parse(digest));
    is_of_image.then(|| Subject {
        kind: SubjectKind::Image,
        name: image,
        digests: digest.iter().map(Digest::to_string).collect(),
        image_id: None,
        platform: None,
    })
}
