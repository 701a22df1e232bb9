//! Bad input of those who mean well: each is refused with its code, says which field it was, and leaves nothing behind. What is
//! sent to do harm is in `attacks`.

use daybook_tests::{Api, Database, Report, ResultStatus, TestApp, on_both_databases};
use serde_json::{Value, json};
use uuid::Uuid;

/// What a script may not report.
async fn reports(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("bad input").await;
    let refused = [
        (Report::pass(""), "VALIDATION", "script"),
        (Report::pass(" \t "), "VALIDATION", "script"),
        (Report::pass("é".repeat(256)), "VALIDATION", "script"),
        (Report::pass("a\u{0}b"), "VALIDATION", "script"),
        (Report::pass("a\nb"), "VALIDATION", "script"),
        (Report::pass("a\u{7f}b"), "VALIDATION", "script"),
        (
            Report::pass("login").duration_ms(-1),
            "VALIDATION",
            "durationMs",
        ),
        (
            Report::pass("login").message("x".repeat(64 * 1024 + 1)),
            "TOO_LARGE",
            "message",
        ),
        (
            Report::pass("login").output("x".repeat(1024 * 1024 + 1)),
            "TOO_LARGE",
            "output",
        ),
    ];

    for (report, code, field) in refused {
        let answer = reporter.report(schedule, report.clone()).await;
        assert_eq!(answer.code(), code, "{answer:?}");
        assert_eq!(last_part(&answer.field()), field, "{answer:?}");
        let batch = reporter
            .report_batch(schedule, &[Report::pass("fine"), report])
            .await;
        assert_eq!(batch.code(), code, "{batch:?}");
    }
    assert_eq!(
        reporter.schedule(schedule).await.revision,
        0,
        "all or nothing"
    );
}

/// What is just within the limits is kept whole.
async fn reports_at_the_limits(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("limits").await;
    let (script, message, output) = (
        "🙂".repeat(255),
        "x".repeat(64 * 1024),
        "y".repeat(1024 * 1024),
    );
    let report = Report::pass(&script)
        .message(&message)
        .output(&output)
        .duration_ms(i32::MAX);

    reporter.reported(schedule, report).await;

    let rows = reporter.all_results(schedule).await;
    assert_eq!(rows[0].script, script);
    assert_eq!(rows[0].message.as_deref(), Some(message.as_str()));
    assert_eq!(
        reporter.output(&rows[0].id).await.as_deref(),
        Some(output.as_str())
    );
    assert_eq!(rows[0].duration_ms, Some(i64::from(i32::MAX)));
}

/// Batches hold between 1 and 5,000 reports.
async fn batches(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("batches").await;
    let reports: Vec<Report> = (0..=5_000).map(Report::pass).collect();

    assert_eq!(
        reporter.report_batch(schedule, &[]).await.code(),
        "VALIDATION"
    );
    assert_eq!(
        reporter.report_batch(schedule, &reports).await.code(),
        "VALIDATION"
    );
    assert_eq!(
        reporter
            .report_batch(schedule, &reports[1..])
            .await
            .data("/reportResults/accepted"),
        5_000
    );
}

/// What a schedule may not be opened with.
async fn schedules(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let label = |key: &str, value: &str| json!([{ "key": key, "value": value }]);
    let many_labels: Vec<Value> = (0..51)
        .map(|n| json!({ "key": n.to_string(), "value": "x" }))
        .collect();
    let many_scripts: Vec<String> = (0..=100_000).map(|n| n.to_string()).collect();
    let refused = [
        (json!({ "title": "x".repeat(256) }), "title"),
        (json!({ "title": "a\u{1}b" }), "title"),
        (json!({ "labels": label("", "x") }), "labels"),
        (json!({ "labels": label(&"x".repeat(256), "x") }), "labels"),
        (json!({ "labels": label("x", &"x".repeat(256)) }), "labels"),
        (json!({ "labels": many_labels }), "labels"),
        (
            json!({ "labels": [{ "key": "os", "value": "a" }, { "key": "os", "value": "b" }] }),
            "labels",
        ),
        (json!({ "expected": [""] }), "expected"),
        (json!({ "expected": ["x".repeat(256)] }), "expected"),
        (json!({ "expected": many_scripts }), "expected"),
        (json!({ "leaseSeconds": -1 }), "leaseSeconds"),
    ];

    for (input, field) in refused {
        let answer = reporter.open_schedule_with(input).await;
        assert_eq!(answer.code(), "VALIDATION", "{field}: {answer:?}");
        assert!(answer.field().contains(field), "{field}: {answer:?}");
    }
    let schedules = reporter
        .query("{ schedules { nodes { name } } }", json!({}))
        .await;
    assert_eq!(schedules.data("/schedules/nodes"), json!([]));

    let most: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
    reporter
        .open_schedule_with(json!({ "expected": most }))
        .await
        .data("");
}

/// Arguments that GraphQL itself can't make sense of, and such that name nothing.
async fn arguments(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let unknown = Uuid::new_v4();

    for document in [
        "{ schedule(name: \"not a GUID\") { name } }",
        "{ schedule(name: 7) { name } }",
        "{ schedule { name } }",
        "{ schedules(filter: { status: [OPEN] }) { nodes { name } } }",
        "{ schedules(filter: { createdAfter: \"yesterday\" }) { nodes { name } } }",
        "{ nonsense }",
        "{ viewer }",
        "query A { viewer { name } } query A { viewer { name } }",
        "query ($name: UUID!) { schedule(name: $name) { name } }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{",
        "",
    ] {
        assert_eq!(
            reporter.query(document, json!({})).await.code(),
            "VALIDATION",
            "{document}"
        );
    }
    let nothing = reporter
        .query(
            "query ($n: UUID!) { schedule(name: $n) { name } }",
            json!({ "n": unknown }),
        )
        .await;
    assert_eq!(nothing.data("/schedule"), Value::Null);
    assert_eq!(
        reporter.report(unknown, Report::pass("login")).await.code(),
        "NOT_FOUND"
    );
    assert_eq!(reporter.close(unknown).await.code(), "NOT_FOUND");
    let admin = app.admin();
    assert_eq!(
        admin
            .amend("nonsense", ResultStatus::Pass, "because")
            .await
            .code(),
        "NOT_FOUND"
    );
    assert_eq!(admin.revoke_client("nobody").await.code(), "NOT_FOUND");
    assert_eq!(
        admin.rotate_client_token("nobody").await.code(),
        "NOT_FOUND"
    );
}

/// Clients need names, and each its own.
async fn clients(database: Database) {
    let (app, _reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let create = async |name: &str| {
        let document = "mutation ($name: String!) { createClient(input: { name: $name, role: VIEWER }) { token } }";
        app.admin().query(document, json!({ "name": name })).await
    };

    for name in ["", "  ", "a\nb", &"x".repeat(256)] {
        let answer = create(name).await;
        assert_eq!(
            (answer.code(), last_part(&answer.field())),
            ("VALIDATION".into(), "name"),
            "{name:?}"
        );
    }
    for taken in ["nightly", " nightly ", "admin"] {
        assert_eq!(create(taken).await.code(), "CONFLICT", "{taken:?}");
    }
}

/// A JUnit file that ends in the middle, through the mutation and through the plain route.
async fn truncated_junit(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("unharmed").await;
    let truncated = r#"<testsuite name="all"><testcase name="one"/><testcase name="tw"#;

    let answer = reporter.import_junit(schedule, truncated).await;
    assert_eq!(answer.code(), "VALIDATION");
    let route = format!("/api/v1/schedules/{schedule}/junit");
    let answer = reporter.post(&route, "application/xml", truncated).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]["code"]),
        (422, &json!("VALIDATION"))
    );
    let answer = reporter
        .post(&route, "application/xml", "x".repeat(40 * 1024 * 1024))
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]["code"]),
        (413, &json!("TOO_LARGE"))
    );

    assert_eq!(
        reporter.all_results(schedule).await,
        [],
        "nothing is kept of it"
    );
    unharmed(&reporter, schedule).await;
}

on_both_databases!(
    reports,
    reports_at_the_limits,
    batches,
    schedules,
    arguments,
    clients,
    truncated_junit,
);

async fn unharmed(reporter: &Api, schedule: Uuid) {
    assert_eq!(
        reporter
            .reported(schedule, Report::pass("still here"))
            .await
            .revision,
        1
    );
}

/// `script` of `input.script`.
fn last_part(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}
