//! A request and settings → a judgement, by the module; and where it is not admitted, the way to it, by the same evaluator in this process.

use std::sync::Arc;

use host::capability::Capabilities;
use policy::time::Timestamp;
use serde_json::Value;

use super::request::Request;
use crate::exit::Failure;
use crate::judgement::{Interned, Judgement, Verdict};
use crate::lookup::Asking;
use crate::policy_module::{Answer, Module};

/// Judges from any thread; each look-up is made once.
pub(super) struct Judge {
    module: Module,
    asking: Asking,
    now: Timestamp,
    interned: Interned,
}

impl Judge {
    pub(super) fn new(module: Module, capabilities: Arc<dyn Capabilities>, now: Timestamp) -> Self {
        Self { module, asking: Asking(capabilities), now, interned: Interned::default() }
    }

    /// What the module says against settings; `None` where it accepts them.
    pub(super) fn refusal(&self, settings: &Value) -> Result<Option<String>, Failure> {
        self.module.refusal(settings)
    }

    /// Judges a request by settings, which are JSON.
    ///
    /// # Errors
    /// The module fails, or this program's evaluator is not the module's.
    pub(super) fn judge(&self, request: &Request, settings: &str) -> Result<Judgement, Failure> {
        let payload = payload(&request.body, settings);
        let bytes = self.module.validate(&payload).map_err(|error| Failure::at(&request.place, error.message))?;
        let answer = Answer::read(&bytes)?;
        let is_admitted = answer.accepted && answer.annotation("verdict") == Some(Verdict::Admit.word());
        let images = if is_admitted { Vec::new() } else { self.explained(&payload, &bytes)? };
        Ok(self.interned.judgement(&answer, &images))
    }

    /// Images whose findings could not be asked for, whatever the rules make of that.
    pub(super) fn n_unavailable(&self) -> usize {
        self.interned.n_unavailable()
    }

    /// The way to an answer, an element for each image.
    fn explained(&self, payload: &[u8], answer: &[u8]) -> Result<Vec<Value>, Failure> {
        let (own, images) = policy::review::explain(payload, self.now, &self.asking);
        if own != answer {
            return Err(Failure::new(
                "the module judges otherwise than this program; hint: use a module and a gatectl of one release",
            ));
        }
        Ok(images)
    }

    /// The same by the evaluator alone, for settings that are tried out.
    pub(super) fn tried(&self, request: &Request, settings: &str) -> Vec<Value> {
        policy::review::explain(&payload(&request.body, settings), self.now, &self.asking).1
    }
}

fn payload(request: &str, settings: &str) -> Vec<u8> {
    format!("{{\"request\":{request},\"settings\":{settings}}}").into_bytes()
}
