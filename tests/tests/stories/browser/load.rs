//! Much at once: a page of many rows, and a page into which many reports come.

use std::time::Duration;

use daybook_tests::{Browser, Report, TestApp};

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
    let browser = Browser::signed_in(app.address()).await;
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

/// 300 reports a second for a minute: the page never freezes, and in the end its counters are right.
#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_reports_a_second() {
    const SECONDS: u32 = 60;
    const BEATS: u32 = 10;
    const BATCH: u32 = 30;
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("a busy run").await;
    reporter
        .reported(schedule, Report::running("the first"))
        .await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/schedules/{schedule}", app.address()))
        .await;
    browser.has("[data-testid=result-row]").await;
    let watch = "window.tasks = [];
        new PerformanceObserver(list => list.getEntries().forEach(entry => {
            window.tasks.push(entry.duration);
        })).observe({ type: 'longtask' })";
    browser.script(watch, Vec::new()).await;

    let mut beat = tokio::time::interval(Duration::from_secs(1) / BEATS);
    for number in 0..SECONDS * BEATS {
        beat.tick().await;
        let reports: Vec<Report> = (0..BATCH)
            .map(|place| {
                // Each script runs in one batch and ends in the next.
                let script = |batch: u32| format!("suite {place}/script {batch}");
                match place % 3 {
                    0 => Report::running(script(number)),
                    1 if number > 0 => {
                        Report::pass(format!("suite {}/script {}", place - 1, number - 1))
                    }
                    _ => Report::pass(script(number)),
                }
            })
            .collect();
        reporter.report_batch(schedule, &reports).await.data("");
    }

    let facts = app.admin().schedule(schedule).await;
    for (keyword, count) in [
        ("pass", facts.progress.pass),
        ("running", facts.progress.running),
    ] {
        let shown = count_as_shown(count);
        browser
            .reads(&format!("[data-testid=count-{keyword}]"), &shown)
            .await;
    }
    let tasks = browser.value_of("return window.tasks", Vec::new()).await;
    let tasks: Vec<f64> = serde_json::from_value(tasks).expect("numbers of milliseconds");
    let freezes: Vec<_> = tasks.into_iter().filter(|task| *task >= 100.0).collect();
    // A busy machine may hold up anything now and then: at one beat of fifty. What the page does itself comes with each of them.
    eprintln!("the main thread was held up for {freezes:?} ms");
    let most = usize::try_from(SECONDS * BEATS / 50).expect("few");
    assert!(freezes.len() <= most, "{freezes:?} ms");
    browser.screenshot("a-busy-run").await;
    browser.quit().await;
}

/// A count with its thousands set apart.
fn count_as_shown(count: i64) -> String {
    match (count / 1_000, count % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands}\u{202f}{rest:03}"),
    }
}
