//! The edge: arguments, terminal and exit code.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use gatectl::output::{Output, Terminal};

fn main() -> ExitCode {
    let (stdout, stderr) = (io::stdout().lock(), io::stderr().lock());
    let is_coloured = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let is_interactive = stderr.is_terminal();
    let mut stdout: Box<dyn Write> = if stdout.is_terminal() { Box::new(Terminal::new(stdout)) } else { Box::new(stdout) };
    let mut stderr: Box<dyn Write> = if stderr.is_terminal() { Box::new(Terminal::new(stderr)) } else { Box::new(stderr) };
    let mut output = Output { results: &mut stdout, notes: &mut stderr, is_coloured, is_interactive };
    let exit = gatectl::run(std::env::args_os(), &mut output);
    // A reader that went away has seen what it wanted to see.
    let _ = output.results.flush();
    exit.into()
}
