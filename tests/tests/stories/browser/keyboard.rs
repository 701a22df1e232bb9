//! The dashboard without a mouse.

use daybook_tests::{Browser, Report, TestApp};

const FOCUSED: &str = "return document.activeElement.innerText.trim()";

/// Rows are walked through, opened and closed; the search field is reached; the help says how.
#[tokio::test(flavor = "multi_thread")]
async fn rows_search_and_help() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    for script in ["one", "two", "three"] {
        reporter.reported(schedule, Report::pass(script)).await;
    }
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;
    browser.has("[data-testid=result-row]").await;

    browser.press("j").await;
    assert_eq!(focused(&browser).await, "one");
    browser.press("jj").await;
    assert_eq!(focused(&browser).await, "three");
    browser.press("k").await;
    assert_eq!(focused(&browser).await, "two");

    browser.press("\u{e007}").await;
    browser.reads("[data-testid=result-panel] h2", "two").await;
    browser.press("\u{e00c}").await;
    browser
        .has("body:not(:has([data-testid=result-panel]))")
        .await;
    assert_eq!(focused(&browser).await, "two");

    browser.press("/").await;
    browser.press("thr").await;
    browser.has_count("[data-testid=result-row]", 1).await;
    assert!(browser.url().await.ends_with("?q=thr"));
    browser
        .script("document.activeElement.blur()", Vec::new())
        .await;

    browser.press("?").await;
    browser.has("[data-testid=key-help][open]").await;
    browser.shows("Next row").await;
    browser.press("\u{e00c}").await;
    browser.has("body:not(:has([data-testid=key-help]))").await;
    browser.quit().await;
}

async fn focused(browser: &Browser) -> String {
    browser
        .script(FOCUSED, Vec::new())
        .await
        .expect("something has the focus")
}
