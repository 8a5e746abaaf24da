//! How far the work is: of many items a bar on a terminal, else one line each; of files that are read a bar, else nothing.
//!
//! Everything is drawn by the thread that holds the handles: a bar has no thread of its own.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::Failure;
use crate::output::Output;
use crate::visible;

/// How the bar of items looks.
const ITEMS: &str = "{bar:30} {pos}/{len} {msg}";
/// How the bar of files looks, of a known length in bytes and of an unknown one.
const BYTES: [&str; 2] = ["{wide_bar} {bytes} of {total_bytes}, {eta} left: {msg}", "{bytes} read: {msg}"];
/// Bytes between two looks at the bar.
const STEP: u64 = 4 * 1024 * 1024;

/// How many items are done.
pub(crate) struct Progress<'o, 'w> {
    output: &'o mut Output<'w>,
    bar: Option<ProgressBar>,
    has_lines: bool,
    n_done: usize,
    n_all: usize,
}

impl<'o, 'w> Progress<'o, 'w> {
    /// Nothing of so many is done yet.
    pub(crate) fn new(output: &'o mut Output<'w>, n_all: usize) -> Self {
        let bar = output.is_interactive.then(|| {
            let bar = bar(Some(u64::try_from(n_all).unwrap_or(u64::MAX)), ProgressDrawTarget::stderr(), ITEMS);
            bar.tick();
            bar
        });
        Self { output, bar, has_lines: true, n_done: 0, n_all }
    }

    /// The same with a bar at most: for what is mostly looked at only.
    pub(crate) fn quiet(output: &'o mut Output<'w>, n_all: usize) -> Self {
        let mut progress = Self::new(output, n_all);
        progress.has_lines = false;
        progress
    }

    /// One more is done: what it is, what became of it, and whether that should stay in sight beside a bar.
    pub(crate) fn finished(&mut self, item: &str, state: &str, stays: bool) -> Result<(), Failure> {
        self.n_done = self.n_done.saturating_add(1);
        let line = visible::line(&format!("{state} {item}"));
        match &self.bar {
            None if !self.has_lines => {}
            None => writeln!(self.output.notes, "{}/{}: {line}", self.n_done, self.n_all)?,
            Some(bar) => {
                if stays {
                    bar.println(&line);
                }
                bar.set_message(line);
                bar.inc(1);
            }
        }
        Ok(())
    }
}

impl Drop for Progress<'_, '_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How much of files is read.
pub(crate) struct Reading {
    bar: ProgressBar,
    read: Cell<u64>,
    shown: Cell<u64>,
}

impl Reading {
    /// Of files with so many bytes together; of standard input nobody knows how many. Where results appear on the same terminal line by
    /// line, they are progress enough.
    pub(crate) fn new(paths: &[PathBuf], is_streamed: bool) -> Self {
        let sizes = paths.iter().map(|path| std::fs::metadata(path).map(|metadata| metadata.len()));
        let all = sizes.sum::<Result<u64, _>>().ok();
        let target = if is_streamed { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let [known, unknown] = BYTES;
        Self { bar: bar(all, target, if all.is_some() { known } else { unknown }), read: Cell::new(0), shown: Cell::new(0) }
    }

    /// Another file is begun.
    pub(crate) fn file(&self, path: &Path) {
        self.bar.set_message(visible::line(&path.display().to_string()));
    }

    /// So many bytes more were read.
    pub(crate) fn read(&self, bytes: u64) {
        let read = self.read.get().saturating_add(bytes);
        self.read.set(read);
        if read.saturating_sub(self.shown.get()) >= STEP {
            self.shown.set(read);
            self.bar.set_position(read);
        }
    }
}

impl Drop for Reading {
    /// The line is free again, however reading ended.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar of a length, where that is known.
fn bar(length: Option<u64>, target: ProgressDrawTarget, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, target);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
