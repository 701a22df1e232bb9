//! Runs: one execution of a task's slot, or of an action that somebody asked for. A slot that is not run has one too, which
//! says why.

use sea_orm::entity::prelude::*;

use crate::{ClientId, Guid, RunId, ScheduleId, TaskId, Timestamp, action::Action};

/// How a run stands or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RunStatus {
    /// Waits for a server process to take it.
    Queued,
    /// A server process is at it.
    Running,
    /// Did what it should.
    Succeeded,
    /// Did not; the reason says why.
    Failed,
    /// Took longer than it may.
    TimedOut,
    /// Somebody called it off.
    Cancelled,
    /// Was not run, because of the run before it.
    Skipped,
    /// Was not run, because nobody was there at its time, or because it would have come too late to be of use.
    Missed,
}

impl RunStatus {
    /// Those of a run that has not ended.
    pub const OPEN: [Self; 2] = [Self::Queued, Self::Running];

    /// Whether the run has ended.
    pub fn is_final(self) -> bool {
        !Self::OPEN.contains(&self)
    }
}

/// What a run comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RunTrigger {
    /// Its slot.
    Scheduled,
    /// Its slot, that nobody was there for.
    CatchUp,
    /// Somebody who asked for it.
    Manual,
    /// The attempt before it, which failed.
    Retry,
}

/// A run.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub run_id: RunId,
    #[sea_orm(unique)]
    pub run_guid: Guid,
    /// Null for an action that was asked for directly, and where the task was deleted since.
    pub task_id: Option<TaskId>,
    /// The name that the task had.
    pub task_name: Option<String>,
    /// Who asked for it; null for what the server does by itself.
    pub client_id: Option<ClientId>,
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub action: Action,
    /// When it was due, or asked for.
    pub slot_time: Timestamp,
    /// The same for a run of a slot, and null for what was asked for: (task, slot, attempt) is unique for the former only.
    pub slot_key: Option<Timestamp>,
    pub attempt: i32,
    pub run_trigger: RunTrigger,
    pub status: RunStatus,
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub reason: Option<String>,
    pub created_time: Timestamp,
    pub started_time: Option<Timestamp>,
    pub finished_time: Option<Timestamp>,
    pub exit_code: Option<i32>,
    pub percent: Option<f64>,
    /// The schedule that it opened.
    pub schedule_id: Option<ScheduleId>,
    /// Whether somebody called it off while a process was at it.
    pub cancel_requested: bool,
    /// The server process that is, or was, at it.
    pub lease_holder: Option<Guid>,
    /// When that process counts as gone, unless it says before that it isn't; null where nobody is at it.
    pub lease_expires: Option<Timestamp>,
    /// Grows by one with each change.
    pub revision: i32,
    pub last_modify_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
