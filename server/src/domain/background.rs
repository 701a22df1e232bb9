//! What the server does by itself, every now and then.

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{LogId, RunId, ScheduleId, Timestamp, run, schedule, session};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    domain::{
        feed,
        log::{self, ids_since},
        retention,
        schedule::abandon_silent,
        scheduler,
    },
    error::Result,
    events::{Heard, Wakeup},
    state::State,
};

/// How often to look for changes that other processes made, and that no event told of.
const LOOK: Duration = Duration::from_secs(2);

/// How far back such a look goes, in seconds. Much longer than the pause between two, for clocks differ.
const LOOK_BACK_SECONDS: i32 = 60;

/// How often to look for abandoned schedules.
const ABANDON: Duration = Duration::from_secs(2);

/// How often to sweep up ended sessions.
const SWEEP: Duration = Duration::from_hours(1);

/// How often to see whether the day's sweep of what is too old is due.
const RETENTION: Duration = Duration::from_hours(1);

/// Starts it all. It ends when the server stops.
pub fn start(state: &State) {
    let seen = Arc::new(Seen::default());
    looking(state, "looking for changes", move |state| {
        look(state, Arc::clone(&seen))
    });
    let seen = Arc::new(SeenEntries::default());
    looking(state, "looking for entries of the log", move |state| {
        look_at_log(state, Arc::clone(&seen))
    });
    let seen = Arc::new(SeenRuns::default());
    looking(state, "looking for changed runs", move |state| {
        look_at_runs(state, Arc::clone(&seen))
    });
    every(
        state,
        ABANDON,
        "looking for abandoned schedules",
        |state| async move { abandon_silent(&state).await },
    );
    every(state, SWEEP, "sweeping up sessions", sweep_sessions);
    every(
        state,
        RETENTION,
        "removing what is too old",
        |state| async move { retention::sweep(&state).await },
    );
    every(state, SWEEP, "sweeping up heartbeats", scheduler::sweep);
}

/// Looks again and again, and at once where something may have gone unheard.
fn looking<F>(state: &State, what: &'static str, work: impl FnMut(State) -> F + Send + 'static)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    again(state, LOOK, state.events.listen_to_looks(), what, work);
}

/// Does something again and again.
fn every<F>(
    state: &State,
    pause: Duration,
    what: &'static str,
    work: impl FnMut(State) -> F + Send + 'static,
) where
    F: Future<Output = Result<()>> + Send + 'static,
{
    again(state, pause, watch::channel(()).1, what, work);
}

/// Does something after each pause, and sooner where it is asked for. A failure is logged, and it is tried again next time.
fn again<F>(
    state: &State,
    pause: Duration,
    mut asked: watch::Receiver<()>,
    what: &'static str,
    mut work: impl FnMut(State) -> F + Send + 'static,
) where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let state = state.clone();
    state.background.clone().spawn(async move {
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = state.stopping.cancelled() => return,
                _ = ticks.tick() => {}
                // Passed over where nobody can ask.
                Ok(()) = asked.changed() => {}
            }
            if let Err(error) = work(state.clone()).await {
                tracing::warn!(what, %error, "background work failed");
            }
        }
    });
}

/// The revision of each schedule as the last look saw it.
type Seen = Mutex<HashMap<ScheduleId, i32>>;

/// Wakes the subscribers of the schedules that changed since the last look.
async fn look(state: State, seen: Arc<Seen>) -> Result<()> {
    let listened_to = state.events.listened_to();
    let moment = Timestamp::now().plus_seconds(-LOOK_BACK_SECONDS);
    let rows: Vec<(ScheduleId, i32)> = schedule::Entity::find()
        .select_only()
        .column(schedule::Column::ScheduleId)
        .column(schedule::Column::Revision)
        .filter(
            schedule::Column::LastModifyTime
                .gte(moment)
                .or(schedule::Column::ScheduleId.is_in(listened_to.iter().copied())),
        )
        .into_tuple()
        .all(state.db.read())
        .await?;
    let now: HashMap<_, _> = rows.into_iter().collect();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    for (id, revision) in &now {
        let is_unheard = state
            .events
            .last_heard(*id)
            .is_some_and(|heard| heard != Heard::Revision(*revision));
        if is_unheard || seen.get(id) != Some(revision) {
            let (id, revision) = (*id, *revision);
            state.events.found(Wakeup::Schedule { id, revision });
        }
    }
    for id in listened_to.iter().filter(|id| !now.contains_key(id)) {
        state.events.found(Wakeup::Deleted(*id));
    }
    *seen = now;
    Ok(())
}

/// The newest entries of the log as the last look saw them.
type SeenEntries = Mutex<BTreeSet<LogId>>;

/// Wakes those who follow the log when it has an entry that the last look did not see.
async fn look_at_log(state: State, seen: Arc<SeenEntries>) -> Result<()> {
    if !state.events.log_is_listened_to() {
        return Ok(());
    }
    let moment = Timestamp::now().plus_seconds(-feed::LOOK_BACK_SECONDS);
    let now = ids_since(&state, &log::Filter::default(), moment).await?;
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if now.iter().any(|id| !seen.contains(id)) {
        state.events.found(Wakeup::Log);
    }
    *seen = now.into_iter().collect();
    Ok(())
}

/// The revision of each run as the last look saw it.
type SeenRuns = Mutex<HashMap<RunId, i32>>;

/// Wakes the subscribers of the runs that changed since the last look.
async fn look_at_runs(state: State, seen: Arc<SeenRuns>) -> Result<()> {
    let moment = state.clock.now().plus_seconds(-LOOK_BACK_SECONDS);
    let rows: Vec<(RunId, i32)> = run::Entity::find()
        .select_only()
        .column(run::Column::RunId)
        .column(run::Column::Revision)
        .filter(run::Column::LastModifyTime.gte(moment))
        .into_tuple()
        .all(state.db.read())
        .await?;
    let now: HashMap<_, _> = rows.into_iter().collect();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    for (id, revision) in &now {
        if seen.get(id) != Some(revision) {
            state.events.found(Wakeup::Run(*id));
        }
    }
    *seen = now;
    Ok(())
}

async fn sweep_sessions(state: State) -> Result<()> {
    let transaction = state.db.begin().await?;
    session::Entity::delete_many()
        .filter(session::Column::ExpiresTime.lt(Timestamp::now()))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
