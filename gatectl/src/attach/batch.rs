//! `gatectl attach --batch`: a list of images and reports → findings beside each, several at a time.
//!
//! Resuming needs no journal: the same files and image give the same bytes, so what the registry has under a findings tag (and, with a
//! key, beside it as signature) says whether an image is done. Who was interrupted starts the same command again.

mod list;
mod show;
mod turns;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use host::registry::Registry;
use reports::report::Notes;

use self::list::Row;
use self::turns::Turns;
use super::{Attach, Beside, Binding, Job, Push, input, sign};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::jobs::{self, JobCount};
use crate::output::Output;
use crate::password::Passwords;
use crate::progress::Progress;

/// The arguments of a batch.
#[derive(Debug, Args)]
pub(crate) struct BatchOptions {
    /// A list of images as CSV, `-` for stdin: a header, columns `image` and `report` (several files separated by `;`), if need be
    /// `platform`, `report-format`, `scanned-at` and `vex`; paths are relative to the list's folder
    #[arg(long, value_name = "LIST", conflicts_with_all = ["image", "report"])]
    pub(super) batch: Option<PathBuf>,
    /// How many images of a list are worked at at the same time, 1 to 64
    #[arg(long, value_name = "NUMBER", default_value = "4", conflicts_with_all = ["image", "report"], value_parser = jobs::count())]
    jobs: NonZeroUsize,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It is attached now, or would be.
    Published,
    /// The same was attached before.
    Unchanged,
    /// Nothing was attached; why.
    Failed(String),
}

impl State {
    fn word(&self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Unchanged => "unchanged",
            Self::Failed(_) => "failed",
        }
    }
}

/// A row when it is done.
struct Finished {
    state: State,
    /// Reference and digest of each artifact.
    artifacts: Vec<(String, String)>,
    notes: Notes,
}

/// What every row is done with.
struct Batch<'a> {
    attach: &'a Attach,
    registry: Registry,
    beside: Beside,
    push: Push<'a>,
    rows: &'a [Row],
    turns: Turns,
}

pub(super) fn run(attach: &Attach, file: &Path, output: &mut Output<'_>, passwords: &Passwords) -> Outcome {
    let key = attach.sign_key.as_deref().map(|file| sign::key(file, passwords)).transpose()?;
    attach.report_options.check(&[file.to_owned()])?;
    let rows = list::read(file)?;
    let push = Push { key: key.as_ref(), replace_newer: attach.replace_newer, is_dry_run: attach.dry_run, skips_same: true };
    let registry = attach.connection.registry()?;
    let beside = attach.report_options.read_for_all()?;
    let batch = Batch { attach, registry, beside, push, rows: &rows, turns: Turns::default() };
    let mut progress = Progress::new(output, rows.len());
    let finished = jobs::run(
        &rows,
        JobCount { jobs: attach.many.jobs },
        |nth, row| batch.row(nth, row),
        |row, finished| progress.finished(&row.image, finished.state.word(), matches!(finished.state, State::Failed(_))),
    )?;
    drop(progress);
    show::write(output, attach.format, attach.dry_run, &rows, &finished)?;
    let has_failed = finished.iter().any(|finished| matches!(finished.state, State::Failed(_)));
    Ok(if has_failed { ExitCode::Failed } else { ExitCode::Admitted })
}

impl Batch<'_> {
    fn row(&self, nth: usize, row: &Row) -> Finished {
        self.attach(nth, row).unwrap_or_else(|failure| Finished {
            state: State::Failed(failure.message),
            artifacts: Vec::new(),
            notes: Notes::default(),
        })
    }

    fn attach(&self, nth: usize, row: &Row) -> Result<Finished, Failure> {
        // Whatever fails before it claims its tags lets those after it go on.
        let turn = self.turns.turn(nth);
        let format = row.report_format.or(self.attach.report_format);
        let read = input::reports(&row.reports, format, self.attach.report_options.leniency())?;
        let own = match row.vex.as_slice() {
            [] => None,
            files => Some(self.beside.with_vex(files)?),
        };
        let binding = Binding {
            platform: row.platform.as_deref().or(self.attach.platform.as_deref()),
            scanned_at: row.scanned_at.or(self.attach.scanned_at),
            is_forced: self.attach.report_options.force_subject,
            carries_over: !self.attach.no_carry_over,
            key: self.push.key,
        };
        let job = Job { image: &row.image, repository: self.attach.repository.as_deref(), binding };
        let prepared = job.prepare(&self.registry, &read, own.as_ref().unwrap_or(&self.beside))?;
        let tags: Vec<&str> = prepared.artifacts.iter().map(|(artifact, _)| artifact.reference.as_str()).collect();
        turn.claim(&tags).map_err(|(tag, owner)| {
            let line = self.rows.get(owner).map_or(0, |row| row.line);
            Failure::new(format_args!(
                "line {line} of the list is about the same image, and its findings are those of `{tag}`; hint: name all reports about an image in one row"
            ))
        })?;
        let done = self.push.run(&self.registry, &prepared)?;
        let of = |(artifact, _): &(reports::artifact::Artifact, _)| (artifact.reference.clone(), artifact.digest());
        Ok(Finished {
            state: if done.is_same { State::Unchanged } else { State::Published },
            artifacts: prepared.artifacts.iter().map(of).collect(),
            notes: prepared.notes,
        })
    }
}
