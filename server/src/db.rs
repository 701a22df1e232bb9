//! Access to the database: which kind it is, how its connections are set up, and what its errors mean.
//!
//! The kind is chosen by the URL at run time; everything else in the server is the same for both. On SQLite two
//! connections write, in turn, one of them for results alone ([`dedicated`]), a third moves what they wrote ([`checkpoints`]),
//! and several read, what is asked for all the time by [`readers`] that are called directly; on MySQL and MariaDB some write and
//! others read, so that who waits for a lock holds up nobody who reads.

mod checkpoints;
pub(crate) mod dedicated;
pub(crate) mod fetch;
mod file;
pub(crate) mod insert;
pub(crate) mod plain;
mod reader;
mod readers;
mod transaction;
mod trouble;
mod turns;

use std::{
    collections::BTreeSet,
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
    DbBackend, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
    sqlx::{
        self, ConnectOptions as _, Connection, Executor, MySqlConnection, Row,
        mysql::MySqlConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

pub use self::transaction::WriteTransaction;
pub(crate) use self::trouble::{Trouble, tell_of_outage};
use self::{
    checkpoints::TOO_MANY,
    dedicated::{Dedicated, FileWriter},
    fetch::{FromColumns, Select},
    reader::{Reader, patiently},
    readers::Readers,
    turns::Turns,
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

/// Which steps of the tables' history were made.
const MIGRATIONS_DONE: &str = "SELECT version FROM seaql_migrations";

/// How long a connection to a server may lie idle until it is tried before it is used: trying costs a trip.
const UNTRIED: Duration = Duration::from_millis(100);

/// How long the rest of an answer that nobody waits for may take to come.
const CLEARED: Duration = Duration::from_secs(2);

/// How many statements go to a server as one.
const STATEMENTS_AT_ONCE: usize = 100;

const SQLITE_READERS: u32 = 8;
const MYSQL_READERS: u32 = 16;
const MYSQL_WRITERS: u32 = 8;

/// The writer of results needs one at a time. While the driver tries whether the last one is sound, it uses the other.
const MYSQL_DEDICATED: u32 = 2;

/// How many statements each of those keeps prepared: all shapes of what it writes. The driver closes the one that it has no room
/// for just before it executes the next, and what it sends then waits 40 ms for the server's word that the first has come.
const MYSQL_PREPARED: usize = 320;

/// How a connection's optimizer is set up: not at all.
const AS_IT_COMES: &str = "";

/// For connections that find rows by whole keys, in an index that they name: the optimizer doesn't look there first how many it will
/// be for each of the keys, which takes as long as finding them.
const BY_WHOLE_KEYS: &str = ", eq_range_index_dive_limit = 1";

/// How long a transaction that the database broke off is tried again.
const PATIENCE: Duration = Duration::from_secs(15);

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    url: String,
    reader: Reader,
    writer: DatabaseConnection,
    /// Only where the database is a file.
    file: Option<File>,
}

/// What there is besides where the database is a file.
#[derive(Clone, Debug)]
struct File {
    readers: Arc<Readers>,
    turns: Turns,
}

impl Db {
    /// Opens the database that `url` names.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let (reader, writer, file) = if kind(url)? == DbBackend::Sqlite {
            // The writer comes first: it makes the file, and switches it to WAL.
            let writer = open_file(url).await;
            let writer = writer.with_context(|| format!("can't open {url}"))?;
            let reader = Database::connect(sqlite(url, SQLITE_READERS)).await?;
            let file = SqliteConnectOptions::from_str(url)?;
            let readers = Readers::new(file.get_filename().to_owned());
            let file = File {
                readers: Arc::new(readers),
                turns: Turns::new(),
            };
            (reader, writer, Some(file))
        } else {
            let reached = reach(url).await;
            reached.context("can't connect to the database")?;
            let reader = Database::connect(mysql_readers(url)).await?;
            let writer = Database::connect(mysql_writers(url, MYSQL_WRITERS, AS_IT_COMES)).await?;
            (reader, writer, None)
        };
        Ok(Self {
            url: url.to_owned(),
            reader: Reader::new(reader),
            writer,
            file,
        })
    }

    /// Brings the tables up to date. Of several servers that start at the same moment one does it, and the others wait.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        // Where nothing is to be done, nobody is waited for who writes, and a database that is read-only will do.
        if self.is_ready().await {
            return Ok(());
        }
        if self.is_mysql() {
            // Locks of this kind belong to a session, so this must be one.
            let session = Database::connect(mysql(&self.url, 1, AS_IT_COMES)).await?;
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
            let transaction = self.begin().await?;
            Migrator::up(transaction.inner(), None).await?;
            transaction.commit().await
        }
    }

    /// Whether the database answers and its tables are up to date. It is only looked at, so that a server is ready for
    /// those who read where nothing can be written.
    pub async fn is_ready(&self) -> bool {
        let done = Statement::from_string(self.backend(), MIGRATIONS_DONE);
        let Ok(done) = self.reader.connections().query_all_raw(done).await else {
            return false;
        };
        let done: Result<BTreeSet<String>, _> =
            done.iter().map(|row| row.try_get_by_index(0)).collect();
        let known = Migrator::migrations();
        let known: BTreeSet<_> = known
            .iter()
            .map(|migration| migration.name().to_owned())
            .collect();
        done.is_ok_and(|done| done == known)
    }

    /// How many connections are in use, and how many more could be: on SQLite those that read, for only one writes.
    pub fn connections(&self) -> (u32, u32) {
        let reader = self.reader.connections();
        let (used, most) = if self.is_mysql() {
            let pools = [reader, &self.writer].map(DatabaseConnection::get_mysql_connection_pool);
            (
                pools.into_iter().map(in_use).sum(),
                MYSQL_READERS + MYSQL_WRITERS,
            )
        } else {
            (in_use(reader.get_sqlite_connection_pool()), SQLITE_READERS)
        };
        let (also_used, also_free) = match &self.file {
            Some(file) => file.readers.in_use_and_free(),
            None => (0, 0),
        };
        (used + also_used, most.saturating_sub(used) + also_free)
    }

    /// For single reads.
    pub fn read(&self) -> &Reader {
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
        if let Some(file) = &self.file {
            return file.readers.fetch_each(statements).await;
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
        patiently(|| fetch::fetch_together(self.reader.connections(), statements)).await
    }

    /// For several reads of one moment.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            isolation_level: self.is_mysql().then_some(IsolationLevel::RepeatableRead),
            access_mode: self.is_mysql().then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        patiently(|| begin_whole(self.reader.connections(), options)).await
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<WriteTransaction, DbErr> {
        let turn = match &self.file {
            Some(file) => Some(file.turns.take().await?),
            None => None,
        };
        let transaction = begin(&self.writer).await?;
        Ok(WriteTransaction::new(transaction, turn))
    }

    /// A connection for one writer alone.
    pub(crate) async fn dedicated_writer(&self) -> Result<Dedicated, DbErr> {
        match &self.file {
            None => {
                let mut connections = mysql_writers(&self.url, MYSQL_DEDICATED, BY_WHOLE_KEYS);
                connections.map_sqlx_mysql_opts(|options| {
                    options.statement_cache_capacity(MYSQL_PREPARED)
                });
                Ok(Dedicated::Server(Database::connect(connections).await?))
            }
            Some(file) => {
                let writer = FileWriter::open(file.readers.file(), file.turns.clone())?;
                Ok(Dedicated::File(writer))
            }
        }
    }

    /// Whether this is a file, whose dedicated writer needs a thread of its own.
    pub(crate) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Closes all connections. On SQLite this folds the write-ahead log into the file.
    pub async fn close(self) -> Result<(), DbErr> {
        if let Some(file) = &self.file {
            file.readers.close().await;
        }
        self.reader.connections().clone().close().await?;
        self.writer.close().await
    }

    fn is_mysql(&self) -> bool {
        self.backend() == DbBackend::MySql
    }

    fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }
}

/// Begins a transaction that writes: at READ COMMITTED, for under REPEATABLE READ the first read fixes a snapshot that
/// hides the rows of a schedule that is locked later; on SQLite with the write lock from the start.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
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

/// Commits. When the connection or the database goes away meanwhile nobody knows the outcome, so this is not tried again.
pub(crate) async fn commit(transaction: WriteTransaction) -> Result<()> {
    transaction.commit().await.map_err(|error| {
        if Trouble::of(&error) == Trouble::Outage {
            tracing::warn!(%error, "the outcome of a commit is not known");
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

/// Whether a database is a file, and not a server that somebody may yet start.
pub(crate) fn is_file(url: &str) -> bool {
    matches!(kind(url), Ok(DbBackend::Sqlite))
}

/// Opens the connection that writes to a file. Switching a new file to WAL locks it, and whoever comes meanwhile is turned
/// away at once, whatever the busy timeout: of several servers that start at the same moment, all but one.
async fn open_file(url: &str) -> Result<DatabaseConnection, DbErr> {
    let deadline = Instant::now() + PATIENCE;
    let mut attempt = 1;
    loop {
        match Database::connect(sqlite(url, 1)).await {
            Err(error)
                if Trouble::of(&error) == Trouble::Collision && Instant::now() < deadline =>
            {
                tokio::time::sleep(back_off(attempt)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Tries whether the server that a URL names can be reached: what it says when it can't gets lost in a pool.
async fn reach(url: &str) -> Result<(), DbErr> {
    let connecting = async {
        let options = MySqlConnectOptions::from_str(url)?;
        options.connect().await?.close().await
    };
    let reached = tokio::time::timeout(ACQUIRE_DEADLINE, connecting).await;
    let reached = reached.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    reached.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = pool(url, connections);
    // A file does not hang up.
    options.test_before_acquire(false);
    // A disk that is full ends a transaction by itself, of which the driver knows nothing: it would take the connection to be in the
    // middle of one for ever.
    options.map_sqlx_sqlite_before_acquire(|connection, _| {
        let is_sound = !connection.is_in_transaction();
        Box::pin(async move { Ok(is_sound) })
    });
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(STATEMENT_DEADLINE)
            .foreign_keys(true)
            // What a statement would need to take back its rows goes to memory, not to a file for each.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", TOO_MANY.to_string())
    });
    options
}

fn mysql_readers(url: &str) -> ConnectOptions {
    let mut options = mysql(url, MYSQL_READERS, AS_IT_COMES);
    options.test_before_acquire_if_idle_for(UNTRIED);
    options
}

/// Connections that write are tried by asking whether their node takes writes: after a failover the old one may still be
/// there and take none, while a new connection leads to the one that does.
fn mysql_writers(url: &str, connections: u32, more: &'static str) -> ConnectOptions {
    let mut options = mysql(url, connections, more);
    options.test_before_acquire(false);
    options.map_sqlx_mysql_before_acquire(|connection, known| {
        Box::pin(async move {
            if known.idle_for < UNTRIED {
                return Ok(true);
            }
            // It is a number or a word, by the version.
            let asked = "SELECT @@global.read_only IN ('0', 'OFF')";
            let takes_writes: i64 = connection.fetch_one(asked).await?.try_get(0)?;
            Ok(takes_writes == 1)
        })
    });
    options
}

fn mysql(url: &str, connections: u32, more: &'static str) -> ConnectOptions {
    let mut options = pool(url, connections);
    // SeaORM's own hook of this name is called for the first connection alone.
    options.map_sqlx_mysql_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| Box::pin(set_up(connection, more)))
            .after_release(|connection, _| Box::pin(is_clear(connection)))
    });
    options
}

/// Whether nothing is under way on a connection that comes back. Who leaves in the middle of a statement leaves its answer
/// there; where the statement was just being prepared, the driver waits for more than will ever come, and the connection's
/// place would be lost to everybody.
async fn is_clear(connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    // Where nothing is under way, this asks the server nothing.
    let cleared = tokio::time::timeout(CLEARED, connection.flush()).await;
    Ok(matches!(cleared, Ok(Ok(()))))
}

/// Says on a connection how long it waits for locks and stands still, what its transactions see and, where the server is a Galera node, that what it
/// reads is no older than what other nodes committed before.
async fn set_up(connection: &mut MySqlConnection, more: &str) -> sqlx::Result<()> {
    let seconds = STATEMENT_DEADLINE.as_secs();
    // The second one is MariaDB's alone, and a comment to MySQL.
    let limits = format!(
        "SET SESSION innodb_lock_wait_timeout = {seconds}{more}
         /*M!100300 , idle_transaction_timeout = {STANDSTILL_SECONDS} */"
    );
    connection.execute(sqlx::AssertSqlSafe(limits)).await?;
    // What writes needs it (see `begin`), and this way it needs no statement of its own each time.
    connection
        .execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        .await?;
    // MariaDB knows this one, MySQL does not.
    let cluster = "SHOW VARIABLES LIKE 'wsrep_sync_wait'";
    if connection.fetch_optional(cluster).await?.is_some() {
        connection
            .execute("SET SESSION wsrep_sync_wait = 7")
            .await?;
    }
    Ok(())
}

fn pool(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_DEADLINE)
        // Connections are kept, and tried before they are used. The pool's own task that looks for old ones counts the idle ones while
        // others take them, and where the count is below zero for a moment it goes round for ever, and a thread with it.
        .idle_timeout(None)
        .max_lifetime(None)
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
