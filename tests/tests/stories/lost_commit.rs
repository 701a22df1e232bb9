//! The connection to MariaDB breaks at the worst moments: at COMMIT, again and again, or behind somebody's lock. What was
//! acknowledged is there once; what wasn't may be sent again.

use std::time::Duration;

use daybook_tests::proxy::Loss;
use daybook_tests::{
    Api, CuttingProxy, Database, PATIENCE, Progress, Report, ServerProcess, eventually,
    on_both_databases, within,
};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use uuid::Uuid;

/// A server whose connections to MariaDB go through a proxy.
struct Fragile {
    proxy: CuttingProxy,
    reporter: Api,
    schedule: Uuid,
    server: ServerProcess,
    database: Database,
}

impl Fragile {
    async fn start() -> Self {
        let database = Database::mariadb().await;
        let proxy = CuttingProxy::before(database.address()).await;
        let server = ServerProcess::start_on(&database.url_through(proxy.address())).await;
        let reporter = server.reporter("nightly").await;
        let schedule = reporter.open_schedule("fragile").await;
        Self {
            proxy,
            reporter,
            schedule,
            server,
            database,
        }
    }

    /// Reports once while the connection breaks at this very report's COMMIT; it is acknowledged all the same, since the
    /// database itself is well, and the server looks up by the key what became of the report.
    async fn report_through(&self, loss: Loss, report: Report) {
        self.proxy.cut_at_commit_of("the one that is cut", loss);
        let row = self.reporter.reported(self.schedule, report.clone()).await;
        assert!(!self.proxy.is_armed(), "the COMMIT was never seen");
        assert_eq!((row.attempt, row.revision), (1, 1));
        self.kept_once().await;
    }

    async fn kept_once(&self) {
        let rows = self.reporter.all_results(self.schedule).await;
        assert_eq!(rows.len(), 1);
        let facts = self.reporter.schedule(self.schedule).await;
        assert_eq!(
            (facts.revision, facts.progress),
            (1, Progress::recount(None, &rows))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_lost_with_a_key() {
    let fragile = Fragile::start().await;
    let report = Report::pass("the one that is cut").key(Uuid::new_v4());
    fragile.report_through(Loss::Request, report.clone()).await;
    fragile.reporter.reported(fragile.schedule, report).await;
    fragile.kept_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_lost_without_a_key() {
    let fragile = Fragile::start().await;
    fragile
        .report_through(Loss::Request, Report::pass("the one that is cut"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_to_the_commit_lost_with_a_key() {
    let fragile = Fragile::start().await;
    let report = Report::pass("the one that is cut").key(Uuid::new_v4());
    fragile.report_through(Loss::Answer, report.clone()).await;
    fragile.reporter.reported(fragile.schedule, report).await;
    fragile.kept_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_to_the_commit_lost_without_a_key() {
    let fragile = Fragile::start().await;
    fragile
        .report_through(Loss::Answer, Report::pass("the one that is cut"))
        .await;
}

/// Other mutations are no less safe: a schedule that the client names itself is opened once.
#[tokio::test(flavor = "multi_thread")]
async fn opening_a_named_schedule_is_repeatable() {
    let fragile = Fragile::start().await;
    for loss in [Loss::Request, Loss::Answer] {
        let name = Uuid::new_v4();
        let input = serde_json::json!({ "name": name, "title": "the one that is cut" });
        fragile.proxy.cut_at_commit_of("the one that is cut", loss);
        eventually("the schedule is open", Duration::from_mins(1), || async {
            fragile
                .reporter
                .open_schedule_with(input.clone())
                .await
                .refusal()
                .is_none()
                .then_some(())
        })
        .await;
        assert!(!fragile.proxy.is_armed(), "the COMMIT was never seen");
        assert_eq!(fragile.reporter.schedule(name).await.revision, 0);
    }
}

/// A network that drops every connection to the database five times a second.
#[tokio::test(flavor = "multi_thread")]
async fn cut_off_all_the_time() {
    let fragile = Fragile::start().await;
    let cutting = fragile.proxy.cut_every(Duration::from_millis(200));
    let reporters = (0..10).map(|machine| {
        let (reporter, schedule) = (fragile.reporter.clone(), fragile.schedule);
        tokio::spawn(async move {
            for number in 0..20 {
                reporter
                    .report_persistently(schedule, Report::pass(format!("{machine}.{number}")))
                    .await;
            }
        })
    });
    for reporter in join_all(reporters).await {
        reporter.expect("every report is acknowledged in the end");
    }
    drop(cutting);

    assert!(fragile.proxy.cuts() > 0);
    let rows = fragile.reporter.all_results(fragile.schedule).await;
    let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=200).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row.attempt == 1));
}

/// The database is away for a while: the server says so, stays up, and is well as soon as the database is back.
#[tokio::test(flavor = "multi_thread")]
async fn away_for_a_while() {
    let fragile = Fragile::start().await;
    let (reporter, schedule) = (&fragile.reporter, fragile.schedule);
    let report = Report::pass("login").key(Uuid::new_v4());
    fragile.proxy.sever();

    assert_eq!(
        reporter.report(schedule, report.clone()).await.code(),
        "UNAVAILABLE"
    );
    eventually("the server says that it isn't ready", PATIENCE, || async {
        (reporter.get("/readyz").await.status == 503).then_some(())
    })
    .await;
    assert_eq!(
        reporter.get("/healthz").await.status,
        200,
        "restarting the server would not help"
    );

    fragile.proxy.mend();
    eventually("the server is ready again", PATIENCE, || async {
        (reporter.get("/readyz").await.status == 200).then_some(())
    })
    .await;
    eventually("the report is acknowledged", PATIENCE, || async {
        reporter
            .report(schedule, report.clone())
            .await
            .refusal()
            .is_none()
            .then_some(())
    })
    .await;
    fragile.kept_once().await;
}

/// A server that is frozen in the middle of a transaction keeps its locks for a while only: MariaDB breaks it off.
#[tokio::test(flavor = "multi_thread")]
async fn frozen_in_a_transaction() {
    let fragile = Fragile::start().await;
    let other = ServerProcess::start(&fragile.database).await;
    let reporter = fragile.reporter.through(other.address());
    let (proxy, schedule) = (&fragile.proxy, fragile.schedule);
    proxy.cut_at_commit_of("the one that is cut", Loss::Silence);
    let cut = fragile.reporter.clone();
    let never = tokio::spawn(async move {
        cut.try_report(schedule, &Report::pass("the one that is cut"))
            .await
    });
    eventually("the transaction stands still", PATIENCE, || async {
        (!proxy.is_armed()).then_some(())
    })
    .await;
    fragile.server.freeze();

    reporter
        .report_persistently(schedule, Report::pass("login"))
        .await;

    let rows = reporter.all_results(schedule).await;
    assert_eq!((rows.len(), rows[0].script.as_str()), (1, "login"));
    never.abort();
}

/// One schedule is locked by somebody for a long time: reports to all others are acknowledged all the same.
#[tokio::test(flavor = "multi_thread")]
async fn one_locked_schedule_among_others() {
    let database = Database::mariadb().await;
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let (locked, free) = (
        reporter.open_schedule("locked").await,
        reporter.open_schedule("free").await,
    );
    let lock = database.connect().await;
    lock.execute_unprepared("BEGIN")
        .await
        .expect("a transaction");
    let one =
        format!("SELECT schedule_id FROM schedule WHERE schedule_name = '{locked}' FOR UPDATE");
    lock.execute_unprepared(&one).await.expect("the lock");

    let hindered = reporter.report(locked, Report::pass("hindered"));
    let others = (0..20).map(|number| reporter.report(free, Report::pass(number)));
    let (hindered, others) = tokio::join!(hindered, join_all(others));

    assert_eq!(hindered.code(), "UNAVAILABLE");
    for answer in others {
        answer.data("/reportResult/result/id");
    }
    lock.execute_unprepared("ROLLBACK")
        .await
        .expect("the lock is released");
}

/// Somebody holds a lock for longer than the write path's deadline: the report is answered in bounded time, with
/// UNAVAILABLE, and sent again it is there once.
async fn behind_a_lock(database: Database) {
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("locked").await;
    let lock = lock_schedules(&database).await;
    let report = Report::pass("login").key(Uuid::new_v4());

    let bounded = within(
        "an answer in spite of the lock",
        Duration::from_secs(40),
        async { reporter.report(schedule, report.clone()).await },
    );
    assert_eq!(bounded.await.code(), "UNAVAILABLE");
    assert_eq!(
        reporter.schedule(schedule).await.revision,
        0,
        "reading is not held up"
    );

    lock.execute_unprepared("ROLLBACK")
        .await
        .expect("the lock is released");
    eventually(
        "the report is acknowledged",
        Duration::from_mins(1),
        || async {
            reporter
                .report(schedule, report.clone())
                .await
                .refusal()
                .is_none()
                .then_some(())
        },
    )
    .await;
    assert_eq!(reporter.schedule(schedule).await.revision, 1);
    assert_eq!(reporter.all_results(schedule).await.len(), 1);
}

on_both_databases!(behind_a_lock);

/// Keeps everybody else from writing schedules, until ROLLBACK.
async fn lock_schedules(database: &Database) -> DatabaseConnection {
    let connection = database.connect().await;
    let begin = if database.is_mariadb() {
        "BEGIN"
    } else {
        "BEGIN IMMEDIATE"
    };
    connection
        .execute_unprepared(begin)
        .await
        .expect("a transaction");
    if database.is_mariadb() {
        let lock = "SELECT schedule_id FROM schedule FOR UPDATE";
        connection.execute_unprepared(lock).await.expect("the lock");
    }
    connection
}
