//! Plans in the browser: asked for, looked at, shared by their link, opened as a schedule, and made again by a task.

use std::path::Path;

use daybook::config::Config;
use daybook_tests::{Browser, Database, TestApp};

/// Six hours of the operator's master schedule, with calibration; the phases make it the same one every day.
pub(super) const NIGHT: &str = "/plan?from=2023-01-01T00%3A00&to=2023-01-01T06%3A00&policy=basic&config=%7B%22master_schedule\
     %22%3A%22master_schedule.txt%22%2C%22rules%22%3A%7B%22make-source-scan%22%3A%7B%22phase%22%3A%7B%22saturn%22%3A0.5315581%2C\
     %22uranus%22%3A0.84938%7D%7D%7D%7D";

/// Somebody opens a link to a plan: three timelines, what each block is, what was left out, the text; then it becomes a
/// schedule that expects its steps.
#[tokio::test(flavor = "multi_thread")]
async fn looked_at_and_opened() {
    let app = start().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}{NIGHT}", app.address()))
        .await;

    browser
        .has("[data-testid=track-considered] [data-lane=master] .lane__bars--master")
        .await;
    browser
        .has("[data-testid=track-considered] [data-lane=saturn] .lane__bars--source")
        .await;
    browser
        .has("[data-testid=track-kept] [data-lane='left out'] .lane__bars--dropped")
        .await;
    browser
        .has("[data-testid=track-result] .lane__bars--source")
        .await;
    point_at_the_beginning_of(&browser, "[data-testid=track-result] svg").await;
    browser
        .shows("saturn: 2023-01-01 00:00:00 to 2023-01-01 00:04:2")
        .await;
    browser.has_count("[data-testid=left-out]", 2).await;
    browser.shows("acu.move_to(263.6").await;
    browser.has("[data-testid=step-row]").await;
    browser.screenshot("plan-night").await;

    browser.click("[data-testid=open-as-schedule]").await;
    browser.fill("[data-testid=open-title]", "the night").await;
    browser.click("[data-testid=ask-open-submit]").await;
    browser.click("[data-testid=missing] > summary").await;
    browser.shows("uranus").await;
    assert!(
        browser.url().await.contains("/schedules/"),
        "it leads there"
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Somebody changes the configuration, field by field and as JSON. What the server refuses is said at its field; the
/// address has it all, and going back shows what was there before.
#[tokio::test(flavor = "multi_thread")]
async fn configured() {
    let app = start().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}{NIGHT}", app.address()))
        .await;
    browser.has("[data-testid=track-result]").await;
    browser.click("[data-testid=plan-config] > summary").await;
    let targets = "[data-testid='config-calibration_targets']";
    browser.fill(targets, "saturn, pluto").await;
    browser.click("[data-testid=plan-submit]").await;
    browser.has(&format!("{targets}[aria-invalid=true]")).await;
    browser.shows("must be one of").await;

    browser.fill(targets, "saturn").await;
    let degrees = "[data-testid='config-rules.sun-avoidance.min_angle_az']";
    browser.fill(degrees, "much").await;
    browser.click("[data-testid=plan-submit]").await;
    browser.has(&format!("{degrees}[aria-invalid=true]")).await;

    browser.fill(degrees, "12").await;
    browser.click("[data-testid=plan-submit]").await;
    browser.has_count("[data-lane=uranus]", 0).await;
    browser
        .has("[data-testid=track-considered] [data-lane=saturn]")
        .await;
    let url = browser.url().await;
    assert!(url.contains("min_angle_az%22%3A12"), "{url}");
    browser.script("history.go(-3)", Vec::new()).await;
    browser
        .has("[data-testid=track-considered] [data-lane=uranus]")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// A task opens a schedule every day; its run leads to it.
#[tokio::test(flavor = "multi_thread")]
async fn made_again_by_a_task() {
    let app = start().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/tasks", app.address()))
        .await;
    browser.click("[data-testid=new-task]").await;
    browser
        .fill("[data-testid=task-name]", "plan the day")
        .await;
    browser
        .click("[data-testid=task-kind] button:nth-of-type(4)")
        .await;
    browser.fill("[data-testid=task-policy]", "clever").await;
    browser.fill("[data-testid=task-hours]", "12").await;
    browser
        .fill("[data-testid=task-config]", "{\"seed\": 7}")
        .await;
    browser.click("[data-testid=task-dialog-submit]").await;
    browser
        .has("[data-testid=task-policy][aria-invalid=true]")
        .await;
    browser.screenshot("task-form-plan").await;
    browser.fill("[data-testid=task-policy]", "dummy").await;
    browser.click("[data-testid=task-dialog-submit]").await;
    browser.shows("Schedule of the plan dummy, 12 h each").await;

    let run = app.admin().run_task("plan the day").await;
    let run: String = run.parse("/runTask/run/id");
    app.admin().ended(&run).await;
    browser
        .open(&format!("http://{}/runs/{run}", app.address()))
        .await;
    browser.click("[data-testid=opened] a").await;
    browser.click("[data-testid=missing] > summary").await;
    browser.shows("sleep-1").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Of a server whose operator keeps a master schedule.
pub(super) fn settings() -> Config {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    Config {
        plan_dir: Some(fixtures),
        ..Config::default()
    }
}

async fn start() -> TestApp {
    TestApp::start_with(Database::sqlite(), settings()).await
}

async fn point_at_the_beginning_of(browser: &Browser, selector: &str) {
    let point = "const drawing = document.querySelector(arguments[0]);
        const place = drawing.getBoundingClientRect();
        const at = { clientX: place.left + 2, clientY: place.top + 4, bubbles: true };
        drawing.dispatchEvent(new PointerEvent('pointermove', at));";
    browser.value_of(point, vec![selector.into()]).await;
}
