//! What is finished of many → a bar on a terminal, else one line each.
//!
//! Everything is drawn by the thread that holds the handles: the bar has no thread of its own.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::Failure;
use crate::output::Output;
use crate::visible;

/// How the bar looks.
const TEMPLATE: &str = "{bar:30} {pos}/{len} {msg}";

/// How far the work is.
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
            let length = u64::try_from(n_all).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style);
            }
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
