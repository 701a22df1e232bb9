//! The log: who did what, with which parameter, and whether it succeeded. Reports of results are too many for it.
//!
//! The rows are read with plain SQL, as the people do who have done so for years.

use daybook_tests::{Database, Report, ResultStatus, Role, TestApp, on_both_databases};
use serde_json::json;

/// Each mutation but the reports leaves one row, in the order in which they were done.
async fn every_mutation_is_logged(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let admin = app.admin();
    let schedule = reporter.open_schedule("logged").await;
    let result = reporter.reported(schedule, Report::fail("login")).await;
    reporter
        .report_batch(schedule, &[Report::pass("logout")])
        .await
        .data("");
    let xml = r#"<testsuite><testcase name="imported"/></testsuite>"#;
    reporter.import_junit(schedule, xml).await.data("");
    reporter
        .update(json!({ "name": schedule, "title": "renamed" }))
        .await
        .data("");
    reporter.close(schedule).await.data("");
    admin
        .amend(&result.id, ResultStatus::Pass, "the rig was broken")
        .await
        .data("");
    admin.reopen(schedule, "one more").await.data("");
    reporter
        .query(
            "mutation { closeMySchedules { schedules { name } } }",
            json!({}),
        )
        .await
        .data("");
    admin.delete(schedule).await.data("");
    admin.create_client("other", Role::Viewer).await;
    admin.rotate_client_token("other").await.data("");
    admin.revoke_client("other").await.data("");

    let rows = logged(app.database()).await;
    let rows: Vec<(&str, &str, &str)> = rows
        .iter()
        .map(|(action, parameter, status)| (action.as_str(), parameter.as_str(), status.as_str()))
        .collect();
    let name = schedule.to_string();
    let reopened = format!("{name}: one more");
    let amended = rows[5].1;
    assert!(
        amended.starts_with(&format!("{name} result 1")),
        "{amended}"
    );
    assert_eq!(
        rows,
        [
            ("CLIENT_CREATE", "nightly", "SUCCESS"),
            ("SCHEDULE_CREATE", &name, "SUCCESS"),
            ("RESULTS_IMPORT", &name, "SUCCESS"),
            ("SCHEDULE_UPDATE", &name, "SUCCESS"),
            ("SCHEDULE_CLOSE", &name, "SUCCESS"),
            ("RESULT_AMEND", amended, "SUCCESS"),
            ("SCHEDULE_REOPEN", &reopened, "SUCCESS"),
            ("SCHEDULE_CLOSE", "all of one's own", "SUCCESS"),
            ("SCHEDULE_DELETE", &name, "SUCCESS"),
            ("CLIENT_CREATE", "other", "SUCCESS"),
            ("CLIENT_ROTATE_TOKEN", "other", "SUCCESS"),
            ("CLIENT_REVOKE", "other", "SUCCESS"),
        ]
    );
}

/// What was refused is logged as well, unless nobody asked: or anybody could fill the disk.
async fn refusals_are_logged(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("logged").await;
    assert_eq!(reporter.delete(schedule).await.code(), "FORBIDDEN");
    assert_eq!(
        app.anonymous().delete(schedule).await.code(),
        "UNAUTHENTICATED"
    );
    let early = json!({ "name": schedule, "expectedResults": 1 });
    assert_eq!(reporter.close_with(early).await.code(), "INCOMPLETE");

    let refused: Vec<(String, String)> = logged(app.database())
        .await
        .into_iter()
        .filter(|(_, _, status)| status == "ERROR")
        .map(|(action, parameter, _)| (action, parameter))
        .collect();

    let schedule = schedule.to_string();
    assert_eq!(
        refused,
        [
            ("SCHEDULE_DELETE".into(), schedule.clone()),
            ("SCHEDULE_CLOSE".into(), schedule)
        ]
    );
}

/// No token ever gets into the log.
async fn no_token_is_logged(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let rotated = app.admin().rotate_client_token("nightly").await;
    let tokens = [
        reporter.token().to_owned(),
        rotated.parse("/rotateClientToken/token"),
    ];

    for (action, parameter, _) in logged(app.database()).await {
        assert!(
            tokens.iter().all(|token| !parameter.contains(token)),
            "{action}: {parameter}"
        );
    }
}

on_both_databases!(
    every_mutation_is_logged,
    refusals_are_logged,
    no_token_is_logged
);

/// Action, parameter and status of all rows, oldest first.
async fn logged(database: &Database) -> Vec<(String, String, String)> {
    let rows = database
        .rows("SELECT action, parameter, status FROM log ORDER BY id")
        .await;
    rows.iter()
        .map(|row| {
            let text = |index| {
                row.try_get_by_index::<Option<String>>(index)
                    .expect("text")
                    .unwrap_or_default()
            };
            (text(0), text(1), text(2))
        })
        .collect()
}
