//! HAProxy before two servers or a cluster's nodes, with the very settings of `deploy/haproxy/`: only the addresses are
//! others.

use std::fs::File;
use std::net::SocketAddr;
use std::process::Child;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::galera::NODES;
use crate::ports::free_address;
use crate::tool::{project, tool};
use crate::wait::eventually;

/// A running HAProxy. It ends when this is dropped.
pub struct HaProxy {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl HaProxy {
    /// Starts HAProxy before two servers, and waits until it listens.
    pub async fn before(one: SocketAddr, two: SocketAddr) -> Self {
        let servers = [("daybook-1:8080", one), ("daybook-2:8080", two)];
        Self::start("deploy/haproxy/haproxy.cfg", "bind :8080", &servers).await
    }

    /// Starts HAProxy before the nodes of a cluster, and waits until it listens.
    pub async fn before_nodes([one, two, three]: [SocketAddr; NODES]) -> Self {
        let nodes = [
            ("galera-1:3306", one),
            ("galera-2:3306", two),
            ("galera-3:3306", three),
        ];
        Self::start("deploy/haproxy/galera.cfg", "bind 127.0.0.1:3306", &nodes).await
    }

    /// Starts it with a file of settings, in which its own address and those of servers are others than here.
    async fn start(settings: &str, bind: &str, servers: &[(&str, SocketAddr)]) -> Self {
        let address = free_address();
        let mut settings = std::fs::read_to_string(project().join(settings))
            .expect("the settings are part of the project");
        let mut replace = |deployed: &str, here: &str| {
            assert!(settings.contains(deployed), "{deployed}");
            settings = settings.replace(deployed, here);
        };
        replace(bind, &format!("bind {address}"));
        for (deployed, here) in servers {
            replace(deployed, &here.to_string());
        }
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, settings).expect("a folder of our own");
        let log = File::create(folder.path().join("log")).expect("a folder of our own");
        let process = tool("haproxy")
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .expect("HAProxy starts");
        let mut proxy = Self {
            process,
            address,
            folder,
        };
        proxy.listens().await;
        proxy
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All that it wrote so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log file exists")
    }

    async fn listens(&mut self) {
        eventually("HAProxy listens", Duration::from_secs(10), || {
            let ended = self.process.try_wait().expect("a child of ours");
            assert!(ended.is_none(), "HAProxy ended:\n{}", self.log());
            let address = self.address;
            async move { TcpStream::connect(address).await.ok() }
        })
        .await;
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("HAProxy's log:\n{}", self.log());
        }
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("HAProxy is left behind: {error}");
        }
    }
}
