//! Schedules, what they are labelled with, and which scripts they expect.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_pk_auto, char_len, integer, integer_null, string_len, string_len_null,
        string_len_uniq,
    },
};

use crate::columns::{counter, drop_tables, index, of_client, of_schedule, table, time, time_null};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(schedule(manager)).await?;
        manager
            .create_index(index("schedule", &["title", "state"]))
            .await?;
        manager
            .create_index(index("schedule", &["client_id", "state"]))
            .await?;
        manager
            .create_index(index("schedule", &["state", "lease_expires"]))
            .await?;
        manager
            .create_index(index("schedule", &["last_modify_time"]))
            .await?;
        manager
            .create_table(
                table(manager, "label")
                    .col(big_integer("schedule_id"))
                    .col(string_len("name", 255))
                    .col(string_len("value", 255))
                    .primary_key(Index::create().col("schedule_id").col("name"))
                    .foreign_key(&mut of_schedule("label"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("label", &["name", "value", "schedule_id"]))
            .await?;
        manager
            .create_table(
                table(manager, "expected_script")
                    .col(big_integer("schedule_id"))
                    .col(integer("position"))
                    .col(string_len("script", 255))
                    .primary_key(Index::create().col("schedule_id").col("position"))
                    .foreign_key(&mut of_schedule("expected_script"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                index("expected_script", &["schedule_id", "script"])
                    .unique()
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["expected_script", "label", "schedule"]).await
    }
}

fn schedule(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "schedule")
        .col(big_pk_auto("schedule_id"))
        .col(string_len_uniq("schedule_name", 36))
        .col(char_len("schedule_status", 1))
        .col(time(manager, "created_time"))
        .col(time(manager, "last_modify_time"))
        .col(string_len("state", 16))
        .col(integer("client_id"))
        .col(string_len_null("title", 255))
        .col(time_null(manager, "closed_time"))
        .col(counter("revision"))
        .col(integer("lease_seconds"))
        .col(time_null(manager, "lease_expires"))
        .col(integer_null("expected"))
        .col(counter("expected_final"))
        .col(counter("running"))
        .col(counter("pass"))
        .col(counter("fail"))
        .col(counter("block"))
        .col(counter("error"))
        .col(counter("skip"))
        .foreign_key(&mut of_client("schedule"))
        .take()
}
