//! A payload and the answers to what the policy will ask → the policy's own answer: what tests hold this module to the gate by.

use std::cell::RefCell;
use std::collections::VecDeque;

use policy::lookup::host::Host;
use policy::review;
use policy::time::Timestamp;
use serde::Deserialize;

use crate::{problem, question};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    payload: String,
    /// Unix seconds.
    now: i64,
    #[serde(default)]
    calls: Vec<Call>,
}

/// What is asked, and the answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    namespace: String,
    operation: String,
    request: String,
    #[serde(default)]
    ok: Option<String>,
    #[serde(default)]
    error: Option<String>,
    /// Milliseconds.
    #[serde(default)]
    took: i64,
}

/// Answers in order, as long as it is asked what is expected next.
#[derive(Debug)]
struct Script {
    calls: RefCell<VecDeque<Call>>,
    elapsed: RefCell<i64>,
}

impl Host for Script {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if namespace == "tracing" {
            return Ok(Vec::new());
        }
        let mut calls = self.calls.borrow_mut();
        let is_next =
            |call: &Call| call.namespace == namespace && call.operation == operation && call.request.as_bytes() == payload;
        if !calls.front().is_some_and(is_next) {
            return Err(format!("{namespace}/{operation} was not expected now"));
        }
        let call = calls.pop_front().ok_or_else(|| "nothing was expected".to_owned())?;
        let mut elapsed = self.elapsed.borrow_mut();
        *elapsed = elapsed.saturating_add(call.took);
        match (call.ok, call.error) {
            (Some(ok), None) => Ok(ok.into_bytes()),
            (_, error) => Err(error.unwrap_or_default()),
        }
    }

    fn elapsed_millis(&self) -> i64 {
        *self.elapsed.borrow()
    }
}

/// The policy's answer to `payload` at the instant `now`, where its host answers `calls` in their order and nothing else; of what is no such
/// question, `problem` alone.
#[must_use]
pub fn review(text: &str) -> String {
    let question: Question = match question(text) {
        Ok(question) => question,
        Err(what) => return problem(&what),
    };
    let Some(now) = Timestamp::from_unix(question.now) else {
        return problem("`now`: expected Unix seconds of a year up to 9999");
    };
    let script = Script { calls: RefCell::new(question.calls.into()), elapsed: RefCell::new(0) };
    String::from_utf8(review::validate(question.payload.as_bytes(), now, &script)).unwrap_or_default()
}
