//! Closing: what was acknowledged before is in, everything after is refused, and losses are found.

use std::collections::BTreeSet;
use std::time::Duration;

use daybook_tests::{
    Api, Database, Progress, Report, ScheduleStatus, TestApp, eventually, on_both_databases,
};
use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

/// Twenty reporters append while the schedule is closed under them.
async fn while_twenty_append(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("closing").await;
    let reporters: Vec<_> = (0..20)
        .map(|machine| tokio::spawn(report_until_closed(reporter.clone(), schedule, machine)))
        .collect();
    eventually(
        "the reporters are at work",
        Duration::from_mins(1),
        || async { (reporter.schedule(schedule).await.revision > 200).then_some(()) },
    )
    .await;

    let closed: i64 = reporter
        .close(schedule)
        .await
        .parse("/closeSchedule/schedule/revision");

    let acknowledged: BTreeSet<String> = join_all(reporters)
        .await
        .into_iter()
        .flat_map(|scripts| {
            scripts.expect("a report is acknowledged or refused as SCHEDULE_CLOSED")
        })
        .collect();
    let rows = reporter.all_results(schedule).await;
    let kept: BTreeSet<String> = rows.iter().map(|row| row.script.clone()).collect();
    assert_eq!(kept, acknowledged);
    let facts = reporter.schedule(schedule).await;
    assert_eq!(
        (facts.status, facts.revision),
        (ScheduleStatus::Closed, closed)
    );
    assert_eq!(
        closed,
        i64::try_from(rows.len()).expect("a small number") + 1,
        "closing was the last change"
    );
    assert_eq!(facts.progress, Progress::recount(None, &rows));
}

/// Too few results: the closing is refused, the numbers are told, and the schedule stays open.
async fn refused_while_results_are_missing(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("closing").await;
    reporter.reported(schedule, Report::pass("one")).await;
    reporter.reported(schedule, Report::fail("two")).await;
    reporter.reported(schedule, Report::pass("two")).await;
    reporter.reported(schedule, Report::running("three")).await;

    let refused = reporter
        .close_with(json!({ "name": schedule, "expectedResults": 3 }))
        .await;
    assert_eq!(refused.code(), "INCOMPLETE");
    let message = refused.message();
    assert!(
        message.contains('2') && message.contains('3'),
        "the numbers are told: {message}"
    );
    assert_eq!(
        reporter.schedule(schedule).await.status,
        ScheduleStatus::Running
    );

    reporter.reported(schedule, Report::pass("three")).await;
    let closed = reporter
        .close_with(json!({ "name": schedule, "expectedResults": 3 }))
        .await;
    assert_eq!(closed.data("/closeSchedule/schedule/status"), "CLOSED");
}

/// Closing again changes nothing.
async fn closing_again(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("closing").await;
    reporter.reported(schedule, Report::pass("one")).await;

    let once = reporter
        .close(schedule)
        .await
        .data("/closeSchedule/schedule");
    let again = reporter
        .close_with(json!({ "name": schedule, "expectedResults": 1 }))
        .await;

    assert_eq!(again.data("/closeSchedule/schedule"), once);
    assert_eq!(once["revision"], 2);
    assert!(once["closedTime"].is_string());
}

/// What was running at the end stays so: it has never finished.
async fn what_was_running_stays_running(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let input = json!({ "expected": ["one", "two", "three"] });
    let schedule = reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    reporter.reported(schedule, Report::pass("one")).await;
    reporter.reported(schedule, Report::running("two")).await;

    reporter.close(schedule).await.data("");

    let facts = reporter.schedule(schedule).await;
    assert_eq!(
        facts.progress,
        Progress {
            expected: Some(3),
            reported: 1,
            pass: 1,
            running: 1,
            ..Progress::default()
        }
    );
    assert_eq!(facts.missing, ["two", "three"]);
}

/// All of one's own open schedules at once, and nobody else's.
async fn close_my_schedules(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let other = app
        .admin()
        .create_client("weekly", daybook_tests::Role::Reporter)
        .await;
    let mut mine = BTreeSet::from([
        reporter.open_schedule("one").await,
        reporter.open_schedule("two").await,
    ]);
    let theirs = other.open_schedule("theirs").await;
    let closed_before = reporter.open_schedule("before").await;
    reporter.close(closed_before).await.data("");

    let document = "mutation { closeMySchedules { schedules { name status revision } } }";
    let answer = reporter.query(document, json!({})).await;

    for schedule in answer
        .data("/closeMySchedules/schedules")
        .as_array()
        .expect("a list")
    {
        assert_eq!(
            (&schedule["status"], &schedule["revision"]),
            (&json!("CLOSED"), &json!(1))
        );
        let name = schedule["name"]
            .as_str()
            .expect("a name")
            .parse()
            .expect("a GUID");
        assert!(mine.remove(&name), "{name} is closed twice, or not mine");
    }
    assert_eq!(mine, BTreeSet::new());
    assert_eq!(other.schedule(theirs).await.status, ScheduleStatus::Created);
}

on_both_databases!(
    while_twenty_append,
    refused_while_results_are_missing,
    closing_again,
    what_was_running_stays_running,
    close_my_schedules,
);

/// Reports until the schedule is closed; returns the scripts that were acknowledged.
async fn report_until_closed(reporter: Api, schedule: Uuid, machine: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let script = format!("machine {machine}, script {number}");
        let answer = reporter.report(schedule, Report::pass(&script)).await;
        match answer.refusal().as_deref() {
            None => acknowledged.push(script),
            Some("SCHEDULE_CLOSED") => break,
            Some(_) => panic!("{answer:?}"),
        }
    }
    acknowledged
}
