//! Keys → answers, within the room and the time that there is.
//!
//! A key that is asked for while it is being judged is not judged a second time. As many keys are judged at once as there are workers; so
//! many may wait, and what comes on top is refused at once: Gatekeeper then denies, and asks again, where otherwise everybody would wait in
//! vain. Of the time that a request has, its look-ups have the most, and the rules the rest: what could not be looked up by then is
//! evidence that is not there, and the rules say what comes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

impl Room {
    /// What the look-ups of a request have of its time.
    #[must_use]
    pub fn for_lookups(&self) -> Duration {
        self.patience.mul_f32(0.8)
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { workers: 32, waiting: 512, patience: Duration::from_millis(1500) }
    }
}

type Judged = Result<Arc<Verdict>, Trouble>;
/// A key, and until when its look-ups are waited for.
type Judging = dyn Fn(&str, Instant) -> Result<Verdict, Trouble> + Send + Sync;

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

/// One of those that wait or are judged; given back when it is dropped.
struct Seat(Arc<Shared>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A key's place among them; given back when it is dropped.
struct Place {
    seat: Seat,
    key: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seat.0.flights().remove(&self.key);
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
        let (until, end) = (later(now(), self.room.for_lookups()), later(now(), self.room.patience));
        loop {
            let mut answer = self.join(key)?;
            let waited = tokio::time::timeout_at(end.into(), answer.wait_for(Option::is_some)).await;
            let answer = match waited {
                Ok(Ok(answer)) => answer.clone().unwrap_or_else(|| Err(given_up())),
                Ok(Err(_)) => Err(given_up()),
                Err(_) => {
                    let waited = self.room.patience.as_millis();
                    Err(Trouble::Late(format!("no verdict within {waited} ms: try again")))
                }
            };
            match answer {
                // It was judged in the time of somebody who came before: there may be enough of one's own.
                Err(Trouble::Late(_)) if now() < until => {}
                answer => return answer,
            }
        }
    }

    /// A seat among those that wait or are judged, if one is free.
    fn seat(&self) -> Option<Seat> {
        let room = self.room.workers.saturating_add(self.room.waiting);
        let taken = self.shared.waiting.fetch_add(1, Ordering::SeqCst);
        // Given back at once where there was none.
        let seat = Seat(Arc::clone(&self.shared));
        (taken < room).then_some(seat)
    }

    /// The flight of a key: the one that there is, or a new one.
    fn join(&self, key: &str) -> Result<watch::Receiver<Option<Judged>>, Trouble> {
        let mut flights = self.shared.flights();
        if let Some(flight) = flights.get(key) {
            return Ok(flight.clone());
        }
        let seat = self.seat().ok_or_else(crowded)?;
        let (tell, answer) = watch::channel(None);
        let key: Arc<str> = key.into();
        flights.insert(Arc::clone(&key), answer.clone());
        drop(flights);
        let place = Place { seat, key };
        let (workers, judging) = (Arc::clone(&self.workers), Arc::clone(&self.judging));
        let until = later(now(), self.room.for_lookups());
        tokio::spawn(async move {
            // Who has not got a worker by then would be judged without a look-up, and nobody waits for it.
            let Ok(Ok(worker)) = tokio::time::timeout_at(until.into(), workers.acquire_owned()).await else {
                drop(place);
                let _ = tell.send(Some(Err(crowded())));
                return;
            };
            let judged = tokio::task::spawn_blocking(move || {
                let judged = judging(&place.key, until).map(Arc::new);
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

fn crowded() -> Trouble {
    Trouble::Provider("too many workloads are being judged: try again".to_owned())
}

fn given_up() -> Trouble {
    Trouble::Provider("the judgement broke off".to_owned())
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("room", &self.room).finish_non_exhaustive()
    }
}

pub(crate) fn later(instant: Instant, by: Duration) -> Instant {
    instant.checked_add(by).unwrap_or(instant)
}

/// The only clock of what requests have of time.
#[expect(clippy::disallowed_methods, reason = "how long a request may take is the edge's own business")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
