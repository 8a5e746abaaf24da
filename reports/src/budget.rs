//! How much a report may come to where its format multiplies names by packages: a small report must not fill the memory.

use crate::ReportError;

/// How many texts a report may come to where its format multiplies them (names × affected packages). The longest reports that scanners
/// write come to less than a tenth.
const TEXTS: usize = 10_000_000;
/// Texts of a row beside its names, about.
const ROW: usize = 8;

/// What is left of the texts that a report may come to.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(TEXTS)
    }

    /// Takes what rows with names come to.
    ///
    /// # Errors
    /// There is not so much left: the report was made to be too large to read.
    pub(crate) fn take(&mut self, n_rows: usize, n_names: usize) -> Result<(), ReportError> {
        let left = self.0.checked_sub(n_rows.saturating_mul(n_names.saturating_add(ROW)));
        self.0 = left.ok_or_else(|| {
            ReportError::new(format!("expected a report whose findings come to at most {TEXTS} texts, found more"), None)
        })?;
        Ok(())
    }
}
