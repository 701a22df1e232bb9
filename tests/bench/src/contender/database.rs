//! Fresh databases: a SQLite file in a folder of its own, or a database on a MariaDB server that was started for this.

use std::{
    fmt::{self, Display},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::Result;
use sqlx::{Connection, Executor, MySqlConnection};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::Kind;
use crate::wait::eventually;

/// A kind of database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file of its own, with the write-ahead log and `synchronous=FULL`.
    Sqlite,
    /// A database on the server of this URL, with `InnoDB`'s own durability.
    MariaDb(String),
}

/// How long what was written may take to be on the disk.
const REST: Duration = Duration::from_mins(2);

/// So few pages are always about to be written, for the server keeps a record of itself.
const PAGES: i64 = 50;

impl Engine {
    /// Waits until nothing that was written is still on its way to the disk: `InnoDB` writes its pages long after the commit,
    /// and faster when its log is nearly full, which would fall on whoever has the next turn.
    pub(crate) async fn come_to_rest(&self) -> Result<()> {
        spawn_blocking(nix::unistd::sync).await?;
        let Self::MariaDb(url) = self else {
            return Ok(());
        };
        let mut connection = MySqlConnection::connect(url).await?;
        let usual: f64 = sqlx::query_scalar("SELECT CAST(@@innodb_max_dirty_pages_pct AS DOUBLE)")
            .fetch_one(&mut connection)
            .await?;
        connection
            .execute("SET GLOBAL innodb_max_dirty_pages_pct = 0")
            .await?;
        let rested = eventually("MariaDB has written all of its pages", REST, async || {
            Ok((dirty_pages(&mut connection).await? <= PAGES).then_some(()))
        });
        rested.await?;
        let restore = format!("SET GLOBAL innodb_max_dirty_pages_pct = {usual}");
        connection.execute(sqlx::AssertSqlSafe(restore)).await?;
        Ok(connection.close().await?)
    }
}

/// How many pages `InnoDB` has not written yet.
async fn dirty_pages(connection: &mut MySqlConnection) -> Result<i64> {
    let status = "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.GLOBAL_STATUS
        WHERE VARIABLE_NAME = 'INNODB_BUFFER_POOL_PAGES_DIRTY'";
    Ok(sqlx::query_scalar(status).fetch_one(connection).await?)
}

impl Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::MariaDb(_) => "MariaDB",
        })
    }
}

/// A database of one contender. A file is gone when this is; a database on a server goes with the server.
pub(crate) struct Database {
    engine: Engine,
    name: String,
    folder: TempDir,
}

impl Database {
    /// Creates one.
    pub(crate) async fn create(engine: &Engine, of: Kind) -> Result<Self> {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{of:?}_{number}").to_lowercase();
        if let Engine::MariaDb(url) = engine {
            let mut connection = MySqlConnection::connect(url).await?;
            let create = format!("CREATE DATABASE {name}");
            connection.execute(sqlx::AssertSqlSafe(create)).await?;
            connection.close().await?;
        }
        Ok(Self {
            engine: engine.clone(),
            name,
            folder: TempDir::with_prefix("daybook-bench-")?,
        })
    }

    /// Its kind.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The folder of its file, and of what else its contender keeps.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL as Daybook has it.
    pub(crate) fn daybook_url(&self) -> String {
        match &self.engine {
            Engine::Sqlite => format!("sqlite://{}?mode=rwc", self.file()),
            Engine::MariaDb(url) => format!("{url}{}", self.name),
        }
    }

    /// The URL as the floor and the peers have it.
    pub(crate) fn peer_url(&self) -> String {
        match &self.engine {
            Engine::Sqlite => format!("sqlite:///{}", self.file()),
            Engine::MariaDb(url) => format!("{url}{}", self.name),
        }
    }

    fn file(&self) -> String {
        self.folder.path().join("bench.db").display().to_string()
    }
}
