//! Clients and the sessions of their browsers.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, pk_auto, string_len, string_len_uniq},
};

use crate::columns::{digest, drop_tables, index, of_client, table, time, time_null};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "client")
                    .col(pk_auto("client_id"))
                    .col(string_len_uniq("name", 255))
                    .col(string_len("role", 16))
                    .col(digest("token_hash").null().unique_key())
                    .col(string_len("token_prefix", 32))
                    .col(time(manager, "created_time"))
                    .col(time_null(manager, "last_used_time"))
                    .col(time_null(manager, "revoked_time"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "session")
                    .col(digest("session_hash").primary_key())
                    .col(integer("client_id"))
                    .col(digest("binding"))
                    .col(time(manager, "created_time"))
                    .col(time(manager, "expires_time"))
                    .foreign_key(&mut of_client("session"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("session", &["expires_time"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["session", "client"]).await
    }
}
