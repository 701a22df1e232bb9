//! One index by script, in place of two: it finds the attempts of a script in a schedule, and its history over all of them. Names
//! come in no order, so each such index costs a page of its own for nearly every result.

use sea_orm_migration::prelude::*;

use crate::columns::{drop_index, index};

const COLUMNS: [&str; 3] = ["script", "schedule_id", "attempt"];
const BY_SCHEDULE: [&str; 3] = ["schedule_id", "script", "attempt"];
const HISTORY: [&str; 3] = ["script", "latest", "schedule_id"];

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("result", &COLUMNS).unique().take())
            .await?;
        drop_index(manager, "result", &BY_SCHEDULE).await?;
        drop_index(manager, "result", &HISTORY).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("result", &BY_SCHEDULE).unique().take())
            .await?;
        manager.create_index(index("result", &HISTORY)).await?;
        drop_index(manager, "result", &COLUMNS).await
    }
}
