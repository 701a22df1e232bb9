//! The life of a schedule: opened, changed, amended, reopened, deleted.

use daybook_tests::{
    Database, Report, ResultStatus, Role, ScheduleStatus, TestApp, on_both_databases,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Everything that may be said on opening, and is then shown.
async fn opened_with_everything(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let name = Uuid::new_v4();
    let input = json!({
        "name": name,
        "title": "  nightly build ",
        "labels": [{ "key": "os", "value": "linux" }, { "key": "branch", "value": "main" }],
        "expected": ["b", "a", "b"],
    });
    reporter.open_schedule_with(input).await.data("");

    let document = "query ($name: UUID!) { schedule(name: $name) {
        name title status revision missing closedTime client { name role } labels { key value }
        progress { expected reported percent remainingSeconds } previous { name }
    } }";
    let shown = reporter.query(document, json!({ "name": name })).await;
    assert_eq!(
        shown.data("/schedule"),
        json!({
            "name": name,
            "title": "nightly build",
            "status": "CREATED",
            "revision": 0,
            "missing": ["b", "a"],
            "closedTime": null,
            "client": { "name": "nightly", "role": "REPORTER" },
            "labels": [{ "key": "branch", "value": "main" }, { "key": "os", "value": "linux" }],
            "progress": { "expected": 2, "reported": 0, "percent": 0.0, "remainingSeconds": null },
            "previous": null,
        })
    );
}

/// The client's own GUID, sent again: the same schedule comes back, whoever else asks is told of a conflict.
async fn opened_twice_under_one_name(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let input = json!({ "name": Uuid::new_v4(), "title": "mine" });
    let first = reporter
        .open_schedule_with(input.clone())
        .await
        .data("/createSchedule/schedule");

    let again = reporter.open_schedule_with(input.clone()).await;
    assert_eq!(again.data("/createSchedule/schedule"), first);

    let other = app.reporter("weekly").await;
    assert_eq!(other.open_schedule_with(input).await.code(), "CONFLICT");
}

/// Title, labels and further expected scripts may change while the schedule is open; what is left out stays.
async fn updated_while_open(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let input = json!({ "title": "before", "labels": [{ "key": "os", "value": "linux" }], "expected": ["one"] });
    let schedule: Uuid = reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");

    let titled = reporter
        .update(json!({ "name": schedule, "title": "after" }))
        .await;
    assert_eq!(
        titled.data("/updateSchedule/schedule"),
        json!({
            "title": "after", "revision": 1, "missing": ["one"],
            "labels": [{ "key": "os", "value": "linux" }], "progress": { "expected": 1 },
        })
    );
    let labelled = reporter
        .update(json!({ "name": schedule, "labels": [{ "key": "branch", "value": "main" }], "addExpected": ["two", "one"] }))
        .await;
    assert_eq!(
        labelled.data("/updateSchedule/schedule"),
        json!({
            "title": "after", "revision": 2, "missing": ["one", "two"],
            "labels": [{ "key": "branch", "value": "main" }], "progress": { "expected": 2 },
        })
    );

    reporter.close(schedule).await.data("");
    let late = reporter
        .update(json!({ "name": schedule, "title": "too late" }))
        .await;
    assert_eq!(late.code(), "SCHEDULE_CLOSED");
}

/// An operator reopens with a reason; reports are taken again, and revisions go on where they were.
async fn reopened(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let operator = app.admin().create_client("operator", Role::Operator).await;
    let schedule = reporter.open_schedule("reopened").await;
    reporter.reported(schedule, Report::pass("one")).await;
    reporter.close(schedule).await.data("");

    let reopened = operator.reopen(schedule, "two was forgotten").await;
    assert_eq!(
        reopened.data("/reopenSchedule/schedule"),
        json!({ "status": "RUNNING", "revision": 3, "closedTime": null })
    );
    assert_eq!(
        reporter
            .reported(schedule, Report::pass("two"))
            .await
            .revision,
        4
    );

    assert_eq!(
        operator.reopen(schedule, " ").await.code(),
        "VALIDATION",
        "a reason is not only spaces"
    );
    assert_eq!(
        operator.reopen(Uuid::new_v4(), "because").await.code(),
        "NOT_FOUND"
    );
}

/// Reopening what is not closed changes nothing about it.
async fn reopening_an_open_schedule(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("open").await;
    reporter.reported(schedule, Report::pass("one")).await;

    let answer = app.admin().reopen(schedule, "by mistake").await;

    assert!(
        matches!(answer.refusal().as_deref(), None | Some("CONFLICT")),
        "{answer:?}"
    );
    let facts = reporter.schedule(schedule).await;
    assert_eq!((facts.status, facts.revision), (ScheduleStatus::Running, 1));
}

/// An administrator amends a result of a closed schedule: the counters follow, and what was there before is kept.
async fn amended(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("amended").await;
    let result = reporter
        .reported(schedule, Report::fail("login").message("no button"))
        .await;
    reporter.close(schedule).await.data("");
    let before = reporter.schedule(schedule).await;

    app.admin()
        .amend(&result.id, ResultStatus::Block, "the test rig was broken")
        .await
        .data("");
    let answer = app
        .admin()
        .amend(&result.id, ResultStatus::Pass, "looked at by hand")
        .await;

    let amended = answer.data("/amendResult/result");
    assert_eq!(
        (
            &amended["status"],
            &amended["attempt"],
            &amended["revision"]
        ),
        (&json!("PASS"), &json!(1), &json!(4))
    );
    let corrections: Vec<Value> = amended["corrections"]
        .as_array()
        .expect("a list")
        .iter()
        .map(without_time)
        .collect();
    assert_eq!(
        corrections,
        [
            json!({ "from": "FAIL", "to": "BLOCK", "reason": "the test rig was broken", "by": { "name": "admin" } }),
            json!({ "from": "BLOCK", "to": "PASS", "reason": "looked at by hand", "by": { "name": "admin" } }),
        ]
    );
    let after = reporter.schedule(schedule).await;
    assert_eq!(
        (after.status, after.closed_time),
        (ScheduleStatus::Closed, before.closed_time)
    );
    assert_eq!(
        (
            after.progress.fail,
            after.progress.block,
            after.progress.pass
        ),
        (0, 0, 1)
    );
}

/// Amending an earlier attempt doesn't change what counts.
async fn amending_an_earlier_attempt(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("amended").await;
    let first = reporter.reported(schedule, Report::fail("login")).await;
    reporter.reported(schedule, Report::pass("login")).await;
    let counts = reporter.schedule(schedule).await.progress;

    app.admin()
        .amend(&first.id, ResultStatus::Skip, "not its turn")
        .await
        .data("");

    assert_eq!(reporter.schedule(schedule).await.progress, counts);
}

/// Deleted with all that belongs to it; its name may even be used again.
async fn deleted(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let input = json!({ "name": Uuid::new_v4(), "expected": ["login"], "labels": [{ "key": "os", "value": "linux" }] });
    let schedule: Uuid = reporter
        .open_schedule_with(input.clone())
        .await
        .parse("/createSchedule/schedule/name");
    let report = Report::pass("login").key(Uuid::new_v4());
    let result = reporter.reported(schedule, report.clone()).await;
    app.admin()
        .amend(&result.id, ResultStatus::Fail, "not really")
        .await
        .data("");

    assert_eq!(
        app.admin()
            .delete(schedule)
            .await
            .data("/deleteSchedule/name"),
        json!(schedule)
    );

    let gone = reporter
        .query(LOOK, json!({ "name": schedule, "id": result.id }))
        .await;
    assert_eq!(
        gone.data(""),
        json!({ "schedule": null, "node": null, "script": null })
    );
    assert_eq!(
        reporter.report(schedule, report.clone()).await.code(),
        "NOT_FOUND"
    );
    assert_eq!(app.admin().delete(schedule).await.code(), "NOT_FOUND");

    reporter.open_schedule_with(input).await.data("");
    assert_eq!(reporter.reported(schedule, report).await.revision, 1);
}

/// `node` finds what an id names, `result` only a result, and neither anything for an id that names nothing.
async fn found_by_global_id(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("node").await;
    let result = reporter.reported(schedule, Report::pass("login")).await;
    let facts = reporter.schedule(schedule).await;

    let document = "query ($id: ID!) { node(id: $id) {
        __typename id ... on Schedule { name } ... on Result { script } ... on Client { role }
    } }";
    let node = async |id: &str| reporter.query(document, json!({ "id": id })).await;
    assert_eq!(
        node(&facts.id).await.data("/node"),
        json!({ "__typename": "Schedule", "id": facts.id, "name": schedule })
    );
    assert_eq!(
        node(&result.id).await.data("/node"),
        json!({ "__typename": "Result", "id": result.id, "script": "login" })
    );
    let document = "query ($id: ID!) { result(id: $id) { id script } }";
    let found = async |id: &str| {
        reporter
            .query(document, json!({ "id": id }))
            .await
            .data("/result")
    };
    assert_eq!(
        found(&result.id).await,
        json!({ "id": result.id, "script": "login" })
    );
    assert!(found(&facts.id).await.is_null());
    for unknown in [
        "",
        "1",
        "Schedule:1",
        "'; DROP TABLE schedule; --",
        "U2NoZWR1bGU6MQ==",
        "🙂",
    ] {
        let answer = node(unknown).await;
        let found = answer.json()["data"]["node"].clone();
        assert!(found.is_null(), "{unknown:?}: {answer:?}");
        assert!(
            matches!(
                answer.refusal().as_deref(),
                None | Some("VALIDATION" | "NOT_FOUND")
            ),
            "{answer:?}"
        );
    }
}

on_both_databases!(
    opened_with_everything,
    opened_twice_under_one_name,
    updated_while_open,
    reopened,
    reopening_an_open_schedule,
    amended,
    amending_an_earlier_attempt,
    deleted,
    found_by_global_id,
);

const LOOK: &str = "query ($name: UUID!, $id: ID!) {
    schedule(name: $name) { name } node(id: $id) { id } script(name: \"login\") { name }
}";

/// A correction without its time, which must be one.
fn without_time(correction: &Value) -> Value {
    let mut correction = correction.clone();
    let time = correction
        .as_object_mut()
        .and_then(|fields| fields.remove("time"))
        .expect("a time");
    let text = time.as_str().expect("a time is text");
    assert!(
        text.ends_with('Z') && text.parse::<chrono::DateTime<chrono::Utc>>().is_ok(),
        "{text}"
    );
    correction
}
