//! Where things stand: the last closed schedule of each title, however long ago the last one of another title was.

use chrono::{DateTime, Utc};
use daybook_tests::{Api, Database, TestApp, days_ago, on_both_databases};
use serde_json::{Value, json};
use uuid::Uuid;

/// One of each title, the newest first; what is open, has no title or was opened before does not count.
async fn one_of_each_title(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let before = days_ago(8);
    closed(&admin, json!({ "title": "monthly", "createdTime": before })).await;
    closed(&admin, json!({ "title": "nightly", "createdTime": before })).await;
    let weekly = closed(
        &admin,
        json!({ "title": "weekly", "createdTime": days_ago(7) }),
    )
    .await;
    closed(
        &admin,
        json!({ "title": "nightly", "createdTime": days_ago(2) }),
    )
    .await;
    let nightly = closed(
        &admin,
        json!({ "title": "nightly", "createdTime": days_ago(1) }),
    )
    .await;
    closed(&admin, json!({ "createdTime": days_ago(1) })).await;
    admin.open_schedule("nightly").await;
    admin.open_schedule("hourly").await;

    assert_eq!(latest(&admin, days_ago(7)).await, [nightly, weekly]);
    assert_eq!(latest(&admin, days_ago(6)).await, [nightly]);
    assert_eq!(latest(&admin, days_ago(-1)).await, [] as [Uuid; 0]);

    admin.reopen(nightly, "one more").await.data("");
    assert_eq!(
        latest(&admin, days_ago(7)).await.len(),
        2,
        "the one before it"
    );
}

/// At most a hundred titles: the newest.
async fn a_hundred_titles(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let mut newest_first = Vec::new();
    for number in 0..101 {
        newest_first.insert(
            0,
            closed(&reporter, json!({ "title": number.to_string() })).await,
        );
    }

    assert_eq!(latest(&reporter, days_ago(1)).await, newest_first[..100]);
}

/// It counts as a list of a hundred, however few there are.
async fn priced_as_a_hundred(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let document = |fields: &str| {
        format!(
            "query ($since: DateTime!) {{ latestClosedSchedules(since: $since) {{ {fields} }} }}"
        )
    };
    let since = json!({ "since": days_ago(1) });

    let affordable = document("results(first: 100) { nodes { script status } }");
    reporter.query(&affordable, since.clone()).await.data("");
    let dear = document("results(first: 100) { nodes { output message corrections { reason } } }");
    let refused = reporter.query(&dear, since).await;
    assert_eq!(refused.code(), "VALIDATION");
}

on_both_databases!(one_of_each_title, a_hundred_titles, priced_as_a_hundred);

/// A closed schedule, opened with this `CreateScheduleInput`.
async fn closed(api: &Api, input: Value) -> Uuid {
    let schedule = api
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    api.close(schedule).await.data("");
    schedule
}

/// The names that are answered.
async fn latest(api: &Api, since: DateTime<Utc>) -> Vec<Uuid> {
    let document = "query ($since: DateTime!) { latestClosedSchedules(since: $since) { name } }";
    let answer = api.query(document, json!({ "since": since })).await;
    let schedules: Vec<Value> = answer.parse("/latestClosedSchedules");
    schedules
        .into_iter()
        .map(|each| serde_json::from_value(each["name"].clone()).expect("a name"))
        .collect()
}
