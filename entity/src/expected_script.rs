//! Expected scripts: what a schedule should hold a result of when it closes.

use sea_orm::entity::prelude::*;

use crate::ScheduleId;

/// One script that a schedule expects, in the order in which they were named.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "expected_script")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule_id: ScheduleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub script: String,
}

impl ActiveModelBehavior for ActiveModel {}
