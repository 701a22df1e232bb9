//! Schedules: one run of many scripts, opened and closed by a client.

use sea_orm::entity::prelude::*;

use crate::{ClientId, Guid, ScheduleId, Timestamp};

/// Where a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum State {
    /// Opened, and nothing reported yet.
    Created,
    /// Reported to.
    Running,
    /// Closed by its client: takes no new report.
    Closed,
    /// Open, but silent for longer than its lease. A late report makes it [`State::Running`] again.
    Abandoned,
}

/// The status as the original collector kept it; `state` is the finer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Char(Some(1))")]
pub enum OriginalStatus {
    /// Takes reports.
    #[sea_orm(string_value = "a")]
    Open,
    /// Takes none.
    #[sea_orm(string_value = "b")]
    Closed,
}

impl From<State> for OriginalStatus {
    fn from(state: State) -> Self {
        match state {
            State::Created | State::Running | State::Abandoned => Self::Open,
            State::Closed => Self::Closed,
        }
    }
}

/// A schedule with the counters of its progress.
///
/// The counters count the latest attempt of each script, and change in the transaction that changes the result.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub schedule_id: ScheduleId,
    #[sea_orm(unique)]
    pub schedule_name: Guid,
    pub schedule_status: OriginalStatus,
    pub created_time: Timestamp,
    pub last_modify_time: Timestamp,
    pub state: State,
    pub client_id: ClientId,
    pub title: Option<String>,
    pub closed_time: Option<Timestamp>,
    /// Grows by one with each change to the schedule or its results, without gaps.
    pub revision: i32,
    /// How long the schedule may be silent, in seconds; 0 for as long as it likes.
    pub lease_seconds: i32,
    /// When it counts as abandoned unless something is reported before; null where it can't.
    pub lease_expires: Option<Timestamp>,
    /// How many scripts are expected; null where no list of them was given.
    pub expected: Option<i32>,
    /// How many of the expected scripts have a final status.
    pub expected_final: i32,
    pub running: i32,
    pub pass: i32,
    pub fail: i32,
    pub block: i32,
    pub error: i32,
    pub skip: i32,
}

impl ActiveModelBehavior for ActiveModel {}
