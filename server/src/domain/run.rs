//! Runs: what became of a task's slot, or of an action that somebody asked for.
//!
//! Every change locks the task's row first, where there is a task, and then the run's: so two changes never wait for each
//! other, and what a task's other runs are doing does not change meanwhile. What a process does to a run that it is at
//! names the process, so that one that was frozen can't overwrite what happened since. Listeners are told after the commit.

mod ask;
mod claim;
mod end;
mod find;
mod output;
mod progress;
mod wait;

pub use ask::{cancel, refuse_backup, start_backup, start_task};
pub(crate) use claim::{Claimed, Waiting, claim, open_to_claim};
pub(crate) use end::{Ending, Product, call_off_waiting, end, give_up_lost};
pub use find::{Range, by_guid, by_ids, last_of_tasks, pages, recent};
pub use output::{LINES, LinesOf, lines, lines_after};
pub(crate) use progress::show;
pub use wait::ended;

use entity::{
    ClientId, Guid, RunId, TaskId, Timestamp,
    action::Action,
    run::{ActiveModel, Column, Entity, Model, RunStatus, RunTrigger},
    task,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{LockBehavior, LockType},
};
use uuid::Uuid;

use crate::{
    domain::log::Deed,
    error::{Error, Result},
    state::State,
};

/// A run that is about to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) task: Option<(TaskId, String)>,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) action: Action,
    pub(crate) slot_time: Timestamp,
    /// Whether it is of a slot, which has one run of each attempt.
    pub(crate) is_of_slot: bool,
    pub(crate) attempt: i32,
    pub(crate) trigger: RunTrigger,
    pub(crate) status: RunStatus,
    pub(crate) reason: Option<String>,
}

impl Draft {
    /// A run of a task's slot.
    pub(crate) fn of_slot(task: &task::Model, slot: Timestamp, trigger: RunTrigger) -> Self {
        Self {
            task: Some((task.id, task.name.clone())),
            client_id: None,
            action: task.action.clone(),
            slot_time: slot,
            is_of_slot: true,
            attempt: 1,
            trigger,
            status: RunStatus::Queued,
            reason: None,
        }
    }

    /// The same, with an outcome.
    #[must_use]
    pub(crate) fn with(self, status: RunStatus, reason: Option<String>) -> Self {
        Self {
            status,
            reason,
            ..self
        }
    }

    /// A run that waits to be taken; a reminder has nothing to wait for, and is done.
    #[must_use]
    pub(crate) fn waiting(self) -> Self {
        let status = match self.action {
            Action::Reminder { .. } => RunStatus::Succeeded,
            Action::Command { .. } | Action::Backup { .. } | Action::Schedule { .. } => {
                RunStatus::Queued
            }
        };
        self.with(status, None)
    }

    /// Records it, and its outcome on the log where something was done.
    pub(crate) async fn insert(
        self,
        transaction: &impl ConnectionTrait,
        now: Timestamp,
    ) -> Result<Standing> {
        let status = self.status;
        let is_done = self.status == RunStatus::Succeeded;
        let (task_id, task_name) = self.task.unzip();
        if is_done {
            deed(self.client_id, &self.action, task_name.as_deref())
                .done(transaction)
                .await?;
        }
        let row = ActiveModel {
            run_guid: Set(Guid(Uuid::new_v4())),
            task_id: Set(task_id),
            task_name: Set(task_name),
            client_id: Set(self.client_id),
            action: Set(self.action),
            slot_time: Set(self.slot_time),
            slot_key: Set(self.is_of_slot.then_some(self.slot_time)),
            attempt: Set(self.attempt),
            run_trigger: Set(self.trigger),
            status: Set(self.status),
            reason: Set(self.reason),
            created_time: Set(now),
            started_time: Set(is_done.then_some(now)),
            finished_time: Set(self.status.is_final().then_some(now)),
            cancel_requested: Set(false),
            revision: Set(0),
            last_modify_time: Set(now),
            ..Default::default()
        };
        let inserted = Entity::insert(row).exec(transaction).await?;
        Ok((inserted.last_insert_id, status))
    }
}

/// A run that changed, and how it stands.
pub(crate) type Standing = (RunId, RunStatus);

/// Tells listeners of runs whose status changed, and of the log where their outcomes are, and the scheduler that there may
/// be something to do.
pub(crate) fn tell(state: &State, runs: &[Standing]) {
    for (run, status) in runs {
        state.events.run_changed(*run);
        if status.is_final() {
            state.metrics.ended(*status);
        }
    }
    state.events.logged();
    state.events.wake_scheduler();
}

/// The runs of a task that have not ended.
pub(crate) async fn open_runs(
    connection: &impl ConnectionTrait,
    task: TaskId,
    statuses: impl IntoIterator<Item = RunStatus>,
) -> Result<Vec<Model>> {
    let found = Entity::find()
        .filter(Column::TaskId.eq(task))
        .filter(Column::Status.is_in(statuses));
    Ok(found.all(connection).await?)
}

/// What the log says of an action that was done, or not.
fn deed(client: Option<ClientId>, action: &Action, task_name: Option<&str>) -> Deed {
    let parameter = match action {
        Action::Backup { source } => backup_parameter(source),
        Action::Reminder { .. } | Action::Command { .. } | Action::Schedule { .. } => {
            task_name.unwrap_or_default().to_owned()
        }
    };
    Deed::on_behalf_of(client, action.name(), &parameter)
}

/// How the log names the folder of a backup.
fn backup_parameter(source: &str) -> String {
    format!("Folder={source}")
}

/// Why a slot was skipped.
pub(crate) fn overlap_reason(other: &Model) -> String {
    format!("the run of {} had not ended", other.slot_time)
}

/// Locks a run's task, where it has one, and then the run.
async fn lock(
    transaction: &impl ConnectionTrait,
    run: RunId,
    task: Option<TaskId>,
) -> Result<(Option<task::Model>, Model)> {
    let task = match task {
        Some(task) => {
            task::Entity::find_by_id(task)
                .lock_exclusive()
                .one(transaction)
                .await?
        }
        None => None,
    };
    let run = Entity::find_by_id(run)
        .lock_exclusive()
        .one(transaction)
        .await?
        .ok_or_else(gone)?;
    Ok((task, run))
}

/// The same, unless somebody else has one of the two: what they do to it counts, and they may take long, or be frozen.
async fn try_lock(
    transaction: &impl ConnectionTrait,
    run: RunId,
    task: Option<TaskId>,
) -> Result<Option<(Option<task::Model>, Model)>> {
    let (lock, behavior) = (LockType::Update, LockBehavior::SkipLocked);
    let task = match task {
        Some(task) => {
            let task = task::Entity::find_by_id(task)
                .lock_with_behavior(lock, behavior)
                .one(transaction)
                .await?;
            if task.is_none() {
                return Ok(None);
            }
            task
        }
        None => None,
    };
    let run = Entity::find_by_id(run)
        .lock_with_behavior(lock, behavior)
        .one(transaction)
        .await?;
    Ok(run.map(|run| (task, run)))
}

/// Writes a locked run's row.
async fn save(transaction: &impl ConnectionTrait, run: &mut Model, now: Timestamp) -> Result<()> {
    run.revision += 1;
    run.last_modify_time = now;
    let row = run.clone().into_active_model().reset_all();
    Entity::update(row).exec(transaction).await?;
    Ok(())
}

fn gone() -> Error {
    Error::not_found("run", "of this id")
}
