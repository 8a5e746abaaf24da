//! Snyk's JSON of a container (`snyk container test IMAGE --json`): an object, or a list with the image first and its applications after
//! it → [`Report`].
//!
//! Source: Snyk CLI, "JSON output" and `container test`. It provides `aliases` (`identifiers`), `cvss`, `publishedAt`
//! (`publicationTime`) and `path` (the manifest of an application), and `epss` where a row has `epssDetails`; no KEV and no dates of fixes. Snyk's own ids are
//! advisories where a CVE is named. It states neither the time of the scan nor a digest.

mod raw;
mod rows;

use std::collections::VecDeque;

use policy::findings::Field;

use crate::json;
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::{Format, Outline, Reader, ReportError, distro, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.snyk.container-test+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let first = outline.first();
    let project = first.as_ref().unwrap_or(outline);
    let key = ["dependencyCount", "packageManager", "licensesPolicy"].into_iter().find(|key| project.has(key));
    if let Some(key) = key.filter(|_| project.has_list("vulnerabilities") && project.has("ok")) {
        return Some(format!("`vulnerabilities` beside `ok` and `{key}`: Snyk's JSON"));
    }
    let is_error = project.has("ok") && project.text("error").is_some() && project.has("path");
    is_error.then(|| "`ok`, `error` and `path`: Snyk's JSON".to_owned())
}

fn read(text: &str) -> Result<Report, ReportError> {
    let projects: Vec<raw::Project<'_>> = match text.trim_start().starts_with('[') {
        true => json::parse(text, "Snyk report")?,
        false => vec![json::parse(text, "Snyk report")?],
    };
    let mut notes = Notes::default();
    let mut open: Vec<raw::Project<'_>> = Vec::new();
    let mut waiting = VecDeque::from(projects);
    while let Some(mut project) = waiting.pop_front() {
        waiting.extend(project.applications.take().unwrap_or_default());
        open.push(project);
    }
    if let Some(error) = open.iter().find_map(|project| project.error.as_ref().and_then(scalar::Scalar::text)) {
        return Err(ReportError::new(format!("Snyk reports an error instead of a scan: {error}"), Some("scan again")));
    }
    if open.iter().any(|project| project.vulnerabilities.is_none()) {
        return Err(ReportError::new(
            "the Snyk report has no list `vulnerabilities`: the scan was not finished",
            Some("scan again"),
        ));
    }
    let subject = subject(&open);
    let claim = match open.iter().map(|project| project.dependency_count.unwrap_or_default()).max() {
        Some(0) | None if open.iter().all(|p| p.vulnerabilities.as_ref().is_none_or(Vec::is_empty)) => Claim::Unclear(
            "the Snyk report counts no dependency at all, so that it does not show whether anything in the image was looked at"
                .to_owned(),
        ),
        _ => Claim::Vulnerabilities,
    };
    // A project that Snyk has no data for is reported without vulnerabilities.
    let claim = match open.iter().find_map(raw::Project::without_data) {
        Some(advice) => {
            Claim::Unclear(format!("the Snyk report says that the image's operating system was not looked at: {advice}"))
        }
        None => claim,
    };
    let claim = match open.iter().find_map(|project| filled(project.severity_threshold.clone())).filter(|word| word != "low") {
        Some(threshold) => Claim::Unclear(format!(
            "the Snyk report lists only what is {threshold} or worse (`severityThreshold`), and does not show the rest"
        )),
        None => claim,
    };
    let os = os(&open);
    let rows: Vec<Row> = open.into_iter().flat_map(|project| rows::rows(project, &mut notes)).collect();
    Ok(Report {
        format: Format::Snyk,
        scanner: Scanner { name: "snyk".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os,
        subject,
        claim,
        provides: stated::provided(&[Field::Aliases, Field::Cvss, Field::PublishedAt, Field::Path], &[Field::Epss], &rows),
        rows,
        notes,
    })
}

/// A container is told by the member `docker`, which `snyk test` of a project does not write.
fn subject(projects: &[raw::Project<'_>]) -> Subject {
    let first = projects.first();
    let named =
        |project: &raw::Project<'_>| project.project_name.as_deref().is_some_and(|name| name.starts_with("docker-image|"));
    let images = projects.iter().filter(|project| named(project)).count();
    let kind = match first {
        Some(project) if project.docker.is_some() || named(project) => match images {
            0 | 1 => SubjectKind::Image,
            n => SubjectKind::Other(format!("set of {n} images")),
        },
        Some(project) => SubjectKind::Other(match &project.package_manager {
            Some(manager) => format!("project of the package manager {manager}"),
            None => "project".to_owned(),
        }),
        None => SubjectKind::Other("thing that it does not name".to_owned()),
    };
    Subject {
        kind,
        name: first.and_then(|project| filled(project.path.clone())),
        digests: Vec::new(),
        image_id: first.and_then(raw::Project::image_id),
        platform: first.and_then(|project| filled(project.platform.clone())),
    }
}

/// The distribution that the rows' package manager names (`debian:12`).
fn os(projects: &[raw::Project<'_>]) -> Option<Os> {
    let managers = projects.iter().flat_map(|p| p.vulnerabilities.iter().flatten()).filter_map(|v| v.package_manager.as_deref());
    managers.filter(|manager| manager.contains(':')).find_map(distro::of)
}
