//! Access to the database: which kind it is, how its connections are set up, and what its errors mean.
//!
//! The kind is chosen by the URL at run time; everything else in the server is the same for both. On SQLite one
//! connection writes and several read, those that are asked for all the time by [`readers`] that are called directly; on MySQL
//! and MariaDB all come from one pool.

pub(crate) mod dedicated;
pub(crate) mod fetch;
mod file;
pub(crate) mod insert;
pub(crate) mod plain;
mod readers;

use std::{
    future::Future,
    panic,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
    sqlx::{
        self,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use self::{
    dedicated::{Dedicated, FileWriter},
    fetch::{FromColumns, Select},
    readers::Readers,
};
use crate::error::{Error, Result};

/// No statement of a write may take longer.
pub(crate) const STATEMENT_DEADLINE: Duration = Duration::from_secs(5);

/// How long a transaction may stand still, in seconds. One of a process that was frozen in the middle of it would hold its
/// locks for as long as that lasts.
const STANDSTILL_SECONDS: u32 = 10;

/// How long to wait for a connection before a request is answered with `UNAVAILABLE`.
const ACQUIRE_DEADLINE: Duration = Duration::from_secs(5);

/// What a server holds while it brings the tables of a MySQL database up to date.
const MIGRATION_LOCK: &str = "daybook migration";

/// How long a connection to a server may lie idle until it is tried before it is used: trying costs a trip.
const UNTRIED: Duration = Duration::from_millis(10);

/// How many statements go to a server as one.
const STATEMENTS_AT_ONCE: usize = 100;

/// How often a read is tried whose connection goes away.
const READ_ATTEMPTS: u32 = 3;

const SQLITE_READERS: u32 = 8;
const MYSQL_CONNECTIONS: u32 = 24;

/// How long a transaction that the database broke off is tried again.
const PATIENCE: Duration = Duration::from_secs(15);

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    url: String,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// Only where the database is a file.
    readers: Option<Arc<Readers>>,
}

impl Db {
    /// Opens the database that `url` names.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let (reader, writer, readers) = if kind(url)? == DbBackend::Sqlite {
            // The writer comes first: it makes the file, and switches it to WAL.
            let writer = open_file(url).await;
            let writer = writer.with_context(|| format!("can't open {url}"))?;
            let reader = Database::connect(sqlite(url, SQLITE_READERS)).await?;
            let file = SqliteConnectOptions::from_str(url)?;
            let readers = Readers::new(file.get_filename().to_owned());
            (reader, writer, Some(Arc::new(readers)))
        } else {
            let pool = Database::connect(mysql(url, MYSQL_CONNECTIONS)).await;
            let pool = pool.context("can't connect to the database")?;
            (pool.clone(), pool, None)
        };
        Ok(Self {
            url: url.to_owned(),
            reader,
            writer,
            readers,
        })
    }

    /// Brings the tables up to date. Of several servers that start at the same moment one does it, and the others wait.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        if self.is_mysql() {
            // Locks of this kind belong to a session, so this must be one.
            let session = Database::connect(mysql(&self.url, 1)).await?;
            session
                .execute_unprepared(&format!("SELECT GET_LOCK('{MIGRATION_LOCK}', 300)"))
                .await?;
            let migrated = Migrator::up(&session, None).await;
            session
                .execute_unprepared(&format!("SELECT RELEASE_LOCK('{MIGRATION_LOCK}')"))
                .await?;
            session.close().await?;
            migrated
        } else {
            // Where nothing is to be done, nobody is waited for who writes.
            let pending = Migrator::get_pending_migrations(&self.writer).await;
            if pending.is_ok_and(|pending| pending.is_empty()) {
                return Ok(());
            }
            let transaction = self.begin().await?;
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        }
    }

    /// Whether the database answers and its tables are up to date.
    pub async fn is_ready(&self) -> bool {
        matches!(Migrator::get_pending_migrations(&self.reader).await, Ok(pending) if pending.is_empty())
    }

    /// How many connections are in use, and how many more could be: on SQLite those that read, for only one writes.
    pub fn connections(&self) -> (u32, u32) {
        let (used, most) = match self.reader.get_database_backend() {
            DbBackend::MySql => (
                in_use(self.reader.get_mysql_connection_pool()),
                MYSQL_CONNECTIONS,
            ),
            _ => (
                in_use(self.reader.get_sqlite_connection_pool()),
                SQLITE_READERS,
            ),
        };
        let (also_used, also_free) = match &self.readers {
            Some(readers) => readers.in_use_and_free(),
            None => (0, 0),
        };
        (used + also_used, most.saturating_sub(used) + also_free)
    }

    /// For single reads.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// What a statement finds that is asked for all the time.
    pub(crate) async fn fetch<T: FromColumns>(&self, select: Select) -> Result<Vec<T>, DbErr> {
        let rows = self.fetch_each(vec![select]).await?.pop();
        Ok(rows.expect("one statement has rows of one"))
    }

    /// What several such statements find, at the cost of one trip for a hundred of them.
    pub(crate) async fn fetch_each<T: FromColumns>(
        &self,
        statements: Vec<Select>,
    ) -> Result<Vec<Vec<T>>, DbErr> {
        if let Some(readers) = &self.readers {
            return readers.fetch_each(statements).await;
        }
        let mut rows_of_each = Vec::with_capacity(statements.len());
        for some in statements.chunks(STATEMENTS_AT_ONCE) {
            rows_of_each.extend(self.fetch_together(some).await?);
        }
        Ok(rows_of_each)
    }

    async fn fetch_together<T: FromColumns>(
        &self,
        statements: &[Select],
    ) -> Result<Vec<Vec<T>>, DbErr> {
        let mut attempt = 1;
        loop {
            match fetch::fetch_together(&self.reader, statements).await {
                // Another connection may be there, and reading twice does no harm. One that could not be had was waited
                // for long enough.
                Err(error)
                    if is_disconnect(&error)
                        && !matches!(error, DbErr::ConnectionAcquire(_))
                        && attempt < READ_ATTEMPTS =>
                {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// For several reads of one moment.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            isolation_level: self.is_mysql().then_some(IsolationLevel::RepeatableRead),
            access_mode: self.is_mysql().then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        begin_whole(&self.reader, options).await
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        begin(&self.writer).await
    }

    /// A connection for one writer alone.
    pub(crate) async fn dedicated_writer(&self) -> Result<Dedicated, DbErr> {
        match &self.readers {
            None => Ok(Dedicated::Server(
                Database::connect(mysql(&self.url, 1)).await?,
            )),
            Some(readers) => {
                let writer = FileWriter::open(readers.file(), self.writer.clone())?;
                Ok(Dedicated::File(writer))
            }
        }
    }

    /// Whether this is a file, whose dedicated writer needs a thread of its own.
    pub(crate) fn is_file(&self) -> bool {
        self.readers.is_some()
    }

    /// Closes all connections. On SQLite this folds the write-ahead log into the file.
    pub async fn close(self) -> Result<(), DbErr> {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.reader.close().await?;
        self.writer.close().await
    }

    fn is_mysql(&self) -> bool {
        self.reader.get_database_backend() == DbBackend::MySql
    }
}

/// Begins a transaction that writes: at READ COMMITTED, for under REPEATABLE READ the first read fixes a snapshot that
/// hides the rows of a schedule that is locked later; on SQLite with the write lock from the start.
pub(crate) async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        // On MySQL, that of the session.
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    };
    begin_whole(connection, options).await
}

/// Begins a transaction to its end, also where nobody waits for it any more: who unsubscribes drops what is being read. A
/// connection that is dropped between the statements that begin one goes back to the others in the middle of it.
async fn begin_whole(
    connection: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction, DbErr> {
    let connection = connection.clone();
    let beginning = tokio::spawn(async move { connection.begin_with_options(options).await });
    beginning
        .await
        .unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(defect) => panic::resume_unwind(defect),
            Err(failed) => Err(DbErr::Custom(failed.to_string())),
        })
}

/// Commits. When the connection goes away meanwhile nobody knows the outcome, so this is not tried again.
pub(crate) async fn commit(transaction: DatabaseTransaction) -> Result<()> {
    transaction.commit().await.map_err(|error| {
        if is_disconnect(&error) {
            tracing::warn!(%error, "the connection went away while committing");
            Error::Unavailable
        } else {
            error.into()
        }
    })
}

/// Does `operation`, a whole transaction, and does it again when the database broke it off: after a deadlock, a lock
/// that did not come, a lost connection, a failed certification.
pub(crate) async fn retrying<T, F>(mut operation: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let attempts = async {
        for attempt in 1.. {
            match operation().await {
                Err(Error::Interrupted) => tokio::time::sleep(back_off(attempt)).await,
                outcome => return outcome,
            }
        }
        Err(Error::Unavailable)
    };
    tokio::time::timeout(PATIENCE, attempts)
        .await
        .unwrap_or(Err(Error::Unavailable))
}

/// How long to wait before the attempt after `attempt`: doubling from 10 ms, with jitter, so that two that collided
/// don't meet again.
pub(crate) fn back_off(attempt: u32) -> Duration {
    let most = 10 << attempt.min(6);
    Duration::from_millis(rand::random_range(most / 2..=most))
}

/// What a database error means for the one who met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It has to do with the moment, not with the statement: trying again helps.
    Passing,
    /// It will be the same next time.
    Lasting,
}

impl Trouble {
    /// Sorts an error.
    pub(crate) fn of(error: &DbErr) -> Self {
        if is_disconnect(error) || is_collision(error) {
            Self::Passing
        } else {
            Self::Lasting
        }
    }
}

/// MySQL: deadlock, lock wait timed out, lock not to be had at once, record has changed (Galera), node not ready
/// (Galera), server shutting down, read-only node, statement interrupted.
const MYSQL_PASSING: [u16; 9] = [1213, 1205, 3572, 1020, 1047, 1053, 1290, 1317, 1969];

/// SQLite's primary codes for a busy, locked or full database.
const SQLITE_PASSING: [i32; 3] = [5, 6, 13];

fn is_collision(error: &DbErr) -> bool {
    let Some(sqlx::Error::Database(error)) = driver_error(error) else {
        return false;
    };
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return MYSQL_PASSING.contains(&error.number()) || error.code() == Some("40001");
    }
    // SQLite's extended codes hold the primary one in their lowest byte.
    error
        .code()
        .and_then(|code| i32::from_str(&code).ok())
        .is_some_and(|code| SQLITE_PASSING.contains(&(code & 0xff)))
}

fn is_disconnect(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(_))
        || matches!(
            driver_error(error),
            Some(
                sqlx::Error::Io(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
            )
        )
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn in_use<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) -> u32 {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    pool.size().saturating_sub(idle)
}

fn kind(url: &str) -> anyhow::Result<DbBackend> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(DbBackend::Sqlite),
        Some(("mysql" | "mariadb", _)) => Ok(DbBackend::MySql),
        _ => bail!("DATABASE_URL must begin with sqlite: or mysql:"),
    }
}

/// Opens the connection that writes to a file. Switching a new file to WAL locks it, and whoever comes meanwhile is turned
/// away at once, whatever the busy timeout: of several servers that start at the same moment, all but one.
async fn open_file(url: &str) -> Result<DatabaseConnection, DbErr> {
    let deadline = Instant::now() + PATIENCE;
    let mut attempt = 1;
    loop {
        match Database::connect(sqlite(url, 1)).await {
            Err(error) if is_collision(&error) && Instant::now() < deadline => {
                tokio::time::sleep(back_off(attempt)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = pool(url, connections);
    // A file does not hang up.
    options.test_before_acquire(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(STATEMENT_DEADLINE)
            .foreign_keys(true)
            // What a statement would need to take back its rows goes to memory, not to a file for each.
            .pragma("temp_store", "MEMORY")
    });
    options
}

fn mysql(url: &str, connections: u32) -> ConnectOptions {
    let mut options = pool(url, connections);
    options.test_before_acquire_if_idle_for(UNTRIED);
    options.after_connect(|connection| {
        Box::pin(async move {
            let seconds = STATEMENT_DEADLINE.as_secs();
            // The second one is MariaDB's alone, and a comment to MySQL.
            connection
                .execute_unprepared(&format!(
                    "SET SESSION innodb_lock_wait_timeout = {seconds}
                     /*M!100300 , idle_transaction_timeout = {STANDSTILL_SECONDS} */"
                ))
                .await?;
            // What writes needs it (see `begin`), and this way it needs no statement of its own each time.
            connection
                .execute_unprepared("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                .await?;
            // MariaDB knows this one, MySQL does not: on a Galera node, reads wait for what other nodes committed.
            let cluster = connection
                .query_one_raw(sea_orm::Statement::from_string(
                    DbBackend::MySql,
                    "SHOW VARIABLES LIKE 'wsrep_sync_wait'",
                ))
                .await?;
            if cluster.is_some() {
                connection
                    .execute_unprepared("SET SESSION wsrep_sync_wait = 7")
                    .await?;
            }
            Ok(())
        })
    });
    options
}

fn pool(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_DEADLINE)
        .sqlx_logging(false);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_chooses_the_database() {
        assert_eq!(kind("sqlite://a.db").expect("sqlite"), DbBackend::Sqlite);
        assert_eq!(kind("mysql://h/d").expect("mysql"), DbBackend::MySql);
        assert!(kind("postgres://h/d").is_err());
    }

    #[test]
    fn back_off_grows_and_is_bounded() {
        assert!(back_off(1) <= Duration::from_millis(20));
        assert!(back_off(60) <= Duration::from_millis(640));
    }
}
