//! What is counted, in Prometheus' text format.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::lookups::Source;

/// Seconds: from an answer out of memory to one that nobody waits for any more.
const SECONDS: [f64; 9] = [0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVerdict {
    verdict: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByEnd {
    endpoint: Endpoint,
    end: End,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    operation: String,
    source: &'static str,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Endpoint {
    /// Verdicts.
    Validate,
    /// Digests behind tags.
    Mutate,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum End {
    /// With an item for each key.
    Answered,
    /// With a system error.
    SystemError,
}

/// Everything that is counted.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<ByEnd, Counter>,
    verdicts: Family<ByVerdict, Counter>,
    lookups: Family<BySource, Counter>,
    seconds: Histogram,
    in_flight: Gauge,
    remembered: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("gated_deployment");
        let (requests, verdicts, lookups) = (Family::default(), Family::default(), Family::default());
        let (seconds, in_flight, remembered) = (Histogram::new(SECONDS), Gauge::default(), Gauge::default());
        registry.register("requests", "Requests by endpoint and end", requests.clone());
        registry.register("verdicts", "Judged workloads by verdict", verdicts.clone());
        registry.register("lookups", "Look-ups of the module by operation and source", lookups.clone());
        registry.register("request_seconds", "Seconds from a request's body to its answer", seconds.clone());
        registry.register("workloads_in_flight", "Workloads that wait or are judged", in_flight.clone());
        registry.register("remembered_bytes", "Bytes of remembered look-ups", remembered.clone());
        Self { registry: Arc::new(registry), requests, verdicts, lookups, seconds, in_flight, remembered }
    }
}

impl Metrics {
    /// A request has been answered.
    pub fn answered(&self, endpoint: Endpoint, end: End, seconds: f64) {
        self.requests.get_or_create(&ByEnd { endpoint, end }).inc();
        self.seconds.observe(seconds);
    }

    /// A workload has been judged: `admit`, `audit` or `deny`.
    pub fn judged(&self, verdict: &str) {
        self.verdicts.get_or_create(&ByVerdict { verdict: verdict.to_owned() }).inc();
    }

    /// The module has looked something up.
    pub fn looked_up(&self, operation: &str, source: Source) {
        let source = match source {
            Source::Memory => "memory",
            Source::Asked => "asked",
            Source::Failed => "failed",
        };
        self.lookups.get_or_create(&BySource { operation: operation.to_owned(), source }).inc();
    }

    /// All of it as text, with what is in flight and remembered now.
    #[must_use]
    pub fn text(&self, in_flight: usize, remembered: usize) -> String {
        self.in_flight.set(i64::try_from(in_flight).unwrap_or(i64::MAX));
        self.remembered.set(i64::try_from(remembered).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Memory does not fail to be written to.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
