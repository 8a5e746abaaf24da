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
    /// Of files with so many bytes together; of standard input nobody knows.
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let sizes = paths.iter().map(|path| std::fs::metadata(path).map_or(0, |metadata| metadata.len()));
        let bar = ProgressBar::with_draw_target(Some(sizes.fold(0, u64::saturating_add)), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left: {msg}");
        let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
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

    /// The line is free again.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
