//! How far reading is, on a terminal.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::visible;

/// Bytes between two looks at the bar.
const STEP: u64 = 4 * 1024 * 1024;

/// A bar on standard error, where that is a terminal; else nothing.
pub(super) struct Progress {
    bar: ProgressBar,
    read: Cell<u64>,
    shown: Cell<u64>,
}

impl Progress {
    /// Of files with so many bytes together; of standard input nobody knows how many. Where results appear on the same terminal line by
    /// line, they are progress enough.
    pub(super) fn new(paths: &[PathBuf], is_streamed: bool) -> Self {
        let sizes = paths.iter().map(|path| std::fs::metadata(path).map(|metadata| metadata.len()));
        let all = sizes.sum::<Result<u64, _>>().ok();
        let target = if is_streamed { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = match all {
            Some(_) => "{wide_bar} {bytes} of {total_bytes}, {eta} left: {msg}",
            None => "{bytes} read: {msg}",
        };
        let bar = ProgressBar::with_draw_target(all, target);
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { bar, read: Cell::new(0), shown: Cell::new(0) }
    }

    /// Another file is begun.
    pub(super) fn file(&self, path: &Path) {
        self.bar.set_message(visible::line(&path.display().to_string()));
    }

    /// So many bytes more were read.
    pub(super) fn read(&self, bytes: u64) {
        let read = self.read.get().saturating_add(bytes);
        self.read.set(read);
        if read.saturating_sub(self.shown.get()) >= STEP {
            self.shown.set(read);
            self.bar.set_position(read);
        }
    }
}

impl Drop for Progress {
    /// The line is free again, however reading ended.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
