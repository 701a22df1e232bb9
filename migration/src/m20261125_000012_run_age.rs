//! Finding the runs that ended long ago.

use sea_orm_migration::prelude::*;

use crate::columns::{drop_index, index};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("run", &["finished_time"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "run", &["finished_time"]).await
    }
}
