//! The runs of a SARIF log → rows.

use std::collections::BTreeMap;

use policy::findings::{CvssScore, Epss, FixState, Severity};

use super::drivers::{self, Driver, Named, Said, Told};
use super::raw::{Finding, Number, Rule, Run, plain};
use crate::budget::Budget;
use crate::report::{Notes, Package, Row};
use crate::{ReportError, names, scalar, stated};

/// What was read of a log.
pub(super) struct Read {
    pub(super) rows: Vec<Row>,
    /// Results that are not about vulnerabilities.
    pub(super) n_others: usize,
}

pub(super) fn rows(driver: &Driver, runs: &[Run<'_>], notes: &mut Notes) -> Result<Read, ReportError> {
    let mut read = Read { rows: Vec::new(), n_others: 0 };
    let mut budget = Budget::new();
    for run in runs {
        let rules = run.tool.driver.rules.as_deref().unwrap_or_default();
        let by_id: BTreeMap<&str, &Rule<'_>> = rules.iter().rev().map(|rule| (&*rule.id, rule)).collect();
        for finding in run.results.iter().flatten() {
            let told = Told { rule: rule(finding, rules, &by_id), finding, message: plain(finding.message) };
            let Some(said) = drivers::said(driver, &told) else {
                notes.add("result that is not about a vulnerability");
                read.n_others = read.n_others.saturating_add(1);
                continue;
            };
            if let Driver::Other(name) = driver {
                require(name, &said, &told)?;
            }
            let n_names = said.other_names.len();
            budget.take(said.packages.len().max(1).saturating_mul(n_names.max(1)), n_names.saturating_add(said.fixed.len()))?;
            note_suppressions(finding, notes);
            read.rows.extend(of(driver, said, &told, notes));
        }
    }
    Ok(read)
}

/// By index where the rule there has the result's id, else by id (3.27.5, 3.27.6).
fn rule<'a>(finding: &Finding<'_>, rules: &'a [Rule<'a>], by_id: &BTreeMap<&str, &'a Rule<'a>>) -> Option<&'a Rule<'a>> {
    let indexed = finding.rule_index.and_then(|index| usize::try_from(index).ok()).and_then(|index| rules.get(index));
    match finding.rule_id.as_deref() {
        Some(id) => indexed.filter(|rule| &*rule.id == id).or_else(|| by_id.get(id).copied()).or(indexed),
        None => indexed,
    }
}

/// A tool that is not known has to name what a finding needs, or its whole log is refused.
fn require(name: &str, said: &Said, told: &Told<'_>) -> Result<(), ReportError> {
    let missing = [
        ("an id", said.id.is_none()),
        ("a severity", said.severity.is_none() && number(told).is_none()),
        ("a package and its version", said.packages.iter().all(|package| package.version.is_none())),
    ];
    match missing.into_iter().find(|(_, is_missing)| *is_missing) {
        None => Ok(()),
        Some((what, _)) => {
            let rule = told.finding.rule_id.as_deref().unwrap_or("without a rule");
            let message = format!(
                "the SARIF log is of `{name}`, a tool that is not known to look for vulnerabilities of images, and its result `{rule}` does not name {what}"
            );
            Err(ReportError::new(
                message,
                Some("tools that are known: Trivy, Grype, Snyk Container, docker scout; or use the scanner's own JSON"),
            ))
        }
    }
}

fn note_suppressions(finding: &Finding<'_>, notes: &mut Notes) {
    let kinds =
        finding.suppressions.iter().flatten().filter(|s| !matches!(s.status.as_deref(), Some("underReview" | "rejected")));
    for suppression in kinds {
        notes.add(format!("suppression in the log ({}) that does not count", suppression.kind.as_deref().unwrap_or("unknown")));
    }
}

fn number(told: &Told<'_>) -> Option<f64> {
    told.rule?.properties.as_ref()?.security_severity?.value()
}

fn of(driver: &Driver, said: Said, told: &Told<'_>, notes: &mut Notes) -> Vec<Row> {
    let first = said.packages.first().map(|package| package.name.as_str());
    let identities = names::told_apart(said.id, said.other_names, None, first, notes);
    if identities.is_empty() {
        return Vec::new();
    }
    let severity = severity(driver, said.severity.as_deref(), number(told), notes);
    let properties = told.rule.and_then(|rule| rule.properties.as_ref());
    let score = properties.and_then(|p| p.cvss3_base.or(p.cvss3)).and_then(Number::value);
    let cvss = scalar::score(score.as_ref(), notes);
    let epss = said.epss.and_then(Epss::from_decimal);
    let fix_state = stated::fix_state(&said.fixed, if said.has_no_fix { FixState::NotFixed } else { FixState::Unknown });
    let mut packages = said.packages;
    if packages.is_empty() {
        // A vulnerability counts, wherever it is.
        notes.add("row without a package");
        packages.push(Named { name: "unknown".to_owned(), version: None, purl: "pkg:generic/unknown".to_owned() });
    }
    let mut rows = Vec::new();
    for package in packages {
        if package.version.is_none() {
            notes.add("row without an installed version");
        }
        rows.extend(identities.iter().map(|identity| Row {
            id: identity.id.clone(),
            aliases: identity.aliases.clone(),
            advisories: identity.advisories.clone(),
            severity,
            cvss,
            epss,
            known_exploited: None,
            published_at: None,
            package: Package {
                purl: package.purl.clone(),
                name: package.name.clone(),
                installed: package.version.clone(),
                path: scalar::path(said.path.as_deref()),
            },
            fixed: said.fixed.clone(),
            fix_state,
            fix_available_at: None,
            vex: None,
        }));
    }
    rows
}

fn severity(driver: &Driver, word: Option<&str>, number: Option<f64>, notes: &mut Notes) -> Severity {
    match (word, number.and_then(CvssScore::from_decimal)) {
        (None, Some(score)) => {
            notes.add("row without a severity word: the class of its `security-severity`");
            scalar::band(score)
        }
        _ => {
            let severity = scalar::severity(word, notes);
            if *driver == Driver::Grype && severity == Severity::Low {
                notes.add("severity `low`, which Grype also writes for negligible and unknown in SARIF");
            }
            severity
        }
    }
}
