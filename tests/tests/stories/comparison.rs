//! In the morning: what is newly broken, compared to yesterday?

use std::time::Instant;

use daybook_tests::{Api, Database, Report, ResultStatus, TestApp, on_both_databases};
use serde_json::{Value, json};
use uuid::Uuid;

const COMPARISON: &str = "query ($name: UUID!, $with: UUID!) {
    schedule(name: $name) {
        comparison(with: $with) {
            base { name } newlyFailing fixed stillFailing added removed slower { script beforeMs afterMs }
        }
    }
}";

/// Each script falls where it belongs, by its latest attempt.
async fn with_yesterday(database: Database) {
    use ResultStatus::{Error, Fail, Pass, Skip};
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let yesterday = [
        ("fine", Pass),
        ("breaks", Pass),
        ("breaks otherwise", Skip),
        ("is repaired", Fail),
        ("stays broken", Fail),
        ("is gone", Pass),
    ];
    let today = [
        ("fine", Fail),
        ("fine", Pass),
        ("breaks", Fail),
        ("breaks otherwise", Error),
        ("is repaired", Pass),
        ("stays broken", Error),
        ("is new", Pass),
        ("is new and fails", Fail),
    ];
    let (base, schedule) = (
        run(&reporter, &yesterday).await,
        run(&reporter, &today).await,
    );

    let comparison = compare(&reporter, schedule, base).await;

    assert_eq!(
        comparison,
        json!({
            "base": { "name": base },
            "newlyFailing": ["breaks", "breaks otherwise", "is new and fails"],
            "fixed": ["is repaired"],
            "stillFailing": ["stays broken"],
            "added": ["is new", "is new and fails"],
            "removed": ["is gone"],
            "slower": [],
        })
    );
}

/// Slower is what takes at least half as long again, and at least a second more; the slowest comes first.
async fn slower_than_yesterday(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let durations = [
        ("a little", 10_000, 14_999),
        ("much, of little", 100, 1_099),
        ("just so", 2_000, 3_000),
        ("much", 1_000, 9_000),
        ("unknown before", 0, 5_000),
        ("faster", 5_000, 1_000),
    ];
    let (base, schedule) = (
        reporter.open_schedule("slow").await,
        reporter.open_schedule("slow").await,
    );
    for (script, before, after) in durations {
        let first = Report::pass(script);
        let first = if before == 0 {
            first
        } else {
            first.duration_ms(before)
        };
        reporter.reported(base, first).await;
        reporter
            .reported(schedule, Report::pass(script).duration_ms(after))
            .await;
    }

    let comparison = compare(&reporter, schedule, base).await;

    assert_eq!(
        comparison["slower"],
        json!([
            { "script": "much", "beforeMs": 1_000, "afterMs": 9_000 },
            { "script": "just so", "beforeMs": 2_000, "afterMs": 3_000 },
        ])
    );
}

/// The last closed schedule of the same title before this one.
async fn the_previous_one(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let monday = run(&reporter, &[("login", ResultStatus::Pass)]).await;
    let tuesday = run(&reporter, &[("login", ResultStatus::Pass)]).await;
    let other = reporter.open_schedule("another title").await;
    reporter.close(other).await.data("");
    let open = reporter.open_schedule("nightly build").await;
    let wednesday = reporter.open_schedule("nightly build").await;

    for (schedule, previous) in [
        (monday, None),
        (tuesday, Some(monday)),
        (open, Some(tuesday)),
        (wednesday, Some(tuesday)),
    ] {
        let document = "query ($name: UUID!) { schedule(name: $name) { previous { name } } }";
        let answer = reporter.query(document, json!({ "name": schedule })).await;
        let expected = previous.map_or(Value::Null, |name| json!({ "name": name }));
        assert_eq!(answer.data("/schedule/previous"), expected);
    }
}

/// Against the previous one at once, for a whole list; null where there is none.
async fn since_the_previous_one(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    for login in [ResultStatus::Pass, ResultStatus::Fail, ResultStatus::Pass] {
        run(
            &reporter,
            &[("login", login), ("search", ResultStatus::Pass)],
        )
        .await;
    }

    let document = "{ schedules { nodes { sincePrevious { base { name } newlyFailing fixed } previous { name } } } }";
    let answer = reporter.query(document, json!({})).await;

    let nodes = answer.data("/schedules/nodes");
    let nodes = nodes.as_array().expect("a list");
    for node in nodes {
        assert_eq!(node["sincePrevious"]["base"], node["previous"]);
    }
    let changes = |at: usize| {
        let comparison = &nodes[at]["sincePrevious"];
        [&comparison["fixed"], &comparison["newlyFailing"]]
    };
    assert_eq!(changes(0), [&json!(["login"]), &json!([])]);
    assert_eq!(changes(1), [&json!([]), &json!(["login"])]);
    assert_eq!(nodes[2]["sincePrevious"], Value::Null);
}

/// What there is nothing to compare with.
async fn with_nothing(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = run(&reporter, &[("login", ResultStatus::Pass)]).await;
    let variables = json!({ "name": schedule, "with": Uuid::new_v4() });
    assert_eq!(
        reporter.query(COMPARISON, variables).await.code(),
        "NOT_FOUND"
    );
}

/// The time that remains is estimated from what the same scripts took before, and from how fast it goes today.
async fn the_time_that_remains(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let input = json!({ "title": "nightly build", "expected": ["short", "long"] });
    let first = open(&reporter, &input).await;
    reporter
        .reported(first, Report::pass("short").duration_ms(1))
        .await;
    assert_eq!(
        remaining_seconds(&reporter, first).await,
        None,
        "there is nothing to go by"
    );
    reporter
        .reported(first, Report::pass("long").duration_ms(1_000_000))
        .await;
    reporter.close(first).await.data("");

    let opened = Instant::now();
    let second = open(&reporter, &input).await;
    assert_eq!(
        remaining_seconds(&reporter, second).await,
        None,
        "nothing is done yet"
    );
    reporter
        .reported(second, Report::pass("short").duration_ms(1))
        .await;
    let remaining = remaining_seconds(&reporter, second)
        .await
        .expect("an estimate");
    let most = opened.elapsed().as_millis() * 1_000;
    assert!(
        remaining >= 1_000,
        "{remaining} s: the long one takes a million times as long"
    );
    assert!(
        u128::from(remaining) <= most,
        "{remaining} s, at most {most} s at today's pace"
    );

    reporter.reported(second, Report::pass("long")).await;
    assert_eq!(remaining_seconds(&reporter, second).await, Some(0));
}

on_both_databases!(
    with_yesterday,
    slower_than_yesterday,
    the_previous_one,
    since_the_previous_one,
    with_nothing,
    the_time_that_remains
);

/// A closed schedule with these outcomes, in this order.
async fn run(reporter: &Api, outcomes: &[(&str, ResultStatus)]) -> Uuid {
    let schedule = reporter.open_schedule("nightly build").await;
    for (script, status) in outcomes {
        reporter
            .reported(schedule, Report::new(script, *status))
            .await;
    }
    reporter.close(schedule).await.data("");
    schedule
}

async fn compare(reporter: &Api, schedule: Uuid, base: Uuid) -> Value {
    let answer = reporter
        .query(COMPARISON, json!({ "name": schedule, "with": base }))
        .await;
    answer.data("/schedule/comparison")
}

async fn open(reporter: &Api, input: &Value) -> Uuid {
    let answer = reporter.open_schedule_with(input.clone()).await;
    answer.parse("/createSchedule/schedule/name")
}

async fn remaining_seconds(reporter: &Api, schedule: Uuid) -> Option<u64> {
    let document =
        "query ($name: UUID!) { schedule(name: $name) { progress { remainingSeconds } } }";
    let answer = reporter.query(document, json!({ "name": schedule })).await;
    answer.parse("/schedule/progress/remainingSeconds")
}
