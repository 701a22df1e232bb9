//! What operators see in numbers: counted where it happens, and written down for Prometheus when it asks.
//!
//! Rule of the house: names and labels are part of what Daybook promises (`deploy/prometheus/metrics.txt` has those that
//! alerts use), and no label has more values than the schema has fields or the server has routes.

mod process;

use std::{borrow::Cow, fmt, time::Duration};

use entity::run::RunStatus;
use prometheus_client::{
    encoding::{EncodeLabelValue, LabelValueEncoder, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use sea_orm::ActiveEnum;

/// How long requests and commits take, in seconds: from what is quick to what a client gives up at.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];

/// How long subscribers wait for what was committed, in seconds.
const LAG_SECONDS: [f64; 12] = [
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
];

/// How late tasks begin, in seconds.
const LATENESS_SECONDS: [f64; 9] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 300.0, 3600.0];

/// How many results are written with one commit.
const ROWS: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0, 1024.0, 2048.0, 5000.0,
];

/// A label with its value.
type Label<V = Cow<'static, str>> = (&'static str, V);

/// Why a request was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Its client makes too many.
    RequestRate,
    /// Too many unknown tokens were tried from its address.
    FailedLogins,
    /// Its client has too many sockets.
    Sockets,
    /// Its client has too many subscriptions.
    Subscriptions,
    /// Too many wait for their results to be written.
    WriteQueue,
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        let reason = match self {
            Self::RequestRate => "request_rate",
            Self::FailedLogins => "failed_logins",
            Self::Sockets => "sockets",
            Self::Subscriptions => "subscriptions",
            Self::WriteQueue => "write_queue",
        };
        EncodeLabelValue::encode(&reason, encoder)
    }
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<[Label; 2], Counter>,
    request_seconds: Family<[Label; 1], Histogram>,
    refused: Family<[Label<Refusal>; 1], Counter>,
    commit_rows: Histogram,
    commit_seconds: Histogram,
    subscribers: Family<[Label; 1], Gauge>,
    subscriber_lag: Histogram,
    task_lateness: Histogram,
    runs: Family<[Label; 1], Counter>,
    write_queue: Gauge,
    connections: Family<[Label; 1], Gauge>,
    /// Only where there is a bus.
    bus_connected: Option<Gauge>,
    resident: Gauge,
}

/// What is not counted, but looked at when somebody asks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// How many requests wait for their results to be written.
    pub write_queue: usize,
    /// How many connections to the database are in use, and how many more could be.
    pub connections: (u32, u32),
    /// Whether the event bus is connected.
    pub bus_connected: bool,
}

impl Metrics {
    /// Nothing happened yet.
    pub fn new(has_bus: bool) -> Self {
        let mut registry = Registry::default();
        let build: Family<[Label; 1], Gauge> = Family::default();
        let version = Cow::Borrowed(env!("CARGO_PKG_VERSION"));
        build.get_or_create(&[("version", version)]).set(1);
        registry.register("daybook_build_info", "Which Daybook this is", build);
        let seconds = || Histogram::new(SECONDS);
        let metrics = Self {
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            refused: Family::default(),
            commit_rows: Histogram::new(ROWS),
            commit_seconds: seconds(),
            subscribers: Family::default(),
            subscriber_lag: Histogram::new(LAG_SECONDS),
            task_lateness: Histogram::new(LATENESS_SECONDS),
            runs: Family::default(),
            write_queue: Gauge::default(),
            connections: Family::default(),
            bus_connected: has_bus.then(Gauge::default),
            resident: Gauge::default(),
            registry,
        };
        metrics.registered()
    }

    /// What is there from the beginning is said from the beginning: where a counter appears only when it has counted, the
    /// first one is not seen as an increase.
    fn registered(mut self) -> Self {
        for status in [
            RunStatus::Succeeded,
            RunStatus::Failed,
            RunStatus::TimedOut,
            RunStatus::Cancelled,
            RunStatus::Skipped,
            RunStatus::Missed,
        ] {
            drop(self.runs.get_or_create(&[outcome(status)]));
        }
        for refusal in [
            Refusal::RequestRate,
            Refusal::FailedLogins,
            Refusal::Sockets,
            Refusal::Subscriptions,
            Refusal::WriteQueue,
        ] {
            drop(self.refused.get_or_create(&[("reason", refusal)]));
        }
        let registry = &mut self.registry;
        registry.register(
            "daybook_requests",
            "Requests that were answered, by what they asked for and the code of their first error",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "daybook_request",
            "How long requests took",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register(
            "daybook_refused",
            "Requests, sockets and subscriptions that were not admitted, by the limit that they met",
            self.refused.clone(),
        );
        registry.register(
            "daybook_commit_rows",
            "How many results were written with one commit",
            self.commit_rows.clone(),
        );
        registry.register_with_unit(
            "daybook_commit",
            "How long the transactions took that wrote results",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register(
            "daybook_subscribers",
            "Subscriptions that are open",
            self.subscribers.clone(),
        );
        registry.register_with_unit(
            "daybook_subscriber_lag",
            "How long after a schedule's change its subscribers were told",
            Unit::Seconds,
            self.subscriber_lag.clone(),
        );
        registry.register_with_unit(
            "daybook_task_lateness",
            "How long after their time the runs of tasks began",
            Unit::Seconds,
            self.task_lateness.clone(),
        );
        registry.register("daybook_runs", "Runs that ended", self.runs.clone());
        registry.register(
            "daybook_write_queue_length",
            "Requests that wait for their results to be written",
            self.write_queue.clone(),
        );
        registry.register(
            "daybook_database_connections",
            "Connections to the database, in use, and to be had at once or by opening more",
            self.connections.clone(),
        );
        if let Some(bus_connected) = &self.bus_connected {
            registry.register(
                "daybook_event_bus_connected",
                "Whether other servers are heard over the event bus",
                bus_connected.clone(),
            );
        }
        if process::resident_bytes().is_some() {
            registry.register_with_unit(
                "process_resident_memory",
                "The memory of this process that is in use",
                Unit::Bytes,
                self.resident.clone(),
            );
        }
        self
    }

    /// A request was answered, with the code of its first error, or `OK`.
    pub fn answered(&self, operation: Cow<'static, str>, code: Cow<'static, str>, took: Duration) {
        self.request_seconds
            .get_or_create(&[("operation", operation.clone())])
            .observe(took.as_secs_f64());
        self.requests
            .get_or_create(&[("operation", operation), ("code", code)])
            .inc();
    }

    /// Something was not admitted.
    pub fn refused(&self, refusal: Refusal) {
        self.refused.get_or_create(&[("reason", refusal)]).inc();
    }

    /// So many results were committed together.
    pub fn committed(&self, rows: usize, took: Duration) {
        self.commit_rows
            .observe(f64::from(u32::try_from(rows).unwrap_or(u32::MAX)));
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A subscriber was told of a change that was so old.
    pub fn told(&self, lag: Duration) {
        self.subscriber_lag.observe(lag.as_secs_f64());
    }

    /// A task's run began so long after its time.
    pub fn began(&self, late: Duration) {
        self.task_lateness.observe(late.as_secs_f64());
    }

    /// A run ended.
    pub fn ended(&self, status: RunStatus) {
        self.runs.get_or_create(&[outcome(status)]).inc();
    }

    /// Somebody subscribed, for as long as what is returned lives.
    pub fn subscribed(&self, kind: Cow<'static, str>) -> Subscribed {
        let gauge = self.subscribers.get_or_create_owned(&[("kind", kind)]);
        gauge.inc();
        Subscribed(gauge)
    }

    /// All of it, as `OpenMetrics` has it.
    pub fn text(&self, moment: Moment) -> Result<String, fmt::Error> {
        self.write_queue.set(gauge(moment.write_queue));
        let (used, free) = moment.connections;
        for (state, number) in [("used", used), ("idle", free)] {
            let connections = self.connections.get_or_create(&[("state", state.into())]);
            connections.set(number.into());
        }
        if let Some(bus_connected) = &self.bus_connected {
            bus_connected.set(moment.bus_connected.into());
        }
        if let Some(bytes) = process::resident_bytes() {
            self.resident.set(gauge(bytes));
        }
        let mut written = String::new();
        text::encode(&mut written, &self.registry)?;
        Ok(written)
    }
}

/// Somebody who is subscribed.
#[derive(Debug)]
pub struct Subscribed(Gauge);

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn outcome(status: RunStatus) -> Label {
    ("outcome", status.to_value().into())
}

fn gauge(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Moment = Moment {
        write_queue: 3,
        connections: (2, 22),
        bus_connected: true,
    };

    /// The names, types and labels that alerts and dashboards use.
    const PROMISED: &str = include_str!("../../deploy/prometheus/metrics.txt");

    #[test]
    fn what_alerts_use_is_there() {
        let metrics = Metrics::new(true);
        metrics.answered("schedules".into(), "OK".into(), Duration::from_millis(3));
        metrics.refused(Refusal::Sockets);
        metrics.committed(64, Duration::from_millis(2));
        let _subscribed = metrics.subscribed("scheduleChanges".into());
        metrics.told(Duration::from_millis(4));
        metrics.began(Duration::from_secs(61));
        metrics.ended(RunStatus::Failed);
        let text = metrics.text(MOMENT).expect("written");
        let promised = PROMISED.lines().filter(|line| !line.starts_with('#'));
        for line in promised {
            let mut words = line.split_whitespace();
            let (name, kind) = (words.next().expect("a name"), words.next().expect("a type"));
            let family = name.strip_suffix("_total").unwrap_or(name);
            assert!(
                text.contains(&format!("# TYPE {family} {kind}\n")),
                "{line}\n{text}"
            );
            let samples = text.lines().filter(|sample| sample.starts_with(name));
            let samples: Vec<_> = samples.collect();
            for label in words.flat_map(|labels| labels.split(',')) {
                assert!(
                    samples
                        .iter()
                        .all(|sample| sample.contains(&format!("{label}=\""))),
                    "{label} of {samples:?}"
                );
            }
        }
    }

    #[test]
    fn the_bus_is_there_only_where_there_is_one() {
        let text = Metrics::new(false).text(MOMENT).expect("written");
        assert!(!text.contains("event_bus"));
        assert!(text.contains("daybook_database_connections{state=\"idle\"} 22\n"));
        assert!(text.contains("daybook_runs_total{outcome=\"MISSED\"} 0\n"));
    }
}
