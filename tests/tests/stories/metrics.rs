//! What an operator sees of a server in Prometheus.

#![expect(
    clippy::float_cmp,
    reason = "what is compared are counts, which are whole"
)]

use std::collections::HashMap;

use daybook_tests::subscriber::SCHEDULE_CHANGES;
use daybook_tests::{
    Api, Database, NatsServer, PATIENCE, Report, Role, ServerProcess, Socket, TestApp, eventually,
};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

/// The values of all series, by name and labels as they are written.
async fn scraped(api: &Api) -> HashMap<String, f64> {
    let answer = api.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    let content_type = answer.header("content-type");
    assert!(
        content_type.starts_with("application/openmetrics-text"),
        "{content_type}"
    );
    assert!(answer.text.ends_with("# EOF\n"), "it is whole");
    let samples = answer.text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            (series.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

/// Reports, a subscriber, refusals and a run: each is found where the dashboard and the alerts look for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let prometheus = app.anonymous();
    let before = scraped(&prometheus).await;
    assert_eq!(before["daybook_runs_total{outcome=\"FAILED\"}"], 0.0);
    assert!(before["process_resident_memory_bytes"] > 1e6);
    assert!(!before.keys().any(|series| series.contains("event_bus")));

    let schedule = reporter.open_schedule("counted").await;
    let mut socket = Socket::connect(&app.admin()).await;
    socket
        .subscribe(
            "s",
            SCHEDULE_CHANGES,
            json!({ "name": schedule, "after": 0 }),
        )
        .await;
    socket.next().await;
    for script in ["one", "two", "three"] {
        reporter.report(schedule, Report::pass(script)).await;
        socket.next().await;
    }
    let unknown = app.admin().query("{ nothing }", json!({})).await;
    assert_eq!(unknown.code(), "VALIDATION");
    assert_eq!(app.admin().close(Uuid::new_v4()).await.code(), "NOT_FOUND");
    app.admin().get("/tasks").await;
    app.admin().get("/api/tasks/").await;

    let after = scraped(&prometheus).await;
    let requests = |operation: &str, code: &str| {
        let series = format!("daybook_requests_total{{operation=\"{operation}\",code=\"{code}\"}}");
        after.get(&series).copied().unwrap_or_default()
    };
    assert_eq!(requests("reportResult", "OK"), 3.0);
    assert_eq!(requests("rejected", "VALIDATION"), 1.0);
    assert_eq!(requests("closeSchedule", "NOT_FOUND"), 1.0);
    assert_eq!(requests("pages", "OK"), 1.0);
    assert_eq!(requests("GET /api/tasks/", "OK"), 1.0);
    assert_eq!(
        after["daybook_request_seconds_count{operation=\"reportResult\"}"],
        3.0
    );
    assert_eq!(after["daybook_commit_rows_sum"], 3.0);
    assert!(after["daybook_commit_seconds_count"] >= 1.0);
    assert_eq!(after["daybook_subscribers{kind=\"scheduleChanges\"}"], 1.0);
    assert_eq!(after["daybook_write_queue_length"], 0.0);
    assert!(after["daybook_database_connections{state=\"idle\"}"] >= 1.0);
    // The last change is told when the next one is asked for.
    eventually("the lag of three changes is known", PATIENCE, async || {
        (scraped(&prometheus).await["daybook_subscriber_lag_seconds_count"] == 3.0).then_some(())
    })
    .await;
    socket.complete("s").await;
    eventually("nobody is subscribed any more", PATIENCE, async || {
        (scraped(&prometheus).await["daybook_subscribers{kind=\"scheduleChanges\"}"] == 0.0)
            .then_some(())
    })
    .await;
}

/// A task that fails, and how late it began.
#[tokio::test(flavor = "multi_thread")]
async fn runs_are_counted_by_their_outcome() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let task = json!({
        "name": "fails", "scheduledTime": "2099-01-01T00:00:00Z",
        "action": { "command": { "command": "sh", "arguments": ["-c", "exit 3"] } },
    });
    admin.create_task(task).await.data("");
    admin.run_task("fails").await.data("");
    eventually("the run has failed", PATIENCE, async || {
        (scraped(&admin).await["daybook_runs_total{outcome=\"FAILED\"}"] == 1.0).then_some(())
    })
    .await;
    assert_eq!(
        scraped(&admin).await["daybook_task_lateness_seconds_count"],
        0.0,
        "nobody can be late for what was asked for just now"
    );
}

/// Whether the other servers are heard at once.
#[tokio::test(flavor = "multi_thread")]
async fn the_event_bus_is_seen_to_be_away() {
    let mut nats = NatsServer::start().await;
    let database = Database::sqlite();
    let server = ServerProcess::start_on_bus(&database, &nats.url()).await;
    let prometheus = server.anonymous();
    let connected = async || scraped(&prometheus).await["daybook_event_bus_connected"];
    eventually("it is connected", PATIENCE, async || {
        (connected().await == 1.0).then_some(())
    })
    .await;
    nats.kill();
    eventually("it is away", PATIENCE, async || {
        (connected().await == 0.0).then_some(())
    })
    .await;
}

/// Whoever may reach the port may read them, so there is nothing in them that is anybody's.
#[tokio::test(flavor = "multi_thread")]
async fn no_label_names_what_people_wrote() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("a title of somebody").await;
    reporter
        .report(schedule, Report::pass("a script of somebody"))
        .await;
    app.admin().create_client("somebody", Role::Viewer).await;
    app.admin().get("/api/tasks/a-task-of-somebody").await;
    let text = app.anonymous().get("/metrics").await.text;
    assert!(!text.contains("somebody"), "{text}");
}
