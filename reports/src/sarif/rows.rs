//! The runs of a SARIF log → rows.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use policy::findings::{CvssScore, Epss, FixState, Severity};

use super::drivers::{self, Driver, Named, Said, Told};
use super::raw::{Finding, Number, Rule, Run};
use crate::budget::Budget;
use crate::report::{Notes, Package, Row};
use crate::{ReportError, Texts, names, scalar, stated};

/// How many bytes of rules the results of a log may refer to, a rule counted for each of its results: each result is told by what its
/// rule says, and a small log of many results and one long rule must not take hours. What scanners write comes to a few times the log.
const DESCRIPTIONS: usize = 32 * crate::MAX_BYTES;

/// What was read of a log.
pub(super) struct Read {
    pub(super) rows: Vec<Row>,
    /// Results that are not about vulnerabilities.
    pub(super) n_others: usize,
}

pub(super) fn rows(driver: &Driver, runs: &[Run<'_>], notes: &mut Notes) -> Result<Read, ReportError> {
    let mut read = Read { rows: Vec::new(), n_others: 0 };
    let mut budget = Budget::new();
    let mut left = DESCRIPTIONS;
    for run in runs {
        let rules = Rules { all: run.tool.driver.rules.as_deref().unwrap_or_default(), by_id: OnceCell::new() };
        for finding in run.results.iter().flatten() {
            let told = Told { rule: rules.of(finding), finding };
            left = descriptions(left, &told)?;
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
            list(driver, said, &told, &mut read.rows, notes);
        }
    }
    Ok(read)
}

/// What is left of the descriptions that results may be told by.
fn descriptions(left: usize, told: &Told<'_>) -> Result<usize, ReportError> {
    left.checked_sub(told.rule.map_or(0, Rule::len)).ok_or_else(|| {
        let message = format!("expected a SARIF log whose results refer to at most {DESCRIPTIONS} bytes of rules, found more");
        ReportError::new(message, None)
    })
}

/// The rules of a run.
struct Rules<'a> {
    all: &'a [Rule<'a>],
    /// Made where the first result's index does not lead to its rule: most logs have right ones.
    by_id: OnceCell<BTreeMap<&'a str, &'a Rule<'a>>>,
}

impl<'a> Rules<'a> {
    /// By index where the rule there has the result's id, else by id (3.27.5, 3.27.6).
    fn of(&self, finding: &Finding<'_>) -> Option<&'a Rule<'a>> {
        let indexed = finding.rule_index.and_then(|index| usize::try_from(index).ok()).and_then(|index| self.all.get(index));
        let Some(id) = finding.rule_id.as_deref() else { return indexed };
        let first_of = || self.all.iter().rev().map(|rule| (rule.id.as_ref(), rule)).collect();
        let named = || self.by_id.get_or_init(first_of).get(id).copied();
        indexed.filter(|rule| rule.id.as_ref() == id).or_else(named).or(indexed)
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

fn list(driver: &Driver, mut said: Said, told: &Told<'_>, rows: &mut Vec<Row>, notes: &mut Notes) {
    // One name is what most results have, and nothing is told apart of it.
    let sole = names::sole(&mut said.id, &mut said.other_names);
    let mut identities = match &sole {
        Some(_) => Vec::new(),
        None => {
            let first = said.packages.first().map(|package| package.name.as_str());
            let identities = names::told_apart(said.id, said.other_names, None, first, notes);
            if identities.is_empty() {
                return;
            }
            identities
        }
    };
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
    let mut path = scalar::path(said.path);
    let (mut sole, mut fixed) = (sole, Texts::from(said.fixed));
    let mut packages = packages.into_iter().peekable();
    while let Some(package) = packages.next() {
        if package.version.is_none() {
            notes.add("row without an installed version");
        }
        // All but the last take a copy.
        let is_last = packages.peek().is_none();
        let row = Row {
            id: taken(&mut sole, is_last).unwrap_or_default(),
            aliases: Texts::default(),
            advisories: Texts::default(),
            severity,
            cvss,
            epss,
            known_exploited: None,
            published_at: None,
            package: Arc::new(Package {
                purl: package.purl,
                name: package.name,
                installed: package.version,
                path: taken(&mut path, is_last),
            }),
            fixed: taken(&mut fixed, is_last),
            fix_state,
            fix_available_at: None,
            vex: None,
        };
        match identities.is_empty() {
            true => rows.push(row),
            false => rows.extend(stated::of_each(taken(&mut identities, is_last), row)),
        }
    }
}

/// What the last row that has it takes, and the others copy.
fn taken<T: Clone + Default>(value: &mut T, is_last: bool) -> T {
    if is_last { std::mem::take(value) } else { value.clone() }
}

fn severity(driver: &Driver, word: Option<&str>, number: Option<f64>, notes: &mut Notes) -> Severity {
    let score = || number.and_then(CvssScore::from_decimal);
    match word.map_or_else(score, |_| None) {
        Some(score) => {
            notes.add("row without a severity word: the class of its `security-severity`");
            scalar::band(score)
        }
        None => {
            let severity = scalar::severity(word, notes);
            if *driver == Driver::Grype && severity == Severity::Low {
                notes.add("severity `low`, which Grype also writes for negligible and unknown in SARIF");
            }
            severity
        }
    }
}
