//! The index by which a page of the schedules of one title is found, however many there are: it is walked in the order of a
//! page, and no further than the page's end.

use sea_orm_migration::prelude::*;

use crate::columns::{drop_index, index};

const COLUMNS: [&str; 2] = ["title", "schedule_id"];

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("schedule", &COLUMNS)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "schedule", &COLUMNS).await
    }
}
