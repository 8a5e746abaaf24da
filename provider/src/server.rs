//! The edge: connections over TLS, requests of HTTP/1.1, and beside them a plain port for probes and metrics.
//!
//! Every request that can be answered at all is answered with 200 and a `ProviderResponse`: what could not be done is its `systemError`,
//! which Gatekeeper does not remember, and which the template denies by.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::flight::{Flights, Room};
use crate::judge::{Judge, Trouble};
use crate::limits;
use crate::lookups::Lookups;
use crate::metrics::{Endpoint, Metrics, Refused};
use crate::pin;
use crate::tls::{self, Look, Reloading};
use crate::wire::{self, Item};

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
    /// What is counted.
    pub metrics: Metrics,
    /// Certificate and key.
    pub tls: Arc<Reloading>,
    /// The name that a client's certificate must have, where clients show one.
    pub client_name: Option<String>,
    /// Where is logged.
    pub log: Log,
}

/// What all connections share.
struct Shared {
    flights: Flights,
    lookups: Lookups,
    patience: Duration,
    metrics: Metrics,
    tls: Arc<Reloading>,
    client_name: Option<String>,
    log: Log,
    /// Bytes that bodies may still have.
    bodies: Semaphore,
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
            lookups: parts.lookups,
            patience: parts.room.patience,
            metrics: parts.metrics,
            tls: parts.tls,
            client_name: parts.client_name,
            log: parts.log,
            bodies: Semaphore::new(limits::BODIES_BYTES),
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
            tokio::spawn(async move {
                provider.secure(stream, stopped).await;
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

    async fn probes(self, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(limits::PLAIN_CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let provider = self.clone();
            let answer = move |request: Request<Incoming>| {
                let response = provider.probe(request.uri().path());
                async move { Ok::<_, Infallible>(response) }
            };
            tokio::spawn(async move {
                let _ = http1().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
                drop(place);
            });
        }
    }

    fn probe(&self, path: &str) -> Response<Full<Bytes>> {
        let shared = &self.0;
        match path {
            "/healthz" => plain(StatusCode::OK, "ok"),
            "/readyz" if shared.is_ending.load(Ordering::SeqCst) => plain(StatusCode::SERVICE_UNAVAILABLE, "ending"),
            "/readyz" => plain(StatusCode::OK, "ok"),
            "/metrics" => plain(StatusCode::OK, &shared.metrics.text(shared.flights.in_flight(), shared.lookups.bytes())),
            _ => plain(StatusCode::NOT_FOUND, "expected /healthz, /readyz or /metrics"),
        }
    }

    async fn secure(self, stream: TcpStream, stopped: watch::Receiver<bool>) {
        let arrival = Duration::from_secs(limits::ARRIVAL_SECONDS);
        let acceptor = TlsAcceptor::from(self.0.tls.config());
        let stream = match tokio::time::timeout(arrival, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return self.refused(Refused::Handshake, &error.to_string()),
            Err(_) => return self.refused(Refused::Handshake, &format!("no handshake within {} s", limits::ARRIVAL_SECONDS)),
        };
        if let Some(name) = &self.0.client_name
            && let Err(error) = tls::is_of(stream.get_ref().1.peer_certificates(), name)
        {
            return self.refused(Refused::Name, &error);
        }
        self.connection(stream, stopped).await;
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

    async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S, mut stopped: watch::Receiver<bool>) {
        let answer = move |request: Request<Incoming>| {
            let provider = self.clone();
            async move { Ok::<_, Infallible>(provider.request(request).await) }
        };
        let connection = http1().serve_connection(TokioIo::new(stream), service_fn(answer));
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

    async fn request(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let endpoint = match (request.method(), request.uri().path()) {
            (&Method::POST, "/validate") => Endpoint::Validate,
            (&Method::POST, "/mutate") => Endpoint::Mutate,
            _ => return plain(StatusCode::NOT_FOUND, "expected POST /validate or POST /mutate"),
        };
        let since = now();
        let answered = self.answer(endpoint, request).await;
        let (body, has_items) = match answered {
            Ok(items) => (wire::items(&items), true),
            Err(error) => {
                (self.0.log)("error", &format!("a request was not answered: {error}"), json!({}));
                (wire::system_error(&error), false)
            }
        };
        self.0.metrics.answered(endpoint, has_items, now().duration_since(since).as_secs_f64());
        json_response(body)
    }

    async fn answer(&self, endpoint: Endpoint, request: Request<Incoming>) -> Result<Vec<(String, Item)>, String> {
        let arrival = Duration::from_secs(limits::ARRIVAL_SECONDS);
        let late = |_| format!("the request took longer than {} s to arrive", limits::ARRIVAL_SECONDS);
        let bytes = request.body().size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = u32::try_from(bytes.unwrap_or(usize::MAX).min(limits::BODY_BYTES)).unwrap_or(u32::MAX);
        // It is given back when the answer is there: the keys are as large as the body was.
        let _room = tokio::time::timeout(arrival, self.0.bodies.acquire_many(bytes)).await.map_err(late)?;
        let body = tokio::time::timeout(arrival, arrived(request.into_body())).await.map_err(late)??;
        let keys = wire::read(&body)?;
        match endpoint {
            Endpoint::Validate => self.validate(keys).await,
            Endpoint::Mutate => self.mutate(keys).await,
        }
    }

    async fn validate(&self, keys: Vec<String>) -> Result<Vec<(String, Item)>, String> {
        let mut items = Vec::with_capacity(keys.len());
        let verdicts = keys.iter().map(|key| self.0.flights.verdict(key));
        for (key, verdict) in keys.iter().zip(join_all(verdicts).await) {
            let item = match verdict {
                Ok(verdict) => Item::Value(verdict.value.clone()),
                Err(Trouble::Key(error)) => Item::Error(error),
                Err(Trouble::Provider(error)) => return Err(error),
            };
            items.push((key.clone(), item));
        }
        Ok(items)
    }

    async fn mutate(&self, keys: Vec<String>) -> Result<Vec<(String, Item)>, String> {
        let pinned = keys.into_iter().map(|key| async move {
            let (lookups, image) = (self.0.lookups.clone(), key.clone());
            let pinned = self.0.flights.work(move |until| pin::pinned(&image, &lookups.until(until))).await;
            let pinned = pinned.map_err(|trouble| trouble.to_string())?;
            self.0.metrics.pinned(pinned.is_some());
            Ok((key.clone(), Item::Value(Value::String(pinned.unwrap_or(key)))))
        });
        join_all(pinned).await.into_iter().collect()
    }
}

/// The whole body. What is too large is heard to its end all the same: who is still sending does not hear the answer.
async fn arrived(mut body: Incoming) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut is_too_large = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the request did not arrive: {error}"))?;
        let data = frame.data_ref().map_or(&[][..], |data| &data[..]);
        is_too_large |= bytes.len().saturating_add(data.len()) > limits::BODY_BYTES;
        if is_too_large {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(data);
        }
    }
    match is_too_large {
        true => Err(format!("expected a request of at most {} bytes, found more", limits::BODY_BYTES)),
        false => Ok(bytes),
    }
}

fn http1() -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    // Also how long a connection may be idle before its next request.
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(limits::IDLE_SECONDS)).max_buf_size(64 * 1024);
    builder
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text.to_owned())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn json_response(body: Vec<u8>) -> Response<Full<Bytes>> {
    let length = http::HeaderValue::from(body.len());
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
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
