//! The predicate `https://in-toto.io/attestation/vulns/v0.1` and `v0.2`, with the members that Microsoft Defender adds.
//!
//! Source: in-toto's attestation repository, `spec/predicates/vulns_02.md`; Microsoft's published examples of its findings artifact.

use std::sync::Arc;

use policy::findings::{CvssScore, Field, FixState, Severity};

use crate::json::{self, members};
use crate::report::{Claim, Notes, Package, Report, Row, Scanner, Subject};
use crate::scalar::{self, Scalar, Value as _, filled};
use crate::{Format, ReportError, Texts, names, predicate, purl, stated, words};

members! {
    struct Raw {
        scanner: RawScanner = "scanner" required,
        metadata: RawMetadata,
    }

    struct RawScanner {
        uri: String,
        version: String,
        db: RawDatabase,
        result: Vec<RawResult>,
    }

    struct RawDatabase {
        last_update: String = "lastUpdate",
    }

    struct RawMetadata {
        scan_finished_on: String = "scanFinishedOn",
    }

    struct RawResult {
        id: String,
        severity: Vec<RawSeverity>,
        /// From here on Defender's.
        leading_severity_score: String = "leadingSeverityScore",
        vulnerable_package: String = "vulnerablePackage",
        detected_version: String = "detectedVersion",
        fix_version: String = "fixVersion",
        evidence: Vec<RawEvidence>,
    }

    struct RawSeverity {
        method: String,
        /// A word, a number, a number as text, or a vector.
        score: Scalar,
        textual_score: String = "textualScore",
        cvss_version: String = "cvssVersion",
    }

    struct RawEvidence {
        kind: String = "type",
        path: String,
    }
}

pub(super) fn read(text: &str, subject: Subject) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "in-toto vulns predicate")?;
    let scanner = raw.scanner.0;
    let mut notes = Notes::default();
    let claim = match &scanner.result {
        Some(_) => Claim::Vulnerabilities,
        None => Claim::Unclear(
            "the in-toto vulns predicate has no `scanner.result`, so that it does not show what was found; a clean scan has an empty list".to_owned(),
        ),
    };
    let mut rows = Vec::new();
    for result in scanner.result.unwrap_or_default() {
        rows.extend(self::rows(result, &mut notes));
    }
    let finished = raw.metadata.and_then(|m| m.scan_finished_on);
    let built = scanner.db.and_then(|db| db.last_update);
    Ok(Report {
        format: Format::InToto,
        scanner: Scanner {
            name: predicate::scanner_name(scanner.uri.as_deref()).unwrap_or_else(|| "unknown".to_owned()),
            version: filled(scanner.version),
            database_updated_at: scalar::time(built.as_deref(), "time of the database", &mut notes),
        },
        scanned_at: scalar::time(finished.as_deref(), "`scanFinishedOn`", &mut notes),
        os: None,
        subject,
        claim,
        provides: stated::provided(&[], &[Field::Cvss, Field::Path], &rows),
        rows,
        notes,
    })
}

/// One row for each file that is named as evidence, else one.
fn rows(raw: RawResult, notes: &mut Notes) -> Vec<Row> {
    let Some(identity) = names::told_apart(raw.id, [], None, raw.vulnerable_package.as_deref(), notes).pop() else {
        return Vec::new();
    };
    let severities = raw.severity.unwrap_or_default();
    let cvss = cvss(&severities, notes);
    let severity = severity(raw.leading_severity_score.as_deref(), &severities, cvss, notes);
    let installed = filled(raw.detected_version);
    let (name, purl) = match filled(raw.vulnerable_package) {
        Some(text) => package(&text, installed.as_deref()),
        None => {
            // The plain predicate has no place for one.
            notes.add("row without a package");
            ("unknown".to_owned(), "pkg:generic/unknown".to_owned())
        }
    };
    let (aliases, advisories) = (Texts::from(identity.aliases), Texts::from(identity.advisories));
    let fixed: Texts = filled(raw.fix_version).into_iter().collect();
    let evidence = raw.evidence.unwrap_or_default().into_iter().filter(|e| e.kind.as_deref() == Some("filePath"));
    let mut paths: Vec<Option<String>> = evidence.filter_map(|e| scalar::path(e.path.as_deref())).map(Some).collect();
    if paths.is_empty() {
        paths.push(None);
    }
    let row = |path| Row {
        id: identity.id.clone(),
        aliases: aliases.clone(),
        advisories: advisories.clone(),
        severity,
        cvss,
        epss: None,
        known_exploited: None,
        published_at: None,
        package: Arc::new(Package { purl: purl.clone(), name: name.clone(), installed: installed.clone(), path }),
        fixed: fixed.clone(),
        fix_state: stated::fix_state(&fixed, FixState::Unknown),
        fix_available_at: None,
        vex: None,
    };
    paths.into_iter().map(row).collect()
}

/// The word that the portal shows, else the worst word, else the class of the score; of a vector alone nothing is known.
fn severity(leading: Option<&str>, all: &[RawSeverity], cvss: Option<CvssScore>, notes: &mut Notes) -> Severity {
    if let Some(word) = leading.filter(|word| !word.is_empty()) {
        return scalar::severity(Some(word), notes);
    }
    let written = |s: &RawSeverity| match (&s.textual_score, &s.score) {
        (Some(word), _) => Some(word.clone()),
        (None, Some(Scalar::Text(text))) if is_word(text) => Some(text.clone()),
        _ => None,
    };
    let listed: Vec<String> = all.iter().filter_map(written).collect();
    let worst = listed.iter().max_by_key(|word| words::severity(word));
    match (worst, cvss) {
        (Some(word), _) => scalar::severity(Some(word), notes),
        (None, Some(score)) => {
            notes.add("row without a severity word: the class of its CVSS score");
            scalar::band(score)
        }
        (None, None) => {
            if all.iter().any(|s| matches!(&s.score, Some(Scalar::Text(text)) if text.starts_with("CVSS:"))) {
                notes.add("CVSS vector without a score: unknown severity");
                return Severity::Unknown;
            }
            scalar::severity(None, notes)
        }
    }
}

/// Neither a number nor a vector.
fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ')
}

/// The highest score of version 3 or 4, or of a version that is not said; of version 2 only where there is no newer.
fn cvss(all: &[RawSeverity], notes: &mut Notes) -> Option<CvssScore> {
    let is_old = |s: &RawSeverity| {
        let names = [s.cvss_version.as_deref(), s.method.as_deref()];
        names.into_iter().flatten().any(|name| name.starts_with('2') || name.eq_ignore_ascii_case("CVSSv2"))
    };
    let mut best = |old: bool| {
        let number = |s: &RawSeverity| s.score.as_ref().and_then(Scalar::number);
        all.iter().filter(|s| is_old(s) == old).filter_map(|s| scalar::score(number(s).as_ref(), notes)).max()
    };
    best(false).or_else(|| best(true))
}

/// `cpe:2.3:a:vendor:product:…` names vendor and product; which ecosystem's they are it does not say.
fn package(text: &str, version: Option<&str>) -> (String, String) {
    if text.starts_with("pkg:") {
        return (text.to_owned(), text.to_owned());
    }
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["cpe", "2.3", _, vendor, product, ..] => {
            let name = product.replace('\\', "");
            let purl = purl::make("generic", Some(&vendor.replace('\\', "")), &name, version);
            (name, purl)
        }
        _ => (text.to_owned(), purl::make("generic", None, text, version)),
    }
}
