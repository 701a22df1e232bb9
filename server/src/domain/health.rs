//! How the database is, as this process last saw it, for those who want to know why nothing happens.
//!
//! Nobody who asks is made to wait for a database that is away: the process writes a sign of life every two seconds, and what
//! becomes of that tells.

use std::{pin::pin, time::Duration};

use entity::Timestamp;
use futures_util::{Stream, stream};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use crate::{
    db::Db,
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
pub struct Seen(watch::Sender<Health>);

impl Seen {
    /// That of a process that has just opened its database.
    pub fn new() -> Self {
        Self(watch::Sender::new(Health {
            database: DatabaseStatus::Available,
            since: Timestamp::now(),
        }))
    }

    fn note(&self, database: DatabaseStatus) {
        self.0.send_if_modified(|health| {
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

    /// Does something that writes, and learns from it.
    pub(super) async fn learn_from(
        &self,
        db: &Db,
        writing: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let mut writing = pin!(writing);
        let mut slow = interval_at(Instant::now() + SLOW, SLOW);
        slow.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_back = false;
        loop {
            tokio::select! {
                biased;
                written = &mut writing => {
                    match &written {
                        Ok(()) => self.note(DatabaseStatus::Available),
                        Err(_) => self.note(reading(db).await),
                    }
                    return written;
                }
                _ = slow.tick() => {
                    let status = reading(db).await;
                    let was_away = self.0.borrow().database == DatabaseStatus::Unavailable;
                    // One that comes back is read a moment before it is written.
                    if status == DatabaseStatus::ReadOnly && was_away && !is_back {
                        is_back = true;
                    } else {
                        self.note(status);
                    }
                }
            }
        }
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self::new()
    }
}

/// How a database is that takes nothing.
async fn reading(db: &Db) -> DatabaseStatus {
    if matches!(timeout(SLOW, db.is_ready()).await, Ok(true)) {
        DatabaseStatus::ReadOnly
    } else {
        DatabaseStatus::Unavailable
    }
}

/// How the database is.
pub fn health(state: &State, actor: &Actor) -> Result<Health> {
    actor.viewer()?;
    Ok(*state.health.0.borrow())
}

/// How the database is, now and whenever that has changed.
pub fn changes(state: &State, actor: &Actor) -> Result<impl Stream<Item = Result<Health>> + use<>> {
    actor.viewer()?;
    let mut health = state.health.0.subscribe();
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
