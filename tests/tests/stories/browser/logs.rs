//! The log in the browser: it grows while one looks, and its filters live in the address.

use daybook_tests::{Browser, LIVE, TestApp};
use serde_json::json;

const ROW: &str = "[data-testid=log-row]";

/// What is done elsewhere appears on top as it is done, but for what the filter hides; held back, it is counted.
#[tokio::test(flavor = "multi_thread")]
async fn grows_while_one_looks() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let create = async |name: &str| {
        let input = json!({ "name": name, "scheduledTime": "2999-01-01T00:00:00Z" });
        admin.create_task(input).await
    };
    create("before").await.data("");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/logs", app.address()))
        .await;
    browser.shows("before").await;
    browser.has(LIVE).await;

    create("while one looks").await.data("");
    browser
        .reads(&format!("{ROW} .log-row__parameter"), "while one looks")
        .await;
    browser
        .click(".chips [aria-pressed=false]:last-child")
        .await;
    browser.lacks_text("before").await;
    assert!(
        browser.url().await.ends_with("/logs?status=ERROR"),
        "{}",
        browser.url().await
    );
    browser.has("[data-testid=no-entries]").await;
    create("a task that succeeds").await.data("");
    assert_eq!(
        create("before").await.refusal(),
        Some("CONFLICT".to_owned())
    );
    browser
        .reads(
            &format!("{ROW} .log-row__message"),
            "there is a task before already",
        )
        .await;
    browser.screenshot("log-filtered").await;
    browser.lacks_text("a task that succeeds").await;

    browser.click("[data-testid=follow-log]").await;
    assert_eq!(
        create("before").await.refusal(),
        Some("CONFLICT".to_owned())
    );
    browser
        .reads("[data-testid=show-new]", "Show 1 new entry")
        .await;
    browser.has_count(ROW, 1).await;
    browser.click("[data-testid=show-new]").await;
    browser.has_count(ROW, 2).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Filters that are typed stand in the address, and older entries come as one scrolls.
#[tokio::test(flavor = "multi_thread")]
async fn filters_live_in_the_address() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    for number in 1..=60 {
        let input =
            json!({ "name": format!("task {number}"), "scheduledTime": "2999-01-01T00:00:00Z" });
        admin.create_task(input).await.data("");
    }
    admin.delete_task("task 60").await.data("");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/logs", app.address()))
        .await;
    browser
        .type_into("[data-testid=filter-action]", "task_delete\u{e007}")
        .await;
    browser.has_count(ROW, 1).await;
    assert!(
        browser.url().await.ends_with("/logs?action=task_delete"),
        "{}",
        browser.url().await
    );
    browser
        .open(&format!(
            "http://{}/logs?action=TASK_CREATE,TASK_DELETE&client=admin",
            app.address()
        ))
        .await;
    browser.has(ROW).await;
    let scroll = "window.scrollTo(0, document.body.scrollHeight)";
    browser.value_of(scroll, Vec::new()).await;
    browser.has_count(ROW, 61).await;
    browser.quit().await;
}
