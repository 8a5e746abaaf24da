//! An on-demand or graph scan: issues with the components in which they are.

use policy::findings::FixState;

use super::component::Component;
use crate::json::{self, Anything, Table, members};
use crate::report::{Claim, Notes, Report, Row, SubjectKind};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{ReportError, xray};

members! {
    struct Scan {
        component_id: String,
        package_type: String,
        status: String,
        vulnerabilities: Vec<Issue>,
        violations: Vec<Anything>,
    }

    struct Issue {
        issue_id: String,
        summary: String,
        severity: String,
        cves: Vec<xray::Cve>,
        components: Table<String, In>,
    }

    struct In {
        fixed_versions: Vec<String>,
        impact_paths: Vec<Vec<Step>>,
    }

    struct Step {
        full_path: String,
    }
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let scans: Vec<Scan> = match text.trim_start().starts_with('[') {
        true => json::parse(text, "JFrog Xray scan")?,
        false => vec![json::parse(text, "JFrog Xray scan")?],
    };
    let status = scans.iter().find_map(|scan| scan.status.as_deref().filter(|status| *status != "completed"));
    if let Some(status) = status {
        return Err(ReportError::new(
            format!("the scan by JFrog Xray is not finished: its status is `{status}`"),
            Some("wait until the status is `completed`"),
        ));
    }
    let first = scans.first();
    let mut subject =
        xray::subject(first.and_then(|s| s.package_type.as_deref()), first.and_then(|s| filled(s.component_id.clone())));
    if scans.len() > 1 {
        subject.kind = SubjectKind::Other(format!("set of {} scans", scans.len()));
    }
    let has_rows = scans.iter().any(|scan| scan.vulnerabilities.as_ref().is_some_and(|v| !v.is_empty()));
    if !has_rows && scans.iter().any(|scan| scan.violations.as_ref().is_some_and(|violations| !violations.is_empty())) {
        return Err(xray::only_violations());
    }
    let claim = match has_rows || scans.iter().all(|scan| scan.status.is_some() && scan.vulnerabilities.is_some()) {
        true => Claim::Vulnerabilities,
        false => Claim::Unclear(
            "the JFrog Xray scan has no vulnerability, and no `status` or no list of them, so that it does not show whether it looked for any"
                .to_owned(),
        ),
    };
    let mut notes = Notes::default();
    let issues = scans.into_iter().flat_map(|scan| scan.vulnerabilities.unwrap_or_default());
    let rows = issues.flat_map(|issue| rows(issue, &mut notes)).collect();
    Ok(xray::report(subject, claim, rows, notes))
}

fn rows(issue: Issue, notes: &mut Notes) -> Vec<Row> {
    let (names, cvss) = xray::cves(issue.cves, notes);
    let mut components: Vec<(Option<Component>, In)> =
        issue.components.unwrap_or_default().into_iter().map(|(id, within)| (Some(Component::of(&id)), within)).collect();
    if components.is_empty() {
        components.push((None, In::default()));
    }
    let mut rows = Vec::new();
    for (component, within) in components {
        let fixed = xray::fixed(within.fixed_versions);
        let path = within.impact_paths.iter().flatten().filter_map(|steps| steps.last()).find_map(|step| step.full_path.clone());
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
            path: scalar::path(path),
            fix_state: stated::fix_state(&fixed, FixState::NotFixed),
            fixed: fixed.into(),
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}
