//! The VulnerabilityManifest of Kubescape (`kubectl get vulnerabilitymanifests.spdx.softwarecomposition.kubescape.io NAME -o json`) →
//! [`Report`].
//!
//! Source: Kubescape's storage, `pkg/apis/softwarecomposition/v1beta1`; the payload is in the shape of Grype's model
//! ([`crate::grype`]). It provides `aliases`, `cvss` and `path`; the object keeps no EPSS, KEV, VEX or dates.

use policy::findings::Field;

use crate::grype::{self, raw::Document};
use crate::json::{self, members};
use crate::object::{self, Metadata};
use crate::report::{Claim, Notes, Report, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.kubescape.vulnerabilitymanifest+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    object::recognise(outline, "spdx.softwarecomposition.kubescape.io", &["VulnerabilityManifest"])
}

members! {
    struct Raw<'a> {
        metadata: Metadata,
        spec: Spec<'a>,
    }

    struct Spec<'a> {
        metadata: About,
        payload: Document<'a>,
    }

    struct About {
        with_relevancy: bool = "withRelevancy",
        tool: Tool,
        report: ReportOf,
    }

    struct Tool {
        name: String,
        version: String,
    }

    struct ReportOf {
        created_at: Scalar = "createdAt",
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw<'_> = json::parse(text, "VulnerabilityManifest of Kubescape")?;
    let hint = Some("fetch the object by its name; lists leave the payload out");
    let spec = raw.spec.ok_or_else(|| ReportError::new("the VulnerabilityManifest of Kubescape has no `spec`", hint))?;
    let payload = spec.payload.filter(|payload| payload.matches.is_some());
    let payload =
        payload.ok_or_else(|| ReportError::new("the VulnerabilityManifest of Kubescape has no `spec.payload.matches`", hint))?;
    let object = raw.metadata.unwrap_or_default();
    let (is_filtered, tool, created_at) = spec.metadata.map_or((false, None, None), |about| {
        (about.with_relevancy == Some(true), about.tool, about.report.and_then(|report| report.created_at))
    });
    let claim = match is_filtered || object.label("kubescape.io/context") == Some("filtered") {
        true => Claim::Unclear(
            "the VulnerabilityManifest of Kubescape is about the packages that were loaded at run time, and does not show the others"
                .to_owned(),
        ),
        false => Claim::Vulnerabilities,
    };
    let mut notes = Notes::default();
    let scanned_at =
        scalar::time(created_at.as_ref(), "date of the report", &mut notes).or_else(|| object.created_at(&mut notes));
    let matched = grype::matched(payload, &mut notes)?;
    let mut provides = vec![Field::Aliases, Field::Cvss, Field::Path];
    provides.extend(matched.rows.iter().any(|row| row.vex.is_some()).then_some(Field::Vex));
    Ok(Report {
        format: Format::Kubescape,
        scanner: Scanner {
            name: tool.as_ref().and_then(|tool| filled(tool.name.clone())).unwrap_or_else(|| "kubescape".to_owned()),
            version: tool.and_then(|tool| filled(tool.version)),
            database_updated_at: None,
        },
        scanned_at,
        os: matched.os,
        subject: subject(matched.subject, &object),
        claim,
        provides,
        rows: matched.rows,
        notes,
    })
}

/// From the payload, and from the annotation `kubescape.io/image-id` (`host/name@sha256:…`).
fn subject(payload: Subject, object: &Metadata) -> Subject {
    let image_name = object.annotation("kubescape.io/image-id").or_else(|| object.annotation("kubescape.io/image-tag"));
    // An object of this kind is about an image where the payload does not say otherwise.
    let kind = if payload.kind == SubjectKind::unnamed() { SubjectKind::Image } else { payload.kind };
    let mut digests = payload.digests;
    digests.extend(image_name.and_then(|name| name.split_once('@')).map(|(_, digest)| digest.to_owned()));
    digests.sort_unstable();
    digests.dedup();
    Subject { kind, name: image_name.map(str::to_owned).or(payload.name), digests, ..payload }
}
