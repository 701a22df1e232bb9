//! `kill -9` in the middle of reporting, ten times over: an acknowledged result is on disk, and counted once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daybook_tests::{
    Api, Database, Progress, Report, ResilientSubscriber, ResultRow, ServerProcess, eventually,
    on_both_databases,
};
use futures_util::future::join_all;
use uuid::Uuid;

const REPORTERS: usize = 16;
const CRASHES: usize = 10;

/// How many results have to be acknowledged between two crashes, so that each comes in the middle of work.
const BETWEEN_CRASHES: usize = 50;

async fn killed_ten_times(database: Database) {
    let mut server = ServerProcess::start(&database).await;
    let reporter = server
        .admin()
        .create_client("nightly", daybook_tests::Role::Reporter)
        .await;
    let schedule = reporter.open_schedule("crashes").await;
    let subscriber = ResilientSubscriber::follow(&reporter, schedule);

    let work = Arc::new(Work::default());
    let reporters: Vec<_> = (0..REPORTERS)
        .map(|machine| {
            tokio::spawn(report_until_done(
                reporter.clone(),
                schedule,
                machine,
                Arc::clone(&work),
            ))
        })
        .collect();
    for _ in 0..CRASHES {
        work.goes_on().await;
        server.kill().await;
        server.restart().await;
    }
    work.goes_on().await;
    work.done.store(true, Ordering::Relaxed);
    for reporter in join_all(reporters).await {
        reporter.expect("every report is acknowledged in the end");
    }

    // Each acknowledged result is there as it was acknowledged, and no key made a second attempt.
    let rows = reporter.all_results(schedule).await;
    let kept: BTreeMap<String, ResultRow> = rows
        .iter()
        .map(|row| (row.script.clone(), row.clone()))
        .collect();
    assert_eq!(kept, *work.acknowledged());
    assert_eq!(rows.len(), kept.len());
    assert!(rows.iter().all(|row| row.attempt == 1));

    // Nothing else happened: the revisions have no gap, and the counters are right.
    let facts = reporter.schedule(schedule).await;
    let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=facts.revision).collect::<Vec<_>>());
    assert_eq!(facts.progress, Progress::recount(None, &rows));

    // Who followed it through all of that saw each result once.
    let feed = subscriber
        .has_seen(facts.revision, Duration::from_mins(1))
        .await;
    assert_eq!(feed.violations, Vec::<String>::new());
    assert_eq!(feed.sightings.len(), rows.len());
    assert!(feed.connections > CRASHES);
}

on_both_databases!(killed_ten_times);

/// What the reporters share.
#[derive(Default)]
struct Work {
    acknowledged: Mutex<BTreeMap<String, ResultRow>>,
    done: AtomicBool,
}

impl Work {
    fn acknowledged(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, ResultRow>> {
        self.acknowledged
            .lock()
            .expect("no reporter panics while it holds the lock")
    }

    /// Waits until some more results were acknowledged.
    async fn goes_on(&self) {
        let enough = self.acknowledged().len() + BETWEEN_CRASHES;
        eventually("the reporters get on", Duration::from_mins(2), || async {
            (self.acknowledged().len() >= enough).then_some(())
        })
        .await;
    }
}

async fn report_until_done(reporter: Api, schedule: Uuid, machine: usize, work: Arc<Work>) {
    for number in 0.. {
        if work.done.load(Ordering::Relaxed) {
            return;
        }
        let report = Report::pass(format!("machine {machine}, script {number}"));
        let row = reporter.report_persistently(schedule, report).await;
        work.acknowledged().insert(row.script.clone(), row);
    }
}
