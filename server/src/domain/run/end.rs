//! How runs end, and what comes after: a log entry, and another attempt where some are left.

use entity::{
    RunId, ScheduleId, Timestamp,
    run::{Column, Entity, Model, RunStatus, RunTrigger},
    task,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Draft, Standing, deed, lock, open_runs, save, tell, try_lock};
use crate::{
    db::{self, WriteTransaction},
    domain::{
        backup::{self, Archive},
        schedule::{self, Opening},
        scheduler::{LEASE_SECONDS, pass_over},
    },
    error::{Error, Result},
    state::State,
};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: RunStatus,
    pub(crate) reason: Option<String>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) product: Option<Product>,
}

/// What a run made. It is recorded together with its ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// A backup, which is in its folder already.
    Archive(Archive),
    /// A schedule, which is yet to be opened.
    Schedule(Box<Opening>),
}

impl Ending {
    /// It did what it should.
    pub(crate) fn succeeded() -> Self {
        Self {
            status: RunStatus::Succeeded,
            reason: None,
            exit_code: None,
            product: None,
        }
    }

    /// It did, and made something.
    pub(crate) fn made(product: Product) -> Self {
        Self {
            product: Some(product),
            ..Self::succeeded()
        }
    }

    /// It did not.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self {
            status: RunStatus::Failed,
            reason: Some(reason.into()),
            ..Self::succeeded()
        }
    }

    /// It came too late to be of use.
    pub(crate) fn missed(reason: impl Into<String>) -> Self {
        Self {
            status: RunStatus::Missed,
            ..Self::failed(reason)
        }
    }

    /// Somebody called it off.
    pub(crate) fn cancelled(reason: impl Into<String>) -> Self {
        Self {
            status: RunStatus::Cancelled,
            ..Self::failed(reason)
        }
    }

    /// The same, with the exit code of its program.
    #[must_use]
    pub(crate) fn with_exit_code(self, exit_code: Option<i32>) -> Self {
        Self { exit_code, ..self }
    }

    /// The archive that it made.
    pub(crate) fn archive(&self) -> Option<&Archive> {
        match &self.product {
            Some(Product::Archive(archive)) => Some(archive),
            _ => None,
        }
    }

    /// Whether another attempt may do better.
    fn calls_for_retry(&self) -> bool {
        matches!(self.status, RunStatus::Failed | RunStatus::TimedOut)
    }
}

/// Ends a run that this process is at. One that it has lost meanwhile is left as it is; false says so.
pub(crate) async fn end(state: &State, run: &Model, ending: &Ending) -> Result<bool> {
    let is_mine =
        |run: &Model| run.status == RunStatus::Running && run.lease_holder == Some(state.process);
    let changed = db::retrying(async || {
        let transaction = state.db.begin().await?;
        let (task, run) = lock(&transaction, run.run_id, run.task_id).await?;
        end_locked(transaction, state, task, run, ending, is_mine).await
    });
    told(state, changed.await)
}

/// Ends the runs whose process is gone.
pub(crate) async fn give_up_lost(state: &State) -> Result<()> {
    let held = state.running.ids();
    let now = state.clock.now();
    let lost: Vec<(RunId, Option<entity::TaskId>)> = Entity::find()
        .select_only()
        .column(Column::RunId)
        .column(Column::TaskId)
        .filter(Column::Status.eq(RunStatus::Running))
        .filter(Column::LeaseExpires.lt(now))
        .filter(Column::RunId.is_not_in(held))
        .into_tuple()
        .all(state.db.read())
        .await?;
    for (run, task) in lost {
        let ending = Ending::failed(format!(
            "the server process that was at it is gone: it gave no sign of life for {LEASE_SECONDS} s"
        ));
        let is_lost = |run: &Model| is_lost(run, now);
        let changed = db::retrying(async || {
            let transaction = state.db.begin().await?;
            // One that is locked is somebody else's to give up, or its process is frozen in the middle of something.
            let Some((task, run)) = try_lock(&transaction, run, task).await? else {
                return Ok(None);
            };
            end_locked(transaction, state, task, run, &ending, is_lost).await
        });
        let given_up = told(state, changed.await);
        if matches!(given_up, Ok(true)) {
            tracing::warn!(run = run.0, "a run was given up, for its process is gone");
        }
        pass_over(&run, given_up.map(drop))?;
    }
    Ok(())
}

fn is_lost(run: &Model, now: Timestamp) -> bool {
    run.status == RunStatus::Running && run.lease_expires.is_none_or(|expires| expires < now)
}

/// What changed with the ending of a run: the run, the next attempt, and the schedule that it opened.
type Changed = Option<(Vec<Standing>, Option<ScheduleId>)>;

/// Ends a locked run if it is still as it must be.
async fn end_locked(
    transaction: WriteTransaction,
    state: &State,
    task: Option<task::Model>,
    mut run: Model,
    ending: &Ending,
    is_so: impl Fn(&Model) -> bool,
) -> Result<Changed> {
    if !is_so(&run) {
        return Ok(None);
    }
    let changed = conclude(&transaction, state, task.as_ref(), &mut run, ending).await?;
    db::commit(transaction).await?;
    Ok(Some((changed, run.schedule_id)))
}

/// Tells listeners of what changed, and whether anything did.
fn told(state: &State, changed: Result<Changed>) -> Result<bool> {
    match changed {
        Ok(Some((changed, opened))) => {
            tell(state, &changed);
            if let Some(schedule) = opened {
                state.events.changed(schedule, 0);
            }
            Ok(true)
        }
        // What was deleted can't be ended either.
        Ok(None) | Err(Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Calls off the runs of a locked task that wait, for the task is about to go.
pub(crate) async fn call_off_waiting(
    transaction: &impl ConnectionTrait,
    state: &State,
    task: &task::Model,
) -> Result<Vec<Standing>> {
    let mut called_off = Vec::new();
    for run in open_runs(transaction, task.id, [RunStatus::Queued]).await? {
        let (_, mut run) = lock(transaction, run.run_id, None).await?;
        let ending = Ending::cancelled("its task was deleted");
        called_off.extend(conclude(transaction, state, Some(task), &mut run, &ending).await?);
    }
    Ok(called_off)
}

/// Ends a locked run, with an entry in the log and the row of what it made, and queues the next attempt where its task has
/// some left. Returns the runs that changed.
pub(super) async fn conclude(
    transaction: &impl ConnectionTrait,
    state: &State,
    task: Option<&task::Model>,
    run: &mut Model,
    ending: &Ending,
) -> Result<Vec<Standing>> {
    let now = state.clock.now();
    let retries =
        ending.calls_for_retry() && task.is_some_and(|task| run.attempt < task.max_attempts);
    run.status = ending.status;
    run.reason.clone_from(&ending.reason);
    run.exit_code = ending.exit_code;
    run.finished_time = Some(now);
    run.lease_expires = None;
    match &ending.product {
        Some(Product::Archive(archive)) => {
            run.percent = Some(100.0);
            backup::record(transaction, run.run_id, archive).await?;
        }
        Some(Product::Schedule(opening)) => {
            let schedule = schedule::open(transaction, opening).await?;
            run.schedule_id = Some(schedule.schedule_id);
        }
        None => {}
    }
    save(transaction, run, now).await?;
    let deed = deed(run.client_id, &run.action, run.task_name.as_deref());
    if run.status == RunStatus::Succeeded {
        let flaws = ending
            .archive()
            .and_then(|archive| archive.left_out.words());
        deed.done_but(transaction, flaws).await?;
    } else {
        deed.failed(transaction, run.reason.clone()).await?;
    }
    let mut changed = vec![(run.run_id, run.status)];
    if retries {
        changed.push(retry(run).insert(transaction, now).await?);
    }
    Ok(changed)
}

/// The next attempt at what a run was at.
fn retry(run: &Model) -> Draft {
    Draft {
        task: run.task_id.zip(run.task_name.clone()),
        client_id: run.client_id,
        action: run.action.clone(),
        slot_time: run.slot_time,
        is_of_slot: run.slot_key.is_some(),
        attempt: run.attempt + 1,
        trigger: RunTrigger::Retry,
        status: RunStatus::Queued,
        reason: None,
    }
}
