//! The log of who did what.

use sea_orm_migration::{
    prelude::*,
    schema::{big_pk_auto, integer_null, string_len, string_len_null},
};

use crate::columns::{drop_tables, index, long_text_null, of_client, table, time};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "log")
                    .col(big_pk_auto("id"))
                    .col(time(manager, "date"))
                    .col(string_len("action", 100))
                    .col(string_len_null("parameter", 1000))
                    .col(string_len("status", 100))
                    .col(integer_null("client_id"))
                    .col(long_text_null(manager, "message"))
                    .foreign_key(&mut of_client("log"))
                    .take(),
            )
            .await?;
        manager.create_index(index("log", &["date"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["log"]).await
    }
}
