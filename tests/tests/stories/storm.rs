//! Fifty reporters on one schedule, ten thousand results: none is lost, doubled or miscounted, and a subscriber whose
//! connection breaks all the time sees each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use daybook_tests::{
    Api, CuttingProxy, Database, Progress, Report, ResilientSubscriber, ResultStatus, TestApp,
    on_both_databases,
};
use futures_util::future::join_all;
use uuid::Uuid;

const REPORTERS: usize = 50;
const REPORTS: usize = 200;
const TOTAL: i64 = 10_000;

/// What the scripts end in, in turn.
const OUTCOMES: [ResultStatus; 5] = [
    ResultStatus::Pass,
    ResultStatus::Fail,
    ResultStatus::Block,
    ResultStatus::Error,
    ResultStatus::Skip,
];

async fn fifty_reporters(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("storm").await;
    let proxy = CuttingProxy::before(app.address()).await;
    let subscriber = ResilientSubscriber::follow(&reporter.through(proxy.address()), schedule);

    let cutting = proxy.cut_every(Duration::from_millis(300));
    let storm =
        (0..REPORTERS).map(|machine| tokio::spawn(report_all(reporter.clone(), schedule, machine)));
    for reporter in join_all(storm).await {
        reporter.expect("every report is acknowledged");
    }
    drop(cutting);
    let feed = subscriber.has_seen(TOTAL, Duration::from_mins(2)).await;

    // Revisions 1..n without a gap, one script each.
    let rows = reporter.all_results(schedule).await;
    let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=TOTAL).collect::<Vec<_>>());
    let scripts: BTreeSet<&str> = rows.iter().map(|row| row.script.as_str()).collect();
    assert_eq!(scripts.len(), rows.len());

    // The counters are those of a recount.
    let facts = reporter.schedule(schedule).await;
    assert_eq!(facts.revision, TOTAL);
    assert_eq!(facts.progress, Progress::recount(None, &rows));

    // The subscriber was cut off again and again, and saw each result as it is.
    assert!(proxy.cuts() > 5, "only {} cuts", proxy.cuts());
    assert!(
        feed.connections > 5,
        "only {} connections",
        feed.connections
    );
    assert_eq!(feed.violations, Vec::<String>::new());
    assert_eq!(feed.sightings.len(), rows.len(), "nothing was sent twice");
    let seen: BTreeMap<&str, (i64, ResultStatus)> = feed
        .sightings
        .iter()
        .map(|sighting| (sighting.id.as_str(), (sighting.revision, sighting.status)))
        .collect();
    let are: BTreeMap<&str, (i64, ResultStatus)> = rows
        .iter()
        .map(|row| (row.id.as_str(), (row.revision, row.status)))
        .collect();
    assert_eq!(seen, are);
}

on_both_databases!(fifty_reporters);

async fn report_all(reporter: Api, schedule: Uuid, machine: usize) {
    for number in 0..REPORTS {
        let outcome = OUTCOMES[number % OUTCOMES.len()];
        reporter
            .reported(
                schedule,
                Report::new(format!("machine {machine}, script {number}"), outcome),
            )
            .await;
    }
}
