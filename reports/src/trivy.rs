//! Trivy's own JSON, schema version 2 (`trivy image --format json`) → [`Report`].
//!
//! Source: Trivy's `pkg/types/report.go`. What Trivy does not write (EPSS, KEV, the date of a fix, the date of its database) is not
//! guessed. It provides `aliases` (GitHub ids among `VendorIDs`), `cvss`, `publishedAt`, `path` and `vex` (the status
//! `not_affected`, and what a VEX document given to Trivy set aside, where the report shows it).

mod about;
pub mod kubernetes;
pub mod legacy;
mod packages;
mod raw;

use policy::findings::{CvssScore, Field, FixState, VexStatus};

use crate::json;
use crate::report::{Notes, Report, Row, Scanner, Statement};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.aquasec.trivy.report+json", recognise, read };

/// Why a VEX status stands on a row that the report itself marks as not affected.
const OWN_STATEMENT: &str = "trivy report, status `not_affected`";

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let version = outline.integer("SchemaVersion")?;
    let key = ["ArtifactName", "ArtifactType", "Results"].into_iter().find(|key| outline.has(key))?;
    Some(format!("a whole number `SchemaVersion` ({version}) beside `{key}`: Trivy's JSON"))
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: raw::Report<'_> = json::parse(text, "Trivy report")?;
    if *raw.schema_version != 2 {
        let message = format!("expected a Trivy report of schema version 2, found {}", *raw.schema_version);
        return Err(ReportError::new(message, Some("use a reader of its age")));
    }
    let mut notes = Notes::default();
    let Listed { rows, shown: results } = listed(raw.results.unwrap_or_default(), &mut notes);
    let metadata = raw.metadata.unwrap_or_default();
    // RFC 3339; Unix seconds in the predicates that Trivy's own guide shows.
    let scanned_at = scalar::time(raw.created_at.as_ref(), "`CreatedAt`", &mut notes);
    let family =
        metadata.os.as_ref().and_then(|os| os.family.as_deref()).filter(|family| !family.is_empty() && *family != "none");
    Ok(Report {
        format: Format::Trivy,
        scanner: Scanner {
            name: "trivy".to_owned(),
            version: raw.trivy.and_then(|t| filled(t.version)),
            database_updated_at: None,
        },
        scanned_at,
        os: metadata.os.as_ref().and_then(|os| about::os(os, about::covers_os(&results, family))),
        subject: about::subject(raw.artifact_type, raw.artifact_name, &metadata),
        claim: about::claim(&results, family),
        provides: vec![Field::Aliases, Field::Cvss, Field::PublishedAt, Field::Path, Field::Vex],
        rows,
        notes,
    })
}

/// The rows of a report, and what its results show of the scan.
struct Listed {
    rows: Vec<Row>,
    shown: Vec<about::Shown>,
}

fn listed(results: Vec<raw::ResultOf<'_>>, notes: &mut Notes) -> Listed {
    let mut listed = Listed { rows: Vec::new(), shown: Vec::new() };
    for result in results {
        let has_rows = result.vulnerabilities.as_ref().is_some_and(|v| !v.is_empty());
        listed.shown.push(about::Shown { class: result.class.clone(), kind: result.kind.clone(), has_rows });
        let place = packages::Place { class: result.class, kind: result.kind, target: result.target };
        for vulnerability in result.vulnerabilities.unwrap_or_default() {
            listed.rows.extend(rows(vulnerability, &place, None, notes));
        }
        for modified in result.modified.unwrap_or_default() {
            listed.rows.extend(modified_rows(modified, &place, notes));
        }
    }
    listed
}

/// A row that Trivy shows under `--show-suppressed`: VEX statements are kept with their source, what was ignored is only counted.
fn modified_rows(raw: raw::Modified<'_>, place: &packages::Place, notes: &mut Notes) -> Vec<Row> {
    if raw.kind.as_deref() != Some("vulnerability") {
        return Vec::new();
    }
    let source = filled(raw.source).unwrap_or_else(|| "trivy report".to_owned());
    let status = match raw.status.as_deref() {
        Some("not_affected") => VexStatus::NotAffected,
        Some("fixed") => VexStatus::Fixed,
        other => {
            notes.add(format!("row left out by the scan's own configuration (`{}` by `{source}`)", other.unwrap_or("unknown")));
            return Vec::new();
        }
    };
    raw.finding.map_or_else(Vec::new, |finding| rows(finding, place, Some(Statement { status, source }), notes))
}

fn rows(raw: raw::Vulnerability<'_>, place: &packages::Place, vex: Option<Statement>, notes: &mut Notes) -> Vec<Row> {
    let purl = filled(raw.identifier.and_then(|i| i.purl));
    let (package, installed) = (filled(raw.package).or_else(|| purl.clone()), filled(raw.installed));
    let (fix_state, own) = state(raw.status.as_deref(), raw.fixed.as_deref(), notes);
    let made = || package.as_deref().map(|name| packages::purl(place, name, installed.as_deref()));
    let stated = Stated {
        id: raw.id,
        names: raw.vendor_ids.unwrap_or_default(),
        severity: raw.severity,
        cvss: cvss(&raw.cvss.unwrap_or_default(), raw.severity_source.as_deref(), notes),
        published_at: scalar::time(raw.published.as_deref(), "date of publication", notes),
        purl: purl.or_else(made),
        package,
        installed,
        path: packages::path(place, filled(raw.path)),
        fixed: stated::versions(raw.fixed.as_deref()),
        fix_state,
        vex: vex.or(own),
        ..Stated::default()
    };
    stated.rows(notes)
}

/// Reports before Trivy 0.44 carry no status: there a named version says that a fix exists, and its absence says nothing.
fn state(status: Option<&str>, fixed: Option<&str>, notes: &mut Notes) -> (FixState, Option<Statement>) {
    let has_fix = fixed.is_some_and(|f| !f.is_empty());
    let state = match status.unwrap_or_default() {
        "fixed" => FixState::Fixed,
        "affected" => FixState::NotFixed,
        "will_not_fix" | "fix_deferred" | "end_of_life" => FixState::WontFix,
        "not_affected" => {
            return (FixState::Unknown, Some(Statement { status: VexStatus::NotAffected, source: OWN_STATEMENT.to_owned() }));
        }
        "" if has_fix => FixState::Fixed,
        "" | "unknown" | "under_investigation" => FixState::Unknown,
        other => {
            notes.add(format!("fix status `{other}`: unknown"));
            FixState::Unknown
        }
    };
    (state, None)
}

/// The score of the source whose severity was chosen, else that of the NVD, else the highest; version 2 only where there is no newer.
fn cvss(scores: &raw::Scores<'_>, source: Option<&str>, notes: &mut Notes) -> Option<CvssScore> {
    let mut read = |score: Option<f64>| scalar::score(score.as_ref(), notes);
    let mut newer = |s: &raw::Score| read(s.v4).max(read(s.v3));
    let preferred = [source.unwrap_or_default(), "nvd"].into_iter().find_map(|name| scores.get(name).and_then(&mut newer));
    let highest = preferred.or_else(|| scores.values().filter_map(&mut newer).max());
    highest.or_else(|| scores.values().filter_map(|s| read(s.v2)).max())
}
