//! The database is in trouble, in each of its ways: what can be tried again is, reading goes on where it can, and nobody has to
//! start the server anew.

use std::time::Duration;

use daybook_tests::{
    ADMIN_TOKEN, Api, Database, PATIENCE, Report, Reporters, ResilientSubscriber, ServerProcess,
    SmallDisk, Socket, TestApp, eventually, one_connection,
};
use futures_util::future::{join_all, poll_immediate};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::promise;

const REPORTERS: usize = 8;

/// How many results have to be acknowledged between two restarts, so that each comes in the middle of work.
const BETWEEN_RESTARTS: usize = 50;

/// How often each of them reports, where it is not as fast as it can.
const PACE: Duration = Duration::from_millis(50);

/// MariaDB is restarted under load: of Daybook, only the address is the same as before, and so is the process.
#[tokio::test(flavor = "multi_thread")]
async fn mariadb_restarted_under_load() {
    restarted(2).await;
}

#[ignore = "it takes minutes"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_mariadb_restarted_ten_times() {
    restarted(10).await;
}

async fn restarted(times: usize) {
    let mut database = Database::on_own_mariadb().await;
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("restarts").await;
    let subscribers = [(); 2].map(|()| ResilientSubscriber::follow(&reporter, schedule));

    let reporters = Reporters::start(vec![reporter.clone(); REPORTERS], schedule);
    for number in 0..times {
        reporters.get_on(BETWEEN_RESTARTS).await;
        if number % 2 == 0 {
            database.server().stop().await;
        } else {
            database.server().kill();
        }
        database.server().restart().await;
    }
    reporters.get_on(BETWEEN_RESTARTS).await;
    let silence = reporters.longest_silence();
    let acknowledged = reporters.finish().await;

    let kept = promise::is_kept(&reporter, schedule, &acknowledged, &subscribers).await;
    assert!(!server.log().contains("internal error"));
    println!(
        "{times} restarts of MariaDB: {kept} results acknowledged, 0 lost, 0 doubled; nothing was acknowledged for {:.1} s at \
         the longest, MariaDB's own restart included",
        silence.as_secs_f64()
    );
}

/// Everything is started at once, and the database comes last: the server waits for it, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn started_before_its_database() {
    let mut database = Database::on_own_mariadb().await;
    database.server().kill();
    let mut server = ServerProcess::launch(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
    ]);
    let client = server.admin();
    server.becomes_alive().await;
    eventually("it says what it waits for", PATIENCE, || async {
        let log = server.log();
        log.contains("waiting for the database").then_some(())
    })
    .await;
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["status"], "starting: waiting for the database");
    let answer = client.query("{ viewer { name } }", Value::Null).await;
    assert_eq!(answer.status, 503);
    says_to_try_again(&answer);
    let answer = client.get("/api/tasks/").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, "1")
    );

    database.server().restart().await;
    server.becomes_ready().await;
    let viewer = client.query("{ viewer { name } }", Value::Null).await;
    assert_eq!(viewer.data("/viewer/name"), "admin");
}

/// One that is told to stop while it waits stops. A wrong password stays wrong, so it is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn not_started_at_all() {
    let mut database = Database::on_own_mariadb().await;
    let nobody = database.url_as("nobody");
    let settings = [("DATABASE_URL", nobody.as_str())];
    let mut server = ServerProcess::launch(&settings);
    assert!(!server.exited().await.success());
    assert!(server.log().contains("Access denied"), "{}", server.log());

    database.server().kill();
    let mut server = ServerProcess::launch(&settings);
    eventually("it waits", PATIENCE, || async {
        let log = server.log();
        log.contains("waiting for the database").then_some(())
    })
    .await;
    server.terminate();
    assert!(server.exited().await.success());
}

/// A node that takes no writes for a while, as one does that is no longer the cluster's first.
#[tokio::test(flavor = "multi_thread")]
async fn read_only_for_a_while() {
    let database = Database::on_own_mariadb().await;
    let root = database.connect().await;
    // Root may write to a node that is read-only.
    let rights = "CREATE USER daybook@'127.0.0.1'; GRANT ALL ON *.* TO daybook@'127.0.0.1';
        REVOKE READ_ONLY ADMIN, SUPER ON *.* FROM daybook@'127.0.0.1'";
    root.execute_unprepared(rights).await.expect("a user");
    let url = database.url_as("daybook");
    let server = ServerProcess::start_on(&url).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("read-only").await;
    let report = Report::pass("login").key(Uuid::new_v4());
    let set = async |on: &str| {
        let set = format!("SET GLOBAL read_only = {on}");
        root.execute_unprepared(&set).await.expect("root may");
    };

    let mut health = follow_health(&reporter).await;
    assert_eq!(told_of(&mut health).await, "AVAILABLE");
    set("ON").await;
    assert_eq!(told_of(&mut health).await, "READ_ONLY");
    let renamed = json!({ "name": schedule, "title": "renamed" });
    let (refused, not_renamed) = tokio::join!(
        reporter.report(schedule, report.clone()),
        reporter.update(renamed)
    );
    says_to_try_again(&refused);
    says_to_try_again(&not_renamed);
    assert_eq!(reporter.schedule(schedule).await.revision, 0);
    assert_eq!(
        reporter.get("/readyz").await.status,
        200,
        "for those who read"
    );
    // Nothing is to be changed, so nothing is written.
    ServerProcess::start_on(&url).await;

    let waiting = tokio::spawn({
        let reporter = reporter.clone();
        async move { reporter.reported(schedule, report).await }
    });
    set("OFF").await;
    let row = waiting.await.expect("it is acknowledged");
    assert_eq!((row.attempt, row.revision), (1, 1));
    assert_eq!(reporter.schedule(schedule).await.revision, 1);
    assert_eq!(told_of(&mut health).await, "AVAILABLE");
}

/// Who is connected is told that the database is away, though nothing can be read, and that it is back.
#[tokio::test(flavor = "multi_thread")]
async fn told_of_its_health() {
    let mut database = Database::on_own_mariadb().await;
    let server = ServerProcess::start(&database).await;
    let mut health = follow_health(&server.admin()).await;
    assert_eq!(told_of(&mut health).await, "AVAILABLE");
    for _ in 0..2 {
        database.server().kill();
        assert_eq!(told_of(&mut health).await, "UNAVAILABLE");
        database.server().restart().await;
        assert_eq!(told_of(&mut health).await, "AVAILABLE");
    }
    let asked = "{ health { database since } }";
    let answer = server.admin().query(asked, Value::Null).await;
    assert_eq!(answer.data("/health/database"), "AVAILABLE");
}

async fn follow_health(api: &Api) -> Socket {
    let mut socket = Socket::connect(api).await;
    let document = "subscription { healthChanged { database } }";
    socket.subscribe("health", document, Value::Null).await;
    socket
}

async fn told_of(health: &mut Socket) -> Value {
    health.next().await["data"]["healthChanged"]["database"].take()
}

/// A reader leaves while what it asks for is being prepared, as one may who unsubscribes. Its connection is not lost over that,
/// not even where the driver takes the database's answer for something else: it does so with the 252nd statement of a connection,
/// where that has so many columns.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_leaves() {
    let database = Database::mariadb().await;
    let db = daybook::db::Db::connect(database.url())
        .await
        .expect("a database");
    let mut held = Vec::new();
    for _ in 1..READERS {
        held.push(db.snapshot().await.expect("a snapshot"));
    }
    // What is read now is read over the only connection that is left, by statements that are new to it.
    let read = |number: usize| {
        let sql = format!("SELECT ? + {number}, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12");
        let statement = Statement::from_sql_and_values(DbBackend::MySql, sql, [1.into()]);
        db.read().query_one_raw(statement)
    };
    for number in 1..252 {
        read(number).await.expect("a row");
    }
    eventually("the connection is back", PATIENCE, || async {
        (db.connections().0 == READERS - 1).then_some(())
    })
    .await;
    assert!(poll_immediate(read(252)).await.is_none(), "it is prepared");

    held.push(db.snapshot().await.expect("the place is not lost"));
    drop(held);
    db.close().await.expect("the connections close");
}

/// How many connections read.
const READERS: u32 = 16;

/// What MySQL, MariaDB and Galera say when somebody else was faster, or when nothing can be written right now.
const PASSING: [(u16, &str); 12] = [
    (1213, "deadlock, or a failed certification"),
    (1205, "lock wait timed out"),
    (1020, "record has changed since it was read"),
    (1047, "the node is not ready"),
    (1053, "shutting down"),
    (1290, "read-only"),
    (1114, "no room in the table"),
    (1021, "disk full"),
    (1180, "error at commit"),
    (1317, "interrupted"),
    (1927, "connection killed"),
    (3101, "rolled back by the group"),
];

/// Each of these, three times in a row in the middle of a transaction, is tried again by the server, and nobody notices.
#[tokio::test(flavor = "multi_thread")]
async fn errors_that_pass() {
    let (app, reporter) = TestApp::start(Database::mariadb().await)
        .await
        .with_reporter("nightly")
        .await;
    let database = app.database().connect().await;
    // Of a kind that a transaction does not take back.
    let faults = "CREATE TABLE fault (to_come INT PRIMARY KEY, number INT) ENGINE=MyISAM";
    database.execute_unprepared(faults).await.expect("a table");
    for table in ["result", "schedule"] {
        let trigger = format!(
            "CREATE TRIGGER faulty_{table} BEFORE INSERT ON {table} FOR EACH ROW BEGIN
                DECLARE said INT DEFAULT (SELECT number FROM fault WHERE to_come > 0);
                IF said IS NOT NULL THEN
                    UPDATE fault SET to_come = to_come - 1;
                    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = said, MESSAGE_TEXT = 'so says the story';
                END IF;
            END"
        );
        database
            .execute_unprepared(&trigger)
            .await
            .expect("a trigger");
    }
    let schedule = reporter.open_schedule("faulty").await;
    for (number, what) in PASSING {
        let arm = format!("REPLACE INTO fault VALUES (3, {number})");
        let arm = async || database.execute_unprepared(&arm).await.expect("a row");
        arm().await;
        let row = reporter.reported(schedule, Report::pass(what)).await;
        assert_eq!(row.attempt, 1, "{what}");
        has_come(app.database(), what).await;
        arm().await;
        reporter.open_schedule(what).await;
        has_come(app.database(), what).await;
    }
    let facts = reporter.schedule(schedule).await;
    assert_eq!(facts.revision, i64::try_from(PASSING.len()).expect("few"));
    let titles = "SELECT COUNT(*) FROM schedule";
    assert_eq!(
        app.database().value::<i64>(titles).await,
        facts.revision + 1
    );
}

/// All of the faults that were to come have come.
async fn has_come(database: &Database, what: &str) {
    let to_come = database
        .value::<i32>("SELECT MAX(to_come) FROM fault")
        .await;
    assert_eq!(to_come, 0, "{what}");
    database
        .connect()
        .await
        .execute_unprepared("DELETE FROM fault")
        .await
        .expect("the table is ours");
}

/// All connections that MariaDB admits are taken by others. That is an outage like others, and no defect of Daybook's: those
/// that Daybook has already serve everybody, and more are had when there is room again.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections() {
    let database = Database::on_own_mariadb().await;
    let root = database.connect().await;
    let few = "SET GLOBAL max_connections = 20; CREATE USER others@'127.0.0.1'";
    root.execute_unprepared(few).await.expect("root may");
    let rights = "CREATE USER daybook@'127.0.0.1'; GRANT ALL ON *.* TO daybook@'127.0.0.1';
        REVOKE CONNECTION ADMIN, SUPER ON *.* FROM daybook@'127.0.0.1'";
    root.execute_unprepared(rights).await.expect("a user");
    let server = ServerProcess::start_on(&database.url_as("daybook")).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("crowded").await;
    reporter.reported(schedule, Report::pass("before")).await;
    let mut others = Vec::new();
    let options = one_connection(database.url_as("others").replace(database.name(), ""));
    while let Ok(other) = sea_orm::Database::connect(options.clone()).await {
        others.push(other);
    }
    assert!(!others.is_empty());

    let readers = (0..40).map(|_| reporter.query(SCHEDULES, Value::Null));
    for answer in join_all(readers).await {
        answer.data("/schedules/nodes");
    }
    let row = reporter.reported(schedule, Report::pass("login"));
    assert_eq!(row.await.revision, 2);
    for other in others {
        other.close().await.expect("the connection closes");
    }
    let readers = (0..40).map(|_| reporter.query(SCHEDULES, Value::Null));
    for answer in join_all(readers).await {
        answer.data("/schedules/nodes");
    }
    assert!(!server.log().contains("internal error"), "{}", server.log());
}

const SCHEDULES: &str = "{ schedules(first: 1) { nodes { name } } }";

/// Every connection knows its limits, not only the first.
#[tokio::test(flavor = "multi_thread")]
async fn each_connection_is_set_up() {
    let database = Database::mariadb().await;
    let db = daybook::db::Db::connect(database.url())
        .await
        .expect("a database");
    let (mut writing, mut reading) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        writing.push(db.begin().await.expect("a transaction"));
        reading.push(db.snapshot().await.expect("a snapshot"));
    }
    for transaction in &writing {
        is_set_up(transaction).await;
        assert_eq!(number(transaction, "@@autocommit").await, 0);
    }
    for transaction in &reading {
        is_set_up(transaction).await;
    }
    drop((writing, reading));
    db.close().await.expect("the connections close");
}

async fn is_set_up(transaction: &impl ConnectionTrait) {
    let limits = [
        "@@innodb_lock_wait_timeout",
        "@@idle_transaction_timeout",
        "@@wsrep_sync_wait",
    ];
    let mut values = Vec::new();
    for limit in limits {
        values.push(number(transaction, limit).await);
    }
    assert_eq!(values, [5, 10, 7]);
}

async fn number(transaction: &impl ConnectionTrait, expression: &str) -> i64 {
    let sql = format!("SELECT CAST({expression} AS SIGNED)");
    let statement = Statement::from_string(DbBackend::MySql, sql);
    let row = transaction.query_one_raw(statement).await;
    let row = row.expect("a variable").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

/// Writers who wait for a lock, more of them than there are connections to write with, hold up nobody who reads.
#[tokio::test(flavor = "multi_thread")]
async fn many_behind_a_lock() {
    let (app, reporter) = TestApp::start(Database::mariadb().await)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("locked").await;
    let lock = app.database().connect().await;
    lock.execute_unprepared("BEGIN").await.expect("begun");
    lock.execute_unprepared("SELECT * FROM schedule FOR UPDATE")
        .await
        .expect("the lock");
    let waiting: Vec<_> = (0..40)
        .map(|number| {
            let reporter = reporter.clone();
            let input = json!({ "name": schedule, "title": number.to_string() });
            tokio::spawn(async move { reporter.update(input).await })
        })
        .collect();
    eventually("they wait for the lock", PATIENCE, || async {
        // Not by what InnoDB says of its transactions: it looks anew only when nobody has asked for a tenth of a second.
        let waiting = "SELECT COUNT(*) FROM information_schema.processlist
            WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%FOR UPDATE%'";
        (app.database().value::<i64>(waiting).await >= 8).then_some(())
    })
    .await;

    for _ in 0..20 {
        assert_eq!(reporter.schedule(schedule).await.revision, 0);
    }
    assert!(waiting.iter().all(|writer| !writer.is_finished()));
    lock.execute_unprepared("ROLLBACK").await.expect("released");
    for writer in waiting {
        let answer = writer.await.expect("an answer");
        assert!(answer.refusal().is_none_or(|code| code == "UNAVAILABLE"));
    }
}

/// A file that can't grow: a disk that is full, or broken. What is there is read, and when there is room again, writing goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_grow() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("full").await;
    let subscribers = [ResilientSubscriber::follow(&reporter, schedule)];
    let reporters = Reporters::start(vec![reporter.clone(); REPORTERS], schedule);
    reporters.get_on(BETWEEN_RESTARTS).await;

    // Less than the log of the database has already.
    server.limit_files(Some(64 * 1024));
    let refused = reporter
        .report(
            schedule,
            Report::pass("refused").output("x".repeat(100_000)),
        )
        .await;
    says_to_try_again(&refused);
    assert!(reporter.schedule(schedule).await.revision > 0);
    assert_eq!(
        reporter.get("/readyz").await.status,
        200,
        "for those who read"
    );
    let new = json!({ "title": "no room" });
    says_to_try_again(&reporter.open_schedule_with(new.clone()).await);

    server.limit_files(None);
    reporters.get_on(BETWEEN_RESTARTS).await;
    reporter.open_schedule_with(new).await.data("");
    let acknowledged = reporters.finish().await;
    promise::is_kept(&reporter, schedule, &acknowledged, &subscribers).await;
}

/// The same for a whole file system, three times over, on which nobody but the server writes meanwhile.
#[ignore = "only root may mount a file system"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_a_file_system_that_fills_up() {
    let Some(disk) = SmallDisk::mount(64) else {
        println!("SKIPPED: only root may mount a file system to be filled up");
        return;
    };
    let database = Database::sqlite_in(disk.path());
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("full").await;
    let subscribers = [(); 2].map(|()| ResilientSubscriber::follow(&reporter, schedule));
    let reporters = Reporters::start_paced(vec![reporter.clone(); REPORTERS], schedule, PACE);
    for round in 1..=3 {
        reporters.get_on(BETWEEN_RESTARTS).await;
        disk.fill();
        // More than the log of the database may have room for from before.
        let long = |number| Report::pass(format!("{round}.{number}")).output("x".repeat(1_000_000));
        let refused: Vec<_> = (0..7).map(long).collect();
        says_to_try_again(&reporter.report_batch(schedule, &refused).await);
        assert!(reporter.schedule(schedule).await.revision > 0);
        assert_eq!(
            reporter.get("/readyz").await.status,
            200,
            "for those who read"
        );
        disk.free();
    }
    reporters.get_on(BETWEEN_RESTARTS).await;
    let silence = reporters.longest_silence();
    let acknowledged = reporters.finish().await;
    let kept = promise::is_kept(&reporter, schedule, &acknowledged, &subscribers).await;
    assert!(!server.log().contains("internal error"), "{}", server.log());
    println!(
        "filled up three times: {kept} results acknowledged, 0 lost, 0 doubled; nothing was acknowledged for {:.1} s at the longest",
        silence.as_secs_f64()
    );
}

/// The answer says that it is worth trying again, and when.
fn says_to_try_again(answer: &daybook_tests::Answer) {
    assert_eq!(answer.code(), "UNAVAILABLE", "{answer:?}");
    let after = &answer.json()["errors"][0]["extensions"]["retryAfterMs"];
    assert_eq!(after, 1_000, "{answer:?}");
}
