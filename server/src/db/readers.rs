//! Connections to a SQLite file that only read.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use sea_orm::{ConnAcquireErr, DbErr};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    ACQUIRE_DEADLINE,
    fetch::{FromColumns, Select},
    file::{self, of_sqlite, rows},
};

/// How many read at once.
const READERS: u32 = 8;

/// Some connections, opened as they are needed.
#[derive(Debug)]
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            file,
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(READERS as usize)),
        }
    }

    /// Reads the rows of several statements, all of one moment, on a thread that may wait for the disk.
    pub(super) async fn fetch_each<T: FromColumns>(
        self: &Arc<Self>,
        statements: Vec<Select>,
    ) -> Result<Vec<Vec<T>>, DbErr> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = timeout(ACQUIRE_DEADLINE, turn).await;
        let turn = turn
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
            .map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            // It is over when the reading is, even if nobody waits for that any more.
            let _turn = turn;
            readers.read(&statements)
        });
        reading
            .await
            .map_err(|failed| DbErr::Custom(failed.to_string()))?
    }

    /// The file that they read.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// How many read, and how many more could.
    pub(super) fn in_use_and_free(&self) -> (u32, u32) {
        let free = u32::try_from(self.turns.available_permits()).unwrap_or(u32::MAX);
        (READERS.saturating_sub(free), free)
    }

    /// Closes all connections, once those that read are done. Nobody can read any more.
    pub(super) async fn close(&self) {
        let all = timeout(ACQUIRE_DEADLINE, self.turns.acquire_many(READERS)).await;
        if all.is_err() {
            tracing::warn!("somebody still reads while the database is closed");
        }
        self.turns.close();
        self.idle().clear();
    }

    fn read<T: FromColumns>(&self, statements: &[Select]) -> Result<Vec<Vec<T>>, DbErr> {
        let idle = self.idle().pop();
        let connection = idle.map_or_else(|| self.open(), Ok).map_err(of_sqlite)?;
        let rows = read(&connection, statements);
        let mut idle = self.idle();
        // One that failed may be in the middle of something.
        if rows.is_ok() && !self.turns.is_closed() {
            idle.push(connection);
        }
        rows
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = file::open(&self.file)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    /// Nobody who panics leaves it in the middle of something.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read<T: FromColumns>(
    connection: &Connection,
    statements: &[Select],
) -> Result<Vec<Vec<T>>, DbErr> {
    let [one] = statements else {
        let transaction = connection.unchecked_transaction().map_err(of_sqlite)?;
        let rows_of_each = statements.iter().map(|select| rows(&transaction, select));
        return rows_of_each.collect();
    };
    Ok(vec![rows(connection, one)?])
}

fn closed() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}
