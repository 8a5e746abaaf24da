//! `gatectl admissions`: what the gate answered, from the logs of the policy server and of the API server.

mod alert;
mod annotations;
mod audit_log;
mod chart;
mod event;
mod filter;
mod group;
mod grouping;
mod html;
mod identity;
mod inventory;
mod json;
mod lines;
mod message;
mod owner;
mod pairing;
mod reading;
mod record;
mod server_log;
mod summary;
mod tally;
mod wrapping;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use policy::time::Timestamp;

use self::filter::Filter;
use self::group::{By, View};
use self::inventory::{Counter, Inventory};
use self::lines::Lines;
use self::summary::Summary;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::progress::Reading;
use crate::sheet::{csv, table};
use crate::{clock, visible};

/// Rows of a table and of a page where nothing else is asked for.
const TABLE_ROWS: usize = 50;
const PAGE_ROWS: usize = 2_000;

/// Makes an inventory of what the gate answered, from logs of the policy server and audit logs of the API server
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kubectl logs -n kubewarden -l kubewarden/policy-server=gated-deployment --tail=-1 | gatectl admissions -
  gatectl admissions policy-server.log audit.log audit-2026-11-08.log.gz
  gatectl admissions policy-server.log --would-deny --since 2026-11-08
  gatectl admissions policy-server.log --top rules --action audit
  gatectl admissions audit.log --top images --image 'ghcr.io/acme/*' --namespace prod-shop
  gatectl admissions policy-server.log --code evidence-unavailable --format csv
  gatectl admissions policy-server.log audit.log --format html > admissions.html

Which log a line is of shows itself, line by line. The policy server's may be JSON or text; both may be wrapped by the CRI, by Docker, by
kubectl logs --prefix or by stern. The policy server's log has what was audited and denied; the audit log, from level Metadata on,
what was admitted too. An answer of which both tell counts once, and so does a record that is read twice.

A row is a namespace, a workload, an image, an action, a rule and a code, with how often that was answered. What a controller created is
its owner's: the pods of a Deployment are the Deployment. What is denied in the policy server's monitor mode is let through
nevertheless; the log says `deny`. Kubewarden's audit scanner asks about what runs already: its answers have the origin `scan`, and
--would-deny leaves them out.

--format json writes one document, jsonl a line for each answer as it is read: nothing is counted together, and memory does not grow with
the log. csv has the rows of the view, html one page that needs nothing else.

Exit codes: 0 the logs were read, 1 the tool failed, or a file could not be read to its end.")]
pub(crate) struct Admissions {
    /// Logs, gzip'd or not; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Groups by this, the most frequent first
    #[arg(long, value_enum, value_name = "WHAT")]
    top: Option<By>,
    /// What had been blocked if every rule denied: audited admissions and denied ones, by namespace and workload
    #[arg(long, conflicts_with = "top")]
    would_deny: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// How many rows are written [default: 50 in a table, 2000 in HTML, else all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    #[command(flatten)]
    filter: Filter,
}

/// How an inventory is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs: one document.
    Json,
    /// For programs: one answer a line, as they are read.
    Jsonl,
    /// For spreadsheets.
    Csv,
    /// For people without this program: one page.
    Html,
}

impl Admissions {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        match self.write(output) {
            // `| head`: nothing is judged here, so that no verdict is lost with the rest.
            Err(failure) if failure.is_reader_gone => Ok(ExitCode::Admitted),
            outcome => outcome,
        }
    }

    fn write(self, output: &mut Output<'_>) -> Outcome {
        if let Some(mistake) = self.filter.mistake() {
            return Err(Failure::new(mistake));
        }
        if self.format == Format::Jsonl && (self.top.is_some() || self.would_deny || self.limit.is_some()) {
            return Err(Failure::new(
                "expected --format jsonl without --top, --would-deny and --limit: it writes answers as they are read",
            ));
        }
        self.check_files()?;
        let (inventory, summary) = self.read(output)?;
        let view = match (self.top, self.would_deny) {
            (Some(by), _) => View::Top(by),
            (None, true) => View::WouldDeny,
            (None, false) => View::Inventory,
        };
        let mut sheet = group::sheet(&inventory, view);
        match self.format {
            Format::Table => table::write(output, &sheet, self.limit.unwrap_or(TABLE_ROWS))?,
            Format::Html => {
                let limit = self.limit.unwrap_or(PAGE_ROWS);
                output.results.write_all(html::page(&sheet, &inventory, &summary, limit, clock::present()).as_bytes())?;
            }
            Format::Json | Format::Csv => {
                sheet.rows.truncate(self.limit.unwrap_or(usize::MAX));
                match self.format {
                    Format::Csv => csv::write(output.results, &sheet)?,
                    _ => output.json(&json::document(&sheet, &inventory, &summary))?,
                }
            }
            Format::Jsonl => {}
        }
        if view == View::WouldDeny {
            output.note(group::would_deny_sentence(&inventory))?;
        }
        for line in summary::lines(&summary, &inventory).iter().chain(&summary.broken) {
            output.note(line)?;
        }
        Ok(if summary.broken.is_empty() { ExitCode::Admitted } else { ExitCode::Failed })
    }

    /// What is not there is said before anything is read.
    fn check_files(&self) -> Result<(), Failure> {
        let is_stdin = |path: &&PathBuf| path.as_os_str() == "-";
        if self.files.iter().filter(is_stdin).count() > 1 {
            return Err(Failure::new("expected `-` once: standard input is read to its end"));
        }
        for path in self.files.iter().filter(|path| !is_stdin(path)) {
            let metadata = std::fs::metadata(path).map_err(|error| Failure::at(path.display(), error))?;
            if metadata.is_dir() {
                return Err(Failure::at(path.display(), "expected a log, found a folder; name the files in it"));
            }
        }
        Ok(())
    }

    /// Reads all files, one after the other.
    fn read(&self, output: &mut Output<'_>) -> Result<(Inventory, Summary), Failure> {
        let (mut counter, mut summary, mut filtered) = (Counter::default(), Summary::default(), 0_u64);
        let is_streamed = self.format == Format::Jsonl;
        let progress = Reading::new(&self.files, is_streamed && output.is_coloured);
        let mut take = |answer| {
            let Some(answer) = self.filter.apply(answer) else {
                filtered = filtered.saturating_add(1);
                return Ok(());
            };
            if is_streamed {
                writeln!(output.results, "{}", visible::json(&json::answer(&answer).to_string()))?;
            } else {
                counter.add(answer);
            }
            Ok(())
        };
        for path in &self.files {
            progress.file(path);
            let lines = Lines::open(path, |bytes| progress.read(bytes))?;
            summary.files = summary.files.saturating_add(1);
            reading::read(lines, path, &mut summary, &mut take)?;
        }
        summary.filtered = filtered;
        Ok((counter.finish(), summary))
    }
}

/// What a log tells of one workload at one time.
pub(crate) struct Told {
    pub(crate) namespace: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) time: Timestamp,
    /// Those that an entry names.
    pub(crate) images: Vec<String>,
    /// How many more it counts without naming them.
    pub(crate) n_unlisted: u64,
}

/// Hands over the workloads of a log; how many of its lines could not be read. `path` is what it is called.
///
/// # Errors
/// It cannot be read to its end.
pub(crate) fn told(path: &Path, reader: impl Read, take: &mut dyn FnMut(Told)) -> Result<u64, Failure> {
    let lines = Lines::read(reader).map_err(|error| Failure::at(path.display(), error))?;
    let mut summary = Summary::default();
    reading::read(lines, path, &mut summary, &mut |answer| {
        let event::Workload { kind, name } = answer.shape.workload;
        let images = answer.shape.entries.into_iter().map(|entry| entry.image).filter(|image| !image.is_empty()).collect();
        take(Told { namespace: answer.shape.namespace, kind, name, time: answer.time, images, n_unlisted: answer.n_unlisted });
        Ok(())
    })?;
    match summary.broken.first() {
        Some(broken) => Err(Failure::new(broken)),
        None => Ok(summary.unread()),
    }
}

/// Whether a text is the beginning of a log, rather than manifests, by its first line: what stands further below may be text in a manifest.
pub(crate) fn is_log(beginning: &str) -> bool {
    beginning.trim_start_matches('\u{feff}').lines().find(|line| !line.trim().is_empty()).is_some_and(reading::is_of_log)
}
