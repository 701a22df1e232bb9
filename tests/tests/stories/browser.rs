//! The dashboard and GraphiQL in a real Chromium. Pictures of what they show are left in `target/screenshots`.

use daybook_tests::{
    ADMIN_TOKEN, Browser, Database, Report, ResultStatus, Role, ServerProcess, TestApp,
};
use serde_json::json;

/// The badge that says whether the page is live.
const CONNECTION: &str = "[data-testid=connection]";
const LIVE: &str = "[data-testid=connection][data-state=live]";
const RECONNECTING: &str = "[data-testid=connection][data-state=reconnecting]";

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

/// One schedule: rows, counts and status move as the reports come.
#[tokio::test(flavor = "multi_thread")]
async fn one_schedule_moves() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let input = json!({ "title": "nightly build", "expected": ["login", "checkout", "logout"] });
    let schedule = reporter
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login#token={ADMIN_TOKEN}",
            app.address()
        ))
        .await;
    browser.has(LIVE).await;
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
    let reporter = server
        .admin()
        .create_client("nightly", Role::Reporter)
        .await;
    let schedule = reporter.open_schedule("nightly build").await;
    reporter.reported(schedule, Report::pass("before")).await;
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login#token={ADMIN_TOKEN}",
            server.address()
        ))
        .await;
    browser.has(LIVE).await;
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

/// A big run is counted in full, and only what can be seen of it is drawn.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_rows() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("a big run").await;
    for start in (0..20_000).step_by(5_000) {
        let reports: Vec<Report> = (start..start + 5_000)
            .map(|number| Report::pass(format!("script {number}")))
            .collect();
        reporter.report_batch(schedule, &reports).await.data("");
    }
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login#token={ADMIN_TOKEN}",
            app.address()
        ))
        .await;
    browser.has(LIVE).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;

    browser.shows("20\u{202f}000").await;
    browser.has("[data-testid=result-row]").await;
    reporter
        .reported(schedule, Report::fail("the last one"))
        .await;
    browser.reads("[data-testid=count-fail]", "1").await;
    let drawn = browser.count("[data-testid=result-row]").await;
    assert!(drawn < 200, "{drawn} rows are drawn");
    browser.screenshot("a-big-run").await;
    browser.quit().await;
}

/// GraphiQL works offline, with the dashboard's login, for queries and for subscriptions.
#[tokio::test(flavor = "multi_thread")]
async fn graphiql() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login#token={ADMIN_TOKEN}",
            app.address()
        ))
        .await;
    browser.has(LIVE).await;
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
