//! The resources that a list of findings is about → the one image, or what it is instead.

use std::collections::{BTreeMap, BTreeSet};

use policy::time::Timestamp;

use super::finding::{Finding, Image};
use crate::report::{Notes, Os, Subject, SubjectKind};
use crate::scalar::{self, filled};

/// What a list of findings is about, and when it was last looked at.
pub(crate) struct About {
    pub(crate) subject: Subject,
    pub(crate) os: Option<Os>,
    /// The latest observation: Inspector looks at an image as a whole.
    pub(crate) observed_at: Option<Timestamp>,
}

/// The one image that all findings are about; anything else, or several images, is not one.
pub(crate) fn about(findings: &[Finding], notes: &mut Notes) -> About {
    // By id and digest, since either may be missing.
    let mut resources = BTreeMap::new();
    for resource in findings.iter().flat_map(|finding| finding.resources.iter().flatten()) {
        let image = resource.details.as_ref().and_then(|details| details.aws_ecr_container_image.clone());
        let digest = image.as_ref().and_then(|image| image.image_hash.clone());
        resources.insert((resource.id.clone(), digest), (resource.kind.clone(), image));
    }
    let observed_at =
        findings.iter().filter_map(|f| scalar::time(f.last_observed_at.as_ref(), "date of observation", notes)).max();
    let kinds: BTreeSet<&str> =
        resources.values().filter_map(|(kind, _): &(Option<String>, Option<Image>)| kind.as_deref()).collect();
    let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
    let none = Subject { kind: SubjectKind::Image, name: None, digests: Vec::new(), image_id: None, platform: None };
    let mut found = resources.into_values();
    match (found.next(), found.len()) {
        (Some((_, Some(image))), 0) => About { subject: subject(&image), os: image.os(), observed_at },
        (Some((Some(kind), None)), 0) if kind == "AWS_ECR_CONTAINER_IMAGE" => About { subject: none, os: None, observed_at },
        (None, _) => {
            let kind = SubjectKind::Other("thing that it does not name".to_owned());
            About { subject: Subject { kind, ..none }, os: None, observed_at }
        }
        (Some(_), more) => {
            let kind = match more {
                0 => SubjectKind::Other(format!("resource of the type {kinds}")),
                more => SubjectKind::Other(format!("set of {} resources ({kinds})", more.saturating_add(1))),
            };
            About { subject: Subject { kind, ..none }, os: None, observed_at }
        }
    }
}

fn subject(image: &Image) -> Subject {
    let tag = image.image_tags.iter().flatten().next().map_or(String::new(), |tag| format!(":{tag}"));
    let repository = filled(image.repository_name.clone());
    let name = repository.map(|repository| match filled(image.registry.clone()) {
        Some(registry) => format!("{registry}/{repository}{tag}"),
        None => format!("{repository}{tag}"),
    });
    Subject {
        kind: SubjectKind::Image,
        name,
        digests: filled(image.image_hash.clone()).into_iter().collect(),
        image_id: None,
        platform: filled(image.architecture.clone()).map(|architecture| platform(image, &architecture.to_ascii_lowercase())),
    }
}

/// In the words of image indexes. Inspector's own `platform` is the distribution.
fn platform(image: &Image, architecture: &str) -> String {
    let is_windows = image.platform.as_deref().is_some_and(|platform| platform.to_ascii_uppercase().starts_with("WINDOWS"));
    let architecture = match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}/{architecture}", if is_windows { "windows" } else { "linux" })
}
