//! Subscribers that stop reading from their sockets: they cost a bounded amount of memory, and nobody else any time.

use std::time::Duration;

use daybook_tests::socket::Message;
use daybook_tests::subscriber::Change;
use daybook_tests::{Api, Database, PATIENCE, Report, ServerProcess, Socket, within};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

/// How many read on.
const EAGER: usize = 10;

/// How often something is reported.
const PACE: Duration = Duration::from_millis(20);

/// What subscribers that don't read may cost, in KiB: each its socket and two messages of 256 KiB, and all together what is
/// read for several of them.
const EACH: u64 = 640;
const SHARED: u64 = 64 * 1024;

/// What two medians of the same differ by on a busy machine.
const NOISE: Duration = Duration::from_millis(5);

/// How many subscribe at the same time.
const HANDS: usize = 16;

/// With messages, which are long.
const CHANGES: &str = "subscription ($name: UUID!) {
    scheduleChanges(name: $name) {
        revision schedule { status revision } results { id script attempt status revision message }
    }
}";

#[tokio::test(flavor = "multi_thread")]
async fn fifty_that_stop_reading() {
    stop_reading(50, 50).await;
}

#[ignore = "it takes minutes"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_five_hundred_that_stop_reading() {
    stop_reading(500, 1_000).await;
}

async fn stop_reading(stalled: usize, reports: usize) {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("stalled").await;
    let readers: Vec<_> = (0..EAGER)
        .map(|_| Reader::start(&reporter, schedule))
        .collect();
    let without = told_after(&reporter, schedule, reports, &readers).await;
    let before = server.resident_kib();

    let idle = stream::iter(0..stalled).map(async |_| {
        let mut socket = Socket::connect_narrow(&reporter).await;
        subscribe(&mut socket, schedule).await;
        Change::of(&socket.next().await);
        socket
    });
    let idle: Vec<_> = idle.buffer_unordered(HANDS).collect().await;
    // More than what lies between the server and somebody who does not read can hold: up to 4 MiB, as Linux comes.
    let long = "x".repeat(60_000);
    for _ in 0..80 {
        let report = Report::pass(Uuid::new_v4()).message(&long);
        reporter.reported(schedule, report).await;
    }
    // Until all of that was sent, as far as it was taken.
    told_after(&reporter, schedule, reports, &readers).await;
    let with = told_after(&reporter, schedule, reports, &readers).await;
    let after = server.resident_kib();
    drop(idle);

    println!(
        "{stalled} of {} subscribers stopped reading: the others were told {:.1} ms after a report was sent, in the median, and {:.1} \
         ms without those; {} MiB resident before, {} MiB after",
        stalled + EAGER,
        with.as_secs_f64() * 1_000.0,
        without.as_secs_f64() * 1_000.0,
        before / 1024,
        after / 1024,
    );
    assert!(
        after <= before + SHARED + EACH * u64::try_from(stalled).expect("a small number"),
        "{before} KiB and {after} KiB"
    );
    assert!(
        with <= without * 3 / 2 + NOISE,
        "{with:?} instead of {without:?}"
    );
}

/// Reports, and tells after which time those who read were told, in the median: from the sending of the report.
async fn told_after(
    reporter: &Api,
    schedule: Uuid,
    reports: usize,
    readers: &[Reader],
) -> Duration {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut times = Vec::new();
    for _ in 0..reports {
        ticks.tick().await;
        let sent = Instant::now();
        let report = Report::pass(Uuid::new_v4());
        let revision = reporter.reported(schedule, report).await.revision;
        for reader in readers {
            times.push(reader.saw(revision).await.saturating_duration_since(sent));
        }
    }
    times.sort_unstable();
    times[times.len() / 2]
}

async fn subscribe(socket: &mut Socket, schedule: Uuid) {
    let variables = json!({ "name": schedule });
    socket.subscribe("changes", CHANGES, variables).await;
}

/// Somebody who reads whatever comes, and knows when.
struct Reader {
    /// The last revision, and when it came.
    seen: watch::Receiver<(i64, Instant)>,
}

impl Reader {
    fn start(client: &Api, schedule: Uuid) -> Self {
        let (tell, seen) = watch::channel((0, Instant::now()));
        let client = client.clone();
        tokio::spawn(async move {
            let mut socket = Socket::connect(&client).await;
            subscribe(&mut socket, schedule).await;
            // Until the story is over.
            while let Message::Next { payload, .. } = socket.listen().await {
                let revision = Change::of(&payload).revision;
                tell.send_replace((revision, Instant::now()));
            }
        });
        Self { seen }
    }

    /// Waits until it has seen a revision, and tells when that was.
    async fn saw(&self, revision: i64) -> Instant {
        let mut seen = self.seen.clone();
        let what = "a subscriber that reads is told";
        let seen = within(what, PATIENCE, seen.wait_for(|seen| seen.0 >= revision)).await;
        seen.expect("it reads on").1
    }
}
