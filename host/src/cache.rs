//! Answers that were given less than a while ago, by the exact string that asked for them. Failures are not kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Answers with the time of each.
type Answers = BTreeMap<String, (Instant, Arc<[u8]>)>;

/// One function's answers.
pub(crate) struct Cache {
    lifetime: Duration,
    answers: Mutex<Answers>,
}

impl Cache {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { lifetime, answers: Mutex::new(BTreeMap::new()) }
    }

    /// Gives the answer kept for `key`, else the one of `ask`, which it keeps.
    pub(crate) fn get_or<E>(&self, key: &str, ask: impl FnOnce() -> Result<Arc<[u8]>, E>) -> Result<Vec<u8>, E> {
        let kept =
            |answers: &Answers| answers.get(key).filter(|(since, _)| self.fresh(*since)).map(|(_, answer)| answer.to_vec());
        if let Some(answer) = kept(&self.answers.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(answer);
        }
        let answer = ask()?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|_, (since, _)| self.fresh(*since));
        if !self.lifetime.is_zero() {
            answers.insert(key.to_owned(), (now(), Arc::clone(&answer)));
        }
        Ok(answer.to_vec())
    }

    fn fresh(&self, since: Instant) -> bool {
        now().duration_since(since) < self.lifetime
    }
}

/// The only clock of what is kept.
#[expect(clippy::disallowed_methods, reason = "how long answers and connections are kept is the edge's own business")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
