//! The change feed of a schedule, and the list that follows schedules: who resumes from the last revision seen has
//! missed nothing.

use std::time::{Duration, Instant};

use daybook_tests::socket::Message;
use daybook_tests::subscriber::{Change, SCHEDULE_CHANGES};
use daybook_tests::{
    Database, Report, ResultStatus, ScheduleStatus, Socket, TestApp, on_both_databases,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// What exists comes first, then each change as it happens.
async fn from_the_beginning(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    reporter.reported(schedule, Report::running("login")).await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 0).await;

    let first = next_change(&mut socket).await;
    assert_eq!(
        (first.revision, first.schedule.status),
        (1, ScheduleStatus::Running)
    );
    assert_eq!(first.results[0].status, ResultStatus::Running);

    reporter.reported(schedule, Report::pass("login")).await;
    let second = next_change(&mut socket).await;
    assert_eq!((second.revision, second.results.len()), (2, 1));
    assert_eq!(
        (second.results[0].status, second.results[0].revision),
        (ResultStatus::Pass, 2)
    );

    reporter.close(schedule).await.data("");
    let third = next_change(&mut socket).await;
    assert_eq!(
        (third.revision, third.schedule.status),
        (3, ScheduleStatus::Closed)
    );
    assert_eq!(third.results, []);
}

/// A schedule in which nothing has happened yet is shown at once, too.
async fn an_empty_schedule_is_shown(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 0).await;

    let change = next_change(&mut socket).await;

    assert_eq!(
        (change.revision, change.schedule.status),
        (0, ScheduleStatus::Created)
    );
}

/// Resuming in the middle tells what changed since, and nothing else; what was passed through is skipped.
async fn resuming_in_the_middle(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    reporter.reported(schedule, Report::running("one")).await;
    reporter.reported(schedule, Report::pass("two")).await;
    reporter.reported(schedule, Report::running("three")).await;
    reporter.reported(schedule, Report::pass("one")).await;
    reporter.reported(schedule, Report::fail("three")).await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 2).await;

    let change = next_change(&mut socket).await;

    assert_eq!(change.revision, 5);
    let mut seen: Vec<_> = change
        .results
        .iter()
        .map(|result| (result.revision, result.script.as_str()))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [(4, "one"), (5, "three")]);
}

/// More than a message holds comes in several, in revision order.
async fn catching_up_with_thousands(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let reports: Vec<Report> = (0..1_700).map(Report::pass).collect();
    reporter.report_batch(schedule, &reports).await.data("");
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 0).await;

    let mut revisions = Vec::new();
    while revisions.len() < 1_700 {
        let before = revisions.len();
        let change = next_change(&mut socket).await;
        assert!(
            change.results.len() <= 500,
            "{} results in one message",
            change.results.len()
        );
        revisions.extend(change.results.iter().map(|result| result.revision));
        assert_eq!(
            revisions.last(),
            Some(&change.revision),
            "resuming here must lose nothing"
        );
        assert!(revisions.len() > before);
    }

    assert_eq!(revisions, (1..=1_700).collect::<Vec<_>>());
}

/// A revision that the schedule doesn't have, even after a moment, comes from a database that was restored since.
async fn after_a_revision_from_the_future(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    reporter.reported(schedule, Report::pass("login")).await;
    let mut socket = Socket::connect(&reporter).await;

    let asked = Instant::now();
    subscribe(&mut socket, schedule, 7).await;
    assert_eq!(socket.refused().await, "CONFLICT");

    let waited = asked.elapsed();
    assert!(
        waited > Duration::from_millis(4_500),
        "refused after only {waited:?}"
    );
    assert_eq!(
        socket.receive_answer().await,
        Message::Complete { id: "feed".into() }
    );
}

/// A revision that another node has already, and this one not yet, is waited for.
async fn after_a_revision_that_is_about_to_come(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 1).await;

    reporter.reported(schedule, Report::pass("one")).await;
    reporter.reported(schedule, Report::pass("two")).await;

    let mut scripts = Vec::new();
    while scripts.is_empty() {
        scripts.extend(
            next_change(&mut socket)
                .await
                .results
                .into_iter()
                .map(|result| result.script),
        );
    }
    assert_eq!(scripts, ["two"]);
}

/// The schedule is deleted under its readers: they are told, and the operation ends.
async fn deletion_while_subscribed(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 0).await;
    next_change(&mut socket).await;

    app.admin().delete(schedule).await.data("");

    assert_eq!(socket.refused().await, "NOT_FOUND");
    assert_eq!(
        socket.receive_answer().await,
        Message::Complete { id: "feed".into() }
    );
}

/// A schedule that isn't there.
async fn no_such_schedule(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, Uuid::new_v4(), 0).await;
    assert_eq!(socket.refused().await, "NOT_FOUND");
}

/// Changes without a report are changes: a new title, a correction, a reopening.
async fn every_kind_of_change(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let result = reporter.reported(schedule, Report::fail("login")).await;
    let mut socket = Socket::connect(&reporter).await;
    subscribe(&mut socket, schedule, 1).await;

    reporter
        .update(json!({ "name": schedule, "title": "renamed" }))
        .await
        .data("");
    assert_eq!(change_to(&mut socket, 2).await.results, []);
    reporter.close(schedule).await.data("");
    assert_eq!(
        change_to(&mut socket, 3).await.schedule.status,
        ScheduleStatus::Closed
    );
    app.admin()
        .amend(&result.id, ResultStatus::Pass, "the rig was broken")
        .await
        .data("");
    assert_eq!(
        change_to(&mut socket, 4).await.results[0].status,
        ResultStatus::Pass
    );
    app.admin().reopen(schedule, "one more").await.data("");
    assert_eq!(
        change_to(&mut socket, 5).await.schedule.status,
        ScheduleStatus::Running
    );
}

/// A subscriber that doesn't read holds nobody back, and finds everything when it reads again.
async fn one_that_does_not_read(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let (mut idle, mut eager) = (
        Socket::connect(&reporter).await,
        Socket::connect(&reporter).await,
    );
    let document = "subscription ($name: UUID!) {
        scheduleChanges(name: $name) {
            revision schedule { status revision } results { id script attempt status revision message }
        }
    }";
    idle.subscribe("feed", document, json!({ "name": schedule }))
        .await;
    subscribe(&mut eager, schedule, 0).await;

    // More than the buffers between the server and a client that doesn't read can hold.
    let long = "x".repeat(60_000);
    for number in 1..=200 {
        reporter
            .reported(schedule, Report::pass(number).message(&long))
            .await;
        change_to(&mut eager, number).await;
    }

    change_to(&mut idle, 200).await;
}

/// Two operations on one socket live and end each for itself.
async fn two_operations_on_one_socket(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let (one, two) = (
        reporter.open_schedule("one").await,
        reporter.open_schedule("two").await,
    );
    let mut socket = Socket::connect(&reporter).await;
    for (id, schedule) in [("one", one), ("two", two)] {
        socket
            .subscribe(id, SCHEDULE_CHANGES, json!({ "name": schedule }))
            .await;
        assert!(matches!(socket.receive_answer().await, Message::Next { id: of, .. } if of == id));
    }

    socket.complete("one").await;
    // A query that was asked after `complete` is answered after it, too.
    socket
        .subscribe("query", "{ __typename }", Value::Null)
        .await;
    assert!(matches!(socket.receive_answer().await, Message::Next { id, .. } if id == "query"));
    assert_eq!(
        socket.receive_answer().await,
        Message::Complete { id: "query".into() }
    );
    reporter.reported(one, Report::pass("login")).await;
    reporter.reported(two, Report::pass("login")).await;

    assert!(matches!(socket.receive_answer().await, Message::Next { id, .. } if id == "two"));
}

/// Whoever follows the same schedule is told the same changes, each in the words that it asked for: twice in each way, for what
/// is said to one is said again to the next.
async fn each_in_its_own_words(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("feed").await;
    let with_status = json!([{ "script": "login", "status": "PASS" }]);
    let ways = [
        (
            "results { script }",
            json!({ "results": [{ "script": "login" }] }),
        ),
        (
            "results { script status }",
            json!({ "results": with_status }),
        ),
        (
            "results { script status @include(if: $all) } schedule { title }",
            json!({ "results": with_status, "schedule": { "title": "feed" } }),
        ),
        (
            "results { script status @skip(if: $all) } schedule { title }",
            json!({ "results": [{ "script": "login" }], "schedule": { "title": "feed" } }),
        ),
        (
            "a: results { script } b: results { status } schedule { progress { pass } labels { key } }",
            json!({
                "a": [{ "script": "login" }],
                "b": [{ "status": "PASS" }],
                "schedule": { "progress": { "pass": 1 }, "labels": [] },
            }),
        ),
        (
            "results { script } results { status }",
            json!({ "results": with_status }),
        ),
    ];
    let mut listening = Vec::new();
    for (asked, told) in ways.iter().chain(&ways) {
        let mut socket = Socket::connect(&reporter).await;
        let all = if asked.contains("$all") {
            ", $all: Boolean!"
        } else {
            ""
        };
        let document = format!(
            "subscription($name: UUID!{all}) {{ scheduleChanges(name: $name) {{ {asked} }} }}"
        );
        let variables = if all.is_empty() {
            json!({ "name": schedule })
        } else {
            json!({ "name": schedule, "all": true })
        };
        socket.subscribe("feed", &document, variables).await;
        // That it was opened.
        socket.next().await;
        listening.push((socket, told));
    }

    reporter.reported(schedule, Report::pass("login")).await;

    for (socket, told) in &mut listening {
        assert_eq!(&socket.next().await["data"]["scheduleChanges"], *told);
    }
}

/// The list: what matches on subscribing, then each schedule as it changes, and once more when it stops matching.
async fn the_list_of_open_schedules(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let before = reporter.open_schedule("before").await;
    let mut socket = Socket::connect(&reporter).await;
    let document = "subscription ($filter: ScheduleFilter) {
        scheduleUpdated(filter: $filter) { name title status revision }
    }";
    socket
        .subscribe(
            "list",
            document,
            json!({ "filter": { "status": ["CREATED", "RUNNING"] } }),
        )
        .await;

    let shown = next_schedule(&mut socket, |schedule| schedule["title"] == "before").await;
    assert_eq!(shown["status"], "CREATED");

    let after = reporter.open_schedule("after").await;
    next_schedule(&mut socket, |schedule| schedule["name"] == json!(after)).await;
    reporter.reported(before, Report::pass("login")).await;
    next_schedule(&mut socket, |schedule| {
        schedule["name"] == json!(before) && schedule["status"] == "RUNNING"
    })
    .await;

    reporter.close(before).await.data("");
    next_schedule(&mut socket, |schedule| {
        schedule["name"] == json!(before) && schedule["status"] == "CLOSED"
    })
    .await;
}

on_both_databases!(
    from_the_beginning,
    an_empty_schedule_is_shown,
    resuming_in_the_middle,
    catching_up_with_thousands,
    after_a_revision_from_the_future,
    after_a_revision_that_is_about_to_come,
    deletion_while_subscribed,
    no_such_schedule,
    every_kind_of_change,
    one_that_does_not_read,
    two_operations_on_one_socket,
    each_in_its_own_words,
    the_list_of_open_schedules,
);

async fn subscribe(socket: &mut Socket, schedule: Uuid, after: i64) {
    socket
        .subscribe(
            "feed",
            SCHEDULE_CHANGES,
            json!({ "name": schedule, "after": after }),
        )
        .await;
}

async fn next_change(socket: &mut Socket) -> Change {
    Change::of(&socket.next().await)
}

/// Reads on until the change of a revision, which may show the ones before it at the same time.
async fn change_to(socket: &mut Socket, revision: i64) -> Change {
    loop {
        let change = next_change(socket).await;
        if change.revision >= revision {
            return change;
        }
    }
}

/// Reads on until a schedule is shown as wished.
async fn next_schedule(socket: &mut Socket, wished: impl Fn(&Value) -> bool) -> Value {
    loop {
        let schedule = socket.next().await["data"]["scheduleUpdated"].take();
        if wished(&schedule) {
            return schedule;
        }
    }
}
