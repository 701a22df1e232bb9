//! In the morning: what is newly broken, compared to yesterday?

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

    let mut comparison = compare(&reporter, schedule, base).await;

    for list in ["newlyFailing", "fixed", "stillFailing", "added", "removed"] {
        comparison[list]
            .as_array_mut()
            .expect("a list")
            .sort_by_key(ToString::to_string);
    }
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

/// The time that remains is estimated from what the same scripts took before.
async fn the_time_that_remains(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let before = reporter.open_schedule("nightly build").await;
    reporter
        .reported(before, Report::pass("one").duration_ms(60_000))
        .await;
    reporter
        .reported(before, Report::pass("two").duration_ms(40_000))
        .await;
    reporter.close(before).await.data("");
    let input = json!({ "title": "nightly build", "expected": ["one", "two"] });
    let schedule: Uuid = reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    reporter
        .reported(schedule, Report::pass("one").duration_ms(60_000))
        .await;

    let document =
        "query ($name: UUID!) { schedule(name: $name) { progress { percent remainingSeconds } } }";
    let progress = reporter
        .query(document, json!({ "name": schedule }))
        .await
        .data("/schedule/progress");

    assert_eq!(progress["percent"], 50.0);
    let remaining = progress["remainingSeconds"].as_i64().expect("an estimate");
    assert!(
        (1..=60).contains(&remaining),
        "{remaining} s for a script that took 40 s"
    );
}

on_both_databases!(
    with_yesterday,
    slower_than_yesterday,
    the_previous_one,
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
