//! The module's look-ups, remembered: what a digest names for long, what a tag stands for shortly, failures for the shortest time.
//!
//! A question that is being asked is not asked a second time: whoever asks it too waits for the same answer. What is remembered is bounded in
//! bytes; what would end first goes first.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use host::capability::Capabilities;

/// How long answers are remembered, and how many bytes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// What was asked for by digest: it never changes. Default an hour.
    pub digest: Duration,
    /// Everything else that was answered: what a tag stands for, a signature, an object of the cluster. Default 30 seconds.
    pub tag: Duration,
    /// That there is nothing, or that it could not be asked for. Default 5 seconds.
    pub failure: Duration,
    /// Bytes of all questions and answers together. Default 64 MiB.
    pub bytes: usize,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            digest: Duration::from_secs(3600),
            tag: Duration::from_secs(30),
            failure: Duration::from_secs(5),
            bytes: 64 * 1024 * 1024,
        }
    }
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was remembered, or somebody else was asking for it.
    Memory,
    /// It was asked for.
    Asked,
    /// It was asked for, and could not be had.
    Failed,
}

/// Is told of each look-up: operation and source.
pub type Observer = Arc<dyn Fn(&str, Source) + Send + Sync>;

type Answer = Result<Arc<[u8]>, Arc<str>>;

/// In front of whoever answers else.
pub struct Lookups {
    inner: Arc<dyn Capabilities>,
    lifetimes: Lifetimes,
    observer: Observer,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: BTreeMap<Arc<str>, Remembered>,
    /// The questions by when their answers end; the number tells two of one instant apart.
    ends: BTreeMap<(Instant, u64), Arc<str>>,
    asked: BTreeMap<Arc<str>, Arc<Asked>>,
    bytes: usize,
    count: u64,
}

struct Remembered {
    answer: Answer,
    ends: (Instant, u64),
}

/// A question that somebody is asking.
#[derive(Default)]
struct Asked {
    answer: Mutex<Option<Answer>>,
    is_there: Condvar,
}

impl Lookups {
    /// Remembers what `inner` answers.
    #[must_use]
    pub fn new(inner: Arc<dyn Capabilities>, lifetimes: Lifetimes, observer: Observer) -> Self {
        Self { inner, lifetimes, observer, state: Mutex::default() }
    }

    /// Bytes that are remembered.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.state().bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lifetime(&self, operation: &str, payload: &[u8], answer: &Answer) -> Duration {
        let is_by_digest = matches!(operation, "v1/oci_manifest" | "v1/oci_manifest_config")
            && payload.windows(8).any(|window| window == b"@sha256:");
        match answer {
            Err(_) => self.lifetimes.failure,
            Ok(_) if is_by_digest => self.lifetimes.digest,
            Ok(_) => self.lifetimes.tag,
        }
    }
}

impl State {
    /// Forgets what has ended, and what is too much.
    fn forget(&mut self, at: Instant, cap: usize) {
        while let Some(entry) = self.ends.first_entry()
            && (entry.key().0 <= at || self.bytes > cap)
        {
            let question = entry.remove();
            if let Some(remembered) = self.answers.remove(&question) {
                self.bytes = self.bytes.saturating_sub(size(&question, &remembered.answer));
            }
        }
    }

    fn remember(&mut self, question: &Arc<str>, answer: &Answer, ends: Instant) {
        self.count = self.count.wrapping_add(1);
        let ends = (ends, self.count);
        self.bytes = self.bytes.saturating_add(size(question, answer));
        self.ends.insert(ends, Arc::clone(question));
        if let Some(before) = self.answers.insert(Arc::clone(question), Remembered { answer: answer.clone(), ends }) {
            self.ends.remove(&before.ends);
            self.bytes = self.bytes.saturating_sub(size(question, &before.answer));
        }
    }
}

fn size(question: &str, answer: &Answer) -> usize {
    // What the maps need for an entry, besides its texts.
    const ENTRY: usize = 200;
    question.len().saturating_add(answer.as_ref().map_or_else(|error| error.len(), |bytes| bytes.len())).saturating_add(ENTRY)
}

impl Asked {
    fn wait(&self) -> Answer {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(answer) = &*answer {
                return answer.clone();
            }
            answer = self.is_there.wait(answer).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Whoever asks tells the others in the end, even by panicking.
struct Asking<'a> {
    lookups: &'a Lookups,
    question: Arc<str>,
    asked: Arc<Asked>,
    answer: Option<(Answer, Duration)>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let (answer, lifetime) = self.answer.take().unwrap_or_else(|| (Err("the look-up was given up".into()), Duration::ZERO));
        let at = now();
        let mut state = self.lookups.state();
        state.asked.remove(&self.question);
        if !lifetime.is_zero()
            && let Some(ends) = at.checked_add(lifetime)
        {
            state.remember(&self.question, &answer, ends);
        }
        state.forget(at, self.lookups.lifetimes.bytes);
        drop(state);
        *self.asked.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.asked.is_there.notify_all();
    }
}

impl Capabilities for Lookups {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let Some(text) = std::str::from_utf8(payload).ok().filter(|_| namespace != "tracing") else {
            return self.inner.call(binding, namespace, operation, payload);
        };
        let question: Arc<str> = format!("{binding}/{namespace}/{operation} {text}").into();
        let mut state = self.state();
        state.forget(now(), self.lifetimes.bytes);
        let known = state.answers.get(&question).map(|remembered| remembered.answer.clone());
        if let Some(answer) = known {
            drop(state);
            (self.observer)(operation, Source::Memory);
            return told(&answer);
        }
        if let Some(asked) = state.asked.get(&question).cloned() {
            drop(state);
            (self.observer)(operation, Source::Memory);
            return told(&asked.wait());
        }
        let asked = Arc::new(Asked::default());
        state.asked.insert(Arc::clone(&question), Arc::clone(&asked));
        drop(state);
        let mut asking = Asking { lookups: self, question, asked, answer: None };
        let answer: Answer = match self.inner.call(binding, namespace, operation, payload) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(error.into()),
        };
        (self.observer)(operation, if answer.is_ok() { Source::Asked } else { Source::Failed });
        asking.answer = Some((answer.clone(), self.lifetime(operation, payload, &answer)));
        drop(asking);
        told(&answer)
    }
}

fn told(answer: &Answer) -> Result<Vec<u8>, String> {
    answer.as_ref().map(|bytes| bytes.to_vec()).map_err(|error| (**error).to_owned())
}

impl fmt::Debug for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookups").field("lifetimes", &self.lifetimes).finish_non_exhaustive()
    }
}

/// The only clock of what is remembered.
#[expect(clippy::disallowed_methods, reason = "how long answers are remembered is the edge's own business")]
fn now() -> Instant {
    Instant::now()
}
