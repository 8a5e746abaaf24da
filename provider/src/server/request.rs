//! A request of Gatekeeper's → an item for each key, or the system error that says why there is none.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::answer::{self, Answer};
use super::{Provider, now};
use crate::judge::{Trouble, cut};
use crate::limits;
use crate::metrics::Endpoint;
use crate::wire::{self, Item};

/// How long a piece of a body waits for room.
const ROOM: Duration = Duration::from_millis(200);

impl Provider {
    pub(super) async fn request(&self, request: Request<Incoming>) -> Response<Answer> {
        let endpoint = match (request.method(), request.uri().path()) {
            (&Method::POST, "/validate") => Endpoint::Validate,
            (&Method::POST, "/mutate") => Endpoint::Mutate,
            _ => return answer::plain(StatusCode::NOT_FOUND, "expected POST /validate or POST /mutate"),
        };
        let since = now();
        let mut room = None;
        let answered = self.answer(endpoint, request.into_body(), &mut room).await;
        let (body, has_items) = match answered {
            Ok(items) => (wire::items(&items), true),
            Err(error) => {
                let error = cut(&error);
                let text = format!("a request was not answered: {error}");
                (self.0.log)("error", &text, json!({ "endpoint": endpoint.word() }));
                (wire::system_error(&error), false)
            }
        };
        self.0.metrics.answered(endpoint, has_items, now().duration_since(since).as_secs_f64());
        answer::json(body, room)
    }

    async fn answer(
        &self,
        endpoint: Endpoint,
        body: Incoming,
        room: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Vec<(String, Item)>, String> {
        let arrival = Duration::from_secs(limits::ARRIVAL_SECONDS);
        let late = |_| format!("the request took longer than {} s to arrive", limits::ARRIVAL_SECONDS);
        let body = tokio::time::timeout(arrival, self.arrived(body, room)).await.map_err(late)??;
        let keys = wire::read(&body)?;
        drop(body);
        match endpoint {
            Endpoint::Validate => self.validate(keys).await,
            Endpoint::Mutate => self.mutate(keys).await,
        }
    }

    /// The whole body. What is too much is heard to its end all the same: who is still sending does not hear the answer.
    async fn arrived(&self, mut body: Incoming, room: &mut Option<OwnedSemaphorePermit>) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut refused = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| format!("the request did not arrive: {error}"))?;
            let Some(data) = frame.data_ref().filter(|_| refused.is_none()) else { continue };
            if bytes.len().saturating_add(data.len()) > limits::BODY_BYTES {
                refused = Some(format!("expected a request of at most {} bytes, found more", limits::BODY_BYTES));
            } else if self.has_room(data.len(), room).await {
                bytes.extend_from_slice(data);
                continue;
            } else {
                refused = Some("too many large requests at one time: try again".to_owned());
            }
            (bytes, *room) = (Vec::new(), None);
        }
        refused.map_or(Ok(bytes), Err)
    }

    /// Takes room for so many bytes more.
    async fn has_room(&self, bytes: usize, room: &mut Option<OwnedSemaphorePermit>) -> bool {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let more = tokio::time::timeout(ROOM, Arc::clone(&self.0.bodies).acquire_many_owned(bytes)).await;
        let Ok(Ok(more)) = more else { return false };
        match room {
            Some(room) => room.merge(more),
            None => *room = Some(more),
        }
        true
    }

    async fn validate(&self, keys: Vec<String>) -> Result<Vec<(String, Item)>, String> {
        let mut items = Vec::with_capacity(keys.len());
        let verdicts = join_all(keys.iter().map(|key| self.0.flights.verdict(key))).await;
        for (key, verdict) in keys.into_iter().zip(verdicts) {
            let item = match verdict {
                Ok(verdict) => Item::Value(verdict.value.clone()),
                Err(Trouble::Key(error)) => Item::Error(error),
                Err(Trouble::Provider(error) | Trouble::Late(error)) => return Err(error),
            };
            items.push((key, item));
        }
        Ok(items)
    }

    async fn mutate(&self, keys: Vec<String>) -> Result<Vec<(String, Item)>, String> {
        let pinned = keys.into_iter().map(|key| async move {
            let pinned = self.0.pins.pinned(&key).await;
            self.0.metrics.pinned(pinned.is_some());
            let value = Value::String(pinned.unwrap_or_else(|| key.clone()));
            (key, Item::Value(value))
        });
        Ok(join_all(pinned).await)
    }
}
