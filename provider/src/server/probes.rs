//! The plain port: whether it lives, whether it takes requests, what it has counted.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::answer::{Answer, plain};
use super::{Provider, http1};
use crate::limits;

/// How long a probe may take to say what it wants.
const ASKING: Duration = Duration::from_secs(2);

impl Provider {
    pub(super) async fn probes(self, listener: TcpListener) {
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
                // Each probe is a connection of its own, so that nobody keeps the places of the others.
                let _ = http1(ASKING).keep_alive(false).serve_connection(TokioIo::new(stream), service_fn(answer)).await;
                drop(place);
            });
        }
    }

    fn probe(&self, path: &str) -> Response<Answer> {
        let shared = &self.0;
        match path {
            "/healthz" => plain(StatusCode::OK, "ok"),
            "/readyz" if shared.is_ending.load(Ordering::SeqCst) => plain(StatusCode::SERVICE_UNAVAILABLE, "ending"),
            "/readyz" => plain(StatusCode::OK, "ok"),
            "/metrics" => plain(StatusCode::OK, &shared.metrics.text(shared.flights.in_flight(), shared.lookups.bytes())),
            _ => plain(StatusCode::NOT_FOUND, "expected /healthz, /readyz or /metrics"),
        }
    }
}
