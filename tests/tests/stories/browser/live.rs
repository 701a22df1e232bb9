//! A schedule's page moves as reports come, through whatever happens to the server.

use daybook_tests::{
    Browser, Database, LIVE, RECONNECTING, Report, ResultStatus, ServerProcess, TestApp,
};
use serde_json::json;

/// The badge that says whether the page is live.
const CONNECTION: &str = "[data-testid=connection]";

/// One schedule: rows, counts and status move as the reports come.
#[tokio::test(flavor = "multi_thread")]
async fn one_schedule_moves() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let input = json!({ "title": "nightly build", "expected": ["login", "checkout", "logout"] });
    let schedule = reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;
    browser.shows("No results yet").await;

    reporter.reported(schedule, Report::running("login")).await;
    browser.reads("[data-testid=count-running]", "1").await;
    reporter.reported(schedule, Report::pass("login")).await;
    reporter
        .reported(
            schedule,
            Report::fail("checkout").message("the button is gone"),
        )
        .await;
    reporter
        .reported(schedule, Report::new("logout", ResultStatus::Skip))
        .await;

    for (count, value) in [
        ("pass", "1"),
        ("fail", "1"),
        ("skip", "1"),
        ("running", "0"),
        ("all", "3"),
    ] {
        browser
            .reads(&format!("[data-testid=count-{count}]"), value)
            .await;
    }
    browser
        .reads("[data-testid=schedule-status]", "Running")
        .await;
    browser.shows("checkout").await;
    browser.screenshot("schedule").await;

    reporter.close(schedule).await.data("");
    browser
        .reads("[data-testid=schedule-status]", "Closed")
        .await;
    app.admin().delete(schedule).await.data("");
    browser.has("[data-testid=schedule-deleted]").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// The server dies and comes back: the page says so, and then shows what happened since, without being loaded anew.
#[tokio::test(flavor = "multi_thread")]
async fn through_a_server_restart() {
    let database = Database::sqlite();
    let mut server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    reporter.reported(schedule, Report::pass("before")).await;
    let browser = Browser::signed_in(server.address()).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", server.address()))
        .await;
    browser.reads("[data-testid=count-pass]", "1").await;
    browser
        .script("window.neverReloaded = 'yes'", Vec::new())
        .await;

    server.kill().await;
    browser.has(RECONNECTING).await;
    browser.shows("before").await;
    browser.screenshot("reconnecting").await;
    server.restart().await;
    reporter.reported(schedule, Report::pass("after")).await;

    browser.shows("after").await;
    browser.reads("[data-testid=count-pass]", "2").await;
    browser.has(LIVE).await;
    assert_eq!(
        browser
            .text(CONNECTION)
            .await
            .map(|text| text.contains("Live")),
        Some(true)
    );
    assert_eq!(
        browser
            .script("return window.neverReloaded", Vec::new())
            .await
            .as_deref(),
        Some("yes")
    );
    browser.screenshot("after-restart").await;
    browser.quit().await;
}
