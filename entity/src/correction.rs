//! Corrections: what an admin changed in a result afterwards, and why.

use sea_orm::entity::prelude::*;

use crate::{ClientId, ScheduleId, Timestamp, result::ResultStatus};

/// One correction of one result. Nothing is overwritten without one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "correction")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub correction_id: i64,
    pub schedule_id: ScheduleId,
    pub number: i32,
    pub from_status: ResultStatus,
    pub to_status: ResultStatus,
    pub reason: String,
    pub client_id: ClientId,
    pub corrected_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
