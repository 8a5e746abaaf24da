//! The password of a private key: from cosign's environment variable, else asked for on the terminal.

use std::path::Path;

use crate::exit::Failure;

/// Cosign's name for it.
pub(crate) const VARIABLE: &str = "COSIGN_PASSWORD";

/// Where passwords come from.
#[derive(Clone, Default)]
pub struct Passwords(Option<Vec<u8>>);

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("is_given", &self.0.is_some()).finish()
    }
}

impl Passwords {
    /// The value of `COSIGN_PASSWORD`, which may be empty; where it is not set, whoever sits at the terminal is asked.
    #[must_use]
    pub fn from_environment() -> Self {
        Self(std::env::var_os(VARIABLE).map(|value| value.as_encoded_bytes().to_vec()))
    }

    /// This password for every key, and no terminal.
    #[must_use]
    pub fn given(password: impl Into<Vec<u8>>) -> Self {
        Self(Some(password.into()))
    }

    /// The password of a key that exists.
    pub(crate) fn of(&self, key: &Path) -> Result<Vec<u8>, Failure> {
        match &self.0 {
            Some(password) => Ok(password.clone()),
            None => ask(key, "Password"),
        }
    }

    /// The password for a key to be made: asked for twice.
    pub(crate) fn for_new(&self, key: &Path) -> Result<Vec<u8>, Failure> {
        if let Some(password) = &self.0 {
            return Ok(password.clone());
        }
        let first = ask(key, "New password")?;
        match ask(key, "Repeat the password")? == first {
            true => Ok(first),
            false => Err(Failure::at(key.display(), "the two passwords differ; nothing was written")),
        }
    }
}

/// Asks on the terminal itself, so that stdin may be a report.
fn ask(key: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let answer = rpassword::prompt_password(format!("{what} of {}: ", key.display()));
    answer.map(String::into_bytes).map_err(|error| {
        let hint = format!("hint: set {VARIABLE}, to nothing for a key without a password");
        Failure::at(key.display(), format_args!("there is no terminal to ask for the password on: {error}; {hint}"))
    })
}
