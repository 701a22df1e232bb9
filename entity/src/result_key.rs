//! Idempotency keys: what makes a report that is sent twice count once.

use sea_orm::entity::prelude::*;

use crate::{Digest, ScheduleId};

/// A key that was recorded in a schedule, and the result it is answered with from then on.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "result_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule_id: ScheduleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: Uuid,
    /// The result that the report went to.
    pub number: i32,
    /// SHA-256 of the report's content as it was sent: other content under the same key is a conflict.
    pub content: Digest,
}

impl ActiveModelBehavior for ActiveModel {}
