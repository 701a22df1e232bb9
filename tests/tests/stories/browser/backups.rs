//! Backups in the browser: asked for, seen as they are made, and listed.

use daybook::config::{Config, Folders};
use daybook_tests::{Browser, Database, TestApp};
use tempfile::TempDir;

/// Somebody asks for a backup: a folder that may not be read is refused at its field, another one leads to its run, which
/// tells what it made; the list has the archive.
#[tokio::test(flavor = "multi_thread")]
async fn asked_for() {
    let (app, root) = with_backups().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/backups", app.address()))
        .await;
    browser.has("[data-testid=no-backups]").await;
    browser.click("[data-testid=new-backup]").await;
    browser.fill("[data-testid=backup-source]", "/etc").await;
    browser.click("[data-testid=ask-backup-submit]").await;
    browser
        .has("[data-testid=backup-source][aria-invalid=true]")
        .await;
    let source = root.path().to_str().expect("a plain name");
    browser.fill("[data-testid=backup-source]", source).await;
    browser.click("[data-testid=ask-backup-submit]").await;

    browser.reads("[data-testid=run-status]", "Succeeded").await;
    browser.has("[data-testid=archive]").await;
    browser.shows("2 files").await;
    browser.screenshot("backup-made").await;

    browser.click("header a[href='/backups']").await;
    browser.has_count("[data-testid=archive-row]", 1).await;
    browser.shows(source).await;
    browser.open(&format!("http://{}/", app.address())).await;
    browser.has("[data-testid=last-backup] .status--pass").await;
    browser
        .open(&format!("http://{}/statistics", app.address()))
        .await;
    browser.shows("1 succeeded, 1 failed").await;
    browser
        .has("[data-testid=plot-backups] .bar__segment--running:not([hidden])")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// A server that may make archives of a folder, in which there are two files, and whose operator keeps a master schedule.
pub(super) async fn with_backups() -> (TestApp, TempDir) {
    let root = TempDir::new().expect("a temporary folder");
    for (file, text) in [("orders.csv", "1,2,3\n"), ("drawers.txt", "counted\n")] {
        std::fs::write(root.path().join(file), text).expect("a folder of our own");
    }
    let settings = Config {
        backup_roots: Folders::try_from(root.path().display().to_string())
            .expect("a folder has a name"),
        ..super::plan::settings()
    };
    (
        TestApp::start_with(Database::sqlite(), settings).await,
        root,
    )
}
