//! Access to the database: which kind it is, how its connections are set up, and what its errors mean.
//!
//! The kind is chosen by the URL at run time; everything else in the server is the same for both. On SQLite two
//! connections write, in turn, one of them for results alone ([`dedicated`]), a third moves what they wrote ([`checkpoints`]),
//! and several read, what is asked for all the time by [`readers`] that are called directly; on a [`server`], MySQL or MariaDB, some
//! write and others read, so that who waits for a lock holds up nobody who reads.

mod checkpoints;
pub(crate) mod dedicated;
pub(crate) mod fetch;
mod file;
pub(crate) mod insert;
pub(crate) mod plain;
mod reader;
mod readers;
mod server;
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
    DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
    sqlx::{
        self, Connection,
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
    server::Server,
    turns::Turns,
};
use crate::error::{Error, Result};

/// No statement of a write may take longer.
pub(crate) const STATEMENT_DEADLINE: Duration = Duration::from_secs(5);

/// How long to wait for a connection before a request is answered with `UNAVAILABLE`.
pub(crate) const ACQUIRE_DEADLINE: Duration = Duration::from_secs(5);

/// What a server holds while it brings the tables of a MySQL database up to date.
const MIGRATION_LOCK: &str = "daybook migration";

/// Which steps of the tables' history were made.
const MIGRATIONS_DONE: &str = "SELECT version FROM seaql_migrations";

/// How many statements go to a server as one.
const STATEMENTS_AT_ONCE: usize = 100;

const SQLITE_READERS: u32 = 8;

/// How long a transaction that the database broke off is tried again.
const PATIENCE: Duration = Duration::from_secs(15);

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: Reader,
    writer: DatabaseConnection,
    place: Place,
}

/// Where a database is.
#[derive(Clone, Debug)]
enum Place {
    File(File),
    Server(Server),
}

/// What there is besides where it is a file.
#[derive(Clone, Debug)]
struct File {
    readers: Arc<Readers>,
    turns: Turns,
}

impl Db {
    /// Opens the database that `url` names.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let (reader, writer, place) = if kind(url)? == DbBackend::Sqlite {
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
            (reader, writer, Place::File(file))
        } else {
            let server = Server::new(url);
            let reached = server.reach().await;
            reached.context("can't connect to the database")?;
            let (reader, writer) = (server.readers().await?, server.writers().await?);
            (reader, writer, Place::Server(server))
        };
        Ok(Self {
            reader: Reader::new(reader),
            writer,
            place,
        })
    }

    /// Brings the tables up to date. Of several servers that start at the same moment one does it, and the others wait.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        // Where nothing is to be done, nobody is waited for who writes, and a database that is read-only will do.
        if self.is_ready().await {
            return Ok(());
        }
        if let Place::Server(server) = &self.place {
            // Locks of this kind belong to a session, so this must be one.
            let session = server.session().await?;
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
            (pools.into_iter().map(in_use).sum(), server::CONNECTIONS)
        } else {
            (in_use(reader.get_sqlite_connection_pool()), SQLITE_READERS)
        };
        let (also_used, also_free) = match &self.place {
            Place::File(file) => file.readers.in_use_and_free(),
            Place::Server(_) => (0, 0),
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
        if let Place::File(file) = &self.place {
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
        match &self.place {
            Place::File(file) => {
                let turn = file.turns.take().await?;
                let transaction = begin(&self.writer).await?;
                Ok(WriteTransaction::in_file(transaction, turn))
            }
            Place::Server(server) => server.begin(&self.writer).await,
        }
    }

    /// A connection for one writer alone.
    pub(crate) async fn dedicated_writer(&self) -> Result<Dedicated, DbErr> {
        match &self.place {
            Place::File(file) => {
                let writer = FileWriter::open(file.readers.file(), file.turns.clone())?;
                Ok(Dedicated::File(writer))
            }
            Place::Server(server) => {
                let connection = server.dedicated_writer().await?;
                Ok(Dedicated::Server(server.clone(), connection))
            }
        }
    }

    /// Whether this is a file, whose dedicated writer needs a thread of its own.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Closes all connections. On SQLite this folds the write-ahead log into the file.
    pub async fn close(self) -> Result<(), DbErr> {
        if let Place::File(file) = &self.place {
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
