//! Connections to a SQLite file that are called directly, by the thread that wants something of them: the driver beneath
//! SeaORM hands every statement, every row and a copy of every value from thread to thread.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, ToSql, config::DbConfig, types::ToSqlOutput};
use sea_orm::{DbErr, RuntimeErr, Value};

use super::{
    STATEMENT_DEADLINE,
    checkpoints::TOO_MANY,
    fetch::{Columns, FromColumns, Select},
    trouble::Trouble,
};

/// How many statements each connection keeps prepared: all shapes of what is asked for and written all the time.
const PREPARED: usize = 256;

/// Opens a file that is there.
pub(super) fn open(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(STATEMENT_DEADLINE)?;
    // Or SQLite would plan a statement anew for each limit that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

/// Opens a file that is there, to write to it. What a commit acknowledges is on disk.
pub(super) fn open_to_write(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", TOO_MANY)?;
    Ok(connection)
}

/// The rows of a statement.
pub(super) fn rows<T: FromColumns>(
    connection: &Connection,
    select: &Select,
) -> Result<Vec<T>, DbErr> {
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

/// Executes a statement that changes something.
pub(super) fn change(connection: &Connection, text: &str, values: &[Value]) -> Result<(), DbErr> {
    let statement = connection.prepare_cached(text);
    let mut statement = statement.map_err(of_sqlite)?;
    let values = values.iter().map(Bound);
    let changed = statement.execute(rusqlite::params_from_iter(values));
    changed.map_err(of_sqlite)?;
    Ok(())
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
            Value::Bytes(value) => value.to_sql(),
            Value::Uuid(Some(value)) => Ok(value.as_bytes().as_slice().into()),
            Value::ChronoDateTime(Some(value)) => Ok(value.format("%F %T%.f").to_string().into()),
            Value::ChronoDateTime(None) => rusqlite::types::Null.to_sql(),
            other => Err(rusqlite::Error::ToSqlConversionFailure(
                format!("{other:?} has no place in a plain statement").into(),
            )),
        }
    }
}

/// An error of SQLite, as SeaORM has them. What has to do with the moment is told as trouble with the connection.
#[expect(
    clippy::needless_pass_by_value,
    reason = "this is how errors are mapped"
)]
pub(super) fn of_sqlite(error: rusqlite::Error) -> DbErr {
    let code = error.sqlite_error().map(|error| error.extended_code);
    let said = RuntimeErr::Internal(error.to_string());
    match code.map(Trouble::of_sqlite) {
        Some(Trouble::Collision | Trouble::Outage) => DbErr::Conn(said),
        Some(Trouble::Lasting) | None => DbErr::Query(said),
    }
}
