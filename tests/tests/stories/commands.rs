//! Commands: what they are given, what is kept of their output, and how they end, whether they like it or not.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use daybook_tests::{
    Api, Database, PATIENCE, RunFacts, ServerProcess, TestApp, eventually, on_both_databases,
};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::{Value, json};

/// A list of arguments stays one: no shell of ours reads it. The environment is the configured one, without secrets.
async fn arguments_and_environment(database: Database) {
    let app = TestApp::start(database).await;
    let script =
        r#"echo "$#:$1:$2"; echo "$GREETING,$DATABASE_URL,$DAYBOOK_ADMIN_TOKEN"; cat; pwd >&2"#;
    let run = run(
        &app.admin(),
        &[script, "name", "a b", "$(reboot); `x`"],
        json!({}),
    )
    .await;

    assert_eq!(
        (run.status.as_str(), run.exit_code),
        ("SUCCEEDED", Some(0)),
        "{run:?}"
    );
    let lines = app.admin().lines_of(&run.id).await;
    assert!(
        lines.contains(&"2:a b:$(reboot); `x`".to_owned()),
        "{lines:?}"
    );
    assert!(lines.contains(&"hello,,".to_owned()), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

/// What isn't UTF-8 is replaced, a long line comes in parts, and one without an end counts.
async fn odd_output(database: Database) {
    let app = TestApp::start(database).await;
    let script = r"printf 'a\377b\n'; head -c 20000 /dev/zero | tr '\0' x; printf '\nlast'";
    let run = run(&app.admin(), &[script], json!({})).await;

    let lines = app.admin().lines_of(&run.id).await;

    let lengths: Vec<_> = lines.iter().map(String::len).collect();
    assert_eq!(lengths, [5, 8_192, 8_192, 3_616, 4]);
    assert_eq!(
        (lines[0].as_str(), lines[4].as_str()),
        ("a\u{fffd}b", "last")
    );
}

/// A million lines: the first ten thousand are kept, the cut is noted, and memory stays flat.
async fn a_million_lines(database: Database) {
    let settings = "[commands.seq]\nprogram = 'seq'\nallow_arguments = true";
    let server = ServerProcess::start_with_file(&database, settings).await;
    let admin = server.admin();
    let before = resident_kilobytes(&server);
    let action = json!({ "command": { "command": "seq", "arguments": ["1000000"] } });
    let run = run_action(&admin, &action, json!({})).await;

    assert_eq!(run.status, "SUCCEEDED", "{run:?}");
    let kept: Vec<i64> = database.column("SELECT COUNT(*) FROM run_output").await;
    assert_eq!(kept, [10_001]);
    let last: String = database
        .value("SELECT text FROM run_output WHERE seq = 10001")
        .await;
    assert!(last.contains("not kept"), "{last}");
    let before_last: String = database
        .value("SELECT text FROM run_output WHERE seq = 10000")
        .await;
    assert_eq!(before_last, "10000");
    let grown = resident_kilobytes(&server) - before;
    assert!(grown < 40_000, "{grown} KB more than before");
}

/// One that ignores TERM is killed after 5 s, with all that it started.
async fn ignores_term(database: Database) {
    let app = TestApp::start(database).await;
    let pids = PidFile::new();
    let script = format!(
        "trap '' TERM; sleep 600 & echo $! > {pids}; echo $$ >> {pids}; while :; do sleep 1; done"
    );
    let run = run(&app.admin(), &[&script], json!({ "timeoutSeconds": 1 })).await;

    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("TIMED_OUT", Some("it took longer than 1 s")),
        "{run:?}"
    );
    let took = run.finished_time.expect("it has ended") - run.started_time.expect("it began");
    assert!(took >= TimeDelta::seconds(6), "{took}");
    pids.are_gone(2).await;
}

/// One that obeys has time to tidy up.
async fn obeys_term(database: Database) {
    let app = TestApp::start(database).await;
    let script = "trap 'echo tidied up; exit 3' TERM; while :; do sleep 0.1; done";
    let run = run(&app.admin(), &[script], json!({ "timeoutSeconds": 1 })).await;

    assert_eq!(
        (run.status.as_str(), run.exit_code),
        ("TIMED_OUT", Some(3)),
        "{run:?}"
    );
    let lines = app.admin().lines_of(&run.id).await;
    assert!(lines.contains(&"tidied up".to_owned()), "{lines:?}");
}

/// One that leaves a child behind: the run ends with the command, and the child with it.
async fn leaves_a_child_behind(database: Database) {
    let app = TestApp::start(database).await;
    let pids = PidFile::new();
    let script = format!("sleep 600 & echo $! > {pids}; echo done");
    let run = run(&app.admin(), &[&script], json!({})).await;

    assert_eq!(run.status, "SUCCEEDED", "{run:?}");
    assert_eq!(app.admin().lines_of(&run.id).await, ["done"]);
    pids.are_gone(1).await;
}

/// One that was called off while it ran.
async fn called_off(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let pids = PidFile::new();
    let script = format!("echo $$ > {pids}; sleep 600");
    let id = begin(&admin, &[&script], json!({ "maxAttempts": 3 })).await;
    pids.are_written(1).await;

    admin.cancel_run(&id).await.data("");

    let run = admin.ended(&id).await;
    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("CANCELLED", Some("it was called off"))
    );
    pids.are_gone(1).await;
    assert_eq!(admin.cancel_run(&id).await.code(), "CONFLICT");
    assert_eq!(
        admin.runs_of("task").await.len(),
        1,
        "what was called off is not tried again"
    );
}

/// A program that isn't there, and a command that was taken out of the settings since.
async fn cannot_be_started(database: Database) {
    let settings =
        "[commands.gone]\nprogram = '/nowhere/to/be/found'\n[commands.later]\nprogram = 'true'";
    let mut server = ServerProcess::start_with_file(&database, settings).await;
    let admin = server.admin();
    let commands = admin.query("{ commands }", json!({})).await;
    assert_eq!(commands.data("/commands"), json!(["gone", "later"]));
    let gone = json!({ "command": { "command": "gone" } });
    let run = run_action(&admin, &gone, json!({})).await;
    let reason = run.reason.as_deref().expect("a reason");
    assert!(
        run.status == "FAILED" && reason.contains("/nowhere/to/be/found"),
        "{run:?}"
    );
    let refused = json!({ "name": "more", "scheduledTime": in_a_year(), "action": { "command": { "command": "later", "arguments": ["x"] } } });
    assert_eq!(
        admin.create_task(refused).await.field(),
        "action.command.arguments"
    );

    let later = json!({ "name": "later", "scheduledTime": in_a_year(), "action": { "command": { "command": "later" } } });
    admin.create_task(later).await.data("");
    server.terminate();
    server.exited().await;
    let server = ServerProcess::start_with_file(&database, "").await;
    let admin = server.admin();
    let id = admin.run_task("later").await.data("/runTask/run/id");
    let run = admin.ended(id.as_str().expect("an id")).await;
    assert_eq!(
        run.reason.as_deref(),
        Some("this server has no command later configured")
    );
}

/// SIGTERM of the server ends its commands, and each run says so; what attempts are left are made by the next server.
async fn the_server_stops(database: Database) {
    let (
        mut server,
        AtWork {
            run: id,
            pids,
            gate,
        },
    ) = at_work(&database).await;

    server.terminate();
    assert!(server.exited().await.success(), "{}", server.log());
    pids.are_gone(1).await;

    drop(gate);
    server.restart().await;
    let admin = server.admin();
    let run = admin.run(&id).await;
    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("FAILED", Some("the server was stopped"))
    );
    let retry = second_attempt(&admin).await;
    assert_eq!(
        (retry.status.as_str(), retry.trigger.as_str()),
        ("SUCCEEDED", "RETRY")
    );
}

/// A server that is killed leaves a run that nobody is at: it is found, says so, and is tried again.
async fn the_server_is_killed(database: Database) {
    let (
        mut server,
        AtWork {
            run: id,
            gate,
            pids: _pids,
        },
    ) = at_work(&database).await;

    server.kill().await;
    drop(gate);
    server.restart().await;

    let admin = server.admin();
    let run = eventually("the run is found", Duration::from_mins(1), || async {
        Some(admin.run(&id).await).filter(RunFacts::has_ended)
    })
    .await;
    let reason = run.reason.as_deref().expect("a reason");
    assert!(run.status == "FAILED" && reason.contains("gone"), "{run:?}");
    let retry = second_attempt(&admin).await;
    assert_eq!(retry.status, "SUCCEEDED");
}

on_both_databases!(
    arguments_and_environment,
    odd_output,
    a_million_lines,
    ignores_term,
    obeys_term,
    leaves_a_child_behind,
    called_off,
    cannot_be_started,
    the_server_stops,
    the_server_is_killed,
);

/// A run whose command goes on until its gate is dropped.
struct AtWork {
    run: String,
    pids: PidFile,
    gate: tempfile::NamedTempFile,
}

/// A server that is at such a run, the first of two attempts.
async fn at_work(database: &Database) -> (ServerProcess, AtWork) {
    let settings = "[commands.sh]\nprogram = '/bin/sh'\narguments = ['-c']\nallow_arguments = true";
    let server = ServerProcess::start_with_file(database, settings).await;
    let pids = PidFile::new();
    let gate = tempfile::NamedTempFile::new().expect("a file");
    let script = format!(
        "echo $$ >> {pids}; while [ -e {} ]; do sleep 0.1; done",
        gate.path().display()
    );
    let run = begin(&server.admin(), &[&script], json!({ "maxAttempts": 2 })).await;
    pids.are_written(1).await;
    (server, AtWork { run, pids, gate })
}

/// The second attempt, when it has ended.
async fn second_attempt(api: &Api) -> RunFacts {
    eventually("the next attempt has ended", PATIENCE, || async {
        let runs = api.runs_of("task").await;
        runs.into_iter()
            .find(|run| run.attempt == 2 && run.has_ended())
    })
    .await
}

/// Runs a script of `sh` to its end, with further fields of the task.
async fn run(api: &Api, arguments: &[&str], more: Value) -> RunFacts {
    let id = begin(api, arguments, more).await;
    api.ended(&id).await
}

async fn begin(api: &Api, arguments: &[&str], more: Value) -> String {
    let action = json!({ "command": { "command": "sh", "arguments": arguments } });
    begin_action(api, &action, more).await
}

async fn run_action(api: &Api, action: &Value, more: Value) -> RunFacts {
    let id = begin_action(api, action, more).await;
    api.ended(&id).await
}

async fn begin_action(api: &Api, action: &Value, more: Value) -> String {
    let mut input = json!({ "name": "task", "scheduledTime": in_a_year(), "action": action });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    api.create_task(input).await.data("");
    api.run_task("task").await.parse("/runTask/run/id")
}

fn in_a_year() -> chrono::DateTime<Utc> {
    Utc::now() + TimeDelta::days(365)
}

/// A file in which a command leaves the ids of its processes.
struct PidFile(tempfile::NamedTempFile);

impl PidFile {
    fn new() -> Self {
        Self(tempfile::NamedTempFile::new().expect("a temporary file"))
    }

    fn pids(&self) -> Vec<Pid> {
        let text = std::fs::read_to_string(self.0.path()).expect("a file of our own");
        let pid = |line: &str| Pid::from_raw(line.parse().expect("a process id"));
        text.lines().map(pid).collect()
    }

    async fn are_written(&self, count: usize) {
        eventually("the command runs", PATIENCE, || async {
            (self.pids().len() >= count).then_some(())
        })
        .await;
    }

    /// Waits until none of them is there any more.
    async fn are_gone(&self, count: usize) {
        let pids = self.pids();
        assert_eq!(pids.len(), count);
        eventually(&format!("{pids:?} are gone"), PATIENCE, || async {
            pids.iter().all(|pid| is_gone(*pid)).then_some(())
        })
        .await;
    }
}

impl std::fmt::Display for PidFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.path().display().fmt(f)
    }
}

/// Whether a process has ended. One that nobody has waited for yet has, too.
fn is_gone(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    kill(pid, None).is_err() || status.contains(") Z ")
}

fn resident_kilobytes(server: &ServerProcess) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()));
    let status = status.expect("the server runs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("it has memory");
    let number = line.split_whitespace().nth(1).expect("a number");
    number.parse().expect("a number")
}
