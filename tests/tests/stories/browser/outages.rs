//! The database is in trouble: every page says what is the matter, and goes on by itself.

use daybook_tests::{Browser, Database, LIVE, RECONNECTING, Report, ServerProcess};

use super::looks;

const TROUBLED: &str = "[data-testid=connection][data-state=troubled]";
const NOTICE: &str = "[data-testid=outage]";

#[tokio::test(flavor = "multi_thread")]
async fn away_for_a_while() {
    let mut database = Database::on_own_mariadb().await;
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    reporter.reported(schedule, Report::pass("before")).await;
    let page = format!("http://{}/schedules/{schedule}", server.address());
    let browser = Browser::signed_in(server.address()).await;
    browser.open(&page).await;
    browser.reads("[data-testid=count-pass]", "1").await;

    database.server().kill();
    browser.has(TROUBLED).await;
    browser.shows("The server can't reach its database.").await;
    browser.shows("before").await;
    looks::is_fine(&browser, "outage-away").await;
    // The page knows nothing any more, and the server can't even tell who asks.
    browser.reload().await;
    browser.has(TROUBLED).await;
    browser.has(NOTICE).await;
    browser.shows("Loading the schedule").await;
    browser.screenshot("outage-reloaded").await;

    database.server().restart().await;
    browser.has(LIVE).await;
    browser.has_count(NOTICE, 0).await;
    reporter.reported(schedule, Report::pass("after")).await;
    browser.reads("[data-testid=count-pass]", "2").await;
    browser.quit().await;
}

/// Then the server goes too: nothing is known of the database any more, and it is not what is the matter.
#[tokio::test(flavor = "multi_thread")]
async fn away_with_the_server() {
    let mut database = Database::on_own_mariadb().await;
    let mut server = ServerProcess::start(&database).await;
    let browser = Browser::signed_in(server.address()).await;

    database.server().kill();
    browser.has(TROUBLED).await;
    server.kill().await;
    browser.has(RECONNECTING).await;
    browser.has_count(NOTICE, 0).await;

    database.server().restart().await;
    server.restart().await;
    browser.has(LIVE).await;
    browser.quit().await;
}

/// What is there can be read, and that is said.
#[tokio::test(flavor = "multi_thread")]
async fn no_room_for_a_while() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    reporter.reported(schedule, Report::pass("before")).await;
    let browser = Browser::signed_in(server.address()).await;

    server.limit_files(Some(1024));
    browser.has(TROUBLED).await;
    browser.shows("The database takes no writes.").await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", server.address()))
        .await;
    browser.shows("before").await;
    browser.has(TROUBLED).await;
    looks::is_fine(&browser, "outage-read-only").await;

    server.limit_files(None);
    browser.has(LIVE).await;
    browser.has_count(NOTICE, 0).await;
    reporter.reported(schedule, Report::pass("after")).await;
    browser.reads("[data-testid=count-pass]", "2").await;
    browser.quit().await;
}

/// A server that waits for its database has the dashboard already, which waits too.
#[tokio::test(flavor = "multi_thread")]
async fn not_there_yet() {
    let mut database = Database::on_own_mariadb().await;
    database.server().kill();
    let mut server = ServerProcess::launch(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", daybook_tests::ADMIN_TOKEN),
    ]);
    let browser = Browser::start().await;
    server.becomes_alive().await;
    browser.open(&format!("http://{}/", server.address())).await;
    browser.has(TROUBLED).await;
    browser.shows("The server can't reach its database.").await;
    looks::is_fine(&browser, "outage-at-start").await;

    database.server().restart().await;
    server.becomes_ready().await;
    browser.has("[data-testid=login-form]").await;
    browser.quit().await;
}
