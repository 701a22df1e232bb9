//! Schedules as they change: what lists of schedules are kept up to date with.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use entity::{ScheduleId, Timestamp, schedule::Model};
use futures_util::{Stream, stream};

use super::batches::{Batch, Batches};
use crate::{
    domain::{
        actor::{Actor, Viewer},
        page::Slice,
        schedule::{Filter, by_ids, list, matching, modified_since},
    },
    error::Result,
    state::State,
};

/// How many schedules are sent on subscribing.
const AT_FIRST: usize = 200;

/// How far to look back after having missed wake-ups, in seconds.
const LOOK_BACK_SECONDS: i32 = 60;

/// How many sent schedules are remembered. Forgetting one costs nothing but sending it once too often.
const REMEMBERED: usize = 10_000;

/// The newest schedules that match, then each again as it changes, and once more when it stops matching.
pub async fn updates(
    state: &State,
    actor: &Actor,
    filter: Filter,
) -> Result<impl Stream<Item = Result<Model>> + use<>> {
    let viewer = actor.viewer()?;
    // Joined before the first read, so that there is no gap in between.
    let news = Batches::new(state.events.listen_to_all());
    let first = list(state, &viewer, &filter, &Slice::first(AT_FIRST)).await?;
    let sent = first
        .items
        .iter()
        .map(|schedule| (schedule.schedule_id, schedule.revision));
    let watcher = Watcher {
        state: state.clone(),
        viewer,
        filter,
        news,
        sent: sent.collect(),
        ready: first.items.into(),
    };
    Ok(stream::try_unfold(watcher, |mut watcher| async {
        Ok(Some((watcher.next().await?, watcher)))
    }))
}

/// One subscriber.
struct Watcher {
    state: State,
    viewer: Viewer,
    filter: Filter,
    news: Batches<ScheduleId>,
    /// The revision at which each schedule was last sent, while it matched.
    sent: BTreeMap<ScheduleId, i32>,
    ready: VecDeque<Model>,
}

impl Watcher {
    async fn next(&mut self) -> Result<Model> {
        loop {
            if let Some(schedule) = self.ready.pop_front() {
                return Ok(schedule);
            }
            let Batch {
                mut changed,
                missed_some,
            } = self.news.next().await?;
            if missed_some {
                let moment = Timestamp::now().plus_seconds(-LOOK_BACK_SECONDS);
                changed.extend(modified_since(&self.state, &self.viewer, moment).await?);
            }
            self.look_at(&Vec::from_iter(changed)).await?;
        }
    }

    async fn look_at(&mut self, changed: &[ScheduleId]) -> Result<()> {
        let matching = matching(&self.state, &self.viewer, &self.filter, changed).await?;
        let still: BTreeSet<_> = matching
            .iter()
            .map(|schedule| schedule.schedule_id)
            .collect();
        for schedule in matching {
            let before = self.sent.insert(schedule.schedule_id, schedule.revision);
            if before != Some(schedule.revision) {
                self.ready.push_back(schedule);
            }
        }
        let parted: Vec<_> = changed
            .iter()
            .filter(|id| !still.contains(id) && self.sent.remove(id).is_some())
            .copied()
            .collect();
        if !parted.is_empty() {
            let parted = by_ids(&self.state, &self.viewer, &parted).await?;
            self.ready.extend(parted.into_values());
        }
        while self.sent.len() > REMEMBERED {
            self.sent.pop_first();
        }
        Ok(())
    }
}
