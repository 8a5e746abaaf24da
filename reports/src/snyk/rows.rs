//! The vulnerabilities of the image or of an application in it → rows.

use policy::findings::FixState;

use super::raw;
use crate::ecosystem::Ecosystem;
use crate::report::{Notes, Row};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::text::Text;

/// Catalogues of weaknesses, of Snyk's former ids, and of bare numbers: no names of the vulnerability.
const OTHER_CATALOGUES: [&str; 3] = ["CWE", "ALTERNATIVE", "NSP"];

pub(super) fn rows(project: raw::Project<'_>, notes: &mut Notes) -> Vec<Row> {
    for _ in project.filtered.iter().flat_map(|filtered| filtered.ignore.iter().flatten()) {
        notes.add("row left out by the scan's own configuration (`filtered.ignore`)");
    }
    let is_application = project.docker.is_none() || project.target_file.is_some();
    let path = scalar::path(project.target_file).filter(|_| is_application);
    let manager = project.package_manager.unwrap_or_default();
    let mut rows = Vec::new();
    for vulnerability in project.vulnerabilities.unwrap_or_default() {
        if vulnerability.kind.as_deref() == Some("license") {
            notes.add("issue about a licence, which is no vulnerability");
        } else if vulnerability.is_ignored == Some(true) {
            notes.add("row left out by the scan's own configuration (`isIgnored`)");
        } else {
            rows.extend(rows_of(vulnerability, &manager, path.clone(), notes));
        }
    }
    rows
}

fn rows_of(vulnerability: raw::Vulnerability, manager: &str, path: Option<String>, notes: &mut Notes) -> Vec<Row> {
    let names = vulnerability.identifiers.unwrap_or_default().into_iter();
    let names = names.filter(|(catalogue, _)| !OTHER_CATALOGUES.contains(&catalogue.as_str()));
    let names = names.flat_map(|(_, ids)| ids.unwrap_or_default()).filter_map(|id| id.text());
    let is_stated = vulnerability.fixed_in.is_some();
    let mut fixed: Vec<String> = vulnerability.fixed_in.unwrap_or_default().into_iter().filter(|v| !v.is_empty()).collect();
    if fixed.is_empty() {
        fixed.extend(filled(vulnerability.nearest_fixed_in_version));
    }
    if fixed.is_empty() {
        fixed.extend(upgrade(&vulnerability.upgrade_path, vulnerability.package_name.as_deref()));
    }
    let otherwise = match vulnerability.is_upgradable {
        // Snyk names an upgrade of what brings the package in.
        Some(true) => FixState::Fixed,
        _ if is_stated => FixState::NotFixed,
        _ => FixState::Unknown,
    };
    let own_manager = filled(vulnerability.package_manager).unwrap_or_else(|| manager.to_owned());
    // `linux` stands for any distribution in older reports; the project's own manager says more.
    let ecosystem = Ecosystem::of(if own_manager == "linux" { manager } else { &own_manager }, None);
    // The package that is installed is the binary one; rules about packages speak of it.
    let binary = vulnerability.name.as_deref().map(|name| match own_manager.contains(':') || own_manager == "linux" {
        true => name.rsplit('/').next().unwrap_or(name),
        false => name,
    });
    let name = filled(vulnerability.package_name).or_else(|| vulnerability.name.clone());
    let purl = binary.filter(|name| !name.is_empty()).map(|name| ecosystem.purl(name, vulnerability.version.as_deref()));
    let severity = filled(vulnerability.severity_with_critical).or(vulnerability.severity);
    let stated = Stated {
        id: filled(vulnerability.id),
        names: names.collect(),
        title: vulnerability.title,
        severity: severity.map(Text::from),
        cvss: scalar::score(vulnerability.cvss_score.as_ref(), notes),
        epss: scalar::epss(vulnerability.epss_details.and_then(|epss| epss.probability).as_ref(), notes),
        published_at: scalar::time(vulnerability.publication_time.as_ref(), "date of publication", notes),
        purl,
        ecosystem,
        package: name,
        installed: vulnerability.version,
        path,
        fix_state: stated::fix_state(&fixed, otherwise),
        fixed: fixed.into(),
        ..Stated::default()
    };
    stated.rows(notes)
}

/// The version of the package itself at the end of the way that Snyk proposes.
fn upgrade(path: &Option<Vec<scalar::Scalar>>, package: Option<&str>) -> Option<String> {
    let last = path.as_ref()?.last()?.text()?;
    let (name, version) = last.rsplit_once('@')?;
    (Some(name) == package).then(|| version.to_owned())
}
