//! Harbor's vulnerability report of an artifact, version 1.0 and 1.1, bare or under its media type → [`Report`].
//!
//! Source: Harbor's pluggable scanner API 1.1, "HarborVulnerabilityReport", and `src/pkg/scan/vuln/report.go`. It provides `cvss`
//! (`preferred_cvss`) alone, and only since 1.1: the format has no type of package, no aliases, no dates and no paths.

use std::collections::BTreeSet;

use policy::findings::{Field, FixState};
use serde_json::value::RawValue;

use crate::json::{self, Read, Refused, Value, members};
use crate::report::{Claim, Notes, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, Value as _, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.goharbor.vulnerability-report+json", recognise, read };

/// The media types under which Harbor's API hands a report out; a version follows.
const TYPES: [&str; 2] =
    ["application/vnd.security.vulnerability.report", "application/vnd.scanner.adapter.vuln.report.harbor+json"];

fn recognise(outline: &Outline<'_>) -> Option<String> {
    if let Outline::Object(members) = outline
        && let Some(key) = members.keys().find(|key| TYPES.iter().any(|kind| key.starts_with(kind)))
    {
        return Some(format!("the key `{key}`: Harbor's vulnerability report"));
    }
    let has_all = ["generated_at", "scanner", "vulnerabilities"].iter().all(|key| outline.has(key));
    has_all.then(|| "`generated_at`, `scanner` and `vulnerabilities`: Harbor's vulnerability report".to_owned())
}

members! {
    struct Raw<'a> {
        generated_at: Scalar,
        artifact: Artifact,
        scanner: ScannerOf,
        scan_status: String,
        vulnerabilities: Vec<Item<'a>>,
    }

    struct Artifact {
        repository: String,
        digest: String,
    }

    struct ScannerOf {
        name: String,
        version: String,
    }

    struct Item<'a> {
        id: String,
        package: String,
        version: String,
        fix_version: Text<'a>,
        severity: Text<'a>,
        status: Text<'a>,
        artifact_digests: Vec<Text<'a>>,
        artifact_digest: Text<'a>,
        preferred_cvss: Cvss<'a>,
    }

    struct Cvss<'a> {
        score_v3: Scalar<Text<'a>>,
        score_v2: Scalar<Text<'a>>,
    }
}

/// A report with what else stands beside its members: reports under their media types.
#[derive(Default)]
struct Whole<'a> {
    bare: Raw<'a>,
    wrapped: Option<(Text<'a>, Option<&'a RawValue>)>,
}

impl<'de: 'a, 'a> Read<'de> for Whole<'a> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Object(object) = value else { return Err(value.instead_of("a map")) };
        let Self { bare, wrapped } = place.insert(Self::default());
        while let Some(key) = object.key()? {
            match &*key {
                "generated_at" => object.value(&mut bare.generated_at, false)?,
                "artifact" => object.value(&mut bare.artifact, false)?,
                "scanner" => object.value(&mut bare.scanner, false)?,
                "scan_status" => object.value(&mut bare.scan_status, false)?,
                // Of two lists neither is the report's.
                "vulnerabilities" if bare.vulnerabilities.is_some() => return Err(Refused::duplicate("vulnerabilities")),
                "vulnerabilities" => object.value(&mut bare.vulnerabilities, false)?,
                kind if TYPES.iter().any(|of| kind.starts_with(of)) => {
                    let mut report = None;
                    object.value(&mut report, true)?;
                    // Of several the first by name, whatever their order; of two of one name the last.
                    if wrapped.as_ref().is_none_or(|(first, _)| *key <= **first) {
                        *wrapped = Some((key.into(), report));
                    }
                }
                _ => object.skip()?,
            }
        }
        Ok(())
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let whole: Whole<'_> = json::parse(text, "Harbor report")?;
    let raw = match whole.wrapped {
        Some((_, report)) => report.map(|report| json::parse(report.get(), "Harbor report")).transpose()?,
        None => Some(whole.bare),
    };
    let raw: Raw<'_> =
        raw.ok_or_else(|| ReportError::new("the Harbor report is null: the artifact was not scanned", Some("start a scan")))?;
    if let Some(status) = raw.scan_status.filter(|status| !status.eq_ignore_ascii_case("success")) {
        return Err(ReportError::new(
            format!("the scan by Harbor is not finished: its status is `{status}`"),
            Some("wait until the scan has succeeded"),
        ));
    }
    let Some(items) = raw.vulnerabilities else {
        return Err(ReportError::new(
            "the Harbor report has no list `vulnerabilities`: it is an overview, or the artifact was not scanned",
            Some("fetch the report itself: `…/artifacts/REFERENCE/additions/vulnerabilities` of Harbor's API"),
        ));
    };
    let mut notes = Notes::default();
    let of_items: BTreeSet<&str> = items
        .iter()
        .flat_map(|item| item.artifact_digests.iter().flatten().chain(&item.artifact_digest))
        .map(|digest| &**digest)
        .filter(|digest| !digest.is_empty())
        .collect();
    let (name, digest) = raw.artifact.map_or((None, None), |artifact| (filled(artifact.repository), filled(artifact.digest)));
    // A report about an index gathers the findings of its images.
    let kind = match of_items.len() {
        0 | 1 => SubjectKind::Image,
        n => SubjectKind::Other(format!("set of {n} images")),
    };
    let digests: BTreeSet<String> = digest.into_iter().chain(of_items.into_iter().map(str::to_owned)).collect();
    let subject = Subject { kind, name, digests: digests.into_iter().collect(), image_id: None, platform: None };
    let (scanner, version) = raw.scanner.map_or((None, None), |scanner| (filled(scanner.name), filled(scanner.version)));
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        list(item, &mut rows, &mut notes);
    }
    Ok(Report {
        format: Format::Harbor,
        scanner: Scanner {
            name: scanner.map_or("harbor".to_owned(), |name| name.to_ascii_lowercase()),
            version,
            database_updated_at: None,
        },
        scanned_at: scalar::time(raw.generated_at.as_ref(), "date of the report", &mut notes),
        os: None,
        subject,
        claim: Claim::Vulnerabilities,
        provides: stated::provided(&[], &[Field::Cvss], &rows),
        rows,
        notes,
    })
}

fn list(item: Item<'_>, rows: &mut Vec<Row>, notes: &mut Notes) {
    let fixed = stated::versions(item.fix_version.as_deref());
    let cvss = item.preferred_cvss;
    // Harbor writes a score of 0 where the scanner gave none.
    let has_score = |score: &Scalar<Text<'_>>| score.number() != Some(0.0);
    let cvss = cvss.and_then(|cvss| cvss.score_v3.filter(has_score).or(cvss.score_v2.filter(has_score)));
    let stated = Stated {
        id: filled(item.id),
        severity: item.severity,
        cvss: scalar::score(cvss.as_ref(), notes),
        package: item.package,
        installed: item.version,
        fix_state: stated::fix_state(&fixed, status(item.status.as_deref())),
        fixed,
        ..Stated::default()
    };
    stated.list(rows, notes);
}

/// The status that newer scanners hand through; without one, a version that is not named says nothing.
fn status(word: Option<&str>) -> FixState {
    match word.unwrap_or_default() {
        "fixed" => FixState::Fixed,
        "affected" => FixState::NotFixed,
        "will_not_fix" | "fix_deferred" | "end_of_life" => FixState::WontFix,
        _ => FixState::Unknown,
    }
}
