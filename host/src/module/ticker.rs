//! The one thread that moves an engine's epoch on.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use wasmtime::Engine;

/// Increments the epoch once a tick until dropped.
#[derive(Debug)]
pub(super) struct Ticker {
    /// Its end of life is the thread's sign to stop.
    _stop: Sender<()>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine, tick: Duration) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let engine = engine.clone();
        let run = move || {
            while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        };
        Builder::new().name("epoch".to_owned()).spawn(run)?;
        Ok(Self { _stop: stop })
    }
}
