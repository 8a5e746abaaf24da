//! kwctl's file of host calls → answers to the same calls in the same order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::capability::Capabilities;
use crate::exchange::{Exchange, Request, Response};
use crate::live::{LogSink, failed, log};

/// Answers from recorded exchanges, strictly in order: a call that is not the next one is an error, for the guest and in
/// [`Replay::unexpected`]. The file has errors as they were before [`crate::live::FAILED`] was put before them; so it is put here.
pub struct Replay {
    state: Mutex<State>,
    sink: LogSink,
}

struct State {
    left: VecDeque<Exchange>,
    unexpected: Vec<String>,
}

impl Replay {
    /// Answers from these exchanges; the guest's log goes to `sink`.
    #[must_use]
    pub fn new(exchanges: Vec<Exchange>, sink: LogSink) -> Self {
        Self { state: Mutex::new(State { left: exchanges.into(), unexpected: Vec::new() }), sink }
    }

    /// The requests nobody has made yet, in order.
    #[must_use]
    pub fn left(&self) -> Vec<Request> {
        self.state().left.iter().map(|exchange| exchange.request.clone()).collect()
    }

    /// The errors given for calls that were not the next one, in order.
    #[must_use]
    pub fn unexpected(&self) -> Vec<String> {
        self.state().unexpected.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Capabilities for Replay {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if (binding, namespace) == ("kubewarden", "tracing") {
            return log(operation, payload, &self.sink);
        }
        let request = Request::of_call(binding, namespace, operation, payload);
        let asked = match &request {
            Some(request) => request.to_string(),
            None => format!("{binding} {namespace}/{operation}"),
        };
        let mut state = self.state();
        let expected = match state.left.pop_front() {
            Some(Exchange { request: recorded, response }) if Some(&recorded) == request.as_ref() => {
                return match response {
                    Response::Success(payload) => Ok(payload.into_bytes()),
                    Response::Error(message) => Err(failed(&message)),
                };
            }
            Some(other) => {
                let expected = other.request.to_string();
                state.left.push_front(other);
                expected
            }
            None => "no further request".to_owned(),
        };
        let error = format!("Replay error: unexpected request: expected {expected}, found {asked}");
        state.unexpected.push(error.clone());
        Err(error)
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("left", &self.left()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::exchange;
    use crate::record::Recorder;

    fn digest(image: &str, response: Response) -> Exchange {
        Exchange { request: Request::ManifestDigest { image: image.to_owned() }, response }
    }

    fn sink() -> (LogSink, Arc<Mutex<Vec<String>>>) {
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&messages);
        (Arc::new(move |event| kept.lock().expect("no panic").push(format!("{}: {}", event.level, event.message))), messages)
    }

    fn ask(host: &dyn Capabilities, image: &str) -> Result<String, String> {
        let payload = format!("\"{image}\"");
        host.call("kubewarden", "oci", "v1/manifest_digest", payload.as_bytes())
            .map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    }

    #[test]
    fn calls_are_answered_in_order_and_once() {
        let replay = Replay::new(
            vec![digest("a/b", Response::Success("1".to_owned())), digest("c/d", Response::Error("gone".to_owned()))],
            sink().0,
        );
        assert_eq!(
            ask(&replay, "c/d"),
            Err("Replay error: unexpected request: expected !OciManifestDigest {image: a/b}, found !OciManifestDigest {image: c/d}"
                .to_owned())
        );
        assert_eq!(ask(&replay, "a/b"), Ok("1".to_owned()));
        assert_eq!(replay.left(), [Request::ManifestDigest { image: "c/d".to_owned() }]);
        assert_eq!(ask(&replay, "c/d"), Err(failed("gone")));
        assert_eq!(
            replay.call("kubewarden", "net", "v1/dns_lookup_host", b"\"h\""),
            Err("Replay error: unexpected request: expected no further request, found kubewarden net/v1/dns_lookup_host"
                .to_owned())
        );
        assert_eq!(replay.left(), []);
        assert_eq!(replay.unexpected().len(), 2);
    }

    #[test]
    fn the_log_passes_and_is_not_recorded() {
        let (sink, messages) = sink();
        let recorder = Recorder::new(Arc::new(Replay::new(vec![], sink)));
        assert_eq!(recorder.call("kubewarden", "tracing", "log", br#"{"level":"info","message":"hello","x":1}"#), Ok(Vec::new()));
        assert_eq!(recorder.call("kubewarden", "tracing", "log", b"not json"), Ok(Vec::new()));
        assert_eq!(recorder.exchanges(), []);
        assert_eq!(*messages.lock().expect("no panic"), ["info: hello"]);
    }

    #[test]
    fn a_recording_replays_and_keeps_the_top_line_of_errors() {
        let recorded = vec![
            digest("a/b", Response::Success("{\"digest\":\"x\"}".to_owned())),
            digest("c/d", Response::Error("top\n\nCaused by:\n    deep".to_owned())),
        ];
        let recorder = Recorder::new(Arc::new(Replay::new(recorded, sink().0)));
        assert_eq!(ask(&recorder, "a/b"), Ok("{\"digest\":\"x\"}".to_owned()));
        assert_eq!(ask(&recorder, "c/d"), Err(failed("top\n\nCaused by:\n    deep")));
        let again = Replay::new(exchange::parse(&recorder.to_yaml()).expect("a valid file"), sink().0);
        assert_eq!(ask(&again, "a/b"), Ok("{\"digest\":\"x\"}".to_owned()));
        assert_eq!(ask(&again, "c/d"), Err(failed("top")));
    }
}
