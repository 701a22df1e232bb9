//! What a database's error means for the one who met it.

use std::{
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, mysql::MySqlDatabaseError},
};

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Somebody else was faster, or held a lock for too long: the transaction was broken off. Trying again helps.
    Collision,
    /// The database can't be reached, or takes nothing right now: it is restarted, its node left the cluster or became
    /// read-only, its disk is full. Trying again helps once that is over.
    Outage,
    /// It will be the same next time.
    Lasting,
}

/// MySQL: deadlock, or certification that failed (Galera); lock wait timed out; lock not to be had at once; record has changed (Galera); rolled
/// back by the group (group replication); a savepoint that is gone, and all before it (Galera).
const MYSQL_COLLISIONS: [u16; 6] = [1213, 1205, 3572, 1020, 3101, 1305];

/// MySQL, in turn: a full disk and a file that can't be written, an error of the storage engine's; no memory, no resources; too many
/// connections; a node that is not ready (Galera); shutting down; a table that has no room; connections that were lost; an
/// error at COMMIT; too many connections of this user; a read-only node; a statement or a connection that was killed, or
/// took too long.
const MYSQL_OUTAGES: [u16; 27] = [
    1021, 1026, 1030, 1037, 1038, 1041, 1040, 1047, 1053, 1114, 1152, 1158, 1159, 1160, 1161, 1180,
    1203, 1226, 1290, 1836, 1317, 1927, 1969, 3024, 3100, 3168, 4031,
];

/// SQLite's primary codes for a database that is busy or locked.
const SQLITE_COLLISIONS: [i32; 2] = [5, 6];

/// SQLite's primary codes, in turn: no memory, a file system that is read-only, an error of the disk, a full disk, a file that
/// can't be opened, locks that can't be had.
const SQLITE_OUTAGES: [i32; 6] = [7, 8, 10, 13, 14, 15];

impl Trouble {
    /// Sorts an error.
    pub(crate) fn of(error: &DbErr) -> Self {
        let error = match error {
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => error,
            DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => {
                return Self::Outage;
            }
            _ => return Self::Lasting,
        };
        match &**error {
            sqlx::Error::Database(error) => Self::told_by(&**error),
            sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Outage,
            _ => Self::Lasting,
        }
    }

    /// Sorts what the database itself says.
    fn told_by(error: &dyn sqlx::error::DatabaseError) -> Self {
        if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
            return match error.number() {
                number if MYSQL_COLLISIONS.contains(&number) => Self::Collision,
                number if MYSQL_OUTAGES.contains(&number) => Self::Outage,
                _ if error.code() == Some("40001") => Self::Collision,
                _ => Self::Lasting,
            };
        }
        let code = error.code();
        let code = code.and_then(|code| i32::from_str(&code).ok());
        code.map_or(Self::Lasting, Self::of_sqlite)
    }

    /// Sorts a code of SQLite. Extended codes hold the primary one in their lowest byte.
    pub(super) fn of_sqlite(code: i32) -> Self {
        match code & 0xff {
            code if SQLITE_COLLISIONS.contains(&code) => Self::Collision,
            code if SQLITE_OUTAGES.contains(&code) => Self::Outage,
            _ => Self::Lasting,
        }
    }
}

/// Tells the operator of an outage. Everybody meets it, so it is said once in a second.
pub(crate) fn tell_of_outage(error: &DbErr) {
    const PAUSE: Duration = Duration::from_secs(1);
    static TOLD: Mutex<Option<Instant>> = Mutex::new(None);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.is_none_or(|told| told.elapsed() >= PAUSE) {
        *told = Some(Instant::now());
        tracing::warn!(%error, "the database is in trouble");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_of_sqlite_are_sorted_by_their_primary_one() {
        assert_eq!(Trouble::of_sqlite(0x205), Trouble::Collision);
        assert_eq!(Trouble::of_sqlite(0x130a), Trouble::Outage);
        assert_eq!(Trouble::of_sqlite(0x813), Trouble::Lasting);
    }

    #[test]
    fn who_gets_no_connection_meets_an_outage() {
        let error = DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::PoolTimedOut.into()));
        assert_eq!(Trouble::of(&error), Trouble::Outage);
        assert_eq!(Trouble::of(&DbErr::Custom(String::new())), Trouble::Lasting);
    }
}
