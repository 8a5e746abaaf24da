//! What is counted, in Prometheus' text format.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::lookups::Source;

/// Seconds: from an answer out of memory to one that nobody waits for any more.
const SECONDS: [f64; 12] = [0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVerdict {
    verdict: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByEnd {
    endpoint: &'static str,
    end: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    operation: String,
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Verdicts.
    Validate,
    /// Digests behind tags.
    Mutate,
}

impl Endpoint {
    /// Its name in metrics and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
        }
    }
}

/// Why a connection got nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No handshake of TLS came about.
    Handshake,
    /// The client's certificate is of another name.
    Name,
}

/// Everything that is counted.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<ByEnd, Counter>,
    verdicts: Family<ByVerdict, Counter>,
    lookups: Family<BySource, Counter>,
    pins: Family<ByResult, Counter>,
    refused: Family<ByReason, Counter>,
    renewals: Family<ByResult, Counter>,
    seconds: Histogram,
    in_flight: Gauge,
    remembered: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("gated_deployment");
        let (requests, verdicts, lookups) = (Family::default(), Family::default(), Family::default());
        let (pins, refused, renewals) = (Family::default(), Family::default(), Family::default());
        let (seconds, in_flight, remembered) = (Histogram::new(SECONDS), Gauge::default(), Gauge::default());
        registry.register("requests", "Requests by endpoint and end", requests.clone());
        registry.register("verdicts", "Judged workloads by verdict", verdicts.clone());
        registry.register("lookups", "Look-ups of the module by operation and source", lookups.clone());
        registry.register("pins", "Image references that were asked to be pinned by result", pins.clone());
        registry.register("connections_refused", "Connections that got nowhere by reason", refused.clone());
        registry.register("certificate_renewals", "Changes of the certificate's files by result", renewals.clone());
        registry.register("request_seconds", "Seconds from a request's body to its answer", seconds.clone());
        registry.register("workloads_in_flight", "Workloads that wait or are judged", in_flight.clone());
        registry.register("remembered_bytes", "Bytes of remembered look-ups", remembered.clone());
        Self {
            registry: Arc::new(registry),
            requests,
            verdicts,
            lookups,
            pins,
            refused,
            renewals,
            seconds,
            in_flight,
            remembered,
        }
    }
}

impl Metrics {
    /// A request has been answered, with an item for each key or with a system error.
    pub fn answered(&self, endpoint: Endpoint, has_items: bool, seconds: f64) {
        let endpoint = endpoint.word();
        let end = if has_items { "answered" } else { "system-error" };
        self.requests.get_or_create(&ByEnd { endpoint, end }).inc();
        self.seconds.observe(seconds);
    }

    /// A reference was asked to be pinned.
    pub fn pinned(&self, is_pinned: bool) {
        self.pins.get_or_create(&ByResult { result: if is_pinned { "pinned" } else { "unchanged" } }).inc();
    }

    /// A connection got nowhere.
    pub fn refused(&self, why: Refused) {
        let reason = match why {
            Refused::Handshake => "handshake",
            Refused::Name => "name",
        };
        self.refused.get_or_create(&ByReason { reason }).inc();
    }

    /// The certificate's files have changed, and are used or not.
    pub fn renewed(&self, is_used: bool) {
        self.renewals.get_or_create(&ByResult { result: if is_used { "used" } else { "refused" } }).inc();
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
