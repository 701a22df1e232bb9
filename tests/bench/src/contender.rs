//! Who is measured: Daybook, the floor beneath it, and the peers, each a process of its own with a fresh database.

mod database;

use std::{
    fmt::{self, Display},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    speech::{Speech, get, graphql},
    usage::Usage,
    wait::eventually,
    wire::Wire,
};
pub(crate) use database::{Database, Engine};

/// How long a contender may take from its start to its first answer.
const START: Duration = Duration::from_mins(1);

/// The token that whoever is measured is started with.
const TOKEN: &str = "the-token-of-the-benchmark";

/// A kind of contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// What all of this is about.
    Daybook,
    /// The same durable work with nothing around it.
    Floor,
    /// Fastify with Mercurius and its JIT.
    Mercurius,
    /// Strawberry with `SQLAlchemy`.
    Strawberry,
    /// `FastAPI` with `SQLAlchemy`: what Daybook replaces.
    FastApi,
}

impl Kind {
    /// The language it understands.
    pub(crate) fn speech(self) -> Speech {
        match self {
            Self::Daybook | Self::Mercurius | Self::Strawberry => Speech::GraphQl,
            Self::Floor | Self::FastApi => Speech::Rest,
        }
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Daybook => "Daybook",
            Self::Floor => "the floor",
            Self::Mercurius => "Mercurius",
            Self::Strawberry => "Strawberry",
            Self::FastApi => "FastAPI",
        })
    }
}

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) daybook: PathBuf,
    pub(crate) floor: PathBuf,
    /// The Python of the environment that has the peers' packages.
    pub(crate) python: Option<PathBuf>,
    /// Node.js, where the peer's packages are installed.
    pub(crate) node: Option<PathBuf>,
    /// The folder with the peers.
    pub(crate) peers: PathBuf,
}

impl Programs {
    /// How a contender is started; nothing where it is not installed.
    fn command(&self, kind: Kind, port: u16) -> Option<Command> {
        let uvicorn = |module: &str| {
            let mut command = Command::new(self.python.as_ref()?);
            command
                .current_dir(self.peers.join("python"))
                .args(["-m", "uvicorn", module, "--workers", "2"])
                .args(["--host", "127.0.0.1", "--port", &port.to_string()])
                .args(["--log-level", "warning", "--no-access-log"]);
            Some(command)
        };
        match kind {
            Kind::Daybook => {
                let mut command = Command::new(&self.daybook);
                command.arg("serve");
                Some(command)
            }
            Kind::Floor => Some(Command::new(&self.floor)),
            Kind::FastApi => uvicorn("rest:app"),
            Kind::Strawberry => uvicorn("graph:app"),
            Kind::Mercurius => {
                let mut command = Command::new(self.node.as_ref()?);
                command
                    .current_dir(self.peers.join("node"))
                    .arg("server.mjs");
                Some(command)
            }
        }
    }

    /// Whether a contender is installed.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.command(kind, 0).is_some()
    }
}

/// A contender that runs. Dropped, it and its database are gone.
pub(crate) struct Contender {
    pub(crate) kind: Kind,
    process: Child,
    address: SocketAddr,
    token: String,
    ready_after: Duration,
    /// Always there, but for one that was stopped.
    database: Option<Database>,
}

impl Contender {
    /// Starts one on a fresh database, and waits until it is ready.
    pub(crate) async fn start(programs: &Programs, kind: Kind, engine: &Engine) -> Result<Self> {
        let database = Database::create(engine, kind).await?;
        Self::start_on(programs, kind, database).await
    }

    /// Starts one on a database that is there.
    pub(crate) async fn start_on(
        programs: &Programs,
        kind: Kind,
        database: Database,
    ) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let command = programs.command(kind, address.port());
        let command = command.with_context(|| format!("{kind} is not installed"))?;
        let started = Instant::now();
        let process = spawn(&command, kind, address, &database)?;
        let mut contender = Self {
            kind,
            process,
            address,
            token: TOKEN.to_owned(),
            ready_after: Duration::ZERO,
            database: Some(database),
        };
        contender.becomes_ready().await?;
        contender.ready_after = started.elapsed();
        if kind == Kind::Daybook {
            contender.token = contender.reporter().await?;
        }
        Ok(contender)
    }

    /// What it is called in tables.
    pub(crate) fn name(&self) -> String {
        format!("{} on {}", self.kind, self.engine())
    }

    /// Its kind of database.
    pub(crate) fn engine(&self) -> &Engine {
        let database = self.database.as_ref();
        database.expect("only stopping takes it").engine()
    }

    /// How long it took from its start to being ready.
    pub(crate) fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token that it knows.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The token of the one who may do anything.
    pub(crate) fn admin_token() -> &'static str {
        TOKEN
    }

    /// A connection to it.
    pub(crate) async fn wire(&self) -> Result<Wire> {
        Wire::connect(self.address, &self.token).await
    }

    /// What it and its workers use of the machine. Of a database server, nothing is in it.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of_group(self.group().as_raw())
    }

    /// Stops it as an operator does, and returns its database.
    pub(crate) fn stop(mut self) -> Result<Database> {
        killpg(self.group(), Signal::SIGTERM)?;
        self.process.wait()?;
        Ok(self.database.take().expect("only stopping takes it"))
    }

    fn group(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("a process id"))
    }

    async fn becomes_ready(&mut self) -> Result<()> {
        // `/readyz` of Daybook says more than `/healthz`; the others have the latter alone.
        let path = match self.kind {
            Kind::Daybook => "/readyz",
            _ => "/healthz",
        };
        let call = get(path.to_owned());
        let (name, address, token) = (self.name(), self.address, self.token.clone());
        let process = &mut self.process;
        eventually(&format!("{name} is ready"), START, async || {
            if let Some(status) = process.try_wait()? {
                bail!("{name} ended before it was ready: {status}");
            }
            // As long as it does not listen, or says that it is not ready, that is no error.
            let Ok(mut wire) = Wire::connect(address, &token).await else {
                return Ok(None);
            };
            Ok(wire.send(&call).await.ok().map(drop))
        })
        .await
    }

    /// Makes a reporter, as whoever sets up a nightly build does.
    async fn reporter(&self) -> Result<String> {
        const CREATE: &str =
            "mutation($input: CreateClientInput!) { createClient(input: $input) { token } }";
        #[derive(Deserialize)]
        struct Answer {
            data: Data,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            create_client: Made,
        }
        #[derive(Deserialize)]
        struct Made {
            token: String,
        }
        let name = format!("reporter-{}", uuid::Uuid::new_v4());
        let input = json!({"input": {"name": name, "role": "REPORTER"}});
        let body = self.wire().await?.send(&graphql(CREATE, &input)).await?;
        Ok(serde_json::from_slice::<Answer>(&body)?
            .data
            .create_client
            .token)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // Nobody needs its data again. Both calls fail only if it has ended already.
        let _ = killpg(self.group(), Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

/// Starts a process in a group of its own, which ends with this one.
fn spawn(command: &Command, kind: Kind, address: SocketAddr, database: &Database) -> Result<Child> {
    let mut guarded = Command::new("setpriv");
    guarded
        .args(["--pdeathsig", "TERM"])
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0);
    if let Some(folder) = command.get_current_dir() {
        guarded.current_dir(folder);
    }
    if kind == Kind::Daybook {
        guarded
            .env("DATABASE_URL", database.daybook_url())
            .env("DAYBOOK_LISTEN", address.to_string())
            .env("DAYBOOK_ADMIN_TOKEN", TOKEN)
            .env("BACKUP_FOLDER", database.folder().join("backup"));
    } else {
        guarded
            .env("BENCH_DATABASE", database.peer_url())
            .env("BENCH_PORT", address.port().to_string())
            .env("BENCH_TOKEN", TOKEN);
    }
    guarded
        .spawn()
        .with_context(|| format!("{kind} could not be started"))
}

/// A port that is free at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// Makes a path absolute, for a process that is started elsewhere.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))
}
