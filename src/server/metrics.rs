//! What is counted, and how it is told to Prometheus. Labels come from lists of ours alone: no name, address or path that
//! a caller chose, so that nobody can fill the memory with them, and nothing about a person is told.

use crate::domain::error::AppError;
use crate::server::clock::Clock;
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What [`Metrics::tell`] writes: Prometheus' text format.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Upper bounds of the durations that are told apart, in seconds: a page takes less than the least, a sign-in tens of
/// milliseconds, and the deadline of a request is 30.
const DURATIONS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The counters of one program. Cloning it shares it.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    clock: Clock,
    registry: Registry,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    sign_ins: Family<OutcomeLabel, Counter>,
    renewals: Family<OutcomeLabel, Counter>,
    reuses: Counter,
    gauges: Gauges,
}

/// What is looked up at the moment it is asked for.
#[derive(Default)]
struct Gauges {
    database_queries: Counter,
    hashing_running: Gauge,
    hashing_waiting: Gauge,
    revocations: Gauge,
    feed_age: Gauge<f64, AtomicU64>,
    streams: Gauge,
    connections: Gauge,
}

/// The state of the program at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// How often the database was asked since the start.
    pub database_queries: u64,
    /// Password computations at work.
    pub hashing_running: usize,
    /// Password computations that wait for one of those to end.
    pub hashing_waiting: usize,
    /// What was taken back and is remembered.
    pub revocations: usize,
    /// How long ago the database was asked, with success, what others have taken back.
    pub feed_age: Duration,
    /// Open answers without end that tell a browser of its sessions' ends.
    pub streams: usize,
    /// Open connections.
    pub connections: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Box<str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

impl Metrics {
    /// With every counter at nothing.
    pub fn new(clock: Clock) -> Self {
        let mut registry = Registry::with_prefix("vestibule");
        let requests = Family::new_with_constructor((|| Histogram::new(DURATIONS)) as fn() -> _);
        let (sign_ins, renewals) = (Family::default(), Family::default());
        let (reuses, gauges) = (Counter::default(), Gauges::default());

        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of the program", build);
        registry.register_with_unit(
            "http_request_duration",
            "From a request's head to the head of its answer, by route",
            Unit::Seconds,
            requests.clone(),
        );
        registry.register(
            "sign_ins",
            "Sign-ins by outcome: signed_in, or the error's code",
            sign_ins.clone(),
        );
        registry.register(
            "renewals",
            "Presented refresh tokens by outcome: renewed, over, refused, or the error's code",
            renewals.clone(),
        );
        registry.register(
            "refresh_token_reuses",
            "Used refresh tokens that came back, each of which ended its session",
            reuses.clone(),
        );
        gauges.register(&mut registry);
        Self(Arc::new(Inner {
            clock,
            registry,
            requests,
            sign_ins,
            renewals,
            reuses,
            gauges,
        }))
    }

    /// The moment at which a request began, of [`Clock::elapsed`].
    pub fn begin_request(&self) -> Duration {
        self.0.clock.elapsed()
    }

    /// Counts a request that is answered. `route` is the pattern that it matched, not its path.
    pub fn end_request(&self, begun: Duration, method: &str, route: Option<&str>, status: u16) {
        let labels = RequestLabels {
            method: known_method(method),
            route: route.unwrap_or("none").into(),
            status,
        };
        let took = self.0.clock.elapsed().saturating_sub(begun);
        let histogram = self.0.requests.get_or_create(&labels);
        histogram.observe(took.as_secs_f64());
    }

    /// Counts a sign-in.
    pub fn sign_in(&self, outcome: Result<(), &AppError>) {
        let outcome = outcome.map_or_else(AppError::code, |()| "signed_in");
        self.0
            .sign_ins
            .get_or_create(&OutcomeLabel { outcome })
            .inc();
    }

    /// Counts a refresh token that was presented.
    pub fn renewal(&self, outcome: Result<&'static str, &AppError>) {
        let outcome = outcome.unwrap_or_else(AppError::code);
        self.0
            .renewals
            .get_or_create(&OutcomeLabel { outcome })
            .inc();
    }

    /// Counts a used refresh token that came back.
    pub fn reuse(&self) {
        self.0.reuses.inc();
    }

    /// All of it, as [`CONTENT_TYPE`] says.
    pub fn tell(&self, reading: &Reading) -> String {
        self.0.gauges.set(reading);
        let mut text = String::new();
        // A String takes everything.
        let _ = prometheus_text::encode(&mut text, &self.0.registry);
        text
    }
}

impl Gauges {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "database_queries",
            "How often the database was asked; a transaction counts once",
            self.database_queries.clone(),
        );
        registry.register(
            "hashing_running",
            "Password computations at work",
            self.hashing_running.clone(),
        );
        registry.register(
            "hashing_waiting",
            "Password computations that wait; when as many wait as may, sign-ins are answered 503",
            self.hashing_waiting.clone(),
        );
        registry.register(
            "revocations_live",
            "What was taken back and is remembered, since a token issued before may still be valid",
            self.revocations.clone(),
        );
        registry.register_with_unit(
            "revocation_feed_age",
            "How long ago the database was last asked what others have taken back",
            Unit::Seconds,
            self.feed_age.clone(),
        );
        registry.register(
            "event_streams",
            "Browsers that wait to be told of a session's end",
            self.streams.clone(),
        );
        registry.register("connections", "Open connections", self.connections.clone());
    }

    fn set(&self, reading: &Reading) {
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let queries = self.database_queries.inner();
        queries.fetch_max(reading.database_queries, Ordering::Relaxed);
        self.hashing_running.set(whole(reading.hashing_running));
        self.hashing_waiting.set(whole(reading.hashing_waiting));
        self.revocations.set(whole(reading.revocations));
        self.feed_age.set(reading.feed_age.as_secs_f64());
        self.streams.set(whole(reading.streams));
        self.connections.set(whole(reading.connections));
    }
}

/// Callers may invent methods; each would be a series of its own.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| *known == method);
    known.unwrap_or("other")
}
