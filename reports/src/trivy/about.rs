//! What a Trivy report is about: the image, its operating system, and whether vulnerabilities were looked for at all.

use super::raw;
use crate::report::{Claim, Os, Subject, SubjectKind};
use crate::scalar::filled;

/// What a result of a report shows of the scan.
pub(super) struct Shown {
    pub(super) class: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) has_rows: bool,
}

impl Shown {
    fn is_of_packages(&self) -> bool {
        self.has_rows || matches!(self.class.as_deref(), Some("os-pkgs" | "lang-pkgs"))
    }

    /// Reports of before the classes name the operating system as the result's type.
    fn is_of_os(&self, family: &str) -> bool {
        self.class.as_deref() == Some("os-pkgs") || self.class.is_none() && self.kind.as_deref() == Some(family)
    }
}

/// Whether the packages of the operating system were looked at, where there is one.
pub(super) fn covers_os(results: &[Shown], family: Option<&str>) -> bool {
    family.is_none_or(|family| results.iter().any(|shown| shown.is_of_os(family)))
}

/// Trivy does not write which scanners ran: only a result of a package class shows that packages were looked at, and a row that
/// vulnerabilities were.
pub(super) fn claim(results: &[Shown], family: Option<&str>) -> Claim {
    if !covers_os(results, family) && results.iter().any(Shown::is_of_packages) {
        return Claim::Unclear(format!(
            "the Trivy report has no result for the packages of the operating system `{}`, so that it does not show whether they were scanned",
            family.unwrap_or_default()
        ));
    }
    let is_of_more = results.iter().any(|shown| !shown.is_of_packages());
    if is_of_more && results.iter().any(Shown::is_of_packages) && !results.iter().any(|shown| shown.has_rows) {
        return Claim::Unclear(
            "the Trivy report has no vulnerability but results of other scanners, so that it does not show whether vulnerabilities were looked for"
                .to_owned(),
        );
    }
    if results.iter().any(Shown::is_of_packages) {
        return Claim::Vulnerabilities;
    }
    let mut others: Vec<&str> = results.iter().filter_map(|shown| shown.class.as_deref()).collect();
    others.sort_unstable();
    others.dedup();
    match others.as_slice() {
        [] => Claim::Unclear(
            "the Trivy report has no result at all, so that it does not show whether vulnerabilities were looked for".to_owned(),
        ),
        _ => Claim::None(format!(
            "the Trivy report is not about vulnerabilities: it has only results of the class `{}`",
            others.join("`, `")
        )),
    }
}

pub(super) fn subject(kind: Option<String>, name: Option<String>, metadata: &raw::Metadata) -> Subject {
    let config = metadata.image_config.as_ref();
    let part = |text: Option<&String>| text.filter(|t| !t.is_empty()).cloned();
    let os = part(config.and_then(|c| c.os.as_ref()));
    let architecture = part(config.and_then(|c| c.architecture.as_ref()));
    let variant = part(config.and_then(|c| c.variant.as_ref()));
    let platform = os.zip(architecture).map(|(os, architecture)| match variant {
        Some(variant) => format!("{os}/{architecture}/{variant}"),
        None => format!("{os}/{architecture}"),
    });
    let digests = metadata.repo_digests.iter().flatten().filter_map(|d| d.split_once('@')).map(|(_, digest)| digest.to_owned());
    Subject {
        kind: match kind.as_deref() {
            Some("container_image") => SubjectKind::Image,
            Some("cyclonedx") => SubjectKind::Other("CycloneDX bill of materials".to_owned()),
            Some("spdx") => SubjectKind::Other("SPDX bill of materials".to_owned()),
            Some("vm") => SubjectKind::Other("disk image".to_owned()),
            Some(other) if !other.is_empty() => SubjectKind::Other(other.replace('_', " ")),
            _ => SubjectKind::unnamed(),
        },
        name: filled(name),
        digests: digests.collect(),
        image_id: part(metadata.image_id.as_ref()),
        platform,
    }
}

/// Trivy writes `EOSL` only where it is true, so its absence says "still maintained, as far as is known"; only the scan of the operating
/// system's packages looks it up.
pub(super) fn os(raw: &raw::Os, is_covered: bool) -> Option<Os> {
    let family = raw.family.clone().filter(|family| !family.is_empty() && family != "none")?;
    Some(Os { family, version: filled(raw.name.clone()), end_of_life: raw.eosl.or(is_covered.then_some(false)) })
}
