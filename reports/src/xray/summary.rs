//! The artifact summary: issues with the paths on which they lie.

use super::component::Component;
use crate::json::{self, members};
use crate::report::{Claim, Notes, Report, Row, SubjectKind};
use crate::scalar::filled;
use crate::stated::Stated;
use crate::text::Text;
use crate::{ReportError, xray};

members! {
    struct Raw {
        artifacts: Vec<Artifact>,
        errors: Vec<ErrorOf>,
    }

    struct ErrorOf {
        error: String,
    }

    struct Artifact {
        general: General,
        issues: Vec<Issue>,
    }

    struct General {
        component_id: String,
        pkg_type: String,
        sha256: String,
    }

    struct Issue {
        issue_id: String,
        issue_type: String,
        summary: String,
        severity: String,
        cves: Vec<xray::Cve>,
        impact_path: Vec<String>,
    }
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "JFrog Xray summary")?;
    if let Some(error) = raw.errors.iter().flatten().find_map(|e| filled(e.error.clone())) {
        return Err(ReportError::new(
            format!("JFrog Xray reports an error instead of a scan: {error}"),
            Some("index the artifact first"),
        ));
    }
    let artifacts = raw.artifacts.unwrap_or_default();
    let general = artifacts.first().and_then(|artifact| artifact.general.as_ref());
    let mut subject =
        xray::subject(general.and_then(|g| g.pkg_type.as_deref()), general.and_then(|g| filled(g.component_id.clone())));
    if artifacts.len() > 1 {
        subject.kind = SubjectKind::Other(format!("set of {} artifacts", artifacts.len()));
    }
    // Of an image Xray keeps the manifest, whose checksum is the image's digest.
    let checksums = artifacts.iter().filter_map(|artifact| artifact.general.as_ref().and_then(|g| filled(g.sha256.clone())));
    subject.digests = checksums.map(|hex| format!("sha256:{hex}")).collect();
    let claim = match artifacts.iter().all(|artifact| artifact.issues.is_some()) {
        true => Claim::Vulnerabilities,
        false => Claim::Unclear(
            "the JFrog Xray summary has no list `issues`, so that it does not show whether the artifact was looked at".to_owned(),
        ),
    };
    let mut notes = Notes::default();
    let issues = artifacts.into_iter().flat_map(|artifact| artifact.issues.unwrap_or_default());
    let rows = issues.flat_map(|issue| rows(issue, &mut notes)).collect();
    Ok(xray::report(subject, claim, rows, notes))
}

fn rows(issue: Issue, notes: &mut Notes) -> Vec<Row> {
    if let Some(kind) = issue.issue_type.filter(|kind| kind != "security") {
        notes.add(format!("issue of the type `{kind}`, which is no vulnerability"));
        return Vec::new();
    }
    let (names, cvss) = xray::cves(issue.cves, notes);
    // The last step of a path is the component; the others are what it lies in.
    let mut components: Vec<Option<Component>> = issue
        .impact_path
        .unwrap_or_default()
        .iter()
        .filter_map(|path| path.rsplit('/').next())
        .map(Component::of)
        .map(Some)
        .collect();
    if components.is_empty() {
        components.push(None);
    }
    let mut rows = Vec::new();
    for component in components {
        let (package, installed, purl) = component.map_or((None, None, None), |c| (Some(c.name), c.version, Some(c.purl)));
        let stated = Stated {
            id: filled(issue.issue_id.clone()),
            names: names.clone(),
            title: issue.summary.clone(),
            severity: issue.severity.clone().map(Text::from),
            cvss,
            purl,
            package,
            installed,
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}
