//! The simple JSON of JFrog's command line.

use policy::findings::FixState;

use super::component::Component;
use crate::json::{self, Anything, members};
use crate::report::{Claim, Notes, Report, Row, Subject, SubjectKind};
use crate::scalar::filled;
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{ReportError, xray};

members! {
    struct Raw {
        vulnerabilities: Vec<Vulnerability>,
        security_violations: Vec<Anything> = "securityViolations",
        errors: Vec<ErrorOf>,
        scans_status: Status = "scansStatus",
    }

    struct ErrorOf {
        error_message: String = "errorMessage",
    }

    struct Status {
        sca_scan_status_code: i64 = "scaScanStatusCode",
    }

    struct Vulnerability {
        issue_id: String = "issueId",
        summary: String,
        severity: String,
        impacted_package_name: String = "impactedPackageName",
        impacted_package_version: String = "impactedPackageVersion",
        impacted_package_type: String = "impactedPackageType",
        fixed_versions: Vec<String> = "fixedVersions",
        cves: Vec<xray::Cve>,
        impact_paths: Vec<Vec<Step>> = "impactPaths",
    }

    struct Step {
        name: String,
        version: String,
    }
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "JFrog Xray report")?;
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
