//! Fresh databases: a SQLite file in a folder of its own, or a database on a MariaDB server that was started for this.

use std::{
    fmt::{self, Display},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::Result;
use sqlx::{Connection, Executor, MySqlConnection};
use tempfile::TempDir;

use super::Kind;

/// A kind of database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file of its own, with the write-ahead log and `synchronous=FULL`.
    Sqlite,
    /// A database on the server of this URL, with `InnoDB`'s own durability.
    MariaDb(String),
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
