//! Scripts across schedules: the list, and one script's history.

use daybook_tests::{Api, Browser, Report, ResultStatus, TestApp};
use uuid::Uuid;

const ROW: &str = "[data-testid=script-row]";
const CELL: &str = "[data-testid=heat-cell]";

/// A name with all that means something in an address.
const ODD: &str = r#"suite/C:\login::50%25 "größe"? a#b&c+d %41"#;

/// What is searched for stands in the address, survives a reload, and is taken out again by one press.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    for night in ["login:P search:P", "login:F search:P", "login:P search:P"] {
        run(&reporter, night).await;
    }
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/scripts", app.address()))
        .await;
    browser.has_count(ROW, 2).await;

    browser.click("[data-testid=only-flaky]").await;
    browser.has_count(ROW, 1).await;
    browser.has(&format!("{ROW} [data-testid=flaky]")).await;
    browser
        .type_into("[data-testid=script-search]", "LOG")
        .await;
    browser.screenshot("scripts-filtered").await;
    assert!(browser.url().await.ends_with("/scripts?flaky=true&q=LOG"));

    browser.reload().await;
    browser.reads(&format!("{ROW} a"), "login").await;
    browser
        .has("[data-testid=only-flaky][aria-pressed=true]")
        .await;
    browser.type_into("[data-testid=script-search]", "ic").await;
    browser.has("[data-testid=no-match]").await;
    browser.click("[data-testid=no-match] button").await;
    browser.has_count(ROW, 2).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// The end of the list reads on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_reads_on() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    let reports: Vec<Report> = (0..70)
        .map(|number| Report::pass(format!("script {number:02}")))
        .collect();
    reporter.report_batch(schedule, &reports).await.data("");
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/scripts", app.address()))
        .await;
    browser.has_count(ROW, 50).await;

    browser
        .script("window.scrollTo(0, document.body.scrollHeight)", Vec::new())
        .await;

    browser.has_count(ROW, 70).await;
    browser.has("[data-testid=load-more][hidden]").await;
    browser.quit().await;
}

/// One script: a cell a schedule, the newest last, the flips marked, why it counts as flaky, every attempt; and each
/// cell leads to the script's row.
#[tokio::test(flavor = "multi_thread")]
async fn one_script() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    run(&reporter, "login:P").await;
    let broken = run(&reporter, "login:F").await;
    run(&reporter, "login:P").await;
    run(&reporter, "login:FP").await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/scripts", app.address()))
        .await;
    browser.click(&format!("{ROW} a")).await;

    browser.reads("h1", "login").await;
    let statuses = "return [...document.querySelectorAll(arguments[0])].map(cell => cell.dataset.status).join(' ')";
    browser.has_count(CELL, 4).await;
    assert_eq!(
        browser.script(statuses, vec![CELL.into()]).await.as_deref(),
        Some("PASS FAIL PASS PASS")
    );
    assert_eq!(browser.count(&format!("{CELL}[data-flip]")).await, 2);
    browser
        .reads(
            "[data-testid=verdict]",
            "Flaky: 2 flips in its last 4 outcomes, and passed on attempt 2 after failing in the same schedule.",
        )
        .await;
    browser.reads("[data-testid=flips]", "2").await;
    browser.has("[data-testid=duration-chart]").await;
    assert_eq!(browser.count("[data-testid=attempt-row]").await, 5);
    browser.screenshot("script").await;

    browser.click(&format!("{CELL}[data-status=FAIL]")).await;
    browser
        .reads("[data-testid=result-panel] h2", "login")
        .await;
    assert!(browser.url().await.contains(&broken.to_string()));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Whatever stands in a script's name, the links to its page and to its row lead there, also after a reload.
#[tokio::test(flavor = "multi_thread")]
async fn any_name() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly build").await;
    reporter.reported(schedule, Report::fail(ODD)).await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/scripts", app.address()))
        .await;

    browser.click(&format!("{ROW} a")).await;
    browser.reads("h1", ODD).await;
    browser.reload().await;
    browser.reads("h1", ODD).await;
    browser.click(CELL).await;
    browser.reads("[data-testid=result-panel] h2", ODD).await;
    browser.reload().await;
    browser.reads("[data-testid=result-panel] h2", ODD).await;
    browser.quit().await;
}

/// A script that nobody reported, and a server that nobody reports to: the command that is shown there fills the list.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_show() {
    let app = TestApp::sqlite().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/scripts/never", app.address()))
        .await;
    browser.has("[data-testid=script-not-found]").await;

    browser.click("[data-testid=script-not-found] a").await;
    let command = "[data-testid=empty-state] pre";
    browser.has(command).await;
    let command = browser.text(command).await.expect("a command");
    let (_, body) = command.split_once("-d '").expect("a body");
    let body = body.strip_suffix('\'').expect("a quoted body");
    let admin = app.admin();
    let answer = admin
        .post("/graphql", "application/json", body.to_owned())
        .await;
    answer.data("/reportResult/result");
    browser.reload().await;
    browser.reads(&format!("{ROW} a"), "login.sh").await;
    browser.quit().await;
}

/// A closed schedule of these scripts, each with a letter an attempt.
async fn run(reporter: &Api, scripts: &str) -> Uuid {
    let schedule = reporter.open_schedule("nightly build").await;
    for script in scripts.split(' ') {
        let (script, attempts) = script.split_once(':').expect("a name and its attempts");
        for attempt in attempts.chars() {
            let status = match attempt {
                'P' => ResultStatus::Pass,
                'F' => ResultStatus::Fail,
                other => panic!("{other} is no outcome"),
            };
            let report = Report::new(script, status).duration_ms(1_200);
            reporter.reported(schedule, report).await;
        }
    }
    reporter.close(schedule).await.data("");
    schedule
}
