//! Connections to a server: how they are set up and tried, and what holds a transaction together there.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr,
    sqlx::{
        self, ConnectOptions as _, Connection, Executor, MySqlConnection, Row,
        mysql::MySqlConnectOptions,
    },
};

use super::{ACQUIRE_DEADLINE, STATEMENT_DEADLINE, begin, pool, transaction::WriteTransaction};

/// How long a transaction may stand still, in seconds. One of a process that was frozen in the middle of it would hold its
/// locks for as long as that lasts.
const STANDSTILL_SECONDS: u32 = 10;

/// How long a connection may lie idle until it is tried before it is used: trying costs a trip.
const UNTRIED: Duration = Duration::from_millis(100);

/// How long the rest of an answer that nobody waits for may take to come.
const CLEARED: Duration = Duration::from_secs(2);

const READERS: u32 = 16;
const WRITERS: u32 = 8;

/// How many connections there are to read and to write, but for those that write results.
pub(super) const CONNECTIONS: u32 = READERS + WRITERS;

/// The writer of results needs one at a time. While the driver tries whether the last one is sound, it uses the other.
const DEDICATED: u32 = 2;

/// How many statements each of those keeps prepared: all shapes of what it writes. The driver closes the one that it has no room
/// for just before it executes the next, and what it sends then waits 40 ms for the server's word that the first has come.
const PREPARED: usize = 320;

/// How connections are set up for all but writing: as all are.
const AS_ALL: &str = "";

/// For connections that write: what comes after a transaction that a node took back unnoticed is not committed by itself, but waits for
/// what finds out ([`WriteTransaction`]).
const TO_WRITE: &str = ", autocommit = 0";

/// For connections that write, and find rows by whole keys, in an index that they name: the optimizer doesn't look there first how
/// many it will be for each of the keys, which takes as long as finding them.
const TO_WRITE_BY_WHOLE_KEYS: &str = ", autocommit = 0, eq_range_index_dive_limit = 1";

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    url: String,
    /// Whether the one to which a connection was opened last is a node of a Galera cluster.
    is_node: Arc<AtomicBool>,
}

impl Server {
    /// The one that a URL names.
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            is_node: Arc::default(),
        }
    }

    /// Tries whether it can be reached: what it says when it can't gets lost in a pool.
    pub(super) async fn reach(&self) -> Result<(), DbErr> {
        let connecting = async {
            let options = MySqlConnectOptions::from_str(&self.url)?;
            options.connect().await?.close().await
        };
        let reached = tokio::time::timeout(ACQUIRE_DEADLINE, connecting).await;
        let reached = reached.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        reached.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }

    /// One connection, for what belongs to a session.
    pub(super) async fn session(&self) -> Result<DatabaseConnection, DbErr> {
        Database::connect(self.options(1, AS_ALL)).await
    }

    /// Connections that read.
    pub(super) async fn readers(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = self.options(READERS, AS_ALL);
        options.test_before_acquire_if_idle_for(UNTRIED);
        Database::connect(options).await
    }

    /// Connections that write. What they write is in a transaction, see [`Self::begin`].
    pub(super) async fn writers(&self) -> Result<DatabaseConnection, DbErr> {
        Database::connect(self.writing(WRITERS, TO_WRITE)).await
    }

    /// The same for one writer alone, who finds rows by whole keys.
    pub(super) async fn dedicated_writer(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = self.writing(DEDICATED, TO_WRITE_BY_WHOLE_KEYS);
        options.map_sqlx_mysql_opts(|options| options.statement_cache_capacity(PREPARED));
        Database::connect(options).await
    }

    /// Begins a transaction over one of the connections that write.
    pub(super) async fn begin(
        &self,
        writers: &DatabaseConnection,
    ) -> Result<WriteTransaction, DbErr> {
        let transaction = begin(writers).await?;
        if self.is_node.load(Ordering::Relaxed) {
            WriteTransaction::at_node(transaction).await
        } else {
            Ok(WriteTransaction::new(transaction))
        }
    }

    /// Connections that write are tried by asking whether their node takes writes: after a failover the old one may still be
    /// there and take none, while a new connection leads to the one that does.
    fn writing(&self, connections: u32, more: &'static str) -> ConnectOptions {
        let mut options = self.options(connections, more);
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

    fn options(&self, connections: u32, more: &'static str) -> ConnectOptions {
        let mut options = pool(&self.url, connections);
        let is_node = Arc::clone(&self.is_node);
        // SeaORM's own hook of this name is called for the first connection alone.
        options.map_sqlx_mysql_pool_opts(move |pool| {
            let is_node = Arc::clone(&is_node);
            pool.after_connect(move |connection, _| {
                let is_node = Arc::clone(&is_node);
                Box::pin(async move {
                    let found = set_up(connection, more).await?;
                    is_node.store(found, Ordering::Relaxed);
                    Ok(())
                })
            })
            .after_release(|connection, _| Box::pin(is_clear(connection)))
        });
        options
    }
}

/// Says on a connection how long it waits for locks and stands still, what its transactions see and, where the server is a
/// Galera node, that what it reads is no older than what other nodes committed before. Finds out whether it is one.
async fn set_up(connection: &mut MySqlConnection, more: &str) -> sqlx::Result<bool> {
    let seconds = STATEMENT_DEADLINE.as_secs();
    // The last one is MariaDB's alone, and a comment to MySQL.
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
    let cluster = "SHOW VARIABLES LIKE 'wsrep_on'";
    let Some(is_on) = connection.fetch_optional(cluster).await? else {
        return Ok(false);
    };
    connection
        .execute("SET SESSION wsrep_sync_wait = 7")
        .await?;
    Ok(is_on.try_get::<String, _>(1)? == "ON")
}

/// Whether nothing is under way on a connection that comes back. Who leaves in the middle of a statement leaves its answer
/// there; where the statement was just being prepared, the driver waits for more than will ever come, and the connection's
/// place would be lost to everybody.
async fn is_clear(connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    // Where nothing is under way, this asks the server nothing.
    let cleared = tokio::time::timeout(CLEARED, connection.flush()).await;
    Ok(matches!(cleared, Ok(Ok(()))))
}
