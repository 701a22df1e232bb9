//! Subscribers that stop reading from their sockets: they cost a bounded amount of memory, and nobody else any time.

use std::time::Duration;

use daybook_tests::subscriber::Change;
use daybook_tests::{Api, Database, Report, Role, ServerProcess, Socket};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

/// How many read on.
const EAGER: usize = 10;

/// How often something is reported.
const PACE: Duration = Duration::from_millis(20);

/// What a subscriber that does not read may cost, in KiB: what was on its way to it, and its socket.
const EACH: u64 = 256;

/// With messages, which are long.
const CHANGES: &str = "subscription ($name: UUID!) {
    scheduleChanges(name: $name) {
        revision schedule { status revision } results { id script attempt status revision message }
    }
}";

#[tokio::test(flavor = "multi_thread")]
async fn fifty_that_stop_reading() {
    stop_reading(50, 100).await;
}

#[ignore = "it takes minutes"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_five_hundred_that_stop_reading() {
    stop_reading(500, 1_000).await;
}

async fn stop_reading(stalled: usize, reports: usize) {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let reporter = server
        .admin()
        .create_client("nightly", Role::Reporter)
        .await;
    let schedule = reporter.open_schedule("stalled").await;
    let mut eager = Vec::new();
    for _ in 0..EAGER {
        eager.push(subscribe(&reporter, schedule).await);
    }
    let without = told_of(&reporter, schedule, reports, &mut eager).await;
    let before = server.resident_kib();

    let mut idle = Vec::new();
    for _ in 0..stalled {
        idle.push(subscribe(&reporter, schedule).await);
    }
    // As much as fills what lies between the server and somebody who does not read.
    fill(&reporter, schedule, &mut eager).await;
    let with = told_of(&reporter, schedule, reports, &mut eager).await;
    let after = server.resident_kib();

    let each = after.saturating_sub(before) / u64::try_from(stalled).expect("a small number");
    println!(
        "{stalled} of {} subscribers stopped reading: the others were told after {:.1} ms in the median, {:.1} ms without those; \
         {} MiB resident before, {} MiB after, {each} KiB for each",
        stalled + EAGER,
        with.as_secs_f64() * 1_000.0,
        without.as_secs_f64() * 1_000.0,
        before / 1024,
        after / 1024,
    );
    assert!(each <= EACH, "{each} KiB for each");
    assert!(
        with <= without * 3 / 2 + Duration::from_millis(5),
        "{with:?} instead of {without:?}"
    );
}

async fn subscribe(client: &Api, schedule: Uuid) -> Socket {
    let mut socket = Socket::connect(client).await;
    let variables = json!({ "name": schedule });
    socket.subscribe("changes", CHANGES, variables).await;
    Change::of(&socket.next().await);
    socket
}

/// Reports, and tells after which time those who read were told, in the median: from the sending of the report.
async fn told_of(reporter: &Api, schedule: Uuid, reports: usize, eager: &mut [Socket]) -> Duration {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut times = Vec::new();
    for _ in 0..reports {
        ticks.tick().await;
        let begun = Instant::now();
        let report = reporter.reported(schedule, Report::pass(Uuid::new_v4()));
        let told = join_all(eager.iter_mut().map(async |socket| {
            Change::of(&socket.next().await);
            begun.elapsed()
        }));
        let (_, told) = tokio::join!(report, told);
        times.extend(told);
    }
    times.sort_unstable();
    times[times.len() / 2]
}

async fn fill(reporter: &Api, schedule: Uuid, eager: &mut [Socket]) {
    let long = "x".repeat(60_000);
    for _ in 0..20 {
        let report = Report::pass(Uuid::new_v4()).message(&long);
        reporter.reported(schedule, report).await;
        for socket in eager.iter_mut() {
            Change::of(&socket.next().await);
        }
    }
}
