//! Why the module judged as it did: the same evaluator once more, in this process, with the answers that the module's look-ups got.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use host::capability::Capabilities;
use policy::lookup::host::Host;
use policy::time::Timestamp;
use serde_json::Value;

use crate::exit::Failure;

/// One answer to a look-up, with the operation that it answers.
type Heard = (String, Result<Vec<u8>, String>);

/// Passes every call on and keeps the answers, log events apart.
pub(crate) struct Listener {
    inner: Arc<dyn Capabilities>,
    heard: Mutex<VecDeque<Heard>>,
}

impl Listener {
    pub(crate) fn new(inner: Arc<dyn Capabilities>) -> Self {
        Self { inner, heard: Mutex::default() }
    }

    /// The way to the module's answer to `payload`, one element for each image.
    ///
    /// # Errors
    /// This program's evaluator is not the module's: it answers otherwise.
    pub(crate) fn explain(&self, payload: &[u8], answer: &[u8], now: Timestamp) -> Result<Vec<Value>, Failure> {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        let (own, images) = policy::review::explain(payload, now, &Again(Mutex::new(heard)));
        if own != answer {
            return Err(Failure::new(
                "the module judges otherwise than this program, so that it cannot explain the verdict; hint: use a module and a gatectl of one release",
            ));
        }
        Ok(images)
    }
}

impl Capabilities for Listener {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let answer = self.inner.call(binding, namespace, operation, payload);
        if namespace != "tracing" {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).push_back((operation.to_owned(), answer.clone()));
        }
        answer
    }
}

/// Gives the same answers again, in their order. What was not asked before is not answered, which shows as another verdict.
struct Again(Mutex<VecDeque<Heard>>);

impl Host for Again {
    fn call(&self, namespace: &str, operation: &str, _: &[u8]) -> Result<Vec<u8>, String> {
        if namespace == "tracing" {
            return Ok(Vec::new());
        }
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some((of, answer)) if of == operation => answer,
            _ => Err("this was not asked before".to_owned()),
        }
    }
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Again")
    }
}
