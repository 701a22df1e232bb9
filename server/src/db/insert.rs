//! Rows written with few statements of few shapes: each distinct number of rows is another prepared statement.

use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{DbBackend, DbErr, Value};

use super::plain::Plain;

/// The most rows that one statement writes: more are slower, on both databases.
pub(crate) const ROWS_PER_STATEMENT: usize = 64;

/// Between it and this, a statement writes a multiple of this. What is left takes one more statement.
const STEP: usize = 8;

/// A server is sent so many rows and fewer with one statement, for each is a trip there and back. In a file one more is cheaper than
/// many that are prepared.
const ONE_TRIP: usize = 32;

/// What becomes of a row that is there already.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Conflict {
    /// It must not be.
    Fail,
    /// It stays, as it is found by this column.
    Keep(&'static str),
    /// These columns are overwritten; the last ones only where the new row has a value.
    Overwrite {
        key: &'static str,
        columns: &'static [&'static str],
        unless_null: &'static [&'static str],
    },
}

impl Conflict {
    fn clause(self, backend: DbBackend) -> String {
        let is_mysql = backend == DbBackend::MySql;
        let new = |column: &str| {
            if is_mysql {
                format!("VALUES({column})")
            } else {
                format!("excluded.{column}")
            }
        };
        match self {
            Self::Fail => String::new(),
            // MySQL knows no other way to say so that leaves other errors what they are.
            Self::Keep(key) if is_mysql => format!(" ON DUPLICATE KEY UPDATE {key} = {key}"),
            Self::Keep(key) => format!(" ON CONFLICT ({key}) DO NOTHING"),
            Self::Overwrite {
                key,
                columns,
                unless_null,
            } => {
                let head = if is_mysql {
                    " ON DUPLICATE KEY UPDATE ".to_owned()
                } else {
                    format!(" ON CONFLICT ({key}) DO UPDATE SET ")
                };
                let plain = columns
                    .iter()
                    .map(|column| format!("{column} = {}", new(column)));
                let kept = unless_null
                    .iter()
                    .map(|column| format!("{column} = COALESCE({}, {column})", new(column)));
                head + &plain.chain(kept).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// Writes rows into a table, whose name comes with its columns: `label (schedule_id, name, value)`. The rows are taken at
/// once; what comes back only waits for the database.
pub(crate) fn insert<'c, const N: usize>(
    connection: &'c impl Plain,
    into: &str,
    rows: impl ExactSizeIterator<Item = [Value; N]>,
    conflict: Conflict,
) -> BoxFuture<'c, Result<(), DbErr>> {
    let clause = conflict.clause(connection.backend());
    let row = format!("(?{})", ", ?".repeat(N - 1));
    let mut left = rows.len();
    let mut values = rows.flatten();
    let mut statements = Vec::new();
    while left > 0 {
        let size = shape(left, connection.backend());
        let more = format!(", {row}").repeat(size - 1);
        let text = format!("INSERT INTO {into} VALUES {row}{more}{clause}");
        let some: Vec<Value> = values.by_ref().take(size * N).collect();
        statements.push((text, some));
        left -= size;
    }
    let writing = async move {
        for (text, values) in statements {
            connection.change(text.into(), values).await?;
        }
        Ok(())
    };
    writing.boxed()
}

/// How many of so many rows one statement writes: 64, 56, …, 8, 7, …, 1, and on a server 64, 56, 48, 40, 32, 31, …, 1. So 15
/// statements serve every number, or 36, and what is more than a multiple of the largest takes two at the most.
fn shape(rows: usize, backend: DbBackend) -> usize {
    let exact = match backend {
        DbBackend::MySql => ONE_TRIP,
        _ => STEP,
    };
    match rows.min(ROWS_PER_STATEMENT) {
        few if few <= exact => few,
        many => many - many % STEP,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_of_rows_is_written_in_few_shapes() {
        for (backend, few) in [(DbBackend::Sqlite, 15), (DbBackend::MySql, 36)] {
            let mut of_all = BTreeSet::new();
            for count in 1..300 {
                let (mut left, mut shapes) = (count, Vec::new());
                while left > 0 {
                    shapes.push(shape(left, backend));
                    left -= shapes[shapes.len() - 1];
                }
                assert_eq!(shapes.iter().sum::<usize>(), count);
                assert!(shapes.len() <= count / ROWS_PER_STATEMENT + 2, "{shapes:?}");
                of_all.extend(shapes);
            }
            assert_eq!(of_all.len(), few, "{of_all:?}");
        }
    }

    #[test]
    fn a_server_is_sent_few_rows_with_one_statement() {
        assert_eq!(shape(21, DbBackend::MySql), 21);
        assert_eq!(shape(21, DbBackend::Sqlite), 16);
    }

    #[test]
    fn each_database_is_told_of_conflicts_in_its_own_way() {
        let conflict = Conflict::Overwrite {
            key: "a, b",
            columns: &["c"],
            unless_null: &["d"],
        };
        assert_eq!(
            conflict.clause(DbBackend::Sqlite),
            " ON CONFLICT (a, b) DO UPDATE SET c = excluded.c, d = COALESCE(excluded.d, d)"
        );
        assert_eq!(
            conflict.clause(DbBackend::MySql),
            " ON DUPLICATE KEY UPDATE c = VALUES(c), d = COALESCE(VALUES(d), d)"
        );
    }
}
