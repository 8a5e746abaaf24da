//! The module's look-ups, remembered: what a digest names for long, what a tag stands for shortly, failures for the shortest time.
//!
//! A question that is being asked is not asked a second time: whoever asks it too waits for the same answer. Nobody waits longer than its
//! request does: the look-up goes on, and its answer is there the next time.

mod memory;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use host::capability::Capabilities;

use self::memory::Memory;
use crate::flight::{later, now};

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
#[derive(Clone)]
pub struct Lookups(Arc<Shared>);

struct Shared {
    inner: Arc<dyn Capabilities>,
    lifetimes: Lifetimes,
    observer: Observer,
    memory: Mutex<Memory>,
}

/// How long is waited for what others have waited for in vain.
const LATE: Duration = Duration::from_millis(100);
/// What a question is answered with that nobody came to ask.
const GIVEN_UP: &str = "the look-up was given up";

/// A question that somebody is asking.
#[derive(Default)]
struct Asked {
    answer: Mutex<Option<Answer>>,
    is_late: AtomicBool,
    is_there: Condvar,
}

/// What is asked: the three names of the capability, and its payload.
struct Question {
    binding: String,
    namespace: String,
    operation: String,
    payload: Vec<u8>,
    text: Arc<str>,
}

impl Lookups {
    /// Remembers what `inner` answers.
    #[must_use]
    pub fn new(inner: Arc<dyn Capabilities>, lifetimes: Lifetimes, observer: Observer) -> Self {
        Self(Arc::new(Shared { inner, lifetimes, observer, memory: Mutex::default() }))
    }

    /// Bytes that are remembered.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.memory().bytes()
    }

    /// For somebody who waits for an answer until `until`.
    #[must_use]
    pub fn until(&self, until: Instant) -> Waiting {
        Waiting { lookups: self.clone(), until, fell_short: Mutex::default() }
    }
}

/// What the provider was short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortage {
    /// An answer did not come in time.
    Time,
    /// A look-up was not made: there are too many.
    Room,
}

/// The look-ups of somebody who waits until an instant, and for whom everything after it fails at once.
pub struct Waiting {
    lookups: Lookups,
    until: Instant,
    fell_short: Mutex<Option<Shortage>>,
}

impl Waiting {
    /// What there was too little of for an answer, if there was.
    #[must_use]
    pub fn fell_short(&self) -> Option<Shortage> {
        *self.fell_short.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn short_of(&self, shortage: Shortage) -> Result<Vec<u8>, String> {
        let mut fell_short = self.fell_short.lock().unwrap_or_else(PoisonError::into_inner);
        *fell_short = (*fell_short).max(Some(shortage));
        Err(match shortage {
            Shortage::Time => "no answer in the time that the request has; the look-up goes on".to_owned(),
            Shortage::Room => "too many look-ups at one time".to_owned(),
        })
    }
}

impl Capabilities for Waiting {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let shared = &self.lookups.0;
        let Some(text) = std::str::from_utf8(payload).ok().filter(|_| namespace != "tracing") else {
            return shared.inner.call(binding, namespace, operation, payload);
        };
        let text: Arc<str> = format!("{binding}/{namespace}/{operation} {text}").into();
        let mut memory = shared.memory();
        memory.forget(now(), shared.lifetimes.bytes);
        if let Some(answer) = memory.answer(&text) {
            drop(memory);
            (shared.observer)(operation, Source::Memory);
            return told(&answer);
        }
        let asked = if let Some(asked) = memory.asked(&text) {
            drop(memory);
            (shared.observer)(operation, Source::Memory);
            asked
        } else {
            if now() >= self.until {
                return self.short_of(Shortage::Time);
            }
            if !memory.has_room_for(&text) {
                return self.short_of(Shortage::Room);
            }
            let asked = memory.ask(&text);
            drop(memory);
            let question = Question {
                binding: binding.to_owned(),
                namespace: namespace.to_owned(),
                operation: operation.to_owned(),
                payload: payload.to_vec(),
                text,
            };
            // What is given up when there is no thread is answered by that.
            let asking = Asking { shared: Arc::clone(shared), asked: Arc::clone(&asked), question, answer: None };
            let _ = thread::Builder::new().name("look-up".to_owned()).spawn(move || asking.ask());
            asked
        };
        // Who asks what nobody was told in time does not wait for all of its own.
        let until = if asked.is_late() { self.until.min(later(now(), LATE)) } else { self.until };
        match asked.wait(until) {
            Some(Err(error)) if *error == *GIVEN_UP => self.short_of(Shortage::Room),
            Some(answer) => told(&answer),
            None => self.short_of(Shortage::Time),
        }
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lifetime(&self, question: &Question, answer: &Answer) -> Duration {
        let is_by_digest = matches!(question.operation.as_str(), "v1/oci_manifest" | "v1/oci_manifest_config")
            && question.text.contains("@sha256:");
        match answer {
            Err(_) => self.lifetimes.failure,
            Ok(_) if is_by_digest => self.lifetimes.digest,
            Ok(_) => self.lifetimes.tag,
        }
    }
}

impl Asked {
    /// The answer, if it comes until then.
    fn wait(&self, until: Instant) -> Option<Answer> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = until.saturating_duration_since(now());
        let (answer, _) =
            self.is_there.wait_timeout_while(answer, rest, |answer| answer.is_none()).unwrap_or_else(PoisonError::into_inner);
        if answer.is_none() {
            self.is_late.store(true, Ordering::SeqCst);
        }
        answer.clone()
    }

    /// Whether somebody has waited for it in vain.
    fn is_late(&self) -> bool {
        self.is_late.load(Ordering::SeqCst)
    }
}

/// Whoever asks tells the others in the end, even by panicking.
struct Asking {
    shared: Arc<Shared>,
    asked: Arc<Asked>,
    question: Question,
    answer: Option<(Answer, Duration)>,
}

impl Asking {
    fn ask(mut self) {
        let Question { binding, namespace, operation, payload, .. } = &self.question;
        let answer: Answer = match self.shared.inner.call(binding, namespace, operation, payload) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(error.into()),
        };
        (self.shared.observer)(operation, if answer.is_ok() { Source::Asked } else { Source::Failed });
        self.answer = Some((answer.clone(), self.shared.lifetime(&self.question, &answer)));
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let (answer, lifetime) = self.answer.take().unwrap_or_else(|| (Err(GIVEN_UP.into()), Duration::ZERO));
        let at = now();
        let mut memory = self.shared.memory();
        memory.answered(&self.question.text, &answer, at.checked_add(lifetime).filter(|_| !lifetime.is_zero()));
        memory.forget(at, self.shared.lifetimes.bytes);
        drop(memory);
        *self.asked.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.asked.is_there.notify_all();
    }
}

fn told(answer: &Answer) -> Result<Vec<u8>, String> {
    answer.as_ref().map(|bytes| bytes.to_vec()).map_err(|error| (**error).to_owned())
}

impl fmt::Debug for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookups").field("lifetimes", &self.0.lifetimes).finish_non_exhaustive()
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("until", &self.until).field("fell_short", &self.fell_short).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
