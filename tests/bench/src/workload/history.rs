//! Reading from a history that grows: what people look at must not take longer because there is more of it.
//!
//! The history is written with SQL, for ten million reports would take an hour: nights of 400 scripts, every eighth of which
//! failed.

use std::time::Instant;

use anyhow::{Result, ensure};
use rand::RngExt;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, SqliteConnection};
use uuid::Uuid;

use crate::{
    contender::{Contender, Database, Engine, Kind, Programs},
    race::median,
    speech::{Call, beginning, graphql, script},
};

/// How many results a schedule has.
pub(crate) const SCRIPTS: u64 = 400;

/// What people look at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    FirstPage,
    FilteredSchedules,
    FilteredResults,
    Progress,
    ScriptHistory,
}

impl Question {
    pub(crate) const ALL: [Self; 5] = [
        Self::FirstPage,
        Self::FilteredSchedules,
        Self::FilteredResults,
        Self::Progress,
        Self::ScriptHistory,
    ];

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstPage => "the first page of schedules",
            Self::FilteredSchedules => "schedules of a title and a label",
            Self::FilteredResults => "a page of a schedule's failures",
            Self::Progress => "a schedule's progress",
            Self::ScriptHistory => "the history of a script",
        }
    }

    /// Asks it of any schedule or script, and says how many nodes there must be.
    fn call(self, schedules: u64) -> (Call, usize) {
        let mut random = rand::rng();
        let name = guid(random.random_range(1..=schedules));
        let any = usize::try_from(SCRIPTS).expect("it is small");
        let script = script(random.random_range(1..=any));
        match self {
            Self::FirstPage => (
                graphql(
                    "{ schedules(first: 20) { nodes { name title status createdTime progress { reported fail } } } }",
                    &json!({}),
                ),
                20,
            ),
            Self::FilteredSchedules => (
                graphql(
                    r#"{ schedules(first: 10, filter: {title: "nightly 1", labels: [{key: "branch", value: "main"}]}) { nodes { name title status createdTime } } }"#,
                    &json!({}),
                ),
                10,
            ),
            Self::FilteredResults => (
                graphql(
                    "query($name: UUID!) { schedule(name: $name) { results(first: 50, filter: {status: [FAIL]}) { nodes { script status durationMs submittedTime } } } }",
                    &json!({"name": name}),
                ),
                50,
            ),
            Self::Progress => (
                graphql(
                    "query($name: UUID!) { schedule(name: $name) { progress { reported running pass fail block error skip percent } } }",
                    &json!({"name": name}),
                ),
                0,
            ),
            Self::ScriptHistory => (
                graphql(
                    "query($name: String!) { script(name: $name) { history(first: 20) { nodes { status durationMs submittedTime schedule { name } } } } }",
                    &json!({"name": script}),
                ),
                20,
            ),
        }
    }
}

/// Starts a Daybook on a history of so many results.
pub(crate) async fn daybook(programs: &Programs, results: u64) -> Result<Contender> {
    let daybook = Contender::start(programs, Kind::Daybook, &Engine::Sqlite).await?;
    // Now there are tables, and a client.
    let database = daybook.stop()?;
    fill(&database, results / SCRIPTS).await?;
    Contender::start_on(programs, Kind::Daybook, database).await
}

/// Writes so many nights, the last of them a moment ago.
async fn fill(database: &Database, schedules: u64) -> Result<()> {
    let mut connection = SqliteConnection::connect(&database.daybook_url()).await?;
    // Written once and read from then on: what is durable on the way does not matter, and an index is made faster whole.
    connection
        .execute(
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF",
        )
        .await?;
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'result' AND sql IS NOT NULL",
    )
    .fetch_all(&mut connection)
    .await?;
    for (name, _) in &indexes {
        let drop = format!("DROP INDEX {name}");
        connection.execute(sqlx::AssertSqlSafe(drop)).await?;
    }
    let nights = format!(
        "WITH RECURSIVE night(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM night WHERE n < {schedules})"
    );
    let moment = format!(
        "strftime('%Y-%m-%d %H:%M:%f', 'now', printf('-%d minutes', ({schedules} - n + 1) * 10))"
    );
    let statements = [
        format!(
            "{nights} INSERT INTO schedule (schedule_id, schedule_name, schedule_status, created_time, last_modify_time,
             state, client_id, title, closed_time, revision, lease_seconds, pass, fail)
             SELECT n, printf('00000000-0000-4000-8000-%012x', n), 'b', {moment}, {moment}, 'CLOSED',
             (SELECT min(client_id) FROM client), printf('nightly %d', n % 2), {moment}, {SCRIPTS} + 1, 3600,
             {SCRIPTS} * 7 / 8, {SCRIPTS} / 8 FROM night"
        ),
        "INSERT INTO label (schedule_id, name, value) SELECT schedule_id, 'branch', 'main' FROM schedule".to_owned(),
        format!(
            "WITH RECURSIVE script(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM script WHERE n < {SCRIPTS})
             INSERT INTO script (name, folded)
             SELECT name, name FROM (SELECT printf('suite/%03d/case-%07d', n % 100, n) AS name FROM script)"
        ),
        format!(
            "WITH RECURSIVE part(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM part WHERE n < {SCRIPTS})
             INSERT INTO result (schedule_id, number, script, attempt, latest, status, content_bytes, duration_ms,
             submitted_time, revision)
             SELECT schedule_id, n, printf('suite/%03d/case-%07d', n % 100, n), 1, 1,
             CASE n % 8 WHEN 2 THEN 'FAIL' ELSE 'PASS' END, 0, n, created_time, n FROM schedule, part
             ORDER BY schedule_id, n"
        ),
    ];
    connection.execute("BEGIN").await?;
    for statement in statements {
        connection.execute(sqlx::AssertSqlSafe(statement)).await?;
    }
    for (_, make) in indexes {
        connection.execute(sqlx::AssertSqlSafe(make)).await?;
    }
    connection.execute("COMMIT").await?;
    Ok(connection.close().await?)
}

/// Asks a question of several histories in turn. Returns the median time of each, in milliseconds.
pub(crate) async fn ask(
    daybooks: &[(u64, Contender)],
    question: Question,
    times: usize,
) -> Result<Vec<f64>> {
    let mut wires = Vec::new();
    for (results, daybook) in daybooks {
        wires.push((results / SCRIPTS, daybook.wire().await?, Vec::new()));
    }
    for _ in 0..times {
        for (schedules, wire, took) in &mut wires {
            let (call, nodes) = question.call(*schedules);
            let asked = Instant::now();
            let body = wire.send(&call).await?;
            took.push(asked.elapsed().as_secs_f64() * 1000.0);
            let answer: Value = serde_json::from_slice(&body)?;
            ensure!(
                count(&answer["data"]) == nodes && answer["errors"].is_null(),
                "{question:?}: {}",
                beginning(&body)
            );
        }
    }
    let medians = wires
        .into_iter()
        .map(|(_, _, took)| median(took.into_iter()));
    Ok(medians.collect())
}

/// How many nodes there are in an answer.
fn count(data: &Value) -> usize {
    match data {
        Value::Object(fields) => match fields.get("nodes") {
            Some(Value::Array(nodes)) => nodes.len(),
            _ => fields.values().map(count).sum(),
        },
        _ => 0,
    }
}

/// The name of the `number`th schedule.
fn guid(number: u64) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 | u128::from(number))
}
