//! Leases of what only one of several server processes does at a time.

use sea_orm_migration::{prelude::*, schema::string_len};

use crate::columns::{drop_tables, table, time};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "lease")
                    .col(string_len("name", 64).primary_key())
                    .col(string_len("holder", 36))
                    .col(time(manager, "expires_time"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["lease"]).await
    }
}
