//! Signs of life: of the process itself, and of the runs that it is at.
//!
//! A row of `heartbeat` is a while in which a process lived without a pause. While it lives it moves the end of its row on, a
//! little ahead of the time, so that one that is killed is known as gone within seconds; when it stops in good order, it
//! sets the end to that moment. One that was frozen for longer begins another row.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use entity::{
    Guid, RunId, Timestamp,
    heartbeat::{ActiveModel, Column, Entity},
    run,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::{LEASE_SECONDS, due::Life};
use crate::{db, domain::runner::Stop, error::Result, state::State};

/// How often to give a sign of life.
const BEAT: Duration = Duration::from_secs(2);

/// How far ahead of the time the end of a row is, in seconds.
const AHEAD_SECONDS: i32 = 4;

/// After how long a silence a process was frozen, and not merely busy.
const FROZEN: TimeDelta = TimeDelta::seconds(10);

/// How long rows are kept that nobody will ask for any more, in seconds: tasks are settled within moments.
const KEPT_SECONDS: i32 = 7 * 86_400;

/// Since when this process lives without a pause.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Option<Beats>>);

#[derive(Clone, Copy, Debug)]
struct Beats {
    id: Guid,
    from: Timestamp,
    last: Timestamp,
}

impl Pulse {
    /// Takes note that the process lives at this moment.
    fn note(&self, now: Timestamp) -> Beats {
        let mut beats = self.lock();
        let unbroken = beats.filter(|beats| now.since(beats.last).abs() <= FROZEN);
        let (id, from, last) = unbroken.map_or_else(
            || (Guid(Uuid::new_v4()), now, now),
            // Two that note at the same time may come in the wrong order.
            |beats| (beats.id, beats.from, beats.last.max(now)),
        );
        *beats.insert(Beats { id, from, last })
    }

    /// The while in which this process lives, if its scheduler has begun.
    fn life(&self, now: Timestamp) -> Option<Life> {
        let has_begun = self.lock().is_some();
        has_begun.then(|| {
            let beats = self.note(now);
            (beats.from, beats.last)
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Beats>> {
        // It is never half-written, so a panic elsewhere leaves nothing to repair.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When there was a scheduler, as far as it matters for a while.
pub(super) async fn lives(
    connection: &impl ConnectionTrait,
    state: &State,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Life>> {
    let rows = Entity::find()
        .filter(Column::UntilTime.gte(from))
        .filter(Column::FromTime.lte(until))
        .all(connection)
        .await?;
    let recorded = rows.into_iter().map(|row| (row.from_time, row.until_time));
    // What is on record of this process may be a moment old.
    Ok(recorded.chain(state.pulse.life(until)).collect())
}

/// Gives signs of life until the server stops.
pub(super) async fn go_on(state: State) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !state.stopping.is_cancelled() {
        tokio::select! {
            () = state.stopping.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let lived = async {
            beat(&state).await?;
            heed(&state).await
        };
        if let Err(error) = lived.await {
            tracing::warn!(%error, "a sign of life could not be given");
        }
    }
    if let Err(error) = stop(&state).await {
        tracing::warn!(%error, "that the scheduler stops could not be noted");
    }
}

/// Gives one sign of life, of the process and of its runs. Whether that can be written tells how the database is.
pub(super) async fn beat(state: &State) -> Result<()> {
    state.health.learn_from(&state.db, write(state)).await
}

async fn write(state: &State) -> Result<()> {
    let now = state.clock.now();
    let beats = state.pulse.note(now);
    let running = state.running.ids();
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        record(&transaction, beats, now.plus_seconds(AHEAD_SECONDS)).await?;
        if !running.is_empty() {
            run::Entity::update_many()
                .col_expr(
                    run::Column::LeaseExpires,
                    Expr::value(now.plus_seconds(LEASE_SECONDS)),
                )
                .filter(run::Column::RunId.is_in(running.iter().copied()))
                .filter(run::Column::LeaseHolder.eq(state.process))
                .filter(run::Column::Status.eq(run::RunStatus::Running))
                .exec(&transaction)
                .await?;
        }
        db::commit(transaction).await
    })
    .await
}

/// Notes that the process stops now.
async fn stop(state: &State) -> Result<()> {
    let now = state.clock.now();
    let beats = state.pulse.note(now);
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        record(&transaction, beats, now).await?;
        db::commit(transaction).await
    })
    .await
}

async fn record(transaction: &impl ConnectionTrait, beats: Beats, until: Timestamp) -> Result<()> {
    let row = ActiveModel {
        heartbeat_id: Set(beats.id),
        from_time: Set(beats.from),
        until_time: Set(until),
    };
    let moved_on = OnConflict::column(Column::HeartbeatId)
        .update_column(Column::UntilTime)
        .to_owned();
    Entity::insert(row)
        .on_conflict(moved_on)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Stops what this process is at and should not be: what was called off elsewhere, and what another process took for lost.
async fn heed(state: &State) -> Result<()> {
    let running = state.running.ids();
    if running.is_empty() {
        return Ok(());
    }
    let mine: Vec<(RunId, bool)> = run::Entity::find()
        .select_only()
        .column(run::Column::RunId)
        .column(run::Column::CancelRequested)
        .filter(run::Column::RunId.is_in(running.iter().copied()))
        .filter(run::Column::LeaseHolder.eq(state.process))
        .filter(run::Column::Status.eq(run::RunStatus::Running))
        .into_tuple()
        .all(state.db.read())
        .await?;
    for (run, _) in mine.iter().filter(|(_, is_called_off)| *is_called_off) {
        state.running.stop(*run, Stop::Cancelled);
    }
    for run in running {
        if !mine.iter().any(|(id, _)| *id == run) {
            state.running.stop(run, Stop::Lost);
        }
    }
    Ok(())
}

/// Sweeps up the rows that nobody will ask for any more.
pub(crate) async fn sweep(state: State) -> Result<()> {
    let long_ago = state.clock.now().plus_seconds(-KEPT_SECONDS);
    let transaction = state.db.begin().await?;
    Entity::delete_many()
        .filter(Column::UntilTime.lt(long_ago))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_frozen_begins_anew() {
        let pulse = Pulse::default();
        let start = Timestamp::now();
        assert_eq!(pulse.life(start), None);
        pulse.note(start);
        let busy = start.plus_seconds(10);
        assert_eq!(pulse.life(busy), Some((start, busy)));
        let frozen = start.plus_seconds(21);
        assert_eq!(pulse.life(frozen), Some((frozen, frozen)));
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew() {
        let pulse = Pulse::default();
        let start = Timestamp::now();
        pulse.note(start);
        assert_eq!(pulse.life(start.plus_seconds(-1)), Some((start, start)));
        let earlier = start.plus_seconds(-60);
        assert_eq!(pulse.life(earlier), Some((earlier, earlier)));
    }
}
