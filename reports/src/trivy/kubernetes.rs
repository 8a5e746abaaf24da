//! Trivy's JSON of a Kubernetes cluster (`trivy k8s --report all --format json`) → [`Report`].
//!
//! Source: Trivy's `pkg/k8s/report/report.go`. Its rows are those of all images of all workloads together, and it names no image that
//! they belong to: it is about a cluster, and never taken for a report of an image without the user's word. It provides what Trivy's
//! rows have: `aliases`, `cvss`, `publishedAt`, `path` and `vex` (see [`crate::trivy`]).

use policy::findings::Field;

use super::{Listed, about, listed, raw};
use crate::json;
use crate::report::{Notes, Report, Scanner, Subject, SubjectKind};
use crate::scalar::filled;
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.aquasec.trivy.k8s.report+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    outline.text("ClusterName")?;
    let key = ["Resources", "Vulnerabilities"].into_iter().find(|key| outline.has_list(key))?;
    Some(format!("`ClusterName` beside a list `{key}`: Trivy's JSON of a Kubernetes cluster"))
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: raw::Cluster<'_> = json::parse(text, "Trivy report")?;
    let mut notes = Notes::default();
    let resources = raw.resources.into_iter().chain(raw.vulnerabilities).flatten();
    let Listed { rows, shown } = listed(resources.flat_map(|r| r.results.unwrap_or_default()).collect(), &mut notes);
    Ok(Report {
        format: Format::TrivyKubernetes,
        scanner: Scanner { name: "trivy".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os: None,
        subject: Subject {
            kind: SubjectKind::Other("Kubernetes cluster".to_owned()),
            name: filled(raw.cluster_name),
            digests: Vec::new(),
            image_id: None,
            platform: None,
        },
        claim: about::claim(&shown, None),
        provides: vec![Field::Aliases, Field::Cvss, Field::PublishedAt, Field::Path, Field::Vex],
        rows,
        notes,
    })
}
