//! The waPC edge: bytes in, bytes out. The only registration, the only unsafe, the only clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wapc_guest::{CallResult, register_function};

use crate::lookup::host::{Host, WapcHost};
use crate::review;
use crate::time::Timestamp;

/// Set by hosts that judge for another instant than now; Unix seconds. The policy server and kwctl give the guest no environment.
const CLOCK_VARIABLE: &str = "GATED_DEPLOYMENT_NOW";

/// Called by the host after instantiation.
#[expect(unsafe_code, reason = "the host looks the function up by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", |payload: &[u8]| -> CallResult { Ok(review::validate(payload, now(), &Timed::start())) });
    register_function("validate_settings", |payload: &[u8]| -> CallResult { Ok(review::validate_settings(payload, now())) });
    register_function("protocol_version", |_: &[u8]| -> CallResult { Ok(b"\"v1\"".to_vec()) });
}

/// The host, with the time since a request arrived.
#[derive(Debug)]
struct Timed(Instant);

impl Timed {
    #[expect(clippy::disallowed_methods, reason = "this is the edge: the time that look-ups take is measured here")]
    fn start() -> Self {
        Self(Instant::now())
    }
}

impl Host for Timed {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        WapcHost.call(namespace, operation, payload)
    }

    fn elapsed_millis(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the edge: everything below takes the clock as an argument")]
fn now() -> Timestamp {
    let given = std::env::var(CLOCK_VARIABLE).ok().and_then(|text| text.parse().ok());
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|elapsed| i64::try_from(elapsed.as_secs()).ok());
    given.or_else(clock).and_then(Timestamp::from_unix).unwrap_or(Timestamp::EPOCH)
}
