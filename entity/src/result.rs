//! Results: one attempt of one script in a schedule.

use sea_orm::entity::prelude::*;

use crate::{ScheduleId, Timestamp};

/// How an attempt stands or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum ResultStatus {
    /// Under way; every other status is final.
    Running,
    /// Did what it should.
    Pass,
    /// Found something wrong in what it tested.
    Fail,
    /// Could not run because of something outside of it.
    Block,
    /// Broke down itself.
    Error,
    /// Was left out on purpose.
    Skip,
}

impl ResultStatus {
    /// Whether the attempt has ended.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }

    /// Whether somebody should look at it.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Error)
    }
}

/// One attempt of one script.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "result")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule_id: ScheduleId,
    /// The schedule's revision at the first report of this attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub script: String,
    /// 1, 2, … for the same script in the same schedule.
    pub attempt: i32,
    /// Whether no later attempt of the script exists in the schedule.
    pub latest: bool,
    pub status: ResultStatus,
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub message: Option<String>,
    #[sea_orm(column_type = "custom(\"LONGTEXT\")")]
    pub output: Option<String>,
    /// The bytes of message and output together: what reading this result costs.
    pub content_bytes: i32,
    pub duration_ms: Option<i32>,
    pub started_time: Option<Timestamp>,
    /// When the last report of this attempt arrived, here or where it was brought over from.
    pub submitted_time: Timestamp,
    /// The schedule's revision at this result's last change.
    pub revision: i32,
}

impl ActiveModelBehavior for ActiveModel {}
