//! Leases: a schedule that hears nothing for too long is found abandoned, which is a finding, not a punishment.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use daybook_tests::{
    Api, Database, Report, ResilientSubscriber, Role, ScheduleFacts, ScheduleStatus, ServerProcess,
    TestApp, eventually, on_both_databases,
};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

/// Abandonment is seen within 5 s; the rest is for a busy machine.
const SEEN: Duration = Duration::from_secs(20);

/// Abandoned, shown to subscribers, running again on a late report, and abandoned once more.
async fn abandoned_and_back(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = open(&reporter, 1).await;
    let never = open(&reporter, 0).await;
    let subscriber = ResilientSubscriber::follow(&reporter, schedule);
    reporter.reported(schedule, Report::running("login")).await;

    let abandoned = becomes(&reporter, schedule, ScheduleStatus::Abandoned).await;
    assert_eq!(abandoned.revision, 2);
    assert_eq!(
        subscriber.has_seen(2, SEEN).await.status,
        Some(ScheduleStatus::Abandoned)
    );
    assert_eq!(
        reporter.schedule(never).await.status,
        ScheduleStatus::Created,
        "a lease of 0 never ends"
    );

    let late = reporter.reported(schedule, Report::pass("login")).await;
    assert_eq!(
        (late.attempt, late.revision),
        (1, 3),
        "one revision, the status change included"
    );
    assert_eq!(
        reporter.schedule(schedule).await.status,
        ScheduleStatus::Running
    );
    becomes(&reporter, schedule, ScheduleStatus::Abandoned).await;
}

/// A schedule that never got a report at all is abandoned, too, and can be closed like any open one.
async fn abandoned_before_the_first_report(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = open(&reporter, 1).await;
    becomes(&reporter, schedule, ScheduleStatus::Abandoned).await;

    let listed = reporter
        .query(
            "{ schedules(filter: { status: [ABANDONED] }) { nodes { name } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        listed.data("/schedules/nodes"),
        json!([{ "name": schedule }])
    );
    let closed = reporter.close(schedule).await;
    assert_eq!(closed.data("/closeSchedule/schedule/status"), "CLOSED");
}

/// How long a schedule may be silent is seen: an hour where its client did not say.
async fn shown(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    open(&reporter, 90).await;
    open(&reporter, 0).await;
    reporter.open_schedule("lease").await;

    let listed = reporter
        .query("{ schedules { nodes { leaseSeconds } } }", json!({}))
        .await;
    let shown = [3_600, 0, 90].map(|seconds| json!({ "leaseSeconds": seconds }));
    assert_eq!(listed.data("/schedules/nodes"), json!(shown));
}

/// Of several servers one marks what is abandoned; one that died in the middle of it holds the others up for a moment.
async fn one_of_several_marks(database: Database) {
    let servers = [
        ServerProcess::start(&database).await,
        ServerProcess::start(&database).await,
        ServerProcess::start(&database).await,
    ];
    let reporter = servers[0]
        .admin()
        .create_client("nightly", Role::Reporter)
        .await;
    let dead_until = Utc::now() + TimeDelta::seconds(5);
    let connection = database.connect().await;
    connection
        .execute_unprepared(&format!(
            "INSERT INTO lease (name, holder, expires_time) VALUES ('abandoning', 'dead', '{}')",
            dead_until.format("%F %T%.3f")
        ))
        .await
        .expect("nobody else holds it");
    connection.close().await.expect("the connection closes");
    let mut schedules = Vec::new();
    for _ in 0..60 {
        schedules.push(open(&reporter, 1).await);
    }

    let first = becomes(&reporter, schedules[0], ScheduleStatus::Abandoned).await;

    assert!(Utc::now() > dead_until, "{first:?}");
    for schedule in &schedules {
        let abandoned = becomes(&reporter, *schedule, ScheduleStatus::Abandoned).await;
        assert_eq!(abandoned.revision, 1);
    }
    let said = |server: &ServerProcess| server.log().matches("schedule abandoned").count();
    assert_eq!(servers.iter().map(said).sum::<usize>(), 60);
}

on_both_databases!(
    abandoned_and_back,
    abandoned_before_the_first_report,
    shown,
    one_of_several_marks
);

async fn open(reporter: &Api, lease_seconds: i32) -> Uuid {
    let input = json!({ "title": "lease", "leaseSeconds": lease_seconds });
    reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name")
}

async fn becomes(reporter: &Api, schedule: Uuid, status: ScheduleStatus) -> ScheduleFacts {
    eventually(&format!("the schedule is {status:?}"), SEEN, || async {
        Some(reporter.schedule(schedule).await).filter(|facts| facts.status == status)
    })
    .await
}
