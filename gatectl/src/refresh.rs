//! `gatectl refresh`: the images that run → fresh findings beside each.
//!
//! In this order: the images are gathered from a cluster, from pods in a file (`pods`) or from a list (`images`), what the registry has of
//! each is looked at (`fresh`), and what is missing, unusable or old is scanned by a program of the operator's choice (`scanner`,
//! `process`) and attached (`scan`). What is fresh is passed over, so that whoever was interrupted starts again.

mod fresh;
mod images;
mod interrupt;
mod pods;
mod process;
mod scan;
mod scanner;
mod show;

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use policy::time::{Duration, Timestamp};
use reports::Format;
use reports::report::Notes;

use self::fresh::{Freshness, Looking};
use self::images::Images;
use self::scan::Scanning;
use self::scanner::Scanner;
use crate::attach::{Push, ReportOptions};
use crate::clock;
use crate::cluster::ClusterConnection;
use crate::connection::Connection;
use crate::exit::{ExitCode, Outcome};
use crate::jobs::{self, JobCount};
use crate::output::{self, Output};
use crate::password::Passwords;
use crate::progress::Progress;
use crate::prune::duration;

/// Scans the images that run, and attaches what was found, where findings are missing, unusable or old
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("source").required(true).multiple(true).args(["cluster", "objects", "images"])),
    mut_arg("cluster", |cluster| cluster.help("Take the images of the pods of a cluster")),
    after_help = "Examples:
  gatectl refresh --cluster --scanner 'trivy image --quiet --platform {platform} --format json --output {report} {image}'
  gatectl refresh --cluster --context staging --older-than 12h --dry-run
  kubectl get pods -A -o json | gatectl refresh --objects - --scanner 'grype {image} --output json --file {report}' --jobs 2
  gatectl refresh --images images.txt --scanner 'trivy image --format json --output {report} {image}'
  gatectl refresh --cluster --sign-key cosign.key --scanner 'trivy image --format json --output {report} {image}' --format json

The scanner's command line is split into words as a shell would, and run without one. {image} is the image by its digest, always one
word and never an option; {report} is a file of its own, without which stdout is the report; {platform} has each platform of an image
index scanned by itself, by the digest of its own; without it, platforms that no report is about are not looked at, and one that has
findings keeps them: nothing is attached then. The scanner's environment has no COSIGN_PASSWORD, but it runs as the same user, who can
read the key: run a scanner that you trust. It gets no stdin, and a group of its own, which is ended with it and by an interrupt.

An image of a pod is the one that its containers' status names by digest, in the repository that its specification names, which is
where a gate looks. Where the status names none yet, what the tag stands for now is taken. With --sign-key, findings that this key
has not signed count as none. A report that does not say when it was made is of when the scanner ended.

Exit codes: 0 all are fresh now, 1 something failed."
)]
pub(crate) struct Refresh {
    #[command(flatten)]
    cluster: ClusterConnection,
    /// Take the images of pods in a file, as `kubectl get pods -A -o json` writes them, `-` for stdin; can be repeated
    #[arg(long, value_name = "FILE")]
    objects: Vec<PathBuf>,
    /// Take the images of a list, one on each line, `-` for stdin
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,
    /// Findings of a scan that is longer ago are old
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    older_than: Duration,
    /// The time that is taken for the present [default: the real one]
    #[arg(long, value_name = "TIME", value_parser = crate::attach::time)]
    now: Option<Timestamp>,
    /// The scanner's command line, with {image} and if need be {report} and {platform}
    #[arg(long, value_name = "COMMAND", required_unless_present = "dry_run", value_parser = Scanner::parse)]
    scanner: Option<Scanner>,
    /// The longest that one scan may take
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    scanner_timeout: Duration,
    /// Format of the reports [default: as their top-level keys show]
    #[arg(long, value_name = "FORMAT", value_parser = crate::attach::format)]
    report_format: Option<Format>,
    #[command(flatten)]
    report_options: ReportOptions,
    /// Repository of the findings [default: each image's own]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// Sign the artifacts with this private key of `gatectl keys generate` or cosign; its password is in COSIGN_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Show what would be scanned, and scan nothing
    #[arg(long)]
    dry_run: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: output::Format,
    #[command(flatten)]
    jobs: JobCount,
    #[command(flatten)]
    connection: Connection,
}

/// What became of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Its findings are young enough.
    Fresh,
    /// It would be scanned; why.
    Due(String),
    /// It was scanned; why.
    Refreshed(String),
    /// It has no fresh findings; why.
    Failed(String),
}

impl State {
    fn word(&self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Due(_) => "due",
            Self::Refreshed(_) => "refreshed",
            Self::Failed(_) => "failed",
        }
    }
}

/// An image when it is done.
#[derive(Debug)]
struct Finished {
    state: State,
    /// When the scan was finished whose findings it has now.
    scanned_at: Option<Timestamp>,
    /// Reference and digest of each artifact that was attached.
    artifacts: Vec<(String, String)>,
    /// What the reports left open.
    notes: Notes,
}

impl Refresh {
    pub(crate) fn run(self, output: &mut Output<'_>, passwords: &Passwords) -> Outcome {
        // What is wrong with the arguments is best known before a cluster is asked for a thousand pods.
        let key = self.sign_key.as_deref().map(|file| crate::attach::key(file, passwords)).transpose()?;
        let repository = self.repository.as_deref().map(crate::attach::repository).transpose()?;
        self.report_options.check(&self.objects.iter().chain(&self.images).cloned().collect::<Vec<_>>())?;
        let beside = self.report_options.read_for_all()?;
        let registry = self.connection.registry()?;
        let mut images = Images::default();
        if let Some(cluster) = self.cluster.cluster()? {
            pods::of_cluster(&cluster, &mut images)?;
        }
        for file in &self.objects {
            pods::of_file(file, &mut images)?;
        }
        if let Some(file) = &self.images {
            images.read_list(file)?;
        }
        for (note, times) in images.notes.iter() {
            output.note(format_args!("{note}{}", if times > 1 { format!(" ({times} times)") } else { String::new() }))?;
        }
        let now = self.now.unwrap_or_else(clock::present);
        let looking = Looking::new(&self.connection, now, self.older_than, repository.as_deref(), key.as_ref())?;
        let every_platform = self.scanner.as_ref().is_some_and(Scanner::names_platform);
        let push = Push { key: key.as_ref(), replace_newer: true, is_dry_run: false, skips_same: false };
        let scanning = Scanning {
            registry: &registry,
            beside: &beside,
            push,
            repository: repository.as_deref(),
            now,
            older_than: self.older_than,
            looking: &looking,
            timeout: std::time::Duration::from_millis(u64::try_from(self.scanner_timeout.millis()).unwrap_or(u64::MAX)),
            format: self.report_format,
            leniency: self.report_options.leniency(),
        };
        interrupt::arm();
        let due = images.resolved(&registry, self.jobs)?;
        let mut progress = Progress::new(output, due.len());
        let finished = jobs::run(
            &due,
            self.jobs,
            |_, image| {
                let pinned = match &image.pinned {
                    Ok(pinned) => pinned,
                    Err(why) => return Finished::failed(why.clone()),
                };
                match (looking.freshness(pinned, every_platform), &self.scanner) {
                    (Freshness::Fresh(at), _) => Finished { scanned_at: Some(at), ..Finished::of(State::Fresh) },
                    (Freshness::Unknown(why), _) => Finished::failed(why),
                    (Freshness::Due(why), Some(scanner)) if !self.dry_run => {
                        scanning.refresh(scanner, pinned, why).unwrap_or_else(|failure| Finished::failed(failure.message))
                    }
                    (Freshness::Due(why), _) => Finished::of(State::Due(why)),
                }
            },
            |image, done| progress.finished(image.name(), done.state.word(), matches!(done.state, State::Failed(_))),
        )?;
        drop(progress);
        show::write(output, self.format, self.dry_run, &due, &finished)?;
        let has_failed = finished.iter().any(|finished| matches!(finished.state, State::Failed(_)));
        Ok(if has_failed { ExitCode::Failed } else { ExitCode::Admitted })
    }
}

impl Finished {
    fn of(state: State) -> Self {
        Self { state, scanned_at: None, artifacts: Vec::new(), notes: Notes::default() }
    }

    fn failed(why: String) -> Self {
        Self::of(State::Failed(why))
    }
}
