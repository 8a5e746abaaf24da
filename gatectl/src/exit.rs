//! How a command ends: the exit codes are part of the interface.

use std::fmt::Display;

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// 0: done; every workload is admitted; nothing is worse.
    Admitted,
    /// 1: the tool failed; there are no findings to show.
    Failed,
    /// 2: at least one workload is denied.
    Denied,
    /// 2: of two sets of findings the later is worse.
    Worse,
    /// 3: the settings are refused.
    Settings,
}

impl ExitCode {
    /// The number that the process ends with.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Admitted => 0,
            Self::Failed => 1,
            Self::Denied | Self::Worse => 2,
            Self::Settings => 3,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// Why a command has no result: one sentence, and the exit code that goes with it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: ExitCode,
    pub(crate) message: String,
    /// Whether whoever reads the output went away: what is not written then, nobody misses.
    pub(crate) is_reader_gone: bool,
}

impl Failure {
    /// The tool failed.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { exit: ExitCode::Failed, message: message.to_string(), is_reader_gone: false }
    }

    /// The tool failed at something, such as a file.
    pub(crate) fn at(place: impl Display, message: impl Display) -> Self {
        Self::new(format_args!("{place}: {message}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let is_reader_gone = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { is_reader_gone, ..Self::at("output", error) }
    }
}

/// What commands return.
pub(crate) type Outcome = Result<ExitCode, Failure>;
