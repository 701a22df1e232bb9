//! A Galera cluster of three nodes on this machine: real `mariadbd`s, to be killed, frozen, stopped and started anew.
//!
//! `cargo xtask soak` installs what it needs.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use tempfile::TempDir;

use crate::database::one_connection;
use crate::ports::free_address;
use crate::tool::{project, succeeds};
use crate::wait::eventually;

/// How many nodes there are: what is left when one goes can tell that it is the larger part.
pub const NODES: usize = 3;

/// How long a node may take until it has what the others have: all of their data, if need be.
const JOIN: Duration = Duration::from_mins(2);

/// Where `cargo xtask soak` puts Galera, and the scripts by which a node gets the data of another one.
const PROGRAMS: &str = "target/galera";

/// Who runs the nodes where the story runs as root: the transfer of data between them fails for root.
const USER: &str = "nobody";

/// What the nodes have before the story begins: Daybook's database and user, and one as whom HAProxy asks for their state.
const SETUP: [&str; 4] = [
    "CREATE DATABASE daybook",
    "CREATE USER daybook@'127.0.0.1'",
    "GRANT ALL ON daybook.* TO daybook@'127.0.0.1'",
    "CREATE USER haproxy@'127.0.0.1'",
];

/// The cluster. It ends when this is dropped.
pub struct Galera {
    nodes: [Node; NODES],
}

/// One node. It keeps its addresses and its data when it is killed or stopped.
pub struct Node {
    number: usize,
    child: Option<Child>,
    address: SocketAddr,
    group: SocketAddr,
    state_transfer: SocketAddr,
    increments: SocketAddr,
    folder: TempDir,
}

impl Galera {
    /// Starts the first node on a new database, and lets the others join it.
    pub async fn start() -> Self {
        let mut nodes = [1, 2, 3].map(Node::new);
        let addresses = cluster_address(&nodes);
        nodes[0].install();
        nodes[0].launch("gcomm://");
        nodes[0].becomes_synced().await;
        for statement in SETUP {
            nodes[0].execute(statement).await.expect("a new database");
        }
        for node in &mut nodes[1..] {
            node.launch(&addresses);
            node.becomes_synced().await;
        }
        Self { nodes }
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> [SocketAddr; NODES] {
        self.nodes.each_ref().map(|node| node.address)
    }

    /// One of the nodes, counted from 0.
    pub fn node(&mut self, index: usize) -> &mut Node {
        &mut self.nodes[index]
    }

    /// Starts a node that was killed or has stopped, and waits until it has what the others have.
    pub async fn restart(&mut self, index: usize) {
        let addresses = cluster_address(&self.nodes);
        self.nodes[index].launch(&addresses);
        self.nodes[index].becomes_synced().await;
    }

    /// What to give to Daybook as `DATABASE_URL`, where an address leads to one of the nodes.
    pub fn url_at(address: SocketAddr) -> String {
        format!("mysql://daybook@{address}/daybook")
    }
}

impl Node {
    fn new(number: usize) -> Self {
        Self {
            number,
            child: None,
            address: free_address(),
            group: free_address(),
            state_transfer: free_address(),
            increments: free_address(),
            folder: folder_of_user(),
        }
    }

    /// `kill -9`: gone at once, in the middle of whatever it did.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the node is running");
        child.kill().expect("the node is running");
        child.wait().expect("a child of ours");
    }

    /// Stops the process where it is: its connections stay open, and nothing passes.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on from there.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Stops it as an operator does.
    pub async fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let mut child = self.child.take().expect("the node is running");
        eventually("the node stops", JOIN, || {
            let ended = child.try_wait().expect("a child of ours");
            async move { ended }
        })
        .await;
    }

    /// Waits until it has what the others have, and takes statements.
    pub async fn becomes_synced(&self) {
        eventually("the node is synced", JOIN, || async {
            let state = self.status("wsrep_local_state_comment").await.ok()?;
            (state == "Synced").then_some(())
        })
        .await;
    }

    /// One of the variables by which the node says how it is.
    pub async fn status(&self, variable: &str) -> Result<String, DbErr> {
        let connection = self.connect().await?;
        let sql = format!("SHOW GLOBAL STATUS LIKE '{variable}'");
        let statement = Statement::from_string(DbBackend::MySql, sql);
        let row = connection.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound(variable.to_owned()))?;
        row.try_get_by_index(1)
    }

    /// Executes a statement as root.
    pub async fn execute(&self, statement: &str) -> Result<(), DbErr> {
        let connection = self.connect().await?;
        connection.execute_unprepared(statement).await?;
        connection.close().await
    }

    /// All that it wrote so far, over all of its starts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).expect("the log file exists")
    }

    async fn connect(&self) -> Result<sea_orm::DatabaseConnection, DbErr> {
        let mut options = one_connection(format!("mysql://root@{}/", self.address));
        options.acquire_timeout(Duration::from_secs(1));
        sea_orm::Database::connect(options).await
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("the node is running");
        let pid = i32::try_from(child.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("the node is running");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn install(&self) {
        let mut command = Command::new("mariadb-install-db");
        command
            .args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ])
            .arg(format!("--datadir={}", self.file("data").display()))
            .args(as_user());
        succeeds(&mut command);
    }

    fn launch(&mut self, cluster: &str) {
        fs::create_dir_all(self.file("data")).expect("a folder of our own");
        give_to_user(&self.file("data"));
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.file("log"))
            .expect("a file in a folder of our own");
        let programs = project().join(PROGRAMS);
        let provider = programs.join("usr/lib/galera/libgalera_smm.so");
        assert!(
            provider.exists(),
            "Galera is missing; `cargo xtask soak` installs what the long stories need"
        );
        let path = std::env::var("PATH").unwrap_or_default();
        let scripts = programs.join("usr/bin");
        let file = |option: &str, name: &str| format!("--{option}={}", self.file(name).display());
        let child = Command::new("mariadbd")
            .arg("--no-defaults")
            .arg(file("datadir", "data"))
            .arg(file("socket", "socket"))
            .arg(file("pid-file", "data/pid"))
            .arg(format!("--bind-address={}", self.address.ip()))
            .arg(format!("--port={}", self.address.port()))
            .args(as_user())
            .args([
                "--binlog-format=ROW",
                "--innodb-autoinc-lock-mode=2",
                // As little as is needed, for it is transferred.
                "--innodb-log-file-size=16M",
                "--wsrep-on=ON",
                "--wsrep-sst-method=rsync",
            ])
            .arg(format!("--wsrep-provider={}", provider.display()))
            .arg(format!("--wsrep-cluster-address={cluster}"))
            .arg(format!("--wsrep-node-name=node-{}", self.number))
            .arg(format!("--wsrep-node-address={}", self.group))
            .arg(format!(
                "--wsrep-sst-receive-address={}",
                self.state_transfer
            ))
            .arg(format!(
                "--wsrep-provider-options=gmcast.listen_addr=tcp://{};ist.recv_addr={}",
                self.group, self.increments
            ))
            .env("PATH", format!("{}:{path}:/usr/sbin", scripts.display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .expect("mariadbd is installed; `cargo xtask soak` sees to it");
        self.child = Some(child);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<&str> = log.lines().rev().take(60).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            eprintln!(
                "the last that node {} logged:\n{}",
                self.number,
                last.join("\n")
            );
        }
        let Some(child) = &mut self.child else {
            return;
        };
        // Its data is thrown away, so there is nothing that a gentle stop would save.
        if let Err(error) = child.kill().and_then(|()| child.wait()) {
            eprintln!("a node is left behind: {error}");
        }
    }
}

fn cluster_address(nodes: &[Node]) -> String {
    let members: Vec<String> = nodes.iter().map(|node| node.group.to_string()).collect();
    format!("gcomm://{}", members.join(","))
}

fn folder_of_user() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    give_to_user(folder.path());
    folder
}

fn give_to_user(path: &Path) {
    if !geteuid().is_root() {
        return;
    }
    let user = User::from_name(USER)
        .expect("the list of users can be read")
        .expect("every Linux has this user");
    chown(path, Some(user.uid), Some(user.gid)).expect("root may do so");
}

fn as_user() -> Option<String> {
    geteuid().is_root().then(|| format!("--user={USER}"))
}
