//! Daybook on a Galera cluster: its tables are what a cluster can keep alike, and what is acknowledged outlives the nodes.

use std::ops::Range;
use std::time::Duration;

use daybook::db::Db;
use daybook_tests::{
    Api, Database, Galera, HaProxy, Reporters, ResilientSubscriber, ServerProcess, TestApp,
    eventually, one_connection,
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::promise;

/// How many report, and how often each: often enough to see a short outage.
const REPORTERS: usize = 20;
const PACE: Duration = Duration::from_millis(100);

/// How many results have to be acknowledged before the next thing breaks.
const IN_BETWEEN: usize = 500;

/// The longest outage while two nodes stand.
const OUTAGE: Duration = Duration::from_secs(10);

/// How long a node is frozen: for longer than the others wait for it.
const FROZEN: Duration = Duration::from_secs(20);

/// Rows are told apart by it, and a table without one can't be kept alike.
#[tokio::test(flavor = "multi_thread")]
async fn each_table_has_a_primary_key() {
    let app = TestApp::start(Database::mariadb().await).await;
    let without = "SELECT table_name FROM information_schema.tables AS tables
        WHERE table_schema = DATABASE() AND table_name != 'seaql_migrations' AND NOT EXISTS (
            SELECT * FROM information_schema.table_constraints AS constraints
            WHERE constraints.table_schema = tables.table_schema
                AND constraints.table_name = tables.table_name AND constraint_type = 'PRIMARY KEY'
        )";
    let without = app.database().column::<String>(without).await;
    assert_eq!(without, Vec::<String>::new());
}

/// Two servers behind HAProxy, with its settings from `deploy/`. Always the very node goes that all connections lead to.
#[ignore = "it needs Galera, and takes minutes"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_nodes_that_are_killed_frozen_and_restarted() {
    let mut cluster = Galera::start().await;
    let proxy = HaProxy::before_nodes(cluster.addresses()).await;
    let url = Galera::url_at(proxy.address());
    let (one, two) = tokio::join!(ServerProcess::start_on(&url), ServerProcess::start_on(&url));
    let reporter = one.reporter("nightly").await;
    let schedule = reporter.open_schedule("a cluster").await;
    let clients = through_both(&reporter, &one, &two, REPORTERS);
    let subscribers: Vec<_> = through_both(&reporter, &one, &two, 4)
        .iter()
        .map(|client| ResilientSubscriber::follow(client, schedule))
        .collect();
    let reporters = Reporters::start_paced(clients, schedule, PACE);
    let mut outages = Vec::new();
    let mut note = |what: String| {
        let silence = reporters.longest_silence();
        println!(
            "{what}: nothing was acknowledged for {:.1} s at the longest",
            silence.as_secs_f64()
        );
        outages.push((what, silence));
    };
    reporters.get_on(IN_BETWEEN).await;
    note("three nodes".into());

    let killed = leads_to(&cluster, &url).await;
    cluster.node(killed).kill();
    reporters.get_on(IN_BETWEEN).await;
    note(format!("node {killed} killed"));
    cluster.restart(killed).await;
    reporters.get_on(IN_BETWEEN).await;
    note("it is back".into());

    let frozen = leads_to(&cluster, &url).await;
    assert_ne!(frozen, killed, "nothing changes when it is back");
    let thawed = Instant::now() + FROZEN;
    cluster.node(frozen).freeze();
    eventually("it was frozen for long", FROZEN * 2, || async {
        (Instant::now() >= thawed).then_some(())
    })
    .await;
    note(format!("node {frozen} frozen"));
    cluster.node(frozen).thaw();
    cluster.node(frozen).becomes_synced().await;
    reporters.get_on(IN_BETWEEN).await;
    note("it is back".into());

    for node in 0..3 {
        cluster.node(node).stop().await;
        reporters.get_on(IN_BETWEEN).await;
        note(format!("node {node} stopped"));
        cluster.restart(node).await;
        reporters.get_on(IN_BETWEEN).await;
        note("it is back".into());
    }
    let acknowledged = reporters.finish().await;

    let kept = promise::is_kept(&reporter, schedule, &acknowledged, &subscribers).await;
    println!("{kept} results acknowledged, 0 lost, 0 doubled, each seen by 4 subscribers");
    for (what, silence) in outages {
        assert!(silence <= OUTAGE, "{what}: {silence:?}");
    }
    for server in [one, two] {
        assert!(!server.log().contains("internal error"), "{}", server.log());
    }
}

/// Two servers, each at a node of its own, report to one schedule: of two transactions that collide, one is refused when it
/// commits, and tried again.
#[ignore = "it needs Galera, and takes minutes"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_two_servers_at_two_nodes() {
    let cluster = Galera::start().await;
    let [at_one, at_two, _] = cluster.addresses().map(Galera::url_at);
    let one = ServerProcess::start_on(&at_one).await;
    let two = ServerProcess::start_on(&at_two).await;
    let reporter = one.reporter("nightly").await;
    let schedule = reporter.open_schedule("two nodes").await;
    let subscribers: Vec<_> = through_both(&reporter, &one, &two, 4)
        .iter()
        .map(|client| ResilientSubscriber::follow(client, schedule))
        .collect();

    let clients = through_both(&reporter, &one, &two, REPORTERS);
    let reporters = Reporters::start(clients, schedule);
    reporters.get_on(2_000).await;
    let acknowledged = reporters.finish().await;

    let mut collisions = 0;
    for server in [&one, &two] {
        assert!(!server.log().contains("internal error"), "{}", server.log());
        collisions += server.log().matches("trying again").count();
    }
    assert!(collisions > 0, "they write to one row");
    let kept = promise::is_kept(&reporter, schedule, &acknowledged, &subscribers).await;
    println!(
        "{kept} results acknowledged, 0 lost, 0 doubled; {collisions} groups were tried again"
    );
}

/// Two who count up one row, each at a node of its own. The one executes statements that are new, and so are prepared: a node
/// that takes its transaction back meanwhile does not say so.
#[ignore = "it needs Galera, and takes half a minute"]
#[tokio::test(flavor = "multi_thread")]
async fn soak_transactions_that_are_taken_back() {
    let mut cluster = Galera::start().await;
    for statement in [
        "CREATE TABLE daybook.counter (id INT PRIMARY KEY, value INT NOT NULL)",
        "INSERT INTO daybook.counter VALUES (1, 0)",
    ] {
        cluster
            .node(0)
            .execute(statement)
            .await
            .expect("a new table");
    }
    let [at_one, at_two, _] = cluster.addresses().map(Galera::url_at);
    let one = Db::connect(&at_one).await.expect("a node");
    let two = Db::connect(&at_two).await.expect("a node");

    let is_over = CancellationToken::new();
    let other = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let mut counted = 0;
            while !is_over.is_cancelled() {
                counted += i32::from(count_up(&two, 0..0).await.is_ok());
            }
            counted
        }
    });
    let mut counted = 0;
    for number in 0..500 {
        let new = number * 5..(number + 1) * 5;
        counted += i32::from(count_up(&one, new).await.is_ok());
    }
    is_over.cancel();
    let by_other = other.await.expect("the other one counts");

    let value = Statement::from_string(DbBackend::MySql, "SELECT value FROM counter");
    let row = one.read().query_one_raw(value).await.expect("a node");
    let value: i32 = row
        .and_then(|row| row.try_get_by_index(0).ok())
        .expect("a number");
    assert_eq!(value, counted + by_other);
    assert!(by_other > 0 && counted < 500, "they collide");
    println!("counted up {counted} times in 500, and {by_other} times by the other one");
}

/// Counts up in a transaction, with so many statements in the middle of it as were never executed before.
async fn count_up(db: &Db, new: Range<i32>) -> Result<(), DbErr> {
    let mysql = |text: String, values: Vec<Value>| {
        Statement::from_sql_and_values(DbBackend::MySql, text, values)
    };
    let transaction = db.begin().await?;
    let locked = "SELECT value FROM counter WHERE id = ? FOR UPDATE".to_owned();
    let row = transaction
        .query_one_raw(mysql(locked, vec![1.into()]))
        .await?;
    let value: i32 = row.expect("it is there").try_get_by_index(0)?;
    for number in new {
        let text = format!("SELECT {number} FROM counter WHERE id = ?");
        transaction
            .query_all_raw(mysql(text, vec![1.into()]))
            .await?;
    }
    let text = "UPDATE counter SET value = ? WHERE id = ?".to_owned();
    transaction
        .execute_raw(mysql(text, vec![(value + 1).into(), 1.into()]))
        .await?;
    transaction.commit().await
}

/// So many clients, in turn of the one server and the other.
fn through_both(client: &Api, one: &ServerProcess, two: &ServerProcess, count: usize) -> Vec<Api> {
    let servers = [one, two].into_iter().cycle().take(count);
    servers
        .map(|server| client.through(server.address()))
        .collect()
}

/// Which node a new connection leads to.
async fn leads_to(cluster: &Galera, url: &str) -> usize {
    let port = eventually("a connection", Duration::from_secs(30), || async {
        let connection = sea_orm::Database::connect(one_connection(url)).await.ok()?;
        let statement = Statement::from_string(DbBackend::MySql, "SELECT CAST(@@port AS SIGNED)");
        let row = connection.query_one_raw(statement).await.ok()??;
        connection.close().await.ok()?;
        row.try_get_by_index::<i64>(0).ok()
    })
    .await;
    let mut addresses = cluster.addresses().into_iter();
    let found = addresses.position(|address| i64::from(address.port()) == port);
    found.expect("it is one of the nodes")
}
