//! What Clair's enrichers add to a report: CVSS, EPSS and the KEV catalogue, each by the number of the vulnerability.
//!
//! Source: claircore, `enricher/cvss`, `enricher/epss`, `enricher/kev`: the media type names the enricher, the value is a list of objects
//! from number to a list of records.

use std::collections::BTreeMap;

use policy::findings::{CvssScore, Epss, Field};
use serde_json::value::RawValue;

use crate::json::{self, Table, members};
use crate::report::Notes;
use crate::scalar::{self, Scalar};
use crate::text::Text;

/// By the number of the vulnerability; `None` where the report does not have the enrichment.
#[derive(Default)]
pub(super) struct Enrichments<'a> {
    cvss: Option<BTreeMap<Text<'a>, CvssScore>>,
    epss: Option<BTreeMap<Text<'a>, Epss>>,
    known_exploited: Option<BTreeMap<Text<'a>, bool>>,
}

members! {
    struct Record<'a> {
        base_score: Scalar<Text<'a>> = "baseScore",
        epss: Scalar<Text<'a>>,
    }
}

/// By the number of the vulnerability.
type Records<'a> = Table<Text<'a>, Vec<Record<'a>>>;

impl<'a> Enrichments<'a> {
    pub(super) fn of(raw: Table<String, &'a RawValue>, notes: &mut Notes) -> Self {
        let mut all = Self::default();
        for (kind, value) in raw {
            let Some(enricher) = ["clair.cvss", "clair.epss", "clair.kev"].into_iter().find(|name| names(&kind, name)) else {
                continue;
            };
            let Ok(records) = json::read::<Vec<Records<'a>>>(value.get()) else {
                notes.add(format!("enrichment `{enricher}` that cannot be read"));
                continue;
            };
            match enricher {
                "clair.cvss" => all.cvss = Some(worst(records, |record| scalar::score(record.base_score.as_ref(), notes))),
                "clair.epss" => all.epss = Some(worst(records, |record| scalar::epss(record.epss.as_ref(), notes))),
                _ => all.known_exploited = Some(worst(records, |_| Some(true))),
            }
        }
        all
    }

    pub(super) fn provides(&self) -> impl Iterator<Item = Field> {
        let has = [
            (Field::Cvss, self.cvss.is_some()),
            (Field::Epss, self.epss.is_some()),
            (Field::KnownExploited, self.known_exploited.is_some()),
        ];
        has.into_iter().filter(|(_, has)| *has).map(|(field, _)| field)
    }

    pub(super) fn cvss(&self, id: &str) -> Option<CvssScore> {
        self.cvss.as_ref().and_then(|all| all.get(id)).copied()
    }

    pub(super) fn epss(&self, id: &str) -> Option<Epss> {
        self.epss.as_ref().and_then(|all| all.get(id)).copied()
    }

    /// What the catalogue does not list is known not to be in it, where the report was held against it at all.
    pub(super) fn known_exploited(&self, id: &str) -> Option<bool> {
        self.known_exploited.as_ref().map(|all| all.contains_key(id))
    }
}

/// `message/vnd.clair.map.vulnerability; enricher=clair.epss schema=…`
fn names(kind: &str, enricher: &str) -> bool {
    kind.split([';', ' ']).any(|part| part.strip_prefix("enricher=") == Some(enricher))
}

/// The worst of a vulnerability's records: a bulletin has one for each CVE.
fn worst<'a, T: Ord>(records: Vec<Records<'a>>, mut read: impl FnMut(&Record<'a>) -> Option<T>) -> BTreeMap<Text<'a>, T> {
    let worst = |(id, records): (Text<'a>, Vec<Record<'a>>)| {
        let worst = records.iter().filter_map(&mut read).max();
        worst.map(|worst| (id, worst))
    };
    records.into_iter().flatten().filter_map(worst).collect()
}
