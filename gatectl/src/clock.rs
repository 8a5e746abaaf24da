//! The real time. Nothing below the command line asks for it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use policy::time::Timestamp;

/// The present, in whole seconds.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge: it asks the clock, and says so in `--now`")]
pub(crate) fn present() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).ok().and_then(Timestamp::from_unix).unwrap_or(Timestamp::EPOCH)
}

/// An instant, to measure how long something takes.
#[expect(clippy::disallowed_methods, reason = "how long a scanner may run is measured, not judged by")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
