//! `gatectl prune`: repositories → without the findings of images that are gone.
//!
//! In this order: the tags are listed, the image behind each findings tag is asked for (`find`), what other tags stand for is held
//! against what would be removed (`shared`), and what is left is removed (`remove`). An artifact goes only where the registry says
//! definitely that its image is gone; whatever else is answered keeps it.

mod find;
mod remove;
mod shared;
mod show;

use clap::Args;
use host::registry::Registry;
use policy::time::{Duration, Timestamp};

use crate::clock;
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::jobs::JobCount;
use crate::output::{Format, Output};
use crate::progress::Progress;

/// Removes findings, and their signatures, of images that are no longer in the registry
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl prune ghcr.io/acme/web ghcr.io/acme/db --dry-run
  gatectl prune registry.example/acme/web --older-than 30d
  gatectl prune registry.example/findings --images-in registry.example/acme/web --images-in registry.example/acme/db --format json

Findings stay unless the registry answers 404 for their image, in their own repository and in each of --images-in. They stay, too,
where another tag stands for the same manifest, since deletion would remove that tag; and where any tag of the repository cannot be
asked for, and where no tag stands for an image and --images-in names none. A repository of --images-in that has no tag at all is an error: its name may be a slip. The signature goes before the findings, so that what was interrupted is found again.

The registry must allow deletion, and the credentials must have the right to it. It frees the space when it collects its garbage.

Exit codes: 0 done, 1 something failed.")]
pub(crate) struct Prune {
    /// Repositories of findings
    #[arg(required = true, value_name = "REPOSITORY")]
    repositories: Vec<String>,
    /// Another repository that may have the images; can be repeated
    #[arg(long, value_name = "REPOSITORY")]
    images_in: Vec<String>,
    /// Only findings of a scan that is longer ago, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    older_than: Option<Duration>,
    /// The time that is taken for the present [default: the real one]
    #[arg(long, value_name = "TIME", value_parser = crate::attach::time)]
    now: Option<Timestamp>,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    jobs: JobCount,
    #[command(flatten)]
    connection: Connection,
}

/// A length of time on the command line.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "expected a whole number and a unit, such as 90s, 15m, 24h or 7d".to_owned())
}

/// What became of a findings artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It stays; why.
    Kept(String),
    /// Its image is gone: it is to be removed.
    Orphaned,
    /// It was removed.
    Removed,
    /// It stays because something failed; what.
    Failed(String),
}

impl State {
    fn word(&self) -> &'static str {
        match self {
            Self::Kept(_) => "kept",
            Self::Orphaned => "orphaned",
            Self::Removed => "removed",
            Self::Failed(_) => "failed",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Kept(reason) | Self::Failed(reason) => Some(reason),
            Self::Orphaned | Self::Removed => None,
        }
    }
}

/// A findings artifact, or a repository whose tags could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Artifact {
    repository: String,
    /// The findings tag; none of a repository.
    tag: Option<String>,
    /// Digest of the artifact's manifest, where it was looked at.
    digest: Option<String>,
    /// When the scan was finished, where it was looked at.
    scanned_at: Option<Timestamp>,
    state: State,
}

/// What artifacts are judged by.
struct Pruning<'a> {
    registry: Registry,
    images_in: &'a [String],
    older_than: Option<Duration>,
    now: Timestamp,
    jobs: JobCount,
    is_dry_run: bool,
}

impl Prune {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let repositories = named(&self.repositories)?;
        let images_in = named(&self.images_in)?;
        let pruning = Pruning {
            registry: self.connection.registry()?,
            images_in: &images_in,
            older_than: self.older_than,
            now: self.now.unwrap_or_else(clock::present),
            jobs: self.jobs,
            is_dry_run: self.dry_run,
        };
        // A repository of images that does not exist, for which some registries have an empty list of tags, lacks every image: its name
        // would be a slip that has all findings removed.
        for repository in &images_in {
            match pruning.registry.tags(repository) {
                Ok(tags) if tags.is_empty() => return Err(without_tags(repository)),
                Ok(_) => {}
                Err(error) => return Err(listing(repository, &error)),
            }
        }
        let mut artifacts = Vec::new();
        for repository in &repositories {
            artifacts.extend(pruning.repository(repository, output)?);
        }
        show::write(output, self.format, self.dry_run, &artifacts)?;
        let has_failed = artifacts.iter().any(|artifact| matches!(artifact.state, State::Failed(_)));
        Ok(if has_failed { ExitCode::Failed } else { ExitCode::Admitted })
    }
}

impl Pruning<'_> {
    /// Every findings artifact of a repository, by its tag.
    fn repository(&self, repository: &str, output: &mut Output<'_>) -> Result<Vec<Artifact>, Failure> {
        let mut tags = match self.registry.tags(repository) {
            Ok(tags) => tags,
            Err(error) => {
                let state = State::Failed(listing(repository, &error).message);
                let repository = repository.to_owned();
                return Ok(vec![Artifact { repository, tag: None, digest: None, scanned_at: None, state }]);
            }
        };
        if tags.is_empty() {
            output.note(without_tags(repository).message)?;
        }
        tags.sort();
        tags.dedup();
        let candidates = find::candidates(&tags);
        let mut progress = Progress::quiet(output, candidates.len());
        let mut artifacts = crate::jobs::run(
            &candidates,
            self.jobs,
            |_, candidate| self.judge(repository, candidate),
            |candidate, artifact| progress.finished(&candidate.tag, artifact.state.word(), false),
        )?;
        drop(progress);
        let is_image = |tag: &String| !tag.ends_with(".findings") && !tag.ends_with(".sig");
        if self.images_in.is_empty() && !tags.iter().any(is_image) {
            for artifact in artifacts.iter_mut().filter(|artifact| artifact.state == State::Orphaned) {
                let why = format!(
                    "no tag of `{repository}` stands for an image: its findings may be of images elsewhere; hint: name their repository with --images-in, this one if it is meant"
                );
                artifact.state = State::Failed(why);
            }
        }
        if artifacts.iter().any(|artifact| artifact.state == State::Orphaned) {
            self.keep_shared(repository, &tags, &mut artifacts)?;
            if !self.is_dry_run {
                self.remove(repository, &mut artifacts);
            }
        }
        Ok(artifacts)
    }
}

fn named(texts: &[String]) -> Result<Vec<String>, Failure> {
    let mut named = Vec::new();
    for text in texts {
        let repository = crate::attach::repository(text)?;
        if !named.contains(&repository) {
            named.push(repository);
        }
    }
    Ok(named)
}

fn without_tags(repository: &str) -> Failure {
    Failure::at(format_args!("repository `{repository}`"), "expected tags in it, found none; nothing is removed by it")
}

/// Why the tags of a repository are not known.
fn listing(repository: &str, error: &host::registry::RegistryError) -> Failure {
    let place = format!("repository `{repository}`");
    match error.is_not_found() {
        true => Failure::at(place, "the registry has no such repository; nothing is removed by it"),
        false => Failure::at(place, format_args!("its tags could not be listed: {error}")),
    }
}
