//! Backups as runs: asked for or by a task, followed, found again and restored; and how they end otherwise.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use daybook_tests::process::run_command;
use daybook_tests::{
    ADMIN_TOKEN, Api, Database, PATIENCE, RunFacts, ServerProcess, Socket, eventually,
    on_both_databases,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

/// A checkout with its history, links, empty folders and odd names is asked for with one mutation, and comes back as it was.
async fn a_checkout_and_back(database: Database) {
    let place = Place::new();
    let checkout = place.root("checkout");
    shell(&checkout, CHECKOUT).await;
    fs::write(
        checkout.join(std::ffi::OsStr::from_bytes(b"no \xff text")),
        "content",
    )
    .expect("a folder of our own");
    let server = place.server(&database).await;
    let admin = server.admin();

    let run = admin.backed_up(&checkout).await;

    assert_eq!(
        (run.status.as_str(), run.trigger.as_str(), run.percent),
        ("SUCCEEDED", "MANUAL", Some(100.0)),
        "{run:?}"
    );
    let backup = backup_of(&admin, &run.id).await;
    assert_eq!(backup["source"], json!(checkout));
    let file = backup["file"].as_str().expect("a name");
    let archive = place.backups().join(file);
    let size = fs::metadata(&archive).expect("it is there").len();
    assert_eq!(backup["sizeBytes"].to_string(), format!("{size}.0"));
    let summed = shell(&place.backups(), &format!("sha256sum {file}")).await;
    let digest = summed.split_whitespace().next().expect("a digest");
    assert_eq!(backup["sha256"], json!(digest));
    let listed = backups(&admin).await;
    assert_eq!(listed, std::slice::from_ref(&backup));
    let found = format!("query ($id: ID!) {{ node(id: $id) {{ ... on Backup {{ {BACKUP} }} }} }}");
    let found = admin.query(&found, json!({ "id": backup["id"] })).await;
    assert_eq!(found.data("/node"), backup);
    assert_eq!(
        on_the_log(&admin).await,
        [(folder(&checkout), "SUCCESS".into(), None)]
    );
    assert_eq!(counted(&admin).await, [1, 1, 0]);

    let said = place.daybook(&["backups", "list"]).await;
    assert!(said.contains(file), "{said}");
    let said = place.daybook(&["backups", "verify", file]).await;
    assert!(said.contains("by its digest"), "{said}");
    place
        .daybook(&["backups", "restore", file, "restored"])
        .await;
    let compare = "diff --recursive --no-dereference root/checkout restored/checkout";
    assert_eq!(shell(&place.path(""), compare).await, "");
    let log =
        "git -C restored/checkout log --format=%s && git -C restored/checkout status --porcelain";
    let log = shell(&place.path(""), log).await;
    assert!(log.starts_with("second\nfirst\n"), "{log}");
}

/// How far it is, as it goes, about once a second; what it left out, by name.
async fn followed(database: Database) {
    let place = Place::new();
    place.large_file(2_000_000_000);
    let _socket = UnixListener::bind(place.root("www/socket")).expect("a folder of our own");
    let server = place.server(&database).await;
    let admin = server.admin();
    let id: String = admin
        .run_backup(place.root("www"))
        .await
        .parse("/runBackup/run/id");
    let mut socket = Socket::connect(&admin).await;
    let changes = "subscription ($id: ID!) {
        runChanged(id: $id) { status percent startedTime finishedTime backup { file } }
    }";
    socket.subscribe("run", changes, json!({ "id": id })).await;

    let mut seen = Vec::new();
    let last = loop {
        let run = socket.next().await["data"]["runChanged"].clone();
        if run["status"] == "SUCCEEDED" {
            break run;
        }
        seen.extend(run["percent"].as_f64());
    };

    let is_under_way = |percent: &&f64| **percent > 0.0 && **percent < 100.0;
    assert!(
        seen.iter().any(|percent| is_under_way(&percent)),
        "{seen:?}"
    );
    assert!(seen.is_sorted(), "{seen:?}");
    let took = time(&last["finishedTime"]) - time(&last["startedTime"]);
    seen.dedup();
    let most = usize::try_from(took.num_seconds()).expect("not negative") + 2;
    assert!(seen.len() <= most, "{seen:?} in {took}");
    assert_eq!(last["percent"], json!(100.0));
    assert!(last["backup"]["file"].is_string(), "{last}");
    let said = format!(
        "{}: left out: a socket, a pipe or a device",
        place.root("www/socket").display()
    );
    assert_eq!(admin.lines_of(&id).await, [said]);
    let flaws = "sockets, pipes and devices left out: 1".to_owned();
    assert_eq!(
        on_the_log(&admin).await,
        [(folder(&place.root("www")), "SUCCESS".into(), Some(flaws))]
    );
}

/// Several of one folder in the same second have different names, and are listed page by page, the newest first.
async fn several_at_once(database: Database) {
    let place = Place::new();
    let server = place.server(&database).await;
    let admin = server.admin();

    let runs = join_all((0..5).map(|_| admin.backed_up(place.root("www")))).await;

    for run in &runs {
        assert_eq!(run.status, "SUCCEEDED", "{run:?}");
    }
    let listed = backups(&admin).await;
    let files: BTreeSet<&str> = listed
        .iter()
        .filter_map(|one| one["file"].as_str())
        .collect();
    assert_eq!(files.len(), 5, "{listed:?}");
    let seconds: BTreeSet<_> = files
        .iter()
        .map(|file| &file["www_".len().."www_".len() + 14])
        .collect();
    assert!(
        seconds.len() < 5,
        "some were begun in the same second: {files:?}"
    );
    assert_eq!(place.kept().len(), 10, "each with its digest");
    let times: Vec<_> = listed.iter().map(|one| time(&one["createdTime"])).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
}

/// A task backs up at its slot, as often as it falls due, and says each time what it did.
async fn by_a_task(database: Database) {
    let place = Place::new();
    let server = place.server(&database).await;
    let admin = server.admin();
    let time = Utc::now() + TimeDelta::seconds(4);
    let input = json!({ "name": "nightly", "scheduledTime": time, "action": backup_action(&place.root("www")) });

    let task = admin.create_task(input).await.data("/createTask/task");

    let action = json!({ "__typename": "BackupAction", "source": place.root("www") });
    assert_eq!(task["action"], action);
    let run = eventually("its slot was run", PATIENCE, || async {
        let runs = admin.runs_of("nightly").await;
        runs.into_iter().find(RunFacts::has_ended)
    })
    .await;
    assert_eq!(
        (run.status.as_str(), run.trigger.as_str()),
        ("SUCCEEDED", "SCHEDULED"),
        "{run:?}"
    );
    assert_eq!(backups(&admin).await, [backup_of(&admin, &run.id).await]);
    assert_eq!(
        on_the_log(&admin).await,
        [(folder(&place.root("www")), "SUCCESS".into(), None)]
    );
}

/// What may not be backed up is refused when it is asked for, with the field that names it, and is on the log.
async fn refused(database: Database) {
    let place = Place::new();
    fs::create_dir(place.path("private")).expect("a folder of our own");
    symlink(place.path("private"), place.root("www/way out")).expect("a folder of our own");
    let server = place.server(&database).await;
    let admin = server.admin();
    let refusals: [(PathBuf, &str); 8] = [
        ("/etc".into(), "outside"),
        (place.root("../private"), "outside"),
        (place.root("www/../../private"), "outside"),
        (place.root("www/way out"), "outside"),
        (place.root("missing"), "No such folder"),
        (place.root("www/file"), "not a folder"),
        (place.backups(), "outside"),
        (PathBuf::new(), "empty"),
    ];
    admin
        .create_task(json!({ "name": "task", "scheduledTime": in_a_year() }))
        .await
        .data("");
    for (source, reason) in &refusals {
        let answer = admin.run_backup(source).await;
        assert_eq!(
            (answer.code(), answer.field()),
            ("VALIDATION".into(), "source".into())
        );
        assert!(
            answer.message().contains(reason),
            "{}: {answer:?}",
            source.display()
        );
        let action = backup_action(source);
        let new = json!({ "name": "new", "scheduledTime": in_a_year(), "action": action });
        for answer in [
            admin.create_task(new).await,
            admin
                .update_task(json!({ "name": "task", "action": action }))
                .await,
        ] {
            assert_eq!(answer.field(), "action.backup.source", "{answer:?}");
        }
    }
    let long = admin.run_backup("x".repeat(4_097)).await;
    assert_eq!(long.code(), "TOO_LARGE");

    assert!(place.kept().is_empty());
    assert_eq!(counted(&admin).await, [9, 0, 9]);
    let noted = on_the_log(&admin).await;
    let (parameter, status, message) = noted.last().expect("the first is the oldest");
    assert_eq!(
        (parameter.as_str(), status.as_str()),
        ("Folder=/etc", "ERROR")
    );
    let message = message.as_deref().expect("why");
    assert!(message.contains("outside"), "{message}");
}

/// What was fine when it was asked for, and is not any more when it is run: it became a way out, or went away.
async fn refused_later(database: Database) {
    let place = Place::new();
    fs::create_dir(place.path("private")).expect("a folder of our own");
    let server = place.server(&database).await;
    let admin = server.admin();
    let source = place.root("www");
    let input =
        json!({ "name": "task", "scheduledTime": in_a_year(), "action": backup_action(&source) });
    admin.create_task(input).await.data("");
    fs::remove_dir_all(&source).expect("a folder of our own");
    for (reason, link) in [
        ("No such folder", None),
        ("outside", Some(place.path("private"))),
    ] {
        if let Some(target) = link {
            symlink(target, &source).expect("a folder of our own");
        }

        let id: String = admin.run_task("task").await.parse("/runTask/run/id");
        let run = admin.ended(&id).await;

        let said = run.reason.as_deref().expect("a reason");
        assert!(run.status == "FAILED" && said.contains(reason), "{run:?}");
        let noted = &on_the_log(&admin).await[0];
        assert_eq!(
            noted,
            &(folder(&source), "ERROR".into(), run.reason.clone())
        );
    }
    assert!(place.kept().is_empty());
}

/// A place for the backups that is none: the run says so, and so does the log.
async fn nowhere_to_write(database: Database) {
    let place = Place::new();
    let server = place.server(&database).await;
    fs::remove_dir(place.backups()).expect("a folder of our own");
    fs::write(place.backups(), "in the way").expect("a folder of our own");

    let run = server.admin().backed_up(place.root("www")).await;

    let reason = run.reason.clone().expect("a reason");
    assert!(
        run.status == "FAILED" && reason.contains("can't be written"),
        "{run:?}"
    );
    assert_eq!(
        on_the_log(&server.admin()).await,
        [(folder(&place.root("www")), "ERROR".into(), Some(reason))]
    );
    assert_eq!(counted(&server.admin()).await, [1, 0, 1]);
}

/// One that is called off, and one that takes too long: nothing is left of either.
async fn cut_short(database: Database) {
    let place = Place::new();
    place.large_file(ENDLESS);
    let server = place.server(&database).await;
    let admin = server.admin();
    let id: String = admin
        .run_backup(place.root("www"))
        .await
        .parse("/runBackup/run/id");
    place.is_under_way().await;

    admin.cancel_run(&id).await.data("");

    let run = admin.ended(&id).await;
    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("CANCELLED", Some("it was called off"))
    );
    assert!(place.kept().is_empty());

    let run = by_task(&admin, &place.root("www"), json!({ "timeoutSeconds": 1 })).await;
    let run = admin.ended(&run).await;
    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("TIMED_OUT", Some("it took longer than 1 s"))
    );
    assert!(place.kept().is_empty());
    assert_eq!(counted(&admin).await, [2, 0, 2]);
}

/// SIGTERM ends a backup within a moment, and the next server makes the attempt that is left.
async fn the_server_stops(database: Database) {
    let place = Place::new();
    place.large_file(ENDLESS);
    let mut server = place.server(&database).await;
    let admin = server.admin();
    let id = by_task(&admin, &place.root("www"), json!({ "maxAttempts": 2 })).await;
    place.is_under_way().await;

    server.terminate();
    assert!(server.exited().await.success(), "{}", server.log());

    assert!(place.kept().is_empty());
    place.large_file(1);
    server.restart().await;
    let run = admin.run(&id).await;
    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("FAILED", Some("the server was stopped"))
    );
    assert_eq!(second_attempt(&admin).await.status, "SUCCEEDED");
}

/// `kill -9` in the middle: the next start removes what is left, the run says why it failed, and is tried again.
async fn the_server_is_killed(database: Database) {
    let place = Place::new();
    place.large_file(ENDLESS);
    let mut server = place.server(&database).await;
    let admin = server.admin();
    let id = by_task(&admin, &place.root("www"), json!({ "maxAttempts": 2 })).await;
    place.is_under_way().await;

    server.kill().await;

    let left = place.kept();
    assert!(
        left.iter().all(|name| name.ends_with(".partial")),
        "{left:?}"
    );
    place.large_file(1);
    server.restart().await;
    assert!(place.kept().is_empty());
    let run = eventually("the run is found", Duration::from_mins(1), || async {
        Some(admin.run(&id).await).filter(RunFacts::has_ended)
    })
    .await;
    let reason = run.reason.as_deref().expect("a reason");
    assert!(run.status == "FAILED" && reason.contains("gone"), "{run:?}");
    assert_eq!(second_attempt(&admin).await.status, "SUCCEEDED");
    assert_eq!(backups(&admin).await.len(), 1);
    assert_eq!(place.kept().len(), 2, "the archive and its digest");
}

/// A server that is frozen in the middle comes back to a run that another one has given up, and removes what it had begun.
async fn frozen(database: Database) {
    let place = Place::new();
    place.large_file(ENDLESS);
    let server = place.server(&database).await;
    let id: String = server
        .admin()
        .run_backup(place.root("www"))
        .await
        .parse("/runBackup/run/id");
    place.is_under_way().await;
    server.freeze();
    let other = place.server(&database).await;
    let api = server.admin().through(other.address());

    let run = eventually("it is given up", Duration::from_mins(1), || async {
        Some(api.run(&id).await).filter(RunFacts::has_ended)
    })
    .await;
    assert_eq!(place.kept().len(), 1, "a live process's file is left alone");
    server.thaw();

    assert_eq!(run.status, "FAILED", "{run:?}");
    eventually("nothing is left", PATIENCE, || async {
        place.kept().is_empty().then_some(())
    })
    .await;
    assert_eq!(api.run(&id).await, run, "what happened since stays");
}

on_both_databases!(
    a_checkout_and_back,
    followed,
    several_at_once,
    by_a_task,
    refused,
    refused_later,
    nowhere_to_write,
    cut_short,
    the_server_stops,
    the_server_is_killed,
    frozen,
);

const BACKUP: &str = "id source file sizeBytes fileCount sha256 createdTime";

/// A file with a hole of this size takes minutes to read, and no room.
const ENDLESS: u64 = 200_000_000_000;

const CHECKOUT: &str = r#"
git init --quiet . && git config user.name Daybook && git config user.email daybook@example.org
echo one > file && git add . && git commit --quiet -m first
printf 'two\n' >> file && mkdir -p deep/er && echo x > 'deep/er/a "name" with $(odd) things'
ln -s ../file deep/link && ln -s /nowhere/at/all dangling && ln file 'another name'
git add . && git commit --quiet -m second
mkdir -p empty/er && touch "$(printf 'line\nbreak')" é🙂 && chmod 0700 empty && printf '' > ' '
git add . && git commit --quiet -m third && git reset --quiet --soft HEAD~1
"#;

/// A root that may be backed up, with the folder `www` in it, and a place for the backups beside it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let place = Self { folder };
        for name in ["www", "checkout"] {
            fs::create_dir_all(place.root(name)).expect("a folder of our own");
        }
        fs::write(place.root("www/file"), "content").expect("a folder of our own");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn root(&self, name: &str) -> PathBuf {
        self.path("root").join(name)
    }

    fn backups(&self) -> PathBuf {
        self.path("backup")
    }

    /// What is in the folder of the backups.
    fn kept(&self) -> Vec<String> {
        let entries = fs::read_dir(self.backups()).expect("the server has made it");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry.expect("a folder of our own")))
            .collect();
        names.sort();
        names
    }

    /// Puts a file into `www` that has a hole of this size, or makes the one that is there as large.
    fn large_file(&self, bytes: u64) {
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.root("www/large"))
            .expect("a folder of our own");
        file.set_len(bytes).expect("a file with a hole");
    }

    async fn server(&self, database: &Database) -> ServerProcess {
        let (backups, root) = (self.backups(), self.root(""));
        ServerProcess::start_with(&[
            ("DATABASE_URL", database.url()),
            ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
            ("BACKUP_FOLDER", backups.to_str().expect("text")),
            ("DAYBOOK_BACKUP_ROOTS", root.to_str().expect("text")),
        ])
        .await
    }

    /// Waits until some of an archive is written.
    async fn is_under_way(&self) {
        eventually("an archive is begun", PATIENCE, || async {
            let path = self.backups().join(self.kept().first()?);
            let size = fs::metadata(path).ok()?.len();
            (size > 0).then_some(())
        })
        .await;
    }

    /// Types a command of Daybook's where the backups are.
    async fn daybook(&self, arguments: &[&str]) -> String {
        let output = run_command(self.folder.path(), arguments, &[]).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}

/// Runs a script in a folder, and returns what it says.
async fn shell(folder: &Path, script: &str) -> String {
    let output = Command::new("bash")
        .args(["-euc", script])
        .current_dir(folder)
        .output()
        .await
        .expect("there is a bash");
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn backup_action(source: &Path) -> Value {
    json!({ "backup": { "source": source } })
}

/// Makes a task that backs a folder up, and runs it.
async fn by_task(api: &Api, source: &Path, more: Value) -> String {
    let mut input =
        json!({ "name": "task", "scheduledTime": in_a_year(), "action": backup_action(source) });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    api.create_task(input).await.data("");
    api.run_task("task").await.parse("/runTask/run/id")
}

async fn second_attempt(api: &Api) -> RunFacts {
    eventually("the next attempt has ended", PATIENCE, || async {
        let runs = api.runs_of("task").await;
        runs.into_iter()
            .find(|run| run.attempt == 2 && run.has_ended())
    })
    .await
}

async fn backup_of(api: &Api, run: &str) -> Value {
    let document = format!("query ($id: ID!) {{ run(id: $id) {{ backup {{ {BACKUP} }} }} }}");
    let run = api.query(&document, json!({ "id": run })).await;
    run.data("/run/backup")
}

/// All backups, read in pages of two.
async fn backups(api: &Api) -> Vec<Value> {
    let document = format!(
        "query ($after: String) {{
            backups(first: 2, after: $after) {{ nodes {{ {BACKUP} }} pageInfo {{ hasNextPage endCursor }} }}
        }}"
    );
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = api.query(&document, json!({ "after": after })).await;
        found.extend(page.parse::<Vec<Value>>("/backups/nodes"));
        if !page.parse::<bool>("/backups/pageInfo/hasNextPage") {
            return found;
        }
        after = page.data("/backups/pageInfo/endCursor");
    }
}

/// What the log says of backups, the newest first: parameter, status and message.
async fn on_the_log(api: &Api) -> Vec<(String, String, Option<String>)> {
    let document =
        "{ logs(filter: { action: [\"BACKUP\"] }) { nodes { parameter status message } } }";
    let nodes: Vec<Value> = api.query(document, json!({})).await.parse("/logs/nodes");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let entry = |node: &Value| {
        let parameter = text(&node["parameter"]).expect("a folder");
        let status = text(&node["status"]).expect("a status");
        (parameter, status, text(&node["message"]))
    };
    nodes.iter().map(entry).collect()
}

fn folder(source: &Path) -> String {
    format!("Folder={}", source.display())
}

/// How many backups there were, that succeeded, and that failed.
async fn counted(api: &Api) -> [i64; 3] {
    let document = "{ statistics { numberOfBackups successfulBackups failedBackups } }";
    let counted = api.query(document, json!({})).await.data("/statistics");
    ["numberOfBackups", "successfulBackups", "failedBackups"]
        .map(|field| counted[field].as_i64().expect("a number"))
}

fn time(value: &Value) -> DateTime<Utc> {
    serde_json::from_value(value.clone()).expect("a time")
}

fn in_a_year() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(365)
}
