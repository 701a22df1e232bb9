//! Tasks that open schedules: from a plan of the time that begins with their slot, once, or with the reason why not.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use daybook::{clock::Clock, config::Config};
use daybook_tests::{
    Api, Database, PATIENCE, Report, Role, RunFacts, Socket, TestApp, eventually, on_both_databases,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// When the stories begin whose clock is set.
const BEGIN: &str = "2027-01-11T12:00:00Z";

const OPENED: &str = "query ($id: ID!) { run(id: $id) {
    action { __typename ... on ScheduleAction { policy config windowSeconds title } }
    schedule { name title status client { name } missing progress { expected } plan { policy t0 t1 steps { name } } }
} }";

/// A slot opens a schedule over the hours that follow; who watches the schedules sees it come, and its executor reports to
/// it as to any other.
async fn a_slot_opens_a_schedule(database: Database) {
    let (app, planner) = begin(database).await;
    let slot = after_begin(60);
    let action = json!({ "policy": "dummy", "config": { "seed": 7 }, "windowSeconds": 7_200, "title": "Night" });
    let task = json!({ "name": "nightly", "scheduledTime": slot, "recurrence": "DAILY", "action": { "schedule": action } });
    planner.create_task(task).await.data("");
    let mut socket = Socket::connect(&planner).await;
    let updates = "subscription { scheduleUpdated { name } }";
    socket.subscribe("schedules", updates, json!({})).await;

    app.pass(slot).await;

    planner
        .has_outcomes("nightly", &[(slot, "SCHEDULED", "SUCCEEDED")])
        .await;
    let run = &planner.runs_of("nightly").await[0];
    let opened = opened(&planner, run).await;
    assert_eq!(opened["action"]["__typename"], "ScheduleAction");
    assert_eq!(opened["action"]["config"], json!({ "seed": 7 }));
    assert_eq!(opened["action"]["windowSeconds"], 7_200);
    let schedule = &opened["schedule"];
    assert_eq!(
        (&schedule["title"], &schedule["status"]),
        (&json!("Night"), &json!("CREATED"))
    );
    assert_eq!(schedule["client"]["name"], "planner");
    let plan = &schedule["plan"];
    assert_eq!(
        (&plan["policy"], time(&plan["t0"]), time(&plan["t1"])),
        (&json!("dummy"), slot, slot + TimeDelta::hours(2))
    );
    let steps = plan["steps"].as_array().expect("a list");
    let steps: Vec<_> = steps.iter().map(|step| step["name"].clone()).collect();
    assert_eq!(schedule["progress"]["expected"], json!(steps.len()));
    assert_eq!(schedule["missing"], json!(steps));

    let name: Uuid = serde_json::from_value(schedule["name"].clone()).expect("a name");
    let seen = socket.next().await;
    assert_eq!(seen["data"]["scheduleUpdated"]["name"], schedule["name"]);
    planner.reported(name, Report::pass("sleep-1")).await;
    let logged: Vec<String> = app
        .database()
        .column("SELECT parameter FROM log WHERE action = 'SCHEDULE' AND status = 'SUCCESS'")
        .await;
    assert_eq!(logged, ["nightly"]);

    app.admin().delete(name).await.data("");
    let run = opened_by(&planner, run).await;
    assert_eq!(run, Value::Null, "it was deleted");
}

/// Where nothing else is said, the schedule has the task's name. It belongs to who made the task, or changed it last, not
/// to who runs it now.
async fn title_and_owner(database: Database) {
    let (app, planner) = begin(database).await;
    let action = json!({ "schedule": { "policy": "dummy", "windowSeconds": 60 } });
    let task = json!({ "name": "by hand", "scheduledTime": after_begin(60), "action": action });
    planner.create_task(task).await.data("");

    let run = ran(&app.admin(), "by hand").await;

    assert_eq!(
        (run.status.as_str(), run.trigger.as_str()),
        ("SUCCEEDED", "MANUAL")
    );
    let schedule = opened_by(&planner, &run).await;
    assert_eq!(
        (&schedule["title"], &schedule["client"]["name"]),
        (&json!("by hand"), &json!("planner"))
    );
    assert_eq!(time(&schedule["plan"]["t0"]), run.slot_time);

    app.admin()
        .update_task(json!({ "name": "by hand", "enabled": false }))
        .await
        .data("");
    let run = ran(&planner, "by hand").await;
    let schedule = opened_by(&planner, &run).await;
    assert_eq!(schedule["client"]["name"], "admin");
}

/// After a downtime, what lies behind as a whole is not planned any more; what has begun still is.
async fn a_window_that_is_over_is_missed(database: Database) {
    let (app, planner) = begin(database).await;
    let slots = [1, 2].map(|day| after_begin(day * 86_400));
    for (name, hours) in [("short", 2), ("long", 8)] {
        let action = json!({ "schedule": { "policy": "dummy", "windowSeconds": hours * 3_600 } });
        let task = json!({ "name": name, "scheduledTime": slots[0], "recurrence": "DAILY", "catchUpPolicy": "ALL", "maxAttempts": 3, "action": action });
        planner.create_task(task).await.data("");
    }
    let clock = app.clock().clone();
    let database = app.stop().await;
    clock.set((slots[1] + TimeDelta::hours(3)).into());

    let app = TestApp::start_by(clock, database).await;
    let planner = app.admin();

    let missed = |slot| (slot, "CATCH_UP", "MISSED");
    planner
        .has_outcomes("short", &[missed(slots[0]), missed(slots[1])])
        .await;
    let made = (slots[1], "CATCH_UP", "SUCCEEDED");
    planner
        .has_outcomes("long", &[missed(slots[0]), made])
        .await;
    let runs = planner.runs_of("long").await;
    let reason = "what was to be planned was over at 2027-01-12 20:00:00 UTC";
    assert_eq!(runs[0].reason.as_deref(), Some(reason));
    let schedule = opened_by(&planner, &runs[1]).await;
    assert_eq!(time(&schedule["plan"]["t0"]), slots[1]);
}

/// A plan that can't be made fails the run, is tried as often as the task says, and opens nothing.
async fn a_plan_that_fails(database: Database) {
    let plans = TempDir::new().expect("a temporary folder");
    let master = plans.path().join("master.txt");
    fs::write(&master, "one\ntwo\nthree\n").expect("a folder of our own");
    let settings = Config {
        plan_dir: Some(plans.path().to_owned()),
        ..Config::default()
    };
    let app = TestApp::start_with(database, settings).await;
    let admin = app.admin();
    let config = json!({ "master_schedule": "master.txt", "calibration_targets": [] });
    let action =
        json!({ "schedule": { "policy": "basic", "config": config, "windowSeconds": 3_600 } });
    let task = json!({ "name": "observe", "scheduledTime": Utc::now() + TimeDelta::days(1), "maxAttempts": 2, "action": action });
    admin.create_task(task).await.data("");
    fs::remove_file(&master).expect("it is there");

    let run = ran(&admin, "observe").await;

    assert_eq!(run.status, "FAILED");
    let reason = run.reason.as_deref().expect("a reason");
    assert!(reason.contains("master_schedule"), "{reason}");
    assert_eq!(opened_by(&admin, &run).await, Value::Null);
    let runs = eventually("the second attempt has ended, too", PATIENCE, || async {
        let runs = admin.runs_of("observe").await;
        (runs.len() == 2 && runs.iter().all(RunFacts::has_ended)).then_some(runs)
    })
    .await;
    assert!(runs.iter().all(|run| run.status == "FAILED"), "{runs:?}");
    assert_eq!(
        app.database()
            .value::<i64>("SELECT COUNT(*) FROM schedule")
            .await,
        0
    );
}

/// A long plan can be called off.
async fn called_off(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let targets = [
        "jupiter", "mars", "mercury", "moon", "neptune", "saturn", "sun", "uranus", "venus",
    ];
    let action = json!({ "schedule": { "policy": "basic", "config": { "calibration_targets": targets }, "windowSeconds": 34_560_000 } });
    let task = json!({ "name": "a year", "scheduledTime": Utc::now() + TimeDelta::days(1), "action": action });
    admin.create_task(task).await.data("");
    let id: String = admin.run_task("a year").await.parse("/runTask/run/id");
    eventually("it is being planned", PATIENCE, || async {
        (admin.run(&id).await.status == "RUNNING").then_some(())
    })
    .await;

    admin.cancel_run(&id).await.data("");

    let run = admin.ended(&id).await;
    assert_eq!(run.status, "CANCELLED");
    assert_eq!(opened_by(&admin, &run).await, Value::Null);
}

/// What could never be planned is refused when the task is made, by the name of the field.
async fn what_can_not_be_planned(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let too_long = "x".repeat(64 * 1_024);
    for (action, code, field) in [
        (
            json!({ "policy": "clever", "windowSeconds": 60 }),
            "VALIDATION",
            "policy",
        ),
        (
            json!({ "policy": "dummy", "windowSeconds": 0 }),
            "VALIDATION",
            "windowSeconds",
        ),
        (
            json!({ "policy": "dummy", "windowSeconds": 34_560_001 }),
            "VALIDATION",
            "windowSeconds",
        ),
        (
            json!({ "policy": "dummy", "windowSeconds": 60, "title": " " }),
            "VALIDATION",
            "title",
        ),
        (
            json!({ "policy": "dummy", "windowSeconds": 60, "config": [] }),
            "VALIDATION",
            "config",
        ),
        (
            json!({ "policy": "dummy", "windowSeconds": 60, "config": { "seed": "x" } }),
            "VALIDATION",
            "config.seed",
        ),
        (
            json!({ "policy": "dummy", "windowSeconds": 60, "config": { "seed": too_long } }),
            "TOO_LARGE",
            "config",
        ),
        (
            json!({ "policy": "basic", "windowSeconds": 60, "config": { "rules": { "day-mod": { "day": "x" } } } }),
            "VALIDATION",
            "config.rules.day-mod.day",
        ),
        (
            json!({ "policy": "basic", "windowSeconds": 60, "config": { "master_schedule": "gone.txt" } }),
            "VALIDATION",
            "config.master_schedule",
        ),
    ] {
        let task = json!({ "name": "bad", "scheduledTime": Utc::now() + TimeDelta::days(1), "action": { "schedule": action } });
        let answer = admin.create_task(task).await;
        assert_eq!(
            (answer.code(), answer.field()),
            (code.to_owned(), format!("action.schedule.{field}")),
            "{answer:?}"
        );
    }
}

on_both_databases!(
    a_slot_opens_a_schedule,
    title_and_owner,
    a_window_that_is_over_is_missed,
    a_plan_that_fails,
    called_off,
    what_can_not_be_planned,
);

/// A server whose clock stands, and the operator `planner`.
async fn begin(database: Database) -> (TestApp, Api) {
    let clock = Clock::new();
    clock.set(after_begin(0).into());
    let app = TestApp::start_by(clock, database).await;
    let planner = app.admin().create_client("planner", Role::Operator).await;
    (app, planner)
}

fn after_begin(seconds: i64) -> DateTime<Utc> {
    let begin: DateTime<Utc> = BEGIN.parse().expect("an RFC 3339 time");
    begin + TimeDelta::seconds(seconds)
}

fn time(value: &Value) -> DateTime<Utc> {
    let text = value.as_str().expect("a time");
    text.parse().expect("an RFC 3339 time")
}

/// Runs a task now, to its end.
async fn ran(api: &Api, task: &str) -> RunFacts {
    let id: String = api.run_task(task).await.parse("/runTask/run/id");
    api.ended(&id).await
}

/// A run with what it opened.
async fn opened(api: &Api, run: &RunFacts) -> Value {
    api.query(OPENED, json!({ "id": run.id }))
        .await
        .data("/run")
}

async fn opened_by(api: &Api, run: &RunFacts) -> Value {
    opened(api, run).await["schedule"].clone()
}
