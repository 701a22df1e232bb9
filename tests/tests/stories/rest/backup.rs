//! The remote backup: one POST that waits until the archive is there, and the log of what was done.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use chrono::{TimeDelta, Utc};
use daybook::config::Config;
use daybook_tests::{
    ADMIN_TOKEN, Answer, Api, Credential, Database, PATIENCE, ServerProcess, TestApp, eventually,
    on_both_databases, within,
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::{People, invalid, refusal, shown};

/// By a form and by JSON, the answer comes when the archive is there, and names it with its digest.
async fn made(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let operator = People::of(&app.admin()).await.operator;
    let folder = place.root("www");

    let by_form = post(&operator, &folder).await;
    let by_json = operator
        .send_json(Method::POST, "/backup", &json!({ "path": folder }))
        .await;

    let listed = "{ backups { nodes { file sha256 source } } }";
    let listed = operator
        .query(listed, json!({}))
        .await
        .data("/backups/nodes");
    for (answer, place) in [(by_form, 1), (by_json, 0)] {
        let (status, body) = shown(&answer);
        let backup = &listed[place];
        assert_eq!(status, 201, "{answer:?}");
        assert_eq!(
            body,
            json!({ "message": "Backup Completed", "file": backup["file"], "sha256": backup["sha256"] })
        );
        assert_eq!(backup["source"], json!(folder));
    }
    let entry = json!({ "action": "BACKUP", "parameter": parameter(&folder), "status": "SUCCESS" });
    assert_eq!(read_log(&operator, "").await, [entry.clone(), entry]);
    assert_eq!(figures(&operator).await, [2, 2, 0]);
}

/// What can't be backed up. Each attempt is one entry of the log, whatever it ended in.
async fn refused(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let people = People::of(&app.admin()).await;
    let operator = &people.operator;
    symlink("/etc", place.root("www/way out")).expect("a folder of our own");
    let missing = place.root("missing");
    let told = |answer: &Answer| {
        let (status, body) = shown(answer);
        assert_eq!(
            body.as_object().map(serde_json::Map::len),
            Some(1),
            "{answer:?}"
        );
        (status, body["message"].as_str().expect("a text").to_owned())
    };
    let mut noted = Vec::new();

    let answer = post(operator, &missing).await;
    let no_such_folder = format!("No such folder: {}", missing.display());
    assert_eq!(told(&answer), (404, no_such_folder));
    noted.push(missing);
    let file = place.root("www/file");
    let answer = post(operator, &file).await;
    assert_eq!(told(&answer).0, 404);
    noted.push(file);
    let knot = TempDir::new().expect("a temporary folder");
    for (from, to) in [("a", "b"), ("b", "a")] {
        symlink(knot.path().join(to), knot.path().join(from)).expect("a folder of our own");
    }
    for outside in [
        knot.path().join("a/folder"),
        PathBuf::from(format!("/etc/{}", "x".repeat(300))),
        PathBuf::from("/etc"),
        PathBuf::from("/no/such/folder"),
        place.root("www/../../elsewhere"),
        place.root("www/way out"),
    ] {
        let answer = post(operator, &outside).await;
        assert_eq!(refusal(&answer), (403, "FORBIDDEN".into()), "{answer:?}");
        noted.push(outside);
    }
    let nothing = [
        operator.post_form("/backup", &[]).await,
        operator
            .post_form("/backup", &[("path_to_folder", "")])
            .await,
        operator.post_form("/backup", &[("path", "/srv")]).await,
        operator
            .send_json(Method::POST, "/backup", &json!({}))
            .await,
        operator
            .send_json(Method::POST, "/backup", &json!({ "path": null }))
            .await,
        operator.post("/backup", "application/json", "").await,
        Answer::of(operator.request(Method::POST, "/backup"))
            .await
            .expect("an answer"),
    ];
    for answer in nothing {
        assert_eq!(told(&answer), (400, "No folder path supplied".into()));
        noted.push(PathBuf::new());
    }
    let answer = post(operator, Path::new("a\0b")).await;
    assert_eq!(invalid(&answer, "source"), 422);
    noted.push("a\0b".into());
    let answer = post(operator, Path::new(&"x".repeat(300))).await;
    assert_eq!(
        refusal(&answer),
        (403, "FORBIDDEN".into()),
        "no file system has such a name"
    );
    noted.push("x".repeat(300).into());
    for low in [&people.viewer, &people.reporter] {
        let answer = post(low, &place.root("www")).await;
        assert_eq!(refusal(&answer), (403, "FORBIDDEN".into()));
        noted.push(place.root("www"));
    }

    let logged = read_log(operator, "").await;
    let expected: Vec<_> = noted
        .iter()
        .map(|folder| json!({ "action": "BACKUP", "parameter": parameter(folder), "status": "ERROR" }))
        .collect();
    assert_eq!(logged, expected);
    let count = i64::try_from(noted.len()).expect("a few");
    assert_eq!(figures(operator).await, [count, 0, count]);
    assert!(place.kept().is_empty());
}

/// A copy that fails is a 500 that says why, and an entry that says ERROR.
async fn a_copy_that_fails(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    fs::remove_dir(place.backups()).expect("a folder of our own");
    fs::write(place.backups(), "in the way").expect("a folder of our own");

    let answer = post(&app.admin(), &place.root("www")).await;

    let (status, body) = shown(&answer);
    assert_eq!(status, 500);
    let message = body["message"].as_str().expect("a text");
    assert!(message.contains("can't be written"), "{message}");
    let entry = json!({ "action": "BACKUP", "parameter": parameter(&place.root("www")), "status": "ERROR" });
    assert_eq!(read_log(&app.admin(), "").await, [entry]);
    assert_eq!(figures(&app.admin()).await, [1, 0, 1]);
}

/// A client that leaves ends its waiting, and not the backup; one that is called off is told so.
async fn a_client_that_leaves(database: Database) {
    let place = Place::new();
    let large = File::create(place.root("www/large")).expect("a folder of our own");
    large.set_len(200_000_000_000).expect("a file with a hole");
    let app = place.app(database).await;
    let admin = app.admin();
    let waiting = tokio::spawn({
        let (admin, folder) = (admin.clone(), place.root("www"));
        async move { post(&admin, &folder).await }
    });
    let run = run_under_way(&admin).await;
    let other = tokio::spawn({
        let (admin, folder) = (admin.clone(), place.root("www"));
        async move { post(&admin, &folder).await }
    });
    let other_run = eventually("both are under way", PATIENCE, || async {
        let running = running(&admin).await;
        running.into_iter().find(|id| *id != run)
    })
    .await;

    waiting.abort();
    assert!(waiting.await.expect_err("it was aborted").is_cancelled());
    admin.cancel_run(&other_run).await.data("");

    let told = within("an answer", PATIENCE, other)
        .await
        .expect("no panic");
    let (status, body) = shown(&told);
    assert_eq!(status, 500);
    let message = body["message"].as_str().expect("a text");
    assert!(message.contains("called off"), "{message}");
    // By now the server has long noticed that the other client left.
    assert_eq!(running(&admin).await, std::slice::from_ref(&run));
    admin.cancel_run(&run).await.data("");
}

/// It waits as well where another process on the same database makes the backup, for this one has its hands full.
async fn another_process_makes_it(database: Database) {
    const AT_ONCE: usize = 128;
    let place = Place::new();
    let busy = place.app(database).await;
    let admin = busy.admin();
    let input = json!({
        "name": "endless", "scheduledTime": "2999-01-01T00:00:00Z", "overlapPolicy": "ALLOW",
        "action": { "command": { "command": "sh", "arguments": ["exec sleep 1000"] } },
    });
    admin.create_task(input).await.data("");
    for _ in 0..AT_ONCE {
        admin.run_task("endless").await.data("");
    }
    eventually("all hands are full", PATIENCE * 2, || async {
        (running(&admin).await.len() == 100).then_some(())
    })
    .await;
    let waiting = "{ runs(status: [QUEUED], first: 1) { nodes { id } } }";
    eventually("nothing waits", PATIENCE * 2, || async {
        let queued = admin.query(waiting, json!({})).await.data("/runs/nodes");
        (queued == json!([])).then_some(())
    })
    .await;
    let (root, backups) = (place.root(""), place.path("backups of the other"));
    let other = ServerProcess::start_with(&[
        ("DATABASE_URL", busy.database().url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("BACKUP-FOLDER", backups.to_str().expect("text")),
        ("DAYBOOK_BACKUP_ROOTS", root.to_str().expect("text")),
    ])
    .await;

    let answer = post(&admin, &place.root("www")).await;

    let (status, body) = shown(&answer);
    assert_eq!(status, 201, "{answer:?} {}", other.log());
    let file = body["file"].as_str().expect("a name");
    assert!(
        backups.join(file).exists(),
        "made where the other keeps its own"
    );
    assert!(place.kept().is_empty());
}

/// Parts of the log by day, both ends included.
async fn the_log_by_day(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let admin = app.admin();
    // What others do is no business of this log's.
    admin.open_schedule("nightly").await;
    post(&admin, &place.root("www")).await;
    let days = |days: i64| {
        (Utc::now() + TimeDelta::days(days))
            .format("%Y-%m-%d")
            .to_string()
    };
    let (yesterday, today, tomorrow) = (days(-1), days(0), days(1));

    let backups = |query: String| {
        let admin = &admin;
        async move {
            let logged = read_log(admin, &query).await;
            logged
                .iter()
                .filter(|entry| entry["action"] == "BACKUP")
                .count()
        }
    };
    for (query, count) in [
        (format!("?start={yesterday}&end={tomorrow}"), 1),
        (format!("?start={today}"), 1),
        (format!("?end={tomorrow}"), 1),
        (format!("?start={tomorrow}"), 0),
        (format!("?end={yesterday}"), 0),
        ("?start=0000-01-01&end=9999-12-31".to_owned(), 1),
    ] {
        assert_eq!(backups(query.clone()).await, count, "{query}");
    }
    // Midnight may come in between, but not twice.
    let (before, after) = (
        days(0),
        backups(format!("?start={today}&end={today}")).await,
    );
    assert!(after == 1 || before != days(0));
    for query in [
        "?start=2024-02-29&end=2024-02-28",
        "?start=",
        "?end=yesterday",
        "?start=2023-02-29",
        "?start=2024-2-1",
        "?start=20240201",
    ] {
        let answer = admin.get(&format!("/log{query}")).await;
        assert_eq!(
            shown(&answer),
            (400, json!({ "message": "Invalid Dates" })),
            "{query}"
        );
    }
    let logged = read_log(&admin, "").await;
    let reads: Vec<_> = logged
        .iter()
        .filter(|entry| entry["action"] == "GET LOGS")
        .collect();
    assert_eq!(
        reads[0]["parameter"],
        format!("Start={yesterday} End={tomorrow}")
    );
    let refused = reads.iter().filter(|entry| entry["status"] == "ERROR");
    assert_eq!(refused.count(), 6, "{reads:?}");
}

/// The two reads are on the log when they come through these routes, and not when they come by another.
async fn reads_are_logged(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let viewer = People::of(&app.admin()).await.viewer;
    assert_eq!(read_log(&viewer, "").await, Vec::<Value>::new());
    assert_eq!(figures(&viewer).await, [0, 0, 0]);
    let elsewhere = "{ logs { nodes { id } } statistics { numberOfBackups } }";
    viewer.query(elsewhere, json!({})).await.data("");

    let answer = viewer.get("/log").await;

    let (_, body) = shown(&answer);
    let entries = body.as_array().expect("a list");
    assert_eq!(entries.len(), 2, "{body}");
    for (entry, action) in entries.iter().zip(["GET LOGS", "GET STATS"]) {
        let date = entry["date"].as_str().expect("a text");
        assert!(date.ends_with('Z'), "{date}");
        let date: chrono::DateTime<Utc> = date.parse().expect("a time");
        assert!((Utc::now() - date).num_seconds() < 60);
        let expected = json!({ "date": entry["date"], "action": action, "parameter": "", "status": "SUCCESS" });
        assert_eq!(*entry, expected);
    }
    let head = Answer::of(viewer.request(Method::HEAD, "/log")).await;
    assert_eq!(head.expect("an answer").status, 200);
    let document = "{ logs(filter: { action: [\"GET LOGS\"] }) { nodes { client { name } } } }";
    let noted = app.admin().query(document, json!({})).await;
    let noted = noted.data("/logs/nodes");
    let by = json!({ "client": { "name": "viewer" } });
    assert_eq!(noted, json!([by, by, by]));
}

/// A log of more entries than are read at once comes as one list, in the order of time.
async fn a_long_log(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let viewer = People::of(&app.admin()).await.viewer;
    for _ in 0..21 {
        let some = (0..50).map(|_| viewer.get("/stat"));
        futures_util::future::join_all(some).await;
    }
    let (_, body) = shown(&viewer.get("/log").await);
    let dates: Vec<_> = body
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["date"].to_string())
        .collect();
    assert_eq!(dates.len(), 1_050);
    assert!(dates.is_sorted());
}

/// Who is not known, other types and methods; every path as it is typed; and the dashboard's own pages beside it.
async fn no_requests(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let admin = app.admin();
    let unknown = admin.with(Credential::Token("dbk_of_nobody_at_all".into()));
    for nobody in [&app.anonymous(), &unknown] {
        for answer in [
            post(nobody, &place.root("www")).await,
            nobody.get("/log").await,
            nobody.get("/stat").await,
        ] {
            assert_eq!(refusal(&answer), (401, "UNAUTHENTICATED".into()));
        }
    }
    let unread = app
        .anonymous()
        .send_json(Method::POST, "/backup", &json!([]))
        .await;
    assert_eq!(refusal(&unread), (401, "UNAUTHENTICATED".into()));
    assert_eq!(
        figures(&admin).await,
        [0, 0, 0],
        "nobody's attempts leave no entry"
    );
    let text = admin.post("/backup", "text/plain", "www").await;
    assert_eq!(invalid(&text, "Content-Type"), 415);
    let broken = admin.post("/backup", "application/json", "{").await;
    assert_eq!((refusal(&broken).0, invalid(&broken, "body")), (400, 400));
    let list = admin.send_json(Method::POST, "/backup", &json!([])).await;
    assert_eq!(invalid(&list, "body"), 422);
    let number = admin
        .send_json(Method::POST, "/backup", &json!({ "path": 1 }))
        .await;
    assert_eq!(invalid(&number, "path"), 422);
    let large = "x".repeat(8 * 1024 * 1024 + 1);
    let large = admin.post("/backup", "application/json", large).await;
    assert_eq!(refusal(&large), (413, "TOO_LARGE".into()));
    assert_eq!(figures(&admin).await, [5, 0, 5], "each is an attempt");
    for path in ["/backup", "/backup/"] {
        let got = admin.get(path).await;
        assert_eq!(
            (invalid(&got, "method"), got.header("allow")),
            (405, "POST")
        );
        let folder = place.root("www");
        let fields = [("path_to_folder", folder.to_str().expect("text"))];
        assert_eq!(admin.post_form(path, &fields).await.status, 201, "{path}");
    }
    for path in ["/log", "/log/", "/stat", "/stat/"] {
        assert_eq!(admin.get(path).await.status, 200, "{path}");
        let posted = admin.post_form(path, &[]).await;
        assert_eq!(
            (invalid(&posted, "method"), posted.header("allow")),
            (405, "GET,HEAD")
        );
    }
    for page in [
        "/backups",
        "/logs",
        "/statistics",
        "/tasks",
        "/schedules",
        "/schedule",
    ] {
        let answer = app.anonymous().get(page).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{page}"
        );
    }
}

/// The log of somebody without credentials, where the operator lets such people read: it is shown, and leaves no entry.
async fn public_reading(database: Database) {
    let app = TestApp::start_with(
        database,
        Config {
            public_read: true,
            ..Config::default()
        },
    )
    .await;
    assert_eq!(figures(&app.anonymous()).await, [0, 0, 0]);
    assert_eq!(read_log(&app.anonymous(), "").await, Vec::<Value>::new());
    assert_eq!(read_log(&app.admin(), "").await, Vec::<Value>::new());
}

/// As the original's README has it: a real curl with a form, and one with JSON.
async fn by_curl(database: Database) {
    let place = Place::new();
    let app = place.app(database).await;
    let (url, folder) = (app.address(), place.root("www"));
    for how in [
        format!("-d path_to_folder={}", folder.display()),
        format!(
            "-H 'Content-Type: application/json' -d '{{\"path\": \"{}\"}}'",
            folder.display()
        ),
    ] {
        let script = format!(
            "curl -sS -w ' %{{http_code}}' -H 'Authorization: Bearer {ADMIN_TOKEN}' {how} http://{url}/backup"
        );
        let output = Command::new("bash").args(["-euc", &script]).output().await;
        let answer = String::from_utf8(output.expect("there is a bash").stdout).expect("text");
        assert!(
            answer.starts_with(r#"{"message":"Backup Completed","file":"www_"#),
            "{answer}"
        );
        assert!(answer.ends_with("} 201"), "{answer}");
    }
}

on_both_databases!(
    made,
    refused,
    a_copy_that_fails,
    a_client_that_leaves,
    another_process_makes_it,
    the_log_by_day,
    reads_are_logged,
    a_long_log,
    no_requests,
    public_reading,
    by_curl,
);

/// A root that may be backed up, with the folder `www` in it, and a place for the backups beside it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let place = Self { folder };
        fs::create_dir_all(place.root("www")).expect("a folder of our own");
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

    fn kept(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.backups()).expect("the server has made it");
        let path =
            |entry: std::io::Result<fs::DirEntry>| entry.expect("a folder of our own").path();
        entries.map(path).collect()
    }

    async fn app(&self, database: Database) -> TestApp {
        let root = self.root("").to_str().expect("text").to_owned();
        TestApp::start_backing_up(database, self.backups(), root.try_into().expect("a folder"))
            .await
    }
}

/// Asks for a backup with a form.
async fn post(api: &Api, folder: &Path) -> Answer {
    let folder = folder.to_str().expect("text");
    api.post_form("/backup", &[("path_to_folder", folder)])
        .await
}

/// The entries of the log, each without its date.
async fn read_log(api: &Api, query: &str) -> Vec<Value> {
    let (status, body) = shown(&api.get(&format!("/log{query}")).await);
    assert_eq!(status, 200, "{body}");
    let mut entries = body.as_array().expect("a list").clone();
    for entry in &mut entries {
        let entry = entry.as_object_mut().expect("an object");
        assert!(entry.remove("date").is_some());
    }
    entries
}

/// How many backups there were, that succeeded, and that failed.
async fn figures(api: &Api) -> [i64; 3] {
    let (status, body) = shown(&api.get("/stat").await);
    assert_eq!(
        (status, body.as_object().map(serde_json::Map::len)),
        (200, Some(3)),
        "{body}"
    );
    ["number-of-backups", "successful-backups", "failed-backups"]
        .map(|field| body[field].as_i64().expect("a number"))
}

fn parameter(folder: &Path) -> String {
    format!("Folder={}", folder.display())
}

/// The ids of the runs that are under way, a hundred at the most.
async fn running(api: &Api) -> Vec<String> {
    let document = "{ runs(status: [RUNNING], first: 100) { nodes { id } } }";
    let nodes = api.query(document, json!({})).await.data("/runs/nodes");
    let id = |node: &Value| node["id"].as_str().expect("an id").to_owned();
    nodes.as_array().expect("a list").iter().map(id).collect()
}

async fn run_under_way(api: &Api) -> String {
    eventually("a run is under way", PATIENCE, || async {
        running(api).await.into_iter().next()
    })
    .await
}
