//! The MariaDB server behind the stories: the one that `TEST_MYSQL_URL` names, or one of a story's own, to be killed,
//! stopped and started anew.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::net::TcpStream;
use url::Url;

use crate::ports::free_address;
use crate::wait::eventually;

/// How long a server may take to listen, or to stop: it may have to recover, or to write out what it has in memory.
const PATIENCE: Duration = Duration::from_mins(1);

/// A MariaDB server on which databases may be made. One that was started here stops when this is dropped, and keeps its
/// address over restarts.
pub struct MariaDbServer {
    url: Url,
    own: Option<OwnServer>,
}

impl MariaDbServer {
    /// The server that `TEST_MYSQL_URL` names (its user may create databases), or else a new one.
    pub async fn given_or_started() -> Self {
        match std::env::var("TEST_MYSQL_URL") {
            Ok(url) => Self {
                url: Url::parse(&url).expect("TEST_MYSQL_URL is a URL"),
                own: None,
            },
            Err(_) => Self::start().await,
        }
    }

    /// Starts a server on a data folder of its own. It takes some seconds: `cargo xtask test` starts one for all.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        install(folder.path());
        let address = free_address();
        let url = Url::parse(&format!("mysql://root@{address}/")).expect("a URL of our own");
        let own = OwnServer {
            child: None,
            folder,
        };
        let mut server = Self {
            url,
            own: Some(own),
        };
        server.restart().await;
        server
    }

    /// Starts it after it was made, killed or stopped, on the same address and data.
    pub async fn restart(&mut self) {
        let address = self.address();
        let own = self.own();
        own.child = Some(launch(own.folder.path(), address));
        eventually("mariadbd listens", PATIENCE, || async {
            TcpStream::connect(address).await.ok()
        })
        .await;
    }

    /// `kill -9`: gone at once, in the middle of whatever it did.
    pub fn kill(&mut self) {
        let child = self.own().child.as_mut();
        let child = child.expect("the server was started");
        child.kill().expect("the server was running");
        child.wait().expect("a child of ours");
    }

    /// Stops it as an operator does: it ends all connections, and then itself.
    pub async fn stop(&mut self) {
        let child = self.own().child.as_mut();
        let child = child.expect("the server was started");
        let pid = i32::try_from(child.id()).expect("a process id");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the server was running");
        eventually("mariadbd stops", PATIENCE, || {
            let ended = child.try_wait().expect("a child of ours");
            async move { ended }
        })
        .await;
    }

    fn own(&mut self) -> &mut OwnServer {
        self.own.as_mut().expect("it is the story's own")
    }

    /// Whether it was started for this story alone.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Its URL, without a database.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        let addresses = self
            .url
            .socket_addrs(|| Some(3306))
            .expect("the host of the URL resolves");
        *addresses.first().expect("at least one address")
    }
}

/// A server process, if it was started, with its data folder.
struct OwnServer {
    child: Option<Child>,
    folder: TempDir,
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else {
            return;
        };
        // Its data is thrown away, so there is nothing that a gentle stop would save. It may have been killed already.
        if let Err(error) = child.kill().and_then(|()| child.wait()) {
            eprintln!("mariadbd is left behind: {error}");
        }
    }
}

fn install(folder: &Path) {
    let output = Command::new("mariadb-install-db")
        .args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .args(as_user())
        .output()
        .expect("MariaDB is not installed; `cargo xtask test` installs what the tests need");
    assert!(
        output.status.success(),
        "mariadb-install-db: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn launch(folder: &Path, address: SocketAddr) -> Child {
    Command::new("mariadbd")
        .arg("--no-defaults")
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!(
            "--socket={}",
            folder.join("mariadb.sock").display()
        ))
        .arg(format!(
            "--pid-file={}",
            folder.join("mariadb.pid").display()
        ))
        .arg(format!("--bind-address={}", address.ip()))
        .arg(format!("--port={}", address.port()))
        .args(as_user())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mariadbd is installed together with mariadb-install-db")
}

/// MariaDB refuses to run as root without being told that it is meant.
fn as_user() -> Option<&'static str> {
    nix::unistd::geteuid().is_root().then_some("--user=root")
}
