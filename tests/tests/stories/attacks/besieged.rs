//! A server that is attacked while somebody works with it.

use std::time::{Duration, Instant};

use daybook_tests::http::exchange;
use daybook_tests::{ADMIN_TOKEN, Answer, Api, Database, PATIENCE, Report, ServerProcess, within};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

/// How long an ordinary request may take: it is answered in milliseconds, the rest is for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(5);

/// How much more memory an attack may make the server take, at its worst moment.
const GROWTH: u64 = 128 * 1024 * 1024;

/// A server as a process of its own, so that its memory can be told from the attacker's.
pub(super) struct Besieged {
    server: ServerProcess,
    reporter: Api,
    schedule: Uuid,
    memory: u64,
    _database: Database,
}

impl Besieged {
    /// Starts a server, and has somebody work with it.
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with further settings.
    pub(super) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = Database::sqlite();
        let common = [
            ("DATABASE_URL", database.url()),
            ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ];
        let settings: Vec<_> = common.into_iter().chain(settings.iter().copied()).collect();
        let server = ServerProcess::start_with(&settings).await;
        let reporter = server.reporter("nightly").await;
        let schedule = reporter.open_schedule("besieged").await;
        reporter.reported(schedule, Report::pass("before")).await;
        Self {
            memory: server.peak_memory(),
            server,
            reporter,
            schedule,
            _database: database,
        }
    }

    /// The attacked server.
    pub(super) fn server(&self) -> &ServerProcess {
        &self.server
    }

    /// Who works with it. What is sent as this client is not refused for who sends it.
    pub(super) fn reporter(&self) -> &Api {
        &self.reporter
    }

    /// The schedule that is worked on.
    pub(super) fn schedule(&self) -> Uuid {
        self.schedule
    }

    /// Sends a document, which must be refused as `VALIDATION`, with this in its message, and before anything is executed.
    pub(super) async fn refuses(&self, document: &str, message: &str) {
        self.refuses_with(document, Value::Null, message).await;
    }

    /// The same, with variables.
    pub(super) async fn refuses_with(&self, document: &str, variables: Value, message: &str) {
        let begun = Instant::now();
        let answer = self.reporter.query(document, variables).await;
        let excerpt: String = document.chars().take(100).collect();
        assert_eq!(answer.code(), "VALIDATION", "{excerpt}");
        assert!(answer.message().contains(message), "{excerpt}: {answer:?}");
        assert!(answer.json().get("data").is_none(), "{excerpt}: {answer:?}");
        assert!(
            begun.elapsed() < AT_ONCE,
            "{excerpt}: {:?}",
            begun.elapsed()
        );
    }

    /// Sends a request to the letter, over a connection of its own, under the reporter's token. The request begins with its
    /// first line; `host`, the token and `connection: close` are put in behind that.
    pub(super) async fn sends(&self, request: &str) -> String {
        let (line, rest) = request.split_once("\r\n").expect("a request has lines");
        let address = self.server.address();
        let token = self.reporter.token();
        let request = format!(
            "{line}\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{rest}"
        );
        exchange(address, &request).await
    }

    /// Sends such a request where the server may have had enough before it was sent. What it said until then, if anything.
    pub(super) async fn tries(&self, request: &str) -> String {
        let connect = TcpStream::connect(self.server.address());
        let mut stream = connect.await.expect("the server listens");
        let mut answer = Vec::new();
        let talk = async {
            // A connection that is reset is one that has ended.
            drop(stream.write_all(request.as_bytes()).await);
            drop(stream.read_to_end(&mut answer).await);
        };
        within("the server ends the connection", PATIENCE, talk).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The server is what it was: it answers, has not panicked, and has not needed much more memory.
    pub(super) async fn is_unharmed(&self) {
        let begun = Instant::now();
        self.reporter
            .reported(self.schedule, Report::pass("after"))
            .await;
        assert!(
            begun.elapsed() < AT_ONCE,
            "answered after {:?}",
            begun.elapsed()
        );
        // The kernel counts on each core for itself, and sums up later: what was the most may be a little less the next time.
        let grown = self.server.peak_memory().saturating_sub(self.memory);
        assert!(grown < GROWTH, "it took {} MiB more", grown / 1024 / 1024);
        let log = self.server.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}

/// The status and the error's code of an answer of a REST route.
pub(super) fn refusal(answer: &Answer) -> (u16, String) {
    let code = answer.json()["error"]["code"].as_str().map(str::to_owned);
    (answer.status.as_u16(), code.unwrap_or_default())
}

/// The status of an answer that was sent as text.
pub(super) fn status(answer: &str) -> &str {
    let line = answer.lines().next().unwrap_or_default();
    line.split(' ').nth(1).unwrap_or_default()
}
