//! The edge: connections over TLS, requests of HTTP/1.1, and beside them a plain port for probes and metrics.
//!
//! Every request that can be answered at all is answered with 200 and a `ProviderResponse`: what could not be done is its `systemError`,
//! which Gatekeeper does not remember, and which the template denies by.

mod answer;
mod probes;
mod request;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use crate::flight::{Flights, Room};
use crate::judge::Judge;
use crate::limits;
use crate::lookups::Lookups;
use crate::metrics::{Metrics, Refused};
use crate::pin::Pins;
use crate::tls::{self, Look, Reloading};

/// Takes what is to be logged: level, message, more members.
pub type Log = Arc<dyn Fn(&str, &str, Value) + Send + Sync>;

/// How often the certificate's files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What a provider is made of.
pub struct Parts {
    /// The module.
    pub judge: Arc<Judge>,
    /// The look-ups that it and the mutation share.
    pub lookups: Lookups,
    /// Workers, waiting, patience.
    pub room: Room,
    /// How long a mutation waits for its digests.
    pub pin_patience: Duration,
    /// What is counted.
    pub metrics: Metrics,
    /// Certificate and key.
    pub tls: Arc<Reloading>,
    /// The name that a client's certificate must have, where clients show one.
    pub client_name: Option<String>,
    /// Where is logged.
    pub log: Log,
}

/// How long a connection may take for its handshake, and be idle.
#[derive(Clone, Copy)]
struct Pace {
    handshake: Duration,
    idle: Duration,
}

impl Pace {
    const USUAL: Self =
        Self { handshake: Duration::from_secs(limits::ARRIVAL_SECONDS), idle: Duration::from_secs(limits::IDLE_SECONDS) };
    const HURRIED: Self = Self { handshake: Duration::from_secs(2), idle: Duration::from_secs(2) };
}

/// What all connections share.
struct Shared {
    flights: Flights,
    lookups: Lookups,
    pins: Pins,
    patience: Duration,
    metrics: Metrics,
    tls: Arc<Reloading>,
    client_name: Option<String>,
    log: Log,
    /// Bytes that bodies may still have.
    bodies: Arc<Semaphore>,
    /// When it was last said that a connection was refused, and how often that was not said since.
    refused: Mutex<(Option<Instant>, u64)>,
    is_ending: AtomicBool,
}

/// A provider that is ready to serve.
#[derive(Clone)]
pub struct Provider(Arc<Shared>);

impl Provider {
    /// Joins the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let (judge, metrics) = (parts.judge, parts.metrics.clone());
        let judging = move |key: &str, until: Instant| {
            let verdict = judge.verdict(key, until)?;
            metrics.judged(&verdict.action);
            Ok(verdict)
        };
        Self(Arc::new(Shared {
            flights: Flights::new(Arc::new(judging), parts.room),
            pins: Pins::new(parts.lookups.clone(), parts.pin_patience),
            lookups: parts.lookups,
            patience: parts.room.patience,
            metrics: parts.metrics,
            tls: parts.tls,
            client_name: parts.client_name,
            log: parts.log,
            bodies: Arc::new(Semaphore::new(limits::BODIES_BYTES)),
            refused: Mutex::default(),
            is_ending: AtomicBool::new(false),
        }))
    }

    /// Serves Gatekeeper, and probes on `plain`, until `end` is over; then answers what has arrived, and takes no more.
    ///
    /// # Errors
    /// Where a port gives no more connections.
    pub async fn serve(self, secure: TcpListener, plain: TcpListener, end: impl Future<Output = ()> + Send) -> io::Result<()> {
        let (stop, stopped) = watch::channel(false);
        let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
        let probes = tokio::spawn(Self::probes(self.clone(), plain));
        let renewing = tokio::spawn(Self::renewing(self.clone()));
        tokio::pin!(end);
        loop {
            let next = async {
                let place = Arc::clone(&room).acquire_owned().await;
                (secure.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                next = next => next,
                () = &mut end => break,
            };
            let (stream, provider, stopped) = match accepted {
                Ok((stream, _)) => (stream, self.clone(), stopped.clone()),
                Err(error) => {
                    // Too many open files pass; to spin on it would not help.
                    (self.0.log)("error", &format!("a connection was not accepted: {error}"), json!({}));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            // Gatekeeper before 3.22 leaves a connection behind with each call: where there are many, none is kept for long.
            let pace = if room.available_permits() < limits::CONNECTIONS / 2 { Pace::HURRIED } else { Pace::USUAL };
            tokio::spawn(async move {
                provider.secure(stream, pace, stopped).await;
                drop(place);
            });
        }
        self.0.is_ending.store(true, Ordering::SeqCst);
        drop(secure);
        let _ = stop.send(true);
        let all = u32::try_from(limits::CONNECTIONS).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(self.0.patience.saturating_mul(2), room.acquire_many(all)).await;
        probes.abort();
        renewing.abort();
        Ok(())
    }

    async fn renewing(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.0.tls.look() {
                Look::Same => {}
                Look::Renewed => {
                    self.0.metrics.renewed(true);
                    (self.0.log)("info", "the certificate was read again", json!({}));
                }
                Look::Refused(error) => {
                    self.0.metrics.renewed(false);
                    (self.0.log)("error", &format!("the new certificate is not used: {error}"), json!({}));
                }
            }
        }
    }

    async fn secure(self, stream: TcpStream, pace: Pace, stopped: watch::Receiver<bool>) {
        let acceptor = TlsAcceptor::from(self.0.tls.config());
        let stream = match tokio::time::timeout(pace.handshake, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return self.refused(Refused::Handshake, &error.to_string()),
            Err(_) => return self.refused(Refused::Handshake, &format!("no handshake within {} s", pace.handshake.as_secs())),
        };
        if let Some(name) = &self.0.client_name
            && let Err(error) = tls::is_of(stream.get_ref().1.peer_certificates(), name)
        {
            return self.refused(Refused::Name, &error);
        }
        self.connection(stream, pace, stopped).await;
    }

    /// Whoever connects without right can do so as often as it likes: one line a second says so.
    fn refused(&self, why: Refused, error: &str) {
        self.0.metrics.refused(why);
        let at = now();
        let mut last = self.0.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, unsaid) = *last;
        if before.is_some_and(|before| at.duration_since(before) < Duration::from_secs(1)) {
            *last = (before, unsaid.saturating_add(1));
            return;
        }
        *last = (Some(at), 0);
        drop(last);
        (self.0.log)("error", &format!("a connection was refused: {error}"), json!({ "unsaid": unsaid }));
    }

    async fn connection<S>(self, stream: S, pace: Pace, mut stopped: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answer = move |request: Request<Incoming>| {
            let provider = self.clone();
            async move { Ok::<_, Infallible>(provider.request(request).await) }
        };
        let mut stream = TimeoutStream::new(stream);
        // Who does not read its answer is not waited for.
        stream.set_write_timeout(Some(Duration::from_secs(limits::ARRIVAL_SECONDS)));
        let connection = http1(pace.idle).serve_connection(TokioIo::new(Box::pin(stream)), service_fn(answer));
        let stop = async { stopped.wait_for(|stopped| *stopped).await.is_ok() };
        tokio::pin!(connection);
        tokio::select! {
            _ = &mut connection => {}
            _ = stop => {
                // What is being answered is answered.
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}

fn http1(idle: Duration) -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    // Also how long a connection may be idle before its next request.
    builder.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(64 * 1024);
    builder
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("judge", &self.judge).field("room", &self.room).finish_non_exhaustive()
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("flights", &self.0.flights).finish_non_exhaustive()
    }
}

/// The only clock of the requests' times.
#[expect(clippy::disallowed_methods, reason = "how long a request took is the edge's own business")]
fn now() -> Instant {
    Instant::now()
}
