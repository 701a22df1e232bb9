//! Two servers behind HAProxy: what happens to people when one of the servers is gone, hangs, or is restarted.

use std::time::Duration;

use daybook_tests::{
    ADMIN_TOKEN, Api, Database, HaProxy, PATIENCE, Report, ResilientSubscriber, Role,
    ServerProcess, Socket, eventually, within,
};
use futures_util::future::{join_all, select_all};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const COMPOSE: &str = include_str!("../../../../deploy/compose.yaml");

/// How long a server takes requests after it was told to stop: longer than HAProxy takes to notice.
const DRAIN_SECONDS: &str = "6";

/// Two servers on one database, HAProxy, and a reporter who knows nothing but HAProxy's address.
struct Deployed {
    one: ServerProcess,
    two: ServerProcess,
    _proxy: HaProxy,
    reporter: Api,
    schedule: Uuid,
    _database: Database,
}

impl Deployed {
    async fn start() -> Self {
        assert!(COMPOSE.contains(&format!("DAYBOOK_DRAIN_SECONDS: {DRAIN_SECONDS}\n")));
        let database = Database::mariadb().await;
        let settings = [
            ("DATABASE_URL", database.url()),
            ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
            ("DAYBOOK_DRAIN_SECONDS", DRAIN_SECONDS),
        ];
        let (one, two) = tokio::join!(
            ServerProcess::start_with(&settings),
            ServerProcess::start_with(&settings)
        );
        let proxy = HaProxy::before(one.address(), two.address()).await;
        let admin = one.admin().through(proxy.address());
        let reporter = admin.create_client("nightly", Role::Reporter).await;
        let schedule = reporter.open_schedule("behind a proxy").await;
        Self {
            one,
            two,
            _proxy: proxy,
            reporter,
            schedule,
            _database: database,
        }
    }

    /// Waits until so much was reported.
    async fn has_revision(&self, revision: i64) {
        eventually("reports arrive", PATIENCE, || async {
            let schedule = self.reporter.schedule(self.schedule).await;
            (schedule.revision >= revision).then_some(())
        })
        .await;
    }

    /// Whether a query through HAProxy is answered.
    async fn answers(&self) -> bool {
        let answer = self.reporter.query("{ viewer { name } }", Value::Null);
        answer.await.status == 200
    }
}

/// `kill -9` in full swing: who reports and who follows goes on at the other server, and nothing is lost. Then the same
/// the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_killed() {
    let mut deployed = Deployed::start().await;
    let subscribers: Vec<_> = (0..4)
        .map(|_| ResilientSubscriber::follow(&deployed.reporter, deployed.schedule))
        .collect();
    let reporting = tokio::spawn(report(deployed.reporter.clone(), deployed.schedule, 0..200));
    deployed.has_revision(50).await;
    deployed.one.kill().await;
    reporting.await.expect("every report is acknowledged");

    deployed.one.restart().await;
    let reporting = tokio::spawn(report(
        deployed.reporter.clone(),
        deployed.schedule,
        200..400,
    ));
    deployed.has_revision(250).await;
    deployed.two.kill().await;
    reporting.await.expect("every report is acknowledged");

    for subscriber in subscribers {
        let feed = subscriber.has_seen(400, PATIENCE).await;
        assert_eq!((feed.violations.len(), feed.sightings.len()), (0, 400));
    }
}

/// A restart by SIGTERM, of one server after the other: of requests that nobody repeats, not one fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_restarted() {
    let mut deployed = Deployed::start().await;
    let stopping = CancellationToken::new();
    let clients: Vec<_> = (0..8)
        .map(|_| tokio::spawn(ask_until(stopping.clone(), deployed.reporter.clone())))
        .collect();

    deployed.one.terminate();
    assert!(deployed.one.exited().await.success());
    deployed.one.restart().await;
    deployed.two.terminate();
    assert!(deployed.two.exited().await.success());
    deployed.two.restart().await;
    stopping.cancel();

    for answered in join_all(clients).await {
        assert!(answered.expect("no request fails") > 0);
    }
}

/// A server that hangs keeps its connections open. HAProxy cuts them, so that whoever had one comes back at the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_hangs() {
    let deployed = Deployed::start().await;
    // One goes to whichever server has fewer.
    let mut sockets = Vec::new();
    for _ in 0..4 {
        sockets.push(Socket::connect(&deployed.reporter).await);
    }

    deployed.one.freeze();

    let closing = sockets.iter_mut().map(|socket| Box::pin(socket.closed()));
    let (code, ..) = within("a socket is cut", PATIENCE, select_all(closing)).await;
    assert_eq!(code, None, "nobody was there to say anything");
    assert!(deployed.answers().await);
    Socket::connect(&deployed.reporter).await;
    deployed.one.thaw();
}

/// Where nobody is ready, the API says so in its own words. What is Prometheus' is not shown to people.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_ready() {
    let mut deployed = Deployed::start().await;
    let metrics = deployed.reporter.get("/metrics").await;
    assert_eq!(metrics.status, 404);

    deployed.one.kill().await;
    deployed.two.kill().await;
    eventually("HAProxy notices", Duration::from_secs(15), || async {
        let answer = deployed.reporter.get("/readyz").await;
        (answer.status == 503).then_some(())
    })
    .await;
    let answer = deployed
        .reporter
        .query("{ viewer { name } }", json!({}))
        .await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.refusal().as_deref(), Some("UNAVAILABLE"));
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["retryAfterMs"],
        1000
    );

    deployed.two.restart().await;
    eventually("HAProxy notices", Duration::from_secs(15), || async {
        deployed.answers().await.then_some(())
    })
    .await;
}

/// Asks again and again; counts the answers.
async fn ask_until(stopping: CancellationToken, client: Api) -> usize {
    let mut answered = 0;
    while !stopping.is_cancelled() {
        let answer = client.query("{ viewer { name } }", Value::Null).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answered += 1;
    }
    answered
}

/// Reports one script after the other, each until it is acknowledged.
async fn report(reporter: Api, schedule: Uuid, scripts: std::ops::Range<usize>) {
    for number in scripts {
        let report = Report::pass(format!("script {number}"));
        reporter.report_persistently(schedule, report).await;
    }
}
