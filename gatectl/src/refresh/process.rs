//! A scanner's process: begun in a group of its own, watched, ended with its group whatever happens.
//!
//! What it writes goes to files of a private folder, not through pipes: a process that the scanner leaves behind cannot keep anybody
//! waiting for their end.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::interrupt;
use crate::clock;
use crate::exit::Failure;
use crate::visible;

/// The longest report, and the most that is written to stderr, in bytes: what the report readers accept at most.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How much of the end of stderr is looked at, in bytes.
const TAIL_BYTES: u64 = 4096;
/// How many lines of it are told.
const TAIL_LINES: usize = 5;
/// How many characters of a line are told.
const TAIL_LINE: usize = 300;
/// How often is looked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// A program with its words.
pub(super) struct Process<'a> {
    pub(super) program: &'a str,
    pub(super) words: Vec<OsString>,
    /// Where the report will be: the program writes it, or it is what the program writes to stdout.
    pub(super) report: &'a Path,
    pub(super) writes_file: bool,
    /// A private folder.
    pub(super) folder: &'a Path,
    pub(super) timeout: Duration,
}

impl Process<'_> {
    /// Runs it, and gives the report.
    ///
    /// # Errors
    /// It could not be begun, took too long, wrote too much, ended with another status than 0, or left no report; with the last lines of
    /// its stderr.
    pub(super) fn run(&self) -> Result<Vec<u8>, Failure> {
        let errors = self.folder.join("stderr");
        let at = |message: String| Failure::at(format_args!("scanner `{}`", self.program), message);
        let create = |path: &Path| File::create(path).map_err(|e| Failure::at(path.display(), e));
        let stdout = if self.writes_file { Stdio::null() } else { Stdio::from(create(self.report)?) };
        let mut command = Command::new(self.program);
        // The password of the key is none of the scanner's business.
        command.args(&self.words).env_remove(crate::password::VARIABLE).stdin(Stdio::null()).stdout(stdout);
        command.stderr(Stdio::from(create(&errors)?));
        in_own_group(&mut command);
        let child =
            interrupt::spawn(&mut command, self.folder).map_err(|error| at(format!("it could not be started: {error}")))?;
        let ended = self.watch(child, &[self.report.to_owned(), errors.clone()]);
        let said = last_lines(&errors).map(|lines| format!("; its last words: {lines}")).unwrap_or_default();
        match ended {
            Err(why) => Err(at(format!("{why}{said}"))),
            Ok(status) if !status.success() => Err(at(format!("it ended with {status}{said}"))),
            Ok(_) => read(self.report).map_err(|error| at(format!("its report could not be read: {error}{said}"))),
        }
    }

    /// Waits for its end; why it was ended else. Afterwards nothing of its group runs.
    fn watch(&self, mut child: Child, files: &[PathBuf]) -> Result<ExitStatus, String> {
        let begun = clock::instant();
        let why = loop {
            match has_ended(&mut child) {
                Ok(true) => break None,
                Ok(false) => {}
                Err(error) => break Some(format!("it could not be waited for: {error}")),
            }
            if clock::instant().duration_since(begun) >= self.timeout {
                break Some(format!("it took longer than {} s (--scanner-timeout) and was ended", self.timeout.as_secs_f64()));
            }
            // A file that is not there yet has no length.
            if files.iter().any(|file| std::fs::metadata(file).is_ok_and(|file| file.len() > MAX_BYTES)) {
                break Some(format!("it wrote more than {MAX_BYTES} bytes and was ended"));
            }
            std::thread::sleep(POLL);
        };
        end_group(child.id());
        #[cfg(not(unix))]
        let _ = child.kill();
        interrupt::forget(&child);
        let status = child.wait().map_err(|error| format!("it could not be waited for: {error}"))?;
        why.map_or(Ok(status), Err)
    }
}

fn read(report: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(report).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match bytes.len() {
        0 => Err("it is empty".to_owned()),
        length if length as u64 > MAX_BYTES => Err(format!("expected at most {MAX_BYTES} bytes, found more")),
        _ => Ok(bytes),
    }
}

/// The end of a file of foreign text, on one line that a terminal shows as it stands.
fn last_lines(file: &Path) -> Option<String> {
    let mut file = File::open(file).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(|line| visible::line(line).trim().chars().take(TAIL_LINE).collect::<String>());
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
    (!last.is_empty()).then(|| last.join(" / "))
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_own_group(_: &mut Command) {}

/// Whether a process has ended. It is not taken leave of: until then nobody else gets its number, which is that of its group.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = pid(child.id()) else { return Ok(child.try_wait()?.is_some()) };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), options)?.is_some())
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    Ok(child.try_wait()?.is_some())
}

/// Ends the process group of a number. That nothing of it runs any more is no failure.
#[cfg(unix)]
pub(super) fn end_group(group: u32) {
    if let Some(pid) = pid(group) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(unix)]
fn pid(number: u32) -> Option<rustix::process::Pid> {
    i32::try_from(number).ok().and_then(rustix::process::Pid::from_raw)
}

/// Elsewhere there are no groups that could be ended.
#[cfg(not(unix))]
pub(super) fn end_group(_: u32) {}
