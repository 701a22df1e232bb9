//! Results, the keys they were reported under, their corrections, and the names of all scripts.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_pk_auto, boolean, integer, integer_null, string_len},
};

use crate::columns::{
    digest, drop_tables, index, long_text_null, of_client, of_schedule, table, time, time_null,
};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_result(manager).await?;
        create_result_key(manager).await?;
        create_correction(manager).await?;
        manager
            .create_table(
                table(manager, "script")
                    .col(string_len("name", 255).primary_key())
                    .col(string_len("folded", 768))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["script", "correction", "result_key", "result"]).await
    }
}

/// The key is (schedule, number), number being the revision of the first report: no `AUTO_INCREMENT` on the hot path,
/// and pages and the change feed walk one clustered index.
async fn create_result(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table(manager, "result")
                .col(big_integer("schedule_id"))
                .col(integer("number"))
                .col(string_len("script", 255))
                .col(integer("attempt"))
                .col(boolean("latest"))
                .col(string_len("status", 16))
                .col(long_text_null(manager, "message"))
                .col(long_text_null(manager, "output"))
                .col(integer("content_bytes"))
                .col(integer_null("duration_ms"))
                .col(time_null(manager, "started_time"))
                .col(time(manager, "submitted_time"))
                .col(integer("revision"))
                .primary_key(Index::create().col("schedule_id").col("number"))
                .foreign_key(&mut of_schedule("result"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            index("result", &["schedule_id", "script", "attempt"])
                .unique()
                .take(),
        )
        .await?;
    manager
        .create_index(index("result", &["schedule_id", "revision"]))
        .await?;
    manager
        .create_index(index("result", &["script", "latest", "schedule_id"]))
        .await
}

async fn create_result_key(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table(manager, "result_key")
                .col(big_integer("schedule_id"))
                .col(ColumnDef::new("idempotency_key").binary_len(16).not_null())
                .col(integer("number"))
                .col(digest("content"))
                .primary_key(Index::create().col("schedule_id").col("idempotency_key"))
                .foreign_key(&mut of_schedule("result_key"))
                .take(),
        )
        .await
}

async fn create_correction(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table(manager, "correction")
                .col(big_pk_auto("correction_id"))
                .col(big_integer("schedule_id"))
                .col(integer("number"))
                .col(string_len("from_status", 16))
                .col(string_len("to_status", 16))
                .col(string_len("reason", 1000))
                .col(integer("client_id"))
                .col(time(manager, "corrected_time"))
                .foreign_key(&mut of_schedule("correction"))
                .foreign_key(&mut of_client("correction"))
                .take(),
        )
        .await?;
    manager
        .create_index(index("correction", &["schedule_id", "number"]))
        .await
}
