//! Why a report cannot be used: one sentence and, where there is one, what the reader can do.

use std::fmt;

use crate::words;

/// Printed as `sentence; hint: …`, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError(Box<Said>);

/// Behind one pointer: whatever can fail hands on no more than that.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    message: String,
    hint: Option<String>,
}

impl ReportError {
    pub(crate) fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self(Box::new(Said { message: words::one_line(&message.into()), hint: hint.map(str::to_owned) }))
    }

    /// What is wrong, in lower case and without a full stop.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the reader can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        match self.hint() {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ReportError {}
