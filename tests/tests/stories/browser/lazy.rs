//! Pages that are loaded when somebody first goes there.

use daybook_tests::{Browser, Database, LIVE, ServerProcess};

/// Somebody goes to a page while the server is away: the page says so, and is there when the server is.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_comes_when_the_server_does() {
    let database = Database::sqlite();
    let mut server = ServerProcess::start(&database).await;
    let browser = Browser::signed_in(server.address()).await;
    browser.has(LIVE).await;
    // It is there for admins only, and so when the page knows who is looking.
    let clients = ".nav__link[href='/clients']";
    browser.has(clients).await;

    server.kill().await;
    browser.click(clients).await;
    browser.shows("This page could not be loaded").await;
    browser.screenshot("page-not-loaded").await;

    server.restart().await;
    browser.has("[data-testid=client-row]").await;
    browser.lacks_text("This page could not be loaded").await;
}
