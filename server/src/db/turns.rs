//! Who writes to a file next: one after the other inside of this process, in the order in which they came, whichever of its
//! connections they write over. SQLite itself lets others try again and again, and whoever writes all the time would be first
//! for ever. Other processes do not know of it, and meet SQLite's own lock.

use std::sync::Arc;

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::ACQUIRE_DEADLINE;

/// Whose turn it is.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Semaphore>);

/// A turn. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "held, and given back")] OwnedSemaphorePermit);

impl Turns {
    /// It is nobody's yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }

    /// Waits for a turn, as long as one waits for a connection.
    pub(super) async fn take(&self) -> Result<Turn, DbErr> {
        match timeout(ACQUIRE_DEADLINE, Arc::clone(&self.0).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(Turn(turn)),
            _ => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}
