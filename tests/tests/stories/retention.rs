//! Retention: what is older than the operator keeps things goes whole, everything else stays, and of several servers one
//! sees to it.
//!
//! Nobody waits for days: the stories write the times of the past into the rows.

use chrono::{DateTime, TimeDelta, Utc};
use daybook::clock::Clock;
use daybook_tests::process::run_command;
use daybook_tests::{
    ADMIN_TOKEN, Api, Database, PATIENCE, Report, ResultStatus, RunFacts, ServerProcess, Socket,
    TestApp, eventually, on_both_databases,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// The tables that hold what belongs to a schedule.
const PARTS: [&str; 6] = [
    "schedule",
    "label",
    "expected_script",
    "result",
    "result_key",
    "correction",
];

/// `daybook prune` removes old closed schedules with all that belongs to them, and says before what it would do.
async fn old_schedules_go_whole(database: Database) {
    let server = ServerProcess::start(&database).await;
    let admin = server.admin();
    let old = a_closed_schedule(&admin).await;
    let recent = a_closed_schedule(&admin).await;
    let reopened = a_closed_schedule(&admin).await;
    let open = admin.open_schedule("open").await;
    for schedule in [old, reopened, open] {
        age(&database, schedule).await;
    }
    admin.reopen(reopened, "one more").await.data("");
    let mut socket = Socket::connect(&admin).await;
    let document = "subscription ($name: UUID!) { scheduleChanges(name: $name) { revision } }";
    socket
        .subscribe("feed", document, json!({ "name": old }))
        .await;
    socket.next().await;
    let before = sizes(&database).await;

    let said = prune(
        &database,
        &["--dry-run"],
        &[("DAYBOOK_KEEP_SCHEDULES_DAYS", "30")],
    )
    .await;

    assert!(said.starts_with("schedules closed before "), "{said}");
    assert!(said.ends_with(": 1 would go\n"), "{said}");
    assert_eq!(sizes(&database).await, before);

    let said = prune(&database, &["--keep-schedules-days=30"], &[]).await;

    assert!(said.ends_with(": 1 gone\n"), "{said}");
    for (table, (size, before)) in PARTS.iter().zip(sizes(&database).await.iter().zip(before)) {
        // Of the four schedules, only those that were closed once have parts.
        let gone = before / if *table == "schedule" { 4 } else { 3 };
        assert_eq!(*size, before - gone, "{table}");
    }
    assert_eq!(titles(&admin).await, ["open", "kept", "kept"]);
    assert_eq!(admin.all_results(recent).await.len(), 2);
    assert_eq!(socket.refused().await, "NOT_FOUND");
    let noted = pruned(&admin).await;
    assert_eq!(
        (&noted[0]["status"], &noted[0]["client"]),
        (&json!("SUCCESS"), &Value::Null)
    );
    let parameter = noted[0]["parameter"].as_str().expect("text");
    assert!(
        parameter.starts_with("schedules closed before "),
        "{parameter}"
    );

    let said = prune(&database, &["--keep-schedules-days=30"], &[]).await;
    assert!(said.ends_with(": 0 gone\n"), "{said}");
    assert_eq!(
        pruned(&admin).await.len(),
        1,
        "nothing went, so nothing is noted"
    );
}

/// More than one batch of entries.
async fn old_entries_go(database: Database) {
    let server = ServerProcess::start(&database).await;
    let rows = vec!["('2020-01-01 00:00:00.001', 'OLD', 'SUCCESS')"; 2_500].join(", ");
    execute(
        &database,
        &format!("INSERT INTO log (date, action, status) VALUES {rows}"),
    )
    .await;
    server.admin().open_schedule("recent").await;

    let said = prune(&database, &["--keep-log-days", "365"], &[]).await;

    assert!(
        said.starts_with("log entries written before ") && said.ends_with(": 2500 gone\n"),
        "{said}"
    );
    let left: Vec<String> = database.column("SELECT action FROM log ORDER BY id").await;
    assert_eq!(left, ["SCHEDULE_CREATE", "PRUNE"]);
}

/// More schedules and results than one transaction removes.
async fn many_schedules(database: Database) {
    let server = ServerProcess::start(&database).await;
    let admin = server.admin();
    for size in [700, 700, 3_000, 1, 1] {
        let schedule = admin.open_schedule("old").await;
        let reports: Vec<Report> = (0..size).map(Report::pass).collect();
        admin.report_batch(schedule, &reports).await.data("");
        admin.close(schedule).await.data("");
        age(&database, schedule).await;
    }

    let said = prune(&database, &["--keep-schedules-days=30"], &[]).await;

    assert!(said.ends_with(": 5 gone\n"), "{said}");
    assert_eq!(sizes(&database).await, [0; 6]);
}

/// Where nothing is set, everything is kept for ever.
async fn kept_for_ever(database: Database) {
    let server = ServerProcess::start(&database).await;
    let old = a_closed_schedule(&server.admin()).await;
    age(&database, old).await;

    let said = prune(&database, &[], &[]).await;

    assert!(said.contains("kept for ever"), "{said}");
    assert_eq!(titles(&server.admin()).await, ["kept"]);
}

/// Three servers, and one of them sweeps; what grows too old after that waits for the next day's sweep.
async fn one_of_several_sweeps(database: Database) {
    let first = ServerProcess::start(&database).await;
    let old = a_closed_schedule(&first.admin()).await;
    age(&database, old).await;

    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(sweeping_server(&database).await);
    }
    eventually("the old schedule is gone", PATIENCE, || async {
        titles(&first.admin()).await.is_empty().then_some(())
    })
    .await;
    let late = a_closed_schedule(&first.admin()).await;
    age(&database, late).await;
    servers.push(sweeping_server(&database).await);

    let mut sweeps = 0;
    for mut server in servers {
        server.terminate();
        server.exited().await;
        sweeps += server.log().matches("removed what is too old").count();
    }
    assert_eq!(sweeps, 1);
    assert_eq!(titles(&first.admin()).await, ["kept"]);
}

/// A server that died in the middle of a sweep holds the others up until its lease ends, and no longer.
async fn a_dead_sweeper(database: Database) {
    let first = ServerProcess::start(&database).await;
    let old = a_closed_schedule(&first.admin()).await;
    age(&database, old).await;
    execute(
        &database,
        "INSERT INTO lease (name, holder, expires_time) VALUES ('retention', 'dead', '2020-01-01 00:00:00.001')",
    )
    .await;

    let _second = sweeping_server(&database).await;

    eventually("the old schedule is gone", PATIENCE, || async {
        titles(&first.admin()).await.is_empty().then_some(())
    })
    .await;
}

/// Runs go with what they wrote. The last one of each task stays, no slot is run again, and a backup stays on record.
async fn old_runs_go(database: Database) {
    let clock = Clock::new();
    clock.set(at("2020-01-01T00:00:00Z").into());
    let app = TestApp::start_by(clock, database).await;
    let admin = app.admin();
    let daily = json!({
        "name": "daily", "scheduledTime": "2020-01-02T00:00:00Z", "recurrence": "DAILY", "catchUpPolicy": "ALL",
    });
    admin.create_task(daily).await.data("");
    let talk = json!({
        "name": "talk", "scheduledTime": "2999-01-01T00:00:00Z",
        "action": { "command": { "command": "sh", "arguments": ["echo hello; echo again"] } },
    });
    admin.create_task(talk).await.data("");
    for _ in 0..2 {
        let id: String = admin.run_task("talk").await.parse("/runTask/run/id");
        admin.ended(&id).await;
    }
    let backup = admin.backed_up("fixtures").await;
    assert_eq!(backup.status, "SUCCEEDED", "{backup:?}");
    app.clock().set(at("2020-01-05T12:00:00Z").into());
    let daily = runs_of(&admin, "daily", 4).await;
    let talk = admin.runs_of("talk").await;
    let backups = admin.query(BACKUPS, json!({})).await.data("/backups/nodes");

    let url = app.database();
    let said = prune(url, &["--dry-run"], &[("DAYBOOK_KEEP_RUNS_DAYS", "30")]).await;

    assert!(said.starts_with("runs ended before "), "{said}");
    assert!(said.ends_with(": 5 would go\n"), "{said}");
    assert_eq!(admin.runs_of("daily").await, daily);

    let said = prune(url, &["--keep-runs-days=30"], &[]).await;

    assert!(said.ends_with(": 5 gone\n"), "{said}");
    assert_eq!(admin.runs_of("daily").await, daily[3..]);
    assert_eq!(admin.runs_of("talk").await, talk[1..]);
    assert_eq!(admin.lines_of(&talk[1].id).await, ["hello", "again"]);
    let lines: i64 = url.value("SELECT COUNT(*) FROM run_output").await;
    assert_eq!(lines, 2, "what the others wrote is gone");
    let kept = admin.query(BACKUPS, json!({})).await.data("/backups/nodes");
    assert_eq!((&kept, kept[0].is_object()), (&backups, true));
    let gone = "query ($id: ID!) { run(id: $id) { id } }";
    let gone = admin.query(gone, json!({ "id": backup.id })).await;
    assert_eq!(gone.data("/run"), Value::Null);
    let last = "{ task(name: \"daily\") { lastRun { id } } }";
    let last = admin.query(last, json!({})).await.data("/task/lastRun/id");
    assert_eq!(last, json!(daily[3].id));

    app.clock().set(at("2020-01-06T12:00:00Z").into());
    let runs = runs_of(&admin, "daily", 2).await;
    let slots = runs.iter().map(|run| run.slot_time.to_rfc3339());
    assert_eq!(
        slots.collect::<Vec<_>>(),
        ["2020-01-05T00:00:00+00:00", "2020-01-06T00:00:00+00:00"]
    );
    admin.delete_task("talk").await.data("");
    let said = prune(url, &["--keep-runs-days=30"], &[]).await;
    assert!(
        said.ends_with(": 2 gone\n"),
        "a task that is gone keeps none: {said}"
    );
}

/// More runs and lines than one transaction removes; what has not ended stays, however old it is.
async fn many_runs(database: Database) {
    let mut server = ServerProcess::start(&database).await;
    // It has made the tables. Nobody takes a run that waits.
    server.kill().await;
    let old = "2020-01-01 00:00:00.001";
    let run = |number: u32| {
        let (status, finished) = match number {
            0 => ("QUEUED", "NULL".to_owned()),
            _ => ("SUCCEEDED", format!("'{old}'")),
        };
        format!(
            "({}, '{}', '{{\"kind\":\"command\",\"command\":\"gone\",\"arguments\":[]}}', '{old}', 1, 'MANUAL', '{status}', '{old}', {finished}, 0, 0, '{old}')",
            number + 1,
            Uuid::new_v4()
        )
    };
    let rows: Vec<_> = (0..=2_500).map(run).collect();
    execute(
        &database,
        &format!(
            "INSERT INTO run (run_id, run_guid, action, slot_time, attempt, run_trigger, status, created_time, finished_time,
             cancel_requested, revision, last_modify_time) VALUES {}",
            rows.join(", ")
        ),
    )
    .await;
    let lines = (1..=3_000).map(|line| format!("(7, {line}, 'STDOUT', 'line', '{old}')"));
    execute(
        &database,
        &format!(
            "INSERT INTO run_output (run_id, seq, stream, text, line_time) VALUES {}",
            lines.collect::<Vec<_>>().join(", ")
        ),
    )
    .await;

    let said = prune(&database, &["--keep-runs-days=1"], &[]).await;

    assert!(said.ends_with(": 2500 gone\n"), "{said}");
    let left: Vec<String> = database.column("SELECT status FROM run").await;
    assert_eq!(left, ["QUEUED"]);
    let lines: i64 = database.value("SELECT COUNT(*) FROM run_output").await;
    assert_eq!(lines, 0);
}

on_both_databases!(
    old_schedules_go_whole,
    old_entries_go,
    old_runs_go,
    many_runs,
    many_schedules,
    kept_for_ever,
    one_of_several_sweeps,
    a_dead_sweeper
);

const BACKUPS: &str = "{ backups { nodes { id file sha256 } } }";

/// A task's runs, when there are so many.
async fn runs_of(api: &Api, task: &str, count: usize) -> Vec<RunFacts> {
    eventually("the slots are settled", PATIENCE, || async {
        Some(api.runs_of(task).await).filter(|runs| runs.len() == count)
    })
    .await
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().expect("a time")
}

/// A schedule with something in each of [`PARTS`].
async fn a_closed_schedule(admin: &Api) -> Uuid {
    let input = json!({ "title": "kept", "labels": [{ "key": "os", "value": "linux" }], "expected": ["login"] });
    let schedule = admin
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    let result = admin
        .reported(
            schedule,
            Report::fail("login").key(Uuid::new_v4()).output("…"),
        )
        .await;
    admin
        .reported(schedule, Report::pass("logout").key(Uuid::new_v4()))
        .await;
    admin
        .amend(&result.id, ResultStatus::Pass, "the rig was broken")
        .await
        .data("");
    admin.close(schedule).await.data("");
    schedule
}

/// Makes a schedule a hundred days older.
async fn age(database: &Database, schedule: Uuid) {
    let time = Utc::now() - TimeDelta::days(100);
    let time = time.format("%F %T%.3f");
    let closed = format!("CASE WHEN closed_time IS NULL THEN NULL ELSE '{time}' END");
    execute(
        database,
        &format!("UPDATE schedule SET created_time = '{time}', closed_time = {closed} WHERE schedule_name = '{schedule}'"),
    )
    .await;
}

/// How many rows there are of each part of schedules.
async fn sizes(database: &Database) -> Vec<i64> {
    let mut sizes = Vec::new();
    for table in PARTS {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        sizes.push(database.value(&sql).await);
    }
    sizes
}

async fn titles(api: &Api) -> Vec<String> {
    let schedules = api
        .query("{ schedules { nodes { title } } }", json!({}))
        .await;
    let nodes: Vec<Value> = schedules.parse("/schedules/nodes");
    let title = |node: &Value| node["title"].as_str().expect("text").to_owned();
    nodes.iter().map(title).collect()
}

/// What the log says of pruning, newest first.
async fn pruned(api: &Api) -> Vec<Value> {
    let document =
        r#"{ logs(filter: { action: ["PRUNE"] }) { nodes { parameter status client { name } } } }"#;
    api.query(document, json!({})).await.parse("/logs/nodes")
}

/// Runs `daybook prune` to its end, and returns what it says.
async fn prune(database: &Database, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = [&["prune"], arguments].concat();
    let settings = [&[("DATABASE_URL", database.url())], settings].concat();
    let output = run_command(folder.path(), &arguments, &settings).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

async fn sweeping_server(database: &Database) -> ServerProcess {
    ServerProcess::start_with(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("DAYBOOK_KEEP_SCHEDULES_DAYS", "30"),
    ])
    .await
}

async fn execute(database: &Database, sql: &str) {
    let connection = database.connect().await;
    connection
        .execute_unprepared(sql)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    connection.close().await.expect("the connection closes");
}
