//! Traces and log lines for machines: what an operator collects.

use std::net::Ipv4Addr;

use axum::{Router, body::Bytes, routing::post};
use daybook_tests::{ADMIN_TOKEN, Answer, Database, PATIENCE, ServerProcess, within};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A collector, which takes every export and keeps what was sent.
struct Collector {
    endpoint: String,
    exports: mpsc::UnboundedReceiver<Bytes>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (sender, exports) = mpsc::unbounded_channel();
        let take = post(async move |body: Bytes| sender.send(body).is_ok().to_string());
        let app = Router::new().route("/v1/traces", take);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            endpoint: format!("http://{address}"),
            exports,
        }
    }

    /// Takes exports until one of them has all of these parts in it.
    async fn receives(&mut self, parts: &[&[u8]]) {
        let receiving = async {
            while let Some(export) = self.exports.recv().await {
                let has = |part: &&[u8]| export.windows(part.len()).any(|some| some == *part);
                if parts.iter().all(has) {
                    return;
                }
            }
        };
        within("the traces arrive", PATIENCE, receiving).await;
    }
}

/// A request that names its trace is found in it, with what was done for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_part_of_its_clients_trace() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut collector = Collector::start().await;
    let database = Database::sqlite();
    let mut server = ServerProcess::start_with(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ("DAYBOOK_OTLP_ENDPOINT", &collector.endpoint),
    ])
    .await;
    let request = server
        .admin()
        .request(Method::POST, "/graphql")
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .json(&json!({ "query": "{ viewer { name } }" }));
    let answer = Answer::of(request).await.expect("an answer");
    assert_eq!(answer.data("/viewer/name"), "admin");
    // The last traces are sent when the server stops.
    server.terminate();
    let trace = hex::decode(TRACE).expect("hexadecimal");
    collector
        .receives(&[&trace, b"request", b"/graphql", b"execute", b"viewer"])
        .await;
    assert!(server.exited().await.success());
}

/// Each line is an object with a time, a level and what is said.
#[tokio::test(flavor = "multi_thread")]
async fn log_lines_for_machines() {
    let database = Database::sqlite();
    let mut server = ServerProcess::start_with(&[
        ("DATABASE_URL", database.url()),
        ("DAYBOOK_LOG_FORMAT", "json"),
        ("DAYBOOK_NOTHING", "means nothing"),
    ])
    .await;
    server.terminate();
    server.exited().await;
    let log = server.log();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let warned = lines.iter().find(|line| line["level"] == "WARN");
    let warned = warned.expect("an unknown variable is told");
    let message = warned["fields"]["message"].as_str().expect("a text");
    assert!(message.contains("DAYBOOK_NOTHING"), "{message}");
    assert!(warned["timestamp"].is_string());
}
