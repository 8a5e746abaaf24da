//! Threads of a client's own for asynchronous work, on which any thread may wait.

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// The threads of one client. What still runs when they are dropped is abandoned.
pub(crate) struct Threads(Option<Runtime>);

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// It took longer than this.
    TimeOver(Duration),
    /// It panicked, or the threads are gone.
    Failed,
}

impl Threads {
    /// Starts two threads of a name.
    ///
    /// # Errors
    /// One sentence: the system gives no more threads.
    pub(crate) fn start(name: &str) -> Result<Self, String> {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build();
        runtime.map(|runtime| Self(Some(runtime))).map_err(|error| format!("cannot start threads: {error}"))
    }

    /// Runs a future to its end, or until `limit` is over; a panic in it is an error.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        limit: Option<Duration>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Interrupted> {
        let Some(runtime) = &self.0 else { return Err(Interrupted::Failed) };
        let (answer, waiting) = mpsc::sync_channel(1);
        runtime.spawn(async move {
            let result = match limit {
                None => Ok(future.await),
                Some(limit) => tokio::time::timeout(limit, future).await.map_err(|_| Interrupted::TimeOver(limit)),
            };
            // Nobody waits any more only where the caller's thread is gone.
            let _ = answer.send(result);
        });
        waiting.recv().unwrap_or(Err(Interrupted::Failed))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
