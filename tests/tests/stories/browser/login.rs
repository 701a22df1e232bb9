//! Logging in and out.

use daybook_tests::{ADMIN_TOKEN, Browser, LIVE, TestApp};

/// The login link leads to the list, the token leaves the address, and scripts can't read the cookie.
#[tokio::test(flavor = "multi_thread")]
async fn the_login_link() {
    let app = TestApp::sqlite().await;
    let browser = Browser::start().await;

    browser
        .open(&format!(
            "http://{}/login#token={ADMIN_TOKEN}",
            app.address()
        ))
        .await;

    browser.shows("No schedules yet").await;
    browser.has(LIVE).await;
    browser.reads(".header__viewer", "admin").await;
    assert_eq!(browser.url().await, format!("http://{}/", app.address()));
    assert_eq!(
        browser
            .script("return document.cookie", Vec::new())
            .await
            .as_deref(),
        Some("")
    );
    browser.screenshot("no-schedules").await;

    app.admin().open_schedule("nightly build").await;
    browser
        .reads("[data-testid=schedule-row] a", "nightly build")
        .await;
    browser.screenshot("schedules").await;

    browser.reload().await;
    browser.shows("nightly build").await;
    browser.click("[data-testid=log-out]").await;
    browser.has("[data-testid=login-form]").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// A token typed by hand: a wrong one is refused in words, a right one leads to where one wanted to go.
#[tokio::test(flavor = "multi_thread")]
async fn the_login_form() {
    let app = TestApp::sqlite().await;
    let schedule = app.admin().open_schedule("nightly build").await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;

    browser
        .type_into("[data-testid=login-token]", "nonsense")
        .await;
    browser.click("[data-testid=login-submit]").await;
    browser.shows("This token is not known here").await;
    browser.screenshot("login").await;

    browser.reload().await;
    browser
        .type_into("[data-testid=login-token]", ADMIN_TOKEN)
        .await;
    browser.click("[data-testid=login-submit]").await;
    browser.shows("nightly build").await;
    assert_eq!(
        browser.url().await,
        format!("http://{}/schedules/{schedule}", app.address())
    );
    browser.quit().await;
}
