//! An item of Anchore's list → rows.

use policy::findings::FixState;

use super::raw;
use crate::ecosystem::Ecosystem;
use crate::report::{Notes, Row};
use crate::scalar::{self, Scalar, stated};
use crate::stated::{self, Stated};

pub(super) fn list(item: raw::Item<'_>, family: Option<&str>, rows: &mut Vec<Row>, notes: &mut Notes) {
    let known_exploited = item.known_exploited();
    let mut fixed = item.fix_versions.unwrap_or_default();
    let fix = item.fix.or(item.fix_available).as_ref().and_then(Scalar::text);
    let is_unfixed = fix.as_deref() == Some("None");
    if fixed.is_empty() {
        fixed = stated::versions(fix.as_deref());
    }
    let otherwise = match item.fix_state.as_deref().unwrap_or_default() {
        "wont_fix" | "wont-fix" => FixState::WontFix,
        "not_fixed" | "not-fixed" => FixState::NotFixed,
        "fixed" => FixState::Fixed,
        "" if item.will_not_fix == Some(true) => FixState::WontFix,
        "" if is_unfixed => FixState::NotFixed,
        "" | "unknown" => FixState::Unknown,
        other => {
            notes.add(format!("fix state `{other}`: unknown"));
            FixState::Unknown
        }
    };
    let nvd = item.nvd_data.unwrap_or_default();
    let mut names: Vec<String> = nvd.iter().filter_map(|nvd| nvd.id.clone()).collect();
    names.extend(stated::versions(item.cves.as_deref()));
    let stated = Stated {
        id: stated(item.vuln).or(stated(item.vulnerability_id)),
        names,
        severity: item.severity,
        cvss: scalar::score(item.nvd_score.as_ref(), notes).or_else(|| score(&nvd, notes)),
        known_exploited,
        purl: stated(item.purl),
        ecosystem: Ecosystem::of(item.package_type.as_deref().unwrap_or_default(), family),
        package: stated(item.package_name).or_else(|| stated(item.package)),
        installed: stated(item.package_version),
        path: path(item.package_path.or(item.path)),
        fix_state: stated::fix_state(&fixed, otherwise),
        fixed,
        ..Stated::default()
    };
    stated.list(rows, notes);
}

/// The highest score of the NVD's records, of version 3 where there is one; -1 says that there is none.
fn score(nvd: &[raw::Nvd<'_>], notes: &mut Notes) -> Option<policy::findings::CvssScore> {
    let mut highest = |scores: Vec<Option<&raw::Cvss<'_>>>| {
        scores.into_iter().flatten().filter_map(|cvss| scalar::score(cvss.base_score.as_ref(), notes)).max()
    };
    let newer = highest(nvd.iter().map(|nvd| nvd.cvss_v3.as_ref()).collect());
    newer.or_else(|| highest(nvd.iter().map(|nvd| nvd.cvss_v2.as_ref()).collect()))
}

/// Packages of the operating system are kept in a database, which is written for a path.
fn path(text: Option<String>) -> Option<String> {
    scalar::path(text).filter(|path| path != "pkgdb")
}
