//! A MariaDB server for one test run: private, on a free port of the loopback interface, with its
//! data in a temporary folder. It keeps MariaDB's own defaults, the durable ones and its character
//! set: a table that needs another one has to say so.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::{
    step::step,
    tools::{self, DebianPackage},
};

/// The packages have the programs alone: they start no service and make no database of the system's. What
/// `mariadb-install-db` calls is in one or the other, by the version.
pub(crate) const PACKAGES: [DebianPackage; 2] = [
    DebianPackage {
        name: "mariadb-server-core",
        programs: &[SERVER, "mariadb-install-db"],
    },
    DebianPackage {
        name: "mariadb-client-core",
        programs: &["my_print_defaults"],
    },
];
const SERVER: &str = "mariadbd";

/// Enough for all tests that run at the same time, each with a pool of its own.
const MAX_CONNECTIONS: u32 = 1000;

/// Seconds until a server that still takes no connection counts as failed.
const START_SECONDS: u64 = 60;

/// A running server. Dropped, it is stopped and its data is gone.
pub(crate) struct MariaDb {
    server: Child,
    port: u16,
    folder: TempDir,
}

impl MariaDb {
    /// Starts a server, and returns when it takes connections.
    pub(crate) fn start(shell: &Shell) -> Result<Self> {
        tools::debian(shell, &PACKAGES)?;
        step("start a MariaDB for the tests", || {
            let folder = TempDir::with_prefix("daybook-mariadb-")?;
            create_data(shell, folder.path())?;
            let port = free_port()?;
            let server = spawn(shell, folder.path(), port)?;
            let mut database = MariaDb {
                server,
                port,
                folder,
            };
            database.wait_until_ready()?;
            Ok(database)
        })
    }

    /// How a client connects: as root, who has no password here.
    pub(crate) fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS);
        loop {
            let ended = self.server.try_wait()?.is_some();
            if !ended && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(());
            }
            if ended || Instant::now() > deadline {
                let log = fs::read_to_string(log_file(self.folder.path()))?;
                bail!("{SERVER} took no connection within {START_SECONDS} s; its log:\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        // Nobody needs the data again, so there is nothing to shut down in order. Both calls fail
        // only if the server has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn create_data(shell: &Shell, folder: &Path) -> Result<()> {
    let data = folder.join("data");
    let user = user_option(shell);
    let output = cmd!(
        shell,
        "mariadb-install-db --no-defaults --datadir={data} --auth-root-authentication-method=normal --skip-test-db {user...}"
    )
    .ignore_status()
    .output()?;
    if !output.status.success() {
        // It says why on one or the other.
        bail!(
            "mariadb-install-db failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn spawn(shell: &Shell, folder: &Path, port: u16) -> Result<Child> {
    let log = fs::File::create(log_file(folder))?;
    let server = tools::find(SERVER).context("MariaDB was installed a moment ago")?;
    // However xtask ends, killed too, its database ends with it.
    Command::new("setpriv")
        .args(["--pdeathsig", "TERM"])
        .arg(server)
        .arg("--no-defaults")
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--port={port}"))
        .arg("--bind-address=127.0.0.1")
        .arg(format!("--max-connections={MAX_CONNECTIONS}"))
        .args(user_option(shell))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Out of the terminal's group: Ctrl-C ends the tests first, then this.
        .process_group(0)
        .spawn()
        .with_context(|| format!("could not start {SERVER}"))
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// MariaDB runs as root only if told so.
fn user_option(shell: &Shell) -> Option<&'static str> {
    tools::is_root(shell).then_some("--user=root")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
