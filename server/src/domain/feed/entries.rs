//! Entries of the log as they are appended.
//!
//! The log has no revision, and an entry becomes visible with the commit of its deed, which may be after that of a later
//! one. So a subscriber looks back a minute by time, and remembers what it sent.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use entity::{LogId, Timestamp, log::Model};
use futures_util::{Stream, stream};
use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep_until},
};

use crate::{
    domain::{
        actor::{Actor, Viewer},
        log::{Filter, by_ids, ids_since},
    },
    error::{Error, Result},
    state::State,
};

/// How far to look back, in seconds: as long as a transaction may be tried again, and clocks may differ.
pub(crate) const LOOK_BACK_SECONDS: i32 = 60;

/// The most entries that are read at once.
const AT_ONCE: usize = 500;

/// The log is looked at once in this while, however much is written.
const PACE: Duration = Duration::from_millis(250);

/// The entries of the last minute that match, then each further one.
pub async fn entries(
    state: &State,
    actor: &Actor,
    filter: Filter,
) -> Result<impl Stream<Item = Result<Model>> + use<>> {
    let viewer = actor.viewer()?;
    filter.check()?;
    let mut follower = Follower {
        // Joined before the first read, so that there is no gap in between.
        news: state.events.listen_to_log(),
        state: state.clone(),
        viewer,
        filter,
        looked: Timestamp::now(),
        sent: BTreeSet::new(),
        ready: VecDeque::new(),
        next_look: Instant::now(),
    };
    follower.look().await?;
    Ok(stream::try_unfold(follower, |mut follower| async {
        Ok(Some((follower.next().await?, follower)))
    }))
}

/// One subscriber.
struct Follower {
    state: State,
    viewer: Viewer,
    filter: Filter,
    news: Receiver<()>,
    /// When it last saw all that there was.
    looked: Timestamp,
    /// What it sent, as far back as it looks.
    sent: BTreeSet<LogId>,
    ready: VecDeque<Model>,
    next_look: Instant,
}

impl Follower {
    async fn next(&mut self) -> Result<Model> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(entry);
            }
            // The bus ends with the server.
            let ended = self.news.changed().await;
            ended.map_err(|_| Error::Unavailable)?;
            sleep_until(self.next_look).await;
            self.look().await?;
        }
    }

    async fn look(&mut self) -> Result<()> {
        self.news.mark_unchanged();
        self.next_look = Instant::now() + PACE;
        let now = Timestamp::now();
        // Not back from now: one that was not listened to for long has all of that time to catch up with.
        let moment = self.looked.plus_seconds(-LOOK_BACK_SECONDS);
        let ids = ids_since(&self.state, &self.filter, moment).await?;
        let unsent = ids.iter().filter(|id| !self.sent.contains(id)).copied();
        let unsent: Vec<LogId> = unsent.take(AT_ONCE).collect();
        self.ready = by_ids(&self.state, &self.viewer, &unsent).await?.into();
        if unsent.len() < AT_ONCE {
            self.looked = now;
        } else {
            // There may be more: it is looked for when these are sent.
            self.news.mark_changed();
        }
        // What left the span that is looked at never comes back into it.
        self.sent.retain(|id| ids.binary_search(id).is_ok());
        self.sent.extend(unsent);
        Ok(())
    }
}
