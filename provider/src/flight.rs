//! Keys → answers, within the room and the time that there is.
//!
//! A key that is asked for while it is being judged is not judged a second time. As many keys are judged at once as there are workers; so
//! many may wait, and what comes on top is refused at once: Gatekeeper then denies, and asks again, where otherwise everybody would wait in
//! vain. Who waited too long is told so, and the judgement goes on, so that its look-ups are there the next time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::judge::{Trouble, Verdict};

/// Room and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Keys that are judged at once. Most of the time a judgement waits for a registry. Default 32.
    pub workers: usize,
    /// Keys that may wait for a worker. Default 512.
    pub waiting: usize,
    /// How long a request waits for its answer: below Gatekeeper's `timeout`. Default 1.5 seconds.
    pub patience: Duration,
}

impl Default for Room {
    fn default() -> Self {
        Self { workers: 32, waiting: 512, patience: Duration::from_millis(1500) }
    }
}

type Judged = Result<Arc<Verdict>, Trouble>;
type Judging = dyn Fn(&str) -> Result<Verdict, Trouble> + Send + Sync;

/// What is being judged.
pub struct Flights {
    judging: Arc<Judging>,
    room: Room,
    workers: Arc<Semaphore>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: AtomicUsize,
    flights: Mutex<BTreeMap<Arc<str>, watch::Receiver<Option<Judged>>>>,
}

impl Shared {
    fn flights(&self) -> std::sync::MutexGuard<'_, BTreeMap<Arc<str>, watch::Receiver<Option<Judged>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key's place among those that wait or are judged; given back when it is dropped.
struct Place {
    shared: Arc<Shared>,
    key: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
        self.shared.flights().remove(&self.key);
    }
}

impl Flights {
    /// Judges by `judging`, which may block.
    pub fn new(judging: Arc<Judging>, room: Room) -> Self {
        Self { judging, room, workers: Arc::new(Semaphore::new(room.workers)), shared: Arc::default() }
    }

    /// Keys that wait or are judged.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.waiting.load(Ordering::SeqCst)
    }

    /// The verdict about a key.
    ///
    /// # Errors
    /// [`Trouble`]: of the judgement, or because there is no room or no time.
    pub async fn verdict(&self, key: &str) -> Judged {
        let mut answer = self.join(key)?;
        let waited = tokio::time::timeout(self.room.patience, answer.wait_for(Option::is_some)).await;
        match waited {
            Ok(Ok(answer)) => answer.clone().unwrap_or_else(|| Err(given_up())),
            Ok(Err(_)) => Err(given_up()),
            Err(_) => {
                let waited = self.room.patience.as_millis();
                Err(Trouble::Provider(format!("no verdict within {waited} ms; the look-ups go on: try again")))
            }
        }
    }

    /// The flight of a key: the one that there is, or a new one.
    fn join(&self, key: &str) -> Result<watch::Receiver<Option<Judged>>, Trouble> {
        let mut flights = self.shared.flights();
        if let Some(flight) = flights.get(key) {
            return Ok(flight.clone());
        }
        if self.shared.waiting.load(Ordering::SeqCst) >= self.room.workers.saturating_add(self.room.waiting) {
            return Err(Trouble::Provider("too many workloads are being judged: try again".to_owned()));
        }
        let (tell, answer) = watch::channel(None);
        let key: Arc<str> = key.into();
        self.shared.waiting.fetch_add(1, Ordering::SeqCst);
        flights.insert(Arc::clone(&key), answer.clone());
        drop(flights);
        let place = Place { shared: Arc::clone(&self.shared), key };
        let (workers, judging) = (Arc::clone(&self.workers), Arc::clone(&self.judging));
        tokio::spawn(async move {
            let Ok(worker) = workers.acquire_owned().await else { return };
            let judged = tokio::task::spawn_blocking(move || {
                let judged = judging(&place.key).map(Arc::new);
                drop(worker);
                (judged, place)
            });
            if let Ok((judged, place)) = judged.await {
                // Who asks from now on gets a judgement of its own.
                drop(place);
                let _ = tell.send(Some(judged));
            }
        });
        Ok(answer)
    }
}

fn given_up() -> Trouble {
    Trouble::Provider("the judgement broke off".to_owned())
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("room", &self.room).finish_non_exhaustive()
    }
}
