//! The real binary as a process of its own, for the stories in which it is killed, stopped or started anew.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::ADMIN_TOKEN;
use crate::api::{Api, Credential, Role};
use crate::database::Database;
use crate::ports::free_address;
use crate::tool::{succeeds, system};
use crate::wait::{PATIENCE, eventually, within};

/// How long a debug build may take from its start to being ready, migrations included.
const START: Duration = Duration::from_mins(1);

/// `daybook serve`, running or killed. It keeps its address and its database over restarts.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

impl ServerProcess {
    /// Starts a server on a database, with the admin token of the stories, and waits until it is ready.
    pub async fn start(database: &Database) -> Self {
        Self::start_on(database.url()).await
    }

    /// The same, on the database of a URL: behind a proxy, or one that another server uses too.
    pub async fn start_on(database_url: &str) -> Self {
        Self::start_with(&[
            ("DATABASE_URL", database_url),
            ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ])
        .await
    }

    /// Starts a server with exactly these settings, and waits until it is ready.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self::start_in(folder, settings).await
    }

    async fn start_in(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let mut server = Self::launch_in(folder, settings);
        server.becomes_ready().await;
        server
    }

    /// Starts a server with exactly these settings, and does not wait.
    pub fn launch(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self::launch_in(folder, settings)
    }

    fn launch_in(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let address = free_address();
        let mut settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        settings.push(("DAYBOOK_LISTEN".into(), address.to_string()));
        let child = launch(folder.path(), &settings);
        Self {
            child,
            address,
            settings,
            folder,
        }
    }

    /// Starts a server on a database, with the admin token of the stories, that shares this event bus.
    pub async fn start_on_bus(database: &Database, event_bus: &str) -> Self {
        Self::start_with(&[
            ("DATABASE_URL", database.url()),
            ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
            ("DAYBOOK_EVENT_BUS", event_bus),
        ])
        .await
    }

    /// Starts a server on a database, with the admin token of the stories and a settings file that says this besides.
    pub async fn start_with_file(database: &Database, file: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        std::fs::write(folder.path().join("daybook.toml"), file).expect("a folder of our own");
        let settings = [
            ("DATABASE_URL", database.url()),
            ("DAYBOOK_ADMIN_TOKEN", ADMIN_TOKEN),
        ];
        Self::start_in(folder, &settings).await
    }

    /// Starts the server again after it was killed or has stopped, on the same address and database.
    pub async fn restart(&mut self) {
        self.child = launch(self.folder.path(), &self.settings);
        self.becomes_ready().await;
    }

    /// `kill -9`: gone at once, in the middle of whatever it did.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the server was running");
    }

    /// Sends SIGTERM, and does not wait.
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Stops the process where it is, as a machine does that has no memory left.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// The same, at a moment at which it is not writing into a SQLite file: nobody else could, for as long as it is frozen.
    pub async fn freeze_between_writes(&self) {
        eventually("it is frozen between two writes", PATIENCE, || async {
            self.freeze();
            eventually("it stands still", PATIENCE, || async {
                self.stands_still().then_some(())
            })
            .await;
            if self.holds_a_file() {
                self.thaw();
                return None;
            }
            Some(())
        })
        .await;
    }

    fn stands_still(&self) -> bool {
        let path = format!("/proc/{}/stat", self.pid());
        let stat = std::fs::read_to_string(path).expect("the server is running");
        let (_, after_its_name) = stat.rsplit_once(") ").expect("a name in brackets");
        after_its_name.starts_with('T')
    }

    /// Whether it has locked some part of a file, for itself alone.
    fn holds_a_file(&self) -> bool {
        let locks = std::fs::read_to_string("/proc/locks").expect("Linux tells of locks");
        locks.lines().any(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            words.contains(&"WRITE") && words.contains(&self.pid().to_string().as_str())
        })
    }

    /// Lets it go on from there.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        let id = self.child.id().expect("the server is running");
        Pid::from_raw(i32::try_from(id).expect("a process id"))
    }

    /// The most memory that it ever had in use, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(path).expect("the server is running");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.split_whitespace().next());
        let kilobytes: u64 = kilobytes
            .and_then(|number| number.parse().ok())
            .expect("Linux tells it in kB");
        kilobytes * 1024
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the server is running");
    }

    /// Waits until the process has ended by itself.
    pub async fn exited(&mut self) -> ExitStatus {
        within("the server stops", PATIENCE, self.child.wait())
            .await
            .expect("a child of ours")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All that it wrote so far, to stdout and stderr, over all of its starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log_file(self.folder.path())).expect("the log file exists")
    }

    /// How it hears of what other processes do, as it says itself.
    pub async fn event_bus(&self) -> String {
        let health = self.anonymous().get("/readyz").await.json();
        let event_bus = health["eventBus"].as_str();
        event_bus.expect("a server knows its bus").to_owned()
    }

    /// Waits until it hears of what other processes do in this way.
    pub async fn has_event_bus(&self, event_bus: &str) {
        let what = format!("the event bus is {event_bus}");
        eventually(&what, PATIENCE, || async {
            (self.event_bus().await == event_bus).then_some(())
        })
        .await;
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

    /// How much memory it has, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("the server is running");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.expect("Linux tells").trim_end_matches("kB").trim();
        resident.parse().expect("a number")
    }

    /// Lets no file of its grow beyond so many bytes, or lifts that limit.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let bytes = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        // What comes before the colon may be raised again by anybody.
        let mut command = system("prlimit");
        command.arg(format!("--pid={}", self.pid()));
        succeeds(command.arg(format!("--fsize={bytes}:")));
    }

    /// Waits until it is ready, after it was launched.
    pub async fn becomes_ready(&mut self) {
        self.answers_well("/readyz").await;
    }

    /// Waits until it answers at all, after it was launched.
    pub async fn becomes_alive(&mut self) {
        self.answers_well("/healthz").await;
    }

    async fn answers_well(&mut self, path: &str) {
        let client = self.anonymous();
        let log = log_file(self.folder.path());
        let child = &mut self.child;
        eventually(&format!("the server is well at {path}"), START, || {
            if let Some(status) = child.try_wait().expect("a child of ours") {
                let log = std::fs::read_to_string(&log).expect("the log file exists");
                panic!("the server ended with {status}:\n{log}");
            }
            let request = client.request(reqwest::Method::GET, path);
            async move {
                request
                    .send()
                    .await
                    .ok()
                    .filter(|answer| answer.status().is_success())
            }
        })
        .await;
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// Runs one of the binary's other subcommands to its end, in `folder`, with exactly these settings.
pub async fn run_command(
    folder: &Path,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> std::process::Output {
    let output = command(folder)
        .args(arguments)
        .envs(settings.iter().copied())
        .output();
    within("the command ends", START, output)
        .await
        .expect("the binary runs")
}

/// Starts one of the binary's other subcommands, in `folder`, with exactly these settings, and does not wait for it.
pub fn start_command(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Child {
    command(folder)
        .args(arguments)
        .envs(settings.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}

fn launch(folder: &Path, settings: &[(String, String)]) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_file(folder))
        .expect("a file in a folder of our own");
    command(folder)
        .arg("serve")
        .envs(settings.iter().cloned())
        .stdout(log.try_clone().expect("a second handle of the log"))
        .stderr(log)
        .spawn()
        .expect("the binary runs")
}

/// The binary, in a working directory of its own and without the environment of whoever runs the tests.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .current_dir(folder)
        .env_clear()
        .env("RUST_BACKTRACE", "1")
        .kill_on_drop(true);
    command
}

/// `target/<profile>/daybook`, beside the `deps` folder that holds the running test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps/<test>");
    let binary = profile.join(format!("daybook{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing; type: cargo build -p daybook",
        binary.display()
    );
    binary
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}
