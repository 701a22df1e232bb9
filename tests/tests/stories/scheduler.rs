//! Slots: each has exactly one outcome, in time or late, through downtime, overlap and change. The stories set the clock.

use chrono::{DateTime, TimeDelta, Utc};
use daybook::clock::Clock;
use daybook_tests::{Api, Database, PATIENCE, TestApp, eventually, on_both_databases};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// When the stories begin: in winter, at noon in Greenwich.
const BEGIN: &str = "2027-01-11T12:00:00Z";

/// A reminder that falls due gets a run, and an entry in the log; then the next slot comes, until there is none.
async fn reminders_fall_due(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let (first, second) = (after_begin(60), after_begin(60 + 86_400));
    create(
        &admin,
        json!({ "name": "daily", "scheduledTime": first, "recurrence": "DAILY" }),
    )
    .await;
    create(&admin, json!({ "name": "once", "scheduledTime": first })).await;

    app.pass(first).await;
    admin
        .has_outcomes("daily", &[(first, "SCHEDULED", "SUCCEEDED")])
        .await;
    admin
        .has_outcomes("once", &[(first, "SCHEDULED", "SUCCEEDED")])
        .await;
    assert_eq!(next_time(&admin, "daily").await, json!(shown(second)));
    assert_eq!(next_time(&admin, "once").await, Value::Null);

    app.pass(second).await;
    let both = [
        (first, "SCHEDULED", "SUCCEEDED"),
        (second, "SCHEDULED", "SUCCEEDED"),
    ];
    admin.has_outcomes("daily", &both).await;
    let logged: Vec<String> = app
        .database()
        .column("SELECT parameter FROM log WHERE action = 'REMINDER' AND status = 'SUCCESS'")
        .await;
    assert_eq!(logged.iter().filter(|name| *name == "daily").count(), 2);
    assert_eq!(logged.len(), 3);
}

/// Three days of downtime: each slot has one outcome, and which one is up to the task.
async fn downtime(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let days = [1, 2, 3, 4].map(|day| after_begin(day * 86_400));
    let action = json!({ "command": { "command": "sh", "arguments": ["echo $GREETING"] } });
    for policy in ["NONE", "LATEST", "ALL"] {
        create(&admin, json!({ "name": policy, "scheduledTime": days[0], "recurrence": "DAILY", "catchUpPolicy": policy })).await;
        let name = format!("command {policy}");
        let input = json!({ "name": name, "scheduledTime": days[0], "recurrence": "DAILY", "catchUpPolicy": policy, "action": action });
        create(&admin, input).await;
    }
    let clock = app.clock().clone();
    let database = app.stop().await;

    clock.set((days[2] + TimeDelta::hours(1)).into());
    let app = TestApp::start_by(clock, database).await;
    let admin = app.admin();

    let (missed, caught) = (("SCHEDULED", "MISSED"), ("CATCH_UP", "SUCCEEDED"));
    for (policy, expected) in [
        ("NONE", [missed, missed, missed]),
        ("LATEST", [missed, missed, caught]),
        ("ALL", [caught, caught, caught]),
    ] {
        let expected: Vec<_> = days
            .iter()
            .zip(expected)
            .map(|(day, (trigger, status))| (*day, trigger, status))
            .collect();
        for name in [policy.to_owned(), format!("command {policy}")] {
            admin.has_outcomes(&name, &expected).await;
            assert_eq!(next_time(&admin, &name).await, json!(shown(days[3])));
        }
    }
    let superseded = &admin.runs_of("LATEST").await[0];
    let reason = superseded.reason.as_deref().expect("a reason");
    assert!(reason.contains(&shown(days[2])), "{reason}");

    app.pass(days[3]).await;
    let runs = eventually("the fourth slot has its outcome", PATIENCE, || async {
        Some(admin.runs_of("NONE").await).filter(|runs| runs.len() == 4)
    })
    .await;
    assert_eq!(runs[3].outcome(), (days[3], "SCHEDULED", "SUCCEEDED"));
}

/// An outage counts however short it is, where the server stopped in good order.
async fn a_short_outage(database: Database) {
    let app = begin(database).await;
    let slot = after_begin(8);
    create(
        &app.admin(),
        json!({ "name": "none", "scheduledTime": slot, "catchUpPolicy": "NONE" }),
    )
    .await;
    let clock = app.clock().clone();
    let database = app.stop().await;
    clock.set((slot + TimeDelta::seconds(1)).into());

    let app = TestApp::start_by(clock, database).await;

    app.admin()
        .has_outcomes("none", &[(slot, "SCHEDULED", "MISSED")])
        .await;
}

/// Slots that fall due while the last run has not ended are skipped, wait, or run beside it.
async fn overlap(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let gate = NamedTempFile::new().expect("a temporary file");
    let script = until_gone(&gate);
    let slots = [
        after_begin(60),
        after_begin(60 + 86_400),
        after_begin(60 + 2 * 86_400),
    ];
    for policy in ["SKIP", "QUEUE", "ALLOW"] {
        let action = json!({ "command": { "command": "sh", "arguments": [script] } });
        create(&admin, json!({
            "name": policy, "scheduledTime": slots[0], "recurrence": "DAILY", "overlapPolicy": policy, "action": action,
        })).await;
    }
    app.pass(slots[0]).await;
    for policy in ["SKIP", "QUEUE", "ALLOW"] {
        admin
            .has_outcomes(policy, &[(slots[0], "SCHEDULED", "RUNNING")])
            .await;
    }
    app.pass(slots[1]).await;
    let after = |status| {
        [
            (slots[0], "SCHEDULED", "RUNNING"),
            (slots[1], "SCHEDULED", status),
        ]
    };
    admin.has_outcomes("SKIP", &after("SKIPPED")).await;
    admin.has_outcomes("QUEUE", &after("QUEUED")).await;
    admin.has_outcomes("ALLOW", &after("RUNNING")).await;
    let skipped = &admin.runs_of("SKIP").await[1];
    assert_eq!(
        skipped.reason,
        Some(format!("the run of {} had not ended", shown(slots[0])))
    );
    let by_hand = admin.run_task("SKIP").await.data("/runTask/run");
    assert_eq!(
        (&by_hand["status"], &by_hand["trigger"]),
        (&json!("SKIPPED"), &json!("MANUAL"))
    );

    drop(gate);
    let done = [
        (slots[0], "SCHEDULED", "SUCCEEDED"),
        (slots[1], "SCHEDULED", "SUCCEEDED"),
    ];
    admin.has_outcomes("QUEUE", &done).await;
    admin.has_outcomes("ALLOW", &done).await;
    let queue = admin.runs_of("QUEUE").await;
    assert!(
        queue[1].started_time >= queue[0].finished_time,
        "one after the other: {queue:?}"
    );
    app.pass(slots[2]).await;
    let runs = eventually("the third slot has run", PATIENCE, || async {
        Some(admin.runs_of("SKIP").await).filter(|runs| runs.len() == 4 && runs[3].has_ended())
    })
    .await;
    assert_eq!(runs[3].outcome(), (slots[2], "SCHEDULED", "SUCCEEDED"));
}

/// A slot is tried as often as its task says, until it succeeds.
async fn retries(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let tries = folder.path().join("tries").display().to_string();
    let slot = after_begin(60);
    let third = format!("echo x >> {tries}; [ $(wc -l < {tries}) -ge 3 ] || exit 7");
    for (name, script) in [("third time", third.as_str()), ("never", "exit 7")] {
        let action = json!({ "command": { "command": "sh", "arguments": [script] } });
        create(
            &admin,
            json!({ "name": name, "scheduledTime": slot, "maxAttempts": 4, "action": action }),
        )
        .await;
    }
    app.pass(slot).await;

    let (first, retry) = ((slot, "SCHEDULED", "FAILED"), (slot, "RETRY", "FAILED"));
    admin
        .has_outcomes("third time", &[first, retry, (slot, "RETRY", "SUCCEEDED")])
        .await;
    admin
        .has_outcomes("never", &[first, retry, retry, retry])
        .await;
    let never = admin.runs_of("never").await;
    let attempts: Vec<_> = never.iter().map(|run| run.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    assert_eq!(
        (never[3].exit_code, never[3].reason.as_deref()),
        (Some(7), Some("it ended with exit code 7"))
    );
}

/// What passes while a task is disabled, and what lies before it was timed anew, is no slot.
async fn disabled_and_timed_anew(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let days = [1, 2, 3, 4].map(|day| after_begin(day * 86_400));
    for name in ["disabled", "timed anew"] {
        create(&admin, json!({ "name": name, "scheduledTime": days[0], "recurrence": "DAILY", "catchUpPolicy": "ALL" })).await;
    }
    admin
        .update_task(json!({ "name": "disabled", "enabled": false }))
        .await
        .data("");
    app.pass(days[0]).await;
    admin
        .has_outcomes("timed anew", &[(days[0], "SCHEDULED", "SUCCEEDED")])
        .await;
    app.clock().set((days[1] - TimeDelta::hours(1)).into());
    let input = json!({ "name": "timed anew", "scheduledTime": days[3], "recurrence": "WEEKLY" });
    admin.update_task(input).await.data("");
    app.clock().set((days[2] - TimeDelta::hours(1)).into());
    admin
        .update_task(json!({ "name": "disabled", "enabled": true }))
        .await
        .data("");

    app.pass(days[2]).await;
    admin
        .has_outcomes("disabled", &[(days[2], "SCHEDULED", "SUCCEEDED")])
        .await;
    app.pass(days[3]).await;
    let both = [
        (days[0], "SCHEDULED", "SUCCEEDED"),
        (days[3], "SCHEDULED", "SUCCEEDED"),
    ];
    admin.has_outcomes("timed anew", &both).await;
    let both = [
        (days[2], "SCHEDULED", "SUCCEEDED"),
        (days[3], "SCHEDULED", "SUCCEEDED"),
    ];
    admin.has_outcomes("disabled", &both).await;
    let anchor_again = json!({ "name": "disabled", "scheduledTime": days[0] });
    admin.update_task(anchor_again).await.data("");
    let past = json!({ "name": "disabled", "scheduledTime": days[1] });
    assert_eq!(admin.update_task(past).await.field(), "scheduledTime");
}

/// A task whose row can't be read any more holds up none of those that fall due with it.
async fn a_damaged_task(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let slot = after_begin(60);
    for name in ["first", "damaged", "last"] {
        create(&admin, json!({ "name": name, "scheduledTime": slot })).await;
    }
    let connection = app.database().connect().await;
    let damaged = connection
        .execute_unprepared("UPDATE tasks SET action = '{}' WHERE name = 'damaged'")
        .await;
    damaged.expect("the row is there");

    app.pass(slot).await;

    for name in ["first", "last"] {
        admin
            .has_outcomes(name, &[(slot, "SCHEDULED", "SUCCEEDED")])
            .await;
    }
}

/// A run whose row can't be read any more holds up none of those that wait with it, nor does it when its process is lost.
async fn a_damaged_run(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let gate = NamedTempFile::new().expect("a temporary file");
    let script = until_gone(&gate);
    let slots = [1, 2, 3, 4].map(|day| after_begin(day * 86_400));
    create(&admin, json!({
        "name": "damaged", "scheduledTime": slots[0], "recurrence": "DAILY", "overlapPolicy": "QUEUE",
        "action": { "command": { "command": "sh", "arguments": [script] } },
    })).await;
    for (name, slot) in [("beside it", slots[2]), ("after it", slots[3])] {
        let action = json!({ "command": { "command": "sh", "arguments": ["true"] } });
        create(
            &admin,
            json!({ "name": name, "scheduledTime": slot, "action": action }),
        )
        .await;
    }
    app.pass(slots[0]).await;
    admin
        .has_outcomes("damaged", &[(slots[0], "SCHEDULED", "RUNNING")])
        .await;
    app.pass(slots[1]).await;
    let both = [
        (slots[0], "SCHEDULED", "RUNNING"),
        (slots[1], "SCHEDULED", "QUEUED"),
    ];
    admin.has_outcomes("damaged", &both).await;
    let connection = app.database().connect().await;
    let damage = "UPDATE run SET action = '{}' WHERE status = 'QUEUED'";
    let damaged = connection.execute_unprepared(damage).await;
    assert_eq!(damaged.expect("the row is there").rows_affected(), 1);
    drop(gate);

    app.pass(slots[2]).await;
    admin
        .has_outcomes("beside it", &[(slots[2], "SCHEDULED", "SUCCEEDED")])
        .await;
    let orphan =
        "UPDATE run SET status = 'RUNNING', lease_expires = created_time WHERE action = '{}'";
    let lost = connection.execute_unprepared(orphan).await;
    assert_eq!(lost.expect("the row is there").rows_affected(), 1);
    app.pass(slots[3]).await;
    admin
        .has_outcomes("after it", &[(slots[3], "SCHEDULED", "SUCCEEDED")])
        .await;
}

/// A task that is moved closer falls due at its new time.
async fn moved_closer(database: Database) {
    let app = begin(database).await;
    let admin = app.admin();
    let slot = after_begin(100 * 86_400);
    create(&admin, json!({ "name": "moved", "scheduledTime": slot })).await;
    let soon = DateTime::<Utc>::from(app.clock().now()) + TimeDelta::seconds(3);

    let moved = admin
        .update_task(json!({ "name": "moved", "scheduledTime": soon }))
        .await;

    let soon = moved.data("/updateTask/task/scheduledTime");
    let run = eventually("it has run", PATIENCE, || async {
        admin.runs_of("moved").await.pop()
    })
    .await;
    assert_eq!(json!(shown(run.slot_time)), soon);
    assert!(run.started_time >= Some(run.slot_time), "{run:?}");
}

on_both_databases!(
    reminders_fall_due,
    downtime,
    a_short_outage,
    overlap,
    retries,
    disabled_and_timed_anew,
    a_damaged_task,
    a_damaged_run,
    moved_closer,
);

async fn begin(database: Database) -> TestApp {
    let clock = Clock::new();
    clock.set(after_begin(0).into());
    TestApp::start_by(clock, database).await
}

/// A script that ends when a file is gone.
fn until_gone(gate: &NamedTempFile) -> String {
    let gate = gate.path().display();
    format!("while [ -e {gate} ]; do sleep 0.05; done")
}

fn after_begin(seconds: i64) -> DateTime<Utc> {
    let begin: DateTime<Utc> = BEGIN.parse().expect("an RFC 3339 time");
    begin + TimeDelta::seconds(seconds)
}

async fn create(api: &Api, input: Value) {
    api.create_task(input).await.data("");
}

async fn next_time(api: &Api, task: &str) -> Value {
    let document = "query ($name: String!) { task(name: $name) { nextTime } }";
    api.query(document, json!({ "name": task }))
        .await
        .data("/task/nextTime")
}

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
