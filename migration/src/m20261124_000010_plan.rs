//! The plans that schedules were opened from.

use sea_orm_migration::{prelude::*, schema::big_integer};

use crate::columns::{drop_tables, long_text, of_schedule, table};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "plan")
                    .col(big_integer("schedule_id").primary_key())
                    .col(long_text(manager, "document"))
                    .foreign_key(&mut of_schedule("plan"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["plan"]).await
    }
}
