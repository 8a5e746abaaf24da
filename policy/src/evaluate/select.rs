//! One condition × the findings of one image → what it selects and counts. Source: the rule language, "Predicates of a condition".

use crate::exempt::Cursor;
use crate::findings::{Finding, Image, Severity, Vulnerability};
use crate::settings::{Count, Settings, Test, Unit};
use crate::time::{Duration, Timestamp};

/// What a condition selects.
#[derive(Debug, Default)]
pub(super) struct Selection<'e, 'a> {
    /// Each selected vulnerability with its first selected finding, in the order of the document.
    pub(super) selected: Vec<(&'e Vulnerability<'a>, &'e Finding<'a>)>,
    /// Positions of the selected findings.
    pub(super) findings: Vec<(usize, usize)>,
    /// Vulnerabilities counted because a date is unknown.
    pub(super) undated: usize,
}

impl Selection<'_, '_> {
    /// The number that is held against the limit.
    pub(super) fn count(&self, unit: Unit) -> usize {
        match unit {
            Unit::Vulnerabilities => self.selected.len(),
            Unit::Findings => self.findings.len(),
        }
    }

    /// The place of the most severe selected vulnerability; `None`: only unknown ones that are ignored, or none.
    pub(super) fn worst(&self, settings: &Settings) -> Option<Severity> {
        self.selected.iter().filter_map(|(vulnerability, _)| settings.place(vulnerability.severity)).max()
    }
}

/// Selects the findings that satisfy every predicate and are not set aside.
pub(super) fn select<'e, 'a>(
    image: &'e Image<'a>,
    condition: &Count,
    settings: &Settings,
    set_aside: &mut Cursor<'_>,
    now: Timestamp,
) -> Selection<'e, 'a> {
    let test = &condition.test;
    let mut selection = Selection::default();
    for (v, vulnerability) in image.vulnerabilities.as_deref().unwrap_or_default().iter().enumerate() {
        if !selects_vulnerability(test, settings, vulnerability, now) {
            continue;
        }
        let mut first = None;
        for (f, finding) in vulnerability.findings.iter().enumerate() {
            if selects_finding(test, finding, now) && !set_aside.is_set_aside(v, f) {
                first = first.or(Some(finding));
                selection.findings.push((v, f));
            }
        }
        if let Some(finding) = first {
            let undated = test.published_for.is_some() && vulnerability.published_at.is_none()
                || test.fix_available_for.is_some() && finding.fix_available_at.is_none();
            selection.undated = selection.undated.saturating_add(usize::from(undated));
            selection.selected.push((vulnerability, finding));
        }
    }
    selection
}

fn selects_vulnerability(test: &Test, settings: &Settings, v: &Vulnerability<'_>, now: Timestamp) -> bool {
    let severity_holds = test.severity.is_none_or(|(wanted, exactly)| {
        settings.place(v.severity).is_some_and(|severity| if exactly { severity == wanted } else { severity >= wanted })
    });
    severity_holds
        && (test.ids.is_empty() || test.ids.iter().any(|id| v.is_named(id)))
        && test.cvss.is_none_or(|least| v.cvss.is_some_and(|score| score >= least))
        && test.epss.is_none_or(|least| v.epss.is_some_and(|probability| probability >= least))
        && (!test.known_exploited || v.known_exploited == Some(true))
        && test.published_for.is_none_or(|least| has_lasted(v.published_at, least, now))
}

fn selects_finding(test: &Test, finding: &Finding<'_>, now: Timestamp) -> bool {
    test.fixable.is_none_or(|fixable| finding.is_fixable() == fixable)
        && test.fix_available_for.is_none_or(|least| finding.is_fixable() && has_lasted(finding.fix_available_at, least, now))
        && (test.packages.is_empty() || test.packages.iter().any(|package| package.matches(&finding.purl)))
        && (test.paths.is_empty() || finding.path.as_deref().is_some_and(|path| test.paths.iter().any(|glob| glob.matches(path))))
}

/// An unknown date counts as long ago.
fn has_lasted(since: Option<Timestamp>, least: Duration, now: Timestamp) -> bool {
    since.is_none_or(|since| least.is_reached_by(now.seconds_since(since)))
}
