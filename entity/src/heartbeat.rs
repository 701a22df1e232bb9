//! Heartbeats: when there was a scheduler, so that a slot that nobody was there for is known as missed.

use sea_orm::entity::prelude::*;

use crate::{Guid, Timestamp};

/// A while in which one server process lived without a pause.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "heartbeat")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub heartbeat_id: Guid,
    pub from_time: Timestamp,
    /// Moved on while it lives, a little ahead of the time; when it stops in good order, the moment of that.
    pub until_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
