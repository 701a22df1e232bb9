//! Plans: what the schedules do that were opened from one.

use sea_orm::entity::prelude::*;

use crate::ScheduleId;

/// The plan of one schedule.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule_id: ScheduleId,
    /// The plan as JSON. It is written once, and read as a whole.
    pub document: String,
}

impl ActiveModelBehavior for ActiveModel {}
