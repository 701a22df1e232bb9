//! Attempts: which reports belong together, and which one counts.

use daybook_tests::{
    Database, Progress, Report, ResultRow, ResultStatus, TestApp, on_both_databases,
};
use serde_json::json;
use uuid::Uuid;

/// A script that says that it starts, is still at it, and has ended, has made one attempt.
async fn running_then_final(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("attempts").await;

    let started = reporter.reported(schedule, Report::running("login")).await;
    let refreshed = reporter.reported(schedule, Report::running("login")).await;
    let ended = reporter.reported(schedule, Report::pass("login")).await;

    for (row, revision) in [(&started, 1), (&refreshed, 2), (&ended, 3)] {
        assert_eq!(
            (&row.id, row.attempt, row.revision),
            (&started.id, 1, revision)
        );
    }
    assert_eq!(
        states(&reporter.all_results(schedule).await),
        [(1, ResultStatus::Pass)]
    );
    let progress = reporter.schedule(schedule).await.progress;
    assert_eq!(
        progress,
        Progress {
            reported: 1,
            pass: 1,
            ..Progress::default()
        }
    );
}

/// After a final status everything is a new attempt, and the latest one counts.
async fn again_after_a_final_status(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("attempts").await;

    reporter.reported(schedule, Report::fail("login")).await;
    reporter.reported(schedule, Report::running("login")).await;
    let progress = reporter.schedule(schedule).await.progress;
    assert_eq!(
        progress,
        Progress {
            running: 1,
            ..Progress::default()
        },
        "the latest attempt is not final"
    );

    reporter.reported(schedule, Report::pass("login")).await;
    reporter
        .reported(schedule, Report::new("login", ResultStatus::Skip))
        .await;

    let all = reporter.all_results(schedule).await;
    assert_eq!(
        states(&all),
        [
            (1, ResultStatus::Fail),
            (2, ResultStatus::Pass),
            (3, ResultStatus::Skip)
        ]
    );
    let latest = reporter.results(schedule, json!({})).await;
    assert_eq!(states(&latest), [(3, ResultStatus::Skip)]);
    let progress = reporter.schedule(schedule).await.progress;
    assert_eq!(
        progress,
        Progress {
            reported: 1,
            skip: 1,
            ..Progress::default()
        }
    );
}

/// A client with a bad connection sends its RUNNING once more after the end was already reported.
async fn running_resent_after_the_end(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("attempts").await;
    let started = Report::running("login").key(Uuid::new_v4());
    let ended = Report::pass("login").key(Uuid::new_v4());
    reporter.reported(schedule, started.clone()).await;
    let result = reporter.reported(schedule, ended.clone()).await;

    assert_eq!(reporter.reported(schedule, started).await, result);
    assert_eq!(reporter.reported(schedule, ended).await, result);

    assert_eq!(
        states(&reporter.all_results(schedule).await),
        [(1, ResultStatus::Pass)]
    );
    assert_eq!(reporter.schedule(schedule).await.revision, 2);
}

/// A RUNNING that was overtaken by its own end arrives for the first time as something after a final status.
async fn running_overtaken_by_the_end(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("attempts").await;
    let started = Report::running("login").key(Uuid::new_v4());
    let ended = Report::pass("login").key(Uuid::new_v4());

    let first = reporter.reported(schedule, ended.clone()).await;
    let second = reporter.reported(schedule, started.clone()).await;
    assert_eq!((first.attempt, second.attempt), (1, 2));

    assert_eq!(reporter.reported(schedule, started).await, second);
    assert_eq!(reporter.reported(schedule, ended).await, first);
    assert_eq!(reporter.schedule(schedule).await.revision, 2);
}

/// What is reported at the end completes what was said at the start.
async fn the_end_keeps_what_the_start_said(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("attempts").await;
    let started = "2026-03-01T02:30:00.250Z".parse().expect("a time");
    reporter
        .reported(schedule, Report::running("login").started(started))
        .await;

    let report = Report::fail("login")
        .message("no button")
        .output("clicked 🖱️\n")
        .duration_ms(1_250);
    reporter.reported(schedule, report).await;

    let rows = reporter.all_results(schedule).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].started_time, Some(started));
    assert_eq!(rows[0].message.as_deref(), Some("no button"));
    assert_eq!(
        reporter.output(&rows[0].id).await.as_deref(),
        Some("clicked 🖱️\n")
    );
    assert_eq!(rows[0].duration_ms, Some(1_250));
}

/// Several attempts of one script within one batch follow one another as if they had come one by one.
async fn attempts_within_a_batch(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("attempts").await;

    let batch = [
        Report::running("login"),
        Report::fail("login"),
        Report::pass("login"),
        Report::pass("logout"),
    ];
    let answer = reporter.report_batch(schedule, &batch).await;

    assert_eq!(answer.data("/reportResults/accepted"), 4);
    assert_eq!(answer.data("/reportResults/schedule/revision"), 4);
    let all = reporter.all_results(schedule).await;
    assert_eq!(
        states(&all),
        [
            (1, ResultStatus::Fail),
            (2, ResultStatus::Pass),
            (1, ResultStatus::Pass)
        ]
    );
    assert_eq!(
        all.iter().map(|row| row.revision).collect::<Vec<_>>(),
        [2, 3, 4]
    );
}

on_both_databases!(
    running_then_final,
    again_after_a_final_status,
    running_resent_after_the_end,
    running_overtaken_by_the_end,
    the_end_keeps_what_the_start_said,
    attempts_within_a_batch,
);

fn states(rows: &[ResultRow]) -> Vec<(i64, ResultStatus)> {
    rows.iter().map(|row| (row.attempt, row.status)).collect()
}
