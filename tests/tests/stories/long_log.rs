//! A log of a million entries: a page of it costs what a page of a short one does, and counting it takes a moment.

use std::time::{Duration, Instant};

use chrono::{SecondsFormat, TimeDelta};
use daybook_tests::{Api, Database, Role, TestApp, days_ago, on_both_databases};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// A page, whatever it is filtered by and wherever it begins, within 50 ms; and a month counted within 200 ms.
async fn a_million_entries(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    admin.create_client("nightly", Role::Reporter).await;
    fill(app.database()).await;
    let middle = at(15);

    for (filter, most) in [
        (json!({}), 50),
        (json!({ "action": ["ACTION_3"] }), 50),
        (json!({ "action": ["ACTION_3", "ACTION_5", "RARE"] }), 50),
        (json!({ "action": ["RARE"] }), 1),
        (json!({ "action": ["NEVER"] }), 0),
        (json!({ "status": ["ERROR"] }), 50),
        (json!({ "client": "nightly" }), 50),
        (
            json!({ "client": "nightly", "action": ["ACTION_4"], "status": ["ERROR"] }),
            50,
        ),
        (json!({ "from": at(16), "to": middle }), 50),
        (
            json!({ "to": middle, "status": ["ERROR"], "action": ["ACTION_4"] }),
            50,
        ),
    ] {
        let (took, page) = best(&admin, PAGE, json!({ "filter": filter })).await;
        let entries = page["logs"]["nodes"].as_array().expect("a list").len();
        assert_eq!(entries, most, "{filter}");
        assert!(took < Duration::from_millis(50), "{filter}: {took:?}");
    }
    let page = json!({ "filter": { "to": middle } });
    let cursor = best(&admin, PAGE, page).await.1["logs"]["pageInfo"]["endCursor"].clone();
    let (took, page) = best(&admin, PAGE, json!({ "after": cursor })).await;
    assert!(
        took < Duration::from_millis(50),
        "from the middle on: {took:?}"
    );
    let date = page["logs"]["nodes"][0]["date"].as_str().expect("a time");
    assert!(date < middle.as_str(), "{date}");

    let (took, counted) = best(&admin, STATISTICS, json!({ "from": at(30) })).await;
    assert!(took < Duration::from_millis(200), "statistics: {took:?}");
    let first = ENTRIES - (30 * 86_400 - PAUSE_SECONDS) / STEP_SECONDS - 1;
    // The client's creation is one more, and succeeded.
    assert_eq!(
        outcomes(&counted),
        (of(first, 1, 0) - of(first, 50, 4) + 1, of(first, 50, 4))
    );
    assert_eq!(
        counted["statistics"]["numberOfBackups"],
        json!(of(first, 20, 0))
    );
    let all = admin.query(STATISTICS, json!({})).await.data("");
    assert_eq!(
        outcomes(&all),
        (of(0, 1, 0) - of(0, 50, 4) + 1, of(0, 50, 4))
    );
}

on_both_databases!(a_million_entries);

const ENTRIES: i64 = 1_000_000;

/// What lies between two entries: with a million of them, they reach back for a year.
const STEP_SECONDS: i64 = 31;

/// What lies between the last entry and the beginning of the story.
const PAUSE_SECONDS: i64 = 300;

const PAGE: &str = "query ($filter: LogFilter, $after: String) {
    logs(filter: $filter, after: $after) {
        nodes { id number date action parameter status client { name } message }
        pageInfo { hasNextPage endCursor }
    }
}";

const STATISTICS: &str = "query ($from: DateTime) {
    statistics(from: $from) {
        numberOfBackups successfulBackups failedBackups
        actions { action success error }
        activity { date success error }
        days { date schedules pass fail block error skip }
    }
}";

/// How many of the entries from `first` on leave `rest` when they are counted by `every`.
fn of(first: i64, every: i64, rest: i64) -> i64 {
    let count = (first..ENTRIES).filter(|n| n % every == rest).count();
    i64::try_from(count).expect("at most a million")
}

/// How many actions succeeded, and how many did not.
fn outcomes(counted: &Value) -> (i64, i64) {
    let actions = counted["statistics"]["actions"].as_array().expect("a list");
    let sum = |field: &str| -> i64 {
        let counts = actions.iter().map(|one| one[field].as_i64());
        counts.map(|count| count.expect("a number")).sum()
    };
    (sum("success"), sum("error"))
}

/// Writes a million entries into the log, as a year leaves them: of twenty actions and one that was done once, every third
/// by a client.
async fn fill(database: &Database) {
    let client: i32 = database
        .value("SELECT client_id FROM client WHERE name = 'nightly'")
        .await;
    let end = (days_ago(0) - TimeDelta::seconds(PAUSE_SECONDS)).format("%F %T%.3f");
    let last = ENTRIES - 1;
    let date = if database.is_mariadb() {
        format!("TIMESTAMPADD(SECOND, {STEP_SECONDS} * (n - {last}), '{end}')")
    } else {
        format!(
            "strftime('%Y-%m-%d %H:%M:%f', '{end}', ({STEP_SECONDS} * (n - {last})) || ' seconds')"
        )
    };
    let digit = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    let digits = ["a", "b", "c", "d", "e", "f"].map(|name| format!("{digit} {name}"));
    let insert = format!(
        "INSERT INTO log (date, action, parameter, status, client_id)
         SELECT {date},
             CASE WHEN n = 999 THEN 'RARE' WHEN n % 20 = 0 THEN 'BACKUP' ELSE CONCAT('ACTION_', n % 20) END,
             CONCAT('parameter ', n),
             CASE WHEN n % 50 = 4 THEN 'ERROR' ELSE 'SUCCESS' END,
             CASE WHEN n % 3 = 0 THEN {client} END
         FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d + 100000 * f.d AS n
             FROM {}) AS numbers
         ORDER BY n",
        digits.join(" CROSS JOIN ")
    );
    let connection = database.connect().await;
    if !database.is_mariadb() {
        // All of it fits into memory, so that each page is written once.
        let cache = connection.execute_unprepared("PRAGMA cache_size = -1000000");
        cache.await.expect("a setting of SQLite's");
    }
    connection
        .execute_unprepared(&insert)
        .await
        .unwrap_or_else(|error| panic!("{error}: {insert}"));
    if database.is_mariadb() {
        // How long a table is that grew at once, MariaDB finds out by itself, but later than the story goes on.
        let known = connection.execute_unprepared("ANALYZE TABLE log").await;
        known.expect("statistics are made");
    }
    connection.close().await.expect("the connection closes");
}

/// Asks several times, for the machine may be busy; the shortest time and the last answer.
async fn best(api: &Api, document: &str, variables: Value) -> (Duration, Value) {
    let mut shortest = Duration::MAX;
    let mut answer = Value::Null;
    for _ in 0..10 {
        let begun = Instant::now();
        let answered = api.query(document, variables.clone()).await;
        shortest = shortest.min(begun.elapsed());
        answer = answered.data("");
    }
    println!("{shortest:?} for {variables}");
    (shortest, answer)
}

/// So many days ago.
fn at(days: i64) -> String {
    days_ago(days).to_rfc3339_opts(SecondsFormat::Millis, true)
}
