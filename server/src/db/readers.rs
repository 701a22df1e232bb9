//! Connections to a SQLite file that only read, and are called directly.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OpenFlags, ToSql, config::DbConfig, types::ToSqlOutput};
use sea_orm::{ConnAcquireErr, DbErr, Value};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    ACQUIRE_DEADLINE, STATEMENT_DEADLINE,
    fetch::{Columns, FromColumns, Select, of_sqlite},
};

/// How many read at once.
const READERS: u32 = 8;

/// How many statements each connection keeps prepared.
const PREPARED: usize = 64;

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
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(STATEMENT_DEADLINE)?;
        connection.pragma_update(None, "query_only", true)?;
        // Or SQLite would plan a statement anew for each limit that it is given.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
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

fn rows<T: FromColumns>(connection: &Connection, select: &Select) -> Result<Vec<T>, DbErr> {
    let statement = connection.prepare_cached(&select.text);
    let mut statement = statement.map_err(of_sqlite)?;
    let values = select.values.iter().map(Bound);
    let mut rows = statement
        .query(rusqlite::params_from_iter(values))
        .map_err(of_sqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(of_sqlite)? {
        found.push(T::from_columns(&mut Columns::direct(row))?);
    }
    Ok(found)
}

/// A value on its way to SQLite.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self.0 {
            Value::Bool(value) => value.to_sql(),
            Value::Int(value) => value.to_sql(),
            Value::BigInt(value) => value.to_sql(),
            Value::BigUnsigned(Some(value)) => {
                Ok(i64::try_from(*value).map_or_else(|_| i64::MAX.into(), Into::into))
            }
            Value::String(value) => value.to_sql(),
            Value::ChronoDateTime(Some(value)) => Ok(value.format("%F %T%.f").to_string().into()),
            other => Err(rusqlite::Error::ToSqlConversionFailure(
                format!("{other:?} has no place in a plain statement").into(),
            )),
        }
    }
}

fn closed() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}
