//! The reads that are asked for all the time: plain SQL into a struct, with nothing in between that costs more than the
//! reading does.
//!
//! The statements are plain SQL that both kinds of database understand. On MySQL they go the way of all others. On SQLite
//! they go to connections that are called directly: the driver beneath SeaORM hands over every row, and a copy of every
//! value, from thread to thread, which for a page of results takes eight times what SQLite itself takes.

use std::borrow::Cow;

use entity::{
    ClientId, Digest, Guid, ScheduleId, Timestamp,
    result::ResultStatus,
    schedule::{OriginalStatus, State},
};
use sea_orm::{
    ActiveEnum, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, RuntimeErr,
    Statement, TryGetable, Value,
};

use uuid::Uuid;

use super::trouble::Trouble;

/// A statement that reads, with its values.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(super) text: Cow<'static, str>,
    pub(super) values: Vec<Value>,
}

impl Select {
    /// A statement, each `?` of which stands for one of the values.
    pub(crate) fn new(text: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self {
            text: text.into(),
            values,
        }
    }
}

/// A struct that is made of one row, column by column.
pub(crate) trait FromColumns: Sized + Send + 'static {
    /// The columns, as a statement names them.
    const COLUMNS: &'static str;

    /// Takes the columns in that order.
    fn from_columns(columns: &mut Columns<'_>) -> Result<Self, DbErr>;
}

/// Says which columns a struct is made of: its fields, in this order.
macro_rules! from_columns {
    ($row:ty { $first:ident $(, $field:ident)* $(,)? }) => {
        impl $crate::db::fetch::FromColumns for $row {
            const COLUMNS: &'static str =
                concat!(stringify!($first) $(, ", ", stringify!($field))*);

            fn from_columns(
                columns: &mut $crate::db::fetch::Columns<'_>,
            ) -> Result<Self, sea_orm::DbErr> {
                Ok(Self {
                    $first: columns.next()?,
                    $($field: columns.next()?,)*
                })
            }
        }
    };
}
pub(crate) use from_columns;

/// The columns of one row, taken one after another.
pub(crate) struct Columns<'a> {
    row: Row<'a>,
    at: usize,
}

/// A row, as it was read directly or by way of the driver.
enum Row<'a> {
    Direct(&'a rusqlite::Row<'a>),
    Driver(&'a QueryResult),
}

impl<'a> Columns<'a> {
    pub(super) fn direct(row: &'a rusqlite::Row<'a>) -> Self {
        Self {
            row: Row::Direct(row),
            at: 0,
        }
    }

    fn of_driver(row: &'a QueryResult) -> Self {
        Self {
            row: Row::Driver(row),
            at: 0,
        }
    }

    /// The next column.
    pub(crate) fn next<T: Column>(&mut self) -> Result<T, DbErr> {
        let at = self.at;
        self.at += 1;
        match self.row {
            Row::Direct(row) => {
                let value = row.get_ref(at).map_err(of_sqlite)?;
                T::of_sqlite(value)
                    .ok_or_else(|| DbErr::Type(format!("column {at} holds {value:?}")))
            }
            Row::Driver(row) => Ok(row.try_get_by_index(at)?),
        }
    }
}

/// Reads the rows of several statements with one, for each trip to a server takes its time.
pub(super) async fn fetch_together<T: FromColumns>(
    server: &DatabaseConnection,
    statements: &[Select],
) -> Result<Vec<Vec<T>>, DbErr> {
    let mut rows_of_each: Vec<Vec<T>> = statements.iter().map(|_| Vec::new()).collect();
    let parts = statements.iter().enumerate().map(|(place, select)| {
        let columns = select.text.strip_prefix("SELECT ");
        let columns = columns.expect("what reads begins so");
        format!("(SELECT {place}, {columns})")
    });
    let text = parts.collect::<Vec<_>>().join(" UNION ALL ");
    if text.is_empty() {
        return Ok(rows_of_each);
    }
    let values = statements.iter().flat_map(|select| select.values.clone());
    let statement = Statement::from_sql_and_values(DbBackend::MySql, text, values);
    for row in server.query_all_raw(statement).await? {
        let mut columns = Columns::of_driver(&row);
        let place: i32 = columns.next()?;
        let place = usize::try_from(place).expect("it was a place in the list");
        rows_of_each[place].push(T::from_columns(&mut columns)?);
    }
    Ok(rows_of_each)
}

/// Reads the rows of a statement on this connection, in the middle of a transaction.
pub(crate) async fn fetch_on<T: FromColumns>(
    connection: &impl ConnectionTrait,
    select: Select,
) -> Result<Vec<T>, DbErr> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, select.text, select.values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| T::from_columns(&mut Columns::of_driver(row)))
        .collect()
}

/// What a column can be.
pub(crate) trait Column: TryGetable {
    /// Reads a value of SQLite; nothing where it is of another kind.
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self>;
}

impl<T: Column> Column for Option<T>
where
    Option<T>: TryGetable,
{
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        match value {
            rusqlite::types::ValueRef::Null => Some(None),
            value => T::of_sqlite(value).map(Some),
        }
    }
}

impl Column for i64 {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()
    }
}

impl Column for i32 {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()?.try_into().ok()
    }
}

impl Column for bool {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok().map(|number| number != 0)
    }
}

impl Column for String {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().map(str::to_owned)
    }
}

impl Column for Uuid {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        Self::from_slice(value.as_blob().ok()?).ok()
    }
}

impl Column for Digest {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        <[u8; 32]>::try_from(value.as_blob().ok()?)
            .ok()
            .map(Into::into)
    }
}

impl Column for ScheduleId {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        Column::of_sqlite(value).map(Self)
    }
}

impl Column for ClientId {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        Column::of_sqlite(value).map(Self)
    }
}

impl Column for Guid {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        value.as_str().ok()?.parse().ok()
    }
}

impl Column for Timestamp {
    fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
        Timestamp::from_sql(value.as_str().ok()?)
    }
}

/// Stored enums are texts.
macro_rules! enum_columns {
    ($($stored:ty),*) => {
        $(impl Column for $stored {
            fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Option<Self> {
                Self::try_from_value(&value.as_str().ok()?.to_owned()).ok()
            }
        })*
    };
}

enum_columns!(ResultStatus, State, OriginalStatus);

/// ` IN (?, ?, …)` with its values. The last of them is repeated until there are 1, 2, 4, 8, …: each distinct length is
/// another prepared statement.
pub(crate) fn in_list<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
    let Some(last) = values.last().cloned() else {
        // An empty list is none of SQL's.
        return (" IN (NULL)".to_owned(), values);
    };
    values.resize(values.len().next_power_of_two(), last);
    (format!(" IN (?{})", ", ?".repeat(values.len() - 1)), values)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_few_lengths() {
        let (list, values) = in_list([1, 2, 3]);
        assert_eq!(list, " IN (?, ?, ?, ?)");
        assert_eq!(values, [1.into(), 2.into(), 3.into(), 3.into()]);
        assert_eq!(in_list::<i32>([]), (" IN (NULL)".to_owned(), Vec::new()));
    }
}
