//! The tables, and the statements: the same ones on SQLite and on MySQL, but for what their dialects force apart.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, Result};
use chrono::{NaiveDateTime, Utc};
use sqlx::{
    Executor, MySql, MySqlPool, QueryBuilder, Row, Sqlite, SqlitePool,
    mysql::MySqlPoolOptions,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::{NewSchedule, Report, Status};

/// How many rows an INSERT has at the most.
const ROWS: usize = 64;

/// How many values an `IN` list has at the most.
const VALUES: usize = 500;

const TABLES: [&str; 12] = [
    "CREATE TABLE schedule (schedule_id {id}, schedule_name varchar(36) NOT NULL UNIQUE, schedule_status char(1) NOT NULL,
      created_time {time} NOT NULL, last_modify_time {time} NOT NULL, state varchar(16) NOT NULL, title varchar(255),
      closed_time {time}, revision integer NOT NULL DEFAULT 0, lease_seconds integer NOT NULL, lease_expires {time},
      running integer NOT NULL DEFAULT 0, pass integer NOT NULL DEFAULT 0, fail integer NOT NULL DEFAULT 0,
      block integer NOT NULL DEFAULT 0, error integer NOT NULL DEFAULT 0, skip integer NOT NULL DEFAULT 0) {options}",
    "CREATE INDEX ix_schedule_title_state ON schedule (title, state)",
    "CREATE INDEX ix_schedule_state_lease_expires ON schedule (state, lease_expires)",
    "CREATE INDEX ix_schedule_last_modify_time ON schedule (last_modify_time)",
    "CREATE INDEX ix_schedule_state_created_time ON schedule (state, created_time)",
    "CREATE TABLE label (schedule_id bigint NOT NULL, name varchar(255) NOT NULL, value varchar(255) NOT NULL,
      PRIMARY KEY (schedule_id, name), FOREIGN KEY (schedule_id) REFERENCES schedule (schedule_id)) {options}",
    "CREATE INDEX ix_label_name_value_schedule_id ON label (name, value, schedule_id)",
    "CREATE TABLE result (schedule_id bigint NOT NULL, number integer NOT NULL, script varchar(255) NOT NULL,
      attempt integer NOT NULL, latest boolean NOT NULL, status varchar(16) NOT NULL, message {text}, output {text},
      content_bytes integer NOT NULL, duration_ms integer, started_time {time}, submitted_time {time} NOT NULL,
      revision integer NOT NULL, PRIMARY KEY (schedule_id, number),
      FOREIGN KEY (schedule_id) REFERENCES schedule (schedule_id)) {options}",
    "CREATE UNIQUE INDEX ix_result_script_schedule_id_attempt ON result (script, schedule_id, attempt)",
    "CREATE INDEX ix_result_schedule_id_revision ON result (schedule_id, revision)",
    "CREATE TABLE result_key (schedule_id bigint NOT NULL, idempotency_key {key} NOT NULL, number integer NOT NULL,
      content {digest} NOT NULL, PRIMARY KEY (schedule_id, idempotency_key),
      FOREIGN KEY (schedule_id) REFERENCES schedule (schedule_id)) {options}",
    "CREATE TABLE script (name varchar(255) NOT NULL PRIMARY KEY, folded varchar(768) NOT NULL) {options}",
];

const SQLITE: [(&str, &str); 6] = [
    ("{id}", "integer PRIMARY KEY AUTOINCREMENT"),
    ("{time}", "text"),
    ("{text}", "text"),
    ("{key}", "blob"),
    ("{digest}", "blob"),
    ("{options}", ""),
];

const MYSQL: [(&str, &str); 6] = [
    ("{id}", "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY"),
    ("{time}", "datetime(3)"),
    ("{text}", "longtext"),
    ("{key}", "binary(16)"),
    ("{digest}", "binary(32)"),
    ("{options}", "COLLATE utf8mb4_bin"),
];

/// Makes the statements of a dialect.
fn tables(dialect: [(&str, &str); 6]) -> impl Iterator<Item = String> {
    TABLES.into_iter().map(move |table| {
        let fill = |text: String, (place, word): &(&str, &str)| text.replace(place, word);
        dialect.iter().fold(table.to_owned(), fill)
    })
}

/// The database.
#[derive(Clone)]
pub(crate) enum Store {
    /// A file, and the one connection that writes to it.
    Sqlite(SqlitePool),
    /// A server.
    MySql(MySqlPool),
}

/// A transaction that writes.
pub(crate) enum Transaction {
    Sqlite(PoolConnection<Sqlite>),
    MySql(PoolConnection<MySql>),
}

/// A locked schedule.
pub(crate) struct Schedule {
    pub(crate) id: i64,
    pub(crate) changed: bool,
    pub(crate) revision: i32,
    pub(crate) running: i32,
    pub(crate) pass: i32,
    pub(crate) fail: i32,
    pub(crate) block: i32,
    pub(crate) error: i32,
    pub(crate) skip: i32,
}

/// The latest attempt of a script in a schedule.
#[derive(Clone, Copy)]
pub(crate) struct Latest {
    pub(crate) number: i32,
    pub(crate) attempt: i32,
    pub(crate) status: Status,
}

/// A result that is to be written.
pub(crate) struct NewResult<'a> {
    pub(crate) schedule: i64,
    pub(crate) number: i32,
    pub(crate) attempt: i32,
    pub(crate) report: &'a Report,
    pub(crate) content: Vec<u8>,
    pub(crate) now: NaiveDateTime,
}

/// All that a group writes, but for the schedules themselves.
#[derive(Default)]
pub(crate) struct Written<'a> {
    pub(crate) results: Vec<NewResult<'a>>,
    pub(crate) superseded: Vec<(i64, i32)>,
}

/// Does the same on either kind of connection, with its kind of query.
macro_rules! on_either {
    ($transaction:expr, $query:ident, $connection:ident => $body:block) => {
        match $transaction {
            Transaction::Sqlite($connection) => {
                type $query = QueryBuilder<Sqlite>;
                $body
            }
            Transaction::MySql($connection) => {
                type $query = QueryBuilder<MySql>;
                $body
            }
        }
    };
}

impl Store {
    /// Opens a database, and makes its tables.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if url.starts_with("mysql:") {
            let pool = MySqlPoolOptions::new().max_connections(8).connect(url);
            let pool = pool.await?;
            for table in tables(MYSQL) {
                pool.execute(sqlx::AssertSqlSafe(table)).await?;
            }
            return Ok(Self::MySql(pool));
        }
        let file = url.strip_prefix("sqlite:///").context("a URL of SQLite")?;
        let options = SqliteConnectOptions::from_str(&format!("sqlite://{file}"))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await?;
        for table in tables(SQLITE) {
            pool.execute(sqlx::AssertSqlSafe(table)).await?;
        }
        Ok(Self::Sqlite(pool))
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        match self {
            Self::Sqlite(pool) => {
                let mut connection = pool.acquire().await?;
                connection.execute("BEGIN IMMEDIATE").await?;
                Ok(Transaction::Sqlite(connection))
            }
            Self::MySql(pool) => {
                let mut connection = pool.acquire().await?;
                connection
                    .execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                    .await?;
                connection.execute("BEGIN").await?;
                Ok(Transaction::MySql(connection))
            }
        }
    }

    /// Opens a schedule.
    pub(crate) async fn create(&self, new: &NewSchedule) -> Result<()> {
        let now = Utc::now().naive_utc();
        let mut transaction = self.begin().await?;
        on_either!(&mut transaction, Query, connection => {
            let mut query = Query::new(
                "INSERT INTO schedule (schedule_name, schedule_status, created_time, last_modify_time, state, title, lease_seconds) VALUES (",
            );
            query
                .separated(", ")
                .push_bind(new.name.to_string())
                .push_bind("a")
                .push_bind(now)
                .push_bind(now)
                .push_bind("CREATED")
                .push_bind(new.title.clone())
                .push_bind(3600)
                .push_unseparated(")");
            query.build().execute(&mut **connection).await?;
            let mut query =
                Query::new("INSERT INTO label (schedule_id, name, value) SELECT schedule_id, n, v FROM schedule, (");
            for (place, label) in new.labels.iter().enumerate() {
                query.push(if place == 0 { "SELECT " } else { " UNION ALL SELECT " });
                query.push_bind(label.key.clone()).push(" AS n, ");
                query.push_bind(label.value.clone()).push(" AS v");
            }
            query.push(") AS pair WHERE schedule_name = ");
            query.push_bind(new.name.to_string());
            query.build().execute(&mut **connection).await?;
        });
        transaction.commit().await
    }
}

impl Transaction {
    /// Locks the schedules of these names, in the order of their ids. They are found first, for what is looked at on the way
    /// would be locked too.
    pub(crate) async fn lock(&mut self, names: &[Uuid]) -> Result<HashMap<Uuid, Schedule>> {
        let names: HashSet<_> = names.iter().map(Uuid::to_string).collect();
        let lock = match self {
            Self::Sqlite(_) => " ORDER BY schedule_id",
            Self::MySql(_) => " ORDER BY schedule_id FOR UPDATE",
        };
        on_either!(self, Query, connection => {
            let mut query =
                Query::new("SELECT schedule_id FROM schedule WHERE schedule_name IN (");
            let mut list = query.separated(", ");
            for name in names {
                list.push_bind(name);
            }
            query.push(")");
            let ids = query.build().fetch_all(&mut **connection).await?;
            let mut query = Query::new(
                "SELECT schedule_id, revision, running, pass, fail, block, error, skip, schedule_name FROM schedule WHERE schedule_id IN (-1",
            );
            for id in &ids {
                query.push(", ").push_bind(id.try_get::<i64, _>(0)?);
            }
            query.push(")").push(lock);
            let rows = query.build().fetch_all(&mut **connection).await?;
            rows.iter()
                .map(|row| {
                    let schedule = Schedule {
                        id: row.try_get(0)?,
                        changed: false,
                        revision: row.try_get(1)?,
                        running: row.try_get(2)?,
                        pass: row.try_get(3)?,
                        fail: row.try_get(4)?,
                        block: row.try_get(5)?,
                        error: row.try_get(6)?,
                        skip: row.try_get(7)?,
                    };
                    Ok((Uuid::from_str(row.try_get(8)?)?, schedule))
                })
                .collect()
        })
    }

    /// Which of these keys are recorded.
    pub(crate) async fn keys(
        &mut self,
        keys: &HashMap<i64, Vec<Uuid>>,
    ) -> Result<HashSet<(i64, Uuid)>> {
        let mut known = HashSet::new();
        on_either!(self, Query, connection => {
            for some in pieces(keys) {
                let mut query =
                    Query::new("SELECT schedule_id, idempotency_key FROM result_key WHERE ");
                for (place, (schedule, keys)) in some.into_iter().enumerate() {
                    query.push(if place == 0 { "schedule_id = " } else { " OR schedule_id = " });
                    query.push_bind(schedule).push(" AND idempotency_key IN (");
                    let mut list = query.separated(", ");
                    for key in keys {
                        list.push_bind(key.as_bytes().to_vec());
                    }
                    query.push(")");
                }
                for row in query.build().fetch_all(&mut **connection).await? {
                    let key: Vec<u8> = row.try_get(1)?;
                    known.insert((row.try_get(0)?, Uuid::from_slice(&key)?));
                }
            }
        });
        Ok(known)
    }

    /// The latest attempts of these scripts.
    pub(crate) async fn latest(
        &mut self,
        scripts: &HashMap<i64, Vec<&str>>,
    ) -> Result<HashMap<(i64, String), Latest>> {
        let mut latest = HashMap::new();
        on_either!(self, Query, connection => {
            for some in pieces(scripts) {
                let mut query = Query::new(
                    "SELECT schedule_id, script, number, attempt, status FROM result WHERE latest AND (",
                );
                for (place, (schedule, scripts)) in some.into_iter().enumerate() {
                    query.push(if place == 0 { "schedule_id = " } else { " OR schedule_id = " });
                    query.push_bind(schedule).push(" AND script IN (");
                    let mut list = query.separated(", ");
                    for script in scripts {
                        list.push_bind((*script).to_owned());
                    }
                    query.push(")");
                }
                query.push(")");
                for row in query.build().fetch_all(&mut **connection).await? {
                    let status: &str = row.try_get(4)?;
                    let found = Latest {
                        number: row.try_get(2)?,
                        attempt: row.try_get(3)?,
                        status: serde_json::from_str(&format!("{status:?}"))?,
                    };
                    latest.insert((row.try_get(0)?, row.try_get(1)?), found);
                }
            }
        });
        Ok(latest)
    }

    /// Writes results, their keys and the names of their scripts.
    pub(crate) async fn write(&mut self, written: &Written<'_>) -> Result<()> {
        let ignore = match self {
            Self::Sqlite(_) => "INSERT OR IGNORE INTO script (name, folded) ",
            Self::MySql(_) => "INSERT IGNORE INTO script (name, folded) ",
        };
        on_either!(self, Query, connection => {
            for (schedule, number) in &written.superseded {
                let mut query = Query::new("UPDATE result SET latest = FALSE WHERE schedule_id = ");
                query.push_bind(*schedule).push(" AND number = ").push_bind(*number);
                query.build().execute(&mut **connection).await?;
            }
            for some in written.results.chunks(ROWS) {
                let mut query = Query::new(
                    "INSERT INTO result (schedule_id, number, script, attempt, latest, status, message, content_bytes, duration_ms, submitted_time, revision) ",
                );
                query.push_values(some, |mut values, new| {
                    let message = new.report.message.clone();
                    let bytes = message.as_ref().map_or(0, String::len);
                    values
                        .push_bind(new.schedule)
                        .push_bind(new.number)
                        .push_bind(new.report.script.clone())
                        .push_bind(new.attempt)
                        .push_bind(true)
                        .push_bind(new.report.status.text())
                        .push_bind(message)
                        .push_bind(i32::try_from(bytes).unwrap_or(i32::MAX))
                        .push_bind(new.report.duration_ms)
                        .push_bind(new.now)
                        .push_bind(new.number);
                });
                query.build().execute(&mut **connection).await?;
                let mut query = Query::new(
                    "INSERT INTO result_key (schedule_id, idempotency_key, number, content) ",
                );
                query.push_values(some, |mut values, new| {
                    values
                        .push_bind(new.schedule)
                        .push_bind(new.report.key.as_bytes().to_vec())
                        .push_bind(new.number)
                        .push_bind(new.content.clone());
                });
                query.build().execute(&mut **connection).await?;
                let mut query = Query::new(ignore);
                query.push_values(some, |mut values, new| {
                    let name = &new.report.script;
                    values.push_bind(name.clone()).push_bind(name.to_lowercase());
                });
                query.build().execute(&mut **connection).await?;
            }
        });
        Ok(())
    }

    /// Writes the schedules that changed.
    pub(crate) async fn update(
        &mut self,
        schedules: impl Iterator<Item = &Schedule>,
    ) -> Result<()> {
        let now = Utc::now().naive_utc();
        on_either!(self, Query, connection => {
            for schedule in schedules {
                let mut query = Query::new("UPDATE schedule SET state = 'RUNNING', last_modify_time = ");
                query.push_bind(now);
                query.push(", lease_expires = ").push_bind(now + chrono::TimeDelta::hours(1));
                query.push(", revision = ").push_bind(schedule.revision);
                query.push(", running = ").push_bind(schedule.running);
                query.push(", pass = ").push_bind(schedule.pass);
                query.push(", fail = ").push_bind(schedule.fail);
                query.push(", block = ").push_bind(schedule.block);
                query.push(", error = ").push_bind(schedule.error);
                query.push(", skip = ").push_bind(schedule.skip);
                query.push(" WHERE schedule_id = ").push_bind(schedule.id);
                query.build().execute(&mut **connection).await?;
            }
        });
        Ok(())
    }

    /// Commits.
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(mut connection) => connection.execute("COMMIT").await.map(|_| ())?,
            Self::MySql(mut connection) => connection.execute("COMMIT").await.map(|_| ())?,
        }
        Ok(())
    }
}

/// Cuts lists so that no statement has too many values. Most groups are one piece.
fn pieces<T>(of: &HashMap<i64, Vec<T>>) -> Vec<Vec<(i64, &[T])>> {
    if of.values().map(Vec::len).sum::<usize>() <= VALUES {
        return vec![of.iter().map(|(id, list)| (*id, list.as_slice())).collect()];
    }
    of.iter()
        .flat_map(|(id, list)| list.chunks(VALUES).map(|some| vec![(*id, some)]))
        .collect()
}
