//! Several server processes on one database: none is in charge, and a slot fires once.

use std::{fs::File, time::Duration};

use chrono::{TimeDelta, Utc};
use daybook_tests::{
    Api, Database, PATIENCE, Role, RunFacts, ServerProcess, Socket, eventually, on_both_databases,
};
use futures_util::future::join_all;
use nix::{sys::stat::Mode, unistd::mkfifo};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

const SETTINGS: &str =
    "[commands.sh]\nprogram = '/bin/sh'\narguments = ['-c']\nallow_arguments = true";
const TASKS: usize = 200;

/// Two hundred tasks in the same second on three servers, one of which is killed in the middle of it.
async fn two_hundred_at_once(database: Database) {
    let mut servers =
        join_all((0..3).map(|_| ServerProcess::start_with_file(&database, SETTINGS))).await;
    let operator = servers[0]
        .admin()
        .create_client("operator", Role::Operator)
        .await;
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    // No command ends before it is opened. So one server, which is at 128 runs at the most, can't take them all.
    let gate = folder.path().join("gate");
    mkfifo(&gate, Mode::S_IRWXU).expect("a pipe with a name");
    let due = Utc::now() + TimeDelta::seconds(15);
    let created = (0..TASKS).map(|number| {
        let traces = folder.path().join(number.to_string());
        let script = format!("echo x >> {}; : < {}", traces.display(), gate.display());
        let input = json!({
            "name": number.to_string(), "scheduledTime": due, "maxAttempts": 2,
            "action": { "command": { "command": "sh", "arguments": [script] } },
        });
        let operator = &operator;
        async move { operator.create_task(input).await.data("") }
    });
    join_all(created).await;
    assert!(Utc::now() < due, "all tasks are made before they are due");
    eventually(
        "the servers are at work",
        Duration::from_mins(1),
        || async {
            let begun = "SELECT COUNT(DISTINCT lease_holder) FROM run WHERE status = 'RUNNING'";
            (database.value::<i64>(begun).await >= 2).then_some(())
        },
    )
    .await;
    servers[1].kill().await;
    let open_gate = File::options().read(true).write(true).open(&gate);

    let api = operator.through(servers[2].address());
    let open = "SELECT COUNT(*) FROM run WHERE status IN ('QUEUED', 'RUNNING')";
    let slots = "SELECT COUNT(DISTINCT task_id) FROM run";
    eventually("every run has ended", Duration::from_mins(3), || async {
        let all_begun = database.value::<i64>(slots).await == 200;
        (all_begun && database.value::<i64>(open).await == 0).then_some(())
    })
    .await;

    let mut killed = 0;
    for number in 0..TASKS {
        let runs = api.runs_of(&number.to_string()).await;
        let statuses: Vec<_> = runs
            .iter()
            .map(|run| (run.attempt, run.status.as_str()))
            .collect();
        let traces = std::fs::read_to_string(folder.path().join(number.to_string()));
        let traces = traces.map_or(0, |text| text.lines().count());
        match statuses.as_slice() {
            [(1, "SUCCEEDED")] => assert_eq!(traces, 1, "{runs:?}"),
            [(1, "FAILED"), (2, "SUCCEEDED")] => {
                killed += 1;
                let reason = runs[0].reason.as_deref().expect("a reason");
                assert!(reason.contains("gone"), "{reason}");
                // The server may have died between taking the run and starting its command.
                assert!((1..=2).contains(&traces), "{runs:?}");
            }
            _ => panic!("task {number}: {runs:#?}"),
        }
        let is_in_time = |run: &RunFacts| run.trigger == "SCHEDULED" || run.trigger == "RETRY";
        assert!(runs.iter().all(is_in_time), "{runs:#?}");
    }
    drop(open_gate.expect("it is open until the last run has ended"));
    println!("{killed} of {TASKS} runs were the killed server's");
}

/// A run that is under way at one server is called off and followed at another.
async fn called_off_elsewhere(database: Database) {
    let (one, two) = (
        ServerProcess::start_with_file(&database, SETTINGS).await,
        ServerProcess::start_with_file(&database, "").await,
    );
    let admin = one.admin();
    let input = json!({
        "name": "talk", "scheduledTime": Utc::now() + TimeDelta::days(365),
        "action": { "command": { "command": "sh", "arguments": ["echo hello; sleep 600"] } },
    });
    admin.create_task(input).await.data("");
    let id = taken_by_the_first(&admin).await;
    let elsewhere = admin.through(two.address());
    let mut socket = Socket::connect(&elsewhere).await;
    let output = "subscription ($id: ID!) { runOutput(id: $id) { text } }";
    socket
        .subscribe("output", output, json!({ "id": id }))
        .await;
    assert_eq!(
        socket.next().await["data"]["runOutput"],
        json!([{ "text": "hello" }])
    );
    let mut follower = Socket::connect(&elsewhere).await;
    let changes = "subscription ($id: ID!) { runChanged(id: $id) { status } }";
    follower
        .subscribe("run", changes, json!({ "id": id }))
        .await;
    assert_eq!(
        follower.next().await["data"]["runChanged"]["status"],
        "RUNNING"
    );

    elsewhere.cancel_run(&id).await.data("");

    let mut status = Value::Null;
    while status != "CANCELLED" {
        status = follower.next().await["data"]["runChanged"]["status"].clone();
        assert!(status == "RUNNING" || status == "CANCELLED", "{status}");
    }
    assert_eq!(elsewhere.ended(&id).await.status, "CANCELLED");
}

/// Runs the task until the server that has its command took a run: the other one can only fail it.
async fn taken_by_the_first(api: &Api) -> String {
    eventually(
        "the server with the command takes a run",
        Duration::from_mins(1),
        || async {
            let id: String = api.run_task("talk").await.parse("/runTask/run/id");
            eventually(
                "it has begun or failed",
                Duration::from_secs(30),
                || async {
                    let has_begun = !api.lines_of(&id).await.is_empty();
                    (has_begun || api.run(&id).await.has_ended()).then_some(has_begun)
                },
            )
            .await
            .then_some(id)
        },
    )
    .await
}

/// A server that is frozen for longer than its lease comes back to a run that is no longer its own.
async fn frozen(database: Database) {
    let mut servers =
        join_all((0..2).map(|_| ServerProcess::start_with_file(&database, SETTINGS))).await;
    let admin = servers[0].admin();
    let gate = tempfile::NamedTempFile::new().expect("a temporary file");
    let parent = tempfile::NamedTempFile::new().expect("a temporary file");
    let script = format!(
        "echo $PPID > {}; while [ -e {} ]; do sleep 0.1; done",
        parent.path().display(),
        gate.path().display()
    );
    let input = json!({
        "name": "long", "scheduledTime": Utc::now() + TimeDelta::days(365),
        "action": { "command": { "command": "sh", "arguments": [script] } },
    });
    admin.create_task(input).await.data("");
    let id: String = admin.run_task("long").await.parse("/runTask/run/id");
    let parent = eventually("somebody is at it", Duration::from_secs(30), || async {
        let text = std::fs::read_to_string(parent.path()).expect("a file of our own");
        text.trim().parse::<i32>().ok()
    })
    .await;
    if servers[1].pid().as_raw() == parent {
        servers.swap(0, 1);
    }
    let holder: String = database.value("SELECT lease_holder FROM run").await;
    servers[0].freeze_between_writes().await;
    let other = admin.through(servers[1].address());
    let run = eventually("it is given up", Duration::from_mins(1), || async {
        Some(other.run(&id).await).filter(RunFacts::has_ended)
    })
    .await;
    servers[0].thaw();
    drop(gate);

    assert_eq!(run.status, "FAILED", "{run:?}");
    eventually(
        "the server has noticed",
        Duration::from_secs(30),
        || async {
            servers[0]
                .log()
                .contains("took this run for lost")
                .then_some(())
        },
    )
    .await;
    assert_eq!(other.run(&id).await, run, "what happened since stays");
    let still: String = database.value("SELECT lease_holder FROM run").await;
    assert_eq!(still, holder);
    for server in &mut servers {
        server.terminate();
        server.exited().await;
    }
}

/// A run whose row somebody has locked, as a server does that was frozen in the middle of something, holds up no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_run() {
    let database = Database::mariadb().await;
    let server = ServerProcess::start_with_file(&database, SETTINGS).await;
    let admin = server.admin();
    for name in ["locked", "free"] {
        let input = json!({
            "name": name, "scheduledTime": Utc::now() + TimeDelta::days(365),
            "action": { "command": { "command": "sh", "arguments": ["true"] } },
        });
        admin.create_task(input).await.data("");
    }
    let locked: String = admin.run_task("locked").await.parse("/runTask/run/id");
    admin.ended(&locked).await;
    let id: i64 = database.value("SELECT run_id FROM run").await;
    let connection = database.connect().await;
    let of_the_dead = format!(
        "UPDATE run SET status = 'RUNNING', lease_holder = '{}',
         lease_expires = UTC_TIMESTAMP(3) + INTERVAL 3 SECOND WHERE run_id = {id}",
        Uuid::new_v4()
    );
    let lock = format!("SELECT run_id FROM run WHERE run_id = {id} FOR UPDATE");
    for statement in [&of_the_dead, "BEGIN", &lock] {
        let done = connection.execute_unprepared(statement).await;
        done.expect("nobody is at the run");
    }
    let lost = "SELECT COUNT(*) FROM run WHERE lease_expires < UTC_TIMESTAMP(3)";
    eventually("its lease has ended", PATIENCE, || async {
        (database.value::<i64>(lost).await == 1).then_some(())
    })
    .await;

    let free: String = admin.run_task("free").await.parse("/runTask/run/id");

    assert_eq!(admin.ended(&free).await.status, "SUCCEEDED");
    assert!(!server.log().contains("could not do its work"));
    assert_eq!(admin.run(&locked).await.status, "RUNNING");
    let unlocked = connection.execute_unprepared("ROLLBACK").await;
    unlocked.expect("the lock is released");
    assert_eq!(admin.ended(&locked).await.status, "FAILED");
}

on_both_databases!(two_hundred_at_once, called_off_elsewhere, frozen);
