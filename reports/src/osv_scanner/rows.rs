//! The packages of one source → a row for each record of OSV; records that OSV-Scanner groups are names of one vulnerability.

use policy::findings::{CvssScore, FixState};

use super::raw;
use crate::ecosystem::Ecosystem;
use crate::report::{Notes, Row};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::words;

pub(super) fn rows(source: raw::Source, notes: &mut Notes) -> Vec<Row> {
    let path = scalar::path(source.source.and_then(|source| source.path));
    let mut rows = Vec::new();
    for package in source.packages.unwrap_or_default() {
        let groups = package.groups.unwrap_or_default();
        let Some(info) = package.package else {
            notes.add("packages without a name");
            continue;
        };
        for record in package.vulnerabilities.unwrap_or_default() {
            if filled(record.withdrawn.clone()).is_some() {
                notes.add("record that its database has withdrawn: left out");
                continue;
            }
            rows.extend(rows_of(record, &info, &groups, path.clone(), notes));
        }
    }
    rows
}

fn rows_of(
    record: raw::Record,
    info: &raw::PackageInfo,
    groups: &[raw::Group],
    path: Option<String>,
    notes: &mut Notes,
) -> Vec<Row> {
    let id = filled(record.id.clone());
    let group = groups.iter().find(|group| group.ids.iter().flatten().any(|name| Some(name) == id.as_ref()));
    let cvss = scalar::score(group.and_then(|group| group.max_severity.as_ref()), notes);
    let mut names = record.aliases.clone().unwrap_or_default();
    names.extend(group.iter().flat_map(|group| group.ids.iter().chain(&group.aliases).flatten().cloned()));
    names.extend(id.as_deref().and_then(of_distribution));
    if names.iter().chain(&id).all(|name| !words::is_vulnerability_id(name)) {
        // A bulletin names what it is about.
        names.extend(record.upstream.clone().unwrap_or_default());
    }
    let fixed = fixed(&record, info);
    let ecosystem = Ecosystem::of(ecosystem(info.ecosystem.as_deref().unwrap_or_default()), None);
    let version = filled(info.version.clone()).or_else(|| filled(info.commit.clone()));
    let installed_name = filled(info.os_package_name.clone()).or_else(|| filled(info.name.clone()));
    let stated = Stated {
        id,
        names,
        title: record.summary,
        severity: severity(record.database_specific, cvss, notes).map(Text::from),
        cvss,
        published_at: scalar::time(record.published.as_ref(), "date of publication", notes),
        purl: installed_name.map(|name| ecosystem.purl(&name, version.as_deref())),
        ecosystem,
        package: info.name.clone(),
        installed: version,
        path,
        fix_state: stated::fix_state(&fixed, FixState::NotFixed),
        fixed: fixed.into(),
        ..Stated::default()
    };
    stated.rows(notes)
}

/// The database's own word, else the band of the score.
fn severity(specific: Option<raw::Specific>, score: Option<CvssScore>, notes: &mut Notes) -> Option<String> {
    let word = specific.and_then(|specific| specific.severity).and_then(|severity| severity.text());
    word.or_else(|| {
        let band = match score?.value() {
            score if score >= 9.0 => "critical",
            score if score >= 7.0 => "high",
            score if score >= 4.0 => "medium",
            score if score > 0.0 => "low",
            _ => "none",
        };
        notes.add("record without a severity word: its severity is the band of its CVSS score");
        Some(band.to_owned())
    })
}

/// `DEBIAN-CVE-2024-1` is what Debian says of `CVE-2024-1`.
fn of_distribution(id: &str) -> Option<String> {
    let (before, after) = id.split_once("-CVE-")?;
    let is_name = before.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then(|| format!("CVE-{after}"))
}

/// `Debian:12`, `Alpine:v3.18`, `PyPI`; distributions keep their name, registries lose their suffix.
fn ecosystem(name: &str) -> &str {
    match name.split_once(':') {
        Some((registry @ ("Maven" | "npm" | "NuGet"), _)) => registry,
        _ => name,
    }
}

/// The versions that fix the package itself; commits are not versions.
fn fixed(record: &raw::Record, info: &raw::PackageInfo) -> Vec<String> {
    let is_same = |affected: &&raw::Affected| {
        affected.package.as_ref().is_none_or(|package| {
            package.name.is_none()
                || package.name == info.name
                    && (package.ecosystem.is_none() || info.ecosystem.is_none() || package.ecosystem == info.ecosystem)
        })
    };
    let ranges = record.affected.iter().flatten().filter(is_same).flat_map(|affected| affected.ranges.iter().flatten());
    let events = ranges.filter(|range| range.kind.as_deref() != Some("GIT")).flat_map(|range| range.events.iter().flatten());
    let mut fixed: Vec<String> = events.filter_map(|event| filled(event.fixed.clone())).collect();
    fixed.sort_unstable();
    fixed.dedup();
    fixed
}
