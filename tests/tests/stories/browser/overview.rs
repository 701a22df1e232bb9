//! The first page: what needs somebody, what broke, what runs, and how the days went.

use daybook_tests::{Browser, Report, ResultStatus, TestApp};
use serde_json::json;

/// On a new server it says how to begin, and fills as soon as somebody does.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_new_server() {
    let app = TestApp::sqlite().await;
    let browser = Browser::signed_in(app.address()).await;
    browser.shows("No schedules yet").await;
    browser
        .shows(&format!("curl -sS http://{}/graphql", app.address()))
        .await;

    app.admin().open_schedule("nightly build").await;

    browser
        .reads(
            "[data-testid=running] [data-testid=schedule-row] a",
            "nightly build",
        )
        .await;
    browser.quit().await;
}

/// What falls due next is told, the soonest first, on a server that has tasks only, too; it follows what is done to them.
#[tokio::test(flavor = "multi_thread")]
async fn what_falls_due() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let create = async |name: &str, time: &str| {
        let input = json!({ "name": name, "scheduledTime": time });
        admin.create_task(input).await.data("");
    };
    create("later", "2999-02-01T00:00:00Z").await;
    let browser = Browser::signed_in(app.address()).await;
    browser.reads("[data-testid=firing] a", "later").await;
    create("soon", "2999-01-01T00:00:00Z").await;
    browser.reads("[data-testid=firing] a", "soon").await;
    browser.has_count("[data-testid=firing]", 2).await;
    let pause = json!({ "name": "soon", "enabled": false });
    admin.update_task(pause).await.data("");
    browser.reads("[data-testid=firing] a", "later").await;
    browser.click("[data-testid=firing] a").await;
    browser.reads("h1", "later").await;
    browser.quit().await;
}

/// What broke since the run before is named, and leads to its row; an abandoned schedule is on top; the day leads to its
/// schedules. All of it follows what happens.
#[tokio::test(flavor = "multi_thread")]
async fn what_needs_somebody() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    run(
        &app,
        &[
            ("login", ResultStatus::Pass),
            ("search", ResultStatus::Fail),
        ],
    )
    .await;
    let browser = Browser::signed_in(app.address()).await;
    browser.shows("The first of its title").await;

    run(
        &app,
        &[
            ("login", ResultStatus::Error),
            ("search", ResultStatus::Pass),
        ],
    )
    .await;
    browser.shows("1 newly failing · 1 fixed").await;
    let input = json!({ "title": "left alone", "leaseSeconds": 1 });
    reporter.open_schedule_with(input).await.data("");
    browser
        .reads(
            "[data-testid=attention] [data-testid=schedule-status]",
            "Abandoned",
        )
        .await;
    browser.screenshot("overview").await;

    browser.click("[data-testid=last-runs] li a.mono").await;
    browser
        .reads("[data-testid=result-panel] h2", "login")
        .await;
    browser.open(&format!("http://{}/", app.address())).await;
    browser.click("[data-testid=days] li:last-child a").await;
    browser.has_count("[data-testid=schedule-row]", 3).await;
    assert!(browser.url().await.contains("/schedules?from=20"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// A nightly run from its opening to its end.
async fn run(app: &TestApp, results: &[(&str, ResultStatus)]) {
    let admin = app.admin();
    let schedule = admin.open_schedule("nightly build").await;
    for (script, status) in results {
        admin
            .reported(schedule, Report::new(*script, *status))
            .await;
    }
    admin.close(schedule).await.data("");
}
