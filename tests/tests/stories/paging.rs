//! Pages: forwards and backwards by cursors that stay where they are while everything around them changes.

use daybook_tests::{Api, Database, Report, ResultStatus, TestApp, on_both_databases};
use serde_json::{Value, json};
use uuid::Uuid;

const SCHEDULES: &str =
    "query ($first: Int, $after: String, $last: Int, $before: String, $filter: ScheduleFilter) {
    page: schedules(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        edges { cursor node { title } } nodes { title }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

/// Newest first, forwards to the end and backwards to the beginning, each schedule once.
async fn schedules_both_ways(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    for number in 0..25 {
        reporter.open_schedule(&number.to_string()).await;
    }
    let newest_first: Vec<String> = (0..25).rev().map(|number| number.to_string()).collect();

    let forwards = walk(&reporter, "first", "after", ("endCursor", "hasNextPage")).await;
    assert_eq!(
        forwards.iter().map(Vec::len).collect::<Vec<_>>(),
        [10, 10, 5]
    );
    assert_eq!(forwards.concat(), newest_first);

    let mut backwards = walk(
        &reporter,
        "last",
        "before",
        ("startCursor", "hasPreviousPage"),
    )
    .await;
    assert_eq!(
        backwards.iter().map(Vec::len).collect::<Vec<_>>(),
        [10, 10, 5]
    );
    backwards.reverse();
    assert_eq!(
        backwards.concat(),
        newest_first,
        "a page reads the same way, whichever way it was turned to"
    );
}

/// What is added at the top meanwhile neither repeats nor hides anything on the next page.
async fn cursors_stay_where_they_are(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let mut last = Uuid::nil();
    for number in 0..6 {
        last = reporter.open_schedule(&number.to_string()).await;
    }
    let first = page(&reporter, json!({ "first": 2 })).await;
    assert_eq!(titles(&first), ["5", "4"]);

    reporter.open_schedule("new").await;
    app.admin().delete(last).await.data("");

    let cursor = &first["pageInfo"]["endCursor"];
    assert_eq!(
        titles(&page(&reporter, json!({ "first": 2, "after": cursor })).await),
        ["3", "2"]
    );
    let before = page(&reporter, json!({ "last": 5, "before": cursor })).await;
    assert_eq!(titles(&before), ["new"]);
}

/// Exactly full pages, empty ones, and what `PageInfo` says of them.
async fn page_info_at_the_edges(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let nothing = page(&reporter, json!({})).await;
    assert_eq!(
        nothing["pageInfo"],
        json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null })
    );
    for number in 0..4 {
        reporter.open_schedule(&number.to_string()).await;
    }

    let whole = page(&reporter, json!({ "first": 4 })).await;
    assert_eq!(
        (&whole["pageInfo"]["hasNextPage"], titles(&whole).len()),
        (&json!(false), 4)
    );
    assert_eq!(
        whole["edges"][0]["cursor"],
        whole["pageInfo"]["startCursor"]
    );
    assert_eq!(whole["edges"][3]["cursor"], whole["pageInfo"]["endCursor"]);
    let cut = page(&reporter, json!({ "first": 3 })).await;
    assert_eq!(cut["pageInfo"]["hasNextPage"], true);
    let beyond = page(
        &reporter,
        json!({ "first": 1, "after": whole["pageInfo"]["endCursor"] }),
    )
    .await;
    assert_eq!(
        (titles(&beyond).len(), &beyond["pageInfo"]["hasNextPage"]),
        (0, &json!(false))
    );
    let backwards = page(&reporter, json!({ "last": 3 })).await;
    assert_eq!(
        (
            titles(&backwards),
            &backwards["pageInfo"]["hasPreviousPage"]
        ),
        (vec!["2".into(), "1".into(), "0".into()], &json!(true))
    );
}

/// Fifty where nothing is said; 1 to 100 where something is; one direction at a time; cursors that are ours.
async fn arguments(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("results").await;
    let reports: Vec<Report> = (0..120).map(Report::pass).collect();
    reporter.report_batch(schedule, &reports).await.data("");
    let document = "query ($name: UUID!, $first: Int, $after: String, $last: Int, $before: String) {
        schedule(name: $name) { results(first: $first, after: $after, last: $last, before: $before) { nodes { script } } }
    }";
    let ask = async |mut variables: Value| {
        variables["name"] = json!(schedule);
        reporter.query(document, variables).await
    };

    for (variables, length) in [
        (json!({}), 50),
        (json!({ "first": 1 }), 1),
        (json!({ "first": 100 }), 100),
        (json!({ "last": 7 }), 7),
    ] {
        let nodes = ask(variables).await.data("/schedule/results/nodes");
        assert_eq!(nodes.as_array().map(Vec::len), Some(length));
    }
    for (variables, field) in [
        (json!({ "first": 0 }), "first"),
        (json!({ "first": 101 }), "first"),
        (json!({ "first": -1 }), "first"),
        (json!({ "last": 0 }), "last"),
        (json!({ "last": 101 }), "last"),
        (json!({ "after": "nonsense" }), "after"),
        (json!({ "after": "" }), "after"),
        (json!({ "last": 1, "before": "🙂" }), "before"),
    ] {
        let answer = ask(variables).await;
        assert_eq!(
            (answer.code().as_str(), answer.field().as_str()),
            ("VALIDATION", field),
            "{answer:?}"
        );
    }
    assert_eq!(
        ask(json!({ "first": 1, "last": 1 })).await.code(),
        "VALIDATION"
    );
}

/// Results come in the order of their first report, and stay there when they change.
async fn results_do_not_move(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("results").await;
    for script in ["c", "a", "b"] {
        reporter.reported(schedule, Report::running(script)).await;
    }
    for script in ["b", "c", "a"] {
        reporter.reported(schedule, Report::pass(script)).await;
    }

    let scripts: Vec<String> = reporter
        .all_results(schedule)
        .await
        .into_iter()
        .map(|row| row.script)
        .collect();

    assert_eq!(scripts, ["c", "a", "b"]);
}

/// Filters on results: by status, by script, and all attempts instead of the latest.
async fn filtered_results(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("results").await;
    for (script, status) in [
        ("flaky", ResultStatus::Fail),
        ("broken", ResultStatus::Error),
        ("flaky", ResultStatus::Pass),
        ("fine", ResultStatus::Pass),
    ] {
        reporter
            .reported(schedule, Report::new(script, status))
            .await;
    }

    for (filter, expected) in [
        (json!({}), vec!["broken 1", "flaky 2", "fine 1"]),
        (Value::Null, vec!["broken 1", "flaky 2", "fine 1"]),
        (
            json!({ "latestOnly": false }),
            vec!["flaky 1", "broken 1", "flaky 2", "fine 1"],
        ),
        (json!({ "status": ["FAIL", "ERROR"] }), vec!["broken 1"]),
        (
            json!({ "status": ["FAIL", "ERROR"], "latestOnly": false }),
            vec!["flaky 1", "broken 1"],
        ),
        (json!({ "script": "flaky" }), vec!["flaky 2"]),
        (
            json!({ "script": "flaky", "latestOnly": false }),
            vec!["flaky 1", "flaky 2"],
        ),
        (json!({ "status": [] }), vec![]),
    ] {
        let rows = reporter.results(schedule, filter.clone()).await;
        let shown: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {}", row.script, row.attempt))
            .collect();
        assert_eq!(shown, expected, "{filter}");
    }
}

/// Filters on schedules: what is given must all hold.
async fn filtered_schedules(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let weekly = app
        .admin()
        .create_client("weekly", daybook_tests::Role::Reporter)
        .await;
    let label = |key: &str, value: &str| json!({ "key": key, "value": value });
    let (linux, main) = (label("os", "linux"), label("branch", "main"));
    let one: Uuid = reporter
        .open_schedule_with(json!({ "title": "one", "labels": [linux, main] }))
        .await
        .parse("/createSchedule/schedule/name");
    weekly
        .open_schedule_with(json!({ "title": "two", "labels": [linux] }))
        .await
        .data("");
    let three = reporter.open_schedule("three").await;
    reporter.reported(one, Report::pass("login")).await;
    reporter.close(three).await.data("");
    let created = reporter.schedule(three).await.created_time;

    for (filter, expected) in [
        (json!({}), vec!["three", "two", "one"]),
        (
            json!({ "status": ["CREATED", "RUNNING"] }),
            vec!["two", "one"],
        ),
        (json!({ "status": ["CLOSED"] }), vec!["three"]),
        (json!({ "client": "weekly" }), vec!["two"]),
        (json!({ "client": "nobody" }), vec![]),
        (json!({ "title": "one" }), vec!["one"]),
        (json!({ "labels": [linux] }), vec!["two", "one"]),
        (json!({ "labels": [linux, main] }), vec!["one"]),
        (
            json!({ "labels": [linux], "client": "nightly" }),
            vec!["one"],
        ),
        (json!({ "createdBefore": "2020-01-01T00:00:00Z" }), vec![]),
        (
            json!({ "createdAfter": "2020-01-01T00:00:00+05:30" }),
            vec!["three", "two", "one"],
        ),
        (
            json!({ "createdAfter": created + chrono::TimeDelta::seconds(1) }),
            vec![],
        ),
    ] {
        assert_eq!(
            titles(&page(&reporter, json!({ "filter": filter })).await),
            expected,
            "{filter}"
        );
    }
}

on_both_databases!(
    schedules_both_ways,
    cursors_stay_where_they_are,
    page_info_at_the_edges,
    arguments,
    results_do_not_move,
    filtered_results,
    filtered_schedules,
);

/// Turns pages of ten until there is none left; returns the titles of each.
async fn walk(
    reporter: &Api,
    size: &str,
    from: &str,
    (cursor, more): (&str, &str),
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut position = Value::Null;
    loop {
        let turned = page(reporter, json!({ size: 10, from: position })).await;
        pages.push(titles(&turned));
        if turned["pageInfo"][more] == false {
            return pages;
        }
        position = turned["pageInfo"][cursor].clone();
    }
}

async fn page(reporter: &Api, variables: Value) -> Value {
    reporter.query(SCHEDULES, variables).await.data("/page")
}

fn titles(page: &Value) -> Vec<String> {
    let title = |node: &Value| node["title"].as_str().expect("a title").to_owned();
    page["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(title)
        .collect()
}
