//! Connections for one writer alone. On MySQL they are to the server, and may be dropped when it hangs. On SQLite there is
//! one to the file that is called directly, so whoever writes has a thread of their own.

use std::{
    borrow::Cow,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;
use sea_orm::{DatabaseConnection, DbBackend, DbErr, Value};

use super::{
    checkpoints::Checkpoints,
    commit,
    fetch::{FromColumns, Select},
    file::{self, of_sqlite},
    plain::Plain,
    server::Server,
    transaction::WriteTransaction,
    turns::{Turn, Turns},
};
use crate::error::Result;

/// A connection of one writer's own.
#[derive(Debug)]
pub(crate) enum Dedicated {
    /// To a server.
    Server(Server, DatabaseConnection),
    /// To a file.
    File(FileWriter),
}

impl Dedicated {
    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'_>, DbErr> {
        match self {
            Self::Server(server, connection) => {
                server.begin(connection).await.map(Transaction::Server)
            }
            Self::File(writer) => writer.begin().await.map(Transaction::File),
        }
    }
}

/// A transaction of that writer.
pub(crate) enum Transaction<'a> {
    /// On a server.
    Server(WriteTransaction),
    /// In a file.
    File(FileTransaction<'a>),
}

impl Transaction<'_> {
    /// Commits it. When the connection to a server goes away meanwhile, nobody knows the outcome.
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Server(transaction) => commit(transaction).await,
            Self::File(transaction) => Ok(transaction.commit()?),
        }
    }
}

impl Plain for Transaction<'_> {
    fn backend(&self) -> DbBackend {
        match self {
            Self::Server(_) => DbBackend::MySql,
            Self::File(_) => DbBackend::Sqlite,
        }
    }

    async fn fetch<T: FromColumns>(&self, select: Select) -> Result<Vec<T>, DbErr> {
        match self {
            Self::Server(transaction) => transaction.fetch(select).await,
            Self::File(transaction) => file::rows(&transaction.connection(), &select),
        }
    }

    async fn change(&self, text: Cow<'static, str>, values: Vec<Value>) -> Result<(), DbErr> {
        match self {
            Self::Server(transaction) => transaction.change(text, values).await,
            Self::File(transaction) => file::change(&transaction.connection(), &text, &values),
        }
    }
}

/// Writes to a file.
#[derive(Debug)]
pub(crate) struct FileWriter {
    connection: Mutex<Connection>,
    checkpoints: Checkpoints,
    turns: Turns,
}

impl FileWriter {
    /// Opens a file that is there.
    pub(super) fn open(file: &Path, turns: Turns) -> Result<Self, DbErr> {
        let connection = file::open_to_write(file).map_err(of_sqlite)?;
        Ok(Self {
            connection: Mutex::new(connection),
            checkpoints: Checkpoints::start(file)?,
            turns,
        })
    }

    async fn begin(&self) -> Result<FileTransaction<'_>, DbErr> {
        let transaction = FileTransaction {
            connection: &self.connection,
            checkpoints: &self.checkpoints,
            _turn: self.turns.take().await?,
        };
        let begun = transaction.connection().execute_batch("BEGIN IMMEDIATE");
        begun.map_err(of_sqlite)?;
        Ok(transaction)
    }
}

/// A transaction in a file, taken back where it was not committed.
pub(crate) struct FileTransaction<'a> {
    connection: &'a Mutex<Connection>,
    checkpoints: &'a Checkpoints,
    /// Until it is over.
    _turn: Turn,
}

impl FileTransaction<'_> {
    /// Nobody who panics leaves it in the middle of a call.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(self) -> Result<(), DbErr> {
        let connection = self.connection();
        connection.execute_batch("COMMIT").map_err(of_sqlite)?;
        self.checkpoints.look(&connection);
        Ok(())
    }
}

impl Drop for FileTransaction<'_> {
    fn drop(&mut self) {
        let connection = self.connection();
        if connection.is_autocommit() {
            return;
        }
        if let Err(error) = connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "a transaction could not be taken back");
        }
    }
}
