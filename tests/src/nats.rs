//! A NATS server of a story's own: the real program as a process, to be killed, started anew or frozen.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::ports::free_address;
use crate::wait::eventually;

/// How long the program may take to listen.
const START: Duration = Duration::from_secs(20);

/// A NATS server, running or killed. It keeps its address over restarts, and nothing else.
pub struct NatsServer {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl NatsServer {
    /// Starts a server that takes everybody.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts a server with a configuration that says this besides its address.
    pub async fn start_with(configuration: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self::start_in(folder, configuration).await
    }

    /// The same, with the files of a folder, which its configuration names by their bare names.
    pub async fn start_in(folder: TempDir, configuration: &str) -> Self {
        let address = free_address();
        let configuration = format!("listen: \"{address}\"\n{configuration}\n");
        std::fs::write(folder.path().join("nats.conf"), configuration)
            .expect("a folder of our own");
        let server = Self {
            child: launch(&folder),
            address,
            folder,
        };
        server.listens().await;
        server
    }

    /// What to give to Daybook as `DAYBOOK_EVENT_BUS`.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `kill -9`: gone at once, with every connection.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server was running");
        self.child.wait().expect("a child of ours");
    }

    /// Starts it again on the same address.
    pub async fn restart(&mut self) {
        self.child = launch(&self.folder);
        self.listens().await;
    }

    /// Stops the process where it is: its connections stay open, and nothing passes.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on from there.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("the server is running");
    }

    async fn listens(&self) {
        eventually("nats-server listens", START, || async {
            TcpStream::connect(self.address).await.ok()
        })
        .await;
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        // It keeps nothing, so there is nothing that a gentle stop would save. It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(folder: &TempDir) -> Child {
    // An ordinary user's PATH lacks the folder where Debian keeps servers.
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("nats-server")
        .args(["--config", "nats.conf"])
        .current_dir(folder.path())
        .env("PATH", format!("{path}:/usr/sbin"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nats-server is not installed; `cargo xtask test` installs what the tests need")
}
