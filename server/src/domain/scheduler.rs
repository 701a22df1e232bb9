//! The scheduler: gives every slot exactly one outcome, and takes the runs that wait.
//!
//! Each server process has one, and none is in charge: whoever sees a due task first locks its row, and what the others
//! find then is settled. It wakes for the next slot, when something changed here, and now and then for what changed
//! elsewhere.

mod due;
mod heartbeat;
mod settle;

pub use heartbeat::Pulse;
pub(crate) use heartbeat::sweep;
pub(crate) use settle::settle;

use std::{collections::HashSet, fmt::Debug, slice, time::Duration};

use entity::{Timestamp, task};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    domain::{
        run::{self, Waiting},
        runner,
    },
    error::Result,
    state::State,
};

/// How often to look for what changed elsewhere, in seconds.
const LOOK_SECONDS: i32 = 2;

/// How long a run stays a process's that gives no sign of life, in seconds.
pub(crate) const LEASE_SECONDS: i32 = 15;

/// How many tasks are settled, or runs are taken, in one transaction. Each has to be on disk before the next one begins, and
/// on SQLite also those of other processes: of two hundred that fall due in the same second, the last would begin seconds late.
const TOGETHER: usize = 16;

/// How long to wait where the database could not be asked.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts it. It ends when the server stops.
pub fn start(state: &State) {
    let scheduler = state.clone();
    state.background.spawn(async move {
        let state = scheduler;
        // Nothing is decided before it is on record that somebody is there.
        while let Err(error) = heartbeat::beat(&state).await {
            tracing::warn!(%error, "the scheduler can't begin");
            tokio::select! {
                () = state.stopping.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        state.background.spawn(heartbeat::go_on(state.clone()));
        work(&state).await;
    });
}

async fn work(state: &State) {
    while !state.stopping.is_cancelled() {
        let next = pass(state).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the scheduler could not do its work");
            None
        });
        let look = state.clock.now().plus_seconds(LOOK_SECONDS);
        let wake = next.map_or(look, |next| next.min(look));
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = state.events.scheduler_woken() => {}
            () = state.clock.sleep_until(wake) => {}
        }
    }
}

/// Does all that there is to do now. Returns when the next task falls due.
async fn pass(state: &State) -> Result<Option<Timestamp>> {
    let now = state.clock.now();
    settle::settle_due(state, now).await?;
    run::give_up_lost(state).await?;
    take_waiting(state).await?;
    next_due(state, now).await
}

/// Takes runs that wait, as many as this process has room for.
async fn take_waiting(state: &State) -> Result<()> {
    let held: HashSet<_> = state.running.ids().into_iter().collect();
    let mut tried = HashSet::new();
    let mut waiting = run::open_to_claim(state).await?;
    waiting.retain(|each| {
        // The first in a queue goes first, and the next ones wait for it.
        let is_behind = each.is_alone && !tried.insert(each.task);
        !is_behind && !held.contains(&each.run)
    });
    let mut waiting = waiting.as_slice();
    while !waiting.is_empty() && !state.stopping.is_cancelled() {
        let room = state.running.room().min(TOGETHER);
        if room == 0 {
            break;
        }
        let (some, rest) = waiting.split_at(room.min(waiting.len()));
        together(some, |some| take(state, some)).await?;
        waiting = rest;
    }
    Ok(())
}

async fn take(state: &State, waiting: &[Waiting]) -> Result<()> {
    for claimed in run::claim(state, waiting).await? {
        runner::start(state, claimed);
    }
    Ok(())
}

/// Does to some rows what is to be done, in one transaction. Where it can't be done to one of them, or takes too long for all
/// together, it is done to each for itself.
async fn together<'a, T, F>(rows: &'a [T], work: impl Fn(&'a [T]) -> F) -> Result<()>
where
    T: Debug,
    F: Future<Output = Result<()>>,
{
    if work(rows).await.is_err() {
        for row in rows {
            pass_over(row, work(slice::from_ref(row)).await)?;
        }
    }
    Ok(())
}

/// Leaves a row as it is to which something could not be done: one that can't be read, which may be a later version's, must
/// not hold up the others. What passes is not the row's fault, and would be the same for the next one.
pub(crate) fn pass_over(row: &impl Debug, outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.retry_after().is_none() => {
            tracing::warn!(?row, %error, "the scheduler left something as it is");
            Ok(())
        }
        outcome => outcome,
    }
}

/// When the next task falls due after a moment. One that was due before it is somebody else's at this moment.
async fn next_due(state: &State, moment: Timestamp) -> Result<Option<Timestamp>> {
    let next = task::Entity::find()
        .select_only()
        .column(task::Column::NextTime)
        .filter(task::Column::NextTime.gt(moment))
        .order_by_asc(task::Column::NextTime)
        .limit(1)
        .into_tuple()
        .one(state.db.read())
        .await?;
    Ok(next)
}
