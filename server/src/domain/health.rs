//! How the database is, as this process last saw it, for those who want to know why nothing happens.
//!
//! Nobody who asks is made to wait for a database that is away: the process writes a sign of life every two seconds, and what
//! becomes of that tells.

use std::{
    pin::pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use entity::Timestamp;
use futures_util::{Stream, stream};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use crate::{
    db::{ACQUIRE_DEADLINE, Db},
    domain::actor::Actor,
    error::{Error, Result},
    state::State,
};

/// A write that takes longer makes one look whether the database is there at all, and again after as long.
const SLOW: Duration = Duration::from_secs(1);

/// What the database does for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseStatus {
    /// It answers, and takes what is written.
    Available,
    /// It can be read, and takes nothing.
    ReadOnly,
    /// It can't be reached.
    Unavailable,
}

/// How the database is, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// What it does.
    pub database: DatabaseStatus,
    /// Since when this process sees it so.
    pub since: Timestamp,
}

/// What this process knows.
#[derive(Debug)]
pub struct Seen {
    told: watch::Sender<Health>,
    /// When one that was away could be read again, as long as nothing else is known of it.
    readable: Mutex<Option<Instant>>,
}

impl Seen {
    /// That of a process that has just opened its database.
    pub fn new() -> Self {
        Self {
            told: watch::Sender::new(Health {
                database: DatabaseStatus::Available,
                since: Timestamp::now(),
            }),
            readable: Mutex::default(),
        }
    }

    fn note(&self, database: DatabaseStatus) {
        *self.readable() = None;
        self.told.send_if_modified(|health| {
            let is_news = health.database != database;
            if is_news {
                *health = Health {
                    database,
                    since: Timestamp::now(),
                };
            }
            is_news
        });
    }

    /// Looks whether a database that takes nothing is there at all.
    async fn look(&self, db: &Db) {
        let is_ready = timeout(SLOW, db.is_ready()).await;
        self.note_unwritten(Instant::now(), matches!(is_ready, Ok(true)));
    }

    /// Takes note of one that takes nothing. One that comes back can be read before who waited to write has a connection, so
    /// it is read-only if that lasts.
    fn note_unwritten(&self, now: Instant, can_be_read: bool) {
        if !can_be_read {
            return self.note(DatabaseStatus::Unavailable);
        }
        let was_away = self.told.borrow().database == DatabaseStatus::Unavailable;
        let readable = *self.readable().get_or_insert(now);
        if !was_away || now - readable >= ACQUIRE_DEADLINE {
            self.note(DatabaseStatus::ReadOnly);
        }
    }

    fn readable(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // It is never half-written, so a panic elsewhere leaves nothing to repair.
        self.readable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that writes, and learns from it.
    pub(super) async fn learn_from(
        &self,
        db: &Db,
        writing: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let mut writing = pin!(writing);
        let mut slow = interval_at(Instant::now() + SLOW, SLOW);
        slow.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                written = &mut writing => {
                    match &written {
                        Ok(()) => self.note(DatabaseStatus::Available),
                        Err(_) => self.look(db).await,
                    }
                    return written;
                }
                _ = slow.tick() => self.look(db).await,
            }
        }
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self::new()
    }
}

/// How the database is.
pub fn health(state: &State, actor: &Actor) -> Result<Health> {
    actor.viewer()?;
    Ok(*state.health.told.borrow())
}

/// How the database is, now and whenever that has changed.
pub fn changes(state: &State, actor: &Actor) -> Result<impl Stream<Item = Result<Health>> + use<>> {
    actor.viewer()?;
    let mut health = state.health.told.subscribe();
    health.mark_changed();
    // Held by the stream, as what is seen ends with the server only.
    let state = state.clone();
    Ok(stream::try_unfold(
        (state, health),
        |(state, mut health)| async {
            let ended = health.changed().await;
            ended.map_err(|_| Error::Unavailable)?;
            let seen = *health.borrow_and_update();
            Ok(Some((seen, (state, health))))
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_comes_back_is_read_only_if_that_lasts() {
        let seen = Seen::new();
        let database = || seen.told.borrow().database;
        let mut now = Instant::now();
        seen.note_unwritten(now, false);
        for _ in 0..2 {
            seen.note_unwritten(now, true);
            now += ACQUIRE_DEADLINE / 2;
            seen.note_unwritten(now, true);
            assert_eq!(database(), DatabaseStatus::Unavailable);
            // It is away once more.
            seen.note_unwritten(now, false);
        }
        seen.note_unwritten(now, true);
        now += ACQUIRE_DEADLINE;
        seen.note_unwritten(now, true);
        assert_eq!(database(), DatabaseStatus::ReadOnly);
        seen.note(DatabaseStatus::Available);
        seen.note_unwritten(now, true);
        assert_eq!(database(), DatabaseStatus::ReadOnly, "it was not away");
    }
}
