//! Two server processes on one database: each sees what the other one did, without anything between them.

use std::time::Duration;

use daybook_tests::{
    ADMIN_TOKEN, Credential, Database, PATIENCE, Progress, Report, ResilientSubscriber,
    ServerProcess, Socket, eventually, on_both_databases, within,
};
use futures_util::future::join_all;

use super::login::{ask, log_in, post};

/// The periodic look finds another process's changes within seconds; the rest is for a busy machine.
const FOUND: Duration = Duration::from_secs(30);

/// Reports go to both, subscribers listen at both, and everybody has the same story.
async fn one_schedule_through_both(database: Database) {
    let (one, two) = (
        ServerProcess::start(&database).await,
        ServerProcess::start(&database).await,
    );
    let reporter = one.reporter("nightly").await;
    let schedule = reporter.open_schedule("two servers").await;
    let subscribers = [&one, &two]
        .map(|server| ResilientSubscriber::follow(&reporter.through(server.address()), schedule));

    let reporters = (0..10).map(|machine| {
        let server = if machine % 2 == 0 { &one } else { &two };
        let reporter = reporter.through(server.address());
        tokio::spawn(async move {
            for number in 0..20 {
                reporter
                    .report_persistently(schedule, Report::pass(format!("{machine}.{number}")))
                    .await;
            }
        })
    });
    for machine in join_all(reporters).await {
        machine.expect("every report is acknowledged");
    }

    let rows = reporter.all_results(schedule).await;
    let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=200).collect::<Vec<_>>());
    assert_eq!(
        reporter.schedule(schedule).await.progress,
        Progress::recount(None, &rows)
    );
    for subscriber in subscribers {
        let feed = subscriber.has_seen(200, FOUND).await;
        assert_eq!((feed.violations.len(), feed.sightings.len()), (0, 200));
    }
}

/// Revoked at one, closed at the other.
async fn a_token_revoked_elsewhere(database: Database) {
    let (one, two) = (
        ServerProcess::start(&database).await,
        ServerProcess::start(&database).await,
    );
    let reporter = one.reporter("nightly").await.through(two.address());
    let mut socket = Socket::connect(&reporter).await;

    one.admin().revoke_client("nightly").await.data("");

    let closed = within(
        "the socket is closed",
        Duration::from_secs(15),
        socket.closed(),
    )
    .await;
    assert_eq!(closed, Some(4403));
    assert_eq!(
        reporter
            .query("{ viewer { name } }", serde_json::Value::Null)
            .await
            .status,
        401
    );
}

/// Logged in at one, recognised at the other; logged out there, and forgotten here.
async fn a_session_of_both(database: Database) {
    let (one, two) = (
        ServerProcess::start(&database).await,
        ServerProcess::start(&database).await,
    );
    let cookie = log_in(&one.anonymous(), ADMIN_TOKEN).await;
    let browser = one.anonymous().with(Credential::Cookie(cookie));
    let elsewhere = browser.through(two.address());
    let [origin, other_origin] = [&one, &two].map(|server| format!("http://{}", server.address()));
    for (browser, origin) in [(&browser, &origin), (&elsewhere, &other_origin)] {
        let viewer = ask(browser, origin).await;
        assert_eq!(viewer.data("/viewer/name"), "admin");
    }

    let out = post(&elsewhere, "/logout", &other_origin).await;

    assert_eq!(out.status, 204);
    assert_eq!(
        ask(&elsewhere, &other_origin).await.code(),
        "UNAUTHENTICATED"
    );
    eventually("it has ended at the other, too", PATIENCE, || async {
        let viewer = ask(&browser, &origin).await;
        (viewer.refusal().as_deref() == Some("UNAUTHENTICATED")).then_some(())
    })
    .await;
}

/// Both start at the same moment on an empty database: one migrates, the other one waits or finds it done.
async fn started_at_the_same_moment(database: Database) {
    let (one, two) = tokio::join!(
        ServerProcess::start(&database),
        ServerProcess::start(&database)
    );
    let reporter = one.reporter("nightly").await;
    let schedule = reporter.open_schedule("two servers").await;
    reporter
        .through(two.address())
        .reported(schedule, Report::pass("login"))
        .await;
}

on_both_databases!(
    one_schedule_through_both,
    a_token_revoked_elsewhere,
    a_session_of_both,
    started_at_the_same_moment
);
