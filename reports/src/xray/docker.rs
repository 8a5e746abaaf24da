//! The simple JSON of JFrog's command line.

use policy::findings::FixState;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::component::Component;
use crate::report::{Claim, Notes, Report, Row, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{ReportError, xray};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    vulnerabilities: Option<Vec<Vulnerability>>,
    security_violations: Option<Vec<IgnoredAny>>,
    errors: Option<Vec<ErrorOf>>,
    scans_status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorOf {
    error_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    sca_scan_status_code: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    issue_id: Option<String>,
    summary: Option<String>,
    severity: Option<String>,
    impacted_package_name: Option<String>,
    impacted_package_version: Option<String>,
    impacted_package_type: Option<String>,
    fixed_versions: Option<Vec<String>>,
    cves: Option<Vec<xray::Cve>>,
    impact_paths: Option<Vec<Vec<Step>>>,
}

#[derive(Deserialize)]
struct Step {
    name: Option<String>,
    version: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = scalar::parse(text, "JFrog Xray report")?;
    if let Some(errors) = raw.errors.filter(|errors| !errors.is_empty()) {
        let message = errors.into_iter().find_map(|error| error.error_message).unwrap_or_default();
        return Err(ReportError::new(format!("the scan by JFrog Xray failed: {message}"), Some("scan again")));
    }
    let code = raw.scans_status.and_then(|status| status.sca_scan_status_code);
    if let Some(code) = code.filter(|code| *code != 0) {
        return Err(ReportError::new(format!("the scan by JFrog Xray failed with the status code {code}"), Some("scan again")));
    }
    let vulnerabilities = raw.vulnerabilities.unwrap_or_default();
    if vulnerabilities.is_empty() && raw.security_violations.is_some_and(|violations| !violations.is_empty()) {
        return Err(xray::only_violations());
    }
    let claim = match (code, vulnerabilities.is_empty()) {
        (None, true) => Claim::Unclear(
            "the JFrog Xray report has no vulnerability and no status of the scan, so that it does not show whether it was finished"
                .to_owned(),
        ),
        _ => Claim::Vulnerabilities,
    };
    let mut notes = Notes::default();
    let subject = subject(&vulnerabilities);
    let rows = vulnerabilities.into_iter().flat_map(|vulnerability| rows(vulnerability, &mut notes)).collect();
    Ok(xray::report(subject, claim, rows, notes))
}

/// The first step of every path is what was scanned; in an image the second is a layer (`sha256__….tar`).
fn subject(vulnerabilities: &[Vulnerability]) -> Subject {
    let paths: Vec<&[Step]> = vulnerabilities.iter().flat_map(|v| v.impact_paths.iter().flatten()).map(Vec::as_slice).collect();
    let is_layer = |step: &Step| step.name.as_deref().is_some_and(|name| name.starts_with("sha256__"));
    let of_image = |path: &&[Step]| matches!(path, [_, layer, ..] if is_layer(layer));
    let kind = match paths.is_empty() || paths.iter().any(of_image) {
        true => SubjectKind::Image,
        false => SubjectKind::Other("set of packages outside an image".to_owned()),
    };
    let root = paths.first().and_then(|path| path.first());
    let name =
        root.and_then(|step| filled(step.name.clone())).map(|name| match root.and_then(|step| filled(step.version.clone())) {
            Some(version) => format!("{name}:{version}"),
            None => name,
        });
    Subject { kind, name, digests: Vec::new(), image_id: None, platform: None }
}

fn rows(vulnerability: Vulnerability, notes: &mut Notes) -> Vec<Row> {
    let (names, cvss) = xray::cves(vulnerability.cves, notes);
    let fixed = xray::fixed(vulnerability.fixed_versions);
    let installed = filled(vulnerability.impacted_package_version);
    let package = filled(vulnerability.impacted_package_name);
    let kind = vulnerability.impacted_package_type.as_deref();
    let purl = package.as_deref().map(|name| Component::with_version(name, kind, installed.clone()).purl);
    let stated = Stated {
        id: filled(vulnerability.issue_id),
        names,
        title: vulnerability.summary,
        severity: vulnerability.severity.map(Text::from),
        cvss,
        purl,
        package,
        installed,
        fix_state: stated::fix_state(&fixed, FixState::NotFixed),
        fixed: fixed.into(),
        ..Stated::default()
    };
    stated.rows(notes)
}
