//! The caps of what Gatekeeper, or whoever else reaches the provider, may send. What is above a cap is refused with a sentence.

/// Bytes of a request's body: a key holds the settings and one workload, before and after, as JSON in JSON, and the API server takes objects
/// of 3 MiB at most.
pub const BODY_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of all bodies that have arrived and whose answers are not sent. What comes on top is refused.
pub const BODIES_BYTES: usize = 32 * 1024 * 1024;
/// Keys of a request: Gatekeeper asks for one workload at a time, and the mutation for the images of one.
pub const KEYS: usize = 5_000;
/// Bytes of the longest text of an answer that Gatekeeper's log and the API server's message have to carry.
pub const MESSAGE_BYTES: usize = 8 * 1024;
/// Seconds that a request's body may take to arrive, and an answer to be read.
pub const ARRIVAL_SECONDS: u64 = 10;
/// Seconds that a connection may be idle: Gatekeeper before 3.22 opens one for each call and leaves it.
pub const IDLE_SECONDS: u64 = 30;
/// Connections at one time. Further ones wait to be accepted.
pub const CONNECTIONS: usize = 1_024;
/// Connections of probes and metrics at one time.
pub const PLAIN_CONNECTIONS: usize = 256;
/// Look-ups that are under way at one time, and of one registry among them. Of what comes on top the provider says that it could not do it.
pub const LOOKUPS: usize = 256;
/// Of one registry.
pub const LOOKUPS_OF_A_HOST: usize = 64;
/// References that are pinned at one time.
pub const PINS: usize = 16;
/// Bytes of memory of one judgement.
pub const GUEST_BYTES: usize = 128 * 1024 * 1024;
