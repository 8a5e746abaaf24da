//! Grype's JSON (`grype IMAGE --output json`) → [`Report`].
//!
//! Source: Grype's `grype/presenter/models`. A language package is listed under its GitHub id with the CVE beside it, so `aliases` is
//! always provided, as are `cvss` (the record's own score, else that of the related CVE), `path` and `vex` (what VEX documents given to
//! Grype set aside). `epss` and `knownExploited` come with database schema 6, and `fixAvailableAt` with the versions that write
//! `fix.available`: an older report does not provide them. Grype never says when a vulnerability was published, nor whether an operating
//! system is still maintained. Other tools write the same shape (xeol): only `descriptor.name` tells them apart.

pub(crate) mod packages;
mod raw;

use policy::findings::{CvssScore, Epss, Field, FixState, VexStatus};

use crate::fields::{self, Budget, filled};
use crate::report::{Claim, Notes, Os, Package, Report, Row, Scanner, Statement, Subject, SubjectKind};
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.anchore.grype.report+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let is_grype = outline.has("matches") && outline.member("descriptor")?.text("name")? == "grype";
    is_grype.then(|| "`matches` beside a `descriptor` of the name `grype`".to_owned())
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: raw::Report<'_> =
        serde_json::from_str(text).map_err(|e| ReportError::new(format!("the Grype report cannot be read: {e}"), None))?;
    let mut notes = Notes::default();
    let family = raw.distro.as_ref().and_then(|d| d.name.as_deref()).unwrap_or_default();
    let mut rows = Vec::new();
    // `matches: null` is how an empty list is written by some versions.
    let mut budget = Budget::new();
    for found in raw.matches.unwrap_or_default() {
        take(&mut budget, &found)?;
        if let Some(row) = row(&found, family, None, &mut notes) {
            rows.extend(fields::unbundled(row, &mut notes));
        }
    }
    let knows = |has: fn(&Row) -> bool| rows.is_empty() || rows.iter().any(has);
    let mut provides = vec![Field::Aliases, Field::Cvss, Field::Path, Field::Vex];
    if raw.descriptor.is_of_schema_6() || rows.iter().any(|row| row.epss.is_some() || row.known_exploited == Some(true)) {
        provides.extend([Field::Epss, Field::KnownExploited]);
    }
    if knows(|row| row.fix_available_at.is_some()) {
        provides.push(Field::FixAvailableAt);
    }
    for ignored in raw.ignored.unwrap_or_default() {
        take(&mut budget, &ignored)?;
        let statement = stated(&ignored, &mut notes);
        if let Some(row) = statement.and_then(|statement| row(&ignored, family, Some(statement), &mut notes)) {
            rows.extend(fields::unbundled(row, &mut notes));
        }
    }
    let database = raw.descriptor.database_built().map(str::to_owned);
    Ok(Report {
        format: Format::Grype,
        scanner: Scanner {
            name: "grype".to_owned(),
            version: filled(raw.descriptor.version),
            database_updated_at: fields::time(database.as_deref(), "time of the database", &mut notes),
        },
        scanned_at: fields::time(raw.descriptor.timestamp.as_deref(), "`descriptor.timestamp`", &mut notes),
        os: raw.distro.and_then(|d| filled(d.name).map(|family| Os { family, version: filled(d.version), end_of_life: None })),
        subject: subject(raw.source),
        claim: Claim::Vulnerabilities,
        provides,
        rows,
        notes,
    })
}

/// A bulletin becomes as many rows as it names CVEs, each with the names of its advisories.
fn take(budget: &mut Budget, found: &raw::Match<'_>) -> Result<(), ReportError> {
    let n_related = found.related.as_ref().map_or(0, Vec::len);
    let n_advisories = found.vulnerability.advisories.as_ref().map_or(0, Vec::len);
    budget.take(n_related.saturating_add(n_advisories).max(1), n_related.saturating_add(n_advisories))
}

/// What the scan's ignore rules did with a match: VEX statements are kept with their source, the rest was left out and is only counted.
fn stated(found: &raw::Match<'_>, notes: &mut Notes) -> Option<Statement> {
    let rules = found.rules.as_deref().unwrap_or_default();
    let status = rules.iter().filter_map(|rule| rule.vex_status.as_deref()).find_map(|status| match status {
        "not_affected" => Some(VexStatus::NotAffected),
        "fixed" => Some(VexStatus::Fixed),
        _ => None,
    });
    if status.is_none() {
        let reason = rules.iter().find_map(|rule| rule.reason.as_deref().filter(|r| !r.is_empty()));
        notes.add(format!("row left out by the scan's own configuration ({})", reason.unwrap_or("no reason given")));
    }
    status.map(|status| Statement { status, source: format!("grype report, `vex-status: {}`", status.word()) })
}

fn row(found: &raw::Match<'_>, family: &str, vex: Option<Statement>, notes: &mut Notes) -> Option<Row> {
    let (v, related) = (&found.vulnerability, found.related.as_deref().unwrap_or_default());
    let Some(id) = filled(v.id.clone()) else {
        notes.add("row dropped: it names no vulnerability");
        return None;
    };
    let names = related.iter().chain(v.advisories.iter().flatten()).filter_map(|r| r.id.as_deref()).map(str::to_owned);
    let (aliases, advisories) = fields::other_names(&id, names.collect(), notes);
    let fix = v.fix.as_ref();
    Some(Row {
        severity: fields::severity(v.severity.as_deref(), notes),
        cvss: cvss(v.cvss.as_deref(), notes).or_else(|| related.iter().filter_map(|r| cvss(r.cvss.as_deref(), notes)).max()),
        epss: epss(v.epss.as_deref(), notes).or_else(|| related.iter().filter_map(|r| epss(r.epss.as_deref(), notes)).max()),
        known_exploited: listed(v.known_exploited.as_deref(), related),
        published_at: None,
        package: package(&found.artifact, family, notes),
        fixed: fix.and_then(|f| f.versions.clone()).unwrap_or_default().into_iter().filter(|v| !v.is_empty()).collect(),
        fix_state: fix_state(fix, notes),
        fix_available_at: fix
            .and_then(|f| f.available.as_deref())
            .unwrap_or_default()
            .iter()
            .filter_map(|a| fields::time(a.date.as_deref(), "date of a fix", notes))
            .min(),
        vex,
        id,
        aliases,
        advisories,
    })
}

fn package(raw: &raw::Artifact<'_>, family: &str, notes: &mut Notes) -> Package {
    let purl = raw.purl.as_deref().filter(|p| !p.is_empty());
    // A vulnerability counts, wherever it is.
    let name = raw.name.as_deref().filter(|n| !n.is_empty()).or(purl).unwrap_or_else(|| {
        notes.add("row without a package");
        "unknown"
    });
    let installed = raw.version.as_deref().filter(|v| !v.is_empty());
    if installed.is_none() {
        notes.add("row without an installed version");
    }
    let locations = raw.locations.as_deref().unwrap_or_default();
    let location = locations.iter().find(|l| l.is_primary()).or_else(|| locations.first());
    Package {
        purl: purl
            .map_or_else(|| packages::purl(raw.kind.as_deref().unwrap_or_default(), family, name, installed), str::to_owned),
        name: name.to_owned(),
        installed: installed.map(str::to_owned),
        path: fields::path(location.and_then(|l| l.path.as_deref())),
    }
}

fn fix_state(fix: Option<&raw::Fix>, notes: &mut Notes) -> FixState {
    match fix.and_then(|f| f.state.as_deref()).unwrap_or_default() {
        "fixed" => FixState::Fixed,
        "not-fixed" => FixState::NotFixed,
        "wont-fix" => FixState::WontFix,
        "" | "unknown" => FixState::Unknown,
        other => {
            notes.add(format!("fix state `{other}`: unknown"));
            FixState::Unknown
        }
    }
}

/// The highest score of version 3 or 4; of version 2 only where there is no newer.
fn cvss(scores: Option<&[raw::Score<'_>]>, notes: &mut Notes) -> Option<CvssScore> {
    let mut best = |is_old: bool| {
        let scores = scores.unwrap_or_default().iter().filter(|s| s.is_version_2() == is_old);
        scores.filter_map(|s| fields::score(s.metrics.as_ref().and_then(|m| m.base), notes)).max()
    };
    best(false).or_else(|| best(true))
}

fn epss(entries: Option<&[raw::EpssEntry]>, notes: &mut Notes) -> Option<Epss> {
    let values = entries.unwrap_or_default().iter().filter_map(|entry| entry.epss);
    let read = |value| {
        let epss = Epss::from_decimal(value);
        if epss.is_none() {
            notes.add("EPSS probability outside 0 to 1");
        }
        epss
    };
    values.filter_map(read).max()
}

/// In the KEV catalogue, by its own record or the related CVE's.
fn listed(own: Option<&[serde::de::IgnoredAny]>, related: &[raw::Related<'_>]) -> Option<bool> {
    let is_listed = |list: Option<&[serde::de::IgnoredAny]>| list.is_some_and(|list| !list.is_empty());
    (is_listed(own) || related.iter().any(|r| is_listed(r.known_exploited.as_deref()))).then_some(true)
}

fn subject(source: Option<raw::Source>) -> Subject {
    let kind = match source.as_ref().and_then(|s| s.kind.as_deref()) {
        Some("image") => SubjectKind::Image,
        Some(other) if !other.is_empty() => SubjectKind::Other(other.to_owned()),
        _ => SubjectKind::Other(fields::UNNAMED.to_owned()),
    };
    let target = match source.and_then(|s| s.target) {
        Some(raw::Target::Image(image)) => *image,
        Some(raw::Target::Path(path)) => raw::Image { user_input: Some(path), ..raw::Image::default() },
        None => raw::Image::default(),
    };
    let of_repositories = target.repo_digests.into_iter().flatten();
    let mut digests: Vec<String> =
        of_repositories.filter_map(|d| d.split_once('@').map(|(_, digest)| digest.to_owned())).collect();
    digests.extend(filled(target.manifest_digest));
    digests.dedup();
    let platform = filled(target.os).zip(filled(target.architecture)).map(|(os, architecture)| match filled(target.variant) {
        Some(variant) => format!("{os}/{architecture}/{variant}"),
        None => format!("{os}/{architecture}"),
    });
    Subject { kind, name: filled(target.user_input), digests, image_id: filled(target.image_id), platform }
}

impl raw::Descriptor {
    fn is_of_schema_6(&self) -> bool {
        let version = self.db.as_ref().and_then(|db| db.status.as_ref()).and_then(|s| s.schema_version.as_deref());
        version.is_some_and(|v| v.trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok()) >= Some(6))
    }

    /// In schema 6 below `status`.
    fn database_built(&self) -> Option<&str> {
        let db = self.db.as_ref()?;
        db.status.as_ref().and_then(|s| s.built.as_deref()).or(db.built.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use policy::time::Timestamp;

    use super::*;

    #[test]
    fn schema_6_is_told_from_5() {
        let descriptor = |db: &str| serde_json::from_str::<raw::Descriptor>(&format!(r#"{{"name":"grype","db":{db}}}"#)).unwrap();
        assert!(descriptor(r#"{"status":{"schemaVersion":"v6.0.2"}}"#).is_of_schema_6());
        assert!(!descriptor(r#"{"status":{"schemaVersion":"v5.1.0"}}"#).is_of_schema_6());
        let old = descriptor(r#"{"schemaVersion":5,"built":"2024-04-10T01:25:07Z"}"#);
        assert!(!old.is_of_schema_6());
        assert_eq!(old.database_built().and_then(Timestamp::parse), Timestamp::parse("2024-04-10T01:25:07Z"));
    }
}
