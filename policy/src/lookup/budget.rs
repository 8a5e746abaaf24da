//! No look-up begins once the settings' time for them is spent. One that hangs cannot be stopped from here.
//!
//! Source: the rule language, `lookupBudget`.

use super::host::Host;
use crate::time::Duration;

/// How the text of a look-up that was not begun starts.
pub(super) const SPENT: &str = "the look-up budget of ";

/// Passes calls on while there is time; log events always.
#[derive(Debug)]
pub struct Budgeted<'a> {
    /// Whom to ask.
    pub host: &'a dyn Host,
    /// For how long; `None`: always.
    pub budget: Option<Duration>,
}

impl Host for Budgeted<'_> {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let is_spent = |budget: &Duration| budget.millis() <= self.host.elapsed_millis();
        match self.budget.filter(is_spent) {
            Some(budget) if namespace != "tracing" => Err(format!("{SPENT}{budget} is spent")),
            _ => self.host.call(namespace, operation, payload),
        }
    }

    fn elapsed_millis(&self) -> i64 {
        self.host.elapsed_millis()
    }
}
