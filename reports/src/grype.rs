//! Grype's JSON (`grype IMAGE --output json`) → [`Report`].
//!
//! Source: Grype's `grype/presenter/models`. A language package is listed under its GitHub id with the CVE beside it, so `aliases` is
//! always provided, as are `cvss` (the record's own score, else that of the related CVE), `path` and `vex` (what VEX documents given to
//! Grype set aside). `epss` and `knownExploited` come with database schema 6, and `fixAvailableAt` with the versions that write
//! `fix.available`: an older report does not provide them. Grype never says when a vulnerability was published, nor whether an operating
//! system is still maintained. Other tools write the same shape (xeol): only `descriptor.name` tells them apart.

pub(crate) mod raw;

use policy::findings::{CvssScore, Epss, Field, FixState, VexStatus};

use crate::budget::Budget;
use crate::ecosystem::Ecosystem;
use crate::json;
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Statement, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::{Format, Outline, Reader, ReportError, distro};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.anchore.grype.report+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let is_grype = outline.has("matches") && outline.member("descriptor")?.text("name")? == "grype";
    is_grype.then(|| "`matches` beside a `descriptor` of the name `grype`".to_owned())
}

fn read(text: &str) -> Result<Report, ReportError> {
    let mut raw: raw::Document<'_> = json::parse(text, "Grype report")?;
    let mut notes = Notes::default();
    let descriptor = raw.descriptor.take().unwrap_or_default();
    let Matched { rows, os, subject } = matched(raw, &mut notes)?;
    let listed = || rows.iter().filter(|row| row.vex.is_none());
    let mut provides = vec![Field::Aliases, Field::Cvss, Field::Path, Field::Vex];
    if descriptor.is_of_schema_6() || listed().any(|row| row.epss.is_some() || row.known_exploited == Some(true)) {
        provides.extend([Field::Epss, Field::KnownExploited]);
    }
    if listed().next().is_none() || listed().any(|row| row.fix_available_at.is_some()) {
        provides.push(Field::FixAvailableAt);
    }
    let scanned_at = scalar::time(descriptor.timestamp.as_deref(), "`descriptor.timestamp`", &mut notes);
    Ok(Report {
        format: Format::Grype,
        scanner: Scanner {
            name: "grype".to_owned(),
            database_updated_at: scalar::time(descriptor.database_built(), "time of the database", &mut notes),
            version: filled(descriptor.version),
        },
        scanned_at,
        os,
        subject,
        claim: Claim::Vulnerabilities,
        provides,
        rows,
        notes,
    })
}

/// What a document of Grype's model says, whoever keeps it.
pub(crate) struct Matched {
    pub(crate) rows: Vec<Row>,
    /// The operating system by whose packages was matched.
    pub(crate) os: Option<Os>,
    pub(crate) subject: Subject,
}

/// Reads matches; what the scan itself ignored is set aside where that was by a VEX statement, and only counted else.
pub(crate) fn matched(raw: raw::Document<'_>, notes: &mut Notes) -> Result<Matched, ReportError> {
    let distro = raw.distro.and_then(|d| filled(d.name).map(|name| (name, filled(d.version))));
    let os =
        distro.map(|(name, version)| Os { family: distro::of(&name).map_or(name, |os| os.family), version, end_of_life: None });
    let family = os.as_ref().map(|os| os.family.as_str());
    let (mut rows, mut budget) = (Vec::new(), Budget::new());
    // `matches: null` is how an empty list is written by some versions.
    for found in raw.matches.unwrap_or_default() {
        take(&mut budget, &found)?;
        rows.extend(self::rows(found, family, None, notes));
    }
    for ignored in raw.ignored.unwrap_or_default() {
        take(&mut budget, &ignored)?;
        if let Some(statement) = statement(&ignored, notes) {
            rows.extend(self::rows(ignored, family, Some(statement), notes));
        }
    }
    Ok(Matched { rows, os, subject: subject(raw.source) })
}

/// A bulletin becomes as many rows as it names CVEs, each with the names of its advisories.
fn take(budget: &mut Budget, found: &raw::Match<'_>) -> Result<(), ReportError> {
    let n_related = found.related.as_ref().map_or(0, Vec::len);
    let n_advisories = found.vulnerability.advisories.as_ref().map_or(0, Vec::len);
    budget.take(n_related.saturating_add(n_advisories).max(1), n_related.saturating_add(n_advisories))
}

/// What the scan's ignore rules did with a match: VEX statements are kept with their source, the rest was left out and is only counted.
fn statement(found: &raw::Match<'_>, notes: &mut Notes) -> Option<Statement> {
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

fn rows(found: raw::Match<'_>, family: Option<&str>, vex: Option<Statement>, notes: &mut Notes) -> Vec<Row> {
    let (v, artifact, related) = (found.vulnerability.0, found.artifact.0, found.related.unwrap_or_default());
    let cvss = cvss(v.cvss.as_deref(), notes).or_else(|| related.iter().filter_map(|r| cvss(r.cvss.as_deref(), notes)).max());
    let epss = epss(v.epss.as_deref(), notes).or_else(|| related.iter().filter_map(|r| epss(r.epss.as_deref(), notes)).max());
    let known_exploited = listed(v.known_exploited.as_deref(), &related);
    let names = related.into_iter().chain(v.advisories.into_iter().flatten()).filter_map(|r| filled(r.id)).collect();
    let fix = v.fix.unwrap_or_default();
    let available = fix.available.iter().flatten();
    let fix_available_at = available.filter_map(|a| scalar::time(a.date.as_deref(), "date of a fix", notes)).min();
    let fixed: Vec<String> = fix.versions.into_iter().flatten().filter_map(|version| filled(Some(version))).collect();
    let locations = artifact.locations.unwrap_or_default();
    let location = locations.iter().find(|l| l.is_primary()).or_else(|| locations.first());
    let stated = Stated {
        id: filled(v.id),
        names,
        severity: v.severity,
        cvss,
        epss,
        known_exploited,
        purl: filled(artifact.purl),
        ecosystem: Ecosystem::of(artifact.kind.as_deref().unwrap_or_default(), family),
        package: filled(artifact.name),
        installed: filled(artifact.version),
        path: scalar::path(location.and_then(|l| l.path.as_deref())),
        fix_state: fix_state(fix.state.as_deref(), &fixed, notes),
        fixed: fixed.into(),
        fix_available_at,
        vex,
        ..Stated::default()
    };
    stated.rows(notes)
}

fn fix_state(word: Option<&str>, fixed: &[String], notes: &mut Notes) -> FixState {
    match word.unwrap_or_default() {
        "fixed" => FixState::Fixed,
        "not-fixed" => FixState::NotFixed,
        "wont-fix" => FixState::WontFix,
        "" | "unknown" => stated::fix_state(fixed, FixState::Unknown),
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
        scores.filter_map(|s| scalar::score(s.metrics.as_ref().and_then(|m| m.base.as_ref()), notes)).max()
    };
    best(false).or_else(|| best(true))
}

fn epss(entries: Option<&[raw::EpssEntry]>, notes: &mut Notes) -> Option<Epss> {
    entries.unwrap_or_default().iter().filter_map(|entry| scalar::epss(entry.epss.as_ref(), notes)).max()
}

/// In the KEV catalogue, by its own record or the related CVE's.
fn listed(own: Option<&[json::Anything]>, related: &[raw::Related<'_>]) -> Option<bool> {
    let is_listed = |list: Option<&[json::Anything]>| list.is_some_and(|list| !list.is_empty());
    (is_listed(own) || related.iter().any(|r| is_listed(r.known_exploited.as_deref()))).then_some(true)
}

fn subject(source: Option<raw::Source>) -> Subject {
    let kind = match source.as_ref().and_then(|s| s.kind.as_deref()) {
        Some("image") => SubjectKind::Image,
        Some(other) if !other.is_empty() => SubjectKind::Other(other.to_owned()),
        _ => SubjectKind::unnamed(),
    };
    let target = source.and_then(|s| s.target).unwrap_or_default();
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
        let descriptor = |db: &str| json::read::<raw::Descriptor>(&format!(r#"{{"name":"grype","db":{db}}}"#)).unwrap();
        assert!(descriptor(r#"{"status":{"schemaVersion":"v6.0.2"}}"#).is_of_schema_6());
        assert!(!descriptor(r#"{"status":{"schemaVersion":"v5.1.0"}}"#).is_of_schema_6());
        let old = descriptor(r#"{"schemaVersion":5,"built":"2024-04-10T01:25:07Z"}"#);
        assert!(!old.is_of_schema_6());
        assert_eq!(old.database_built().and_then(Timestamp::parse), Timestamp::parse("2024-04-10T01:25:07Z"));
    }
}
