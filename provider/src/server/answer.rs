//! A text → the body of an answer, in pieces, that holds on to what its request took of the room until it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

/// Bytes that are handed over at one time; the next ones when these are on their way.
const PIECE: usize = 64 * 1024;

/// A body.
pub(super) struct Answer {
    rest: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(u64::MAX))
    }
}

/// A text for people and probes.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Answer> {
    response(status, "text/plain; charset=utf-8", text.to_owned().into(), None)
}

/// A `ProviderResponse`.
pub(super) fn json(body: Vec<u8>, room: Option<OwnedSemaphorePermit>) -> Response<Answer> {
    response(StatusCode::OK, "application/json", body.into(), room)
}

fn response(status: StatusCode, kind: &'static str, rest: Bytes, room: Option<OwnedSemaphorePermit>) -> Response<Answer> {
    let length = HeaderValue::from(rest.len());
    let mut response = Response::new(Answer { rest, _room: room });
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}
