//! The list of schedules with its filters, which live in the address.

use daybook_tests::{Browser, Report, TestApp};
use serde_json::json;

const ROW: &str = "[data-testid=schedule-row]";

/// A filter that is set in the page stands in the address, and an address sets the filter; new schedules that match
/// appear by themselves, others don't.
#[tokio::test(flavor = "multi_thread")]
async fn filters_live_in_the_address() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let input = json!({
        "title": "storefront", "labels": [{ "key": "branch", "value": "main" }]
    });
    reporter.open_schedule_with(input.clone()).await.data("");
    let closed = reporter.open_schedule("telescope").await;
    reporter.close(closed).await.data("");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules", app.address()))
        .await;
    browser.shows("telescope").await;

    browser
        .type_into("[data-testid=filter-label]", "branch=main\u{e007}")
        .await;
    browser.lacks_text("telescope").await;
    browser.shows("storefront").await;
    assert!(
        browser
            .url()
            .await
            .ends_with("/schedules?label=branch%3Dmain"),
        "{}",
        browser.url().await
    );

    browser.reload().await;
    browser.shows("storefront").await;
    reporter.open_schedule("not on a branch").await;
    reporter.open_schedule_with(input).await.data("");
    browser.has_count(ROW, 2).await;
    assert_eq!(browser.count(ROW).await, 2);

    browser
        .open(&format!(
            "http://{}/schedules?status=CLOSED,ABANDONED&client=nightly&title=telescope",
            app.address()
        ))
        .await;
    browser.reads(&format!("{ROW} a"), "telescope").await;
    browser.screenshot("schedules-filtered").await;
    app.admin().reopen(closed, "it goes on").await.data("");
    browser.has("[data-testid=no-match]").await;
    browser.click("[data-testid=no-match] button").await;
    browser.has_count(ROW, 4).await;
    assert!(browser.url().await.ends_with("/schedules"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// The end of the list reads on by itself, and a day of the statistics is a filter like any other.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_reads_on() {
    let app = TestApp::sqlite().await;
    for number in 0..120 {
        app.admin().open_schedule(&format!("run {number}")).await;
    }
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules", app.address()))
        .await;
    browser.has_count(ROW, 50).await;

    browser
        .script("window.scrollTo(0, document.body.scrollHeight)", Vec::new())
        .await;
    browser.has_count(ROW, 100).await;
    browser
        .script("window.scrollTo(0, document.body.scrollHeight)", Vec::new())
        .await;
    browser.has_count(ROW, 120).await;
    browser.shows("run 0").await;

    browser
        .open(&format!(
            "http://{}/schedules?from=2019-05-01&to=2019-05-31",
            app.address()
        ))
        .await;
    browser.has("[data-testid=no-match]").await;
    browser.quit().await;
}

/// A row can be linked to: the page opens its panel and scrolls it into view.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_a_row() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    let reports: Vec<Report> = (0..1_000)
        .map(|number| Report::pass(format!("suite/script {number}")))
        .collect();
    reporter.report_batch(schedule, &reports).await.data("");
    let browser = Browser::signed_in(app.address()).await;

    browser
        .open(&format!(
            "http://{}/schedules/{schedule}?script=suite%2Fscript%20700",
            app.address()
        ))
        .await;

    browser
        .reads("[data-testid=result-panel] h2", "suite/script 700")
        .await;
    browser
        .has("[data-testid=result-row][data-script=\"suite/script 700\"]")
        .await;
    browser.quit().await;
}
