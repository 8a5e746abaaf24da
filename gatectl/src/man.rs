//! `gatectl man`: the command line → manual pages.

use std::path::PathBuf;

use clap::Args;

use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;

/// Writes the manual page, or one for each command into a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl man | man -l -\n  gatectl man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// Folder for the pages of all commands; without it the main page is written out
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        match self.folder {
            Some(folder) => clap_mangen::generate_to(crate::command(), &folder).map_err(|e| Failure::at(folder.display(), e))?,
            None => clap_mangen::Man::new(crate::command()).render(&mut output.results)?,
        }
        Ok(ExitCode::Admitted)
    }
}
