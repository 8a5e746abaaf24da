//! Host calls as they happen → kwctl's file of them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::capability::Capabilities;
use crate::exchange::{self, Exchange, Request, Response};
use crate::live::FAILED;

/// Passes every call on and keeps those the file knows, in the order of their answers. `tracing` is none of them.
pub struct Recorder {
    inner: Arc<dyn Capabilities>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// Records what `inner` answers.
    #[must_use]
    pub fn new(inner: Arc<dyn Capabilities>) -> Self {
        Self { inner, exchanges: Mutex::new(Vec::new()) }
    }

    /// What was recorded so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was recorded so far, as the file's text.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        exchange::write(&self.exchanges())
    }
}

impl Capabilities for Recorder {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let answer = self.inner.call(binding, namespace, operation, payload);
        if let Some(request) = Request::of_call(binding, namespace, operation, payload) {
            let response = match &answer {
                Ok(bytes) => Response::Success(String::from_utf8_lossy(bytes).into_owned()),
                // As kwctl: neither what is put before every failure is kept, nor the chain of causes.
                Err(text) => {
                    let text = text.strip_prefix(FAILED).unwrap_or(text);
                    Response::Error(text.lines().next().unwrap_or_default().to_owned())
                }
            };
            self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(Exchange { request, response });
        }
        answer
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("exchanges", &self.exchanges).finish_non_exhaustive()
    }
}
