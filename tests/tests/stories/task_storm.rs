//! Many tasks that fall due within a short while on three servers, of which one is killed and one frozen for longer than
//! its leases: each slot has its one outcome.
//!
//! The long story is ignored where tests are run as usual. To run it:
//! `cargo nextest run --run-ignored only -E 'test(soak)' --no-capture`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use daybook_tests::{
    Api, Database, NatsServer, Role, ServerProcess, eventually, on_both_databases,
};
use futures_util::{StreamExt, stream};
use nix::unistd::Pid;
use sea_orm::QueryResult;
use serde_json::json;
use tempfile::TempDir;

const COMMANDS: &str =
    "[commands.sh]\nprogram = '/bin/sh'\narguments = ['-c']\nallow_arguments = true";

/// How long a frozen server stays one: longer than the leases of its runs, which are of 15 s.
const GIVEN_UP: Duration = Duration::from_mins(1);

/// How many tasks are made at the same time.
const HANDS: usize = 8;

/// How many tasks there are, when the first falls due, and within which time all of them do.
#[derive(Clone, Copy)]
struct Storm {
    tasks: usize,
    begins_after: Duration,
    lasts: Duration,
}

/// A small one, for every day.
async fn sixty_tasks(database: Database) {
    let storm = Storm {
        tasks: 60,
        begins_after: Duration::from_secs(10),
        lasts: Duration::from_secs(10),
    };
    weathered(database, storm).await;
}

/// The long one.
async fn soak_two_thousand_tasks(database: Database) {
    let storm = Storm {
        tasks: 2_000,
        begins_after: Duration::from_mins(2),
        lasts: Duration::from_mins(1),
    };
    weathered(database, storm).await;
}

on_both_databases!(
    sixty_tasks,
    #[ignore = "it takes minutes"]
    soak_two_thousand_tasks,
);

async fn weathered(database: Database, storm: Storm) {
    let nats = NatsServer::start().await;
    let settings = format!("event_bus = '{}'\n{COMMANDS}", nats.url());
    let start = || ServerProcess::start_with_file(&database, &settings);
    let (mut killed, frozen, steady) = tokio::join!(start(), start(), start());
    let operator = steady
        .admin()
        .create_client("operator", Role::Operator)
        .await;
    let traces = Traces::new();
    let begin = Utc::now() + storm.begins_after;
    make_tasks(&operator, storm, begin, &traces).await;
    assert!(Utc::now() < begin, "all are made before the first is due");

    traces.reach(storm.tasks / 4, killed.pid()).await;
    let killed_pid = killed.pid();
    killed.kill().await;
    traces.reach(storm.tasks / 2, frozen.pid()).await;
    eventually("it is frozen while it is at work", GIVEN_UP, || async {
        frozen.freeze_between_writes().await;
        if is_at_work(frozen.pid()) {
            return Some(());
        }
        frozen.thaw();
        None
    })
    .await;
    // It was at some run or other, and another server has given that up.
    let losers = "SELECT COUNT(DISTINCT lease_holder) FROM run WHERE status = 'FAILED'";
    eventually("the frozen server is given up", GIVEN_UP, || async {
        (database.value::<i64>(losers).await == 2).then_some(())
    })
    .await;
    frozen.thaw();

    let slots = i64::try_from(storm.tasks).expect("a small number");
    let tasks = "SELECT COUNT(DISTINCT task_id) FROM run";
    let open = "SELECT COUNT(*) FROM run WHERE status IN ('QUEUED', 'RUNNING')";
    eventually("every run has ended", Duration::from_mins(3), || async {
        let all_begun = database.value::<i64>(tasks).await == slots;
        (all_begun && database.value::<i64>(open).await == 0).then_some(())
    })
    .await;
    eventually("the frozen server has noticed", GIVEN_UP, || async {
        let log = frozen.log();
        log.contains("took this run for lost").then_some(())
    })
    .await;

    let runs = runs_by_task(&database).await;
    assert_eq!(runs.len(), storm.tasks);
    let mut late = Vec::new();
    let mut again = 0;
    for (task, runs) in &runs {
        assert!(
            runs.iter().all(|run| run.slot == runs[0].slot),
            "one slot: {runs:?}"
        );
        let (last, given_up) = runs.split_last().expect("a task has a run");
        assert_eq!(last.status, "SUCCEEDED", "{task}: {runs:?}");
        assert!(
            given_up.iter().all(|run| run.status == "FAILED"),
            "{runs:?}"
        );
        let attempts: Vec<_> = runs.iter().map(|run| run.attempt).collect();
        let one_by_one = (1..).take(runs.len()).collect::<Vec<i32>>();
        assert_eq!(attempts, one_by_one, "{task}: {runs:?}");
        again += given_up.len();
        // A server may have gone between taking a run and starting its command.
        let started = traces.of(task).len();
        assert!((1..=runs.len()).contains(&started), "{task}: {runs:?}");
        late.push(runs[0].started - runs[0].slot);
    }
    late.sort();
    let by = |server: Pid| traces.by(server);
    println!(
        "{} tasks within {:?}: begun {} by the killed server, {} by the frozen one, {} by the third; {again} tried again; \
         begun {} ms late in the median, {} ms at the most",
        storm.tasks,
        storm.lasts,
        by(killed_pid),
        by(frozen.pid()),
        by(steady.pid()),
        late[late.len() / 2].num_milliseconds(),
        late[late.len() - 1].num_milliseconds(),
    );
}

/// Makes the tasks, each with an attempt at its one slot for each server. Each attempt leaves a trace.
async fn make_tasks(operator: &Api, storm: Storm, begin: DateTime<Utc>, traces: &Traces) {
    let lasts = TimeDelta::from_std(storm.lasts).expect("a short time");
    let tasks = i32::try_from(storm.tasks).expect("a small number");
    let made = stream::iter(0..tasks).map(|number| {
        let input = json!({
            "name": number.to_string(), "scheduledTime": begin + lasts * number / tasks, "maxAttempts": 3,
            "action": { "command": { "command": "sh", "arguments": [traces.script(number)] } },
        });
        async move { operator.create_task(input).await.data("") }
    });
    made.buffer_unordered(HANDS).collect::<Vec<_>>().await;
}

/// What commands leave behind, outside of the database: a line for each time that a server started one.
struct Traces(TempDir);

impl Traces {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// Leaves a trace of the server that starts it, and takes a while.
    fn script(&self, task: i32) -> String {
        let file = self.file(&task.to_string());
        format!("echo $PPID >> {}; sleep 2", file.display())
    }

    fn file(&self, task: &str) -> PathBuf {
        self.0.path().join(task)
    }

    /// The servers that started a task's command.
    fn of(&self, task: &str) -> Vec<i32> {
        let text = std::fs::read_to_string(self.file(task)).unwrap_or_default();
        text.lines()
            .map(|line| line.parse().expect("a process id"))
            .collect()
    }

    /// How many commands a server started.
    fn by(&self, server: Pid) -> usize {
        let started = |task: &PathBuf| {
            let name = task.file_name().and_then(|name| name.to_str());
            self.of(name.expect("a task's name"))
                .contains(&server.as_raw())
        };
        self.files().iter().filter(|task| started(task)).count()
    }

    fn files(&self) -> Vec<PathBuf> {
        let path = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("a file").path();
        let folder: &Path = self.0.path();
        std::fs::read_dir(folder)
            .expect("a folder of our own")
            .map(path)
            .collect()
    }

    /// Waits until so many tasks have begun, and a server is at work.
    async fn reach(&self, tasks: usize, server: Pid) {
        let what = format!("{tasks} tasks have begun");
        eventually(&what, Duration::from_mins(5), || async {
            (self.files().len() >= tasks && is_at_work(server)).then_some(())
        })
        .await;
    }
}

/// Whether a server has a command under way.
fn is_at_work(server: Pid) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{server}/task")).expect("the server is running");
    threads.flatten().any(|thread| {
        let children = std::fs::read_to_string(thread.path().join("children"));
        children.is_ok_and(|children| !children.trim().is_empty())
    })
}

/// One run, as it is in the database.
#[derive(Debug)]
struct Run {
    slot: DateTime<Utc>,
    started: DateTime<Utc>,
    attempt: i32,
    status: String,
}

/// All runs, by the names of their tasks.
async fn runs_by_task(database: &Database) -> BTreeMap<String, Vec<Run>> {
    let sql = "SELECT task_name, slot_time, started_time, attempt, status FROM run ORDER BY run_id";
    let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in database.rows(sql).await {
        runs.entry(column(&row, "task_name"))
            .or_default()
            .push(Run {
                slot: column(&row, "slot_time"),
                started: column(&row, "started_time"),
                attempt: column(&row, "attempt"),
                status: column(&row, "status"),
            });
    }
    runs
}

fn column<T: sea_orm::TryGetable>(row: &QueryResult, name: &str) -> T {
    row.try_get("", name)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}
