//! Anchore's lists → rows, made as the list is read: in between it would take as much memory as the report.

use policy::findings::{CvssScore, FixState};

use super::raw;
use crate::Texts;
use crate::json::{self, Read, Refused, Value, members};
use crate::packages::{Packages, Said};
use crate::report::{Notes, Os, Row};
use crate::scalar::{self, Scalar, stated};
use crate::stated::{self, Stated};
use crate::text::{Text, is_blank, trim};
use crate::versions::Versions;

/// What a list says.
#[derive(Default)]
pub(super) struct Listed<'a> {
    n: usize,
    rows: Vec<Row>,
    notes: Notes,
    packages: Packages<'a>,
    versions: Versions<'a>,
    /// The distribution whose feed the first row is from that names one.
    os: Option<Os>,
    /// The feed of the last row that was looked at for it.
    feed: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Read<'de> for Listed<'a> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        json::each(value, place, Listed::add)
    }
}

/// A list, or an object that holds one.
pub(super) struct Vulnerabilities<'a>(pub(super) Listed<'a>);

members! {
    struct Nested<'a> {
        vulnerabilities: Listed<'a> = "vulnerabilities" required,
    }
}

impl<'de: 'a, 'a> Read<'de> for Vulnerabilities<'a> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let (mut list, mut nested) = (None, None);
        match value {
            Value::List(_) => Read::read(value, &mut list)?,
            Value::Object(_) => Nested::read(value, &mut nested)?,
            _ => return Err(value.instead_of("a list of vulnerabilities, or an object that holds one")),
        }
        *place = list.or_else(|| nested.map(|nested: Nested<'_>| nested.vulnerabilities.0)).map(Self);
        Ok(())
    }
}

impl<'a> Listed<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The rows and the operating system.
    pub(super) fn read(self, notes: &mut Notes) -> (Vec<Row>, Option<Os>) {
        notes.extend(&self.notes);
        (self.rows, self.os)
    }

    fn add(&mut self, item: &mut raw::Item<'a>) {
        self.n = self.n.saturating_add(1);
        if self.os.is_none() && item.feed_group.is_some() && item.feed_group != self.feed {
            self.os = item.os();
            self.feed.clone_from(&item.feed_group);
            if let Some(os) = &self.os {
                self.packages.settle(&os.family, &mut self.rows);
            }
        }
        let (first, notes) = (self.rows.len(), &mut self.notes);
        let known_exploited = item.known_exploited();
        let fix = item.fix.as_ref().or(item.fix_available.as_ref());
        let is_unfixed = matches!(fix, Some(Scalar::Text(text)) if &**text == "None");
        let mut fixed = Texts::from(item.fix_versions.take().unwrap_or_default());
        if fixed.is_empty() && !is_unfixed {
            fixed = match fix {
                Some(Scalar::Text(list)) => self.versions.read(list),
                Some(Scalar::Number(version)) => vec![version.to_string()].into(),
                Some(Scalar::Other) | None => Texts::default(),
            };
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
        let nvd = item.nvd_data.as_deref().unwrap_or_default();
        let id = stated(item.vuln.take()).or_else(|| stated(item.vulnerability_id.take()));
        // Most rows name their CVE twice.
        let is_other = |name: &&str| id.as_deref().is_none_or(|id| id != *name && !trim(id).eq_ignore_ascii_case(trim(name)));
        let mut names: Vec<String> = nvd.iter().filter_map(|nvd| nvd.id.as_deref()).filter(is_other).map(str::to_owned).collect();
        if let Some(cves) = item.cves.as_deref().filter(is_other) {
            names.extend(stated::parts(Some(cves)));
        }
        let said = Said {
            name: said(item.package_name.take()).or_else(|| said(item.package.take())),
            installed: said(item.package_version.take()),
            purl: said(item.purl.take()),
            path: path(item.package_path.take().or_else(|| item.path.take())),
            kind: item.package_type.take().unwrap_or_default(),
        };
        let mut stated = Stated {
            id,
            names,
            severity: item.severity.take(),
            cvss: scalar::score(item.nvd_score.as_ref(), notes).or_else(|| score(nvd, notes)),
            known_exploited,
            fix_state: stated::fix_state(&fixed, otherwise),
            fixed,
            ..Stated::default()
        };
        match self.packages.get(said) {
            Ok(made) => stated.made = Some(made),
            Err(nameless) => (stated.ecosystem, stated.installed, stated.path) = nameless,
        }
        stated.list(&mut self.rows, notes);
        self.packages.keep(first..self.rows.len());
    }
}

/// The highest score of the NVD's records, of version 3 where there is one; -1 says that there is none.
fn score(nvd: &[raw::Nvd<'_>], notes: &mut Notes) -> Option<CvssScore> {
    let mut highest = |scores: Vec<Option<&raw::Cvss<'_>>>| {
        scores.into_iter().flatten().filter_map(|cvss| scalar::score(cvss.base_score.as_ref(), notes)).max()
    };
    let newer = highest(nvd.iter().map(|nvd| nvd.cvss_v3.as_ref()).collect());
    newer.or_else(|| highest(nvd.iter().map(|nvd| nvd.cvss_v2.as_ref()).collect()))
}

/// Packages of the operating system are kept in a database, which is written for a path.
fn path(text: Option<Text<'_>>) -> Option<Text<'_>> {
    text.filter(|path| path.trim_start_matches('/') != "pkgdb")
}

/// A text that says something, as [`stated()`] tells it.
fn said(text: Option<Text<'_>>) -> Option<Text<'_>> {
    text.filter(|text| !is_blank(text) && &**text != "None")
}
