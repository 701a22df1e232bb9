//! The server inside of the test's own process: `daybook::run` on port 0, for every story that needs no process to kill.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use daybook::clock::Clock;
use daybook::config::{CommandSettings, Config, Folders};
use reqwest::Method;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing_subscriber::EnvFilter;

use crate::ADMIN_TOKEN;
use crate::api::{Api, Credential, Role};
use crate::database::Database;
use crate::wait::{PATIENCE, eventually, within};

/// A running server with its database. It stops when this is dropped.
pub struct TestApp {
    address: SocketAddr,
    clock: Clock,
    running: JoinHandle<anyhow::Result<()>>,
    stopping: DropGuard,
    database: Database,
    _folder: TempDir,
}

impl TestApp {
    /// Starts a server on a SQLite file.
    pub async fn sqlite() -> Self {
        Self::start(Database::sqlite()).await
    }

    /// Starts a server on a database.
    pub async fn start(database: Database) -> Self {
        Self::launch(database, Clock::new(), Config::default()).await
    }

    /// Starts a server by a clock that the story may set.
    pub async fn start_by(clock: Clock, database: Database) -> Self {
        Self::launch(database, clock, Config::default()).await
    }

    /// Starts a server on a database, with further settings.
    pub async fn start_with(database: Database, settings: Config) -> Self {
        Self::launch(database, Clock::new(), settings).await
    }

    /// Starts a server that keeps the backups of what lies in these roots in this folder.
    pub async fn start_backing_up(database: Database, folder: PathBuf, roots: Folders) -> Self {
        let settings = Config {
            backup_folder: folder,
            backup_roots: roots,
            ..Config::default()
        };
        Self::launch(database, Clock::new(), settings).await
    }

    async fn launch(database: Database, clock: Clock, settings: Config) -> Self {
        tell_warnings();
        let folder = TempDir::new().expect("a temporary folder");
        let config = Config {
            // Where a story has a folder of its own, it is told from the server's by being absolute.
            backup_folder: folder.path().join(&settings.backup_folder),
            database_url: database.url().to_owned(),
            admin_token: Some(ADMIN_TOKEN.into()),
            commands: [("sh".to_owned(), shell())].into(),
            ..settings
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let stopping = CancellationToken::new();
        let running = tokio::spawn(daybook::run_by(
            clock.clone(),
            config,
            listener,
            stopping.clone(),
        ));
        let mut app = Self {
            address,
            clock,
            running,
            stopping: stopping.drop_guard(),
            database,
            _folder: folder,
        };
        let ready = is_ready(app.anonymous());
        tokio::select! {
            () = ready => app,
            ended = &mut app.running => panic!("the server ended before it was ready: {ended:?}"),
        }
    }

    /// Stops the server, and returns its database once it has ended.
    pub async fn stop(self) -> Database {
        drop(self.stopping);
        let ended = within("the server stops", PATIENCE, self.running).await;
        ended
            .expect("the server does not panic")
            .expect("it stops in good order");
        self.database
    }

    /// Creates a reporter, and hands it out beside the app.
    pub async fn with_reporter(self, name: &str) -> (Self, Api) {
        let reporter = self.reporter(name).await;
        (self, reporter)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The clock that its tasks fall due by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Lets a moment pass while the server is there: first its clock comes near, and when that is on record, the moment
    /// comes.
    pub async fn pass(&self, moment: DateTime<Utc>) {
        let near = moment - TimeDelta::seconds(4);
        self.clock.set(near.into());
        let near = near.format("%F %T%.3f");
        let alive = format!("SELECT COUNT(*) FROM heartbeat WHERE until_time > '{near}'");
        eventually("the server has noticed the time", PATIENCE, || async {
            (self.database.value::<i64>(&alive).await > 0).then_some(())
        })
        .await;
        self.clock.set(moment.into());
    }

    /// The database beneath.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A client without credentials.
    pub fn anonymous(&self) -> Api {
        Api::new(self.address, Credential::Anonymous)
    }

    /// The client `admin`.
    pub fn admin(&self) -> Api {
        Api::new(self.address, Credential::Token(ADMIN_TOKEN.into()))
    }

    /// A new client that reports.
    pub async fn reporter(&self, name: &str) -> Api {
        self.admin().create_client(name, Role::Reporter).await
    }
}

async fn is_ready(anonymous: Api) {
    eventually("the server is ready", PATIENCE, || async {
        let answer = anonymous.request(Method::GET, "/readyz").send().await;
        answer
            .ok()
            .filter(|answer| answer.status().is_success())
            .map(drop)
    })
    .await;
}

/// The command `sh`, by which a story has a command do what it needs.
fn shell() -> CommandSettings {
    CommandSettings {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into()],
        allow_arguments: true,
        directory: None,
        environment: [("GREETING".to_owned(), "hello".into())].into(),
    }
}

/// Shows what the server warns of beside the output of the story; more of it by `RUST_LOG`.
fn tell_warnings() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_test_writer();
    // A second server of the same story logs where the first one does.
    drop(log.try_init());
}
