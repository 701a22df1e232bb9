//! `kill -9` in the middle of reporting, over and over: an acknowledged result is on disk, and counted once.

use daybook_tests::{Database, Reporters, ResilientSubscriber, ServerProcess, on_both_databases};

use super::promise;

const REPORTERS: usize = 16;

/// How many results have to be acknowledged between two crashes, so that each comes in the middle of work.
const BETWEEN_CRASHES: usize = 50;

async fn killed_ten_times(database: Database) {
    killed(database, 10).await;
}

async fn soak_killed_a_hundred_times(database: Database) {
    killed(database, 100).await;
}

on_both_databases!(
    killed_ten_times,
    #[ignore = "it takes minutes"]
    soak_killed_a_hundred_times,
);

async fn killed(database: Database, times: usize) {
    let mut server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("crashes").await;
    let subscriber = ResilientSubscriber::follow(&reporter, schedule);

    let reporters = Reporters::start(vec![reporter.clone(); REPORTERS], schedule);
    for _ in 0..times {
        reporters.get_on(BETWEEN_CRASHES).await;
        server.kill().await;
        server.restart().await;
    }
    reporters.get_on(BETWEEN_CRASHES).await;
    let acknowledged = reporters.finish().await;

    let subscribers = [subscriber];
    let kept = promise::is_kept(&reporter, schedule, &acknowledged, &subscribers).await;
    assert!(subscribers[0].feed().connections > times);
    println!("{times} kills: {kept} results acknowledged, 0 lost, 0 doubled");
}
