//! An image whose findings are due → the scanner's reports about it → findings beside it.

use std::time::Duration;

use host::registry::{Registry, Resolved};
use policy::time::Timestamp;
use reports::{Format, Leniency};
use serde::Deserialize;

use super::fresh::Looking;
use super::process::Process;
use super::scanner::Scanner;
use super::{Finished, State};
use crate::attach::{Beside, Binding, Content, Prepared, Push, Read, Subject, not_of_the_future, prepare, resolve};
use crate::clock;
use crate::exit::Failure;

/// The longest configuration of an image that is read, in bytes.
const CONFIG_BYTES: usize = 8 * 1024 * 1024;

/// What every image is scanned with.
pub(super) struct Scanning<'a> {
    pub(super) registry: &'a Registry,
    pub(super) beside: &'a Beside,
    pub(super) push: Push<'a>,
    /// The repository of the artifacts, where it is not the image's own.
    pub(super) repository: Option<&'a str>,
    /// What a report must not be older than, or the image would be due again at once.
    pub(super) now: Timestamp,
    pub(super) older_than: policy::time::Duration,
    /// What is there by now is looked at once more.
    pub(super) looking: &'a Looking,
    /// The longest that one scan may take.
    pub(super) timeout: Duration,
    pub(super) format: Option<Format>,
    pub(super) leniency: Leniency,
}

/// The platform in an image's configuration.
///
/// Source: OCI image specification 1.1, "Image Configuration".
#[derive(Deserialize)]
struct Config {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// What the scanner is run on: a reference, and the platform where it is asked for.
type Target = (String, Option<String>);

impl Scanning<'_> {
    /// Scans an image and attaches what was found; `why` it was due.
    pub(super) fn refresh(&self, scanner: &Scanner, pinned: &str, why: String) -> Result<Finished, Failure> {
        let resolved = resolve(self.registry, pinned)?;
        let mut read = Vec::new();
        for (image, platform) in self.targets(scanner, &resolved)? {
            read.push(self.scan(scanner, &image, platform.as_deref())?);
        }
        let repository = self.repository.unwrap_or(&resolved.repository);
        // Nothing old is carried over: it would make the index as old as it was.
        let binding = Binding { scanned_at: Some(clock::present()), is_forced: self.leniency.any_subject, ..Binding::default() };
        let prepared = prepare(self.registry, &resolved, repository, &read, self.beside, binding)?;
        let times = prepared.artifacts.iter().map(|(_, document)| document.scanned_at);
        if let Some(at) = times.min().filter(|at| self.older_than.is_exceeded_by(self.now.seconds_since(*at))) {
            return Err(Failure::new(format_args!(
                "the report is of {at}, which is longer ago than --older-than: nothing was attached; hint: have the image scanned anew"
            )));
        }
        not_of_the_future(&prepared, self.now)?;
        self.is_an_improvement(pinned, &prepared, scanner.names_platform())?;
        self.push.run(self.registry, &prepared)?;
        let of = |(artifact, _): &(reports::artifact::Artifact, _)| (artifact.reference.clone(), artifact.digest());
        Ok(Finished {
            state: State::Refreshed(why),
            scanned_at: prepared.artifacts.last().map(|(_, document)| document.scanned_at),
            artifacts: prepared.artifacts.iter().map(of).collect(),
            notes: prepared.notes,
        })
    }

    /// Nothing that a gate can use by now is lost: no later scan, and no platform. What was attached while the scanner ran counts too.
    fn is_an_improvement(&self, pinned: &str, prepared: &Prepared, every_platform: bool) -> Result<(), Failure> {
        let Some((_, document)) = prepared.artifacts.last() else { return Ok(()) };
        let standing = self.looking.standing(pinned).map_err(Failure::new)?;
        if let Some(at) = standing.newest.filter(|at| *at > document.scanned_at) {
            let (kept, why) = ("they are kept, and nothing was attached", document.scanned_at);
            return Err(Failure::new(format_args!("the report is of {why}, and findings of {at} are there by now: {kept}")));
        }
        let unscanned = document.images.iter().filter(|image| image.vulnerabilities.is_none());
        let names = unscanned.map(|image| image.platform.as_deref().unwrap_or("unknown").to_owned());
        let lost: Vec<String> = names.filter(|name| every_platform || standing.platforms.contains(name)).collect();
        if lost.is_empty() {
            return Ok(());
        }
        let hint = if every_platform {
            "the scanner reported on another"
        } else {
            "have each platform scanned, with {platform} in --scanner"
        };
        Err(Failure::new(format_args!("there is no report of platform {}: nothing was attached; hint: {hint}", lost.join(", "))))
    }

    fn targets(&self, scanner: &Scanner, resolved: &Resolved) -> Result<Vec<Target>, Failure> {
        if !scanner.names_platform() {
            return Ok(vec![(resolved.pinned(), None)]);
        }
        let subject = Subject::fetch(self.registry, resolved)?;
        match subject.content {
            Content::Image { config } => {
                let platform = self.platform_of(resolved, config.as_deref())?;
                Ok(vec![(resolved.pinned(), Some(platform))])
            }
            Content::Index(entries) => {
                let target = |entry: crate::attach::Entry| match entry.platform {
                    Some(platform) => Ok((format!("{}@{}", resolved.repository, entry.digest), Some(platform))),
                    None => Err(Failure::new(format_args!(
                        "expected a platform of each image of the index, found none of {}; hint: leave {{platform}} out",
                        entry.digest
                    ))),
                };
                entries.into_iter().map(target).collect()
            }
        }
    }

    fn platform_of(&self, resolved: &Resolved, config: Option<&str>) -> Result<String, Failure> {
        let at = |error: &dyn std::fmt::Display| Failure::at(format_args!("the configuration of `{}`", resolved.pinned()), error);
        let digest = config.ok_or_else(|| at(&"there is none that names a platform"))?;
        let bytes = self.registry.pull_blob(&resolved.pinned(), digest, CONFIG_BYTES).map_err(|e| at(&e))?;
        let Config { os, architecture, variant } = serde_json::from_slice(&bytes).map_err(|e| at(&e))?;
        Ok(match variant.filter(|variant| !variant.is_empty()) {
            Some(variant) => format!("{os}/{architecture}/{variant}"),
            None => format!("{os}/{architecture}"),
        })
    }

    fn scan(&self, scanner: &Scanner, image: &str, platform: Option<&str>) -> Result<Read, Failure> {
        // Nobody else may read or write in it; it goes with what is in it.
        let folder = private_folder().map_err(|e| Failure::at("temporary folder", e))?;
        let report = folder.path().join("report");
        let process = Process {
            program: scanner.program(),
            words: scanner.words(image, &report, platform.unwrap_or_default())?,
            report: &report,
            writes_file: scanner.writes_file(),
            folder: folder.path(),
            timeout: self.timeout,
        };
        let bytes = process.run()?;
        let of = platform.map(|platform| format!(", platform {platform}")).unwrap_or_default();
        let at = |error| Failure::at(format_args!("the report of `{}`{of}", scanner.program()), error);
        let mut report = reports::read_with(&bytes, self.format, self.leniency).map_err(at)?;
        // It is what the scanner was asked for.
        report.subject.platform = report.subject.platform.or_else(|| platform.map(str::to_owned));
        Ok(Read { report, bytes, carried: None })
    }
}

/// A folder that nobody else may look into, whatever the umask.
fn private_folder() -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("gatectl-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}
