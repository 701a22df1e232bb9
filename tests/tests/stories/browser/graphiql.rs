//! GraphiQL, as Daybook serves it.

use daybook_tests::{Browser, Report, TestApp};
use serde_json::json;

/// GraphiQL works offline, with the dashboard's login, for queries and for subscriptions.
#[tokio::test(flavor = "multi_thread")]
async fn graphiql() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/graphiql", app.address()))
        .await;

    run(&browser, "Who", "query Who { viewer { name role } }").await;
    browser.shows("\"role\": \"ADMIN\"").await;
    browser.screenshot("graphiql").await;

    let document = format!(
        "subscription Live {{ scheduleChanges(name: \"{schedule}\") {{ revision results {{ script }} }} }}"
    );
    run(&browser, "Live", &document).await;
    browser.shows("\"revision\": 0").await;
    reporter
        .reported(schedule, Report::pass("live in GraphiQL"))
        .await;
    browser.shows("live in GraphiQL").await;
    browser.screenshot("graphiql-subscription").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Puts a document into GraphiQL's editor, waits until the tab bears the operation's name, and runs it.
async fn run(browser: &Browser, name: &str, document: &str) {
    browser.has(".graphiql-query-editor .CodeMirror").await;
    let body = "document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(arguments[0])";
    browser.script(body, vec![json!(document)]).await;
    browser.reads(".graphiql-tab-active", name).await;
    browser.click("button.graphiql-execute-button").await;
}
