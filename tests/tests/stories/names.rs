//! Names are compared exactly: what a database's collation holds for equal stays apart, and what only looks different
//! because of spaces around it is one.

use std::collections::BTreeSet;

use daybook_tests::{Database, Report, TestApp, on_both_databases};
use serde_json::json;

/// Names that some collation or other merges, each a script of its own.
const LOOKALIKES: [&str; 14] = [
    "login",
    "Login",
    "LOGIN",
    "café",
    "cafe",
    "cafe\u{301}",
    "straße",
    "strasse",
    "🙂",
    "🙃",
    "ﬁle",
    "file",
    "login\u{200b}",
    "ｌｏｇｉｎ",
];

async fn lookalikes_stay_apart(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let opened = reporter
        .open_schedule_with(json!({ "title": "names", "expected": LOOKALIKES }))
        .await;
    let schedule = opened.parse("/createSchedule/schedule/name");
    assert_eq!(
        opened.data("/createSchedule/schedule/missing"),
        json!(LOOKALIKES)
    );

    for script in LOOKALIKES {
        let row = reporter
            .reported(schedule, Report::pass(script).message(script))
            .await;
        assert_eq!((row.script.as_str(), row.attempt), (script, 1));
    }

    let scripts: Vec<String> = reporter
        .all_results(schedule)
        .await
        .into_iter()
        .map(|row| row.script)
        .collect();
    assert_eq!(scripts, LOOKALIKES);
    assert_eq!(reporter.schedule(schedule).await.progress.pass, 14);
    for script in LOOKALIKES {
        let found = reporter
            .results(schedule, json!({ "script": script }))
            .await;
        assert_eq!(found.len(), 1, "{script}");
        assert_eq!(found[0].message.as_deref(), Some(script));
        let document = "query ($name: String!) { script(name: $name) { name runs } }";
        let stats = reporter.query(document, json!({ "name": script })).await;
        assert_eq!(stats.data("/script"), json!({ "name": script, "runs": 1 }));
    }
}

async fn spaces_around_a_name_do_not_count(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("names").await;

    assert_eq!(
        reporter
            .reported(schedule, Report::pass("log in"))
            .await
            .attempt,
        1
    );
    let padded = reporter
        .reported(schedule, Report::pass("  log in \u{a0}"))
        .await;

    assert_eq!((padded.script.as_str(), padded.attempt), ("log in", 2));
}

/// Titles, labels and clients are compared exactly, too.
async fn filters_compare_exactly(database: Database) {
    let (app, lower) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let upper = app
        .admin()
        .create_client("Nightly", daybook_tests::Role::Reporter)
        .await;
    for (client, title, branch) in [(&lower, "build", "zürich"), (&upper, "Build", "zurich")] {
        let labels = json!([{ "key": "branch", "value": branch }]);
        client
            .open_schedule_with(json!({ "title": title, "labels": labels }))
            .await
            .data("");
    }

    for filter in [
        json!({ "title": "Build" }),
        json!({ "client": "Nightly" }),
        json!({ "labels": [{ "key": "branch", "value": "zurich" }] }),
    ] {
        let document =
            "query ($filter: ScheduleFilter) { schedules(filter: $filter) { nodes { title } } }";
        let found = app
            .admin()
            .query(document, json!({ "filter": filter }))
            .await;
        assert_eq!(
            found.data("/schedules/nodes"),
            json!([{ "title": "Build" }]),
            "{filter}"
        );
    }
}

/// What means something in a LIKE pattern is plain text in `contains`.
async fn contains_knows_no_wildcards(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("names").await;
    for script in [
        "100% sure",
        "100 sure",
        "a_b",
        "axb",
        r"back\slash",
        "back/slash",
        "it's",
        "plain",
    ] {
        reporter.reported(schedule, Report::pass(script)).await;
    }

    for (contains, expected) in [
        ("0%", "100% sure"),
        ("a_b", "a_b"),
        (r"k\s", r"back\slash"),
        ("t's", "it's"),
    ] {
        let document =
            "query ($contains: String) { scripts(contains: $contains) { nodes { name } } }";
        let found = reporter
            .query(document, json!({ "contains": contains }))
            .await;
        assert_eq!(
            found.data("/scripts/nodes"),
            json!([{ "name": expected }]),
            "{contains}"
        );
    }
}

on_both_databases!(
    lookalikes_stay_apart,
    spaces_around_a_name_do_not_count,
    filters_compare_exactly,
    contains_knows_no_wildcards,
);

/// A database that somebody made years ago with another character set keeps every name all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_latin1_database_keeps_every_name() {
    let database = Database::mariadb_created_with("CHARACTER SET latin1").await;
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("🌙").await;
    for script in LOOKALIKES {
        reporter.reported(schedule, Report::pass(script)).await;
    }

    let rows = reporter.all_results(schedule).await;
    let scripts: BTreeSet<&str> = rows.iter().map(|row| row.script.as_str()).collect();
    assert_eq!(scripts, BTreeSet::from(LOOKALIKES));
    assert_eq!(
        reporter.schedule(schedule).await.title.as_deref(),
        Some("🌙")
    );
}
