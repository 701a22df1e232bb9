//! Tasks: what falls due at a time, once or again and again.

use sea_orm::entity::prelude::*;

use crate::{ClientId, Guid, TaskId, Timestamp, action::Action};

/// How often a task falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum Recurrence {
    Once,
    Daily,
    Weekly,
    Biweekly,
    Monthly,
    Quarterly,
    Yearly,
}

/// What becomes of a slot while the task's last run has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum OverlapPolicy {
    /// It is skipped.
    Skip,
    /// It waits for the end of that run.
    Queue,
    /// It runs beside it.
    Allow,
}

/// Which of the slots are run that nobody was there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum CatchUpPolicy {
    None,
    Latest,
    All,
}

/// What becomes of the 31st in a month of 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum MonthEndPolicy {
    /// It is the month's last day.
    Clamp,
    /// That month has no slot.
    Skip,
}

/// A task, with how far the scheduler is with it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TaskId,
    /// Unique, compared to the letter.
    #[sea_orm(unique)]
    pub name: String,
    /// The anchor: the first slot, and what the others are counted from.
    pub scheduled_time: Timestamp,
    pub recurrence: Option<Recurrence>,
    #[sea_orm(unique)]
    pub task_guid: Guid,
    /// The IANA name of the zone whose wall clock the slots keep to.
    pub time_zone: String,
    pub month_end_policy: MonthEndPolicy,
    pub enabled: bool,
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub action: Action,
    pub overlap_policy: OverlapPolicy,
    pub catch_up_policy: CatchUpPolicy,
    pub timeout_seconds: i32,
    pub max_attempts: i32,
    /// Up to here each slot has its outcome, or is none: it lies before the task's creation or re-timing, or in a while in
    /// which it was disabled.
    pub settled_time: Timestamp,
    /// The next slot; null where there is none, and while the task is disabled.
    pub next_time: Option<Timestamp>,
    /// Who made it or last changed it, and so owns what it opens; null for one that was last changed before that was kept.
    pub client_id: Option<ClientId>,
    pub created_time: Timestamp,
    pub last_modify_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
