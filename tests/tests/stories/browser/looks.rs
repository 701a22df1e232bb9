//! Every page, wide and narrow, light and dark: nothing sticks out of the window, and axe-core finds nothing to say
//! against it. The pictures are left in `target/screenshots`.

use std::path::Path;

use daybook_tests::{Browser, Report, ResultStatus, TestApp};
use serde_json::json;
use uuid::Uuid;

use super::backups::with_backups;

const SIZES: [(&str, u32, u32); 2] = [("wide", 1280, 900), ("narrow", 360, 740)];

#[tokio::test(flavor = "multi_thread")]
async fn every_page() {
    let (app, root) = with_backups().await;
    let base = run(&app, ResultStatus::Pass).await;
    let other = run(&app, ResultStatus::Fail).await;
    let input = json!({ "title": "nightly build", "expected": ["ui/search/finds_it", "later"] });
    let open = app.admin().open_schedule_with(input).await;
    let open: Uuid = open.parse("/createSchedule/schedule/name");
    app.admin()
        .reported(open, Report::running("ui/search/finds_it"))
        .await;
    app.admin()
        .create_client("nightly", daybook_tests::Role::Reporter)
        .await;
    let run = automation(&app, root.path()).await;
    let pages = pages([base, other, open], &run);
    let browser = Browser::signed_in(app.address()).await;
    let mut findings = Vec::new();
    for (name, path, settled) in &pages {
        browser
            .open(&format!("http://{}{path}", app.address()))
            .await;
        browser.has(settled).await;
        findings.extend(findings_of(&browser, name).await);
    }
    assert_eq!(findings, Vec::<String>::new());
    browser.quit().await;
}

/// Looks at what a browser shows in every way. There is nothing to be found.
pub(super) async fn is_fine(browser: &Browser, name: &str) {
    assert_eq!(findings_of(browser, name).await, Vec::<String>::new());
}

async fn findings_of(browser: &Browser, name: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for dark in [false, true] {
        for (size, width, height) in SIZES {
            browser.looks_like(width, height, dark).await;
            let look = format!("{name}-{size}-{}", if dark { "dark" } else { "light" });
            let violations = browser.accessibility_violations().await;
            findings.extend(
                violations
                    .into_iter()
                    .map(|finding| format!("{look}: {finding}")),
            );
            if sticks_out(browser).await {
                findings.push(format!("{look}: wider than the window"));
            }
            if overflows(browser).await {
                findings.push(format!("{look}: the header overflows"));
            }
            browser.screenshot(&look).await;
        }
    }
    findings
}

/// Every page: its name, its address, and what it has when it is there.
fn pages([base, other, open]: [Uuid; 3], run: &str) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("overview", "/".to_owned(), "[data-testid=days]"),
        (
            "schedules",
            "/schedules".to_owned(),
            "[data-testid=schedule-row]",
        ),
        (
            "schedules-none",
            "/schedules?title=none".to_owned(),
            "[data-testid=no-match]",
        ),
        (
            "schedule-open",
            format!("/schedules/{open}"),
            "[data-testid=result-row]",
        ),
        (
            "schedule-panel",
            format!("/schedules/{other}?script=ui%2Fcheckout%2Fpays"),
            "[data-testid=corrections]",
        ),
        (
            "schedule-none",
            format!("/schedules/{}", Uuid::nil()),
            "[data-testid=schedule-not-found]",
        ),
        (
            "compare",
            format!("/compare/{base}/{other}"),
            "[data-testid=compare-other]",
        ),
        (
            "compare-none",
            format!("/compare/{}/{other}", Uuid::nil()),
            "[data-testid=compare-not-found]",
        ),
        ("scripts", "/scripts".to_owned(), "[data-testid=script-row]"),
        (
            "script-none",
            "/scripts/never".to_owned(),
            "[data-testid=script-not-found]",
        ),
        (
            "script",
            "/scripts/ui%2Fcheckout%2Fpays".to_owned(),
            "[data-testid=attempt-row]",
        ),
        ("clients", "/clients".to_owned(), "[data-testid=client-row]"),
        ("tasks", "/tasks".to_owned(), "[data-testid=task-row]"),
        (
            "task",
            "/tasks/smoke%20test".to_owned(),
            "[data-testid=run-row]",
        ),
        (
            "task-none",
            "/tasks/never".to_owned(),
            "[data-testid=task-not-found]",
        ),
        ("run", format!("/runs/{run}"), "[data-testid=output-line]"),
        (
            "run-none",
            "/runs/never".to_owned(),
            "[data-testid=run-not-found]",
        ),
        (
            "plan",
            super::plan::NIGHT.to_owned(),
            "[data-testid=step-row]",
        ),
        (
            "plan-refused",
            "/plan?from=2023-01-01T00%3A00&to=2022-01-01T00%3A00".to_owned(),
            "[data-testid=plan-to][aria-invalid=true]",
        ),
        (
            "backups",
            "/backups".to_owned(),
            "[data-testid=archive-row]",
        ),
        ("logs", "/logs".to_owned(), "[data-testid=log-row]"),
        (
            "logs-none",
            "/logs?action=NEVER".to_owned(),
            "[data-testid=no-entries]",
        ),
        (
            "statistics",
            "/statistics".to_owned(),
            "[data-testid=plot-actions]",
        ),
        (
            "not-found",
            "/nowhere".to_owned(),
            "[data-testid=not-found]",
        ),
        ("login", "/login".to_owned(), "[data-testid=login-form]"),
    ]
}

/// What Daybook did by itself: tasks of several kinds, a run that failed with something to say, and a backup. Returns the
/// run's id.
async fn automation(app: &TestApp, source: &Path) -> String {
    let admin = app.admin();
    let script = "echo 'opening the shop'; echo 'the shop is closed' >&2; exit 2";
    for (name, recurrence, action) in [
        (
            "smoke test",
            "DAILY",
            json!({ "command": { "command": "sh", "arguments": [script] } }),
        ),
        (
            "month's end",
            "MONTHLY",
            json!({ "reminder": { "note": "count the drawers" } }),
        ),
    ] {
        let input = json!({
            "name": name, "scheduledTime": "2999-01-31T02:30:00Z", "recurrence": recurrence, "timeZone": "Europe/Berlin",
            "action": action,
        });
        admin.create_task(input).await.data("");
    }
    let paused =
        json!({ "name": "paused", "scheduledTime": "2999-01-31T02:30:00Z", "enabled": false });
    admin.create_task(paused).await.data("");
    let run = admin.run_task("smoke test").await;
    let run: String = run.parse("/runTask/run/id");
    admin.ended(&run).await;
    admin.backed_up(source).await;
    run
}

/// Whether the page has to be scrolled sideways.
async fn sticks_out(browser: &Browser) -> bool {
    let root = "return document.documentElement.scrollWidth > window.innerWidth";
    browser.value_of(root, Vec::new()).await == json!(true)
}

/// Whether the header has more lines than there is room for.
async fn overflows(browser: &Browser) -> bool {
    let header = "const header = document.querySelector('.header');
        const lowest = Math.max(...[...header.children].map((each) => each.getBoundingClientRect().bottom));
        return lowest > header.getBoundingClientRect().bottom + 1";
    browser.value_of(header, Vec::new()).await == json!(true)
}

/// A closed run with a result of every status; the corrected one is as told.
async fn run(app: &TestApp, checkout: ResultStatus) -> Uuid {
    let admin = app.admin();
    let input = json!({
        "title": "nightly build",
        "expected": ["ui/checkout/pays", "ui/search/finds_it", "never/reported"],
        "labels": [{ "key": "branch", "value": "main" }, { "key": "machine", "value": "build-3" }],
    });
    let schedule = admin.open_schedule_with(input).await;
    let schedule = schedule.parse("/createSchedule/schedule/name");
    let message =
        "expected the receipt, got an error page with a message that does not fit into one line";
    let corrected = admin
        .reported(
            schedule,
            Report::new("ui/checkout/pays", ResultStatus::Error).message(message),
        )
        .await;
    admin
        .amend(&corrected.id, checkout, "looked at by hand")
        .await
        .data("");
    for status in [
        ResultStatus::Pass,
        ResultStatus::Fail,
        ResultStatus::Block,
        ResultStatus::Skip,
        ResultStatus::Running,
    ] {
        let script = format!("api/orders/ends_with_{status:?}");
        admin.reported(schedule, Report::new(script, status)).await;
    }
    admin
        .reported(schedule, Report::fail("ui/search/finds_it"))
        .await;
    admin
        .reported(schedule, Report::pass("ui/search/finds_it"))
        .await;
    admin.close(schedule).await.data("");
    schedule
}
