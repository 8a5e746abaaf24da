//! Why a report cannot be used: one sentence and, where there is one, what the reader can do.

use std::fmt;

use crate::words;

/// Printed as `sentence; hint: …`, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What the reader can do about it.
    pub hint: Option<String>,
}

impl ReportError {
    pub(crate) fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self { message: words::one_line(&message.into()), hint: hint.map(str::to_owned) }
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ReportError {}
