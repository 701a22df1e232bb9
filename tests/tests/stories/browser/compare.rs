//! Two schedules side by side.

use daybook_tests::{Api, Browser, Report, ResultStatus, TestApp};
use uuid::Uuid;

const NEWLY: &str = "[data-testid=count-newly-failing]";

/// What differs stands in its section, and leads to its row; the two can change places, and others can be chosen.
#[tokio::test(flavor = "multi_thread")]
async fn what_differs() {
    use ResultStatus::{Fail, Pass};
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let monday = run(&reporter, &[("login", Pass), ("search", Pass)]).await;
    let tuesday = run(&reporter, &[("login", Pass), ("search", Fail)]).await;
    let wednesday = run(&reporter, &[("login", Fail), ("search", Pass)]).await;
    let browser = Browser::signed_in(app.address()).await;
    let compare = |base, other| format!("http://{}/compare/{base}/{other}", app.address());
    browser.open(&compare(monday, wednesday)).await;
    browser.reads(NEWLY, "1").await;
    browser.reads("[data-testid=count-fixed]", "0").await;

    browser.click("[data-testid=previous]").await;
    browser.reads("[data-testid=count-fixed]", "1").await;
    assert_eq!(browser.url().await, compare(tuesday, wednesday));
    browser.screenshot("compare").await;

    browser.click("[data-testid=swap]").await;
    browser.shows("“Before” is the newer one here.").await;
    browser
        .reads("[data-testid=difference-newly-failing] li", "search")
        .await;
    assert_eq!(browser.url().await, compare(wednesday, tuesday));

    browser.click("[data-testid=pick-base]").await;
    browser.has_count("[data-testid=picker-choice]", 3).await;
    browser.press(monday.to_string()).await;
    browser.has_count("[data-testid=picker-choice]", 1).await;
    browser.screenshot("compare-picker").await;
    browser.press("\u{e015}\u{e007}").await;
    browser.has("body:not(:has(dialog))").await;
    browser.reads(NEWLY, "1").await;
    assert_eq!(browser.url().await, compare(monday, tuesday));

    browser
        .click("[data-testid=difference-newly-failing] [data-row]")
        .await;
    browser
        .reads("[data-testid=result-panel] h2", "search")
        .await;
    assert!(browser.url().await.contains(&tuesday.to_string()));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// While one of the two is open, the comparison follows it.
#[tokio::test(flavor = "multi_thread")]
async fn it_follows_what_is_open() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let base = run(&reporter, &[("login", ResultStatus::Pass)]).await;
    let open = reporter.open_schedule("nightly build").await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/compare/{base}/{open}", app.address()))
        .await;
    browser.reads("[data-testid=count-removed]", "1").await;

    reporter.reported(open, Report::fail("login")).await;
    browser.reads(NEWLY, "1").await;
    browser.reads("[data-testid=count-removed]", "0").await;
    reporter.reported(open, Report::pass("login")).await;
    browser.reads(NEWLY, "0").await;

    reporter.close(open).await.data("");
    browser
        .has("[data-testid=compare-other] .status--closed")
        .await;
    app.admin().delete(base).await.data("");
    browser.reload().await;
    browser.has("[data-testid=compare-not-found]").await;
    browser.shows(&base.to_string()).await;
    browser.quit().await;
}

/// On either side a schedule may be missing, and another one can be chosen.
#[tokio::test(flavor = "multi_thread")]
async fn a_side_is_missing() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let there = run(&reporter, &[("login", ResultStatus::Pass)]).await;
    let browser = Browser::signed_in(app.address()).await;
    for (base, other, missing) in [
        (
            there.to_string(),
            Uuid::nil().to_string(),
            Uuid::nil().to_string(),
        ),
        (
            Uuid::nil().to_string(),
            there.to_string(),
            Uuid::nil().to_string(),
        ),
        (
            "nonsense".to_owned(),
            there.to_string(),
            "nonsense".to_owned(),
        ),
    ] {
        browser
            .open(&format!("http://{}/compare/{base}/{other}", app.address()))
            .await;
        browser
            .reads("[data-testid=compare-not-found] code", &missing)
            .await;
    }

    browser
        .click("[data-testid=compare-not-found] button")
        .await;
    browser.click("[data-testid=picker-choice]").await;
    browser.shows("Both are the same schedule.").await;
    browser.quit().await;
}

/// A closed schedule with these results.
async fn run(reporter: &Api, results: &[(&str, ResultStatus)]) -> Uuid {
    let schedule = reporter.open_schedule("nightly build").await;
    for (script, status) in results {
        let report = Report::new(*script, *status);
        reporter.reported(schedule, report).await;
    }
    reporter.close(schedule).await.data("");
    schedule
}
