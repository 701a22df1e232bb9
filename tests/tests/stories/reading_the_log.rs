//! The log through the API: in pages, filtered, followed live, and what it says of each kind of deed.

use std::collections::BTreeSet;
use std::time::Duration;

use daybook_tests::{
    Api, Database, Role, ServerProcess, Socket, TestApp, on_both_databases, within,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

const LOGS: &str =
    "query ($first: Int, $after: String, $last: Int, $before: String, $filter: LogFilter) {
    page: logs(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        edges { cursor node { number } }
        nodes { id number date action parameter status message client { name role } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";
const LOG_APPENDED: &str = "subscription ($filter: LogFilter) {
    logAppended(filter: $filter) { number action parameter status client { name } }
}";

/// The periodic look finds another process's entries within seconds; the rest is for a busy machine.
const FOUND: Duration = Duration::from_secs(30);

/// Who did it, what, to what, how it ended and why.
async fn who_what_and_why(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let viewer = app.admin().create_client("reader", Role::Viewer).await;
    let schedule = reporter.open_schedule("logged").await;
    let refused = reporter
        .close_with(json!({ "name": schedule, "expectedResults": 1 }))
        .await;

    let page = page(&viewer, json!({ "first": 2 })).await;

    let mut nodes = page["nodes"].as_array().expect("a list").clone();
    for node in &mut nodes {
        for changing in ["id", "number", "date"] {
            node.as_object_mut().expect("an object").remove(changing);
        }
    }
    let client = json!({ "name": "nightly", "role": "REPORTER" });
    assert_eq!(
        nodes,
        [
            json!({ "action": "SCHEDULE_CLOSE", "parameter": schedule, "status": "ERROR", "client": client, "message": refused.message() }),
            json!({ "action": "SCHEDULE_CREATE", "parameter": schedule, "status": "SUCCESS", "client": client, "message": null }),
        ]
    );
    let node = viewer
        .query(
            "query ($id: ID!) { node(id: $id) { ... on LogEntry { action } } }",
            json!({ "id": page["nodes"][0]["id"] }),
        )
        .await;
    assert_eq!(node.data("/node/action"), "SCHEDULE_CLOSE");
    let hidden = viewer
        .query("{ logs { nodes { client { tokenPrefix } } } }", json!({}))
        .await;
    assert_eq!(hidden.code(), "FORBIDDEN");
}

/// A mutation that is refused leaves an entry that says by whom it was tried, and why not; reports leave none.
async fn every_refusal_is_told(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let viewer = app.admin().create_client("reader", Role::Viewer).await;
    let name = reporter.open_schedule("refused").await;
    let mutations = [
        (
            "createSchedule(input: {}) { __typename }",
            Some("SCHEDULE_CREATE"),
        ),
        (
            "reportResult(input: { schedule: $name, script: \"a\", status: PASS }) { __typename }",
            None,
        ),
        (
            "reportResults(input: { schedule: $name, results: [{ script: \"a\", status: PASS }] }) { __typename }",
            None,
        ),
        (
            "importJunit(input: { schedule: $name, xml: \"\" }) { __typename }",
            Some("RESULTS_IMPORT"),
        ),
        (
            "closeSchedule(input: { name: $name }) { __typename }",
            Some("SCHEDULE_CLOSE"),
        ),
        ("closeMySchedules { __typename }", Some("SCHEDULE_CLOSE")),
        (
            "amendResult(input: { id: \"bm9uZQ\", status: PASS, reason: \"none\" }) { __typename }",
            Some("RESULT_AMEND"),
        ),
        (
            "updateSchedule(input: { name: $name }) { __typename }",
            Some("SCHEDULE_UPDATE"),
        ),
        (
            "reopenSchedule(input: { name: $name, reason: \"none\" }) { __typename }",
            Some("SCHEDULE_REOPEN"),
        ),
        (
            "deleteSchedule(name: $name) { __typename }",
            Some("SCHEDULE_DELETE"),
        ),
        (
            "createClient(input: { name: \"new\", role: ADMIN }) { __typename }",
            Some("CLIENT_CREATE"),
        ),
        (
            "rotateClientToken(name: \"nightly\") { __typename }",
            Some("CLIENT_ROTATE_TOKEN"),
        ),
        (
            "revokeClient(name: \"nightly\") { __typename }",
            Some("CLIENT_REVOKE"),
        ),
    ];
    for (mutation, action) in mutations {
        let before = newest(&viewer).await;
        let document = format!("mutation {{ {mutation} }}")
            .replace("$name", &format!("{:?}", name.to_string()));

        let refused = viewer.query(&document, json!({})).await;

        assert_eq!(refused.code(), "FORBIDDEN", "{mutation}");
        let after = newest(&viewer).await;
        let Some(action) = action else {
            assert_eq!(after, before, "{mutation}");
            continue;
        };
        assert_ne!(after["number"], before["number"], "{mutation}");
        assert_eq!(
            (&after["action"], &after["status"], &after["message"]),
            (&json!(action), &json!("ERROR"), &json!(refused.message())),
            "{mutation}"
        );
        assert_eq!(after["client"]["name"], "reader", "{mutation}");
    }
}

/// What was quoted from a huge request is cut short.
async fn long_texts_are_cut(database: Database) {
    let app = TestApp::start(database).await;
    let long = "x".repeat(100_000);
    assert_eq!(app.admin().revoke_client(&long).await.code(), "NOT_FOUND");

    let entry = newest(&app.admin()).await;

    let length = |field: &str| entry[field].as_str().expect("text").len();
    assert_eq!((length("parameter"), length("message")), (1_000, 4_000));
}

/// Newest first, forwards to the end and backwards to the beginning, each entry once, though many are of one moment.
async fn pages_both_ways(database: Database) {
    let (_app, reporter) = a_long_log(database).await;
    let all: Vec<i64> = (1..=60).rev().collect();
    for filter in [
        json!({ "action": ["OLD"] }),
        json!({ "action": ["OLD", "NONE", "OLD"], "status": ["ERROR", "SUCCESS"] }),
        json!({ "to": "2026-01-02T00:00:00Z" }),
    ] {
        let forwards = walk(
            &reporter,
            &filter,
            "first",
            "after",
            ("endCursor", "hasNextPage"),
        )
        .await;
        assert_eq!(forwards.concat(), all, "{filter}");
        let mut backwards = walk(
            &reporter,
            &filter,
            "last",
            "before",
            ("startCursor", "hasPreviousPage"),
        )
        .await;
        backwards.reverse();
        assert_eq!(backwards.concat(), all, "{filter}");
        assert_eq!(backwards.iter().map(Vec::len).max(), Some(25));
    }
}

/// Filters: what is given must all hold.
async fn filters(database: Database) {
    let (_app, reporter) = a_long_log(database).await;
    for (filter, expected) in [
        (
            json!({ "action": ["OLD"], "status": ["ERROR"] }),
            vec![60, 50, 40, 30, 20, 10],
        ),
        (json!({ "action": ["OLD"], "status": [] }), vec![]),
        (json!({ "action": [] }), vec![]),
        (json!({ "action": ["old"] }), vec![]),
        (
            json!({ "client": "nightly", "to": "2026-01-02T00:00:00Z", "status": ["ERROR"] }),
            vec![60, 40, 20],
        ),
        (json!({ "client": "nobody" }), vec![]),
        (json!({ "action": ["OLD"], "client": "admin" }), vec![]),
        (
            json!({ "from": "2026-01-01T00:00:00.012Z", "to": "2026-01-01T00:00:00.013Z" }),
            vec![51, 50, 49, 48],
        ),
        (
            json!({ "from": "2026-01-01T01:00:00.014+01:00", "to": "2026-01-02T00:00:00Z" }),
            vec![60, 59, 58, 57, 56],
        ),
        (
            json!({ "from": "2026-01-01T00:00:00.012Z", "to": "2026-01-01T00:00:00.012Z" }),
            vec![],
        ),
    ] {
        let shown = page(&reporter, json!({ "filter": filter })).await;
        assert_eq!(numbers(&shown), expected, "{filter}");
    }
    for (filter, field) in [
        (
            json!({ "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z" }),
            "to",
        ),
        (json!({ "action": vec!["A"; 101] }), "action"),
    ] {
        let refused = reporter.query(LOGS, json!({ "filter": filter })).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION".into(), field.into())
        );
        let mut socket = Socket::connect(&reporter).await;
        follow(&mut socket, filter).await;
        assert_eq!(socket.refused().await, "VALIDATION");
    }
    for cursor in ["nonsense", "Nw", "Nzo"] {
        let refused = reporter.query(LOGS, json!({ "after": cursor })).await;
        assert_eq!(refused.field(), "after", "{cursor}");
    }
}

/// What is just over comes first, then each further entry, and nothing twice.
async fn followed_live(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let before = reporter.open_schedule("before").await;
    let mut all = Socket::connect(&reporter).await;
    follow(&mut all, Value::Null).await;
    let mut refused = Socket::connect(&reporter).await;
    follow(&mut refused, json!({ "status": ["ERROR"] })).await;

    let first = [next_entry(&mut all).await, next_entry(&mut all).await];
    assert_eq!(first[0]["action"], "CLIENT_CREATE");
    assert_eq!(first[1]["parameter"], json!(before));

    let mut numbers: BTreeSet<i64> = first.iter().map(number).collect();
    for title in 0..20 {
        let schedule = reporter.open_schedule(&title.to_string()).await;
        let entry = next_entry(&mut all).await;
        assert_eq!(entry["parameter"], json!(schedule));
        assert!(numbers.insert(number(&entry)), "{entry} came twice");
    }
    assert_eq!(reporter.delete(before).await.code(), "FORBIDDEN");
    app.admin().delete(before).await.data("");
    let entry = next_entry(&mut refused).await;
    assert_eq!(
        (&entry["action"], &entry["client"]["name"]),
        (&json!("SCHEDULE_DELETE"), &json!("nightly"))
    );
}

/// An entry that becomes visible after a later one, as with a slow commit, is sent all the same.
async fn late_entries_are_found(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let now = chrono::Utc::now().naive_utc();
    insert(app.database(), &[(1_000, now, "LATER", "SUCCESS")]).await;
    let mut socket = Socket::connect(&reporter).await;
    follow(&mut socket, json!({ "action": ["EARLIER", "LATER"] })).await;
    assert_eq!(next_entry(&mut socket).await["action"], "LATER");

    let earlier = now - chrono::TimeDelta::seconds(20);
    insert(app.database(), &[(999, earlier, "EARLIER", "SUCCESS")]).await;

    assert_eq!(next_entry(&mut socket).await["action"], "EARLIER");
}

/// More than is read at once comes whole.
async fn a_burst(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let now = chrono::Utc::now().naive_utc();
    let rows: Vec<_> = (1_000..2_200)
        .map(|id| (id, now, "BURST", "SUCCESS"))
        .collect();
    insert(app.database(), &rows).await;
    let mut socket = Socket::connect(&reporter).await;
    follow(&mut socket, json!({ "action": ["BURST"] })).await;

    for expected in 1_000..2_200 {
        assert_eq!(number(&next_entry(&mut socket).await), expected);
    }
}

/// What another process's client did is found without anything between the processes.
async fn another_process(database: Database) {
    let (one, two) = (
        ServerProcess::start(&database).await,
        ServerProcess::start(&database).await,
    );
    let reporter = one.reporter("nightly").await;
    let mut socket = Socket::connect(&reporter.through(two.address())).await;
    follow(&mut socket, Value::Null).await;
    assert_eq!(next_entry(&mut socket).await["action"], "CLIENT_CREATE");

    let schedule = reporter.open_schedule("elsewhere").await;

    let entry = within("the entry is found", FOUND, next_entry(&mut socket)).await;
    assert_eq!(entry["parameter"], json!(schedule));
}

on_both_databases!(
    who_what_and_why,
    every_refusal_is_told,
    long_texts_are_cut,
    pages_both_ways,
    filters,
    followed_live,
    late_entries_are_found,
    a_burst,
    another_process,
);

/// A server whose log has sixty entries of the first moments of 2026: the numbers 1 to 60, four a millisecond, each
/// tenth an error, each twentieth by the reporter, and the rest by nobody.
async fn a_long_log(database: Database) -> (TestApp, Api) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let connection = app.database().connect().await;
    connection
        .execute_unprepared("DELETE FROM log")
        .await
        .expect("good SQL");
    let start = chrono::NaiveDate::from_ymd_opt(2026, 1, 1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .expect("a good time");
    let rows: Vec<_> = (1..=60)
        .map(|id| {
            let status = if id % 10 == 0 { "ERROR" } else { "SUCCESS" };
            (
                id,
                start + chrono::TimeDelta::milliseconds(id / 4),
                "OLD",
                status,
            )
        })
        .collect();
    insert(app.database(), &rows).await;
    connection
        .execute_unprepared(
            "UPDATE log SET client_id = (SELECT client_id FROM client WHERE name = 'nightly') WHERE id % 20 = 0",
        )
        .await
        .expect("good SQL");
    connection.close().await.expect("the connection closes");
    (app, reporter)
}

/// Writes entries as another process would, by nobody.
async fn insert(database: &Database, rows: &[(i64, chrono::NaiveDateTime, &str, &str)]) {
    let values: Vec<String> = rows
        .iter()
        .map(|(id, date, action, status)| {
            format!(
                "({id}, '{}', '{action}', '{status}')",
                date.format("%F %T%.3f")
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO log (id, date, action, status) VALUES {}",
        values.join(", ")
    );
    let connection = database.connect().await;
    connection.execute_unprepared(&sql).await.expect("good SQL");
    connection.close().await.expect("the connection closes");
}

/// Turns pages of 25 until there is none left; returns the numbers of each.
async fn walk(
    api: &Api,
    filter: &Value,
    size: &str,
    from: &str,
    (cursor, more): (&str, &str),
) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut position = Value::Null;
    loop {
        let turned = page(api, json!({ size: 25, from: position, "filter": filter })).await;
        pages.push(numbers(&turned));
        if turned["pageInfo"][more] == false {
            return pages;
        }
        position = turned["pageInfo"][cursor].clone();
    }
}

async fn page(api: &Api, variables: Value) -> Value {
    api.query(LOGS, variables).await.data("/page")
}

async fn newest(api: &Api) -> Value {
    page(api, json!({ "first": 1 })).await["nodes"][0].clone()
}

async fn follow(socket: &mut Socket, filter: Value) {
    let id = Uuid::new_v4().to_string();
    socket
        .subscribe(&id, LOG_APPENDED, json!({ "filter": filter }))
        .await;
}

async fn next_entry(socket: &mut Socket) -> Value {
    socket.next().await["data"]["logAppended"].take()
}

fn numbers(page: &Value) -> Vec<i64> {
    let nodes = page["nodes"].as_array().expect("a list");
    nodes.iter().map(number).collect()
}

fn number(entry: &Value) -> i64 {
    entry["number"].as_i64().expect("a number")
}
