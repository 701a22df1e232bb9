//! Settling a task: every slot that is due gets its outcome, in one transaction, under the lock of the task's row.

use entity::{
    TaskId, Timestamp,
    run::{RunStatus, RunTrigger},
    task::{Column, Entity, Model, OverlapPolicy},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockBehavior, LockType},
};

use super::{
    TOGETHER,
    due::{Verdict, judge},
    heartbeat, together,
};
use crate::{
    db,
    domain::{
        run::{self, Draft, Standing, open_runs, overlap_reason},
        task,
    },
    error::Result,
    state::State,
};

/// Settles all tasks that are due. One that can't be settled does not hold up the others.
pub(super) async fn settle_due(state: &State, now: Timestamp) -> Result<()> {
    let due: Vec<TaskId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::NextTime.lte(now))
        .order_by_asc(Column::NextTime)
        .into_tuple()
        .all(state.db.read())
        .await?;
    for some in due.chunks(TOGETHER) {
        if state.stopping.is_cancelled() {
            break;
        }
        together(some, |some| settle_some(state, some)).await?;
    }
    Ok(())
}

/// Settles some tasks in one transaction.
async fn settle_some(state: &State, tasks: &[TaskId]) -> Result<()> {
    let runs = db::retrying(async || settle_once(state, tasks).await).await?;
    if !runs.is_empty() {
        run::tell(state, &runs);
    }
    Ok(())
}

/// A row that is locked is somebody else's: another scheduler's, or of somebody who changes the task and settles it before.
/// One that is no longer due was settled meanwhile, and is not written again.
async fn settle_once(state: &State, ids: &[TaskId]) -> Result<Vec<Standing>> {
    let transaction = state.db.begin().await?;
    let tasks = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::NextTime.lte(state.clock.now()))
        .order_by_asc(Column::NextTime)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&transaction)
        .await?;
    let mut runs = Vec::with_capacity(tasks.len());
    for mut task in tasks {
        runs.extend(settle(&transaction, state, &mut task).await?);
        task::save(&transaction, &task).await?;
    }
    db::commit(transaction).await?;
    Ok(runs)
}

/// Gives each due slot of a locked task its outcome. Returns the runs that were made; the task is still to be saved.
pub(crate) async fn settle(
    transaction: &impl ConnectionTrait,
    state: &State,
    task: &mut Model,
) -> Result<Vec<Standing>> {
    let now = state.clock.now();
    let Some(first) = task.next_time.filter(|next| *next <= now) else {
        return Ok(Vec::new());
    };
    let slots: Vec<_> = task::calendar(task)?
        .slots_after(task.settled_time)
        .take_while(|slot| *slot <= now)
        .collect();
    let lives = heartbeat::lives(transaction, state, first, now).await?;
    let open = open_runs(transaction, task.id, RunStatus::OPEN).await?;
    let skips = task.overlap_policy == OverlapPolicy::Skip;
    let mut under_way = open.first().map(overlap_reason);
    let mut runs = Vec::with_capacity(slots.len());
    for (slot, verdict) in judge(&slots, &lives, task.catch_up_policy) {
        let draft = match verdict {
            Verdict::Missed(reason) => Draft::of_slot(task, slot, RunTrigger::Scheduled)
                .with(RunStatus::Missed, Some(reason)),
            Verdict::Run => {
                let draft = Draft::of_slot(task, slot, RunTrigger::Scheduled);
                match &under_way {
                    Some(reason) if skips => draft.with(RunStatus::Skipped, Some(reason.clone())),
                    _ => draft.waiting(),
                }
            }
            // What is caught up waits for what is under way, for it would have been over at its time.
            Verdict::CatchUp => Draft::of_slot(task, slot, RunTrigger::CatchUp).waiting(),
        };
        if draft.status == RunStatus::Queued && under_way.is_none() {
            under_way = Some(format!("the run of {slot} had not ended"));
        }
        runs.push(draft.insert(transaction, now).await?);
    }
    task.settled_time = now;
    task::set_next_time(task)?;
    Ok(runs)
}
