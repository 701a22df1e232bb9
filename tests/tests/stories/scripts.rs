//! One script across schedules: how often it passes, and whether it can be trusted.

use daybook_tests::{Api, Database, Report, ResultStatus, TestApp, on_both_databases};
use serde_json::{Value, json};

const SCRIPT: &str = "query ($name: String!) {
    script(name: $name) { name runs passRate flips flaky medianDurationMs }
}";

/// What the statistics say of a history. One letter is one attempt, a word one schedule, the oldest first.
async fn statistics(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let histories = [
        (
            "steady",
            "P P P P",
            json!({ "runs": 4, "passRate": 1.0, "flips": 0, "flaky": false }),
        ),
        (
            "flips",
            "P F P P",
            json!({ "runs": 4, "passRate": 0.75, "flips": 2, "flaky": true }),
        ),
        (
            "broken",
            "P P E F",
            json!({ "runs": 4, "passRate": 0.5, "flips": 1, "flaky": false }),
        ),
        (
            "retried",
            "P FP P P",
            json!({ "runs": 4, "passRate": 1.0, "flips": 0, "flaky": true }),
        ),
        (
            "given up",
            "P F P F F F F F",
            json!({ "runs": 8, "passRate": 0.25, "flips": 3, "flaky": false }),
        ),
    ];
    for night in 0..8 {
        let schedule = reporter.open_schedule("nightly build").await;
        for (script, history, _) in &histories {
            for outcome in history.split(' ').nth(night).unwrap_or_default().chars() {
                reporter
                    .reported(schedule, Report::new(script, status(outcome)))
                    .await;
            }
        }
        reporter.close(schedule).await.data("");
    }

    for (script, _, expected) in &histories {
        let mut shown = reporter
            .query(SCRIPT, json!({ "name": script }))
            .await
            .data("/script");
        for other in ["name", "medianDurationMs"] {
            shown.as_object_mut().expect("an object").remove(other);
        }
        assert_eq!(&shown, expected, "{script}");
    }
    assert_eq!(
        names(&reporter, json!({ "flakyOnly": true })).await,
        ["flips", "retried"]
    );
    assert_eq!(
        names(&reporter, json!({ "contains": "e" })).await,
        ["broken", "given up", "retried", "steady"]
    );
}

/// The median of what it took, and its history: newest first, the latest attempt of each schedule.
async fn history(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    for duration in [100, 900, 200] {
        let schedule = reporter.open_schedule("nightly build").await;
        reporter
            .reported(schedule, Report::fail("login").duration_ms(50_000))
            .await;
        reporter
            .reported(schedule, Report::pass("login").duration_ms(duration))
            .await;
        reporter.close(schedule).await.data("");
    }

    let median = reporter.query(SCRIPT, json!({ "name": "login" })).await;
    assert_eq!(median.data("/script/medianDurationMs"), 200);

    let document = "query ($after: String) { script(name: \"login\") {
        history(first: 2, after: $after) { nodes { durationMs attempt schedule { title } } pageInfo { hasNextPage endCursor } }
    } }";
    let page = reporter
        .query(document, json!({}))
        .await
        .data("/script/history");
    let row = |duration| json!({ "durationMs": duration, "attempt": 2, "schedule": { "title": "nightly build" } });
    assert_eq!(page["nodes"], json!([row(200), row(900)]));
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let rest = reporter
        .query(document, json!({ "after": page["pageInfo"]["endCursor"] }))
        .await;
    assert_eq!(rest.data("/script/history/nodes"), json!([row(100)]));
    assert_eq!(rest.data("/script/history/pageInfo/hasNextPage"), false);
}

/// A script that nobody ever reported is not there.
async fn never_reported(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    reporter
        .open_schedule_with(json!({ "expected": ["login"] }))
        .await
        .data("");
    assert_eq!(
        reporter
            .query(SCRIPT, json!({ "name": "login" }))
            .await
            .data("/script"),
        Value::Null
    );
}

on_both_databases!(statistics, history, never_reported);

fn status(letter: char) -> ResultStatus {
    match letter {
        'P' => ResultStatus::Pass,
        'F' => ResultStatus::Fail,
        'E' => ResultStatus::Error,
        other => panic!("{other} is no outcome"),
    }
}

/// The names of the scripts that match, sorted.
async fn names(reporter: &Api, variables: Value) -> Vec<String> {
    let document = "query ($flakyOnly: Boolean = false, $contains: String) {
        scripts(flakyOnly: $flakyOnly, contains: $contains) { nodes { name } }
    }";
    let nodes = reporter
        .query(document, variables)
        .await
        .data("/scripts/nodes");
    let mut names: Vec<String> = nodes
        .as_array()
        .expect("a list")
        .iter()
        .map(|node| node["name"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}
