//! Tasks in the browser: made with a form that says what it means, run by hand, paused, changed, deleted.

use chrono::{DateTime, Utc};
use daybook_tests::{Browser, LIVE, Role, TestApp};
use serde_json::json;

const ROW: &str = "[data-testid=task-row]";
const SLOT: &str = "[data-testid=task-preview] [data-testid=slot]";

/// Somebody makes a task with the form: while the fields are filled in, a sentence says when it falls due, the next times
/// are shown as its own clocks and the viewer's have them, and what is wrong is said at its field.
#[tokio::test(flavor = "multi_thread")]
async fn made_with_the_form() {
    let app = TestApp::sqlite().await;
    app.clock().set(at("2027-03-20T12:00:00Z").into());
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/tasks", app.address()))
        .await;
    browser.has("[data-testid=no-tasks]").await;
    browser.click("[data-testid=new-task]").await;
    browser
        .fill("[data-testid=task-time]", "2027-03-27T02:30")
        .await;
    browser
        .fill("[data-testid=task-zone]", "Europe/Berlin")
        .await;
    browser
        .reads(
            "[data-testid=task-preview] .preview__words",
            "Every day at 02:30, Europe/Berlin.",
        )
        .await;
    browser.has_count(SLOT, 5).await;
    // The clocks go forward on 28 March: 02:30 is skipped.
    browser
        .has(&format!("{SLOT}[data-time='2027-03-28T01:00:00.000Z']"))
        .await;
    browser.shows("The clocks skip this time on that day").await;
    browser.shows("Sat, Mar 27, 2027, 01:30 AM here").await;
    browser.screenshot("task-form").await;

    browser.click("[data-testid=task-dialog-submit]").await;
    browser
        .reads("[data-testid=task-name-problem]", "Must not be empty")
        .await;
    browser
        .fill("[data-testid=task-name]", "morning report")
        .await;
    browser
        .fill("[data-testid=task-zone]", "Europe/Berlinn")
        .await;
    browser
        .reads(
            "[data-testid=task-zone-problem]",
            "Europe/Berlinn is no IANA time zone, such as Europe/Berlin",
        )
        .await;
    browser
        .fill("[data-testid=task-zone]", "Europe/Berlin")
        .await;
    browser
        .fill("[data-testid=task-time]", "2027-03-19T02:30")
        .await;
    browser.click("[data-testid=task-dialog-submit]").await;
    browser
        .reads("[data-testid=task-time-problem]", "Must be in the future")
        .await;
    browser
        .fill("[data-testid=task-time]", "2027-03-31T02:30")
        .await;
    browser
        .click("[data-testid=task-recurrence] button:nth-of-type(5)")
        .await;
    browser
        .reads(
            "[data-testid=task-preview] .preview__words",
            "On the 31st of every month, or its last day, at 02:30, Europe/Berlin.",
        )
        .await;
    browser
        .shows("The last day, as this month is shorter")
        .await;
    browser.click("[data-testid=task-dialog-submit]").await;
    browser
        .has(&format!("{ROW}[data-name='morning report']"))
        .await;
    browser.has("body:not(:has(dialog))").await;

    let task = app
        .admin()
        .query(
            "{ task(name: \"morning report\") { nextTimes(first: 2) recurrence timeZone } }",
            json!({}),
        )
        .await
        .data("/task");
    assert_eq!(
        task,
        json!({
            "nextTimes": ["2027-03-31T00:30:00.000Z", "2027-04-30T00:30:00.000Z"],
            "recurrence": "MONTHLY", "timeZone": "Europe/Berlin",
        })
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// From its own page a task is changed, paused, resumed and deleted; what others do to it is seen, too.
#[tokio::test(flavor = "multi_thread")]
async fn changed_paused_deleted() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let input = json!({
        "name": "50%/report", "scheduledTime": "2999-01-04T08:00:00Z", "recurrence": "WEEKLY", "timeZone": "UTC",
    });
    admin.create_task(input).await.data("");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/tasks", app.address()))
        .await;
    browser.click(&format!("{ROW} a.task-row__name")).await;
    browser.reads("h1", "50%/report").await;
    assert!(
        browser.url().await.ends_with("/tasks/50%25%2Freport"),
        "{}",
        browser.url().await
    );
    browser
        .reads("[data-testid=task-when]", "Every Friday at 08:00, UTC")
        .await;

    browser.click("[data-testid=edit-task]").await;
    browser.fill("[data-testid=task-name]", "report").await;
    browser
        .click("[data-testid=task-recurrence] button:nth-of-type(2)")
        .await;
    browser.click("[data-testid=task-dialog-submit]").await;
    browser.reads("h1", "report").await;
    browser
        .reads("[data-testid=task-when]", "Every day at 08:00, UTC")
        .await;

    browser.click("[data-testid=switch-task]").await;
    browser.shows("It is paused").await;
    let enabled = json!({ "name": "report", "enabled": true });
    admin.update_task(enabled).await.data("");
    browser.lacks_text("It is paused").await;

    browser.click("[data-testid=delete-task]").await;
    browser.shows("Delete report?").await;
    browser
        .click("[data-testid=delete-task-dialog-submit]")
        .await;
    browser.has("[data-testid=no-tasks]").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// The list moves by itself: tasks of others come, run and go. Who may not change tasks is offered nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_moves() {
    let app = TestApp::sqlite().await;
    let viewer = app.admin().create_client("looker", Role::Viewer).await;
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login?next=%2Ftasks#token={}",
            app.address(),
            viewer.token()
        ))
        .await;
    browser.has("[data-testid=no-tasks]").await;
    browser.has(LIVE).await;

    let input = json!({ "name": "report", "scheduledTime": "2999-01-04T08:00:00Z" });
    app.admin().create_task(input).await.data("");
    browser.has(&format!("{ROW}[data-name=report]")).await;
    app.admin().run_task("report").await.data("");
    browser
        .has(&format!(
            "{ROW} [data-testid=last-run-of-task] .status--pass"
        ))
        .await;
    assert_eq!(browser.count("[data-testid=run-task]").await, 0);
    assert_eq!(
        browser.count("[data-testid=new-task]:not([hidden])").await,
        0
    );
    app.admin().delete_task("report").await.data("");
    browser.has("[data-testid=no-tasks]").await;
    browser.quit().await;
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}
