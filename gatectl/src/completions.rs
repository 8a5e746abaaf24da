//! `gatectl completions`: the command line → a shell's completion script.

use clap::Args;
use clap_complete::Shell;

use crate::exit::{ExitCode, Outcome};
use crate::output::Output;

/// Writes a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl completions bash > ~/.local/share/bash-completion/completions/gatectl")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        // The generator panics where its writer fails, so it writes into memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::command(), "gatectl", &mut script);
        output.results.write_all(&script)?;
        Ok(ExitCode::Admitted)
    }
}
