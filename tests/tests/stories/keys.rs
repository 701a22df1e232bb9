//! Idempotency keys: a report that is sent again adds nothing, and gets the answer that it missed.

use daybook_tests::{Api, Database, Report, ResultStatus, TestApp, on_both_databases};
use futures_util::future::join_all;
use uuid::Uuid;

/// The second answer names the first result, and nothing has changed.
async fn sent_again(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let report = Report::fail("login")
        .message("no button")
        .duration_ms(12)
        .key(Uuid::new_v4());

    let first = reporter.reported(schedule, report.clone()).await;
    let second = reporter.reported(schedule, report).await;

    assert_eq!(second, first);
    assert_eq!(reporter.schedule(schedule).await.revision, 1);
}

/// A closed schedule refuses new reports, and still answers for those that it has.
async fn sent_again_after_closing(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let report = Report::pass("login").key(Uuid::new_v4());
    let first = reporter.reported(schedule, report.clone()).await;
    let closed = reporter
        .close(schedule)
        .await
        .parse::<i64>("/closeSchedule/schedule/revision");

    let second = reporter.reported(schedule, report.clone()).await;
    assert_eq!(second, first);
    let batch = reporter.report_batch(schedule, &[report]).await;
    assert_eq!(
        (
            batch.data("/reportResults/accepted"),
            batch.data("/reportResults/duplicates")
        ),
        (0.into(), 1.into())
    );
    assert_eq!(reporter.schedule(schedule).await.revision, closed);

    let new = reporter
        .report(schedule, Report::pass("login").key(Uuid::new_v4()))
        .await;
    assert_eq!(new.code(), "SCHEDULE_CLOSED");
    let mixed = reporter
        .report_batch(schedule, &[Report::pass("logout").key(Uuid::new_v4())])
        .await;
    assert_eq!(mixed.code(), "SCHEDULE_CLOSED");
}

/// An administrator's correction doesn't make the key unknown: what counts is the content as it was sent.
async fn sent_again_after_amending(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let report = Report::fail("login").key(Uuid::new_v4());
    let first = reporter.reported(schedule, report.clone()).await;
    app.admin()
        .amend(&first.id, ResultStatus::Pass, "the test rig was broken")
        .await
        .data("");

    let second = reporter.reported(schedule, report).await;

    assert_eq!((&second.id, second.attempt), (&first.id, 1));
    assert_eq!(
        second.status,
        ResultStatus::Pass,
        "a result is shown as it is now"
    );
    assert_eq!(reporter.schedule(schedule).await.revision, 2);
}

/// A retry of an old report doesn't become the newest attempt.
async fn sent_again_after_a_newer_attempt(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let report = Report::fail("login").key(Uuid::new_v4());
    let first = reporter.reported(schedule, report.clone()).await;
    assert_eq!(
        reporter
            .reported(schedule, Report::pass("login"))
            .await
            .attempt,
        2
    );

    assert_eq!(reporter.reported(schedule, report).await, first);
    assert_eq!(reporter.schedule(schedule).await.progress.pass, 1);
}

/// One key, two contents: a mistake of the client, and it is told.
async fn other_content_under_the_same_key(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let key = Uuid::new_v4();
    reporter
        .reported(schedule, Report::pass("login").key(key))
        .await;

    for other in [
        Report::pass("logout"),
        Report::fail("login"),
        Report::pass("login").message("really"),
        Report::pass("login").output("…"),
        Report::pass("login").duration_ms(1),
        Report::pass("login").started(chrono::Utc::now()),
    ] {
        let answer = reporter.report(schedule, other.clone().key(key)).await;
        assert_eq!(answer.code(), "CONFLICT", "{other:?}");
    }
    assert_eq!(reporter.schedule(schedule).await.revision, 1);
}

/// A key belongs to its schedule: another one may use it too.
async fn the_same_key_in_another_schedule(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let (monday, tuesday) = (
        reporter.open_schedule("keys").await,
        reporter.open_schedule("keys").await,
    );
    let report = Report::pass("login").key(Uuid::new_v4());

    let first = reporter.reported(monday, report.clone()).await;
    let second = reporter.reported(tuesday, report).await;

    assert_ne!(first.id, second.id);
    assert_eq!(reporter.schedule(tuesday).await.revision, 1);
}

/// Of two equal keys in one batch, the second is the duplicate; with other content, the whole batch is refused.
async fn twice_in_one_batch(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let (one, two) = (Report::pass("one").key(Uuid::new_v4()), Report::pass("two"));

    let batch = reporter
        .report_batch(schedule, &[one.clone(), two.clone(), one.clone()])
        .await;
    assert_eq!(
        (
            batch.data("/reportResults/accepted"),
            batch.data("/reportResults/duplicates")
        ),
        (2.into(), 1.into())
    );
    assert_eq!(batch.data("/reportResults/schedule/revision"), 2);

    let key = Uuid::new_v4();
    let contrary = [
        Report::pass("three"),
        Report::pass("four").key(key),
        Report::fail("four").key(key),
    ];
    assert_eq!(
        reporter.report_batch(schedule, &contrary).await.code(),
        "CONFLICT"
    );
    let scripts: Vec<String> = reporter
        .all_results(schedule)
        .await
        .into_iter()
        .map(|row| row.script)
        .collect();
    assert_eq!(scripts, ["one", "two"], "all or nothing");
}

/// An impatient client sends the same report over many connections at once.
async fn twice_at_the_same_time(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("keys").await;
    let report = Report::pass("login").key(Uuid::new_v4());

    let answers =
        join_all((0..20).map(|_| tokio::spawn(send(reporter.clone(), schedule, report.clone()))))
            .await;

    let ids: Vec<String> = answers
        .into_iter()
        .map(|id| id.expect("each is answered"))
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(reporter.schedule(schedule).await.revision, 1);
    assert_eq!(reporter.all_results(schedule).await.len(), 1);
}

on_both_databases!(
    sent_again,
    sent_again_after_closing,
    sent_again_after_amending,
    sent_again_after_a_newer_attempt,
    other_content_under_the_same_key,
    the_same_key_in_another_schedule,
    twice_in_one_batch,
    twice_at_the_same_time,
);

async fn send(reporter: Api, schedule: Uuid, report: Report) -> String {
    reporter.reported(schedule, report).await.id
}
