//! Leases: what only one of several server processes does at a time.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// Who has a lease, and until when. Whoever comes after that may take it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    /// What is leased.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Tells its holders apart; each taking has a new one.
    pub holder: String,
    pub expires_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
