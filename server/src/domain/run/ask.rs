//! What people ask of runs: one more of a task's, a backup, or to call one off.

use entity::{
    Guid, RunId,
    action::Action,
    run::{Entity, Model, RunStatus, RunTrigger},
    task::OverlapPolicy,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Draft, Ending, backup_parameter, end::conclude, gone, lock, open_runs, overlap_reason, save,
    tell,
};
use crate::{
    db,
    domain::{
        action,
        actor::{Actor, Operator},
        log::Deed,
        runner::Stop,
        task::{self, Key},
    },
    error::{Error, Result},
    state::State,
};

/// Runs a task now, enabled or not. Where its last run has not ended, the task's policy says what becomes of this one.
pub async fn start_task(state: &State, actor: &Actor, key: Key<'_>) -> Result<Model> {
    let deed = Deed::new(actor, "TASK_RUN", &key);
    let outcome = async {
        let operator = actor.operator()?;
        db::retrying(async || start_once(state, &operator, &deed, key).await).await
    };
    let run = deed.noting_failure(state, outcome.await).await?;
    tell(state, &[(run.run_id, run.status)]);
    Ok(run)
}

async fn start_once(
    state: &State,
    operator: &Operator,
    deed: &Deed,
    key: Key<'_>,
) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let task = task::lock(&transaction, key).await?;
    let now = state.clock.now();
    let draft = Draft {
        client_id: Some(operator.client_id()),
        is_of_slot: false,
        ..Draft::of_slot(&task, now, RunTrigger::Manual)
    };
    let open = open_runs(&transaction, task.id, RunStatus::OPEN).await?;
    let draft = match open.first() {
        Some(open) if task.overlap_policy == OverlapPolicy::Skip => {
            draft.with(RunStatus::Skipped, Some(overlap_reason(open)))
        }
        _ => draft.waiting(),
    };
    deed.done(&transaction).await?;
    let (id, _) = draft.insert(&transaction, now).await?;
    let run = Entity::find_by_id(id).one(&transaction).await?;
    db::commit(transaction).await?;
    run.ok_or_else(gone)
}

/// Asks for a backup of a folder, and is done when its run is recorded. The log has one entry of each backup, when it has
/// ended; so only where none is begun is there one now.
pub async fn start_backup(state: &State, actor: &Actor, source: &str) -> Result<Model> {
    let deed = Deed::new(actor, Action::BACKUP, &backup_parameter(source));
    let outcome = async {
        let operator = actor.operator()?;
        action::check_source(state, "source", source).await?;
        db::retrying(async || start_backup_once(state, &operator, source).await).await
    };
    let run = deed.noting_failure(state, outcome.await).await?;
    tell(state, &[(run.run_id, run.status)]);
    Ok(run)
}

/// Notes that somebody asked for a backup in a way that can't be understood: every attempt at one is on the log.
pub async fn refuse_backup(state: &State, actor: &Actor, reason: &Error) {
    let deed = Deed::new(actor, Action::BACKUP, &backup_parameter(""));
    // It was refused, and stays so.
    let _ = deed
        .noting_failure(state, Err::<(), _>(reason.clone()))
        .await;
}

async fn start_backup_once(state: &State, operator: &Operator, source: &str) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let now = state.clock.now();
    let draft = Draft {
        task: None,
        client_id: Some(operator.client_id()),
        action: Action::Backup {
            source: source.to_owned(),
        },
        slot_time: now,
        is_of_slot: false,
        attempt: 1,
        trigger: RunTrigger::Manual,
        status: RunStatus::Queued,
        reason: None,
    };
    let (id, _) = draft.insert(&transaction, now).await?;
    let run = Entity::find_by_id(id).one(&transaction).await?;
    db::commit(transaction).await?;
    run.ok_or_else(gone)
}

/// Calls a run off. One that waits is CANCELLED at once; one that is under way as soon as its process has seen to it. One
/// that has ended is a conflict.
pub async fn cancel(state: &State, actor: &Actor, guid: Guid) -> Result<Model> {
    let deed = Deed::new(actor, "RUN_CANCEL", &guid);
    let outcome = async {
        let operator = actor.operator()?;
        db::retrying(async || cancel_once(state, &operator, &deed, guid).await).await
    };
    let run = deed.noting_failure(state, outcome.await).await?;
    tell(state, &[(run.run_id, run.status)]);
    // Where another process is at it, that one finds the request when it renews its lease.
    state.running.stop(run.run_id, Stop::Cancelled);
    Ok(run)
}

async fn cancel_once(state: &State, _: &Operator, deed: &Deed, guid: Guid) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let (id, task) = find(&transaction, guid).await?;
    let (task, mut run) = lock(&transaction, id, task).await?;
    match run.status {
        RunStatus::Queued => {
            let ending = Ending::cancelled("it was called off before it began");
            conclude(&transaction, state, task.as_ref(), &mut run, &ending).await?;
        }
        RunStatus::Running => {
            run.cancel_requested = true;
            save(&transaction, &mut run, state.clock.now()).await?;
        }
        _ => return Err(Error::Conflict("this run has ended".into())),
    }
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(run)
}

async fn find(
    connection: &impl sea_orm::ConnectionTrait,
    guid: Guid,
) -> Result<(RunId, Option<entity::TaskId>)> {
    let run = Entity::find()
        .filter(entity::run::Column::RunGuid.eq(guid))
        .one(connection)
        .await?
        .ok_or_else(|| Error::not_found("run", &guid))?;
    Ok((run.run_id, run.task_id))
}
