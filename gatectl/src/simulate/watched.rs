//! Host calls → the same answers, and how many questions about the cluster's objects failed: what rules allow to be unknown shows in no verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use host::capability::Capabilities;

/// In front of whoever answers.
pub(super) struct Watched {
    inner: Arc<dyn Capabilities>,
    n_failed: AtomicUsize,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn Capabilities>) -> Self {
        Self { inner, n_failed: AtomicUsize::new(0) }
    }

    /// Questions that failed; each is asked once.
    pub(super) fn n_failed(&self) -> usize {
        self.n_failed.load(Ordering::Relaxed)
    }
}

impl Capabilities for Watched {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let answer = self.inner.call(binding, namespace, operation, payload);
        if namespace == "kubernetes" && answer.is_err() {
            self.n_failed.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}
