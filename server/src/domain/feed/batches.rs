//! Wake-ups in batches: what changes all the time is looked at once in a while.

use std::{collections::BTreeSet, time::Duration};

use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until},
};

use crate::error::{Error, Result};

/// The time between two looks.
const PACE: Duration = Duration::from_millis(250);

/// The wake-ups of one subscriber.
pub(super) struct Batches<T> {
    news: Receiver<T>,
    next_look: Instant,
}

/// What has changed since the last look.
pub(super) struct Batch<T> {
    /// What is known to have changed.
    pub(super) changed: BTreeSet<T>,
    /// Whether there were more wake-ups than were kept, so that more may have changed.
    pub(super) missed_some: bool,
}

impl<T: Clone + Ord> Batches<T> {
    pub(super) fn new(news: Receiver<T>) -> Self {
        Self {
            news,
            next_look: Instant::now(),
        }
    }

    /// Waits for news, and gathers what comes with them until it is time to look.
    pub(super) async fn next(&mut self) -> Result<Batch<T>> {
        let mut batch = Batch {
            changed: BTreeSet::new(),
            missed_some: false,
        };
        batch.add(self.news.recv().await)?;
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.next_look) => break,
                more = self.news.recv() => batch.add(more)?,
            }
        }
        self.next_look = Instant::now() + PACE;
        Ok(batch)
    }
}

impl<T: Ord> Batch<T> {
    fn add(&mut self, heard: Result<T, RecvError>) -> Result<()> {
        match heard {
            Ok(id) => {
                self.changed.insert(id);
            }
            Err(RecvError::Lagged(_)) => self.missed_some = true,
            // The bus ends with the server.
            Err(RecvError::Closed) => return Err(Error::Unavailable),
        }
        Ok(())
    }
}
