//! The real time. Nothing below the command line asks for it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use policy::time::Timestamp;

/// The present, in whole seconds.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge: it asks the clock, and says so in `--now`")]
pub(crate) fn present() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).ok().and_then(Timestamp::from_unix).unwrap_or(Timestamp::EPOCH)
}

/// The present as RFC 3339, to the microsecond.
#[expect(clippy::disallowed_methods, reason = "logs say when something happened")]
pub(crate) fn present_in_full() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(elapsed.as_secs()).ok().and_then(Timestamp::from_unix).unwrap_or(Timestamp::EPOCH);
    format!("{}.{:06}Z", seconds.to_string().trim_end_matches('Z'), elapsed.subsec_micros())
}

/// An instant, to measure how long something takes.
#[expect(clippy::disallowed_methods, reason = "how long a scanner may run is measured, not judged by")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
