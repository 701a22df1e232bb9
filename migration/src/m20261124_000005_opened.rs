//! Finding the schedules of a state by when they were opened.

use sea_orm_migration::prelude::*;

use crate::columns::{drop_index, index};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("schedule", &["state", "created_time"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "schedule", &["state", "created_time"]).await
    }
}
