//! The page of the REST facade's description, as Daybook serves it.

use daybook_tests::{ADMIN_TOKEN, Browser, TestApp};

/// It works offline, under its strict policy, and sends requests with a token that is typed there. The dashboard's login
/// is none here.
#[tokio::test(flavor = "multi_thread")]
async fn docs() {
    let app = TestApp::sqlite().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/api/docs", app.address()))
        .await;
    for part in [
        "Execution collector",
        "Schedule generator",
        "Remote backup",
        "Task scheduler",
        "/api/v1/schedules/{name}/junit",
    ] {
        browser.shows(part).await;
    }
    browser.screenshot("docs").await;

    browser
        .click("[id$=countBackups] .opblock-summary-control")
        .await;
    browser.click("[id$=countBackups] .execute").await;
    browser.shows("UNAUTHENTICATED").await;
    browser.click(".scheme-container .authorize").await;
    browser
        .type_into(".auth-container input", ADMIN_TOKEN)
        .await;
    browser.click(".auth-btn-wrapper [type=submit]").await;
    browser.click(".auth-btn-wrapper .btn-done").await;
    browser.click("[id$=countBackups] .execute").await;

    browser
        .reads(
            "[id$=countBackups] .live-responses-table .response .response-col_status",
            "200",
        )
        .await;
    browser.shows("\"number-of-backups\": 0").await;
    browser.screenshot("docs-tried").await;
    let expected: Vec<String> = Vec::new();
    let complaints = browser.complaints().await;
    let others: Vec<_> = complaints
        .into_iter()
        .filter(|text| !text.contains("401"))
        .collect();
    assert_eq!(others, expected);
    browser.quit().await;
}
