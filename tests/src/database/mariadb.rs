//! The MariaDB server behind the stories: the one that `TEST_MYSQL_URL` names, or one of a story's own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use url::Url;

use crate::ports::free_address;
use crate::wait::eventually;

/// A MariaDB server on which databases may be made. One that was started here stops when this is dropped.
pub struct MariaDbServer {
    url: Url,
    _own: Option<OwnServer>,
}

impl MariaDbServer {
    /// The server that `TEST_MYSQL_URL` names (its user may create databases), or else a new one.
    pub async fn given_or_started() -> Self {
        match std::env::var("TEST_MYSQL_URL") {
            Ok(url) => Self {
                url: Url::parse(&url).expect("TEST_MYSQL_URL is a URL"),
                _own: None,
            },
            Err(_) => Self::start().await,
        }
    }

    /// Starts a server on a data folder of its own. It takes some seconds: `cargo xtask test` starts one for all.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        install(folder.path());
        let address = free_address();
        let server = OwnServer {
            child: launch(folder.path(), address),
            _folder: folder,
        };
        eventually("mariadbd listens", Duration::from_mins(1), || async {
            TcpStream::connect(address).await.ok()
        })
        .await;
        let url = Url::parse(&format!("mysql://root@{address}/")).expect("a URL of our own");
        Self {
            url,
            _own: Some(server),
        }
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

/// A server process, with its data folder.
struct OwnServer {
    child: Child,
    _folder: TempDir,
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Its data is thrown away, so there is nothing that a gentle stop would save.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
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
