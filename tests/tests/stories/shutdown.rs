//! SIGTERM: what was begun is finished, nothing new is taken, and everyone is told.

use std::time::{Duration, Instant};

use daybook_tests::subscriber::SCHEDULE_CHANGES;
use daybook_tests::{
    ADMIN_TOKEN, Api, Database, PATIENCE, Report, ServerProcess, Socket, eventually,
    on_both_databases, within,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

/// A request whose body is still on its way when the signal comes is answered; the next one isn't taken.
async fn a_request_under_way_is_finished(database: Database) {
    let mut server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("shutdown").await;
    let mut request = HalfSent::begin(&reporter, schedule).await;

    server.terminate();
    eventually("nothing new is taken", PATIENCE, || async {
        TcpStream::connect(server.address())
            .await
            .is_err()
            .then_some(())
    })
    .await;

    let answer = request.finish().await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""revision":1"#), "{answer}");
    assert!(server.exited().await.success(), "{}", server.log());
    server.restart().await;
    assert_eq!(reporter.all_results(schedule).await.len(), 1);
}

/// Reporters in full swing: whatever was acknowledged before the end is there afterwards.
async fn in_full_swing(database: Database) {
    let mut server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("shutdown").await;
    let reporters: Vec<_> = (0..10)
        .map(|machine| tokio::spawn(report_until_gone(reporter.clone(), schedule, machine)))
        .collect();
    eventually("the reporters are at work", PATIENCE, || async {
        (reporter.schedule(schedule).await.revision > 50).then_some(())
    })
    .await;

    server.terminate();
    assert!(server.exited().await.success(), "{}", server.log());

    let mut acknowledged = Vec::new();
    for machine in reporters {
        acknowledged.extend(machine.await.expect("no report is refused"));
    }
    server.restart().await;
    let rows = reporter.all_results(schedule).await;
    for script in acknowledged {
        assert!(
            rows.iter().any(|row| row.script == script),
            "{script} was acknowledged"
        );
    }
}

/// Sockets are closed with "going away", and an idle one doesn't hold the server up.
async fn sockets_are_told(database: Database) {
    let mut server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("shutdown").await;
    let mut subscribed = Socket::connect(&reporter).await;
    subscribed
        .subscribe("feed", SCHEDULE_CHANGES, json!({ "name": schedule }))
        .await;
    subscribed.next().await;
    let mut idle = Socket::connect(&reporter).await;
    let mut silent = Socket::open(server.address()).await;

    server.terminate();

    for socket in [&mut subscribed, &mut idle, &mut silent] {
        assert_eq!(socket.closed().await, Some(1001));
    }
    assert!(server.exited().await.success(), "{}", server.log());
}

on_both_databases!(
    a_request_under_way_is_finished,
    in_full_swing,
    sockets_are_told
);

/// With time to drain, a server that was told to stop says that it isn't ready, and takes new connections until that is over.
#[tokio::test(flavor = "multi_thread")]
async fn draining() {
    let database = Database::sqlite();
    let mut server = ServerProcess::start_with(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("DAYBOOK_DRAIN_SECONDS", "3"),
    ])
    .await;
    let told = Instant::now();

    server.terminate();
    eventually("it says that it stops", PATIENCE, || async {
        let answer = server.anonymous().get("/readyz").await;
        (answer.status == 503 && answer.json()["status"] == "stopping").then_some(())
    })
    .await;
    // A client of its own, with a new connection.
    let viewer = server.admin().query("{ viewer { name } }", json!({})).await;
    assert_eq!(viewer.data("/viewer/name"), "admin");

    assert!(server.exited().await.success(), "{}", server.log());
    assert!(told.elapsed() >= Duration::from_secs(3));
}

/// Reports until the server is gone; returns the scripts that were acknowledged.
async fn report_until_gone(reporter: Api, schedule: Uuid, machine: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let script = format!("machine {machine}, script {number}");
        let Ok(answer) = reporter.try_report(schedule, &Report::pass(&script)).await else {
            break;
        };
        match answer.refusal().as_deref() {
            None => acknowledged.push(script),
            Some("UNAVAILABLE") => break,
            Some(_) => panic!("{answer:?}"),
        }
    }
    acknowledged
}

/// A report whose head has arrived, and whose body has not.
struct HalfSent {
    stream: TcpStream,
    body: String,
}

impl HalfSent {
    /// Sends the head, and waits until the server asks for the body: from then on the request is under way.
    async fn begin(reporter: &Api, schedule: Uuid) -> Self {
        let query = format!(
            "mutation {{ reportResult(input: {{ schedule: \"{schedule}\", script: \"login\", status: PASS }}) {{ result {{ revision }} }} }}"
        );
        let body = json!({ "query": query }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            reporter.address(),
            reporter.token(),
            body.len()
        );
        let mut stream = TcpStream::connect(reporter.address())
            .await
            .expect("the server listens");
        stream
            .write_all(head.as_bytes())
            .await
            .expect("the server reads");
        let mut asked = [0; 25];
        let reading = stream.read_exact(&mut asked);
        within("the server asks for the body", PATIENCE, reading)
            .await
            .expect("the server answers");
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body, and returns the whole answer.
    async fn finish(&mut self) -> String {
        self.stream
            .write_all(self.body.as_bytes())
            .await
            .expect("the server still reads");
        let mut answer = String::new();
        let reading = self.stream.read_to_string(&mut answer);
        within("the answer", Duration::from_secs(30), reading)
            .await
            .expect("an answer");
        answer
    }
}
