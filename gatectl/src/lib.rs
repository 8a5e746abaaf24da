//! `gatectl`: attaches findings to images, and judges workloads by them without a cluster.
//!
//! One file for each subcommand: arguments → results on one handle, notes on another, and an [`ExitCode`]. The verdicts are the
//! module's own: `check` and `demo` run `policy.wasm` through the host, as a policy server does.

mod admissions;
mod attach;
mod cache;
mod check;
mod clock;
mod cluster;
mod completions;
mod connection;
mod demo;
mod exit;
mod findings;
mod import;
mod jobs;
mod keys;
mod lookup;
mod man;
mod manifests;
mod module;
mod objects;
pub mod output;
mod page;
mod password;
mod policy_module;
mod progress;
mod prune;
mod refresh;
mod serve;
mod settings;
mod snippet;
mod table;
mod unpacked;
mod visible;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

pub use self::exit::ExitCode;
use self::exit::Failure;
use self::output::Output;
pub use self::password::Passwords;

/// Gates container images on their vulnerability findings when they are deployed.
#[derive(Debug, Parser)]
#[command(name = "gatectl", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  done; every workload is admitted (audited ones included); nothing is worse
  1  the tool failed: a file, the network, the module, the arguments; there are no findings to show
  2  at least one workload is denied; something is worse
  3  the settings are refused";

#[derive(Debug, Subcommand)]
enum Command {
    Attach(attach::Attach),
    Refresh(Box<refresh::Refresh>),
    Prune(prune::Prune),
    Findings(Box<findings::Findings>),
    #[command(subcommand)]
    Keys(keys::Keys),
    Check(check::Check),
    Admissions(Box<admissions::Admissions>),
    Import(import::Import),
    #[command(subcommand)]
    Settings(settings::Settings),
    #[command(subcommand)]
    Module(module::Module),
    Serve(Box<serve::Serve>),
    Demo(demo::Demo),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Runs the command line: `arguments` begin with the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, output: &mut Output<'_>) -> ExitCode {
    run_with(arguments, output, &Passwords::from_environment())
}

/// Runs the command line with passwords from elsewhere than the environment.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>, output: &mut Output<'_>, passwords: &Passwords) -> ExitCode {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        // Help and version are answers, everything else is a mistake; clap's own exit code for it means "denied" here.
        Err(error) if error.use_stderr() => return say(output, &error.render().to_string(), ExitCode::Failed),
        Err(error) => {
            let text = if output.is_coloured { error.render().ansi().to_string() } else { error.render().to_string() };
            return match output.results.write_all(text.as_bytes()) {
                Ok(()) => ExitCode::Admitted,
                Err(_) => ExitCode::Failed,
            };
        }
    };
    let outcome = match parsed.command {
        Command::Attach(command) => command.run(output, passwords),
        Command::Refresh(command) => command.run(output, passwords),
        Command::Prune(command) => command.run(output),
        Command::Findings(command) => command.run(output),
        Command::Keys(command) => command.run(output, passwords),
        Command::Check(command) => command.run(output),
        Command::Admissions(command) => command.run(output),
        Command::Import(command) => command.run(output),
        Command::Settings(command) => command.run(output),
        Command::Module(command) => command.run(output),
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(output),
        Command::Completions(command) => command.run(output),
        Command::Man(command) => command.run(output),
    };
    match outcome {
        Ok(exit) => exit,
        Err(Failure { exit, message, .. }) => say(output, &format!("gatectl: {}\n", visible::lines(&message)), exit),
    }
}

/// Whether the command line takes these arguments, which begin with the program's name: for whoever writes them down for later.
///
/// # Errors
/// What is wrong with them, as a person would be told.
pub fn check_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    Arguments::try_parse_from(arguments).map(drop).map_err(|error| error.render().to_string())
}

/// The last word: where even the notes cannot be written, the exit code has to do.
fn say(output: &mut Output<'_>, text: &str, exit: ExitCode) -> ExitCode {
    let _ = output.notes.write_all(text.as_bytes());
    exit
}

/// The whole command line, for completions, manual pages and the reference.
#[must_use]
pub fn command() -> clap::Command {
    <Arguments as clap::CommandFactory>::command()
}
