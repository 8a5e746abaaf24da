//! An occurrence of a vulnerability → a row for each package that it lists.

use policy::findings::FixState;

use super::occurrence::{Issue, Occurrence};
use crate::Texts;
use crate::distro;
use crate::ecosystem::Ecosystem;
use crate::report::{Notes, Row};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::text::Text;

/// The source of the statement that an occurrence's assessment makes.
const ASSESSMENT: &str = "artifact-analysis report, `vexAssessment`";

/// `has_risk`: the answer speaks of exploitation at all, so that silence about the KEV catalogue says "not listed".
pub(super) fn rows(occurrence: Occurrence, has_risk: bool, notes: &mut Notes) -> Vec<Row> {
    let note = occurrence.note_name.as_deref().and_then(|name| name.rsplit('/').next()).map(str::to_owned);
    let Some(vulnerability) = occurrence.vulnerability else {
        notes.add("occurrence of another kind than vulnerabilities");
        return Vec::new();
    };
    let cvss = vulnerability.cvssv3.and_then(|cvss| cvss.base_score).or(vulnerability.cvss_score);
    let cvss = scalar::score(cvss.as_ref(), notes);
    let epss = vulnerability.risk.as_ref().and_then(|risk| risk.epss.as_ref()).and_then(|epss| epss.score.clone());
    let epss = scalar::epss(epss.as_ref(), notes);
    let known_exploited = vulnerability.risk.as_ref().map(|risk| risk.cisa_kev.is_some()).or(has_risk.then_some(false));
    let state = vulnerability.vex_assessment.and_then(|assessment| assessment.state).unwrap_or_default();
    let vex = stated::statement(&state, ASSESSMENT, notes);
    let mut issues = vulnerability.package_issue.unwrap_or_default();
    if issues.is_empty() {
        issues.push(Issue::default());
    }
    // The short description is the id in today's answers and a sentence in others.
    let described = filled(vulnerability.short_description).filter(|text| !text.contains(' '));
    let id = described.or_else(|| filled(note));
    let mut rows = Vec::new();
    for issue in issues {
        let fixed: Texts = issue.fixed_version.as_ref().and_then(|version| version.text()).into_iter().collect();
        let otherwise = match issue.fix_available {
            Some(true) => FixState::Fixed,
            Some(false) => FixState::NotFixed,
            None if issue.fixed_version.is_some() => FixState::NotFixed,
            None => FixState::Unknown,
        };
        let severity = [&issue.effective_severity, &vulnerability.effective_severity, &vulnerability.severity];
        let stated = || severity.into_iter().flatten().filter(|word| !word.is_empty());
        let severity = stated().find(|word| *word != "SEVERITY_UNSPECIFIED").or_else(|| stated().next()).cloned();
        let (mut package, mut version) = (issue.affected_package.clone(), issue.affected_version.as_ref().and_then(|v| v.text()));
        if let Some(location) = &issue.affected_location {
            package = package.or_else(|| location.package.clone());
            version = version.or_else(|| location.version.as_ref().and_then(|v| v.text()));
        }
        let ecosystem = match issue.is_of_os() {
            true => {
                Ecosystem::of(&issue.affected_cpe_uri.as_deref().and_then(distro::of).map_or(String::new(), |os| os.family), None)
            }
            false => Ecosystem::of(issue.package_type.as_deref().unwrap_or_default(), None),
        };
        let files: Vec<Option<String>> = issue
            .file_location
            .unwrap_or_default()
            .into_iter()
            .filter_map(|file| scalar::path(file.file_path))
            .map(Some)
            .collect();
        for path in if files.is_empty() { vec![None] } else { files } {
            let stated = Stated {
                id: id.clone(),
                severity: severity.clone().map(Text::from),
                cvss,
                epss,
                known_exploited,
                ecosystem,
                package: package.clone(),
                installed: version.clone(),
                path,
                fixed: fixed.clone(),
                fix_state: stated::fix_state(&fixed, otherwise),
                vex: vex.clone(),
                ..Stated::default()
            };
            rows.extend(stated.rows(notes));
        }
    }
    rows
}
