//! An image → whether its findings are young enough, by the gate's own look-up.
//!
//! What a gate would call missing, unreadable or untrusted is to be scanned; what it could not look up is not known.

use std::collections::BTreeSet;

use host::signing::KeyPair;
use policy::image::Reference;
use policy::lookup::buffers::Buffers;
use policy::lookup::{Body, Evidence, Scan, Wants};
use policy::settings::Settings;
use policy::time::{Duration, Timestamp};
use serde_json::Value;

use crate::connection::Connection;
use crate::exit::Failure;
use crate::lookup::{self, NativeLookup};

/// What is known of an image's findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Young enough; when the scan was finished, the oldest of several.
    Fresh(Timestamp),
    /// To be scanned; why.
    Due(String),
    /// They could not be looked up; why.
    Unknown(String),
}

/// What a gate can use of an image's findings, old or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The latest scan.
    pub(super) newest: Option<Timestamp>,
    /// The platforms that were scanned.
    pub(super) platforms: BTreeSet<String>,
}

/// Whoever looks, and for what.
pub(super) struct Looking {
    lookup: NativeLookup,
    settings: Value,
    older_than: Duration,
}

impl Looking {
    /// With a key, only what it has signed is there.
    pub(super) fn new(
        connection: &Connection,
        now: Timestamp,
        older_than: Duration,
        repository: Option<&str>,
        key: Option<&KeyPair>,
    ) -> Result<Self, Failure> {
        let settings = lookup::settings(key.map(KeyPair::public_pem).as_deref(), repository);
        read(&settings).map_err(Failure::new)?;
        let capabilities = lookup::capabilities(connection.registry()?, None);
        Ok(Self { lookup: NativeLookup::new(capabilities, now, None), settings, older_than })
    }

    /// What is there by now.
    pub(super) fn standing(&self, pinned: &str) -> Result<Standing, String> {
        let mut standing = Standing::default();
        self.with_evidence(pinned, |evidence| standing.add(evidence, None))?;
        Ok(standing)
    }

    /// Looks at the findings of an image; with `every_platform`, those of an index must be about each of its platforms.
    pub(super) fn freshness(&self, pinned: &str, every_platform: bool) -> Freshness {
        self.with_evidence(pinned, |evidence| self.of_evidence(evidence, every_platform)).unwrap_or_else(Freshness::Unknown)
    }

    fn with_evidence<T>(&self, pinned: &str, look: impl FnOnce(&Evidence<'_>) -> T) -> Result<T, String> {
        let settings = read(&self.settings)?;
        let reference = Reference::parse(pinned).map_err(|error| error.to_string())?;
        let buffers = Buffers::default();
        // The summary says when the scan was, and which platforms it saw.
        let wants = Wants { document: &|_| false, untrusted: false };
        let (_, evidence) = self.lookup.find(&settings, &buffers, &reference, &wants);
        Ok(look(&evidence))
    }

    fn of_evidence(&self, evidence: &Evidence<'_>, every_platform: bool) -> Freshness {
        match evidence {
            Evidence::Scanned(scan) => self.of_scan(scan, every_platform),
            Evidence::Missing => Freshness::Due("it has no findings".to_owned()),
            Evidence::Untrusted { why, .. } => Freshness::Due(format!("its findings are not signed by the key: {why}")),
            Evidence::Unreadable(why) => Freshness::Due(format!("its findings are not usable: {why}")),
            Evidence::Unavailable(why) | Evidence::NotGranted(why) => {
                Freshness::Unknown(format!("findings could not be looked up: {why}"))
            }
            Evidence::Index(platforms) => {
                let each = platforms.iter().map(|platform| match self.of_evidence(&platform.evidence, every_platform) {
                    Freshness::Due(why) => Freshness::Due(format!("platform {}: {why}", platform.name)),
                    other => other,
                });
                // What is not known comes first: a scan would not make it known.
                let worst = each.max_by_key(|freshness| match freshness {
                    Freshness::Fresh(at) => (0, std::cmp::Reverse(Some(*at))),
                    Freshness::Due(_) => (1, std::cmp::Reverse(None)),
                    Freshness::Unknown(_) => (2, std::cmp::Reverse(None)),
                });
                worst.unwrap_or_else(|| Freshness::Due("the index has no platforms".to_owned()))
            }
        }
    }

    fn of_scan(&self, scan: &Scan<'_>, every_platform: bool) -> Freshness {
        let unscanned = match &scan.body {
            Body::Summary(summary) => {
                let image = summary.images.iter().find(|image| image.counts.is_none());
                image.map(|image| image.platform.as_deref().unwrap_or("unknown").to_owned())
            }
            Body::Findings { images, .. } => {
                let image = images.iter().find(|image| image.vulnerabilities.is_none());
                image.map(|image| image.platform.as_deref().unwrap_or("unknown").to_owned())
            }
        };
        match (scan.scanned_at, unscanned.filter(|_| every_platform)) {
            (None, _) => Freshness::Due("its findings do not say when they are of".to_owned()),
            (Some(_), Some(platform)) => Freshness::Due(format!("platform {platform}: it has no findings")),
            (Some(at), None) if self.older_than.is_exceeded_by(self.lookup.now.seconds_since(at)) => {
                Freshness::Due(format!("its findings are of {at}"))
            }
            (Some(at), None) => Freshness::Fresh(at),
        }
    }
}

impl Standing {
    fn add(&mut self, evidence: &Evidence<'_>, platform: Option<&str>) {
        match evidence {
            Evidence::Scanned(scan) => {
                self.newest = self.newest.max(scan.scanned_at);
                let scanned: Vec<Option<&str>> = match &scan.body {
                    Body::Summary(summary) => {
                        let images = summary.images.iter().filter(|image| image.counts.is_some());
                        images.map(|image| image.platform.as_deref()).collect()
                    }
                    Body::Findings { images, .. } => {
                        let images = images.iter().filter(|image| image.vulnerabilities.is_some());
                        images.map(|image| image.platform.as_deref()).collect()
                    }
                };
                self.platforms.extend(scanned.into_iter().map(|name| name.or(platform).unwrap_or("unknown").to_owned()));
            }
            Evidence::Index(platforms) => platforms.iter().for_each(|one| self.add(&one.evidence, Some(&one.name))),
            _ => {}
        }
    }
}

fn read(settings: &Value) -> Result<Settings, String> {
    Settings::read(settings)
        .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "))
}
