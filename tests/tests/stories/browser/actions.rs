//! What people do to a schedule from its page: close it, open it again, correct a result, delete it.

use daybook_tests::{Browser, LIVE, Report, Role, TestApp};
use serde_json::json;

const STATUS: &str = "[data-testid=schedule-status]";

/// From closing to deleting, each with its question, and what became of it on the page.
#[tokio::test(flavor = "multi_thread")]
async fn close_reopen_amend_delete() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let input = json!({ "title": "nightly build", "expected": ["login", "checkout", "logout"] });
    let schedule = reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    reporter.reported(schedule, Report::fail("login")).await;
    reporter
        .reported(schedule, Report::running("checkout"))
        .await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;
    browser
        .shows("2 expected scripts without a result yet")
        .await;
    browser.click("[data-testid=missing] summary").await;
    browser.has("[data-testid=missing] li").await;

    browser.click("[data-testid=close-schedule]").await;
    browser
        .shows("2 expected scripts have no final result")
        .await;
    browser.screenshot("closing").await;
    browser.click("[data-testid=close-dialog-submit]").await;
    browser.reads(STATUS, "Closed").await;

    browser.click("[data-testid=reopen-schedule]").await;
    browser.click("[data-testid=reopen-dialog-submit]").await;
    browser.shows("Say why").await;
    browser
        .type_into("[data-testid=reason]", "the machine is back")
        .await;
    browser.click("[data-testid=reopen-dialog-submit]").await;
    browser.reads(STATUS, "Running").await;

    browser
        .click("[data-testid=result-row][data-script=login] button")
        .await;
    browser.click("[data-testid=amend]").await;
    browser
        .type_into("[data-testid=reason]", "the proxy was down")
        .await;
    browser.click("[data-testid=amend-dialog-submit]").await;
    browser
        .has("[data-testid=result-row][data-script=login][data-status=PASS]")
        .await;
    browser.has("[data-testid=corrections]").await;
    browser.shows("the proxy was down").await;
    browser.screenshot("corrected").await;
    browser.press("\u{e00c}").await;

    browser.click("[data-testid=delete-schedule]").await;
    browser.shows("is gone for good").await;
    browser.click("[data-testid=delete-dialog-submit]").await;
    browser.click("[data-testid=schedule-deleted] a").await;
    browser.shows("No schedules yet").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Who may only look is offered nothing to do, and is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_looks() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    reporter.reported(schedule, Report::fail("login")).await;
    let viewer = app.admin().create_client("reader", Role::Viewer).await;
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login?next=%2Fschedules%2F{schedule}#token={}",
            app.address(),
            viewer.token()
        ))
        .await;
    browser.has(LIVE).await;

    browser.has("[data-testid=read-only]").await;
    browser
        .click("[data-testid=result-row][data-script=login] button")
        .await;
    browser.has("[data-testid=script-history]").await;
    for offer in ["close-schedule", "delete-schedule", "reopen-schedule"] {
        assert_eq!(browser.count(&format!("[data-testid={offer}]")).await, 0);
    }
    assert_eq!(
        browser.count("[data-testid=amend]:not([hidden])").await,
        0,
        "correcting is for administrators"
    );
    browser.quit().await;
}

/// While following, what changed last is on top, and the rows under somebody's eyes stay where they are.
#[tokio::test(flavor = "multi_thread")]
async fn following() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    let reports: Vec<Report> = (0..200)
        .map(|number| Report::fail(format!("script {number}")))
        .collect();
    reporter.report_batch(schedule, &reports).await.data("");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;
    let first = "[data-testid=result-row] button";
    browser.reads(first, "script 0").await;

    browser.click("[data-testid=follow]").await;
    browser.reads(first, "script 199").await;
    reporter
        .reported(schedule, Report::running("the newest"))
        .await;
    browser.reads(first, "the newest").await;
    browser.shows("Running now").await;

    browser.script("window.scrollTo(0, 3000)", Vec::new()).await;
    browser.has("[data-testid=newer]:not([hidden])").await;
    reporter
        .reported(schedule, Report::pass("even newer"))
        .await;
    browser.reads("[data-testid=count-pass]", "1").await;
    browser.screenshot("following-from-afar").await;
    browser.click("[data-testid=newer]").await;
    browser.reads(first, "even newer").await;
    browser.quit().await;
}
